"""Lexical evidence: all that the words of a query say of the candidates, before any cosine is known."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.index.term_statistics import idf
from magray_memory.search.declarations import declarations
from magray_memory.search.definitions import coded_names
from magray_memory.search.file_roles import passage_roles
from magray_memory.search.fusion import PassageRef, lexical_scores
from magray_memory.search.lexical_candidates import measure_coverage, phrase_matches
from magray_memory.search.named_symbols import AskedName, NamedMatch, asked_names, named_matches
from magray_memory.search.query_terms import QueryTerms, term_prefixes
from magray_memory.search.ranking import RankingQuery, Signals
from magray_memory.search.tag_matches import tag_matches
from magray_memory.search.vault_view import VaultView, candidate_rows, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.search.query import SearchQuery
    from magray_memory.search.weights import Weights
    from magray_memory.storage.passages import PassageRow

_EXACT_WORDS = 4
"""Words from which on a text is looked for as it stands; fewer may be a question."""


class LexicalEvidence(NamedTuple):
    """What each term is worth, scores before fusion, matches of quoted phrases and of names, the names that
    are asked for, rows and signals.
    """

    weights: Mapping[str, float]
    scores: dict[PassageRef, float]
    phrase_matches: dict[PassageRef, float]
    named: dict[PassageRef, NamedMatch]
    asked: tuple[AskedName, ...]
    rows: dict[PassageRef, PassageRow]
    signals: Signals
    coverage: float
    """The largest share of the query, by weight, that a passage of any vault holds."""


def gather_evidence(
    query: SearchQuery, terms: QueryTerms, views: list[VaultView], weights: Weights
) -> LexicalEvidence:
    """The evidence for the lexical candidates of these views."""
    worth = _term_weights(views, terms.tokens)
    for view in views:
        if view.lexical:
            measure_coverage(view, worth)
    tagged = {view.number: tag_matches(view, worth) for view in views} if query.mode != "semantic" else {}
    best = max(
        (*(view.coverage for view in views), *(max(t.values(), default=0.0) for t in tagged.values())),
        default=0.0,
    )
    scores = {
        (view.number, passage): score
        for view in views
        for passage, score in lexical_scores(view.lexical, view.coverage, best).items()
    }
    for number, passages in tagged.items():
        for passage, held in passages.items():
            said = scores.get((number, passage), 0.0)
            scores[number, passage] = said + weights.tagged * held * (1 - said)
    phrases = query.phrases if query.mode != "semantic" else ()
    matches = {
        (view.number, passage): value
        for view in views
        if phrases
        for passage, value in phrase_matches(view, phrases).items()
    }
    in_names = _name_weights(views, worth)
    asked = asked_names(query.text, terms, in_names)
    named = named_matches(views, asked, coded=terms.coded) if query.mode != "semantic" else {}
    rows = rows_of(views, scores.keys() | named.keys())
    ranking_query = RankingQuery(
        terms,
        worth,
        in_names,
        term_prefixes(in_names),
        matches,
        _declarations(views, coded_names(terms, in_names)),
        named,
        path_filtered=bool(query.paths),
        now=time.time() if query.now is None else query.now,
        data_asked=bool(query.languages or query.kinds),
        exact=_exact(views, rows, query, terms),
    )
    signals = Signals(ranking_query, weights)
    signals.precompute(rows.values())
    return LexicalEvidence(worth, scores, matches, named, asked, rows, signals, best)


def rows_of(views: list[VaultView], passages: Iterable[PassageRef]) -> dict[PassageRef, PassageRow]:
    """What ranking needs of these passages, each from its vault."""
    wanted: dict[int, list[int]] = {}
    for number, passage in passages:
        wanted.setdefault(number, []).append(passage)
    return {
        (view.number, passage): row
        for view in views
        if view.number in wanted
        for passage, row in candidate_rows(view, wanted[view.number]).items()
    }


def _exact(
    views: list[VaultView], rows: Mapping[PassageRef, PassageRow], query: SearchQuery, terms: QueryTerms
) -> frozenset[PassageRef]:
    """The passages of data that hold the whole query, if that is more than a few plain words."""
    whole = " ".join(query.text.split()).casefold()
    if len(whole.split()) < _EXACT_WORDS and not terms.coded and not any(map(str.isdigit, whole)):
        return frozenset()
    data = {key for key, row in rows.items() if row.path and "data" in passage_roles(row.path, row.part)}
    return frozenset(
        (view.number, passage)
        for view in views
        for passage, text in texts_of(view, [passage for number, passage in data if number == view.number])
        if whole in " ".join(text.split()).casefold()
    )


def _declarations(views: list[VaultView], names: Mapping[str, float]) -> dict[PassageRef, float]:
    """What declares these names among the lexical candidates."""
    return {
        (view.number, passage): sure
        for view in views
        if names and view.lexical
        for passage, sure in declarations(view, names, view.lexical).items()
    }


def _term_weights(views: Sequence[VaultView], terms: Iterable[str]) -> dict[str, float]:
    """What each term is worth: its idf over all vaults together; a term that nobody holds is the rarest."""
    passages = sum(view.passages for view in views)
    return {t: idf(min(passages, sum(view.frequencies.get(t, 0) for view in views)), passages) for t in terms}


def _name_weights(views: Sequence[VaultView], weights: Mapping[str, float]) -> dict[str, float]:
    """What each term is worth in a name: all that occur anywhere the same.

    In a project about reducers that word is common, and still it is what `reducers.ts` is named after; so
    rarity says nothing here. A word that nobody holds can name nothing.
    """
    known = {t: 1.0 for t in weights if any(view.frequencies.get(t) for view in views)}
    return known or dict(weights)
