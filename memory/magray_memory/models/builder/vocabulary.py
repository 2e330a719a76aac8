"""Vocabulary of the default model: which pieces of the multilingual one are used.

The committed list (`kept_pieces.txt`, one piece a line, in the order of their ids) defines the model.
`choose` makes such a list again from word frequencies and source code; a new list makes a new model with a
new id.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from magray_memory.models.builder.tokenizers_json import MASK, SPECIALS, unigram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from magray_memory.models.builder.sources import Piece

KEPT = Path(__file__).with_name("kept_pieces.txt")
ENGLISH_WORDS, RUSSIAN_WORDS = 150_000, 250_000
SOURCE_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("py", "pyi", "js", "mjs", "ts", "tsx", "rs", "go", "java", "c", "h", "cc", "cpp", "hpp"),
        *("rb", "php", "sh", "sql", "toml", "json", "md", "rst"),
    )
)
SOURCE_BYTES = 1_000_000
"""Larger files are data, not source."""
SOURCE_USES = 2
"""A piece that source code uses once is most often a name of somebody or a word of another language."""


def read_kept(path: Path = KEPT) -> list[str]:
    """The committed pieces, in the order of their ids."""
    return path.read_text("utf-8").removesuffix("\n").split("\n")


def write_kept(pieces: Iterable[str], path: Path = KEPT) -> None:
    """Writes a list that `read_kept` reads."""
    path.write_text("\n".join(pieces) + "\n", "utf-8", newline="\n")


def cut(pieces: Sequence[Piece], kept: Sequence[str]) -> list[int]:
    """Row numbers of the kept pieces in the whole vocabulary. Raises KeyError for one that is not there."""
    rows = {piece.text: row for row, piece in enumerate(pieces)}
    return [rows[text] for text in kept]


def choose(pieces: Sequence[Piece], source_folders: Sequence[Path]) -> list[str]:
    """Pieces that frequent English and Russian words and the source code use, and every single character."""
    # Only who chooses pieces anew needs the package; it comes untyped, with 60 MB of word lists.
    top_n_list: Callable[[str, int], list[str]] = import_module("wordfreq").top_n_list
    tokenizer = Tokenizer.from_str(unigram(pieces))
    words_use: Counter[int] = Counter()
    for language, number in (("en", ENGLISH_WORDS), ("ru", RUSSIAN_WORDS)):
        words = top_n_list(language, number)
        forms = [form for word in words for form in (word, word.capitalize())]
        _count(tokenizer, (" ".join(forms[at : at + 500]) for at in range(0, len(forms), 500)), words_use)
    source_use: Counter[int] = Counter()
    _count(tokenizer, _sources(source_folders), source_use)
    keep = set(range(len(SPECIALS)))
    for row, piece in enumerate(pieces):
        text = piece.text.removeprefix("▁")
        used = words_use[row] or source_use[row] >= SOURCE_USES or len(text) <= 1
        if used and text != MASK and all(_ours(character) for character in text):
            keep.add(row)
    return [pieces[row].text for row in sorted(keep)]


def _count(tokenizer: Tokenizer, texts: Iterable[str], used: Counter[int]) -> None:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 64:
            _count_batch(tokenizer, batch, used)
            batch = []
    _count_batch(tokenizer, batch, used)


def _count_batch(tokenizer: Tokenizer, batch: list[str], used: Counter[int]) -> None:
    for encoding in tokenizer.encode_batch_fast(batch):
        used.update(encoding.ids)


def _sources(folders: Sequence[Path]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file() and path.stat().st_size <= SOURCE_BYTES:
                yield path.read_text("utf-8", errors="ignore")


def _ours(character: str) -> bool:
    """Latin, Cyrillic, digits, punctuation, symbols: not a letter or mark of another script."""
    if not unicodedata.category(character).startswith(("L", "M")):
        return ord(character) < 0x3000 or character in "…№"
    return unicodedata.name(character, "").startswith(
        ("LATIN", "CYRILLIC", "MICRO", "GREEK", "COMBINING", "MODIFIER")
    )
