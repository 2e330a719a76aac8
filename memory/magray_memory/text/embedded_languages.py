"""Pages that hold other languages: the scripts and styles of HTML, Vue, Svelte and Astro files.

The page is divided by rows into parts of one language each; tags stay with the markup around them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = {"html": 1_400, "vue": 0, "svelte": 0, "astro": 0}
"""Languages of pages, and how many characters a script or a style must have to be a part of its own."""

_OPENING = re.compile(r"^[ \t]*<(?P<tag>script|style)\b(?P<attributes>[^>\n]*)>[ \t]*\r?$", re.IGNORECASE)
_TYPE = re.compile(r"""\b(?:lang|type)\s*=\s*["']?(?:text/|application/)?([\w+-]+)""", re.IGNORECASE)
_SCRIPTS = {
    "ts": "typescript",
    "typescript": "typescript",
    "tsx": "tsx",
    "js": "javascript",
    "jsx": "javascript",
    "javascript": "javascript",
    "module": "javascript",
    "": "javascript",
    "css": "css",
    "scss": "scss",
}


class Part(NamedTuple):
    """Rows `[start, end)` of a page and the language they are in."""

    start: int
    end: int
    language: str


def parts_of(text: str, language: str) -> list[Part]:
    """The parts of a page in order, which tile its rows; markup, also that of Vue and the like, is "html"."""
    lines = Lines(text)
    parts: list[Part] = []
    place = 0
    for inner in _inner(text, language):
        if lines.size(inner.start, inner.end) < PAGES[language]:
            continue
        if inner.start > place:
            parts.append(Part(place, inner.start, "html"))
        parts.append(inner)
        place = inner.end
    if place < lines.count:
        parts.append(Part(place, lines.count, "html"))
    return parts


def _inner(text: str, language: str) -> Iterator[Part]:
    """The rows between `<script>` and `</script>`, `<style>` and `</style>`, and the fences of Astro."""
    rows = text.split("\n")
    row = 0
    if language == "astro" and rows[0].strip() == "---":
        end = next((at for at in range(1, len(rows)) if rows[at].strip() == "---"), 0)
        if end > 1:
            yield Part(1, end, "typescript")
        row = end
    while row < len(rows):
        opening = _OPENING.match(rows[row][:500])
        row += 1
        if opening is None:
            continue
        closing = f"</{opening['tag'].lower()}"
        end = next((at for at in range(row, len(rows)) if closing in rows[at].lower()), len(rows))
        kind = _TYPE.search(opening["attributes"])
        name = kind[1].lower() if kind else ("css" if opening["tag"].lower() == "style" else "")
        if name in _SCRIPTS and row < end < len(rows):
            yield Part(row, end, _SCRIPTS[name])
        row = end
