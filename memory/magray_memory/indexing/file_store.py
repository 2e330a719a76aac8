"""File store: writes what the parsers found into the vault, in batches of one transaction each.

A batch is whole or absent, whenever the process dies: a document is stored together with its passages and its
rows in the lexical index.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.indexing import parse
from magray_memory.indexing.parse import Outcome, Task, family
from magray_memory.indexing.skip import Skip, SkipReason
from magray_memory.regular_file import without_fickle_inode
from magray_memory.storage import documents, skipped_files
from magray_memory.storage.skipped_files import SkippedFile
from magray_memory.storage.static_vectors import put_static, remove_static

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from magray_memory.index.lexical import LexicalIndex
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.scan import Plan, Stored
    from magray_memory.storage.documents import FileState
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.fts import LexicalRow
    from magray_memory.storage.vault import Vault

_REMOVE_AT_ONCE = 200


class _Batched:
    """The lexical index, fed with all rows of a transaction at once; removals see what was added before."""

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index
        self._rows: list[LexicalRow] = []

    def add(self, rows: Iterable[LexicalRow]) -> None:
        self._rows.extend(rows)

    def remove(self, rows: Iterable[LexicalRow]) -> None:
        self.flush()
        self._index.remove(rows)

    def flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._index.add(rows)


class FileStore:
    """Writes outcomes of parsing. `add` buffers, `flush` commits; `again`: tasks to parse once more."""

    def __init__(
        self,
        vault: Vault,
        lexical: LexicalIndex,
        durability: Durability,
        events: EventSender,
        stored: Stored,
        plan: Plan,
        static_key: str = "",
    ) -> None:
        """`static_key`: the key of the table by which approximate vectors are made, if they are."""
        self._vault = vault
        self._static_key = static_key
        self._lexical = _Batched(lexical)
        self._durability = durability
        self._events = events
        self._stored = stored
        self._states = {task.path: task for task in plan.tasks}
        self._gone: dict[str, FileState] = {state.path: state for state in plan.gone}
        self._moves: dict[tuple[bytes, str], list[str]] = defaultdict(list)
        for state in plan.gone:
            self._moves[state.hash, family(state.path)].append(state.path)
        self._buffer: list[Outcome] = []
        self._passages = 0
        self._flushed = time.monotonic()
        self.again: list[Task] = []
        self.ignored = Counter[IgnoreRule]()
        self.skipped: dict[str, Skip] = {}
        self.removed = 0
        self.moved: list[tuple[str, str]] = []
        """Paths before and after of the files that turned up elsewhere."""

    def moves(self) -> dict[bytes, tuple[str, ...]]:
        """Hash → families of the files that are gone and may turn up under another name."""
        found: dict[bytes, tuple[str, ...]] = {}
        for digest, kind in self._moves:
            found[digest] = (*found.get(digest, ()), kind)
        return found

    def add(self, outcome: Outcome) -> None:
        """Take what became of a file; commits when a batch is full or has waited long enough."""
        self._buffer.append(outcome)
        self._passages += len(outcome.passages) + 1
        waited = time.monotonic() - self._flushed
        if self._passages >= self._durability.batch or waited >= self._durability.interval:
            self.flush()

    def flush(self) -> None:
        """Commit what is buffered."""
        batch, self._buffer, self._passages = self._buffer, [], 0
        self._flushed = time.monotonic()
        if not batch:
            return
        before = self.removed
        with self._vault.write():
            for outcome in batch:
                self._store(outcome)
            self._lexical.flush()
        self._flushed = time.monotonic()
        self._events.changed(len(batch), self.removed - before)

    def remove_gone(self, should_stop: Callable[[], bool]) -> None:
        """Remove what is no longer there and did not turn up elsewhere, and forget its failures."""
        ids = [state.document_id for state in self._gone.values()]
        for start in range(0, len(ids), _REMOVE_AT_ONCE):
            if should_stop():
                return
            part = ids[start : start + _REMOVE_AT_ONCE]
            documents.remove_files(self._vault, part, self._lexical)
            self.removed += len(part)
            self._events.changed(0, len(part))

    def forget(self, paths: Iterable[str]) -> None:
        """No longer remember these files as failures."""
        listed = list(paths)
        if listed:
            skipped_files.unskip(self._vault, listed)

    def _store(self, outcome: Outcome) -> None:
        path, status = outcome.path, outcome.status
        if status == parse.SKIPPED or status == parse.LEFT_OUT:
            self._store_failure(outcome)
            return
        if path in self._stored.skipped:
            skipped_files.unskip(self._vault, [path])
        if status == parse.VANISHED:
            self._remove(path)
        elif status == parse.SAME:
            state = self._stored.files[path]
            stamp = without_fickle_inode(state.stamp, outcome.stamp)
            documents.touch_file(self._vault, state.document_id, stamp)
        elif status == parse.MOVED:
            self._store_move(outcome)
        else:
            self._store_parsed(outcome)

    def _store_failure(self, outcome: Outcome) -> None:
        """Remember it with the state the file had, so that it is not tried again until that changes."""
        path = outcome.path
        rule = skip = None
        if outcome.status == parse.LEFT_OUT:
            rule = IgnoreRule(outcome.reason)
            self.ignored[rule] += 1
        else:
            skip = self.skipped[path] = outcome.skip
        reason = "" if skip is None else skip.reason
        before = self._stored.skipped.get(path)
        stamp = outcome.stamp if before is None else without_fickle_inode(before.stamp, outcome.stamp)
        state = SkippedFile(path, rule, reason, outcome.detail, stamp)
        skipped_files.skip(self._vault, state)
        if skip is None or skip.reason is not SkipReason.UNREADABLE:  # it may still be what it was
            self._remove(path)

    def _store_move(self, outcome: Outcome) -> None:
        candidates = self._moves.get((outcome.hash, family(outcome.path)), [])
        if not candidates:  # another copy of the same content took it
            self.again.append(self._states[outcome.path]._replace(may_move=False))
            return
        name = outcome.path.rpartition("/")[2]
        old = next((path for path in candidates if path.rpartition("/")[2] == name), candidates[0])
        candidates.remove(old)
        del self._gone[old]
        self.moved.append((old, outcome.path))
        document_id = documents.rename_file(self._vault, old, outcome.path, self._lexical)
        if document_id is not None:
            documents.touch_file(self._vault, document_id, outcome.stamp)

    def _store_parsed(self, outcome: Outcome) -> None:
        document = documents.NewDocument(
            path=outcome.path,
            kind=outcome.kind,
            language=outcome.language,
            title=outcome.title,
            stamp=outcome.stamp,
            hash=outcome.hash,
            tags=outcome.tags,
            links=outcome.links,
            redacted=dict(outcome.redacted),
        )
        passages = [documents.NewPassage(*passage) for passage in outcome.passages]
        stored = documents.put_file(self._vault, document, passages, self._lexical)
        known = bool(stored.unchanged or stored.removed)
        if outcome.approximate or known:
            self._store_approximate(stored, outcome.approximate)

    def _store_approximate(self, stored: documents.PutResult, data: bytes) -> None:
        """Store those of a file's passages of now, or have them made again."""
        with self._vault.write() as connection:
            if data:
                put_static(connection, stored.document_id, self._static_key, stored.passages, data)
            else:
                remove_static(connection, stored.document_id)

    def _remove(self, path: str) -> None:
        state = self._stored.files.get(path)
        if state is not None:
            documents.remove_files(self._vault, [state.document_id], self._lexical)
            self.removed += 1
