"""What text is embedded for a passage. One function, with a version that stands in the embedding key."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.embedding.model import Model

RECIPE_VERSION = 1

CODE_CHARACTERS = 400
"""Characters of code that are embedded, about 120 tokens: 90 passages a second on two cores.

The one trade here, as NDCG@10 of vectors alone / mean tokens, on short questions to source files of six
packages (982 chunks of up to 1,400 characters, best chunk of a file):

    characters            200        300        400        500        600        800
    as it stands      .734/73   .769/107   .779/141          -   .783/205   .805/270
    each word once          -          -   .794/120   .804/144   .798/163          -

Repeats are half of what code says; leaving them out shows the model twice as much of the passage for the
same time. Prose is embedded whole, up to the model's window: a paragraph answers with its last sentence as
well as its first.
"""
_SCAN = 1000
"""Characters of the source searched for words: enough to fill the above, and quick for whole workspaces."""
_WORD = re.compile(r"\w+|[^\w\s]+")


def passage_text(symbol: str | None, title: str | None, text: str, kind: str, language: str | None) -> str:
    """The text that stands for a passage in the vector space; `kind` is `code` or, for prose, anything else.

    Code: the symbol, then each word and run of punctuation of the body once, in order of appearance, cut at
    CODE_CHARACTERS. Prose: title and heading path, then the whole body. White space never counts. Neither
    does the path, so a rename costs no embedding.
    """
    if kind == "code":
        body = " ".join(dict.fromkeys(_WORD.findall(text[:_SCAN])))
        return f"{symbol or ''} {body}"[:CODE_CHARACTERS].strip()
    heads = dict.fromkeys(part for part in (title, symbol) if part)
    return " ".join([*heads, *text.split()]).strip()


def text_hash(symbol: str | None, title: str | None, text: str, kind: str) -> bytes:
    """16 bytes that name what a passage is embedded from: blake2b of all that `passage_text` reads.

    Of what goes in and not of what comes out: a workspace is hashed while it is being made searchable by
    words, and making the texts would take a quarter of that time.
    """
    heads = ("code", symbol) if kind == "code" else ("prose", title, symbol)
    joined = "\0".join(part or "" for part in (*heads, text))
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def model_of(key: str) -> str:
    """The id of the model that an embedding key names."""
    return key.rpartition("+r")[0] or key


def embedding_key(model: Model) -> str:
    """Names a vector space: the model and the recipe. Vectors of different keys are never compared."""
    return f"{model.id}+r{RECIPE_VERSION}"
