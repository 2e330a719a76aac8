"""Ranks fused passages: what the query names, where a passage stands, and what its file is.

Every signal is a step with the change it made to the score, so that `--explain` shows the ranking itself and
not a story about it. Signals add a bounded amount, scaled by how sure they are; penalties are factors.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search import file_roles
from magray_memory.search.terms import Name, Shape, Terms, may_match, share
from magray_memory.text.analyzer import name_tokens, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.search.fusion import Fused, Id
    from magray_memory.search.weights import Weights
    from magray_memory.storage.passages import PassageRow

MERGED_LINES = 160
"""Lines that passages merged into one hit may span."""
MERGE_SHARE = 0.7
"""A neighbour joins the best passage of its file when it has at least this part of its score."""

_SYMBOL_JOINTS = re.compile(r"\s*(?:>|::|[.#:/])\s*")
_JOINED = re.compile(r"\s*[,;|]\s+|\s+[·…+&]\s+")


@dataclass(slots=True)
class Ranked:
    """A passage with its score and the steps to it; `also` are passages that were merged into it."""

    id: Id
    row: PassageRow
    score: float = 0.0
    changes: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    also: list[Ranked] = field(default_factory=list["Ranked"])

    def add(self, step: str, change: float) -> None:
        if change:
            self.score += change
            self.changes.append((step, change))

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the passage with all that is merged into it."""
        parts = [self.row, *(other.row for other in self.also)]
        return min(p.start_line for p in parts), max(p.end_line for p in parts)


@dataclass(frozen=True, slots=True)
class Question:
    """The query as ranking sees it: terms, what each is worth, what holds a quoted phrase, what places are
    asked for, and what declares a name without being called after it.
    """

    terms: Terms
    weights: Mapping[str, float]
    naming: Mapping[str, float]
    prefixes: tuple[str, ...]
    phrased: Mapping[Id, float]
    declared: Mapping[Id, float]
    place_given: bool
    now: float


def rank(
    fused: Mapping[Id, Fused], rows: Mapping[Id, PassageRow], signals: Signals, *, per_file: int
) -> list[Ranked]:
    """Hits, best first: at most `per_file` of each document, neighbours merged. Ids without a row are left
    out.
    """
    passages = [signals.apply(key, parts, rows[key]) for key, parts in fused.items() if key in rows]
    files: dict[tuple[int, int], list[Ranked]] = {}
    for passage in passages:
        files.setdefault((passage.id[0], passage.row.document), []).append(passage)
    hits: list[Ranked] = []
    for group in files.values():
        group.sort(key=lambda p: (-p.score, p.row.start_line))
        extra = signals.weights.same_file * sum(p.score / 2**i for i, p in enumerate(group[1:4], 1))
        shown = _merge(group, per_file)
        for hit in shown:
            hit.add("same file", extra * hit.score / group[0].score if group[0].score > 0 else 0.0)
        hits += shown
    hits.sort(key=lambda h: (-h.score, h.id[0], h.row.path or "", h.row.start_line, h.id[1]))
    return hits


class Signals:
    """What each passage of one search gets. What depends on its name or place alone is found once."""

    def __init__(self, question: Question, weights: Weights) -> None:
        self.weights = weights
        self._question = question
        self._asked = _Asked.by(question)
        self._definition = weights.definition_coded if question.terms.coded else weights.definition
        self._layers = {"interact": weights.layer_interact, "insights": weights.layer_insights}
        self._defined: dict[str, float] = {}
        self._placed: dict[str, tuple[tuple[str, float], ...]] = {}
        self._factors: dict[str, tuple[tuple[str, float], ...]] = {}

    def apply(self, key: Id, parts: Fused, row: PassageRow) -> Ranked:
        """The passage with its fused score and every signal, in the order in which `--explain` shows them."""
        question, w = self._question, self.weights
        certain = max(self._defines(row.symbol), question.declared.get(key, 0.0))
        # A heading with the name is about the thing; only code defines it.
        certain *= 1.0 if row.kind == "code" else 0.5
        changes = [
            ("lexical", parts.lexical),
            ("semantic", parts.semantic),
            ("definition", self._definition * certain),
            ("phrase", w.phrase * question.phrased.get(key, 0.0)),
            *self._place(row.path or row.title or ""),
        ]
        score = sum([change for _, change in changes])
        for kind, factor in self._kinds(row.path) if row.path is not None else ():
            changes.append((kind, score * (factor - 1)))
            score *= factor
        age = max(0.0, question.now - row.when) / 86_400
        recent = w.recent * math.exp(-age / w.recent_days) if age < 20 * w.recent_days else 0.0
        layer = self._layers.get(row.layer, 0.0)
        changes += ("recent", recent), ("layer", layer)
        return Ranked(key, row, score + recent + layer, [step for step in changes if step[1]])

    def foresee(self, rows: Iterable[PassageRow]) -> None:
        """Finds all that needs no score, for passages that will surely be ranked."""
        for row in rows:
            self._defines(row.symbol)
            self._place(row.path or row.title or "")
            if row.path is not None:
                self._kinds(row.path)

    def _defines(self, symbol: str) -> float:
        known = self._defined.get(symbol)
        if known is None:
            known = self._defined[symbol] = definition(symbol, self._question)
        return known

    def _place(self, place: str) -> tuple[tuple[str, float], ...]:
        """What the query's words in a path or title add."""
        known = self._placed.get(place)
        if known is None:
            known = ()
            if may_match(place, self._question.prefixes):
                where, name, words = _place_tokens(place)
                naming, w = self._question.naming, self.weights
                known = (
                    ("path", w.path * share(naming, where)),
                    ("file name", w.file_name * _alike(naming, name, words)),
                )
            self._placed[place] = known
        return known

    def _kinds(self, path: str) -> tuple[tuple[str, float], ...]:
        """The factors of the kinds of place that a file stands in, but for those that the query asks for."""
        known = self._factors.get(path)
        if known is None:
            asked, w = self._asked, self.weights
            known = self._factors[path] = tuple(
                (kind, getattr(w, kind) ** (w.mentioned if kind in asked.of else 1))
                for kind in sorted(file_roles.kinds_of(path) - asked.for_)
            )
        return known


