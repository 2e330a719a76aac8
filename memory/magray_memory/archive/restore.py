"""Restore: an archive takes the place of the records and settings, or joins them.

    verified ─► completed and asked in a scratch folder ─► compared ─► copied beside the live tables
        ─► safety backup ─► one small commit ─► what was before is removed

Until the commit everything is as it was; from it on everything is as in the archive. What was before is a
backup of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.archive import backup_folder, backup_state, prepare
from magray_memory.archive.backup import explained, remove_former, require_space, save_state
from magray_memory.archive.passphrase import NO_PASSPHRASE
from magray_memory.archive.restore_plan import Restored, RestorePlan
from magray_memory.archive.unpacked import unpacked
from magray_memory.archive.workspaces import put_missing
from magray_memory.errors import (
    ArchiveError,
    Interrupted,
    MagrayError,
    StorageError,
    UsageError,
)
from magray_memory.index.lexical import LexicalIndex, tokens_of
from magray_memory.progress import SILENT, Progress
from magray_memory.records.draft import Draft, content_of
from magray_memory.records.purge import note_purge
from magray_memory.records.record import record_id
from magray_memory.storage import notebook_merge, notebook_swap, restore_journal, table_swap
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.salvage import put_in_place, quarantined_copy, replacement
from magray_memory.storage.scratch import scratch_folder
from magray_memory.storage.short_writes import long_read
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import size
from magray_memory.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.archive.unpacked import Unpacked
    from magray_memory.context import Context
    from magray_memory.storage.record_types import Content, StoredRecord

_EXAMPLES = 5
_RESERVE = 20_000_000
_NOT_RESTORED = "nothing was restored"


@dataclass(slots=True)
class Restorer:
    """Restores one archive. `confirm` is asked before anything changes; False ends it with Interrupted.
    `durable`: a notebook that is put where none was is on the disk at the end.
    """

    context: Context
    merge: bool = False
    passphrases: Passphrases = NO_PASSPHRASE
    confirm: Callable[[RestorePlan], bool] | None = None
    progress: Progress = SILENT
    durable: bool = True
    _safety: Path | None = None

    def run(self, archive: Path, *, dry_run: bool = False) -> Restored:
        """Restore, or with `dry_run` say what that would change. Raises ArchiveError, PassphraseError,
        StorageError, Interrupted: then nothing has changed.
        """
        began = time.monotonic()
        home = self.context.home
        with explained(_NOT_RESTORED), self._alone(dry_run=dry_run):
            self._safety = None
            live = self._live()
            needed = 9 * size(archive) + 3 * size(home.notebook)
            require_space(home.path, needed + _RESERVE, _NOT_RESTORED)
            backup_folder.remove_drafts(home.path)
            with (
                scratch_folder(home.path / "restore") as scratch,
                unpacked(archive, scratch, self.passphrases, self.progress) as found,
            ):
                prepared = found.notebook
                first = self._prepare(found, live)
                plan, purged = self._plan(archive, found, live)
                if dry_run:
                    return Restored(plan, True, _since(began))
                self.progress.report("")
                if self.confirm is not None and not self.confirm(plan):
                    raise Interrupted(_NOT_RESTORED, "it was not confirmed")
                conflicts: Sequence[str] = ()
                if live is not None and table_swap.is_begun(live):
                    remove_former(self.context, self.progress)
                if self.merge and live is not None:
                    conflicts = self._join(prepared, live, first, self._settings(found))
                else:
                    prepare.remove(prepared, purged)
                    self._replace(prepared, live, first, self._settings(found))
                workspaces = put_missing(home, found, self.progress)
        backup_state.save(home.path, failure=None)
        return Restored(plan, False, _since(began), self._safety, conflicts, workspaces)

    @contextlib.contextmanager
    def _alone(self, *, dry_run: bool) -> Generator[None]:
        """One restore of a home at a time."""
        if dry_run and not self.context.home.path.is_dir():
            yield
            return
        home = self.context.home.ensure()
        lock = restore_journal.lock(home)
        if not lock.try_acquire():
            raise ArchiveError(_NOT_RESTORED, "another process is restoring", "wait until it is done")
        try:
            restore_journal.complete(home, self.context.config)
            yield
        finally:
            lock.release()

    def _live(self) -> Path | None:
        """The notebook of now; None where there is none that can be read."""
        path = self.context.home.notebook
        try:
            vault = Vault.find(path, kind=VaultKind.NOTEBOOK)
            if vault is None:
                return None
            with vault, long_read(vault) as connection:
                rows = connection.execute("PRAGMA quick_check(1)").fetchall()
                if rows != [("ok",)]:
                    return None
        except MagrayError:
            return None
        return path

    def _prepare(self, found: Unpacked, live: Path | None) -> int:
        """Complete the archived notebook, with ids and vectors that fit the live one; returns the first id of
        a passage in it.
        """
        prepared, first = found.notebook, 0
        if live is not None:
            Vault.open(live, kind=VaultKind.NOTEBOOK, write=True).close()  # of this version's schema
            first = notebook_swap.take_over(prepared, live)
        prepare.complete(prepared, self.context.settings.redaction, self.progress)
        self.progress.report("asking it")
        prepare.ask(prepared, found.archive.name)
        if live is not None:
            notebook_swap.carry_vectors(prepared, live)
        return first

    def _plan(self, archive: Path, found: Unpacked, live: Path | None) -> tuple[RestorePlan, Sequence[int]]:
        """What is going to change, and the records of the archive that were purged since."""
        if self.merge and live is not None:
            return self._merge_plan(archive, found, live)
        there = notebook_swap.difference(found.notebook, live)
        examples = {
            "added": notebook_swap.titles(found.notebook, there.added[:_EXAMPLES]),
            "changed": notebook_swap.titles(found.notebook, there.changed[:_EXAMPLES]),
            "removed": notebook_swap.titles(live, there.removed[:_EXAMPLES]) if live else [],
        }
        damaged = live is None and self.context.home.notebook.exists()
        if damaged and self.merge:
            hint = "magray doctor --fix, or a restore without --merge"
            raise ArchiveError(_NOT_RESTORED, "the notebook of now is damaged", hint)
        plan = RestorePlan(
            archive,
            found.manifest,
            self.merge,
            len(there.added),
            len(there.changed),
            len(there.removed),
            len(there.purged),
            self._settings(found) is not None,
            damaged,
            {name: [_line(title) for title in titles] for name, titles in examples.items()},
        )
        return plan, there.purged

    def _merge_plan(self, archive: Path, found: Unpacked, live: Path) -> tuple[RestorePlan, Sequence[int]]:
        kind = VaultKind.NOTEBOOK
        with Vault.open(live, kind=kind) as vault, Vault.open(found.notebook, kind=kind) as archived:
            there = notebook_merge.plan(vault, archived)
        newer = [_title(pair.archived) for pair in there.pairs if pair.newer]
        examples = {
            "added": [
                _line(title) for title in notebook_swap.titles(found.notebook, there.added[:_EXAMPLES])
            ],
            "changed": newer[:_EXAMPLES],
        }
        settings = self._settings(found) is not None
        numbers = (len(there.added), len(newer), 0, len(there.purged))
        return RestorePlan(archive, found.manifest, True, *numbers, settings, False, examples), there.purged

    def _settings(self, found: Unpacked) -> str | None:
        """The settings to put in place; None where those of now stay."""
        if found.settings is None:
            return None
        text = found.settings.read_text("utf-8", "surrogateescape")
        config = self.context.config
        if config.is_file() and (self.merge or config.read_text("utf-8", "surrogateescape") == text):
            return None
        return text

    def _replace(self, prepared: Path, live: Path | None, first: int, settings: str | None) -> None:
        identity = notebook_swap.set_identity(prepared)
        self.progress.check()
        if live is None:
            self._put(prepared, identity, settings)
        elif table_swap.possible(prepared, live):
            self._swap(prepared, live, first, identity, settings)
        else:
            self._replace_pages(prepared, live, first, identity, settings)
        restore_journal.complete(self.context.home, self.context.config)
        note_purge(self.context.home)

    def _put(self, prepared: Path, identity: str, settings: str | None) -> None:
        """Where no notebook can be read: the new one gets the name, of the old one a copy is kept."""
        home = self.context.home
        with _creating(home.notebook):
            if home.notebook.exists():
                self._safety = quarantined_copy(home.notebook)
            waiting = replacement(home.notebook)
            _settle(prepared)
            with atomic_file.replacing(waiting, durable=self.durable) as draft:
                shutil.copyfile(prepared, draft)
            restore_journal.begin(home, identity, settings)
            put_in_place(waiting, home.notebook)

    def _swap(self, prepared: Path, live: Path, first: int, identity: str, settings: str | None) -> None:
        """Copy the prepared notebook beside the live one, and exchange them in one small commit."""
        home = self.context.home
        with Vault.open(live, kind=VaultKind.NOTEBOOK, write=True) as vault:
            try:
                table_swap.fill(vault, prepared, self.progress)
                self._safety, saved = save_state(self.context, self.progress)
                self.progress.check()
                restore_journal.begin(home, identity, settings)
                self.progress.report("putting it in place")
                table_swap.exchange(vault, prepared, first, saved)
            except BaseException:
                with contextlib.suppress(MagrayError):
                    table_swap.remove(vault)
                raise
            restore_journal.complete(home, self.context.config)
            heedless = Progress(lambda report: self.progress.report(*report))  # from here on it is done
            if table_swap.unsaved(vault):
                self._save_former(heedless)
            with contextlib.suppress(MagrayError):  # the next backup does it
                table_swap.remove(vault, heedless)

    def _save_former(self, progress: Progress) -> None:
        """Save the state of the moment of the exchange, in place of the one before."""
        former = self._safety
        try:
            self._safety, _ = save_state(self.context, progress, former=True)
        except MagrayError as error:
            why = f"what was written in its last seconds before is not saved yet: {error.message}"
            raise ArchiveError("the notebook was restored", why, "magray backup, which does that") from error
        if former is not None:
            former.unlink(missing_ok=True)

    def _replace_pages(
        self, prepared: Path, live: Path, first: int, identity: str, settings: str | None
    ) -> None:
        """Put the prepared notebook in place of the live one, page by page, as one commit."""
        with notebook_swap.LiveChanges(live) as changes:
            self._safety, _ = save_state(self.context, self.progress)
            if notebook_swap.raise_ids(prepared, live) >= first:
                raise StorageError(_NOT_RESTORED, "too much was written meanwhile", "try again")
            restore_journal.begin(self.context.home, identity, settings)
            self.progress.report("putting it in place")

            def proceed() -> None:
                if changes.seen():  # nobody can write now: what was written since is saved while they wait
                    former, (self._safety, _) = self._safety, save_state(self.context, self.progress)
                    if former is not None:
                        former.unlink(missing_ok=True)

            notebook_swap.replace_pages(prepared, live, proceed)

    def _join(self, prepared: Path, live: Path, first: int, settings: str | None) -> Sequence[str]:
        self.progress.check()
        self._safety, _ = save_state(self.context, self.progress)
        self.progress.report("merging the records")
        kind = VaultKind.NOTEBOOK
        with Vault.open(live, kind=kind, write=True) as vault, Vault.open(prepared, kind=kind) as archived:
            lexical = LexicalIndex(vault)
            merger = notebook_merge.Merger(
                vault, archived, first, lexical, self._content, tokens_of, self.progress
            )
            done = merger.run()
        if settings is not None:
            atomic_file.write_text(self.context.config, settings, durable=True)
        note_purge(self.context.home)
        return [_conflict(pair) for pair in done.pairs if pair.conflict]

    def _content(self, record: StoredRecord) -> Content:
        draft = Draft(text=record.text, title=record.title, kind=record.kind, tags=record.tags)
        return content_of(draft, self.context.settings.redaction)


@contextlib.contextmanager
def _creating(path: Path) -> Generator[None]:
    from magray_memory.storage.lock import FileLock

    lock = FileLock(path.with_name(".creating"))
    if not lock.try_acquire(10.0):
        raise StorageError(_NOT_RESTORED, "another process uses the notebook", "try again")
    try:
        yield
    finally:
        lock.release()


def _settle(path: Path) -> None:
    """Have all of a database in its one file."""
    with translated(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = off")  # a copy of the file is what stays
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _conflict(pair: notebook_merge.Pair) -> str:
    name = f"{record_id(pair.here.id)} ({_title(pair.here)})"
    stays = "the archive's" if pair.newer else "the one here"
    return f"{name} was changed on both sides: {stays} is newer and stays, the other is in its history"


def _title(record: StoredRecord) -> str:
    return _line(record.title or record.text)


def _line(text: str) -> str:
    return redact(" ".join(text.split())[:80]).text


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def find(context: Context, named: str) -> Path:
    """The archive that a person means: `latest`, a path, or a name in the backup folder. Raises ArchiveError,
    UsageError.
    """
    folder = backup_folder.folder_of(context)
    if named == backup_folder.LATEST:
        return backup_folder.newest(folder).path
    from magray_memory.user_path import absolute_path

    path = absolute_path(named)
    if path.is_file():
        return path
    inside = folder / named
    if inside.parent == folder and inside.is_file():
        return inside
    raise UsageError(f"{named} cannot be restored", "there is no such file", "magray backup list")
