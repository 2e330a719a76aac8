"""Static embedder: approximate vectors of texts by a static table, thousands a second on one core.

Words are cut by white space before the model's tokenizer sees them, as it does itself, so the pieces of a
word are the same in every text: each word is cut once and its pieces are kept.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from magray_memory.errors import MagrayError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from magray_memory.models.static_table import StaticTable

MOST_WORDS = 100_000
"""Words whose pieces are kept: some 20 MB. A large source tree has as many distinct ones."""
_FEW_WORDS = 10_000
_LONGEST_WORD = 200
_WORD_BEGINS = "\u2581"
"""What a tokenizer by SentencePiece has for the white space before a word."""
_AT_ONCE = 32


class StaticEmbedder:
    """Texts into rows of approximate vectors. For one thread."""

    def __init__(self, table: StaticTable, tokenizer: Any, most_words: int = MOST_WORDS) -> None:
        """`tokenizer`: the model's. `most_words`: how many words are kept before all are forgotten."""
        self.table = table
        self._tokenizer = tokenizer
        self._most = most_words
        self._words: dict[str, tuple[int, ...]] = {}
        self._pieces_of = tokenizer.model.tokenize
        self._columns = np.zeros(table.pieces, np.intp)
        self._marked = np.zeros(table.pieces, np.bool_)

    def rows(self, texts: Sequence[str]) -> NDArray[np.uint8]:
        """The approximate vectors as they are stored: uint8 [n, row_bytes]."""
        parts = [self._rows(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, self.table.row_bytes), np.uint8)

    def _rows(self, texts: Sequence[str]) -> NDArray[np.uint8]:
        table = self.table
        found = [self._pieces(text) for text in texts]
        flat = np.fromiter(chain.from_iterable(found), np.intp)
        # Texts of one file share most of their pieces: each is looked up once for all.
        self._marked[flat] = True
        used = np.flatnonzero(self._marked)
        self._marked[used] = False
        self._columns[used] = np.arange(len(used))
        cells = np.repeat(np.arange(len(texts)) * len(used), [len(pieces) for pieces in found])
        cells += self._columns[flat]
        counts = np.bincount(cells, minlength=len(texts) * len(used)).astype(np.float32)
        counts = counts.reshape(len(texts), len(used))
        weights = table.weights[used].astype(np.float32)
        vectors = table.vectors[used] * (weights * table.scales[used])[:, None]
        totals = np.maximum(counts @ weights, 1e-6)
        return table.encode((counts @ vectors / totals[:, None]).astype(np.float32))

    def _pieces(self, text: str) -> list[int]:
        """The pieces of the distinct words of a text."""
        known = self._words
        pieces: list[int] = []
        for word in dict.fromkeys(text.split()):
            cut = known.get(word)
            pieces += self._cut(word) if cut is None else cut
        return pieces

    def _cut(self, word: str) -> tuple[int, ...]:
        start = word[:_LONGEST_WORD]  # what is longer is no word, but data
        if start.isascii() and start.isprintable():  # then normalization changes nothing: half the time
            cut = tuple([token.id for token in self._pieces_of(f"{_WORD_BEGINS}{start}")])
        else:
            # A lone surrogate has no UTF-8 form for the tokenizer.
            clean = start.encode("utf-8", "replace").decode("utf-8")
            cut = tuple(self._tokenizer.encode(clean, add_special_tokens=False).ids)
        if len(self._words) >= self._most:
            self._words.clear()
        self._words[word] = cut
        return cut


def words_for(profile: str) -> int:
    """How many words a process of this resource profile keeps."""
    return _FEW_WORDS if profile == "minimal" else MOST_WORDS


def open_static(folder: Path, most_words: int = MOST_WORDS) -> StaticEmbedder | None:
    """The static embedder of a model folder; None where it has no table, or nothing can cut words here."""
    from magray_memory.models.model import load_model
    from magray_memory.models.onnx.runtime import open_tokenizer
    from magray_memory.models.static_table import table_of

    try:
        model = load_model(folder)
        table = table_of(model)
        return None if table is None else StaticEmbedder(table, open_tokenizer(model), most_words)
    except MagrayError:
        return None
