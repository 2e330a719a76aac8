"""Tag matches: passages whose document is filed under a word of the query, as if that word stood in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.search.query_terms import share
from magray_memory.search.vault_view import VaultView, among, reading
from magray_memory.storage.record_facts import first_passages
from magray_memory.storage.tags import passages_with_tags, tagged_documents

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = 8
"""Tags of a vault whose documents are looked at, those first that hold most of the query."""
DOCUMENTS = 25
"""Documents of a tag that are candidates for it alone, the newest."""


@reading
def tag_matches(view: VaultView, weights: Mapping[str, float]) -> dict[int, float]:
    """The share of the query, by weight, that the tags of passages hold: of the lexical candidates, and of
    the first passages of what is filed under its words.
    """
    connection = view.connection
    tags = view.source.tag_words.find(connection, view.source.vault.id, weights)
    view.tagged = bool(tags)
    if not tags:
        return {}
    best = sorted(tags, key=lambda tag: (-share(weights, tags[tag]), -tag))[:TAGS]
    documents = {document for tag in best for document in tagged_documents(connection, tag, DOCUMENTS)}
    passages = among(view, first_passages(connection, documents).values())
    held: dict[int, frozenset[str]] = {}
    for passage, tag in passages_with_tags(connection, {*passages, *view.lexical}, best):
        held[passage] = held.get(passage, frozenset()) | tags[tag]
    return {passage: share(weights, terms) for passage, terms in held.items()}
