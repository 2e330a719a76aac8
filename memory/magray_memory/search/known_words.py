"""Known words: whether a word says enough to be looked up unasked, as a name or as a rare word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.search.weights import STOP_WORDS
from magray_memory.storage.symbols import passages_named
from magray_memory.text.analyzer import query_tokens
from magray_memory.text.folded_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.index.open_vaults import OpenVault

RARE = 5
RARE_SHARE = 50
"""A word is rare that no more than five passages hold, or in a larger vault one of fifty."""


def is_known_word(vaults: Iterable[OpenVault], word: str) -> bool:
    """Whether a definition or heading is called so, or the word is rare; a vault that cannot be read says
    nothing.
    """
    held = passages = 0
    terms = query_tokens(word)
    for vault in vaults:
        try:
            with vault.vault.read() as connection:
                if any(row.name == word for row in passages_named(connection, [folded(word)], 100)):
                    return True
                count = vault.vault.counts()[1]
                frequencies = vault.statistics.frequencies(connection, count, terms)
        except MagrayError:
            continue
        passages += count
        held += max((frequencies[term] for term in terms[:1]), default=0)
    return word.lower() not in STOP_WORDS and 0 < held <= max(RARE, passages // RARE_SHARE)
