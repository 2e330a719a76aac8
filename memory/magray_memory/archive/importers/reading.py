"""Reading of sources: items of JSON documents and of JSON lines, and values as other tools write them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from magray_memory.archive.incoming import Skipped
from magray_memory.archive.json_stream import MAX_ITEM, JsonItems, NotJson, TextPieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.source import SourceFile

_MILLISECONDS_FROM = 1e11
"""A number of a time that is larger counts milliseconds."""
_BACKTICKS = re.compile("`+")
BROKEN = "some of its bytes are no UTF-8; U+FFFD stands for them"


class Item(NamedTuple):
    """An item of a document: where it stands, and what it is."""

    where: str
    value: Any


def json_items(file: SourceFile, *keys: str, facts: dict[str, Any] | None = None) -> Iterator[Item | Skipped]:
    """The items of a document that is an array, or has one under one of some keys; `facts` gets what else is
    in it.
    """
    with file.open() as stream:
        yield from _items(file, TextPieces(stream), keys, facts)


def json_items_or_object(file: SourceFile, *keys: str) -> Iterator[Item | Skipped]:
    """The items of a document that is an array, or has one under one of some keys; else the document."""
    with file.open() as stream:
        yield from _items(file, TextPieces(stream), keys, None, whole=True)


def json_lines(file: SourceFile) -> Iterator[Item | Skipped]:
    """The objects of a file with one on each line."""
    with file.open() as stream:
        yield from _line_items(file, TextPieces(stream))


def json_items_or_lines(file: SourceFile) -> Iterator[Item | Skipped]:
    """The items of a document that is an array, or the objects of a file with one on each line."""
    with file.open() as stream:
        pieces = TextPieces(stream)
        is_array = pieces.peek().lstrip().startswith("[")
        yield from _items(file, pieces, ()) if is_array else _line_items(file, pieces)


def _items(
    file: SourceFile,
    pieces: TextPieces,
    keys: tuple[str, ...],
    facts: dict[str, Any] | None = None,
    *,
    whole: bool = False,
) -> Iterator[Item | Skipped]:
    reader = JsonItems(pieces, keys)
    number = 0
    try:
        for number, value in enumerate(reader, 1):
            yield Item(f"{file.path}, item {number}", value)
    except NotJson as error:
        after = f" after item {number}" if number else ""
        yield Skipped(file.path, f"it is no JSON{after}: {error}")
    else:
        if not reader.found and whole:
            yield Item(file.path, reader.facts)
        elif not reader.found:
            yield Skipped(file.path, "it holds no list of items")
    if facts is not None:
        facts.update(reader.facts)
    if pieces.broken:
        yield Skipped(file.path, BROKEN)


def _line_items(file: SourceFile, pieces: TextPieces) -> Iterator[Item | Skipped]:
    for number, line in enumerate(_lines(pieces), 1):
        where = f"{file.path}:{number}"
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield Skipped(where, "it is no JSON")
            continue
        yield Item(where, value) if isinstance(value, dict) else Skipped(where, "it is no object")
    if pieces.broken:
        yield Skipped(file.path, BROKEN)


def text_of(value: object) -> str:
    """A text; "" for anything else."""
    return value if isinstance(value, str) else ""


def line_of(value: object, most: int) -> str | None:
    """A text on one line, cut; None for none."""
    return " ".join(text_of(value).split())[:most].strip() or None


def list_of(value: object) -> list[Any]:
    """A list; an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def fenced(text: str, language: str = "") -> str:
    """A text as a fenced code block, whatever fences stand in it."""
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def dict_of(value: object) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def time_of(value: object) -> float | None:
    """UTC seconds of a time in ISO 8601, in seconds or in milliseconds; None for anything else."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip()).timestamp()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found = value / 1000 if value > _MILLISECONDS_FROM else float(value)
            return found if 0 < found < _MILLISECONDS_FROM else None
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _lines(pieces: TextPieces) -> Iterator[str]:
    """The lines of a text; one that is too long is cut, and so no JSON."""
    rest: list[str] = []
    length = 0
    while (piece := pieces.read()) is not None:
        first, *others = piece.split("\n")
        if length <= MAX_ITEM:
            rest.append(first)
            length += len(first)
        if others:
            yield "".join(rest)
            yield from others[:-1]
            rest, length = [others[-1]], len(others[-1])
    if length:
        yield "".join(rest)
