"""Ranking of fused passages, by signals: what the query names, the path of a passage, the role of its file.

Every signal is a step with the change it made to the score, so that `--explain` shows the ranking itself and
not a story about it. Signals add a bounded amount, scaled by how sure they are; penalties are factors.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import field

from magray_memory.search import file_roles
from magray_memory.search.definitions import defines, symbol_tokens
from magray_memory.search.query_terms import may_match, share
from magray_memory.text.analyzer import name_tokens, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.search.fusion import Fused, PassageRef
    from magray_memory.search.named_symbols import NamedMatch
    from magray_memory.search.query_terms import QueryTerms
    from magray_memory.search.weights import Weights
    from magray_memory.storage.passages import PassageRow

_AHEAD = 0.01
"""How far the last of those called as the query is stands above the first that is not."""
MERGED_LINES = 160
"""Lines that passages merged into one hit may span."""
MERGE_SHARE = 0.7
"""A neighbour joins the best passage of its file when it has at least this part of its score."""


class Ranked(msgspec.Struct):
    """A passage with its score and the steps to it; `also` are passages that were merged into it, `copies`
    those with the same text elsewhere.
    """

    id: PassageRef
    row: PassageRow
    score: float = 0.0
    changes: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    also: list[Ranked] = field(default_factory=list["Ranked"])
    copies: list[Ranked] = field(default_factory=list["Ranked"])
    confidence: float = 0.0

    def add(self, step: str, change: float) -> None:
        """Change the score by a step, which `--explain` shows; a change of 0 is none."""
        if change:
            self.score += change
            self.changes.append((step, change))

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the passage with all that is merged into it."""
        parts = [self.row, *(other.row for other in self.also)]
        return min(p.start_line for p in parts), max(p.end_line for p in parts)


class RankingQuery(NamedTuple):
    """The query as ranking sees it: terms, what each is worth in a text and in a name, which passages hold a
    quoted phrase, which declare a name without being named after it, and which have a symbol of the name.
    `now` is UTC seconds.
    """

    terms: QueryTerms
    weights: Mapping[str, float]
    name_weights: Mapping[str, float]
    prefixes: tuple[str, ...]
    phrase_matches: Mapping[PassageRef, float]
    declarations: Mapping[PassageRef, float]
    named: Mapping[PassageRef, NamedMatch]
    path_filtered: bool
    now: float
    data_asked: bool = False
    """Whether a filter by language or kind may ask for data."""
    exact: frozenset[PassageRef] = frozenset()
    """Passages of data that hold the whole query as it is written."""


def rank(
    fused: Mapping[PassageRef, Fused],
    rows: Mapping[PassageRef, PassageRow],
    signals: Signals,
    *,
    per_file: int,
) -> list[Ranked]:
    """Hits, best first: at most `per_file` of each document, neighbours merged, and each after a document's
    first lowered. Ids without a row are left out.
    """
    passages = [signals.apply(key, parts, rows[key]) for key, parts in fused.items() if key in rows]
    signals.lead_with_named(passages)
    files: dict[tuple[int, int], list[Ranked]] = {}
    for passage in passages:
        files.setdefault((passage.id[0], passage.row.document), []).append(passage)
    hits: list[Ranked] = []
    for group in files.values():
        if len(group) == 1:
            hits += group
            continue
        group.sort(key=lambda p: (-p.score, p.row.start_line))
        extra = signals.weights.same_file * sum(p.score / 2**i for i, p in enumerate(group[1:4], 1))
        shown = _merge(group, per_file)
        for hit in shown:
            hit.add("same file", extra * hit.score / group[0].score if group[0].score > 0 else 0.0)
        for number, hit in enumerate(shown[1:], 1):
            w = signals.weights
            factor = w.another_hit_code if hit.row.kind == "code" else w.another_hit
            hit.add("another hit", hit.score * (factor**number - 1))
        hits += shown
    return sorted(hits, key=order)


def order(hit: Ranked) -> tuple[float, int, str, int, int]:
    """The key that hits are sorted by: the best first, and what is equally good always alike."""
    return -hit.score, hit.id[0], hit.row.path or "", hit.row.start_line, hit.id[1]


