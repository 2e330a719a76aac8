"""Document ids as people and programs see them: the vault, and the document's number in it.

`n17` is a document of the notebook, `w3f9a2c1b.17` one of the workspace vault whose id begins with
`3f9a2c1b`. A vault's id comes from its folder alone, so a document has the same id whichever other folders
are open.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORT_DIGITS = 8
"""Hexadecimal digits of a vault's id that are printed: two of a thousand folders share them once in 8,600."""
_ID = r"n([1-9][0-9]{0,18})|w([0-9a-f]{8,16})\.([1-9][0-9]{0,18})"
_LARGEST = 2**63 - 1


class DocumentId(NamedTuple):
    """A document among all vaults. `vault` is the 16 digits of `storage.home.vault_id`, None the notebook."""

    vault: str | None
    number: int


def format_document_id(document: DocumentId, vaults: Iterable[str | None]) -> str:
    """The id as printed: 8 digits, or 16 where another of `vaults`, the open ones, has the same first 8."""
    vault, number = document
    if vault is None:
        return f"n{number}"
    short = vault[:SHORT_DIGITS]
    shared = any(other is not None and other != vault and other.startswith(short) for other in vaults)
    return f"w{vault if shared else short}.{number}"


def parse_document_id(text: str, vaults: Iterable[str | None]) -> DocumentId:
    """The document that a printed id names; of a vault's id, 8 to 16 digits that fit one of `vaults`.

    Raises QueryError for what is no id, for a vault that is not among `vaults`, and for digits that fit
    several.
    """
    match = re.fullmatch(_ID, text.strip().lower())
    if match is None or int(match[1] or match[3]) > _LARGEST:
        raise QueryError(f"{text!r} is no id of a document", "", "an id that a search printed, as n17")
    if match[1]:
        return DocumentId(None, int(match[1]))
    fitting = {vault for vault in vaults if vault is not None and vault.startswith(match[2])}
    if not fitting:
        raise QueryError(f"{text!r} names no document", "no open folder has this id", "magray vault list")
    if len(fitting) > 1:
        raise QueryError(f"{text!r} names several documents", "", "the id with all 16 digits of its folder")
    return DocumentId(fitting.pop(), int(match[3]))
