"""The second phase: give every passage its vector, the files changed last first; or one of its head, which
is the beginning of its text.

Three parties work side by side, so that the model never waits: a thread runs it, this thread prepares the
next texts and writes finished vectors, each batch a transaction. What a question or an open file waits for
goes before all of it, between two batches. A text whose vector is known, from this
vault or from the cache of all vectors made, is not run. Killed at any point, the next run finds by query what
is missing.
"""

from __future__ import annotations

import queue
import threading
import time
from array import array
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.models.recipe import passage_text
from magray_memory.storage import vectors
from magray_memory.storage.pending import pending_by_priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.indexing.embedding_passes import Pass
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.models.embedder import Embedder, Made
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.vault import Vault
    from magray_memory.storage.vector_cache import VectorCache
    from magray_memory.storage.vectors import PendingPassage

WINDOW = 1024
"""Passages prepared together: enough to sort by length, few enough to keep to the order of priority."""
_AHEAD = 2
_FINISHED = 64
_WRITE_VECTORS = 1024
_WAIT_SECONDS = 0.05
SNAPSHOT_SECONDS = 300.0
_WANTED_SECONDS = 0.2
"""How often is looked whether somebody waits for passages."""
_MOST_WANTED = 256


@dataclass(slots=True)
class Embedded:
    """What the phase did: passages that went through the model, and those whose vector was known."""

    embedded: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Passages that somebody waits for: `take` gives their ids, the most wanted first; `read`: what of them
    the model reads.
    """

    take: Callable[[], list[int]]
    read: Pass


@dataclass(frozen=True, slots=True)
class _Window:
    """Distinct texts to embed; the passages of each; the hash that names it. `wanted`: somebody waits."""

    texts: list[str]
    ids: list[list[int]]
    hashes: list[bytes]
    wanted: bool = False


class _Written(Enum):
    """Has what is finished written now."""

    NOW = 0


_Result = tuple[_Window, list[int], "NDArray[np.float32]", list[bool]]
"""Window, positions in it, their vectors, and whether each is that of the whole text."""


class EmbeddingWorker:
    """One run of the phase over one vault. `snapshot` is called every few minutes, and is to be quick if it
    can.
    """

    def __init__(
        self,
        vault: Vault,
        key: str,
        dim: int,
        durability: Durability,
        events: EventSender,
        cache: VectorCache,
        should_stop: Callable[[], bool],
        snapshot: Callable[[], None],
        this: Pass,
        wanted: Wanted | None = None,
    ) -> None:
        self._pass = this
        self._wanted = wanted
        self._wanted_at = 0.0
        self._first: queue.SimpleQueue[_Window] = queue.SimpleQueue()
        self._made_first: set[bytes] = set()
        self._vault = vault
        self._key = key
        self._dim = dim
        self._durability = durability
        self._events = events
        self._cache = cache
        self._should_stop = should_stop
        self._snapshot = snapshot
        self._snapshot_at = time.monotonic() + SNAPSHOT_SECONDS
        self._inbox: queue.Queue[_Window | None] = queue.Queue(_AHEAD)
        self._outbox: queue.Queue[_Result | _Written | BaseException | None] = queue.Queue(_FINISHED)
        self._stopped = threading.Event()
        self._unwritten: list[_Result] = []
        self._waiting = 0
        self._written_at = time.monotonic()
        self._total = 0
        self.done = Embedded()
        self.device: str | None = None

    def run(self, open_embedder: Callable[[], Embedder]) -> Embedded:
        """Embed what is pending, or until `should_stop`. What is done is committed in any case.

        Raises EmbeddingUnavailable when no model can run, StorageError.
        """
        pending = self._pending()
        self._total = len(pending)
        thread = threading.Thread(target=self._work, args=(open_embedder,), name="embedding", daemon=True)
        thread.start()
        try:
            for window in self._windows(pending):
                if not self._hand_over(window):
                    break
            else:
                self._hand_over(None)
            while not self._should_stop() and self._take(wait=True):
                self._look_for_wanted()
        finally:
            self._stopped.set()
            while thread.is_alive():  # it may be waiting for room
                if not self._take(wait=False, raising=False):
                    thread.join(0.01)
            while self._take(wait=False, raising=False):
                pass
            self._write()
        return self.done

    def _work(self, open_embedder: Callable[[], Embedder]) -> None:
        """The thread of the model."""
        embedder: Embedder | None = None
        try:
            while not self._stopped.is_set():
                try:
                    window = self._inbox.get(timeout=_WAIT_SECONDS)
                except queue.Empty:
                    continue
                if window is None:
                    break
                if embedder is None:  # not before there is a text that no vector is known of
                    embedder = self._opened(open_embedder)
                self._embed_wanted(embedder)
                for positions, made, whole in self._embed(embedder, window.texts, self._pass):
                    self.device = embedder.device  # it may have changed since
                    self._outbox.put((window, positions, made, whole))
                    self._embed_wanted(embedder)
        except BaseException as error:  # for the thread that waits, which raises it
            self._outbox.put(error)
        else:
            self._outbox.put(None)

    def _embed(self, embedder: Embedder, texts: Sequence[str], this: Pass) -> Iterator[Made]:
        if this.head:
            yield from embedder.heads(texts, self._halt)
            return
        for positions, made in embedder.passages(texts, self._halt):
            yield positions, made, [True] * len(positions)

    def _embed_wanted(self, embedder: Embedder) -> None:
        """Embed what somebody waits for, between two batches of a window. In the thread of the model."""
        while self._wanted is not None and not self._first.empty():
            window = self._first.get()
            self._made_first.update(window.hashes)
            for positions, made, whole in self._embed(embedder, window.texts, self._wanted.read):
                self._outbox.put((window, positions, made, whole))
            self._outbox.put(_Written.NOW)

    def _look_for_wanted(self) -> None:
        """Hand over what somebody waits for, ahead of all windows; looks now and then."""
        now = time.monotonic()
        if self._wanted is None or now < self._wanted_at:
            return
        self._wanted_at = now + _WANTED_SECONDS
        ids = self._without_vector(self._wanted.take()[:_MOST_WANTED], self._wanted.read)
        if ids:
            passages = vectors.pending_passages(self._vault, ids)
            window = self._missing(passages, self._wanted.read, wanted=True)
            if window.texts:
                self._first.put(window)

    def _opened(self, open_embedder: Callable[[], Embedder]) -> Embedder:
        embedder = open_embedder()
        if embedder.key != self._key:
            raise EmbeddingUnavailable(f"model {embedder.model.id}", "it is not the model of the settings")
        self.device = embedder.device
        self._events.device(self.device, embedder.model.id)
        return embedder

    def _halt(self) -> bool:
        return self._stopped.is_set() or self._should_stop()

    def _pending(self) -> array[int]:
        with self._vault.read() as connection:
            wanted = self._pass
            rows = pending_by_priority(connection, self._key, whole=not wanted.head, prose=wanted.prose)
            return array("q", (row[0] for row in rows))

    def _windows(self, pending: Sequence[int]) -> Iterator[_Window]:
        """What is left to embed, window by window, after everything that is known was copied."""
        self._look_for_wanted()
        copy = vectors.count_vectors(self._vault, self._key) > 0
        for start in range(0, len(pending), WINDOW):
            ids = list(pending[start : start + WINDOW])
            if copy:
                with self._vault.write():
                    head = self._pass.head
                    self.done.reused += vectors.reuse_within(self._vault, self._key, ids, head=head)
                    ids = self._without_vector(ids, self._pass)
            copy = True
            window = self._missing(vectors.pending_passages(self._vault, ids), self._pass)
            self._send_progress()
            if window.texts:
                yield window

    def _without_vector(self, ids: list[int], this: Pass) -> list[int]:
        found = vectors.key_of(self._vault, self._key)
        return ids if found is None else vectors.without_vector(self._vault, found[0], ids, this.head)

    def _missing(self, passages: list[PendingPassage], this: Pass, *, wanted: bool = False) -> _Window:
        """Write the vectors that the cache knows; the rest as a window of distinct texts."""
        by_hash: dict[bytes, list[PendingPassage]] = {}
        for passage in passages:
            by_hash.setdefault(passage.text_hash, []).append(passage)
        blobs: dict[int, bytes] = {}
        for key, head in ((self._key, False), (_head_key(self._key), True)):
            if head > this.head:
                continue
            known = self._cache.get_many(key, [d for d, same in by_hash.items() if same[0].id not in blobs])
            fitting = {
                p.id: blob
                for digest, blob in known.items()
                if len(blob) == 2 * self._dim
                for p in by_hash[digest]
            }
            if fitting:
                self.done.reused += vectors.put_encoded(self._vault, self._key, self._dim, fitting, head=head)
                blobs |= fitting
        window = _Window([], [], [], wanted)
        for digest, same in by_hash.items():
            if same[0].id not in blobs:
                window.texts.append(_text(same[0]))
                window.ids.append([passage.id for passage in same])
                window.hashes.append(digest)
        return window

    def _hand_over(self, window: _Window | None) -> bool:
        """Queue a window for the model, writing meanwhile; False when there is a reason to stop."""
        while not self._should_stop():
            try:
                self._inbox.put(window, timeout=_WAIT_SECONDS)
            except queue.Full:
                pass
            else:
                return True
            self._look_for_wanted()
            while self._take(wait=False):
                pass
        return False

    def _take(self, *, wait: bool, raising: bool = True) -> bool:
        """Take a finished batch, if there is one; False at the end, or when there is none and `wait` is not
        set.
        """
        try:
            result = self._outbox.get(timeout=_WAIT_SECONDS) if wait else self._outbox.get_nowait()
        except queue.Empty:
            return wait
        if isinstance(result, BaseException):
            if raising:
                raise result
            return False
        if result is None:
            return False
        if result is _Written.NOW:
            self._write()
            return True
        self._unwritten.append(result)
        window, positions, *_ = result
        self._waiting += sum(len(window.ids[position]) for position in positions)
        full = self._waiting >= _WRITE_VECTORS
        if full or time.monotonic() - self._written_at >= self._durability.interval:
            self._write()
        else:
            self._send_progress()
        if raising and time.monotonic() >= self._snapshot_at:
            self._snapshot()
            self._snapshot_at = time.monotonic() + SNAPSHOT_SECONDS
        return True

    def _write(self) -> None:
        """Commit the finished vectors, then give them to the cache."""
        results, self._unwritten, self._waiting = self._unwritten, [], 0
        self._written_at = time.monotonic()
        if not results:
            return
        for key, of_whole in ((self._key, True), (_head_key(self._key), False)):
            blobs: dict[int, bytes] = {}
            made: dict[bytes, bytes] = {}
            for window, positions, matrix, whole in results:
                for position, blob, same in zip(positions, vectors.encode(matrix), whole, strict=True):
                    again = not window.wanted and window.hashes[position] in self._made_first
                    if same is of_whole and not again:
                        made[window.hashes[position]] = blob
                        blobs.update(dict.fromkeys(window.ids[position], blob))
            if made:
                vectors.put_encoded(self._vault, self._key, self._dim, blobs, head=not of_whole)
                self.done.embedded += len(made)
                self.done.reused += len(blobs) - len(made)
                self._cache.put_many(key, made)
        self._send_progress()

    def _send_progress(self) -> None:
        done = self.done.embedded + self.done.reused + self._waiting
        self._events.progress("semantic", done, max(done, self._total))


def _head_key(key: str) -> str:
    """Names the vectors of heads in the cache, which are never those of whole texts."""
    return f"{key}/head"


def _text(passage: PendingPassage) -> str:
    # `kind` of a document says code or prose; of a passage, what it defines.
    from magray_memory.text.languages import kind_of

    kind = kind_of(passage.language or "text")
    return passage_text(passage.symbol, passage.title, passage.text, kind)
