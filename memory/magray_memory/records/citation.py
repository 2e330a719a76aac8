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
    from collections.abc import Callable, Iterable, Sequence

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
    """The text of a file that citations are compared with; its lines are hashed once, by the first.

    `path` says what kind of file it is; `data` are its bytes, where `text` is a reading of them.
    """

    def __init__(self, text: str, path: str = "", data: bytes | None = None) -> None:
        self._text = text
        self._path = path
        self._data = data

    def begins(self, first_hash: bytes) -> bool:
        """Whether a line of it has this hash."""
        return any(first_hash in rows.lines for rows in self.rows)

    @cached_property
    def rows(self) -> list[Rows]:
        """The lines of the file, then those of its cells where it is a notebook."""
        found = [Rows(_rows(self._text))]
        cells = _cell_rows(self._path, self._text)
        if cells:
            found.append(Rows([row.rstrip() for _, row in cells], [line for line, _ in cells]))
        return found

    @cached_property
    def other_rows(self) -> list[Rows]:
        """The lines of the texts that its bytes may also be."""
        from magray_memory.text.other_readings import other_readings

        data = self._text.encode("utf-8", "replace") if self._data is None else self._data
        return [Rows(_rows(text)) for text in other_readings(data, self._text)]


class Rows:
    """Rows of a text without white space at their ends. `places`: the line of the file that each begins on,
    where these are not the lines of the file one by one.
    """

    def __init__(self, rows: list[str], places: list[int] | None = None) -> None:
        self.rows = rows
        self.places = places

    @cached_property
    def lines(self) -> dict[bytes, list[int]]:
        """The numbers of the rows, from 1, that have a hash."""
        found: dict[bytes, list[int]] = {}
        for line, row in enumerate(self.rows, 1):
            found.setdefault(_digest((row,)), []).append(line)
        return found

    def find(self, citation: Citation) -> tuple[int, int] | None:
        """The first and the last line of the cited text now, the closest to where it was."""
        found = (self._at(citation, row) for row in self.lines.get(citation.first_hash, ()))
        alike = [lines for lines in found if lines is not None]
        return min(alike, key=lambda lines: abs(lines[0] - citation.start_line), default=None)

    def _at(self, citation: Citation, row: int) -> tuple[int, int] | None:
        if self.places is None:
            last = row + citation.end_line - citation.start_line
            same = _digest(self.rows[row - 1 : last]) == citation.text_hash
            return (row, last) if same else None
        last = self._end_of(citation.text_hash, row)
        if last is None:
            return None
        before = self.places[row - 2] if row > 1 else 0
        first, end = self.places[row - 1], self.places[last - 1]
        # What stands between the cells is no part of the text, wherever the citation began in it.
        stays = before < citation.start_line <= first
        return citation.start_line if stays else first, max(end, citation.end_line) if stays else end

    def _end_of(self, text_hash: bytes, row: int) -> int | None:
        """The last of the rows from here on that have a hash together: how many of the lines that were cited
        are rows of cells is not known.
        """
        state = blake2b(digest_size=16)
        for number in range(row, len(self.rows) + 1):
            state.update(
                (self.rows[number - 1] if number == row else "\n" + self.rows[number - 1]).encode(
                    "utf-8", "surrogatepass"
                )
            )
            if state.digest() == text_hash:
                return number
        return None


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
    cells = [row.rstrip() for line, row in _cell_rows(path, text) if first <= line <= last]
    shown = cells or rows[first - 1 : last]
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
        found = _find(citation, text.rows) or _find(citation, text.other_rows)
        if found is not None:
            return _found(citation, citation.path, found)
    for path in named_alike(citation):
        other = read(path) if path != citation.path else None
        found = None if other is None else _find(citation, other.rows)
        if found is not None:
            return Checked("moved", path, *found)
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


def _found(citation: Citation, path: str, lines: tuple[int, int]) -> Checked:
    state: State = "verified" if lines[0] == citation.start_line else "moved"
    return Checked(state, path, *lines)


def _find(citation: Citation, texts: Iterable[Rows]) -> tuple[int, int] | None:
    return next((lines for rows in texts if (lines := rows.find(citation)) is not None), None)


def _cell_rows(path: str, text: str) -> list[tuple[int, str]]:
    if not path.lower().endswith((".ipynb", ".notebook")):
        return []
    from magray_memory.text.notebook import cell_rows

    return cell_rows(text)


def _rows(text: str) -> list[str]:
    rows = [row.rstrip() for row in text.split("\n")]
    return rows[:-1] if rows and not rows[-1] else rows


def _digest(rows: Sequence[str]) -> bytes:
    return blake2b("\n".join(rows).encode("utf-8", "surrogatepass"), digest_size=16).digest()
