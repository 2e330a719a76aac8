"""Definition rules: what a line defines, in languages that are chunked by lines."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.definition_table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    member: bool = False
    """It counts only right in the body of what it is a member of, and names no chunk."""


class LineRules(NamedTuple):
    """Rules as one expression, and the kind of each group that is a name."""

    pattern: re.Pattern[str]
    kinds: tuple[str, ...]

    def find(self, line: str) -> tuple[str, str] | None:
        """The name and kind of what a line defines; None where it defines nothing."""
        match = self.pattern.match(line)
        if match is None or match.lastindex is None:
            return None
        return match[match.lastindex], self.kinds[match.lastindex - 1]


class DefinitionRules(NamedTuple):
    """The rules of a language, and those for the members of each kind. `clauses`: a name that comes again
    right after itself is the same definition, written in several clauses.
    """

    anywhere: LineRules
    members: Mapping[str, LineRules]
    clauses: bool

    def find(self, line: str, around: str = "") -> Defined | None:
        """What a line defines right in a definition of the kind `around`; None where it defines nothing."""
        found = self.anywhere.find(line)
        if found is not None:
            return Defined(*found, found[1] in _VALUES)
        members = self.members.get(around)
        found = members.find(line) if members is not None else None
        return Defined(*found, valued=False, member=True) if found is not None else None


@cache
def definition_rules(language: str) -> DefinitionRules | None:
    """The rules of a language; None where it has none of its own."""
    table = next((rules for names, rules in RULES.items() if language in names.split()), None)
    if table is None:
        return None
    anywhere: list[tuple[str, str]] = []
    members: dict[str, list[tuple[str, str]]] = {}
    for rule in table.strip().splitlines():
        label, pattern = rule.split(maxsplit=1)
        outer, _, kind = label.rpartition(">")
        for places in [members.setdefault(each, []) for each in outer.split(",")] if outer else [anywhere]:
            places.append((kind.replace("_", " "), pattern))
    flags = re.IGNORECASE if language in _ANY_CASE else 0
    return DefinitionRules(
        _compiled(anywhere, flags),
        {outer: _compiled(rules, flags) for outer, rules in members.items()},
        language in _CLAUSES,
    )


def _compiled(rules: Iterable[tuple[str, str]], flags: int) -> LineRules:
    """Rules, each a kind and a pattern, as one expression."""
    kinds: list[str] = []
    patterns: list[str] = []
    for kind, pattern in rules:
        for word, meaning in _PLACES.items():
            pattern = pattern.replace(word, meaning)

        def name(match: re.Match[str], kind: str = kind) -> str:
            kinds.append(kind)
            return f"({(match[1] or _WORD).replace('LISP', _LISP)})"

        named = _NAME.sub(name, pattern)
        patterns.append(named[1:] if named.startswith("^") else rf"\s*{named}")
    return LineRules(re.compile("|".join(patterns), flags), tuple(kinds))
