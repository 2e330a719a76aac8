"""Chunk types: what every chunker returns, and the promise that all of them keep.

A *line* is what "\\n" separates, everywhere: a "\\r" before it stays part of its line, and a lone "\\r", a
form feed or U+2028 does not end one. That is how git, editors and tree-sitter count. `Chunk.text` is
`"\\n".join(text.split("\\n")[start_line - 1:end_line])`: its lines without the last line break.

Each line that is not blank is in at least one chunk, chunks come in the order of their lines, none is blank,
and none is longer than `MAX_CHARS`. A single line longer than that is cut into pieces, each a chunk with that
line's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

TARGET_CHARS = 1_400
"""Characters that a chunk should have: small neighbours are merged up to it."""
MAX_CHARS = 2_400
"""Characters that no chunk has more of."""
STRAY_CHARS = 250
"""Characters below which code that is left alone joins its neighbour, even past the end of a class."""


class ChunkSymbol(NamedTuple):
    """One definition or heading: its own name, what it lies in ("App" of App.run, "Guide" of a heading below
    it, "" at the top), its kind, the line its name stands on and the last line of what it names (1-based);
    `joint` stands between the two in the language's own notation.
    """

    name: str
    container: str
    kind: str
    line: int
    end_line: int
    joint: str = "."


class LineRun(NamedTuple):
    """Rows of a chunk's text, from `row` (0-based) to the next run, and the file's lines that they stand on.

    Each row stands a line below the one before it, none below `last_line`.
    """

    row: int
    first_line: int
    last_line: int


class Chunk(NamedTuple):
    """Lines `start_line` to `end_line` (1-based, inclusive), what they define and what kind of thing that is.

    `symbol` is the qualified name in the language's own notation ("App.run", "Type::method", "Class#method"),
    or the heading path of a document; "" when nothing is defined. Several small neighbours in one chunk:
    their names, ", " between. `kind` is a word such as function, method, class, constant, imports,
    section, text. `symbols` are all definitions and headings whose names stand in these lines. `line_runs`
    are there when the text is not the lines of the file.
    """

    start_line: int
    end_line: int
    symbol: str
    kind: str
    text: str
    symbols: tuple[ChunkSymbol, ...] = ()
    line_runs: tuple[LineRun, ...] = ()


class DocumentChunks(NamedTuple):
    """Chunks of a text that people read, with its title, tags (lower case) and targets of [[wiki links]]."""

    title: str | None
    tags: list[str]
    links: list[str]
    chunks: list[Chunk]


@dataclass(frozen=True, slots=True)
class ChunkedText:
    """A text in chunks; `kind` is "code" or "doc"; `note` says in a sentence what was not done as usual."""

    language: str
    kind: str
    title: str | None
    tags: tuple[str, ...]
    links: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    note: str | None = None
