"""Named symbols: the passages whose definitions and headings are called what a query asks for.

The table of symbols is asked by name, so that a definition is found however small it is in its passage and
however many passages mention it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.query_terms import QueryTerms, QueryType, share
from magray_memory.search.vault_view import VaultView, reading
from magray_memory.storage.symbols import passages_named
from magray_memory.text.analyzer import tokens
from magray_memory.text.folded_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.search.fusion import PassageRef

MOST = 300
"""Passages of a vault that are looked at for one name: more definitions of it tell no more."""
FILTERED_MOST = 5_000
"""The same where a filter may leave few of them."""
_MAX_NAME = 200
_EDGES = " \t\r\n\"'`«»“”()"
_JOINTS = re.compile(r"\s+>\s+|::|->|[.#:/\\\\]")
_MINOR = frozenset(
    (
        "impl", "extension", "instance", "declaration", "variable", "constant", "field", "property",
        "element", "rule", "column", "namespace", "test", "block", "enum member",
    )
)  # fmt: skip
"""Kinds that name a thing again, one of many, or what they test: functions and types come first."""
OTHER_CASE = 0.8
OTHER_CONTAINER = 0.6


class AskedName(NamedTuple):
    """A name that a query asks for: its last part as typed and folded, what it should lie in (folded, "" for
    anything), what finding it is worth, and whether it is all that the query asks for.
    """

    text: str
    folded: str
    container: str
    worth: float
    whole: bool

    def matches(self, name: str, container: str) -> float:
        """How surely a symbol is the one asked for, 0…1."""
        if name == self.text:
            sure = 1.0
        elif folded(name) == self.folded:
            sure = OTHER_CASE
        else:
            return 0.0
        if self.container and folded(_JOINTS.split(container)[-1]) != self.container:
            sure *= OTHER_CONTAINER
        return sure * self.worth


class NamedMatch(NamedTuple):
    """How surely a passage defines what is asked for, and its rank among those that surely do: 0 for none."""

    sure: float
    rank: int


def asked_names(text: str, terms: QueryTerms, weights: Mapping[str, float]) -> tuple[AskedName, ...]:
    """The names that a query may ask for: the whole of it, as a heading or a name is, and in a longer query
    the words that can only be names.
    """
    whole = text.strip()
    asked: dict[tuple[str, str], AskedName] = {}
    if len(whole) <= _MAX_NAME:
        for spelling in (whole, whole.strip(_EDGES)):
            *outer, last = _JOINTS.split(spelling)
            for name, container in ((spelling, ""), (last, folded(outer[-1]) if outer else "")):
                if name.strip():
                    found = AskedName(name, folded(name), container, 1.0, whole=True)
                    asked.setdefault((found.folded, container), found)
    if terms.type is not QueryType.NAME:
        for name in terms.names:
            if name.coded:
                outer = _JOINTS.split(name.text)[:-1]
                worth = share(weights, frozenset(tokens(name.text)))
                container = folded(outer[-1]) if outer else ""
                found = AskedName(name.last, folded(name.last), container, worth, whole=False)
                asked.setdefault((found.folded, container), found)
    return tuple(asked.values())


def named_matches(
    views: Iterable[VaultView], asked: Sequence[AskedName], *, coded: bool
) -> dict[PassageRef, NamedMatch]:
    """The passages that define one of these names; `coded`: nothing but code is written as the query is."""
    found: dict[PassageRef, NamedMatch] = {}
    for view in views:
        for passage, match in _matches(view, asked, coded).items():
            found[view.number, passage] = match
    return found


@reading
def _matches(view: VaultView, asked: Sequence[AskedName], coded: bool) -> dict[int, NamedMatch]:
    found: dict[int, NamedMatch] = {}
    most = MOST if view.allowed is None else FILTERED_MOST
    for row in passages_named(view.connection, {name.folded for name in asked}, most):
        for name in asked:
            sure = name.matches(row.name, row.container)
            before = found.get(row.passage, NamedMatch(0.0, 0))
            rank = 0
            if name.whole and sure >= OTHER_CASE:
                minor = row.kind in _MINOR or (coded and row.kind == "section")
                rank = _rank(name.text, exact=row.name == name.text, minor=minor)
            if sure:
                found[row.passage] = NamedMatch(max(sure, before.sure), max(rank, before.rank))
    if view.allowed is None:
        return found
    allowed = set(view.allowed.tolist())
    return {passage: match for passage, match in found.items() if passage in allowed}


def _rank(asked: str, *, exact: bool, minor: bool) -> int:
    """1…4: the case as typed comes first among its like, and before all else where a capital was typed."""
    if asked != asked.lower():
        return 1 + 2 * exact + (not minor)
    return 1 + exact + 2 * (not minor)
