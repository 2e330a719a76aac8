"""JSON export: all records in one document, written record by record, each on a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec

from magray_memory.archive.exported_record import FORMAT, VERSION, exported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.storage.record_states import RecordState

HEAD = f'{{"format":"{FORMAT}","version":{VERSION},"records":['.encode()
"""The bytes that an export begins with."""


class JsonExport:
    """Writes an export to a stream of bytes; `close` ends it. Nothing is held but one record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder()
        self.count = 0
        stream.write(HEAD)

    def add(self, states: Iterable[RecordState]) -> None:
        """Write some records. Raises OSError."""
        for state in states:
            self._stream.write(b",\n" if self.count else b"\n")
            self._stream.write(self._encoder.encode(exported(state)))
            self.count += 1

    def close(self) -> None:
        """Write the end. Raises OSError."""
        self._stream.write(b'\n],"count":%d}\n' % self.count)
