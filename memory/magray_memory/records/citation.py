"""Citations: the lines of a file that a record is about, and whether they still hold.

Of the lines only hashes are kept, so that nothing of a file outlives it here unless the person wrote it down.
White space at the ends of lines does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from magray_memory.errors import RecordError
from magray_memory.storage.record_types import Citation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Read = Callable[[str], "CitedText | None"]

State = Literal["verified", "moved", "changed", "gone"]

_SOURCE = re.compile(r"(?P<path>.+?)(?::(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?)?")


@dataclass(frozen=True, slots=True)
class Source:
    """A place to cite: a file, and its lines (1-based, inclusive); None for the whole file.

    `text` of the file where an editor has another than the disk.
    """

    path: Path
    lines: tuple[int, int] | None = None
    text: str | None = None

    @classmethod
    def parse(cls, text: str) -> Source:
        """`PATH`, `PATH:LINE` or `PATH:FIRST-LAST`. Raises RecordError."""
        match = _SOURCE.fullmatch(text)
        if match is None:
            raise RecordError(f"{text!r} is no source", "", "src/app.py:10-42")
        if match["first"] is None:
            return cls(Path(text))
        first = int(match["first"])
        last = int(match["last"] or first)
        if not 1 <= first <= last:
            raise RecordError(
                f"{text!r} is no source", "lines count from 1, the first one first", "app.py:10-42"
            )
        return cls(Path(match["path"]), (first, last))


@dataclass(frozen=True, slots=True)
class Checked:
    """What has become of a citation; `path` and the lines are those of now, where they could be found."""

    state: State
    path: str
    start_line: int
    end_line: int

    def as_json(self) -> dict[str, Any]:
        """The place of now."""
        return {"path": self.path, "start_line": self.start_line, "end_line": self.end_line}


@dataclass(frozen=True, slots=True)
class CitedFile:
    """A file to cite, `path` relative to `root`. `hash`: of its bytes, as the index has it; `commit`: what is
    checked out.
    """

    root: Path
    path: str
    text: str
    hash: bytes
    commit: str | None


class CitedText:
    """The text of a file that citations are compared with; its lines are hashed once, by the first."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def rows(self) -> list[str]:
        """The lines without white space at their ends."""
        return _rows(self._text)

    @cached_property
    def lines(self) -> dict[bytes, list[int]]:
        """The lines, from 1, that have a hash."""
        found: dict[bytes, list[int]] = {}
        for line, row in enumerate(self.rows, 1):
            found.setdefault(_digest((row,)), []).append(line)
        return found


@dataclass(frozen=True, slots=True)
class Cited:
    """The citation of a source, and the text of its lines."""

    citation: Citation
    text: str


def cite(file: CitedFile, lines: tuple[int, int] | None) -> Cited:
    """The citation of some lines of a file, or of all. Raises RecordError for lines that it does not have."""
    path, text = file.path, file.text
    rows = _rows(text)
    first, last = lines or (1, max(1, len(rows)))
    if last > len(rows):
        count = f"{len(rows)} line{'s' * (len(rows) != 1)}"
        raise RecordError(
            f"{path}:{first}-{last} cannot be cited", f"the file has {count}", f"{path}:1-{len(rows)}"
        )
    shown = rows[first - 1 : last]
    citation = Citation(
        root=str(file.root),
        path=path,
        start_line=first,
        end_line=last,
        commit=file.commit,
        text_hash=_digest(shown),
        first_hash=_digest(shown[:1]),
        file_hash=file.hash,
    )
    return Cited(citation, "\n".join(text.split("\n")[first - 1 : last]))


def check(citation: Citation, read: Read, named_alike: Callable[[Citation], Sequence[str]]) -> Checked:
    """Compare a citation with the files as they are now.

    `read` gives the text of a file below the root, None when it is not there or no text; `named_alike` the
    paths that the cited file may have now, relative to its root. Lines that stand elsewhere in the file, or
    in one of those, have moved; where they stand several times, the place closest to the former one counts.
    """
    text = read(citation.path)
    if text is not None:
        found = _find(citation, text)
        if found == citation.start_line:
            return Checked("verified", citation.path, citation.start_line, citation.end_line)
        if found is not None:
            return _moved(citation, citation.path, found)
    for path in named_alike(citation):
        other = read(path) if path != citation.path else None
        found = None if other is None else _find(citation, other)
        if found is not None:
            return _moved(citation, path, found)
    state: State = "gone" if text is None else "changed"
    return Checked(state, citation.path, citation.start_line, citation.end_line)


def snippet(path: str, text: str) -> str:
    """Lines of a file as a Markdown text: code in a fence that they do not close, prose as it is."""
    from magray_memory.text.languages import detect, kind_of

    language = detect(path, text[:4096])
    if kind_of(language) != "code":
        return text
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}\n"


def as_json(citation: Citation) -> dict[str, Any]:
    """The source of a record, as the contract names its parts."""
    return {
        "path": citation.path,
        "start_line": citation.start_line,
        "end_line": citation.end_line,
        "commit": citation.commit,
    }


def _moved(citation: Citation, path: str, first: int) -> Checked:
    return Checked("moved", path, first, first + citation.end_line - citation.start_line)


def _find(citation: Citation, text: CitedText) -> int | None:
    """The line where the cited lines begin now, the closest to where they were."""
    count = citation.end_line - citation.start_line + 1
    alike = [
        line
        for line in text.lines.get(citation.first_hash, ())
        if _digest(text.rows[line - 1 : line - 1 + count]) == citation.text_hash
    ]
    return min(alike, key=lambda line: abs(line - citation.start_line), default=None)


def _rows(text: str) -> list[str]:
    rows = [row.rstrip() for row in text.split("\n")]
    return rows[:-1] if rows and not rows[-1] else rows


def _digest(rows: Sequence[str]) -> bytes:
    return blake2b("\n".join(rows).encode("utf-8", "surrogatepass"), digest_size=16).digest()
