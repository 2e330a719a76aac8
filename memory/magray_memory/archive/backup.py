"""Backup: one consistent, verified file of the records and settings, made while others write.

    copy of pages ─► checked ─► rows that nothing can make again ─► archive ─► read back ─► its name

A finding at any step ends the backup and leaves every older one as it is.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory import __version__, atomic_file
from magray_memory.archive import backup_folder, backup_state, container, encryption, manifest, workspaces
from magray_memory.archive.backup_state import Failure, LastBackup
from magray_memory.archive.manifest import Manifest, Member
from magray_memory.archive.neutral_path import neutral
from magray_memory.archive.passphrase import NO_PASSPHRASE, Passphrases
from magray_memory.archive.unpacked import check_rows, unpacked
from magray_memory.errors import ArchiveDamaged, ArchiveError, MagrayError, RowsDamaged, VaultDamaged
from magray_memory.progress import SILENT
from magray_memory.storage import notebook_copy, restore_journal, schema, table_swap
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.scratch import scratch_folder
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import quarantine_path, size

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from magray_memory.archive.backup_folder import Backup
    from magray_memory.archive.manifest import Reason
    from magray_memory.context import Context
    from magray_memory.progress import Progress

_RESERVE = 20_000_000
"""Bytes of a disk that a backup leaves to others."""
_NOT_MADE = "the backup was not made"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made; `left_out`: workspaces that could not be in it, a sentence each; `pruned`:
    older backups that were deleted after it.
    """

    backup: Backup
    manifest: Manifest
    seconds: float
    left_out: Sequence[str] = ()
    pruned: Sequence[Path] = ()

    def as_json(self) -> dict[str, Any]:
        """The backup as in a list, with `counts`, `seconds`, `left_out` and `pruned`."""
        return {
            **self.backup.as_json(),
            "reason": self.manifest.reason,
            "full": self.manifest.full,
            "records": self.manifest.counts["records"],
            "counts": dict(self.manifest.counts),
            "seconds": self.seconds,
            "left_out": list(self.left_out),
            "pruned": [str(path) for path in self.pruned],
        }


