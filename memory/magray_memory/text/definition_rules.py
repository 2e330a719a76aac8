"""Definition rules: what a line defines, in languages that are chunked by lines."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from magray_memory.text.definition_table import RULES

_TYPE = (
    r"(?!(?:return|await|new|throw|else|yield|in|case|assert|import|export|package|delete|using|typedef|goto|do|if"
    r"|for|while|switch|catch|is|as|not|and|or|print|println|echo)\b)"
    r"[A-Za-z_][\w.:]*(?:<(?:[^<>(){};=]|<(?:[^<>(){};=]|<[^<>(){};=]*>)*>)*>|\[[^\]]*\])?[?*&!]*(?:\[\])?\s+[*&]*"
)
_ARGS = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_WORD = r"[^\W\d]\w*"
_LISP = r"[^\s()\[\]{}\"';]+"
_MODS = (
    "(?:Public|Private|Protected|Friend|Shared|Static|Overridable|Overrides|MustOverride|MustInherit|NotInheritable"
    "|NotOverridable|Partial|ReadOnly|WriteOnly|Default|Async|Shadows|Overloads|Iterator|Declare|PtrSafe|Global)"
)
WEAK = "section"
"""The kind of keys and sections, which name something only at the margin."""
_VALUES = ("constant", "variable")
_ANY_CASE = frozenset(
    ("abap", "ada", "assembly", "batch", "cmake", "cobol", "dockerfile", "fortran", "pascal", "powershell",
     "stata", "vb", "vhdl")
)  # fmt: skip
"""Languages in which the case of a letter does not matter."""
_CLAUSES = frozenset(["erlang", "prolog", "elm", "purescript", "idris", "agda", "mathematica", "rego"])
_NAME = re.compile(r"@(?:\{((?:[^{}\\]|\\.|\{[^{}]*\})*)\})?")
_PLACES = {"TYPE": _TYPE, "ARGS": _ARGS, "MODS": _MODS}


class Defined(NamedTuple):
    """What a line defines: its name, its kind, and whether it is a name for a mere value."""

    name: str
    kind: str
    valued: bool


class DefinitionRules(NamedTuple):
    """The rules of a language as one expression, and the kind of each group that is a name. `clauses`: a name
    that comes again right after itself is the same definition, written in several clauses.
    """

    pattern: re.Pattern[str]
    kinds: tuple[str, ...]
    clauses: bool

    def find(self, line: str) -> Defined | None:
        """What a line defines; None where it defines nothing."""
        match = self.pattern.match(line)
        if match is None or match.lastindex is None:
            return None
        kind = self.kinds[match.lastindex - 1]
        return Defined(match[match.lastindex], kind, kind in _VALUES)


@cache
def definition_rules(language: str) -> DefinitionRules | None:
    """The rules of a language; None where it has none of its own."""
    table = next((rules for names, rules in RULES.items() if language in names.split()), None)
    if table is None:
        return None
    kinds: list[str] = []
    patterns: list[str] = []
    for rule in table.strip().splitlines():
        kind, pattern = rule.split(maxsplit=1)
        for word, meaning in _PLACES.items():
            pattern = pattern.replace(word, meaning)

        def name(match: re.Match[str], kind: str = kind) -> str:
            kinds.append(kind)
            return f"({(match[1] or _WORD).replace('LISP', _LISP)})"

        named = _NAME.sub(name, pattern)
        patterns.append(named[1:] if named.startswith("^") else rf"\s*{named}")
    flags = re.IGNORECASE if language in _ANY_CASE else 0
    return DefinitionRules(re.compile("|".join(patterns), flags), tuple(kinds), language in _CLAUSES)
