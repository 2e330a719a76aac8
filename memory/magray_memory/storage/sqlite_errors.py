"""SQLite errors: the one place where result codes become our errors."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from magray_memory.errors import LexicalDamaged, RowsDamaged, SchemaMismatch, StorageError, VaultDamaged
from magray_memory.storage.home import NOTEBOOK_FILE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BUSY = 5
LOCKED = 6
READONLY = 8
CORRUPT = 11
FULL = 13
CANTOPEN = 14
NOTADB = 26
CORRUPT_VTAB = 267

_LEXICAL_DAMAGE = (
    "invalid fts5 file format",
    "vtable constructor failed: passage_",
    "vtable constructor failed: name_vocab",
    "no such table: name_vocab",
    "no such table: passage_fts",
    "no such table: passage_vocab",
    "no such table: passage_name",
    "no such fts5 table: main.passage_fts",
    "no such fts5 table: main.passage_name",
)
_NO_UTF8 = "Could not decode to UTF-8"
"""How Python's module begins when a text is none; the statement and the text itself follow."""
_FOREIGN_SCHEMA = ("no such table", "no such column", "has no column named", "duplicate column name")
_FOREIGN_FORMAT = "unsupported file format"
_REBUILD = "run `magray index` in its workspace"
_IO = 10
_SHORT_READ = 522
"""Beyond the end of the log: of the database itself it reads zeros there."""
_IO_WRITES = (778, 4874, 5386)
"""Writing, or growing the index of the log: what a full disk fails with where SQLite does not look why."""
_IO_READS = (266, _SHORT_READ)
_LEAST_FREE_BYTES = 64 << 10
_SENTENCES = {
    BUSY: ("another program has been writing to it for too long", "try again in a moment"),
    LOCKED: ("another program has been writing to it for too long", "try again in a moment"),
    READONLY: ("it is read-only, or was moved while in use", "check the permissions of the folder"),
    _IO: ("the disk reported an error", "check the disk"),
    _SHORT_READ: ("its log was cut or removed while in use", "try again in a moment"),
    FULL: ("the disk is full", "free some space and run the command again"),
    CANTOPEN: ("the file cannot be opened", "check that the folder is there and its permissions"),
    3: ("access was refused", "check the permissions of the folder"),
    7: ("there is not enough memory", "close other programs"),
}


def schema_damaged() -> sqlite3.DatabaseError:
    """The error of a schema that SQLite cannot read, and cannot say so in a text."""
    error = sqlite3.DatabaseError("malformed database schema")
    error.sqlite_errorcode = CORRUPT
    return error


def error_code(error: BaseException) -> int:
    """SQLite's extended result code of an error, 0 when it has none."""
    for candidate in (error, error.__cause__):
        code = getattr(candidate, "sqlite_errorcode", None)
        if isinstance(code, int):
            return code
    return 0


def is_lexical_damage(error: BaseException) -> bool:
    """Whether only the lexical index is damaged, which is derived: the vault is not."""
    # A damaged header of the table has the code of any error, and a text of its own.
    return error_code(error) == CORRUPT_VTAB or any(word in str(error) for word in _LEXICAL_DAMAGE)


def explain(error: BaseException, path: Path) -> StorageError | LexicalDamaged:
    """The error of ours that says what happened to the vault at `path`."""
    code = error_code(error)
    if is_lexical_damage(error):
        return LexicalDamaged(
            f"the lexical index of {path} is damaged", "", "run `magray index`, which rebuilds it"
        )
    text, primary = str(error), code & 0xFF
    if text.startswith(_NO_UTF8):
        return rows_damaged(path)
    if primary in (CORRUPT, NOTADB) or text == _FOREIGN_FORMAT:
        return damaged(path, text)
    if any(word in text for word in _FOREIGN_SCHEMA):
        return SchemaMismatch(
            f"the vault {path} cannot be used",
            "its tables are not those of this version",
            "run `magray index`",
        )
    if is_full(error, path):
        primary = code = FULL
    elif primary == CANTOPEN and _is_mounted_read_only(path):
        primary = code = READONLY
    limit = _file_size_limit() if primary == FULL else None
    if limit is not None:
        return StorageError(
            f"the vault {path} cannot be used",
            f"files may not grow beyond {limit:,} bytes (ulimit -f)",
            "raise the limit and run the command again",
        )
    # What SQLite says of any other error may quote a statement, and a statement what it looks for.
    why, hint = _SENTENCES.get(code) or _SENTENCES.get(primary, (f"SQLite reports {_name(error)}", ""))
    return StorageError(f"the vault {path} cannot be used", why, hint)


def is_full(error: BaseException, path: Path) -> bool:
    """Whether an error of SQLite means that the disk of a database is full."""
    code = error_code(error)
    if code & 0xFF == FULL:
        return True
    if _file_size_limit() is not None:
        return code & 0xFF == _IO and code not in _IO_READS
    if code not in _IO_WRITES:
        return False
    import shutil

    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def _file_size_limit() -> int | None:
    """The most bytes that a file of this process may have, None without a limit."""
    if sys.platform == "win32":
        return None
    try:
        import resource
    except ImportError:  # who changed to another user may not read Python's own folder any more
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if soft == resource.RLIM_INFINITY else soft


def _is_mounted_read_only(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _name(error: BaseException) -> str:
    for candidate in (error, error.__cause__):
        name = getattr(candidate, "sqlite_errorname", None)
        if name:
            return str(name)
    return "an error"


def rows_damaged(path: Path) -> RowsDamaged:
    """The RowsDamaged of a path: single rows are not what was stored, and the rest of the vault is sound."""
    return RowsDamaged(
        f"rows of the vault {path} are damaged",
        "their bytes are not what was stored",
        "run `magray index`, which reads their files again",
    )


def damaged(path: Path, why: str) -> VaultDamaged:
    """The VaultDamaged of a path, with the remedy: what is derived is made again, records are saved."""
    notebook = path.name == NOTEBOOK_FILE
    what = f"the {'notebook' if notebook else 'vault'} {path} is damaged"
    remedy = "run `magray doctor --fix`, which saves what can be read" if notebook else _REBUILD
    return VaultDamaged(what, why, remedy)


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turn errors of SQLite inside the block into ours; programming errors pass unchanged."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise explain(error, path) from error
