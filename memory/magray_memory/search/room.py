"""Search room: questions to every vault that can be read, and what a question needs besides."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from magray_memory.deferred_writes import DeferredWrites
from magray_memory.errors import Interrupted, MagrayError, NotIndexed, WorkspaceError
from magray_memory.ignore.paths import alike_on_disk, spelled_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.index.open_vaults import OpenVault, Problem
    from magray_memory.search.hits import SearchAnswer
    from magray_memory.search.note_links import Note, NoteNames
    from magray_memory.search.presentation import CheckSource
    from magray_memory.search.query import SearchQuery, Within
    from magray_memory.search.searcher import Searcher
    from magray_memory.search.symbols import Symbol
    from magray_memory.storage.vault import Vault

_STEPS = 20_000
"""Steps of SQLite's machine between two calls of `should_stop`: about a millisecond."""


class Search:
    """Answers questions. Vaults are opened by the first, the model by the first that needs a vector."""

    def __init__(self, context: Context, check: CheckSource | None = None) -> None:
        """`check` tells whether the source of a record still holds."""
        self._context = context
        self._check = check
        self._searcher: Searcher | None = None
        self._wanted: DeferredWrites[tuple[Path, Sequence[int]]] = DeferredWrites(
            _add_wanted, by_itself=context.long_lived
        )
        self._names: tuple[Hashable, NoteNames] | None = None

    def query(self, query: SearchQuery, should_stop: Callable[[], bool] | None = None) -> SearchAnswer:
        """Ranked hits of the workspaces, notes and notebook; `degraded` says what could not be used.

        Raises Interrupted soon after `should_stop` is true, QueryError for a path filter that leads out of
        every folder.
        """
        query = self.without_secrets(query)
        self._check_paths(query)
        searcher = self.open()
        problems = self._context.vaults.problems
        with self._interruptible(searcher.vaults, should_stop):
            return with_problems(searcher.search(query), problems, query.within)

    def query_past(
        self,
        query: SearchQuery,
        notebook: OpenVault,
        changed: OpenVault,
        should_stop: Callable[[], bool] | None = None,
    ) -> SearchAnswer:
        """The same over what is stored, with `notebook` in the place of that of now, and over the records
        that `changed` since; no open buffer takes part.
        """
        self._check_paths(query)
        stored = [other for other in self.open().vaults if not other.transient]
        stored = [notebook if other.vault is notebook.vault else other for other in stored]
        problems = self._context.vaults.problems
        with (
            self._interruptible(stored, should_stop),
            closing(self._searcher_over((*stored, changed))) as searcher,
        ):
            return with_problems(searcher.search(query), problems, query.within)

    def without_secrets(self, query: SearchQuery) -> SearchQuery:
        """The query as it is answered and remembered: a secret in it was never stored, so nothing is lost."""
        from msgspec import structs

        from magray_memory.text.redaction import redact

        redaction = self._context.settings.redaction
        raw, text = redact(query.raw, redaction), redact(query.text, redaction)
        if not raw.counts and not text.counts:
            return query
        return structs.replace(query, raw=raw.text, text=text.text, loose=())

    def related(
        self, path: Path, line: int | None = None, k: int = 10, should_stop: Callable[[], bool] | None = None
    ) -> SearchAnswer:
        """Passages like the one at a line of a file, or like the whole file.

        `path` lies in a workspace or a folder of notes. Raises WorkspaceError when it does not, Interrupted.
        """
        root, relative = self._context.locate(path)
        relative = spelled_on_disk(root, relative)
        searcher = self.open()
        problems = self._context.vaults.problems
        with self._interruptible(searcher.vaults, should_stop), self._explaining(root, relative):
            return with_problems(searcher.related(root, relative, line, k), problems)

    def symbols(self, text: str, limit: int) -> list[Symbol]:
        """Definitions and headings of the workspaces by name, the closest first."""
        from magray_memory.search.selection import select_symbols
        from magray_memory.search.symbols import find_symbols

        vaults = [vault for vault in self.open().vaults if vault.name == "workspace"]
        return select_symbols(find_symbols(vaults, text, limit * _spare(vaults)), vaults)[:limit]

    def is_known_word(self, word: str) -> bool:
        """Whether a definition or heading is called so, or the word is rare."""
        from magray_memory.search.known_words import is_known_word

        return is_known_word(self.open().vaults, word)

    def note(self, link: str, source: Path | None = None) -> Note | None:
        """The note that a link means, in any folder that is searched; `source` is the file with the link."""
        return self.note_names().resolve(link, self.place(source))

    def note_names(self) -> NoteNames:
        """The notes of every folder that is searched, by what links can call them; kept until an index
        changes.
        """
        from magray_memory.search.answer_cache import vault_state
        from magray_memory.search.note_links import NoteNames

        vaults = [vault for vault in self.open().vaults if vault.root is not None and not vault.transient]
        state = tuple((vault.root, vault_state(vault.vault.path)) for vault in vaults)
        with self._context.guard:
            known = self._names
        if known is not None and known[0] == state:
            return known[1]
        names = NoteNames(vaults)
        if all(part is not None for _, part in state):
            with self._context.guard:
                self._names = (state, names)
        return names

    def place(self, path: Path | None) -> tuple[Path, str] | None:
        """The root or folder of notes that a file lies in, and its path there; None where it is in none."""
        try:
            return None if path is None else self._context.locate(path)
        except WorkspaceError:
            return None

    def expect(self) -> None:
        """Load the model in a thread while the question is being prepared; a query waits for it."""
        if not all(_missing(file.path) for file in self._context.vault_files()):
            self._context.models.load_ahead()

    def hint(self) -> str | None:
        """What a person should do before searching makes sense, None when nothing is missing."""
        context = self._context
        try:
            workspace = context.root
        except WorkspaceError as error:
            return None if context.vaults.open else str(error)
        if _missing(context.home.vault_path(workspace)):
            return f"{workspace} was never indexed: run `magray index`"
        for folder in context.note_folders:
            if _missing(context.home.vault_path(folder)):
                return f"the notes in {folder} were never indexed: run `magray --workspace {folder} index`"
        return None

    def vault(self, root: Path) -> Vault | None:
        """The vault of a root as searches read it; None when there is none to read."""
        with self._context.guard:
            self.open()
            found = self._context.vaults.open.get(self._context.home.vault_path(root))
            return None if found is None else found.vault

    def answering_space(self) -> str | None:
        """The vector space that answers now; None before anything is embedded."""
        from magray_memory.storage.vector_spaces import serving

        keys = (serving(vault.vault) for vault in self.open().vaults if not vault.transient)
        return next((key for key in keys if key is not None), None)

    def open(self) -> Searcher:
        """The searcher over every vault that can be read now."""
        with self._context.guard:
            vaults = self._vaults()
            if self._searcher is None:
                self._searcher = self._searcher_over(())
            # One searcher for good: another query may be in the middle of using it.
            self._searcher.vaults = tuple(vaults)
            return self._searcher

    def want(self, root: Path, path: str) -> None:
        """Have the passages of a file that the model has not read embedded first. Never fails."""
        from magray_memory.storage.pending import unread_of_file
        from magray_memory.storage.vector_spaces import serving

        with suppress(MagrayError):
            vault = self.vault(root)
            if vault is not None:
                with vault.read() as connection:
                    ids = unread_of_file(connection, serving(vault), path)
                if ids:
                    self._wanted.add([(vault.path, ids)])

    def close(self) -> None:
        """End the searcher's thread; another query starts it again."""
        self._wanted.write()
        with self._context.guard:
            if self._searcher is not None:
                self._searcher.close()
                self._searcher = None

    def _check_paths(self, query: SearchQuery) -> None:
        if not query.paths:
            return
        from magray_memory.search.path_filter import leads_outside, outside

        roots = [*self._context.roots, *self._context.note_folders]
        for path in query.paths:
            if roots and leads_outside(path, query.folder, roots):
                raise outside(path, self._context.workspace)

    def _vaults(self) -> list[OpenVault]:
        return self._context.vaults.get(self._context.vault_files())

    def _searcher_over(self, vaults: Sequence[OpenVault]) -> Searcher:
        from magray_memory.search.searcher import Searcher

        per_file = self._context.settings.search.per_file

        def note_wanted(path: Path, ids: Sequence[int]) -> None:
            self._wanted.add([(path, ids)])

        return Searcher(
            vaults,
            self._context.models.of,
            per_file=per_file,
            check=self._check,
            on_wanted=note_wanted,
            static_table=self._context.models.static_table,
        )

    @contextmanager
    def _explaining(self, root: Path, path: str) -> Generator[None]:
        """A file that is not in the index because of a rule is refused with that rule."""
        try:
            yield
        except NotIndexed:
            if not os.path.lexists(root / path):
                why = "there is no such file, and none was indexed"
                raise NotIndexed(path, why, alike_on_disk(root, path) or "") from None
            reason = self._why_left_out(root, path)
            if reason is None:
                raise
            raise NotIndexed(path, f"it is {reason}") from None

    def _why_left_out(self, root: Path, path: str) -> str | None:
        from magray_memory.ignore.ignore_rule import IgnoreRule
        from magray_memory.ignore.lookup import find_left_out, left_out_by_content
        from magray_memory.storage.skipped_files import skipped_file

        index = self._context.settings.index
        found = find_left_out(root, path, ignore=index.ignore, include=index.include, hidden=index.hidden)
        if found is not None:
            return found.sentence
        vault = self.vault(root)
        state = None if vault is None else skipped_file(vault, path)
        if state is None or state.rule is None:
            return None
        return left_out_by_content(path, IgnoreRule(state.rule), state.detail).sentence

    @contextmanager
    def _interruptible(
        self, vaults: Sequence[OpenVault], should_stop: Callable[[], bool] | None
    ) -> Generator[None]:
        """Once `should_stop` is true, what runs in a database is broken off. Raises Interrupted."""
        if should_stop is None:
            yield
            return
        connections = list(_connections(vaults))
        for connection in connections:
            connection.set_progress_handler(lambda: int(should_stop()), _STEPS)
        try:
            yield
        except MagrayError:
            if should_stop():
                raise Interrupted("the search was stopped") from None
            raise
        finally:
            for connection in connections:
                with suppress(sqlite3.ProgrammingError):  # closed, for the vault was opened anew
                    connection.set_progress_handler(None, 0)
        if should_stop():
            raise Interrupted("the search was stopped")


