"""Importer of JSON exports of magray: whole records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.archive.exported_record import FORMAT, VERSION, read_record
from magray_memory.archive.importers.reading import BROKEN
from magray_memory.archive.incoming import LeftOut, Skipped, WholeRecord
from magray_memory.archive.json_stream import JsonItems, NotJson, TextPieces
from magray_memory.errors import RecordError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source, SourceFile


def items(source: Source) -> Iterator[Incoming]:
    """The records. Raises UsageError for an export of a later version, or what is none."""
    for file in source.files():
        if source.kind == "file" or file.name.endswith(".json"):
            yield from _records(file)
        else:
            yield LeftOut(file.path, "not JSON")


def _records(file: SourceFile) -> Iterator[Incoming]:
    with file.open() as stream:
        pieces = TextPieces(stream)
        reader, number = JsonItems(pieces, ("records",)), 0
        try:
            for number, value in enumerate(reader, 1):
                if number == 1:
                    _check(file, reader)
                where = f"{file.path}, record {number}"
                try:
                    yield WholeRecord(where, read_record(value))
                except RecordError as error:
                    yield Skipped(where, error.why)
        except NotJson as error:
            yield Skipped(file.path, f"after record {number} it is no JSON: {error}")
        else:
            _check(file, reader)
            count = reader.facts.get("count")
            if not reader.found:
                yield Skipped(file.path, "it holds no records")
            elif isinstance(count, int) and count != number:
                yield Skipped(file.path, f"it says that it has {count:,} records, and has {number:,}")
        if pieces.broken:
            yield Skipped(file.path, BROKEN)


def _check(file: SourceFile, reader: JsonItems) -> None:
    """Refuse what is no export that is known here. Raises UsageError."""
    facts = reader.facts
    if facts.get("format", FORMAT) != FORMAT:
        raise UsageError(file.path, "it is no JSON export of magray", "--from auto")
    version = facts.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(
            file.path,
            f"it was exported by a later version of magray (format {version!r:.20}, known is {VERSION})",
            "upgrade magray",
        )
