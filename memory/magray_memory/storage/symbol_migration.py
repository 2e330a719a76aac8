"""Symbol migration: the rows of symbols that vaults had until schema 17 become texts of their passages."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import sqlite3

_ROWS = (
    "SELECT passage_id, checksum, folded, name, container, s.kind, line - start_line,"
    " s.end_line - line, joint"
    " FROM symbol s JOIN passage p ON p.id = passage_id WHERE passage_id BETWEEN ? AND ?"
    " ORDER BY passage_id, s.ordinal"
)
_AT_ONCE = 10_000
_BREAKS = str.maketrans("\t\n", "  ")


def move_symbols(connection: sqlite3.Connection) -> None:
    """Write the symbols of each passage into its row and into the table of names; empty their own table."""
    (highest,) = connection.execute("SELECT coalesce(max(passage_id), 0) FROM symbol").fetchone()
    for first in range(0, highest + 1, _AT_ONCE):
        rows = connection.execute(_ROWS, (first, first + _AT_ONCE - 1)).fetchall()
        texts: list[tuple[str, int | None, int]] = []
        names: list[tuple[int, str]] = []
        for (passage, checksum), group in groupby(rows, key=itemgetter(0, 1)):
            symbols = [[str(field).translate(_BREAKS) for field in row[2:]] for row in group]
            text = "\n".join(map(_line, symbols))
            # A row that is not what was stored is not what its new checksum says either.
            texts.append((text, None if checksum is None else crc32(text.encode(), checksum), passage))
            names.append((passage, "\n".join(symbol[0] for symbol in symbols)))
        connection.executemany("UPDATE passage SET symbols = ?, checksum = ? WHERE id = ?", texts)
        connection.executemany("INSERT INTO passage_name(rowid, names) VALUES (?, ?)", names)
    connection.execute("DELETE FROM symbol")


def _line(symbol: list[str]) -> str:
    folded, name, *rest = symbol
    return "\t".join((name, *rest, "" if folded == name.lower() else folded))
