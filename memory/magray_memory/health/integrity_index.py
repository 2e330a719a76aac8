"""Compares what is derived with what it is derived from: passages, words, vectors and snapshots of a vault.

SQLite's own checks see none of this. A contentless lexical table that was fed one wrong token, or lost a
block, is sound to every check that it has; so its totals are compared, its terms sampled, and a vault that is
small enough is analysed again and compared term by term.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from magray_memory.errors import IndexDamaged
from magray_memory.health.findings import Finding, Remedy
from magray_memory.health.report import Severity
from magray_memory.storage import schema, vector_spaces
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.pending import scan_pending
from magray_memory.storage.vault import LEXICAL_VERSION, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.config import VectorSettings
    from magray_memory.storage.vault import Vault

    Matrix = NDArray[np.float32]

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
_FIX = "magray doctor --fix"
_WORDS = (
    "SELECT passage.id, symbol, coalesce(path, ''), passage.text FROM passage"
    " JOIN document ON document.id = document_id"
)


def passages(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether the passages of files are what was stored: each is named by a hash of its own text."""
    from magray_memory.models.recipe import text_hash

    if not vault.kind.derived:
        return
    rows = connection.execute(
        "SELECT document_id, symbol, title, text_hash, passage.text, document.kind FROM passage"
        " JOIN document ON document.id = document_id"
    )
    files = {row[0] for row in rows if text_hash(row[1], row[2], row[4], row[5]) != row[3]}
    if files:
        message = f"Passages of {len(files)} files in {vault.path} are not what was stored."
        yield Finding("passages", Severity.CRITICAL, message, str(vault.path), _FIX, Remedy.REREAD)


def lexical(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether every passage can be found by its words, and nothing else by any."""
    from magray_memory.text.analyzer import ANALYZER_VERSION

    version = vault.meta(LEXICAL_VERSION)
    count = vault.counts()[1]
    if version != str(ANALYZER_VERSION) and (version is not None or count):
        made = "is to be made again" if version is None else f"was made by another analyzer ({version})"
        message = f"The lexical index of {vault.path} {made}."
        yield Finding("lexical", Severity.WARNING, message, str(vault.path), _FIX, Remedy.LEXICAL)
        return
    problem = (
        _other_rows(connection)
        or _other_totals(connection)
        or _terms_not_found(connection)
        or (_other_words(connection) if count <= _COMPARED_PASSAGES else None)
    )
    if problem:
        message = f"The lexical index of {vault.path} is not that of its passages: {problem}."
        yield Finding("lexical", Severity.CRITICAL, message, str(vault.path), _FIX, Remedy.LEXICAL)


def _other_rows(connection: sqlite3.Connection) -> str | None:
    (missing,) = connection.execute(
        "SELECT count(*) FROM passage WHERE id NOT IN (SELECT id FROM passage_fts_docsize)"
    ).fetchone()
    (foreign,) = connection.execute(
        "SELECT count(*) FROM passage_fts_docsize WHERE id NOT IN (SELECT id FROM passage)"
    ).fetchone()
    if missing:
        return f"{missing:,} passages are not in it"
    return f"it has {foreign:,} that are gone" if foreign else None


def _other_totals(connection: sqlite3.Connection) -> str | None:
    """Words that were fed, as noted by row, against words that are found, as noted by term."""
    fed = sum(sum(_varints(sizes)) for (sizes,) in connection.execute("SELECT sz FROM passage_fts_docsize"))
    (found,) = connection.execute("SELECT coalesce(sum(cnt), 0) FROM passage_vocab").fetchone()
    return None if fed == found else f"it was fed {fed:,} words and holds {found:,}"


def _varints(data: bytes) -> Iterator[int]:
    """SQLite's variable-length integers; a ninth byte, which no count reaches, is not read."""
    value = 0
    for byte in data:
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            yield value
            value = 0


def _terms_not_found(connection: sqlite3.Connection) -> str | None:
    from magray_memory.text.analyzer import analyze, analyze_names

    ids = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM passage ORDER BY random() LIMIT ?", (_SAMPLED_PASSAGES,)
        )
    ]
    marks = ",".join(map(str, ids))
    chance = random.Random(len(ids))
    lost = 0
    for passage_id, symbol, path, text in connection.execute(
        f"{_WORDS} WHERE passage.id IN ({marks})"
    ).fetchall():
        words = sorted({*analyze_names(symbol).split(), *analyze_names(path).split(), *analyze(text).split()})
        for word in chance.sample(words, min(_SAMPLED_TERMS, len(words))):
            found = connection.execute(
                "SELECT 1 FROM passage_fts WHERE passage_fts MATCH ? AND rowid = ?", (f'"{word}"', passage_id)
            ).fetchone()
            lost += found is None
    return f"{lost} of the words of {len(ids)} passages do not find them" if lost else None


