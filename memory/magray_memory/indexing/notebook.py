"""Notebook embedding: vectors for the records that have none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, VaultLocked
from magray_memory.storage.lock import IndexerLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.context import Context
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.storage.vault import Vault

NEWEST = 64
"""Passages that are embedded at once; a process of its own does the rest."""


def embed_notebook(
    context: Context, events: EventSender | None = None, should_stop: Callable[[], bool] | None = None
) -> int:
    """Embed the records that are pending; returns how many passages that were.

    What is written while it runs is embedded too. Nothing is done where there is no notebook, another process
    embeds it, or no model runs. Raises StorageError, and Interrupted once `should_stop` is true.
    """
    if not context.home.notebook.is_file():
        return 0
    embedded = 0
    while made := _embed_once(context, events, should_stop):
        embedded += made
    return embedded


def embed_newest(context: Context, vault: Vault) -> bool:
    """Embed the records that were written last, here and now; returns whether others are left.

    For a program that has the model open: what a person has just said does not wait for a process to start,
    nor for all that is embedded before it elsewhere. `vault` is the notebook, open for writing. Raises
    EmbeddingUnavailable, StorageError.
    """
    from magray_memory.models.recipe import passage_text
    from magray_memory.storage import vector_spaces
    from magray_memory.storage.passages import document_details
    from magray_memory.storage.pending import count_pending, newest_pending
    from magray_memory.storage.vectors import pending_passages, put_vectors

    embedder = context.models.of(vector_spaces.serving(vault))
    vector_spaces.begin(vault, embedder.key)
    with vault.read() as connection:
        passages = pending_passages(vault, newest_pending(connection, embedder.key, NEWEST))
        kinds = document_details(connection, {passage.document_id for passage in passages})
    texts = [passage_text(p.symbol, p.title, p.text, kinds[p.document_id].kind) for p in passages]
    for positions, vectors in embedder.passages(texts):
        put_vectors(vault, embedder.key, [passages[at].id for at in positions], vectors)
    with vault.read() as connection:
        return count_pending(connection, embedder.key) > 0


def _embed_once(context: Context, events: EventSender | None, should_stop: Callable[[], bool] | None) -> int:
    from magray_memory.index.lexical import LexicalIndex
    from magray_memory.indexing.embedding_phase import EmbeddingPhase
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.record_passages import redact_passages
    from magray_memory.models.loader import ModelLoader
    from magray_memory.storage.durability import Durability, VaultKind
    from magray_memory.storage.vault import Vault

    durability = Durability(context.settings.storage.durability)
    path = context.home.notebook
    try:
        with (
            Vault.open(path, kind=VaultKind.NOTEBOOK, durability=durability, write=True) as vault,
            IndexerLock(path).acquire(),
        ):
            redact_passages(vault, context.settings.redaction, LexicalIndex(vault))
            phase = EmbeddingPhase(
                vault,
                context.home,
                context.effective,
                durability,
                EventSender() if events is None else events,
                should_stop or _never,
            )
            done = phase.run(ModelLoader(context.models.current))
            return done.embedded + done.reused
    except (VaultLocked, EmbeddingUnavailable):
        return 0


def _never() -> bool:
    return False
