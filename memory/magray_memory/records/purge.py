"""Purge: removes records from every file of the home, and says what it cannot reach.

Rows with their history, links and uses go first, in one transaction. Then everything that was made of the
texts: words in the lexical index, vectors in the vault, in its snapshots and in the cache, free pages, logs.
At the end the home is searched for the texts. A step that fails is reported, and the others go on.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from magray_memory.errors import LexicalDamaged, MagrayError, StorageError, VaultLocked
from magray_memory.index.lexical import LexicalIndex
from magray_memory.records.draft import passages_of
from magray_memory.records.record import record_id
from magray_memory.storage import fts, purge, record_lists, records, usage_log, vector_spaces
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault import Vault, VaultKind
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from magray_memory.storage.home import Home

_LOCK_SECONDS = 20.0
"""How long a process that embeds records is waited for: what it holds in memory would come back."""
_LINES = 5
"""Lines of a text that are searched for, the longest ones."""
_MOST_LINES = 200
_LEAST_LINE = 12
"""Characters of a line that says whose it is."""
_TERMS = 16
_QUOTES = 20
_ROWS = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was looked into: what it holds, where, and how many of it were removed; None where that is
    not counted.
    """

    what: str
    path: str
    removed: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return {"what": self.what, "path": self.path, "removed": self.removed}


@dataclass(frozen=True, slots=True)
class Unreached:
    """Where something of it is, or may be. `failed`: it should have been removed and was not."""

    path: str
    why: str
    failed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return {"path": self.path, "why": self.why, "failed": self.failed}


class InBackups(Protocol):
    """What became of the records in the backups of a folder: how many were rewritten, and those that were
    not, each with why.
    """

    folder: str
    rewritten: int
    unreached: list[tuple[Path, str]]


@dataclass(slots=True)
class Purged:
    """The records that are gone, where was looked for what is left of them, and what was not reached."""

    ids: list[str]
    looked: list[Place] = field(default_factory=list[Place])
    unreached: list[Unreached] = field(default_factory=list[Unreached])

    @property
    def whole(self) -> bool:
        """Whether every step did what it should."""
        return not any(place.failed for place in self.unreached)

    def as_json(self) -> dict[str, Any]:
        """`ids`, `looked` and `unreached`."""
        return {
            "ids": self.ids,
            "looked": [place.as_json() for place in self.looked],
            "unreached": [place.as_json() for place in self.unreached],
        }


def purge_records(
    home: Home,
    vault: Vault,
    documents: Sequence[int],
    *,
    asked: bool = True,
    in_backups: Callable[[Sequence[str]], InBackups] | None = None,
) -> Purged:
    """Remove records for good, in the trash or not, and finish what an earlier purge could not, or was killed
    in. Raises StorageError when the rows cannot be removed: then nothing is.
    """
    done = Purged([record_id(document) for document in documents])
    unfinished = purge.unfinished(vault)
    if documents or unfinished:
        with _alone(vault, done):
            _Purge(home, vault, documents, done, unfinished, asked, in_backups).run()
        if done.whole:
            try:
                purge.finish(vault)
            except StorageError as error:  # the next purge looks once more
                why = f"the note that this purge is done: {error}"
                done.unreached.append(Unreached(str(vault.path), why, failed=True))
    return done


@contextlib.contextmanager
def _alone(vault: Vault, done: Purged) -> Generator[None]:
    """With no process embedding records meanwhile, as far as it ends soon."""
    lock, deadline = IndexerLock(vault.path), time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            lock.acquire()
        except VaultLocked:
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            why = "a process that embeds records may write vectors of it once more: run this again then"
            done.unreached.append(Unreached(str(vault.path), why, failed=True))
        break
    try:
        yield
    finally:
        lock.release()