def _other_words(connection: sqlite3.Connection) -> str | None:
    """The same passages analysed again into a table of their own, compared term by term."""
    from magray_memory.text.analyzer import analyze, analyze_names

    with closing(sqlite3.connect("", isolation_level=None)) as fresh:
        fresh.execute(schema.FTS_TABLE.format("again"))
        fresh.execute("CREATE VIRTUAL TABLE vocab USING fts5vocab(again, row)")
        fresh.execute("BEGIN")
        fresh.executemany(
            "INSERT INTO again(rowid, symbol, path, body) VALUES (?, ?, ?, ?)",
            (
                (row[0], analyze_names(row[1]), analyze_names(row[2]), analyze(row[3]))
                for row in connection.execute(f"{_WORDS} ORDER BY passage.id")
            ),
        )
        fresh.execute("COMMIT")
        wanted = fresh.execute("SELECT term, doc, cnt FROM vocab")
        found = connection.execute("SELECT term, doc, cnt FROM passage_vocab")
        while True:
            one, other = wanted.fetchmany(1000), found.fetchmany(1000)
            if one != other:
                pairs = ((a, b) for a, b in zip(one, other, strict=False) if a != b)
                term = next(pairs, (one or other)[-1:] * 2)[0][0]
                return f"the word {term!r} and others are found in other passages than they stand in"
            if not one:
                return None


