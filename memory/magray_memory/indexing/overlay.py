"""Overlay: texts that differ from their files, searched in the place of what is stored of those files.

An editor's unsaved buffers are chunked and analysed like any file, but into a vault that lives in memory:
nothing of them touches the disk. Searches look into it beside the workspace's own vault, where the same paths
are hidden.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.ignore.secret_content import holds_secret
from magray_memory.indexing.parse import clean
from magray_memory.indexing.walk import Tally, WalkOptions, walk
from magray_memory.regular_file import UNKNOWN_STAMP, Unreadable, Vanished, content_hash, read_file, stamp_of
from magray_memory.storage import change_log
from magray_memory.storage.memory_vault import MemoryVault

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from magray_memory.config import RedactionSettings, Settings
    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.models.embedder import Embedder
    from magray_memory.regular_file import Stamp
    from magray_memory.storage.vault import Vault
    from magray_memory.text.chunk_types import ChunkedText

LARGE_CHARACTERS = 64_000
"""A larger text is cut by lines: parsing it would hold the interpreter for too long beside an editor."""
PARSE_SECONDS = 0.1
FIRST_ID = 1 << 40
"""Ids of what only the overlay holds begin here, far from any that a stored document has."""


class Overlay:
    """The changed texts of one workspace root. Thread-safe; a search sees each text whole, old or new."""

    def __init__(self, root: Path, settings: Settings) -> None:
        from magray_memory.index.lexical import LexicalIndex
        from magray_memory.index.open_vaults import OpenVault

        self.root = root
        self._limit = settings.index.max_file_bytes
        self._vault = MemoryVault.make(root, first_id=FIRST_ID)
        self._lexical = LexicalIndex(self._vault)
        self._stores: list[VectorStore] = []
        self._settings = settings
        self._paths: frozenset[str] = frozenset()
        self._texts: dict[str, bytes] = {}
        self.source: OpenVault = OpenVault(self._vault, "workspace", root, self._store, transient=True)

    @property
    def paths(self) -> frozenset[str]:
        """The files whose stored passages are to be hidden."""
        return self._paths

    def state(self) -> Hashable:
        """Names the texts and vectors that are held now."""
        return frozenset(self._texts.items()), change_log.max_seq(self._vault)

    def put(self, path: str, text: str, stored: Vault | None = None) -> bool:
        """Make `text` what searches see of the file `path`; returns whether that changed anything.

        Words are found at once, meaning after `embed`. `stored`: the root's own vault, whose document keeps
        its id. A text that would never be indexed (a secret, too large) is not taken.
        """
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if self._texts.get(path) == digest:
            return False
        if holds_secret(path, text) or len(text) > self._limit or self._ruled_out(path):
            self.drop(path)
            return False
        self._store_text(path, chunked(path, text, self._settings.redaction), digest, stored)
        return True

    def drop(self, path: str) -> None:
        """Let searches see the file as it is stored again."""
        from magray_memory.storage.documents import file_state, remove_files

        if path not in self._texts:
            return
        with self._vault.write():
            state = file_state(self._vault, path)
            if state is not None:
                remove_files(self._vault, [state.document_id], self._lexical)
            del self._texts[path]
            self._changed()

    def settled(self, path: str, text: str, stored: Vault | None) -> bool:
        """Whether the file on disk holds just this text, and the vault just this file: then no overlay is
        needed.
        """
        data = self._same_as_file(path, text)
        if data is None or stored is None:
            return False
        from magray_memory.storage.documents import file_state

        state = file_state(stored, path)
        return state is not None and state.hash == content_hash(data)

    def same_as_file(self, path: str, text: str) -> bool:
        """Whether the file on disk holds just this text."""
        return self._same_as_file(path, text) is not None

    def _same_as_file(self, path: str, text: str) -> bytes | None:
        from magray_memory.text.decode import Undecodable, decode

        try:
            data = read_file(str(self.root / path), self._limit).data
            return data if decode(data) == text else None
        except (Vanished, Unreadable, Undecodable):
            return None

    def _ruled_out(self, path: str) -> bool:
        """Whether the file lies on disk and the rules leave it out."""
        if not (self.root / path).exists():
            return False
        index = self._settings.index
        options = WalkOptions(index.ignore, index.include, index.hidden)
        try:
            return not any(found.path == path for found in walk(self.root, options, Tally(), path))
        except MagrayError:
            return False

    def embed(
        self, embedder: Embedder, stored: Vault | None = None, should_stop: Callable[[], bool] | None = None
    ) -> int:
        """Give every passage its vector; returns how many were made. What `stored` has of the same text is
        copied.

        Once all have one of this model, they answer in its space, and those of another model go. Raises
        EmbeddingUnavailable, Interrupted.
        """
        from magray_memory.models.recipe import passage_text
        from magray_memory.storage.passages import document_details
        from magray_memory.storage.vectors import pending_passages, put_vectors

        wanted = self._pending(embedder.key)
        if stored is not None and wanted:
            self._borrow(stored, wanted, embedder.key, embedder.dim)
            wanted = self._pending(embedder.key)
        passages = pending_passages(self._vault, wanted)
        with self._vault.read() as connection:
            details = document_details(connection, {passage.document_id for passage in passages})
        kinds = {document_id: document.kind for document_id, document in details.items()}
        texts = [passage_text(p.symbol, p.title, p.text, kinds.get(p.document_id, "code")) for p in passages]
        made = 0
        for positions, vectors in embedder.passages(texts, should_stop):
            with self._vault.write():
                made += put_vectors(self._vault, embedder.key, [passages[at].id for at in positions], vectors)
        self._serve(embedder.key)
        return made

    def _pending(self, key: str) -> list[int]:
        from magray_memory.storage.pending import pending_ids

        with self._vault.read() as connection:
            return pending_ids(connection, key, 10_000)

    def close(self) -> None:
        """Forget everything."""
        for store in self._stores:
            store.close()
        self._vault.close()

    def _store_text(self, path: str, cut: ChunkedText, digest: bytes, stored: Vault | None) -> None:
        from magray_memory.models.recipe import text_hash
        from magray_memory.storage.documents import NewDocument, NewPassage, put_file, reserve_id
        from magray_memory.text.stored_symbols import stored_symbols

        title = clean(cut.title) if cut.title else None
        passages: list[NewPassage] = []
        for piece in cut.chunks:
            symbol, text = clean(piece.symbol), clean(piece.text)
            named = text_hash(symbol, title, text, cut.kind)
            lines, symbols = (piece.start_line, piece.end_line), stored_symbols(piece).text
            passages.append(
                NewPassage(*lines, symbol, piece.kind, text, named, symbols, None, piece.line_runs)
            )
        stamp = _stamp(self.root / path)
        tags, links = tuple(map(clean, cut.tags)), tuple(map(clean, cut.links))
        document = NewDocument(path, cut.kind, cut.language, title, stamp, digest, tags=tags, links=links)
        document_id = None if path in self._texts else _stored_id(stored, path)
        with self._vault.write():
            if document_id is not None:
                reserve_id(self._vault, document_id, path)
            put_file(self._vault, document, passages, self._lexical)
            self._texts[path] = digest
            self._changed()

    def _changed(self) -> None:
        """Inside the write: what a search remembers of the old state goes with it."""
        from magray_memory.index.term_statistics import TermStatistics

        self._paths = frozenset(self._texts)
        self.source.statistics = TermStatistics()

    def _serve(self, key: str) -> None:
        from magray_memory.storage import vector_spaces
        from magray_memory.storage.vectors import drop_vectors

        if vector_spaces.serving(self._vault) != key and vector_spaces.switch(self._vault, key):
            for other in vector_spaces.others(self._vault):
                drop_vectors(self._vault, other)

    def _borrow(self, stored: Vault, wanted: list[int], key: str, dim: int) -> None:
        from magray_memory.storage.vectors import encoded_of_texts, pending_passages, put_encoded

        passages = pending_passages(self._vault, wanted)
        try:
            known = encoded_of_texts(stored, key, {passage.text_hash for passage in passages})
        except MagrayError:
            return  # a damaged vault only means that the vectors are made again
        blobs = {p.id: known[p.text_hash] for p in passages if p.text_hash in known}
        if blobs:
            put_encoded(self._vault, key, dim, blobs)

    def _store(self, key: str) -> VectorStore:
        from magray_memory.index.vector_store import VectorStore

        if not self._stores or self._stores[-1].key != key:
            # The store before it may still be in use by a search: let go of, not closed.
            self._stores = [*self._stores[-1:], VectorStore(self._vault, key, self._settings.vectors)]
        return self._stores[-1]


def chunked(path: str, text: str, redaction: RedactionSettings | None = None) -> ChunkedText:
    """The passages of a text while it is edited, without its secrets: never slow, whatever the text."""
    from magray_memory.text.chunk import chunk, with_line_feeds
    from magray_memory.text.chunk_types import ChunkedText
    from magray_memory.text.languages import detect, kind_of
    from magray_memory.text.line_chunker import chunk_lines
    from magray_memory.text.redaction import DEFAULT, redact

    text = with_line_feeds(text)
    language = detect(path, text[:4096])
    text = redact(text, redaction or DEFAULT, language=language).text
    if len(text) <= LARGE_CHARACTERS:
        return chunk(path, text, language=language, parse_seconds=PARSE_SECONDS)
    chunks, note = chunk_lines(text, language)
    return ChunkedText(language, kind_of(language), None, (), (), tuple(chunks), note)


def _stored_id(stored: Vault | None, path: str) -> int | None:
    if stored is None:
        return None
    from magray_memory.storage.documents import file_state

    try:
        state = file_state(stored, path)
    except MagrayError:
        return None
    return None if state is None else state.document_id


def _stamp(file: Path) -> Stamp:
    try:
        return stamp_of(file.stat())
    except OSError:
        return UNKNOWN_STAMP
