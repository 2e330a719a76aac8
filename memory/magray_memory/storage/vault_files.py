"""Vault files: created whole, found by SQLite, quarantined together.

A new vault is made under another name and moved into place, so whatever stands there and is no sound vault
has been damaged, and a notebook that was cut to nothing is never taken for a new one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from magray_memory import atomic_file
from magray_memory.errors import StorageError
from magray_memory.storage import held_files, schema
from magray_memory.storage.lock import FileLock
from magray_memory.storage.root_file import note_root
from magray_memory.storage.row_checksums import checksum
from magray_memory.storage.sqlite_errors import damaged, translated

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from magray_memory.storage.durability import VaultKind

_CREATE_SECONDS = 10.0
_PAGE_BYTES = 8192


def uri(path: Path, query: str) -> str:
    """The file as SQLite names it, whatever characters it has, with options such as `mode=ro`."""
    text = os.fspath(path.absolute())
    if os.name == "nt":
        text = text.replace("\\", "/")
        text = text if text.startswith("/") else f"/{text}"  # a share begins with two
    # An empty authority comes first: else a path that begins with two slashes would be taken for one.
    return f"file://{quote(os.fsencode(text), safe='/:')}?{query}"


def refuse_what_is_no_file(path: Path) -> None:
    """VaultDamaged where there is a folder, or a file with nothing in it: a vault is born complete."""
    refuse_where_folder(path)
    try:
        empty = path.stat().st_size == 0
    except OSError as error:
        raise StorageError(f"the vault {path} cannot be used", error.strerror or "") from error
    if empty:
        raise damaged(path, "the file is empty")


def refuse_where_folder(path: Path) -> None:
    """VaultDamaged where there is a folder in place of the file."""
    if path.is_dir():
        raise damaged(path, "there is a folder in its place")


def exists(path: Path) -> bool:
    """Whether there is anything. StorageError when that cannot be seen."""
    try:
        return path.exists()
    except OSError as error:
        raise StorageError(f"the vault {path} cannot be used", error.strerror or "") from error


class FileFacts(NamedTuple):
    """Inode and size of a file, 0 where there is none."""

    inode: int
    size: int


def stat_of(path: Path | str) -> FileFacts:
    """The facts of a file that may not be there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of a name, too
    except OSError:
        return FileFacts(0, 0)
    return FileFacts(found.st_ino, found.st_size)


def was_cut(path: Path) -> bool:
    """Whether a database has fewer pages than its header says. True for a moment while a log is taken in."""
    head, found = held_files.read(path, 100), stat_of(path)
    if not found.inode or (found.size and not head):  # it is not there, or cannot be read
        return False
    page = int.from_bytes(head[16:18], "big")
    return len(head) < 100 or found.size < int.from_bytes(head[28:32], "big") * (
        65_536 if page == 1 else page
    )


def size(path: Path) -> int:
    """Bytes of a file, 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, inside the caller's write transaction."""
    # Another process may have done it while this one waited for its turn.
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, migration in enumerate(schema.MIGRATIONS[version:], version + 1):
        migration(connection)
        connection.execute(f"PRAGMA user_version = {number}")


def create(path: Path, kind: VaultKind, root: Path | None) -> None:
    """Make an empty vault, whole or not at all; nothing happens when another process was quicker."""
    lock = FileLock(path.with_name(".creating"))
    try:
        atomic_file.make_private(path.parent)
    except OSError as error:
        raise StorageError(
            f"the folder of the vault {path} cannot be created", error.strerror or ""
        ) from error
    if not lock.try_acquire(_CREATE_SECONDS):
        raise StorageError(f"the vault {path} cannot be created", "another process has held it for too long")
    try:
        if path.exists():
            return
        # SQLite would replay a log that an earlier file of this name left behind into the new one.
        quarantine(path)
        atomic_file.remove_drafts(path, older_than=0)
        if root is not None:
            note_root(path, root)
        with new_vault(path, path, kind, root, durable=not kind.derived):
            pass
        if not kind.derived:
            atomic_file.sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"the vault {path} cannot be created", error.strerror or str(error)) from error
    finally:
        lock.release()


@contextlib.contextmanager
def new_vault(
    target: Path, path: Path, kind: VaultKind, root: Path | None, *, durable: bool = False
) -> Generator[Path]:
    """Yield the draft of an empty vault to fill, renamed to `target` at the end; errors name `path`."""
    companions = atomic_file.SQLITE_COMPANIONS
    with atomic_file.replacing(target, durable=durable, companions=companions) as draft, translated(path):
        _write_draft(draft, kind, root)
        yield draft


def _write_draft(draft: Path, kind: VaultKind, root: Path | None) -> None:
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(draft, isolation_level=None)
    try:
        connection.execute("PRAGMA temp_store = memory")  # the temporary folder may be full
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        # Space that is freed can be given back in small steps, while others read and write.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        facts = {
            "kind": kind.value,
            "root": "" if root is None else os.fspath(root),
            "created_at": repr(time.time()),
            "vault_id": os.urandom(16).hex(),
        }
        connection.executemany(
            "INSERT INTO meta(key, value, checksum) VALUES (?, ?, ?)",
            [(key, value, checksum(key, value)) for key, value in facts.items()],
        )
        connection.execute("COMMIT")
        # The mode is part of the file; the first writer would otherwise race others for it.
        connection.execute("PRAGMA journal_mode = wal")
    finally:
        connection.close()


def quarantine_path(path: Path) -> Path:
    """A name that nothing has yet for a damaged file: `<name>.damaged-<UTC time>`, in the same folder."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    free, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    return free


def quarantine(path: Path) -> Path | None:
    """Quarantine: rename a vault with its log and snapshots to `<name>.damaged-<UTC time>`.

    Returns the new path of the database file, None when there was none. Nothing is deleted. Raises
    StorageError.
    """
    quarantined = quarantine_path(path)
    # The database goes last: while it is there, nobody makes a new one whose log could be taken for its own.
    moves = [
        (path.with_name(path.name + suffix), path.with_name(quarantined.name + suffix))
        for suffix in ("-shm", "-wal", "")
    ]
    snapshots = [p for p in snapshot_files(path) if ".damaged-" not in p.name]
    moves += [(p, quarantine_path(p)) for p in snapshots]
    found, moved = os.path.lexists(path), False
    try:
        for source, target in moves:
            if os.path.lexists(source):
                source.replace(target)
                moved = True
        if moved:  # before anything new has this name, the log of the old one has another
            atomic_file.sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"the damaged vault {path} cannot be quarantined", error.strerror or str(error)
        ) from error
    return quarantined if found else None


def snapshot_files(path: Path) -> list[Path]:
    """Index snapshots that belong to a vault: the files `<stem>.<something>` beside it that end like one."""
    prefix = path.stem + "."
    endings = (".snapshot", ".exact", ".hnsw", ".sketch", ".ann", ".ids")
    try:
        with os.scandir(path.parent) as entries:
            names = [e.name for e in entries if e.name.startswith(prefix) and e.name.endswith(endings)]
    except OSError:
        return []
    return [path.with_name(name) for name in sorted(names)]
