"""Unsynced writes: a vault that is written without syncs may be torn once the machine has stopped.

Such a vault names the run of the machine in which it is written. Whoever opens it in a later run has the next
run of the indexer check all of it.
"""

from __future__ import annotations

import contextlib
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import RowsDamaged
from magray_memory.storage import space
from magray_memory.storage.row_checksums import ROWS_DAMAGED
from magray_memory.storage.sqlite_errors import translated

if TYPE_CHECKING:
    from collections.abc import Generator

    from magray_memory.storage.vault import Vault

TORN = "torn"
"""What the fact `rows_damaged` says where any page may be an older one than the others."""

_FACT = "unsynced_boot"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_WINDOWS_BOOT = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"


@cache
def boot() -> str | None:
    """What tells this run of the machine from every other; None where nothing does."""
    with contextlib.suppress(OSError, ValueError):
        if sys.platform == "win32":
            import winreg

            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_BOOT) as key:
                return str(winreg.QueryValueEx(key, "BootId")[0])
        if sys.platform == "darwin":
            return _darwin_boot()
        return _BOOT_ID.read_text("ascii").strip() or None
    return None


def _darwin_boot() -> str | None:
    import ctypes

    found, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    system = ctypes.CDLL(None)
    failed = system.sysctlbyname(b"kern.bootsessionuuid", found, ctypes.byref(size), None, 0)
    return None if failed else found.value.decode("ascii") or None


def follow(vault: Vault, *, unsynced: bool) -> None:
    """Note whether a vault is going to be written without syncs, and whether it may be torn since it was.

    The note itself is on the disk when this returns. Raises StorageError, VaultDamaged.
    """
    try:
        noted = vault.meta(_FACT)
    except RowsDamaged:
        noted = ""
    if noted is None and not unsynced:
        return
    now = boot()
    if noted is not None and noted == now:
        return
    with _synced(vault), vault.write():
        if noted is not None:
            vault.set_meta(ROWS_DAMAGED, TORN)
        if unsynced and now is not None:
            vault.set_meta(_FACT, now)
        else:
            vault.remove_meta(_FACT)


@contextlib.contextmanager
def _synced(vault: Vault) -> Generator[None]:
    """What is committed inside is on the disk afterwards, in the database itself."""
    with translated(vault.path):
        connection = vault.db.raw()
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
        connection.execute("PRAGMA synchronous = FULL")
    try:
        yield
        space.checkpoint(vault)
    finally:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
