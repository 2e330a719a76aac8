"""Files of a workspace as documents and passages. Every function that writes runs inside `vault.write()`.

A file that changed keeps the passages that did not: same id, same lexical row, same vector; only lines move.
The lexical table is fed through `LexicalWriter`, in the same transaction, because a contentless table can
only forget a row that is given to it again exactly as it was fed.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from magray_memory.storage.counters import count_added_passages
from magray_memory.storage.fts import LexicalRow, stored_rows
from magray_memory.storage.links import set_links
from magray_memory.storage.redactions import set_redactions
from magray_memory.storage.row_checksums import checksum, passage_checksum, update_documents
from magray_memory.storage.schema import stamp_columns
from magray_memory.storage.symbol_text import names_in
from magray_memory.storage.symbols import put_line_runs, update_line_runs
from magray_memory.storage.tags import set_tags

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.regular_file import Stamp
    from magray_memory.storage.symbols import LineRuns
    from magray_memory.storage.vault import Vault

_CHUNK = 500


class LexicalWriter(Protocol):
    """The lexical index as storage sees it; index/lexical.py is it."""

    def add(self, rows: Iterable[LexicalRow]) -> None:
        """Make passages findable that are stored already."""
        ...

    def remove(self, rows: Iterable[LexicalRow]) -> None:
        """Forget passages that are still stored as they were added."""
        ...


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file was when it was indexed. `hash`: of its bytes."""

    document_id: int
    path: str
    stamp: Stamp
    hash: bytes


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A file to store: path relative to the root with `/`, hash of its bytes."""

    path: str
    kind: str
    language: str | None
    title: str | None
    stamp: Stamp
    hash: bytes
    layer: str = "assets"
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many secrets were taken out, by kind."""


class NewPassage(NamedTuple):
    """A part of the file: 1-based inclusive lines; `text_hash` of the text that is embedded; `symbols` of a
    SymbolText; `analysed` as in LexicalRow; `line_runs` as in `storage/symbols.py`.
    """

    start_line: int
    end_line: int
    symbol: str
    kind: str
    text: str
    text_hash: bytes
    symbols: str = ""
    analysed: tuple[str, str, str, str] | None = None
    line_runs: LineRuns = ()


@dataclass(frozen=True, slots=True)
class PutResult:
    """Passage ids of a stored file: `added` want a vector, `unchanged` have theirs, `removed` are gone.

    `passages`: all that the file has now, in their order.
    """

    document_id: int
    added: tuple[int, ...]
    unchanged: tuple[int, ...]
    removed: tuple[int, ...]
    passages: tuple[int, ...]


def files(vault: Vault) -> dict[str, FileState]:
    """Every file of the vault by path."""
    with vault.read() as connection:
        rows = connection.execute(
            f"SELECT id, path, {stamp_columns(connection)}, hash FROM document"
            " WHERE path IS NOT NULL AND hash IS NOT NULL"
        )
        return {row[1]: FileState(row[0], row[1], row[2:6], row[6]) for row in rows}


def file_state(vault: Vault, path: str) -> FileState | None:
    """One file of the vault, None when it has none of this path."""
    with vault.read() as connection:
        row = connection.execute(
            f"SELECT id, {stamp_columns(connection)}, hash FROM document WHERE path = ? AND hash IS NOT NULL",
            (path,),
        ).fetchone()
    return None if row is None else FileState(row[0], path, row[1:5], row[5])


