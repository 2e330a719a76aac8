"""Integrity checks of a home as a folder: access, ownership, free space, and files that nothing needs."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from magray_memory.health.disk_space import free_space
from magray_memory.health.findings import FIX, Finding, Remedy
from magray_memory.health.report import Severity
from magray_memory.storage.leftovers import leftovers
from magray_memory.storage.root_file import root_file, without_vault
from magray_memory.storage.salvage import unfinished
from magray_memory.storage.vault_info import list_vaults
from magray_memory.storage.vector_cache import find_damage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.storage.home import Home


def check_home(home: Home) -> Iterator[Finding]:
    """What is wrong with the home itself; nothing where there is none yet. Reads only."""
    if not os.path.lexists(home.path):
        return
    if not home.path.is_dir():
        message = f"The home {home.path} is not a folder."
        yield Finding(
            "home", Severity.FATAL, message, str(home.path), "set MAGRAY_HOME or --home to a folder"
        )
        return
    unusable = list(_check_permissions(home))
    yield from unusable
    if any(finding.severity is Severity.FATAL for finding in unusable):
        return
    yield from _check_space(home.path)
    if os.path.lexists(home.workspaces) and not home.workspaces.is_dir():
        message = f"{home.workspaces} is not a folder, so no workspace can be indexed."
        yield Finding("home", Severity.CRITICAL, message, str(home.workspaces), FIX, Remedy.QUARANTINE)
    yield from _check_cache(home.vectors)
    if unfinished(home.notebook):
        message = f"Salvaging the notebook {home.notebook} was interrupted."
        yield Finding("file", Severity.CRITICAL, message, str(home.notebook), FIX, Remedy.SALVAGE)
    yield from _check_leftovers(home)
    yield from _check_lost_vaults(home)
    for vault in list_vaults(home):
        if vault.gone:
            message = f"The folder {vault.root} is gone; what was indexed of it takes {vault.bytes:,} bytes."
            yield Finding("vaults", Severity.INFO, message, str(vault.path), "magray vault drop --gone")


def _check_lost_vaults(home: Home) -> Iterator[Finding]:
    """Workspaces that were indexed once, and whose vault is gone: a repair may have been killed."""
    for path, root in without_vault(home):
        if root.is_dir():
            message = f"The vault of {root} is gone, and it was not indexed again."
            yield Finding("vaults", Severity.CRITICAL, message, str(path), FIX, Remedy.EMBED)
        else:
            message = f"{root_file(path)} is left of a vault of {root}, which is gone."
            yield Finding("vaults", Severity.INFO, message, str(root_file(path)), FIX, Remedy.REMOVE)


def _check_permissions(home: Home) -> Iterator[Finding]:
    if not os.access(home.path, os.R_OK | os.X_OK):
        yield _access_finding(Severity.FATAL, f"The home {home.path} cannot be read by you.", home.path)
        return
    if os.name != "nt":
        for folder in (home.path, home.workspaces):
            mode = stat.S_IMODE(folder.stat().st_mode) if folder.is_dir() else 0o700
            if mode & 0o077 and _mine(folder):
                message = f"Other users can read {folder} (its mode is {mode:o})."
                yield Finding("home", Severity.WARNING, message, str(folder), FIX, Remedy.PERMISSIONS)
    for path in _own_files(home):
        if not os.access(path, os.R_OK) or (path.is_dir() and not os.access(path, os.X_OK)):
            yield _access_finding(Severity.CRITICAL, f"{path} cannot be read by you.", path)
        elif not os.access(path, os.W_OK):
            message = f"{path} is read-only: nothing can be stored in it."
            yield _access_finding(Severity.WARNING, message, path)


def _access_finding(severity: Severity, message: str, path: Path) -> Finding:
    remedy = Remedy.PERMISSIONS if _mine(path) else Remedy.NONE
    return Finding("home", severity, message, str(path), FIX if remedy else "", remedy)


def _own_files(home: Home) -> Iterator[Path]:
    """The home, its folder of vaults, and the files right in them."""
    yield home.path
    for folder in (home.path, home.workspaces):
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if not entry.is_symlink() and (entry.is_file() or entry.name == home.workspaces.name):
                yield folder / entry.name


def _mine(path: Path) -> bool:
    try:
        return os.name == "nt" or path.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _check_space(path: Path) -> Iterator[Finding]:
    free = free_space(path)
    if free is not None and free.severity is not Severity.OK:
        message = f"Only {free.bytes / 1e6:,.0f} MB are free where the home {path} is."
        yield Finding(
            "disk", free.severity, message, str(path), "free some space; `magray optimize` may help"
        )


def _check_cache(path: Path) -> Iterator[Finding]:
    damage = find_damage(path) if path.is_file() else None
    if damage is not None:
        message = f"The vector cache {path} is damaged: {damage}."
        yield Finding("cache", Severity.WARNING, message, str(path), FIX, Remedy.CACHE)


def _check_leftovers(home: Home) -> Iterator[Finding]:
    for item in leftovers(home):
        message = f"{item.path} is of no use: {item.why} ({item.bytes:,} bytes, {_age(item.age)})."
        if item.in_the_way:
            message = f"{item.path} is in the way: {item.why}."
            yield Finding("files", Severity.CRITICAL, message, str(item.path), FIX, Remedy.QUARANTINE)
        elif item.removable:
            yield Finding("files", Severity.INFO, message, str(item.path), FIX, Remedy.REMOVE)
        else:
            message = f"{item.path} is not deleted: {item.why} ({item.bytes:,} bytes, {_age(item.age)})."
            yield Finding(
                "files", Severity.INFO, message, str(item.path), "delete it when you do not need it"
            )


def _age(seconds: float) -> str:
    if seconds < 3600:
        return "less than an hour old"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} hours old"
    return f"{seconds / 86_400:.0f} days old"