class Signals:
    """The signals of one search. What depends on a symbol or a path alone is computed once."""

    def __init__(self, query: RankingQuery, weights: Weights) -> None:
        self.weights = weights
        self._query = query
        self._asked = _RolesAsked.by(query)
        self._definition = weights.definition_coded if query.terms.coded else weights.definition
        self._layers = {"interact": weights.layer_interact, "insights": weights.layer_insights}
        self._definitions: dict[str, float] = {}
        self._path_steps: dict[str, tuple[tuple[str, float], ...]] = {}
        self._role_factors: dict[str, tuple[tuple[str, float], ...]] = {}

    def apply(self, key: PassageRef, parts: Fused, row: PassageRow) -> Ranked:
        """The passage with its fused score and every signal, in the order in which `--explain` shows them."""
        query, w = self._query, self.weights
        named = query.named.get(key)
        certain = max(
            self._defines(row.symbol),
            query.declarations.get(key, 0.0),
            named.sure if named is not None else 0.0,
        )
        # A heading with the name is about the thing; only code defines it.
        certain *= 1.0 if row.kind == "code" else 0.5
        changes = [
            ("lexical", parts.lexical),
            ("semantic", parts.semantic),
            ("definition", self._definition * certain),
            ("phrase", w.phrase * query.phrase_matches.get(key, 0.0)),
            *self._path(row.path or row.title or ""),
        ]
        score = sum([change for _, change in changes])
        for role, factor in self._roles(row.path, row.part) if row.path is not None else ():
            if role == "data" and (key in query.exact or key in query.phrase_matches):
                continue
            changes.append((role, score * (factor - 1)))
            score *= factor
        age = max(0.0, query.now - row.when) / 86_400
        recent = w.recent * math.exp(-age / w.recent_days) if age < 20 * w.recent_days else 0.0
        layer = self._layers.get(row.layer, 0.0)
        changes += ("recent", recent), ("layer", layer)
        return Ranked(key, row, score + recent + layer, [step for step in changes if step[1]])

    def lead_with_named(self, passages: Sequence[Ranked]) -> None:
        """Lift what is called as the whole query is above all that only speaks of it, in its own order."""
        named = self._query.named
        ranks = [named[p.id].rank if p.id in named else 0 for p in passages]
        for rank_ in sorted(set(ranks) - {0}):
            lifted = [p for p, r in zip(passages, ranks, strict=True) if r == rank_]
            below = [p.score for p, r in zip(passages, ranks, strict=True) if r < rank_]
            # Passages of the same file may add as much to what stands below.
            top = max(below, default=0.0) * (1 + self.weights.same_file)
            change = top - min(p.score for p in lifted) + _AHEAD
            for passage in lifted:
                passage.add("exact name", max(change, 0.0))

    def precompute(self, rows: Iterable[PassageRow]) -> None:
        """Computes all that needs no score, for passages that will surely be ranked."""
        for row in rows:
            self._defines(row.symbol)
            self._path(row.path or row.title or "")
            if row.path is not None:
                self._roles(row.path, row.part)

    def _defines(self, symbol: str) -> float:
        known = self._definitions.get(symbol)
        if known is None:
            query = self._query
            known = self._definitions[symbol] = defines(
                symbol, query.terms, query.name_weights, query.prefixes
            )
        return known

    def _path(self, path: str) -> tuple[tuple[str, float], ...]:
        """What the words of the query in a path or title add."""
        known = self._path_steps.get(path)
        if known is None:
            known = ()
            if may_match(path, self._query.prefixes):
                whole, name, words = _path_tokens(path)
                weights, w = self._query.name_weights, self.weights
                known = (
                    ("path", w.path * share(weights, whole)),
                    ("file name", w.file_name * _name_similarity(weights, name, words)),
                )
            self._path_steps[path] = known
        return known

    def _roles(self, path: str, part: str) -> tuple[tuple[str, float], ...]:
        """The factors of the roles that a file has, but for those that the query asks for.

        The passages of a file are rows of data all together, or none is.
        """
        known = self._role_factors.get(path)
        if known is None:
            asked, w = self._asked, self.weights
            known = self._role_factors[path] = tuple(
                (role, getattr(w, role) ** (w.mentioned if role in asked.mentioned else 1))
                for role in sorted(file_roles.passage_roles(path, part) - asked.wanted)
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
                # A section of prose is read from its heading on; what is below the next one is another.
                if best.row.kind != "code" and other.row.symbol != best.row.symbol:
                    continue
                touches = other.row.start_line <= end + 1 and other.row.end_line >= start - 1
                span = max(end, other.row.end_line) - min(start, other.row.start_line) + 1
                if touches and span <= MERGED_LINES and other.score >= MERGE_SHARE * best.score:
                    best.also.append(other)
                    left.remove(other)
                    grown = True
                    break
        shown.append(best)
    return shown


def _name_similarity(weights: Mapping[str, float], name: frozenset[str], parts: frozenset[str]) -> float:
    """How far a file's name and the query say the same: the geometric mean of the shares they have of each
    other.
    """
    held = share(weights, name)
    return math.sqrt(held * len(parts & weights.keys()) / len(parts)) if held and parts else 0.0


@lru_cache(maxsize=50_000)
def _path_tokens(path: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Tokens of the whole path, those of the file's own name, and the name's parts alone. An `index` or
    `__init__` goes by its folder's name.
    """
    folder, _, name = path.rpartition("/")
    stem = name.split(".")[0] or name
    if stem.lower() in _NAMELESS and folder:
        stem = folder.rpartition("/")[2]
    return frozenset(name_tokens(path)), frozenset(name_tokens(stem)), symbol_tokens(stem)


_NAMELESS = frozenset({"__init__", "index", "mod", "__main__"})


class _RolesAsked(NamedTuple):
    """The file roles that a query asks for, and those that it only mentions.

    What a query asks for stands first or last in it: "tests of the parser", "parser tests". A word in its
    midst may well be about something else: "fail a test on timeout".
    """

    wanted: frozenset[str]
    mentioned: frozenset[str]

    @classmethod
    def by(cls, query: RankingQuery) -> _RolesAsked:
        """What the words and filters of a query say of the roles of files."""
        if query.path_filtered:
            return cls(file_roles.ALL, file_roles.ALL)
        names = [name.text for name in query.terms.names]
        stems = frozenset(query.terms.tokens)
        by_filter = frozenset({"data"}) if query.data_asked else frozenset[str]()
        return cls(
            by_filter | file_roles.asked_for(_spellings(names[:1] + names[-1:])),
            file_roles.asked_for(_spellings(names) | stems),
        )


def _spellings(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words).union(*map(tokens, words))