def with_problems(answer: SearchAnswer, problems: Sequence[Problem], within: Within = "all") -> SearchAnswer:
    """The answer with what was wrong with vaults added to `degraded`, and with those that could not even be
    opened among the `unreadable`.
    """
    if not problems:
        return answer
    import msgspec

    said = [problem.why for problem in problems]
    missed = [p.why for p in problems if p.whole and within in ("all", p.vault)]
    return msgspec.structs.replace(
        answer,
        degraded="; ".join([*said, *([answer.degraded] if answer.degraded else [])]),
        unreadable=[*missed, *(answer.unreadable or ())] or msgspec.UNSET,
    )


def _connections(vaults: Sequence[OpenVault]) -> Iterator[sqlite3.Connection]:
    """Connections of this thread; a vault that cannot be opened any more has none, and a query says so."""
    for vault in vaults:
        if not vault.transient:
            with suppress(MagrayError), vault.vault.read() as connection:
                yield connection


def _spare(vaults: Sequence[OpenVault]) -> int:
    """How many times a symbol may be found: a file of two folders, one in the other, is in both vaults."""
    return 2 if len({vault.root for vault in vaults}) > 1 else 1


def _add_wanted(wanted: Sequence[tuple[Path, Sequence[int]]]) -> None:
    from magray_memory.storage.wanted import add

    for path, ids in wanted:
        add(path, ids)


def _missing(path: Path) -> bool:
    """Whether there is no file; one that cannot be looked at may be there, and a query says what is wrong."""
    try:
        return not path.exists()
    except OSError:
        return False
