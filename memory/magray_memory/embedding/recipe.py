"""What text is embedded for a passage. One function, with a version that stands in the embedding key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.embedding.model import Model

RECIPE_VERSION = 1
CODE_CHARACTERS = 600


def passage_text(symbol: str | None, title: str | None, text: str, kind: str, language: str | None) -> str:
    """The text that stands for a passage in the vector space.

    The symbol (of prose: title and heading path) leads, the body follows with runs of white space as one space, as
    the tokenizer would have it. Code is cut at CODE_CHARACTERS, prose is whole. The path is not in it, so a rename
    costs no embedding; neither is anything after the cut, so an edit there costs none either.
    """
    if kind == "code":
        # So many words fill the cut even if each is one character; the rest of a long text is not split.
        body = " ".join(text.split(None, CODE_CHARACTERS // 2))
        head = symbol or ""
        return f"{head} {body}"[:CODE_CHARACTERS].strip()
    body = " ".join(text.split())
    heads = dict.fromkeys(part for part in (title, symbol) if part)
    return " ".join([*heads, body]).strip()


def text_hash(text: str) -> bytes:
    """16 bytes that name an embedded text: blake2b of its UTF-8."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def embedding_key(model: Model) -> str:
    """Names a vector space: the model and the recipe. Vectors of different keys are never compared."""
    return f"{model.id}+r{RECIPE_VERSION}"
