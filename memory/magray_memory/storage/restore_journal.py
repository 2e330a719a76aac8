"""Restore journal: the settings that belong to a notebook which is about to be put in place.

The notebook is replaced in one transaction; its settings are another file. The journal names the new notebook
by its id and holds the settings. Whoever finds it afterwards looks whether that notebook is in place: if so,
the settings are put there too, else they are of no use.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.errors import StorageError
from magray_memory.storage.lock import FileLock
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.storage.home import Home

_LOCK = ".restoring"


def lock(home: Home) -> FileLock:
    """The lock of whoever restores in a home."""
    return FileLock(home.path / _LOCK)


def begin(home: Home, notebook: str, settings: str | None) -> None:
    """Note what is about to happen. Raises OSError."""
    text = json.dumps({"notebook": notebook, "settings": settings})
    atomic_file.write_text(home.pending_restore, text, durable=True)
    atomic_file.sync_folder(home.path)


def complete(home: Home, config: Path) -> None:
    """Finish what was begun, by the holder of the lock. Raises OSError, StorageError."""
    pending = home.pending_restore
    try:
        noted = json.loads(pending.read_text("utf-8"))
        notebook, settings = noted["notebook"], noted["settings"]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):  # not as it was written: nothing can rely on it
        pending.unlink()
        return
    if settings is not None and _notebook_id(home.notebook) == notebook:
        atomic_file.write_text(config, settings, durable=True)
        atomic_file.sync_folder(config.parent)
    pending.unlink()


def recover(home: Home, config: Path) -> None:
    """Finish what a killed process began. Never fails, and never waits for one that is at work."""
    held = lock(home)
    with contextlib.suppress(OSError, sqlite3.Error, StorageError):
        if held.try_acquire():
            try:
                complete(home, config)
            finally:
                held.release()


def _notebook_id(path: Path) -> str | None:
    with (
        translated(path),
        contextlib.closing(sqlite3.connect(uri(path, "mode=rw"), uri=True)) as connection,
    ):
        row = connection.execute("SELECT value FROM meta WHERE key = 'vault_id'").fetchone()
    return None if row is None else row[0]
