"""Text recipe: the text that is embedded for a passage; the revision of vectors, in the embedding key."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from magray_memory.models.default_model import BUNDLED, DEFAULT_ID

if TYPE_CHECKING:
    from magray_memory.models.model import Model

RECIPE_VERSION = 1
"""Raised when another text is made of the same passage."""
VECTOR_REVISION = 2
"""Raised with the recipe, and when the same text gets another vector: 2 runs each text alone."""

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
_MAKERS = ("cpu", "tokenizer")
"""Files that make the vectors; one for a GPU makes the same, in another format."""
_WORD = re.compile(r"\w+|[^\w\s]+")


def passage_text(symbol: str | None, title: str | None, text: str, kind: str) -> str:
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
    heads = f"code\0{symbol or ''}" if kind == "code" else f"prose\0{title or ''}\0{symbol or ''}"
    joined = f"{heads}\0{text}"
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def space_of(model: Model) -> str:
    """Names the vector space of a model: its id and a digest of all that its vectors depend on.

    So another model under the same id is another space. That of the package is known by its id alone, also
    where a copy of it has a file for the GPU.
    """
    digest = _digest(model)
    packaged = model.id == DEFAULT_ID and digest == _package_digest()
    return model.id if packaged else f"{model.id}@{digest}"


def space_in(key: str) -> str:
    """The vector space that an embedding key names, as `space_of` does."""
    return key.rpartition("+r")[0] or key


def model_of(key: str) -> str:
    """The id of the model that an embedding key names."""
    space = space_in(key)
    return space.rpartition("@")[0] or space


def embedding_key(model: Model) -> str:
    """Names what vectors are comparable: those of one space of one revision."""
    return f"{space_of(model)}+r{VECTOR_REVISION}"


def is_current(key: str) -> bool:
    """Whether vectors of this key are still made, by whichever model."""
    return key.endswith(f"+r{VECTOR_REVISION}")


def _digest(model: Model) -> str:
    made_by = sorted((key, file.sha256) for key, file in model.files.items() if key.startswith(_MAKERS))
    facts = [made_by, model.dim, model.max_tokens, model.pooling, model.passage_prefix, model.exported]
    return hashlib.blake2b(repr(facts).encode(), digest_size=4).hexdigest()


@cache
def _package_digest() -> str:
    from magray_memory.models.model import load_model  # parsers import this module and need no models

    return _digest(load_model(BUNDLED / DEFAULT_ID))
