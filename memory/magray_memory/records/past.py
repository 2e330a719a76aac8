"""Past notebook: the records as they stood at an earlier moment, in memory, to be searched beside the
notebook, of which only what has not changed since takes part then.

Layer, pin, importance and replacement change often and without a person, so a record that was only filed
otherwise stays where it is indexed, and gets the values of then (`FormerValues`).
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.index.lexical import LexicalIndex
from magray_memory.index.open_vaults import OpenVault
from magray_memory.records.draft import passages_of, text_digest
from magray_memory.search.query_terms import may_match, term_prefixes
from magray_memory.storage import records, vector_spaces
from magray_memory.storage.former_values import values_at
from magray_memory.storage.memory_vault import MemoryVault
from magray_memory.storage.record_history import past_records
from magray_memory.storage.record_types import Content, NewRecord
from magray_memory.text.analyzer import query_tokens
from magray_memory.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from magray_memory.config import VectorSettings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.models.embedder import Embedder
    from magray_memory.storage.record_history import PastRecord
    from magray_memory.storage.vault import Vault

MOST = 200
"""Records that are searched of those that changed since; where there are more, the ones with the words of the
question, the last changed first."""
EMBEDDED = 64
"""Passages that are found by meaning too: some 5 ms each."""


class PastNotebook:
    """The records of a notebook that were not what they are, as of `at` (UTC seconds), as `source`; `rest` is
    the notebook as far as it is what it was. `close` it.
    """

    def __init__(self, opened: OpenVault, at: float, question: str, settings: VectorSettings) -> None:
        self._vault = MemoryVault.make()
        self._settings = settings
        self._stores: dict[str, VectorStore] = {}
        self.source = OpenVault(self._vault, "notebook", None, self._store, transient=True)
        lexical = LexicalIndex(self._vault)
        with opened.vault.read() as connection, self._vault.write():
            then = values_at(connection, at)
            for past in _best(past_records(connection, then), question):
                _put(self._vault, past, lexical)
        self.rest = opened.as_of(then)

    def embed(self, embedder: Callable[[str | None], Embedder], key: str | None) -> None:
        """Have the first passages found by meaning too, in a vector space; without a model they are not."""
        from magray_memory.models.recipe import passage_text
        from magray_memory.storage.passages import embedded_parts
        from magray_memory.storage.pending import pending_ids
        from magray_memory.storage.vectors import put_vectors

        with self._vault.read() as connection:
            parts = list(embedded_parts(connection, pending_ids(connection, "", EMBEDDED)))
        if not parts:
            return
        try:
            model = embedder(key)
            texts = [passage_text(part.symbol, part.title, part.text, part.kind) for part in parts]
            for positions, vectors in model.passages(texts):
                with self._vault.write():
                    put_vectors(self._vault, model.key, [parts[at].passage for at in positions], vectors)
        except EmbeddingUnavailable:
            return
        vector_spaces.switch(self._vault, model.key)

    def close(self) -> None:
        """Forget everything."""
        for store in self._stores.values():
            store.close()
        self._vault.close()

    def _store(self, key: str) -> VectorStore:
        from magray_memory.index.vector_store import VectorStore

        if key not in self._stores:
            self._stores[key] = VectorStore(self._vault, key, self._settings)
        return self._stores[key]


def _best(past: Iterable[PastRecord], question: str) -> list[PastRecord]:
    """The records of which most words of the question may stand in the text; the first of them, if equal."""
    prefixes = [term_prefixes([term]) for term in query_tokens(question)]

    def held(numbered: tuple[int, PastRecord]) -> tuple[int, int]:
        number, record = numbered
        text = f"{record.title or ''}\n{record.text}"
        return sum(may_match(text, prefix) for prefix in prefixes), -number

    return [record for _, record in heapq.nlargest(MOST, enumerate(past), key=held)]


def _put(vault: Vault, past: PastRecord, lexical: LexicalIndex) -> None:
    content = Content(
        text=past.text,
        hash=text_digest(past.text),
        title=past.title,
        kind=past.kind,
        tags=past.tags,
        links=(),
        passages=passages_of(redact(past.text).text, redact(past.title or "").text or None, past.kind),
    )
    new = NewRecord(
        uid=str(past.id),
        content=content,
        layer=past.layer,
        created_at=past.created_at,
        stored_at=past.created_at,
        project=past.project,
        session=past.session,
        key=past.key,
        importance=past.importance,
        pinned=past.pinned,
        citation=past.citation,
    )
    records.insert(vault, new, lexical, document_id=past.id)
    records.set_fields(
        vault,
        past.id,
        past.updated_at,
        updated_at=past.updated_at,
        access_count=past.access_count,
        last_access_at=past.last_access_at,
        superseded_by=past.superseded_by,
    )