@dataclass(frozen=True, slots=True)
class BackupMaker:
    """Makes one backup of a home. `former`: of the state that a restore has replaced, which lies beside."""

    context: Context
    full: bool = False
    reason: Reason = "manual"
    encrypt: bool = False
    passphrases: Passphrases = NO_PASSPHRASE
    progress: Progress = SILENT
    former: bool = False

    def run(self, output: Path | None = None) -> BackedUp:
        """Make the backup, in the backup folder or as `output`, a file or a folder that is there.

        Raises ArchiveError, VaultDamaged, StorageError, PassphraseError, Interrupted.
        """
        try:
            with explained(_NOT_MADE):
                if self.reason != "safety":
                    finish_restore(self.context, self.progress)
                return self._run(output)
        except MagrayError as error:
            damaged = isinstance(error, VaultDamaged | RowsDamaged | ArchiveDamaged)
            if damaged or self.reason == "daily":
                failure = Failure(time.time(), error.message, error.hint, damaged)
                backup_state.save(self.context.home.path, failure=failure)
            raise

    def _run(self, output: Path | None) -> BackedUp:
        began = time.monotonic()
        home = self.context.home
        if not home.notebook.exists():
            raise ArchiveError(
                "there is nothing to back up", "no record was ever stored here", "magray remember"
            )
        secret = None
        if self.encrypt:
            encryption.require_library()
            secret = self.passphrases.get()
        folder = backup_folder.folder_of(self.context) if output is None else output
        if output is None:
            backup_folder.make(folder)
        else:
            backup_folder.require_parent(folder)
            backup_folder.refuse_stranger(folder)
        self._check_space(folder)
        for place in (home.path, folder):
            backup_folder.remove_drafts(place)
        with scratch_folder(home.path / "backup") as scratch:
            roots: dict[str, str | None] = {manifest.NOTEBOOK: None}
            state = self._copy_notebook(scratch)
            settings = self.context.config
            if settings.is_file():
                shutil.copyfile(settings, scratch / manifest.SETTINGS)
                roots[manifest.SETTINGS] = None
            left_out: list[str] = []
            if self.full:
                self.progress.report("copying the indexes of workspaces")
                added, left_out = workspaces.collect(home, scratch, self.progress)
                roots.update(added)
            made = self._manifest(scratch, roots, state)
            path = self._store(output, made, scratch, secret)
        if output is None and self.reason != "safety":
            own = made.member(manifest.SETTINGS)
            last = LastBackup(time.time(), str(path), *state, own.sha256 if own else "")
            backup_state.save(home.path, last=last, failure=None)
        return BackedUp(backup_folder.look(path), made, round(time.monotonic() - began, 3), left_out)

    def _check_space(self, target: Path) -> None:
        """Say beforehand that a disk has no room: for two copies of the notebook, and for the archive."""
        notebook = self.context.home.notebook
        live = size(notebook) + size(notebook.with_name(notebook.name + "-wal"))
        vaults = self.context.home.workspaces.glob("*.db") if self.full else ()
        more = sum(map(size, vaults))
        for place, needed in ((self.context.home.path, 2 * live + more), (target, live // 4 + more // 2)):
            require_space(place, needed + _RESERVE, _NOT_MADE)

    def _copy_notebook(self, scratch: Path) -> tuple[str, int]:
        """Put the notebook's truth into a folder; returns which state of it that is."""
        source, pages = self.context.home.notebook, scratch / "pages.db"
        notebook_copy.copy_pages(source, VaultKind.NOTEBOOK, pages, self.progress)
        if self.former:
            table_swap.take_back(pages)
        self.progress.check()
        self.progress.report("checking the copy")
        with _of_notebook(source):
            notebook_copy.check_copy(pages)
            Vault.open(pages, kind=VaultKind.NOTEBOOK, write=True).close()  # brings its schema up to date
            check_rows(pages)
            state = notebook_copy.identity(pages)
            notebook_copy.extract_truth(pages, scratch / manifest.NOTEBOOK, neutral)
            for suffix in ("", *atomic_file.SQLITE_COMPANIONS):
                pages.with_name(pages.name + suffix).unlink(missing_ok=True)
            notebook_copy.check_copy(scratch / manifest.NOTEBOOK)
        return state

    def _manifest(self, scratch: Path, roots: dict[str, str | None], state: tuple[str, int]) -> Manifest:
        members = [
            Member(name, size(scratch / name), container.digest_of(scratch / name, self.progress), root)
            for name, root in roots.items()
        ]
        return Manifest(
            manifest.FORMAT,
            manifest.VERSION,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            __version__,
            schema.LATEST,
            self.reason,
            self.full,
            *state,
            dict(notebook_copy.counts(scratch / manifest.NOTEBOOK)),
            members,
        )

    def _store(self, output: Path | None, made: Manifest, scratch: Path, secret: str | None) -> Path:
        """Write the archive as a draft, read it back, and give it its name."""
        self.progress.check()
        self.progress.report("writing the backup")
        folder = backup_folder.folder_of(self.context) if output is None else output
        with backup_folder.new_backup(folder, made, encrypted=secret is not None) as place:
            with atomic_file.create(place.draft) as out:
                files = {member.name: scratch / member.name for member in made.members}
                sink = out if secret is None else encryption.EncryptingSink(out, secret)
                container.write(sink, made, files, self.progress)
                if isinstance(sink, encryption.EncryptingSink):
                    sink.finish()
            self._read_back(place.draft, made, scratch, secret)
        return place.path

    def _read_back(self, draft: Path, made: Manifest, scratch: Path, secret: str | None) -> None:
        """Raises ArchiveDamaged where the archive is not what was to be stored."""
        self.progress.check()
        self.progress.report("reading it back")
        again = scratch / "again"
        again.mkdir()
        with unpacked(draft, again, Passphrases(variable=secret or ""), self.progress) as found:
            if found.manifest != made:
                raise ArchiveDamaged("the backup was not made", "what was read back is not what was written")


def finish_restore(context: Context, progress: Progress = SILENT, wait: float = 0.0) -> bool:
    """Finish a restore that was killed: what it has replaced is saved, and removed from the notebook.

    Returns whether there was any. Nothing happens while another process restores, which is waited for so
    many seconds. Raises ArchiveError, StorageError, Interrupted.
    """
    home = context.home
    if not home.notebook.is_file() or not table_swap.is_begun(home.notebook):
        return False
    lock = restore_journal.lock(home)
    if not lock.try_acquire(wait):
        return False
    try:
        restore_journal.complete(home, context.config)
        remove_former(context, progress)
    finally:
        lock.release()
    return True


def remove_former(context: Context, progress: Progress = SILENT) -> None:
    """Save the state that a restore has replaced, where it is in no backup, and remove it from the notebook.

    For the holder of the lock. Raises like a backup.
    """
    with Vault.open(context.home.notebook, kind=VaultKind.NOTEBOOK, write=True) as vault:
        if table_swap.unsaved(vault):
            save_state(context, progress, former=True)
        table_swap.remove(vault, progress)


def save_state(context: Context, progress: Progress, *, former: bool = False) -> tuple[Path, int]:
    """Keep the state of now, or the `former` one that lies beside it, as a safety backup; as a copy where no
    backup may be of it. Returns the file, and the number of that state of the records.
    """
    try:
        made = BackupMaker(context, reason="safety", progress=progress, former=former).run()
    except (VaultDamaged, RowsDamaged):
        copy = quarantine_path(context.home.notebook)
        notebook_copy.copy_pages(context.home.notebook, VaultKind.NOTEBOOK, copy, progress)
        if former:
            table_swap.take_back(copy)
        return copy, notebook_copy.identity(copy)[1]
    return made.backup.path, made.manifest.revision


def require_space(place: Path, needed: int, what: str) -> None:
    """Raises ArchiveError where a disk has fewer bytes free than needed."""
    free = _free(place)
    if free is not None and free < needed:
        why = f"{place} has {free / 1e6:,.0f} MB free, and {needed / 1e6:,.0f} MB are needed"
        raise ArchiveError(what, why, "free some space")


def _free(place: Path) -> int | None:
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


@contextlib.contextmanager
def explained(what: str) -> Generator[None]:
    """Errors of the system become ours: `what` was not done, and why. Raises ArchiveError."""
    try:
        yield
    except OSError as error:
        name = f"{_shown(error.filename)}: " if error.filename else ""
        hint = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise ArchiveError(what, f"{name}{error.strerror or error}", hint) from error


def _shown(name: str | bytes | int) -> Path | str:
    """What a person knows of a file: of a draft its folder."""
    path = Path(str(name))
    return path.parent if atomic_file.is_draft(path.name) else path


@contextlib.contextmanager
def _of_notebook(path: Path) -> Generator[None]:
    try:
        yield
    except (VaultDamaged, RowsDamaged) as error:
        hint = "magray doctor --fix, or magray restore latest"
        raise VaultDamaged(
            f"the notebook {path} is damaged, and was not backed up", error.why, hint
        ) from error
