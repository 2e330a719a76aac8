"""Unpacked archive: verified from the first byte to the last row, in a scratch folder.

Nothing of an archive is used before all of this has passed: its seal, its list of contents, the checksum of
each member, SQLite's own check, the checksum of each row, and the counts that the list states.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.archive import container, encryption
from magray_memory.archive.manifest import NOTEBOOK, SETTINGS, too_new
from magray_memory.errors import (
    ArchiveDamaged,
    ArchiveError,
    RowsDamaged,
    SchemaMismatch,
    StorageError,
    VaultDamaged,
)
from magray_memory.progress import SILENT
from magray_memory.storage import notebook_copy, schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from magray_memory.archive.container import ArchiveFile
    from magray_memory.archive.manifest import Manifest
    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.progress import Progress


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive whose notebook, and settings if it has any, are in `folder`; the notebook is of this
    version's schema.
    """

    manifest: Manifest
    folder: Path
    archive: ArchiveFile

    @property
    def notebook(self) -> Path:
        """The notebook's file, without words and vectors."""
        return self.folder / NOTEBOOK

    @property
    def settings(self) -> Path | None:
        """The settings file; None where the archive has none."""
        return None if self.manifest.member(SETTINGS) is None else self.folder / SETTINGS


@contextlib.contextmanager
def unpacked(
    path: Path, folder: Path, passphrases: Passphrases, progress: Progress = SILENT
) -> Generator[Unpacked]:
    """Verify an archive and unpack its notebook and settings into an empty folder.

    Raises ArchiveDamaged, ArchiveError, PassphraseError, OSError.
    """
    name = path.name
    with plain_archive(path, folder, passphrases, progress) as plain:
        progress.check()
        progress.report("checking the archive")
        with container.opened(plain, name, progress) as archive:
            if archive.manifest.schema > schema.LATEST:
                raise too_new(name)
            for member in archive.manifest.members:
                if member.root is None:
                    archive.extract(member, folder / member.name, progress)
            progress.check()
            progress.report("checking the records")
            with _of_archive(name):
                _check_counts(folder / NOTEBOOK, archive.manifest, name)
                Vault.open(folder / NOTEBOOK, kind=VaultKind.NOTEBOOK, write=True).close()
                check_notebook(folder / NOTEBOOK)
            yield Unpacked(archive.manifest, folder, archive)


@contextlib.contextmanager
def plain_archive(path: Path, folder: Path, passphrases: Passphrases, progress: Progress) -> Generator[Path]:
    """The archive itself or, of an encrypted one, what it holds, in a folder. Raises like `unpacked`."""
    if not encryption.is_encrypted(path):
        yield path
        return
    encryption.require_library()
    progress.report("")
    secret = passphrases.get()
    progress.check()
    progress.report("decrypting")
    plain = folder / "archive.zip"
    encryption.decrypt(path, plain, secret, path.name, progress)
    yield plain
    plain.unlink(missing_ok=True)


def check_notebook(path: Path) -> None:
    """Compare a notebook without words and vectors with SQLite's rules and the checksums of its rows.

    Raises VaultDamaged, RowsDamaged.
    """
    notebook_copy.check_copy(path)
    check_rows(path)


def check_rows(path: Path) -> None:
    """Compare the rows of a notebook with their checksums. Raises RowsDamaged, VaultDamaged."""
    from magray_memory.index.altered_rows import find_altered
    from magray_memory.storage.sqlite_errors import damaged

    with Vault.open(path, kind=VaultKind.NOTEBOOK) as vault:
        altered = find_altered(vault)
    if altered.documents:
        raise damaged(path, f"{len(altered.documents):,} of its records are not what was stored")
    if altered.facts or altered.purged:
        raise damaged(path, "facts about it are not what was stored")


def _check_counts(path: Path, manifest: Manifest, name: str) -> None:
    found = notebook_copy.schema_of(path)
    if found > schema.LATEST:
        raise too_new(name)
    there = notebook_copy.counts(path)
    for what, count in manifest.counts.items():
        if there.get(what, count) != count:
            why = f"its list of contents says {count:,} {what}, and there are {there[what]:,}"
            raise ArchiveDamaged(f"{name} cannot be used", why, "another backup: magray backup list")


@contextlib.contextmanager
def _of_archive(name: str) -> Generator[None]:
    try:
        yield
    except (VaultDamaged, RowsDamaged, SchemaMismatch) as error:
        why = f"its notebook is damaged: {error.why}"
        raise ArchiveDamaged(f"{name} cannot be used", why, "another backup: magray backup list") from error
    except StorageError as error:
        raise ArchiveError(f"{name} cannot be used", f"its notebook: {error.why}", error.hint) from error