@dataclass(slots=True)
class _Purge:
    home: Home
    vault: Vault
    documents: Sequence[int]
    done: Purged
    hashes: set[bytes] = field(default_factory=set[bytes])
    asked: bool = True
    in_backups: Callable[[Sequence[str]], InBackups] | None = None
    lines: list[str] = field(default_factory=list[str])
    texts: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        self._note_texts()
        notebook = str(self.vault.path)
        with purge.overwriting(self.vault):
            self._remove_rows()
            self._look("words of the lexical index", notebook, lambda: purge.merge_words(self.vault))
            self._look(
                "index snapshots", str(self.home.path), lambda: remove_snapshots(self.home, self.vault)
            )
            self._look("vector cache", str(self.home.vectors), self._remove_vectors)
            self._look("free pages and the log", notebook, self._rewrite)
        self._look("questions", str(self.home.usage), self._forget_questions)
        if self.in_backups is not None:
            self._remove_from_backups(self.in_backups)
        self._look("logs", str(self.home.logs), self._clear_logs)
        self._look("other files of the home", str(self.home.path), self._search_files)
        self._look("indexed files and other records", str(self.home.workspaces), self._find_quotes)
        # Whoever has this home open lets go of what it remembers of the records.
        self._look("open programs, which let go of it", str(self.home.path), lambda: note_purge(self.home))

    def _note_texts(self) -> None:
        """What is made of the texts of today and of before, and how to recognize them."""
        for start in range(0, len(self.documents), _ROWS):
            some = self.documents[start : start + _ROWS]
            self.hashes |= purge.hashes_of(self.vault, some)
            for record in records.get(self.vault, some):
                states = [(record.text, record.title, record.kind)]
                states += [(s.text, s.title, s.kind) for s in record_lists.history(self.vault, record.id)]
                for text, title, kind in states:
                    self.texts += [text, *filter(None, (title,))]
                    self.hashes |= {passage.text_hash for passage in passages_of(text, title, kind)}
        lines = dict.fromkeys(line for text in self.texts for line in _telling_lines(text))
        self.lines = list(lines)[:_MOST_LINES]

    def _remove_rows(self) -> None:
        lexical = LexicalIndex(self.vault)
        purge.begin(self.vault, self.hashes)
        for start in range(0, len(self.documents), _ROWS):
            some = self.documents[start : start + _ROWS]
            try:
                records.remove(self.vault, some, lexical, time.time(), asked=self.asked)
            except LexicalDamaged:  # the same once more makes the lexical index again
                records.remove(self.vault, some, lexical, time.time(), asked=self.asked)
        path = str(self.vault.path)
        self.done.looked.append(Place("records, history, links and uses", path, len(self.documents)))

    def _remove_from_backups(self, work: Callable[[Sequence[str]], InBackups]) -> None:
        try:
            # All that were ever asked for: an earlier purge may have been killed before it came to this.
            found = work(purge.asked_for(self.vault))
        except MagrayError as error:
            self.done.unreached.append(Unreached(str(self.home.backups), error.message, failed=True))
            return
        if found.rewritten:
            self.done.looked.append(Place("backups, which are rewritten", found.folder, found.rewritten))
        self.done.unreached += [Unreached(str(path), why) for path, why in found.unreached]

    def _look(self, what: str, path: str, work: Callable[[], int | None]) -> None:
        try:
            self.done.looked.append(Place(what, path, work()))
        except MagrayError as error:
            self.done.unreached.append(Unreached(path, f"{what}: {error}", failed=True))
        except OSError as error:
            why = f"{what}: {error.strerror or error}"
            self.done.unreached.append(Unreached(path, why, failed=True))

    def _remove_vectors(self) -> int:
        count, problems = purge.forget_vectors(self.home, vector_spaces.ever(self.vault), self.hashes)
        for problem in problems:
            self.done.unreached.append(Unreached(str(self.home.vectors), problem, failed=True))
        return count

    def _rewrite(self) -> None:
        purge.rewrite(self.vault)
        if not purge.truncate_log(self.vault):
            why = "a program is reading from the log: it goes with the next change after that"
            self.done.unreached.append(Unreached(f"{self.vault.path}-wal", why, failed=True))

    def _forget_questions(self) -> int:
        """What was asked that found one of them, or says what it said."""
        with translated(self.home.usage):
            return usage_log.forget(self.home.usage, self.done.ids, self.texts, self.lines)

    def _clear_logs(self) -> int:
        """Blank the lines in place: a program may be appending to the file."""
        found = 0
        for path in _files(self.home.logs):
            with path.open("r+b") as file:
                for start, length in _occurrences(file.fileno(), self._needles()):
                    file.seek(start)
                    file.write(b"*" * length)
                    found += 1
        return found

    def _search_files(self) -> None:
        """Files that are no part of this notebook, and hold it all the same."""
        for path in _files(self.home.path):
            name = path.name
            if _is_known(self.home, path):
                continue
            if name.startswith(f"{self.vault.path.name}."):
                if ".damaged-" in name and name.endswith(("-wal", "-shm")):
                    continue
                if ".damaged-" in name:
                    why = "it is a notebook that was damaged and quarantined, and may hold it"
                    self.done.unreached.append(Unreached(str(path), why))
                    continue
            with path.open("rb") as file:
                if next(_occurrences(file.fileno(), self._needles()), None) is not None:
                    self.done.unreached.append(Unreached(str(path), "the file holds it"))

    def _find_quotes(self) -> None:
        """Files that quote a line stand on the person's disk; other records are the person's own."""
        for path in [self.vault.path, *sorted(self.home.workspaces.glob("*.db"))]:
            kind = VaultKind.NOTEBOOK if path == self.vault.path else VaultKind.WORKSPACE
            # One that cannot be read finds nothing either.
            with contextlib.suppress(MagrayError), Vault.open(path, kind=kind) as vault:
                root = vault.meta("root") or ""
                for document, file in dict.fromkeys(self._quotes(vault)):
                    place = f"{root}/{file}" if file else record_id(document)
                    why = "the file quotes it" if file else "the record quotes it"
                    self.done.unreached.append(Unreached(place, why))

    def _quotes(self, vault: Vault) -> Iterator[tuple[int, str | None]]:
        for line in self.lines:
            terms = list(dict.fromkeys(tokens(line)))[:_TERMS]
            if terms:
                yield from purge.quoting(vault, fts.match_expression(terms, " AND "), line, _QUOTES)

    def _needles(self) -> list[bytes]:
        return [line.encode("utf-8", "surrogatepass") for line in self.lines]


