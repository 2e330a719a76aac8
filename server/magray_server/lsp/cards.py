"""Hover cards, in Markdown or plain text: a few passages that have a name in them, or the head of a note."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from magray_memory.values import Hit

SHOWN = 4
RULE = "\n\n---\n\n"
_NOTE_LINES = 8
_BACKTICKS = re.compile(r"`+")


def of_hits(
    word: str, hits: Iterable[Hit], uri: Callable[[Hit], str | None], *, markdown: bool
) -> str | None:
    """Records and notes first, then code; nothing at all is better than what has not even the word in it."""
    needle = word.casefold()
    near = [
        hit for hit in hits if needle in f"{hit.snippet}\n{hit.symbol}\n{hit.title}\n{hit.path}".casefold()
    ]
    shown = sorted(near, key=lambda hit: (hit.path is not None, hit.kind == "code"))[:SHOWN]
    if not shown:
        return None
    if not markdown:
        return "\n\n".join(f"{_name(hit)}{_position(hit)}\n{_indented(hit.snippet)}" for hit in shown)
    return RULE.join(_entry(hit, uri(hit)) for hit in shown)


def of_note(title: str | None, path: str, uri: str, text: str, *, markdown: bool) -> str:
    """The first lines of a note, without what it says of itself and without its heading."""
    from magray_memory.values import front_matter

    lines = text.splitlines()[front_matter(text).rows :]
    while lines and (not lines[0].strip() or lines[0].lstrip("# ").strip() == (title or "")):
        del lines[0]
    head = "\n".join(lines[:_NOTE_LINES]).rstrip()
    if not markdown:
        return f"{title or path} · {path}\n\n{head}".rstrip()
    # A fence that is cut off would swallow whatever the editor shows below.
    if sum(line.lstrip().startswith("```") for line in lines[:_NOTE_LINES]) % 2:
        head += "\n```"
    return f"{_link(title or path, uri)} · {_code(path)}\n\n{head}".rstrip()


def name(text: str, *, markdown: bool) -> str:
    """A name as it is written, in a code span where there are such."""
    return _code(text) if markdown else text


def _entry(hit: Hit, uri: str | None) -> str:
    link = _code(_name(hit)) if uri is None else _link(_name(hit), f"{uri}#L{hit.snippet_line}")
    position = f" · {_code(f'{hit.path}:{hit.snippet_line}')}" if hit.path else ""
    language = (hit.language or "text") if hit.kind in ("code", "doc") else "text"
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(hit.snippet)), default=0))
    return f"{link}{position}\n{fence}{language}\n{hit.snippet}\n{fence}"


def _name(hit: Hit) -> str:
    return " ".join((hit.symbol or hit.title or hit.path or "a record").split())


def _position(hit: Hit) -> str:
    return f" · {hit.path}:{hit.snippet_line}" if hit.path else ""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _link(name: str, uri: str) -> str:
    return f"[{_code(name)}]({uri})"


def _code(text: str) -> str:
    """The text as it is, in a code span: nothing in it is markup, and nothing has to be escaped."""
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