def paths_alike(vault: Vault, name: str, digest: bytes) -> list[str]:
    """The paths of files with just this content, then of those with this name in any folder."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT path FROM document WHERE hash = ? OR path = ? OR path LIKE '%/' || ? ESCAPE '\\'"
            " ORDER BY hash <> ?, path",
            (digest, name, re.sub(r"([\\%_])", r"\\\1", name), digest),
        )
        return [row[0] for row in rows.fetchall()]


def reserve_id(vault: Vault, document_id: int, path: str) -> None:
    """Have `put_file` store a new file under this id; nothing happens where it has one already."""
    with vault.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO document(id, path, kind, layer, created_at, updated_at, indexed_at)"
            " VALUES (?, ?, '', 'assets', 0, 0, 0)",
            (document_id, path),
        )


def put_file(
    vault: Vault, document: NewDocument, passages: Sequence[NewPassage], lexical: LexicalWriter
) -> PutResult:
    """Store a file and its passages, new or changed, and feed the lexical index with what differs."""
    with vault.write() as connection:
        document_id, is_new = _put_document(connection, document)
        if is_new:
            added = insert_passages(
                connection, document_id, document.path, list(enumerate(passages)), lexical
            )
            return PutResult(document_id, tuple(added), (), (), tuple(added))
        old = _stored_passages(connection, document_id)
        kept: list[tuple[int, _Stored, NewPassage]] = []
        ids = [0] * len(passages)
        fresh: list[tuple[int, NewPassage]] = []
        for ordinal, passage in enumerate(passages):
            same = old.get((passage.text_hash, passage.symbol, passage.text))
            if same:
                kept.append((ordinal, same.popleft(), passage))
            else:
                fresh.append((ordinal, passage))
        gone = [
            LexicalRow(row.id, symbol, document.path, text, row.symbols)
            for (_, symbol, text), rows in old.items()
            for row in rows
        ]
        if gone:
            lexical.remove(gone)
            connection.executemany("DELETE FROM passage WHERE id = ?", [(row.passage_id,) for row in gone])
        _update_passages(connection, document_id, document.path, kept, lexical)
        added = insert_passages(connection, document_id, document.path, fresh, lexical)
        for (ordinal, _), passage_id in zip(fresh, added, strict=True):
            ids[ordinal] = passage_id
        for ordinal, stored, _ in kept:
            ids[ordinal] = stored.id
    unchanged = tuple(stored.id for _, stored, _ in kept)
    removed = tuple(row.passage_id for row in gone)
    return PutResult(document_id, tuple(added), unchanged, removed, tuple(ids))


class _Stored(NamedTuple):
    id: int
    ordinal: int
    start_line: int
    end_line: int
    kind: str
    symbols: str
    checksum: int | None


def _stored_passages(
    connection: sqlite3.Connection, document_id: int
) -> dict[tuple[bytes, str, str], deque[_Stored]]:
    """The passages of a document by the hash, the symbol and the text that make one the same."""
    found: dict[tuple[bytes, str, str], deque[_Stored]] = defaultdict(deque)
    for row in connection.execute(
        "SELECT text_hash, symbol, text, id, ordinal, start_line, end_line, kind, symbols, checksum"
        " FROM passage WHERE document_id = ? ORDER BY ordinal",
        (document_id,),
    ):
        found[row[0], row[1], row[2]].append(_Stored._make(row[3:]))
    return found


def _update_passages(
    connection: sqlite3.Connection,
    document_id: int,
    path: str,
    kept: Sequence[tuple[int, _Stored, NewPassage]],
    lexical: LexicalWriter,
) -> None:
    """Write what differs of passages whose texts are the same, each with its ordinal."""
    changed: list[tuple[object, ...]] = []
    before: list[LexicalRow] = []
    after: list[LexicalRow] = []
    for ordinal, stored, passage in kept:
        place = ordinal, passage.start_line, passage.end_line, passage.kind, passage.symbols
        sealed = (*place, _passage_checksum(document_id, ordinal, passage))
        if stored[1:] == sealed:
            continue
        changed.append((*sealed, stored.id))
        if stored.symbols != passage.symbols and names_in(stored.symbols) != names_in(passage.symbols):
            before.append(LexicalRow(stored.id, passage.symbol, path, passage.text, stored.symbols))
            after.append(
                LexicalRow(stored.id, passage.symbol, path, passage.text, passage.symbols, passage.analysed)
            )
    if before:
        lexical.remove(before)
    if changed:
        connection.executemany(
            "UPDATE passage SET ordinal = ?, start_line = ?, end_line = ?, kind = ?, symbols = ?,"
            " checksum = ? WHERE id = ?",
            changed,
        )
    if after:
        lexical.add(after)
    update_line_runs(connection, ((stored.id, passage.line_runs) for _, stored, passage in kept))


def _put_document(connection: sqlite3.Connection, document: NewDocument) -> tuple[int, bool]:
    """The id of the document, and whether it is new: then it has no tags, links or passages yet."""
    now = time.time()
    size, mtime_ns, ctime_ns, inode = document.stamp
    stored = (document.path, document.kind, document.layer, document.title, document.language, size, mtime_ns,
              document.hash)  # fmt: skip
    is_new = connection.execute("SELECT 1 FROM document WHERE path = ?", (document.path,)).fetchone() is None
    (document_id,) = connection.execute(
        "INSERT INTO document(path, kind, layer, title, language, size, mtime_ns, hash,"
        " created_at, updated_at, indexed_at, checksum, ctime_ns, inode)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(path) DO UPDATE SET kind = excluded.kind, layer = excluded.layer,"
        " title = excluded.title, language = excluded.language, size = excluded.size,"
        " mtime_ns = excluded.mtime_ns, hash = excluded.hash, updated_at = excluded.updated_at,"
        " indexed_at = excluded.indexed_at, checksum = excluded.checksum, key = NULL, text = NULL,"
        " ctime_ns = excluded.ctime_ns, inode = excluded.inode"
        " RETURNING id",
        (*stored, now, mtime_ns / 1e9, now, checksum(*stored, None, None), ctime_ns, inode),
    ).fetchone()
    if document.tags or not is_new:
        set_tags(connection, document_id, document.tags)
    if document.links or not is_new:
        set_links(connection, document_id, document.links)
    if document.redacted or not is_new:
        set_redactions(connection, document_id, document.redacted)
    return document_id, is_new


def insert_passages(
    connection: sqlite3.Connection,
    document_id: int,
    path: str,
    fresh: list[tuple[int, NewPassage]],
    lexical: LexicalWriter,
) -> list[int]:
    """Store passages, each with its ordinal, count them and feed the lexical index; returns their ids."""
    return _insert(connection, path, [(document_id, *one) for one in fresh], lexical)


def insert_of_records(
    connection: sqlite3.Connection, passages: Mapping[int, Sequence[NewPassage]], lexical: LexicalWriter
) -> list[int]:
    """Store the passages of records that have none, by the ids of these; returns the ids of the passages."""
    fresh = [(record, *one) for record, made in passages.items() for one in enumerate(made)]
    return _insert(connection, "", fresh, lexical)


def _insert(
    connection: sqlite3.Connection,
    path: str,
    fresh: Sequence[tuple[int, int, NewPassage]],
    lexical: LexicalWriter,
) -> list[int]:
    """Store passages, each with the id of its document and its ordinal."""
    if not fresh:
        return []
    # The write lock is ours, so the next numbers are too; SQLite raises its counter to what is inserted.
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passage'").fetchone()
    first = 1 if row is None else row[0] + 1
    ids = list(range(first, first + len(fresh)))
    connection.executemany(
        "INSERT INTO passage(id, document_id, ordinal, start_line, end_line, symbol, kind, text, text_hash,"
        " symbols, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (passage_id, document_id, ordinal, *passage[:7], _passage_checksum(document_id, ordinal, passage))
            for passage_id, (document_id, ordinal, passage) in zip(ids, fresh, strict=True)
        ],
    )
    count_added_passages(connection, len(ids))
    put_line_runs(connection, ((id_, p.line_runs) for id_, (_, _, p) in zip(ids, fresh, strict=True)))
    lexical.add(
        LexicalRow(passage_id, p.symbol, path, p.text, p.symbols, p.analysed)
        for passage_id, (_, _, p) in zip(ids, fresh, strict=True)
    )
    return ids


def _passage_checksum(document_id: int, ordinal: int, passage: NewPassage) -> int:
    start, end, symbol, kind, _, text_hash, symbols, *_ = passage
    return passage_checksum(document_id, ordinal, start, end, symbol, kind, text_hash, symbols)


def touch_file(vault: Vault, document_id: int, stamp: Stamp) -> None:
    """Store the new stamp of a file whose content is what it was."""
    named: dict[str, object] = dict(zip(("size", "mtime_ns", "ctime_ns", "inode"), stamp, strict=True))
    with vault.write() as connection:
        update_documents(connection, named, [document_id])


def rename_file(vault: Vault, old: str, new: str, lexical: LexicalWriter) -> int | None:
    """Give a file another path; passages, ids and vectors stay; what was stored under it before is removed.

    Returns the document id, None when nothing is stored under the old path. Language, title and passages are
    left as they are: where the new name means another language, `put_file` follows.
    """
    with vault.write() as connection:
        row = connection.execute("SELECT id FROM document WHERE path = ?", (old,)).fetchone()
        if row is None or old == new:
            return None if row is None else row[0]
        (document_id,) = row
        target = connection.execute("SELECT id FROM document WHERE path = ?", (new,)).fetchone()
        if target is not None:
            remove_files(vault, target, lexical)
        stored = list(stored_rows(connection, [document_id]))
        lexical.remove(stored)
        update_documents(connection, {"path": new}, [document_id])
        lexical.add(passage._replace(path=new) for passage in stored)
    return document_id


def remove_files(vault: Vault, document_ids: Iterable[int], lexical: LexicalWriter) -> int:
    """Remove documents with their passages, vectors and lexical rows; returns how many passages went."""
    ids = list(document_ids)
    removed = 0
    with vault.write() as connection:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            rows = list(stored_rows(connection, chunk))
            lexical.remove(rows)
            connection.executemany(
                "DELETE FROM document WHERE id = ?", [(document_id,) for document_id in chunk]
            )
            removed += len(rows)
    return removed


def delete(vault: Vault, document_ids: Iterable[int]) -> None:
    """Delete documents with all that refers to them; the lexical index is to be made again afterwards."""
    with vault.write() as connection:
        connection.executemany("DELETE FROM document WHERE id = ?", [(id_,) for id_ in document_ids])


def delete_passages(vault: Vault, passages: Iterable[int]) -> None:
    """Delete passages of files that are read again; the lexical index is to be made again afterwards."""
    with vault.write() as connection:
        connection.executemany("DELETE FROM passage WHERE id = ?", [(id_,) for id_ in passages])


def forget_content(vault: Vault, document_ids: Iterable[int]) -> None:
    """Have the next run of the indexer read these files again, whatever their state on disk."""
    with vault.write() as connection:
        update_documents(connection, {"hash": b"", "mtime_ns": -1}, document_ids)


def knows(vault: Vault, path: str) -> bool:
    """Whether a file is stored, or was skipped, at a path or below it."""
    below = (path, f"{path}/", f"{path}0")  # "0" follows "/"
    with vault.read() as connection:
        return any(
            connection.execute(
                f"SELECT 1 FROM {table} WHERE path = ? OR (path > ? AND path < ?) LIMIT 1", below
            ).fetchone()
            for table in ("document", "skipped")
        )


def file_facts(vault: Vault, path: str, key: str | None) -> tuple[str, str | None, int, int] | None:
    """Kind, language, passages, and those of them with a vector of this space; None for a file that is not
    stored.
    """
    with vault.read() as connection:
        return connection.execute(
            "SELECT kind, language, (SELECT count(*) FROM passage WHERE document_id = document.id),"
            " (SELECT count(*) FROM passage JOIN vector ON passage_id = passage.id"
            " JOIN embedding_key ON embedding_key.id = key_id AND embedding_key.key = ?"
            " WHERE document_id = document.id)"
            " FROM document WHERE path = ? AND hash IS NOT NULL",
            (key, path),
        ).fetchone()
