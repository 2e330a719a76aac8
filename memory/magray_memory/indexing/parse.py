"""Parsing of one file: from the file on disk to all that is stored of it, in a parser process.

The answers are plain tuples of built-in types, so that they cross a pipe cheaply: the process that writes the
vault only unpacks them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore import defaults, secret_names
from magray_memory.ignore.generated import generated_marker
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.minified import is_minified
from magray_memory.indexing.skip import Skip, SkipReason
from magray_memory.regular_file import UNKNOWN_STAMP, Unreadable, Vanished, content_hash, read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from magray_memory.models.static_embedder import StaticEmbedder
    from magray_memory.regular_file import Contents, Stamp
    from magray_memory.storage.symbols import LineRuns
    from magray_memory.text.chunk_types import ChunkedText

    _Passage = tuple[int, int, str, str, str, bytes, str, tuple[str, str, str, str], LineRuns]

VANISHED, SKIPPED, LEFT_OUT, SAME, MOVED, PARSED = range(6)

CONTENT_RULES_VERSION = 2
"""Stored with a vault: files that other rules about content judged are read again."""
_MARKER_CHARS = 100


class Task(NamedTuple):
    """A file to look at. `known_hash`: of the content that is stored already, empty for a new file.

    `may_move`: whether it may turn out to be a stored file that has moved here.
    """

    path: str
    stamp: Stamp
    wanted: bool
    known_hash: bytes = b""
    may_move: bool = True

    @property
    def size(self) -> int:
        """Bytes of the file when it was found."""
        return self.stamp[0]


class Job(NamedTuple):
    """What holds for all files of a run. `gone`: hash → families of stored files that are no longer there."""

    root: str
    max_file_bytes: int
    parse_seconds: float
    gone: Mapping[bytes, tuple[str, ...]]
    redaction: tuple[bool, tuple[str, ...], tuple[str, ...]] = (True, (), ())
    """The fields of RedactionSettings in their order."""
    static: tuple[str, int] | None = None
    """The folder of the model whose static table makes approximate vectors, and the words to keep for it."""


class Outcome(NamedTuple):
    """What became of a file; `stamp` is of the moment it was read.

    `status` says which of the rest counts: `reason` for SKIPPED (the value of a SkipReason) and
    LEFT_OUT (of an IgnoreRule), each with its `detail`, `hash` for SAME, MOVED and PARSED, the others for
    PARSED.
    A passage has the fields of NewPassage in their order.
    """

    path: str
    status: int
    stamp: Stamp = UNKNOWN_STAMP
    reason: str = ""
    detail: str = ""
    hash: bytes = b""
    kind: str = ""
    language: str = ""
    title: str | None = None
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    passages: tuple[_Passage, ...] = ()
    redacted: tuple[tuple[str, int], ...] = ()
    approximate: bytes = b""
    """The approximate vectors of the passages, one after the other; empty where none were made."""

    @property
    def skip(self) -> Skip:
        """Why the file was skipped, for SKIPPED."""
        return Skip(SkipReason(self.reason), self.detail)


def parse_file(task: Task, job: Job, chunk: Callable[..., ChunkedText]) -> Outcome:
    """Read, judge, chunk and analyse one file. Never raises for anything about the file."""
    from magray_memory.config import RedactionSettings
    from magray_memory.text.chunk import with_line_feeds
    from magray_memory.text.decode import Undecodable, decode, unmarked_utf_16
    from magray_memory.text.languages import detect
    from magray_memory.text.redaction import redact

    path = task.path
    try:
        contents = read_file(f"{job.root}/{path}", _most_bytes(path, job.max_file_bytes))
    except Vanished:
        return Outcome(path, VANISHED)
    except Unreadable as error:
        return skipped(path, error.stamp, Skip(SkipReason.UNREADABLE, error.reason))
    data, stamp, whole = contents
    if defaults.is_binary(data) and unmarked_utf_16(data) is None:
        return Outcome(path, LEFT_OUT, stamp, IgnoreRule.BINARY.value)
    digest = content_hash(data)
    if whole and digest == task.known_hash:
        return Outcome(path, SAME, stamp, hash=digest)
    data, too_large = _within(job.max_file_bytes, path, contents)
    if too_large:
        return skipped(path, stamp, Skip(SkipReason.TOO_LARGE, too_large))
    left_out = rule_about_content(path, data, wanted=task.wanted)
    if left_out is not None:
        rule, seen = left_out
        return Outcome(path, LEFT_OUT, stamp, rule.value, seen)
    try:
        text = with_line_feeds(decode(data))
    except Undecodable as error:
        if error.binary:
            return Outcome(path, LEFT_OUT, stamp, IgnoreRule.BINARY.value)
        return skipped(path, stamp, Skip(SkipReason.UNDECODABLE, error.reason))
    if task.may_move and family(path) in job.gone.get(digest, ()):
        return Outcome(path, MOVED, stamp, hash=digest)
    language = detect(path, text[:4096])
    redacted = redact(text, RedactionSettings(*job.redaction), language=language)
    chunked = chunk(path, redacted.text, language=language, parse_seconds=job.parse_seconds)
    outcome = _parsed(path, stamp, digest, chunked)
    approximate = b"" if job.static is None else _approximate(outcome, *job.static)
    return outcome._replace(redacted=tuple(redacted.counts.items()), approximate=approximate)


def _most_bytes(path: str, limit: int) -> int:
    """How many bytes of a file are read: of a notebook more than are indexed, for most of it are outputs."""
    if family(path) != "ipynb":
        return limit
    from magray_memory.text.notebook_outputs import MAX_BYTES

    return max(limit, MAX_BYTES)


def _within(limit: int, path: str, contents: Contents) -> tuple[bytes, str]:
    """What of the file is indexed, of a large notebook only its cells; and why it is too large, if it is."""
    data, stamp, whole = contents
    if not whole:
        return b"", f"{_megabytes(stamp[0])}, the limit is {_megabytes(_most_bytes(path, limit))}"
    if len(data) <= limit:
        return data, ""
    from magray_memory.text.notebook_outputs import without_outputs

    data, size = without_outputs(data)
    said = f"{_megabytes(size)} without outputs, the limit is {_megabytes(limit)}"
    return data, said if size > limit else ""


def skipped(path: str, stamp: Stamp, skip: Skip) -> Outcome:
    """The outcome of a file that should have been indexed and was not."""
    return Outcome(path, SKIPPED, stamp, skip.reason.value, skip.detail)


def rule_about_content(path: str, data: bytes, *, wanted: bool) -> tuple[IgnoreRule, str] | None:
    """The rule by which the content of a file leaves it out, and what was seen; None if it stays.

    A secret stays out although the file is `wanted`.
    """
    uncertain = secret_names.doubt(path)
    if uncertain is not None:
        from magray_memory.ignore.secret_content import secret_in

        seen = secret_in(_readable(data), uncertain)
        if seen is not None:
            return IgnoreRule.SECRET, seen
    if wanted:
        return None
    marker = generated_marker(path, data)
    if marker is not None:
        return IgnoreRule.GENERATED, f"line {marker.line}: {marker.text[:_MARKER_CHARS]}"
    return (IgnoreRule.MINIFIED, "") if is_minified(path, data) else None


def _readable(data: bytes) -> str:
    from magray_memory.text.decode import Undecodable, decode

    try:
        return decode(data)
    except Undecodable:
        return data.decode("latin-1")


def _parsed(path: str, stamp: Stamp, digest: bytes, chunked: ChunkedText) -> Outcome:
    from magray_memory.models.recipe import text_hash
    from magray_memory.text.analyzer import analyze, analyze_names
    from magray_memory.text.stored_symbols import stored_symbols

    path_tokens = analyze_names(path)
    title = clean(chunked.title) if chunked.title else None
    passages: list[_Passage] = []
    for piece in chunked.chunks:
        text, symbol = clean(piece.text), clean(piece.symbol)
        symbols, names = stored_symbols(piece)
        tokens = (analyze_names(symbol), path_tokens, analyze(text), names)
        named = text_hash(symbol, title, text, chunked.kind)
        lines = (piece.start_line, piece.end_line)
        runs = tuple((r[0], r[1], r[2]) for r in piece.line_runs) if piece.line_runs else ()
        passages.append((*lines, symbol, piece.kind, text, named, symbols, tokens, runs))
    return Outcome(
        path,
        PARSED,
        stamp,
        hash=digest,
        kind=chunked.kind,
        language=chunked.language,
        title=title,
        tags=tuple(map(clean, chunked.tags)),
        links=tuple(map(clean, chunked.links)),
        passages=tuple(passages),
    )


def _approximate(outcome: Outcome, folder: str, words: int) -> bytes:
    """The approximate vectors of a file's passages; a file without them is found by words all the same."""
    from magray_memory.models.recipe import passage_text

    embedder = _static_embedder(folder, words)
    if embedder is None:
        return b""
    title, kind = outcome.title, outcome.kind
    return embedder.rows([passage_text(p[2], title, p[4], kind) for p in outcome.passages]).tobytes()


@cache
def _static_embedder(folder: str, words: int) -> StaticEmbedder | None:
    """The static embedder of this process."""
    from pathlib import Path

    from magray_memory.models.static_embedder import open_static

    return open_static(Path(folder), words)


def clean(text: str) -> str:
    """The text without halves of surrogate pairs, which a database cannot hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def family(path: str) -> str:
    """What decides, with the content, how a file is read: its extension, or its name where it has none."""
    name = path.rpartition("/")[2].lower()
    stem, dot, extension = name.rpartition(".")
    return extension if dot and stem else name


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count:,} bytes"