def remove_snapshots(home: Home, vault: Vault) -> int:
    """Remove the indexes of the notebook, which the next program that embeds writes anew; how many files."""
    own, removed = vault.path.name, 0
    for path in list(home.path.iterdir()):
        name = path.name.lstrip(".")
        if name.startswith(f"{vault.path.stem}.") and not name.startswith(own):
            path.unlink()
            removed += 1
    return removed


def note_purge(home: Home) -> None:
    """Tell every program that has this home open. A home that cannot be written has nothing purged."""
    with contextlib.suppress(OSError):
        stamp = home.purged
        stamp.touch()
        os.utime(stamp)


def _telling_lines(text: str) -> list[str]:
    lines = sorted({line.strip() for line in text.split("\n")}, key=len, reverse=True)
    return [line for line in lines[:_LINES] if len(line) >= _LEAST_LINE]


def _files(folder: Path) -> Iterator[Path]:
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("models", "workspaces")]
        for name in sorted(names):
            file = folder.__class__(path) / name
            if file.is_file() and not file.is_symlink():
                yield file


def _is_known(home: Home, path: Path) -> bool:
    """Whether a file is one of the databases, which have been cleaned, or empty."""
    bases = (home.notebook, home.vectors, home.usage)
    own = {f"{base}{suffix}" for base in bases for suffix in ("", "-wal", "-shm")}
    return str(path) in own or path.stat().st_size == 0


def _occurrences(descriptor: int, needles: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Where (start, length) the needles stand in an open file."""
    if os.fstat(descriptor).st_size == 0:
        return
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
        for needle in needles:
            start = data.find(needle)
            while start >= 0:
                yield start, len(needle)
                start = data.find(needle, start + len(needle))
