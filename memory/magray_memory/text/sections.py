"""Sections of a document with their heading paths, by the rules of its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.text.front_matter import front_matter

if TYPE_CHECKING:
    from magray_memory.text.section_chunker import Section


def sections_of(language: str, text: str) -> list[Section]:
    """The sections of a text in order; the first has no heading where the text begins without one."""
    if language == "markdown":
        from magray_memory.text.markdown import Outline

        return Outline(text, front_matter(text).rows).sections
    if language == "restructuredtext":
        from magray_memory.text.rst import Outline as RstOutline

        return RstOutline(text).sections
    from magray_memory.text.plain import find_sections

    return find_sections(text, language)
