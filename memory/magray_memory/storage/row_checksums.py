"""Row checksums: a CRC-32 of the fields of a row, stored with it by whoever writes it and compared by the
doctor alone.

SQLite's own checks see pages, order and references; a bit that flips inside a value is sound to all of them.
A row without a checksum was stored by an earlier version, and gets one when it is written next. The text of a
passage is not part of its row's checksum: its `text_hash` covers it. Functions take a connection, inside the
caller's transaction.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from magray_memory.storage.schema import has_symbol_texts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

ROWS_DAMAGED = "rows_damaged"
"""The fact that a reader has met damage: the next run of the indexer looks for all of it."""

BY_DAMAGED_ROWS = (TypeError, ValueError, AttributeError, LookupError, OverflowError)
"""What a program meets that takes a damaged row for what it was: where one of these comes out of nowhere, the
rows are compared."""

DOCUMENT = ("path", "kind", "layer", "title", "language", "size", "mtime_ns", "hash", "key", "text")
"""The fields of a document that its checksum covers, in order; access counts and times change too often."""
PASSAGE = ("document_id", "ordinal", "start_line", "end_line", "symbol", "kind", "text_hash", "symbols")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "document": DOCUMENT,
    "passage": PASSAGE,
    "skipped": ("path", "rule", "reason", "detail", "size", "mtime_ns"),
    "meta": ("key", "value"),
    "revision": ("document_id", "from_at", "until_at", "kind", "title", "tags", "text"),
    "access": ("document_id", "at", "what"),
    "purged": ("uid", "at", "asked"),
}
"""The covered fields of every table whose rows are compared here; those of `vector` are bytes alone."""
_KEYS = {"skipped": "path", "meta": "key", "purged": "uid"}
"""The column that names a row, where it is not `id`."""


class StoredPassage(NamedTuple):
    """A passage with the hash of its embedded text as it was stored, and all that the hash is made of."""

    id: int
    symbol: str
    title: str | None
    text_hash: bytes
    text: str
    kind: str


def checksum(*fields: object) -> int:
    """The checksum of a row's fields: any single error of up to 32 bits in a row is seen."""
    return crc32("\0".join(map(str, fields)).encode("utf-8", "surrogatepass"))


def passage_checksum(*fields: object) -> int:
    """The checksum of the fields of a passage. One without symbols has that of earlier versions."""
    document, ordinal, start, end, symbol, kind, text_hash, symbols = fields
    # One text of all, for this is done for every passage of an index.
    row = f"{document}\0{ordinal}\0{start}\0{end}\0{symbol}\0{kind}\0{text_hash}{symbols}"
    return crc32(row.encode("utf-8", "surrogatepass"))


def checksum_of_bytes(data: bytes) -> int:
    """The checksum of a vector as it is stored."""
    return crc32(data)


def update_documents(
    connection: sqlite3.Connection, changes: Mapping[str, object], document_ids: Iterable[int]
) -> None:
    """Set fields of documents, and their checksums; one that did not fit its row before does not after."""
    assigned = ", ".join(f"{name} = ?" for name in changes)
    if changes.keys().isdisjoint(DOCUMENT):
        connection.executemany(
            f"UPDATE document SET {assigned} WHERE id = ?",
            [(*changes.values(), document_id) for document_id in document_ids],
        )
        return
    for document_id in list(document_ids):
        row = connection.execute(
            f"SELECT checksum, {', '.join(DOCUMENT)} FROM document WHERE id = ?", (document_id,)
        ).fetchone()
        if row is None:
            continue
        stored, *fields = row
        fits = stored is None or stored == checksum(*fields)
        after = [changes.get(name, value) for name, value in zip(DOCUMENT, fields, strict=True)]
        connection.execute(
            f"UPDATE document SET {assigned}, checksum = ? WHERE id = ?",
            (*changes.values(), checksum(*after) if fits else stored, document_id),
        )


def altered_rows(connection: sqlite3.Connection, table: str) -> list[Any]:
    """Keys of the rows of a table that are not what was stored."""
    if not has_checksums(connection, table):
        return []
    fields = ", ".join(_fields(connection, table))
    compute = _computed(table)
    rows = connection.execute(f"SELECT {_KEYS.get(table, 'id')}, checksum, {fields} FROM {table}")
    return [key for key, stored, *values in rows if stored is not None and stored != compute(*values)]


def remove_altered(connection: sqlite3.Connection, table: str) -> None:
    """Delete the altered rows of a small table, whatever has become of their keys."""
    altered, key = set(altered_rows(connection, table)), _KEYS.get(table, "id")
    kept = [row[0] for row in connection.execute(f"SELECT {key} FROM {table}") if row[0] not in altered]
    if altered:
        connection.execute(f"DELETE FROM {table} WHERE {key} NOT IN ({','.join('?' * len(kept))})", kept)


def seal(connection: sqlite3.Connection, table: str, which: str = "") -> None:
    """Give every row of a table, or those of a WHERE clause, the checksum of what it is now."""
    key, fields = _KEYS.get(table, "id"), ", ".join(_FIELDS[table])
    rows = connection.execute(f"SELECT {key}, {fields} FROM {table} {which}").fetchall()
    connection.executemany(
        f"UPDATE {table} SET checksum = ? WHERE {key} = ?",
        [(_computed(table)(*values), row) for row, *values in rows],
    )


def _computed(table: str) -> Callable[..., int]:
    return passage_checksum if table == "passage" else checksum


def _fields(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """The covered fields; a reader may meet a vault whose passages have no symbols yet."""
    if table != "passage" or has_symbol_texts(connection):
        return _FIELDS[table]
    return (*PASSAGE[:-1], "''")


def stored_passages(connection: sqlite3.Connection) -> Iterator[StoredPassage]:
    """Every passage with the hash that names it."""
    rows = connection.execute(
        "SELECT passage.id, symbol, title, text_hash, passage.text, document.kind FROM passage"
        " JOIN document ON document.id = document_id"
    )
    return map(StoredPassage._make, rows)


def documents_of(connection: sqlite3.Connection, passages: Iterable[int]) -> set[int]:
    """The documents that these passages are parts of."""
    listed = ",".join(map(str, passages))
    return {row[0] for row in connection.execute(f"SELECT document_id FROM passage WHERE id IN ({listed})")}


def passages_of(connection: sqlite3.Connection, documents: Iterable[int]) -> set[int]:
    """The passages of these documents."""
    listed = ",".join(map(str, documents))
    return {row[0] for row in connection.execute(f"SELECT id FROM passage WHERE document_id IN ({listed})")}


@contextmanager
def lenient(connection: sqlite3.Connection) -> Generator[None]:
    """Read texts that are no UTF-8 with a mark in place of what is damaged, instead of failing."""
    before, connection.text_factory = connection.text_factory, lenient_text
    try:
        yield
    finally:
        connection.text_factory = before


def lenient_text(data: bytes) -> str:
    """Text of a damaged row: U+FFFD stands where bytes are no UTF-8."""
    return data.decode("utf-8", "replace")


def has_checksums(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the vault's schema has checksums yet: a reader does not migrate it."""
    return any(row[1] == "checksum" for row in connection.execute(f"PRAGMA table_info({table})"))