def vectors(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether every stored vector is one: of the right length, and of length 1."""
    import numpy as np

    for key_id, key, dim in connection.execute("SELECT id, key, dim FROM embedding_key").fetchall():
        unsound = 0
        rows = connection.execute("SELECT data FROM vector WHERE key_id = ?", (key_id,))
        while batch := rows.fetchmany(4096):
            whole = [data for (data,) in batch if isinstance(data, bytes) and len(data) == 2 * dim]
            matrix = np.frombuffer(b"".join(whole), dtype="<f2").reshape(len(whole), dim).astype(np.float32)
            unsound += len(batch) - int(np.count_nonzero(unit(matrix)))
        if unsound:
            message = f"{unsound:,} vectors of {key} in {vault.path} are damaged."
            yield Finding("vectors", Severity.CRITICAL, message, str(vault.path), _FIX, Remedy.VECTORS)


def pending(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether every passage can be found by meaning; while an indexer works, that is its business."""
    key = vector_spaces.serving(vault)
    if key is None or (vault.kind.derived and IndexerLock(vault.path).holder() is not None):
        return
    missing = scan_pending(connection, key)
    if missing:
        count, many = vault.counts()[1], missing > 1
        message = f"{missing:,} of {count:,} passages in {vault.path} {'have' if many else 'has'} no vector."
        remedy = Remedy.EMBED if vault.kind.derived else Remedy.NONE
        hint = f"{_FIX}, or magray index" if remedy else ""
        yield Finding("vectors", Severity.WARNING, message, str(vault.path), hint, remedy)


def unit(matrix: Matrix) -> NDArray[np.bool_]:
    """Which rows have a length of 1, as near as float16 can say it."""
    import numpy as np

    with np.errstate(all="ignore"):
        return np.abs(np.einsum("ij,ij->i", matrix, matrix) - 1) < 0.02


def snapshots(vault: Vault) -> Iterator[Finding]:
    """Whether every snapshot beside the vault is whole, of this vault, and not ahead of it."""
    from magray_memory.index import snapshot

    payloads = {path.name for path in snapshot_files(vault.path) if ".damaged-" not in path.name}
    headers = sorted(name for name in payloads if name.endswith(".snapshot"))
    newest: dict[str, int] = {}
    for name in headers:
        path = vault.path.with_name(name)
        payloads.discard(name)
        try:
            header = snapshot.read(path)
            payloads.discard(header.payload)
            snapshot.check(vault.path, header)
        except IndexDamaged as error:
            yield _snapshot(f"{_capital(error.message)}.", path)
            continue
        except OSError as error:
            yield _snapshot(f"The index snapshot {path} cannot be read: {error.strerror or error}.", path)
            continue
        if header.vault != vault.id:
            yield _snapshot(f"The index snapshot {path} is of another vault.", path, Severity.INFO)
        elif header.seq > vault.max_seq():
            yield _snapshot(f"The index snapshot {path} knows changes that its vault does not have.", path)
        else:
            newest[header.key] = max(header.seq, newest.get(header.key, 0))
    yield from _behind(vault, newest)
    for name in sorted(payloads):
        message = f"No index snapshot needs {vault.path.with_name(name)}."
        yield _snapshot(message, vault.path.with_name(name), Severity.INFO)


def _behind(vault: Vault, newest: Mapping[str, int]) -> Iterator[Finding]:
    """A snapshot saves every command from reading all vectors, unless it is missing or long out of date."""
    key = vector_spaces.serving(vault)
    if key is None or (vault.kind.derived and IndexerLock(vault.path).holder() is not None):
        return
    with vault.read() as connection:
        row = connection.execute("SELECT vectors FROM embedding_key WHERE key = ?", (key,)).fetchone()
    if row[0] < _LEAST_INDEXED:
        return
    if key not in newest:
        message = f"There is no index snapshot of {vault.path}, so every command reads {row[0]:,} vectors."
        yield _snapshot(message, vault.path, Severity.INFO)
    elif (behind := vault.max_seq() - newest[key]) > row[0] // _BEHIND_SHARE:
        message = f"The index snapshot of {vault.path} is {behind:,} changes behind."
        yield _snapshot(message, vault.path, Severity.INFO)


def _snapshot(message: str, path: Path, severity: Severity = Severity.WARNING) -> Finding:
    return Finding("snapshots", severity, message, str(path), _FIX, Remedy.SNAPSHOTS)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def recall(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether the live index finds the ten nearest that a look at every stored vector finds."""
    from magray_memory.config import VectorSettings, find_rule, installed
    from magray_memory.storage import vectors as rows

    native = find_rule("vectors.engine").native
    for (key,) in connection.execute("SELECT key FROM embedding_key WHERE vectors > 0").fetchall():
        made = {path.suffix for path in snapshot_files(vault.path)}
        kept = {".hnsw": "hnsw", ".sketch": "sketch", ".ann": "annoy"}
        # A snapshot may be left from when its library was installed.
        loadable = (e for s, e in kept.items() if s in made and (e not in native or installed(native[e])))
        engines = ["exact", *loadable]
        queries = _sample(vault, connection, key)
        best = _nearest(rows.iter_vectors(vault, key), queries)
        for engine in engines:
            share, problem = _share(vault, key, VectorSettings(engine=engine), queries, best)
            if problem:
                yield Finding(
                    "recall",
                    Severity.WARNING,
                    f"{_capital(problem)}.",
                    str(vault.path),
                    _FIX,
                    Remedy.SNAPSHOTS,
                )
            elif share < _LEAST_RECALL:
                message = f"The {engine} index of {vault.path} finds {share:.0%} of what is nearest."
                yield Finding("recall", Severity.CRITICAL, message, str(vault.path), _FIX, Remedy.SNAPSHOTS)


def _sample(vault: Vault, connection: sqlite3.Connection, key: str) -> Matrix:
    """Stored vectors, each moved a little: queries as far from a passage as questions are."""
    import numpy as np

    from magray_memory.storage import vectors as rows

    (highest,) = connection.execute("SELECT max(id) FROM passage").fetchone()
    chance = np.random.default_rng(highest)
    wanted = np.unique(chance.integers(1, highest + 1, 20 * _QUERIES))
    found = rows.get_vectors(vault, key, wanted)[1][:_QUERIES]
    if not len(found):
        found = next(rows.iter_vectors(vault, key, _QUERIES))[1]
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
