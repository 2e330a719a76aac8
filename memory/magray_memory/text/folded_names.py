"""Folded names: the form in which the names of definitions and headings are stored and looked up."""

from __future__ import annotations

import unicodedata

_SIGILS = "$@#."


def folded(name: str) -> str:
    """The name without differences of case, white space and Unicode form, and without a sigil before it."""
    if name.isascii() and name.isidentifier():
        return name.lower()
    if not name.isascii():
        name = unicodedata.normalize("NFC", name).casefold()
    name = name.lower()
    if " " in name or "\n" in name or "\t" in name:
        name = " ".join(name.split())
    return (name.lstrip(_SIGILS) or name) if name[:1] in _SIGILS else name
