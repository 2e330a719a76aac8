"""Record passages: what is searched of a record's text, made when it is written and when rules change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.indexing.parse import clean
from magray_memory.storage import records
from magray_memory.storage.documents import NewPassage
from magray_memory.storage.record_lists import without_passages
from magray_memory.storage.redactions import RULES, stored_texts
from magray_memory.text.redaction import redact, rules_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.config import RedactionSettings
    from magray_memory.storage.documents import LexicalWriter
    from magray_memory.storage.vault import Vault
    from magray_memory.text.chunk_types import Chunk


def passages_of(
    text: str, title: str | None, kind: str, chunks: Sequence[Chunk] | None = None
) -> tuple[NewPassage, ...]:
    """The passages of a record's text, lines counted from 1. `chunks`: those of the text, where they are
    made already.
    """
    from magray_memory.models.recipe import text_hash
    from magray_memory.text.chunk import chunk
    from magray_memory.text.stored_symbols import stored_symbols

    found: list[NewPassage] = []
    for piece in chunk("", text, language="markdown").chunks if chunks is None else chunks:
        symbol = clean(piece.symbol)
        if title is not None and title not in symbol:
            symbol = f"{title}: {symbol}" if symbol else title  # the words of the title are found there
        named = text_hash(symbol, title, piece.text, kind)
        lines, symbols = (piece.start_line, piece.end_line), stored_symbols(piece).text
        found.append(NewPassage(*lines, symbol, piece.kind, piece.text, named, symbols))
    return tuple(found)


def redact_passages(vault: Vault, settings: RedactionSettings, lexical: LexicalWriter) -> int:
    """Make the passages of those records again that hold what the rules of now take out; how many that were.

    The text itself stays as it was stored, and is redacted whenever it is read: a rule may err, and nothing
    could bring the text back.
    """
    if vault.meta(RULES) == rules_version(settings):
        return 0
    with vault.write() as connection:
        found = {row[0] for row in stored_texts(connection) if redact(row[3], settings).counts}
        _cut_again(vault, sorted(found), settings, lexical)
        vault.set_meta(RULES, rules_version(settings))
    return len(found)


def cut_uncut(vault: Vault, settings: RedactionSettings, lexical: LexicalWriter) -> int:
    """Make the passages of those records that have none and are not in the trash; how many that were."""
    with vault.write():
        found = without_passages(vault)
        _cut_again(vault, found, settings, lexical)
    return len(found)


def _cut_again(
    vault: Vault, numbers: Sequence[int], settings: RedactionSettings, lexical: LexicalWriter
) -> None:
    for stored in records.get(vault, numbers):
        text, title = redact(stored.text, settings), redact(stored.title or "", settings)
        passages = passages_of(text.text, title.text or None, stored.kind)
        records.replace_passages(vault, {stored.id: passages}, lexical)