def _merge(group: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The best passages of a file, each grown by good neighbours; `group` is sorted, best first."""
    shown: list[Ranked] = []
    left = list(group)
    while left and len(shown) < limit:
        best = left.pop(0)
        grown = True
        while grown:
            start, end = best.lines
            grown = False
            for other in left:
                touches = other.row.start_line <= end + 1 and other.row.end_line >= start - 1
                span = max(end, other.row.end_line) - min(start, other.row.start_line) + 1
                if touches and span <= MERGED_LINES and other.score >= MERGE_SHARE * best.score:
                    best.also.append(other)
                    left.remove(other)
                    grown = True
                    break
        shown.append(best)
    return shown


def definition(symbol: str, question: Question) -> float:
    """How sure it is that a passage defines what the query names, 0…1.

    The same name in the same case is certain when the name is the query; a name inside a question is what it
    is about or only mentions, so it counts with its share of the question. Plain words count when they are
    most of a name.
    """
    if not symbol or not may_match(symbol, question.prefixes):
        return 0.0
    named = _named(symbol)
    if named.tokens.isdisjoint(question.naming):
        return 0.0
    best = 0.0
    alone = question.terms.shape is Shape.NAME
    for part in named.symbols:
        for name in question.terms.names:
            same = _same(name, part)
            if same and not alone:
                same *= share(question.naming, frozenset(tokens(name.text))) if name.coded else 0.0
            best = max(best, same)
        if not alone:
            best = max(best, 0.5 * _overlap(part[-1], question.naming))
    return best


def written(question: Terms, naming: Mapping[str, float]) -> dict[str, float]:
    """The names of a query that can only be code, and what declaring each is worth, as in `definition`."""
    alone = question.shape is Shape.NAME
    coded = {name.last: name for name in question.names if name.coded}
    return {last: 1.0 if alone else share(naming, frozenset(tokens(n.text))) for last, n in coded.items()}


def _same(name: Name, symbol: tuple[str, ...]) -> float:
    last = symbol[-1]
    if last == name.last:
        same = 1.0
    elif last.lower() == name.last.lower():
        same = 0.8
    else:
        return 0.0
    if name.text != name.last and len(symbol) > 1:
        parent = _SYMBOL_JOINTS.split(name.text)[-2:-1]
        return same if parent and parent[0].lower() == symbol[-2].lower() else same * 0.6
    return same


def _overlap(name: str, weights: Mapping[str, float]) -> float:
    """How far a symbol's name and the query say the same: the shares each has of the other, multiplied."""
    parts = _name_tokens(name)
    known = sum(1 for token in parts if token in weights)
    return known / len(parts) * share(weights, parts) if known else 0.0


def _alike(weights: Mapping[str, float], name: frozenset[str], parts: frozenset[str]) -> float:
    """How far a file's name and the query say the same: the geometric mean of the shares they have of each
    other.
    """
    held = share(weights, name)
    return math.sqrt(held * len(parts & weights.keys()) / len(parts)) if held and parts else 0.0


class _Named(NamedTuple):
    """The names of a passage, each as its parts, and the tokens of their last parts."""

    symbols: tuple[tuple[str, ...], ...]
    tokens: frozenset[str]


@lru_cache(maxsize=50_000)
def _named(symbol: str) -> _Named:
    split = (tuple(p for p in _SYMBOL_JOINTS.split(one) if p) for one in _JOINED.split(symbol))
    symbols = tuple(part for part in split if part)
    return _Named(symbols, frozenset(token for part in symbols for token in tokens(part[-1])))


@lru_cache(maxsize=50_000)
def _name_tokens(name: str) -> frozenset[str]:
    """The parts of a name. The whole identifier, which the analyzer gives first, is no further part of it."""
    found = tokens(name)
    return frozenset(found[1:] if len(found) > 2 else found)


@lru_cache(maxsize=50_000)
def _place_tokens(path: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Tokens of the whole path, those of the file's own name, and the name's parts alone. An `index` or
    `__init__` goes by its folder's name.
    """
    folder, _, name = path.rpartition("/")
    stem = name.split(".")[0] or name
    if stem.lower() in _NAMELESS and folder:
        stem = folder.rpartition("/")[2]
    return frozenset(name_tokens(path)), frozenset(name_tokens(stem)), _name_tokens(stem)


_NAMELESS = frozenset({"__init__", "index", "mod", "__main__"})


class _Asked(NamedTuple):
    """The kinds of places that a query asks for, and those that it speaks `of`.

    What a query asks for stands first or last in it: "tests of the parser", "parser tests". A word in its
    midst may well be about something else: "fail a test on timeout".
    """

    for_: frozenset[str]
    of: frozenset[str]

    @classmethod
    def by(cls, question: Question) -> _Asked:
        if question.place_given:
            return cls(file_roles.ALL, file_roles.ALL)
        names = [name.text for name in question.terms.names]
        stems = frozenset(question.terms.tokens)
        return cls(
            file_roles.asked_for(_spellings(names[:1] + names[-1:])),
            file_roles.asked_for(_spellings(names) | stems),
        )


def _spellings(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words).union(*map(tokens, words))
