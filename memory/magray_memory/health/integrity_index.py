"""Integrity checks of what is derived: passages, lexical index, vectors, snapshots and recall of a vault.

SQLite's own checks see none of this. A contentless lexical table that was fed one wrong token, or lost a
block, is sound to every check that it has; so its totals are compared, its terms sampled, and a vault that is
small enough is analysed again and compared term by term.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from magray_memory.errors import IndexDamaged
from magray_memory.health.findings import FIX, Finding, Remedy
from magray_memory.health.report import Severity
from magray_memory.storage import change_log, embedding_depth, fts, fts_maintenance, unfinished, vector_spaces
from magray_memory.storage.counters import highest_passage_id
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.pending import scan_pending
from magray_memory.storage.static_vectors import count_static, damaged_static
from magray_memory.storage.vault import LEXICAL_VERSION, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.config import VectorSettings
    from magray_memory.index.altered_rows import Altered
    from magray_memory.storage.vault import Vault

    Matrix = NDArray[np.float32]

_NAMED = 5
"""Records that a finding names."""
_COMPARED_PASSAGES = 20_000
"""Up to so many passages are analysed again, all of them: about 2 s."""
_SAMPLED_PASSAGES = 300
_SAMPLED_TERMS = 6
_QUERIES = 50
_LEAST_RECALL = 0.9
_LEAST_INDEXED = 1_000
"""Fewer vectors are read as quickly as a snapshot of them."""
_BEHIND_SHARE = 10
"""A snapshot may be behind by so much of its vectors: catching up costs less than a new one."""
_ENGINES = {".hnsw": "hnsw", ".sketch": "sketch", ".ann": "annoy"}


def check_passages(vault: Vault) -> Iterator[Finding]:
    """Whether every row is what was stored: each has a checksum, and a passage a hash of its own text."""
    from magray_memory.index.altered_rows import find_altered

    altered = find_altered(vault)
    if not altered:
        return
    if not vault.kind.derived:
        yield from _altered_records(vault.path, altered)
        return
    what = [
        (len(altered.documents | altered.files), "{} of its files"),
        (len(altered.skipped), "{} files that were skipped"),
        (len(altered.facts), "{} facts about it"),
    ]
    listed = ", ".join(wording.format(count) for count, wording in what if count)
    message = f"Rows of {vault.path} are not what was stored: {listed}."
    yield Finding("passages", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.REREAD)


def _altered_records(path: Path, altered: Altered) -> Iterator[Finding]:
    def finding(severity: Severity, message: str, hint: str, remedy: Remedy = Remedy.NONE) -> Finding:
        return Finding("passages", severity, f"{message}.", str(path), hint, remedy)

    if altered.documents:
        numbers = sorted(altered.documents)
        named = ", ".join(f"n{number}" for number in numbers[:_NAMED]) + ", …" * (len(numbers) > _NAMED)
        message = f"{len(numbers)} records of {path} are not what was stored ({named})"
        yield finding(Severity.CRITICAL, message, "magray restore latest")
    if altered.purged:
        message = f"{len(altered.purged)} notes in {path} of records that were removed for good are damaged"
        yield finding(Severity.CRITICAL, message, "magray restore latest")
    if altered.passages:
        message = f"The passages of {len(altered.files)} records of {path} are not those of their texts"
        yield finding(Severity.CRITICAL, message, FIX, Remedy.RECORDS)
    if altered.facts:
        message = f"{len(altered.facts)} facts about {path} are not what was stored"
        yield finding(Severity.CRITICAL, message, FIX, Remedy.RECORDS)


def check_lexical(vault: Vault) -> Iterator[Finding]:
    """Whether every passage can be found by its tokens, and nothing else by any."""
    from magray_memory.text.analyzer import ANALYZER_VERSION

    version = vault.meta(LEXICAL_VERSION)
    count = vault.counts()[1]
    if version != str(ANALYZER_VERSION) and (version is not None or count):
        made = "must be rebuilt" if version is None else f"was made by another analyzer ({version})"
        message = f"The lexical index of {vault.path} {made}."
        yield Finding("lexical", Severity.WARNING, message, str(vault.path), FIX, Remedy.LEXICAL)
        return
    problem = (
        _other_rows(vault)
        or _other_totals(vault)
        or _terms_not_found(vault)
        or _other_names(vault)
        or (_other_terms(vault) if count <= _COMPARED_PASSAGES else None)
    )
    if problem:
        message = f"The lexical index of {vault.path} is not that of its passages: {problem}."
        yield Finding("lexical", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.LEXICAL)


def _other_rows(vault: Vault) -> str | None:
    if missing := fts_maintenance.missing_passages(vault):
        return f"{missing:,} passages are not in it"
    foreign = fts_maintenance.foreign_rows(vault)
    return f"it has {foreign:,} that are gone" if foreign else None


def _other_totals(vault: Vault) -> str | None:
    fed, found = fts_maintenance.token_totals(vault)
    return None if fed == found else f"it was given {fed:,} words and holds {found:,}"


def _terms_not_found(vault: Vault) -> str | None:
    from magray_memory.index.lexical import tokens_of

    with vault.read() as connection:
        rows = fts.sample_rows(connection, _SAMPLED_PASSAGES)
    chance = random.Random(len(rows))
    lost = 0
    for passage_id, *texts in tokens_of(rows):
        tokens = sorted({token for text in texts for token in text.split()})
        for token in chance.sample(tokens, min(_SAMPLED_TERMS, len(tokens))):
            lost += not fts_maintenance.finds(vault, token, passage_id)
    return f"{lost} of the words of {len(rows)} passages do not find them" if lost else None


def _other_terms(vault: Vault) -> str | None:
    """All passages analysed again into a table of their own, compared term by term."""
    from magray_memory.index.lexical import tokens_of

    with vault.read() as connection:
        term = fts_maintenance.first_different_term(vault, tokens_of(fts.stored_rows(connection)))
    if term is None:
        return None
    return "some words are found in other passages than they stand in"


def _other_names(vault: Vault) -> str | None:
    with vault.read() as connection:
        name = fts_maintenance.first_different_name(vault, fts.stored_names(connection))
    return None if name is None else "some names are found in other passages than they stand in"


def check_vectors(vault: Vault) -> Iterator[Finding]:
    """Whether every stored vector is one: of the right length, and of length 1."""
    from magray_memory.storage import vectors as stored_vectors

    for key in vector_spaces.keys(vault):
        damaged = len(stored_vectors.find_damaged(vault, key))
        if damaged:
            message = f"{damaged:,} vectors of {key} in {vault.path} are damaged."
            yield Finding("vectors", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.VECTORS)
    with vault.read() as connection:
        files = len(damaged_static(connection))
    if files:
        message = f"The approximate vectors of {files:,} files in {vault.path} are damaged."
        yield Finding("vectors", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.VECTORS)


def check_finished(vault: Vault) -> Iterator[Finding]:
    """Whether a run over all files has come to its end; while an indexer works, that is its business."""
    expected = unfinished.expected_files(vault)
    if expected is None or not vault.kind.derived or IndexerLock(vault.path).holder() is not None:
        return
    far = unfinished.how_far(vault.counts()[0], expected)
    message = f"Indexing {vault.meta('root')} was not finished: {vault.path} has {far}."
    yield Finding(
        "pending", Severity.CRITICAL, message, str(vault.path), f"{FIX}, or magray index", Remedy.EMBED
    )


def check_pending(vault: Vault) -> Iterator[Finding]:
    """Whether every passage can be found by meaning; while an indexer works, that is its business."""
    key = _serving_at_rest(vault)
    with vault.read() as connection:
        missing = 0 if key is None else scan_pending(connection, key)
        if embedding_depth.noted(vault).name == "static":
            missing -= count_static(connection, key)  # these are to stay
    if missing > 0:
        count, many = vault.counts()[1], missing > 1
        message = f"{missing:,} of {count:,} passages in {vault.path} {'have' if many else 'has'} no vector."
        remedy = Remedy.EMBED if vault.kind.derived else Remedy.NONE
        hint = f"{FIX}, or magray index" if remedy else ""
        yield Finding("vectors", Severity.WARNING, message, str(vault.path), hint, remedy)


def _serving_at_rest(vault: Vault) -> str | None:
    """The embedding key that answers, None where there is none or an indexer holds the vault."""
    if vault.kind.derived and IndexerLock(vault.path).holder() is not None:
        return None
    return vector_spaces.serving(vault)


def check_snapshots(vault: Vault) -> Iterator[Finding]:
    """Whether every snapshot beside the vault is whole, of this vault, and not ahead of it."""
    payloads = {path.name for path in snapshot_files(vault.path) if ".damaged-" not in path.name}
    headers = sorted(name for name in payloads if name.endswith(".snapshot"))
    payloads -= set(headers)
    newest: dict[str, int] = {}
    for name in headers:
        yield from _check_snapshot(vault, vault.path.with_name(name), payloads, newest)
    yield from _check_lag(vault, newest)
    for name in sorted(payloads):
        message = f"No index snapshot needs {vault.path.with_name(name)}."
        yield _snapshot_finding(message, vault.path.with_name(name), Severity.INFO)


def _check_snapshot(
    vault: Vault, path: Path, payloads: set[str], newest: dict[str, int]
) -> Iterator[Finding]:
    """Takes the payload that the header names out of `payloads`, and notes in `newest` the last change that a
    sound snapshot contains, by embedding key.
    """
    from magray_memory.index import snapshot

    try:
        header = snapshot.read(path)
        payloads.discard(header.payload)
        snapshot.check(vault.path, header)
    except IndexDamaged as error:
        yield _snapshot_finding(f"{_capital(error.message)}.", path)
        return
    except OSError as error:
        yield _snapshot_finding(f"The index snapshot {path} cannot be read: {error.strerror or error}.", path)
        return
    if header.vault != vault.id:
        yield _snapshot_finding(f"The index snapshot {path} is of another vault.", path, Severity.INFO)
    elif header.seq > change_log.max_seq(vault):
        yield _snapshot_finding(
            f"The index snapshot {path} knows changes that its vault does not have.", path
        )
    else:
        newest[header.key] = max(header.seq, newest.get(header.key, 0))


def _check_lag(vault: Vault, newest: Mapping[str, int]) -> Iterator[Finding]:
    """A snapshot saves every command from reading all vectors, unless it is missing or long out of date."""
    from magray_memory.storage import vectors as stored_vectors

    key = _serving_at_rest(vault)
    count = 0 if key is None else stored_vectors.count_vectors(vault, key)
    if key is None or count < _LEAST_INDEXED:
        return
    if key not in newest:
        message = f"There is no index snapshot of {vault.path}, so every command reads {count:,} vectors."
        yield _snapshot_finding(message, vault.path, Severity.INFO)
    elif (behind := change_log.max_seq(vault) - newest[key]) > count // _BEHIND_SHARE:
        message = f"The index snapshot of {vault.path} is {behind:,} changes behind."
        yield _snapshot_finding(message, vault.path, Severity.INFO)


def _snapshot_finding(message: str, path: Path, severity: Severity = Severity.WARNING) -> Finding:
    return Finding("snapshots", severity, message, str(path), FIX, Remedy.SNAPSHOTS)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def check_recall(vault: Vault) -> Iterator[Finding]:
    """Whether the live index finds the ten nearest that a scan of every stored vector finds."""
    from magray_memory.config import VectorSettings
    from magray_memory.storage import vectors as stored_vectors

    for key in vector_spaces.populated(vault):
        engines = ["exact", *_snapshot_engines(vault)]
        queries = _sample(vault, key)
        best = _nearest(stored_vectors.iter_vectors(vault, key), queries)
        for engine in engines:
            share, problem = _share(vault, key, VectorSettings(engine=engine), queries, best)
            if problem:
                message, severity = f"{_capital(problem)}.", Severity.WARNING
            elif share < _LEAST_RECALL:
                message = f"The {engine} index of {vault.path} finds {share:.0%} of what is nearest."
                severity = Severity.CRITICAL
            else:
                continue
            yield Finding("recall", severity, message, str(vault.path), FIX, Remedy.SNAPSHOTS)


def _snapshot_engines(vault: Vault) -> list[str]:
    """Engines that have a snapshot and can be loaded: one may be left from when its library was installed."""
    from magray_memory.config import find_rule
    from magray_memory.config_rule import installed

    native = find_rule("vectors.engine").native
    suffixes = {path.suffix for path in snapshot_files(vault.path)}
    made = (engine for suffix, engine in _ENGINES.items() if suffix in suffixes)
    return [engine for engine in made if engine not in native or installed(native[engine])]


def _sample(vault: Vault, key: str) -> Matrix:
    """Stored vectors, each moved a little: queries as far from a passage as questions are."""
    import numpy as np

    from magray_memory.storage import vectors as stored_vectors

    highest = highest_passage_id(vault)
    chance = np.random.default_rng(highest)
    wanted = np.unique(chance.integers(1, highest + 1, 20 * _QUERIES))
    found = stored_vectors.get_vectors(vault, key, wanted)[1][:_QUERIES]
    if not len(found):
        found = next(stored_vectors.iter_vectors(vault, key, _QUERIES))[1]
    moved = found + chance.normal(0, 0.5 / np.sqrt(found.shape[1]), found.shape).astype(np.float32)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def _nearest(batches: Iterator[tuple[NDArray[np.int64], Matrix]], queries: Matrix) -> list[list[float]]:
    """The ten highest cosines of each query, a batch of vectors in memory at a time."""
    import numpy as np

    best = np.full((len(queries), 10), -2.0, dtype=np.float32)
    for _, matrix in batches:
        scores = np.concatenate([best, queries @ matrix.T], axis=1)
        best = np.sort(scores, axis=1)[:, -10:]
    return best.tolist()


def _share(
    vault: Vault, key: str, settings: VectorSettings, queries: Matrix, best: list[list[float]]
) -> tuple[float, str | None]:
    from magray_memory.index.vector_store import VectorStore

    store = VectorStore(vault, key, settings, long_lived=settings.engine == "hnsw")
    found = wanted = 0
    try:
        for query, scores in zip(queries, best, strict=True):
            limit = [score for score in scores if score > -2]
            # By score and not by id: equal passages have equal vectors, and any of them will do.
            _, got = store.search(query, len(limit))
            found += sum(1 for score in got.tolist() if score >= limit[0] - 1e-4)
            wanted += len(limit)
        return (found / wanted if wanted else 1.0), store.problem
    finally:
        store.close()
