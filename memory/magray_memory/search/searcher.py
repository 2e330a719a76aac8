"""Searcher: one search over several vaults, by words and by vectors, in one ranking; what could not take part
is reported.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.search.confidence import Evidence, rate, runner_up
from magray_memory.search.filters import apply_filters
from magray_memory.search.fusion import PassageRef, fuse, lexical_share, semantic_scores
from magray_memory.search.hits import SearchAnswer, UnmatchedFilter
from magray_memory.search.lexical_candidates import find_lexical
from magray_memory.search.lexical_evidence import LexicalEvidence, gather_evidence, rows_of
from magray_memory.search.places import Sought
from magray_memory.search.presentation import Presented, present
from magray_memory.search.query import DEFAULT_K, SearchQuery, loose_name, parse, without
from magray_memory.search.query_terms import QueryTerms, QueryType, query_terms
from magray_memory.search.ranking import Ranked, rank
from magray_memory.search.record_ranking import add_records, candidate_facts, rank_records
from magray_memory.search.selection import select
from magray_memory.search.semantic_candidates import (
    QueryVector,
    answering_space,
    approximate_share,
    cosines,
    embed_query,
    search_indexes,
    view_indexes,
)
from magray_memory.search.vault_view import UnreadableError, open_view, pending
from magray_memory.search.wanted_passages import wanted_passages
from magray_memory.search.weights import CONFIDENCE_RELATED, POOL, WEIGHTS, Weights
from magray_memory.storage.row_checksums import BY_DAMAGED_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.static_table import StaticTable
    from magray_memory.search.named_symbols import AskedName
    from magray_memory.search.presentation import CheckSource
    from magray_memory.search.record_ranking import RecordRef
    from magray_memory.search.vault_view import Neighbours, VaultView
    from magray_memory.storage.record_facts import RecordFacts

_REREAD = "run `magray index`, which reads their files again"


class _Run(msgspec.Struct, eq=False):
    """What one search gathers on its way."""

    query: SearchQuery
    terms: QueryTerms
    started: float
    unreadable: list[str] = msgspec.field(default_factory=list[str])
    """Why vaults could not be read, a sentence each."""
    damaged: list[str] = msgspec.field(default_factory=list[str])
    """Of which vaults some texts could not be read, a sentence each."""
    problems: list[str] = msgspec.field(default_factory=list[str])
    """What else could not take part, a sentence each."""
    unmatched: list[UnmatchedFilter] = msgspec.field(default_factory=list[UnmatchedFilter])
    """The filters that fit nothing."""
    searched: bool = False
    """Whether any passage could answer."""
    semantic: bool = False
    """Whether vectors took part."""
    device: str | None = None

    @property
    def limit(self) -> int:
        """Candidates to take by words, and by vectors."""
        return max(POOL, 10 * self.query.k)


def _no_table() -> StaticTable | None:
    return None


class Searcher:
    """Searches the given vaults together. Opens nothing until the first search needs it; safe in several
    threads.

    `embedder` gives the embedder for an embedding key (None: the one of the settings), the same one each
    time, or raises EmbeddingUnavailable; then search is lexical and says so. `per_file` is how many hits one
    file may have; `check` tells whether the source of a record still holds. `on_wanted` gets candidates that
    the model has not read yet: the file of their vault, and their ids, the best last. `static_table` is that
    of the model of the settings, for what is answered without a model.
    """

    def __init__(
        self,
        vaults: Sequence[OpenVault],
        embedder: Callable[[str | None], Embedder],
        *,
        per_file: int = 3,
        weights: Weights = WEIGHTS,
        check: CheckSource | None = None,
        on_wanted: Callable[[Path, Sequence[int]], object] | None = None,
        static_table: Callable[[], StaticTable | None] = _no_table,
    ) -> None:
        self._static_table = static_table
        self._on_wanted = on_wanted
        self.vaults = tuple(vaults)
        self._embedder = embedder
        self._per_file = per_file
        self._weights = weights
        self._check = check
        self._worker = ThreadPoolExecutor(1, "magray-query")

    def close(self) -> None:
        """Ends the thread that embeds queries."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Ranked hits for a query. A query without a word, or with k = 0, has none.

        Raises nothing for what it can answer without: a missing model, a broken index or a damaged vault is
        reported in `degraded`, and the other vaults, or words alone, answer.
        """
        terms = query_terms(query.text)
        run = _Run(query, terms, time.perf_counter())
        if not terms or query.k == 0:
            return self._answer(run, [])
        return self._in_readable_vaults(run, lambda views: self._search(run, views))

    def _search(self, run: _Run, views: list[VaultView]) -> SearchAnswer:
        vector: Future[QueryVector] | None = None
        near: Future[dict[int, Neighbours]] | None = None
        # The vector space is what serves in this very transaction: an answer is never of two.
        key = answering_space(views)
        if run.query.loose:
            run = _settled(run, views)
        if run.query.mode != "lexical":
            vector = self._worker.submit(embed_query, self._embedder, run.query.text, key)
        for view in views:
            apply_filters(view, run.query)
        if run.query.filtered and any(view.unmatched or view.empty for view in views):
            from magray_memory.search.unmatched_filters import unmatched_filters

            run.unmatched = unmatched_filters(views, run.query)
        live = [view for view in views if not view.empty]
        if vector is not None:
            near = self._worker.submit(search_indexes, vector, view_indexes(live, key), run.limit)
        # Without a vector a search by meaning alone still answers, by words: so they are always looked up,
        # while the worker embeds the question and compares it.
        for view in live:
            find_lexical(view, run.terms.tokens, run.limit)
        evidence = gather_evidence(run.query, run.terms, live, self._weights)
        facts = candidate_facts(live, evidence.rows)
        if near is not None:
            for view in live:
                view.neighbours = near.result().get(view.number)
        ranked = self._rank(run, live, evidence, facts, vector.result() if vector is not None else None)
        return self._answer(run, ranked, views, evidence.weights, evidence.asked)

    def related(self, root: Path, path: str, line: int | None = None, k: int = DEFAULT_K) -> SearchAnswer:
        """Passages like those at a line of a file, or like the whole file; no model is needed.

        `root` is the root of one of the vaults, `path` relative to it. Raises WorkspaceError when the file is
        not in the index, QueryError for a line below 1 or a negative k. A root without a vault has no hits.
        """
        query = msgspec.structs.replace(
            parse("", k=k, mode="semantic"), raw=path if line is None else f"{path}:{line}"
        )
        run = _Run(query, query_terms(""), time.perf_counter())
        if k == 0:
            return self._answer(run, [])
        return self._in_readable_vaults(run, lambda views: self._related(run, views, root, path, line))

    def _related(
        self, run: _Run, views: list[VaultView], root: Path, path: str, line: int | None
    ) -> SearchAnswer:
        of_root = [view for view in views if view.source.root == root]
        if not of_root:
            return self._answer(run, [], views)
        from magray_memory.search import related

        inside = (view for view in of_root if path not in view.source.hidden())
        location = related.find_location(inside, path, line)
        live = [view for view in views if not view.empty]
        terms = related.typical_terms(location)
        scores, problems = related.similar_by_vectors(location, live, run.limit, self._static_table)
        run.semantic = bool(scores)
        wording = "{}" if run.semantic else "found by words only: {}"
        run.problems += [wording.format(problem) for problem in problems]
        if not scores:
            scores = related.similar_by_terms(live, terms, run.limit)
        run.searched = True
        ranked = related.rank_related(
            location, live, scores, self._weights, semantic=run.semantic, per_file=self._per_file
        )
        shown = select(ranked, live, run.query.k)
        if run.semantic:
            rate(shown, live, Evidence(scores, {}, 0.0), runner_up(ranked), CONFIDENCE_RELATED)
        else:
            rate(shown, live, Evidence({}, terms, 1.0), runner_up(ranked))
        return self._answer(run, shown, views, terms)

    def _in_readable_vaults(
        self, run: _Run, search: Callable[[list[VaultView]], SearchAnswer]
    ) -> SearchAnswer:
        """Searches one state of each vault; again without a vault that proves unreadable."""
        vaults = [v for v in self.vaults if run.query.within in ("all", v.name)]
        while True:
            try:
                with ExitStack() as stack:
                    return search([open_view(stack, number, vault) for number, vault in enumerate(vaults)])
            except UnreadableError as failure:
                if failure.rows and failure.vault.vault.db.read_leniently():
                    failure.vault.vault.mark_row_damage()
                    run.damaged.append(f"some texts of the {failure.vault.name} are damaged: {_REREAD}")
                else:
                    if failure.damaged and failure.vault.vault.kind.derived:
                        failure.vault.vault.mark_row_damage()
                    vaults = [vault for vault in vaults if vault is not failure.vault]
                    run.unreadable.append(failure.why)
            except BY_DAMAGED_ROWS:
                from magray_memory.index.altered_rows import find_altered

                damaged = [vault for vault in vaults if not vault.transient and find_altered(vault.vault)]
                if not damaged:
                    raise
                vaults = [vault for vault in vaults if vault not in damaged]
                for vault in damaged:
                    vault.vault.mark_row_damage()
                    run.unreadable.append(f"the {vault.name} was left out: rows of it are damaged: {_REREAD}")
            run.problems.clear()

    def _rank(
        self,
        run: _Run,
        live: list[VaultView],
        evidence: LexicalEvidence,
        facts: Mapping[RecordRef, RecordFacts],
        vector: QueryVector | None,
    ) -> list[Ranked]:
        run.searched = bool(live)
        near = self._cosines(run, live, vector) if vector is not None else {}
        run.semantic = bool(near)
        lexical = {} if run.semantic and run.query.mode == "semantic" else evidence.scores
        fused = fuse(lexical, semantic_scores(near), self._lexical_share(run, live, evidence, vector))
        exact = evidence.phrase_matches.keys() | evidence.named.keys()
        fused = {**fuse(dict.fromkeys(exact, 0.0), {}, 0.0), **fused}
        rows = evidence.rows | rows_of(live, fused.keys() - evidence.rows.keys())
        if self._on_wanted is not None and run.query.mode != "lexical":
            for view in live:
                if wanted := wanted_passages(view, fused):
                    self._on_wanted(view.source.vault.path, wanted)
        records = add_records(live, run.query, fused, rows, facts)
        rows |= rows_of(live, fused.keys() - rows.keys())
        ranked = rank(fused, rows, evidence.signals, per_file=self._per_file)
        ranked = rank_records(ranked, records, run.query, self._weights)
        shown = select(ranked, live, run.query.k)
        usual = vector is None or vector.model is None or vector.model.model.id == DEFAULT_ID
        named = evidence.named.keys()
        found = Evidence(near, evidence.weights, evidence.coverage, named, usual)
        rate(shown, live, found, runner_up(ranked))
        return shown

    def _lexical_share(
        self, run: _Run, live: list[VaultView], evidence: LexicalEvidence, vector: QueryVector | None
    ) -> float:
        """The weight of the words: all of it without vectors, none of it when only meaning was asked for."""
        if not run.semantic or vector is None:
            return 1.0
        if run.query.mode == "semantic":
            return 0.0
        w = self._weights
        base = w.lexical_name if run.terms.type is QueryType.NAME else w.lexical
        base += (max(base, w.lexical_approximate) - base) * approximate_share(live)
        return 1 - (1 - lexical_share(base, evidence.coverage, w.coverage)) * vector.gate.weight

    def _cosines(self, run: _Run, live: list[VaultView], query: QueryVector) -> dict[PassageRef, float]:
        if query.vector is None:
            run.problems.append(f"searched by words only: {query.missing}")
            return {}
        if query.gate.weight == 0 and run.query.mode == "hybrid":
            run.problems.append(f"searched by words only: the model does not cover {query.gate.language}")
            return {}
        run.device = query.device
        return cosines(live, query, run.limit, run.problems)

    def _answer(
        self,
        run: _Run,
        ranked: list[Ranked],
        views: Sequence[VaultView] = (),
        weights: Mapping[str, float] | None = None,
        asked: Sequence[AskedName] = (),
    ) -> SearchAnswer:
        query = run.query
        mode = query.mode
        if run.searched and not run.semantic:
            mode = "lexical"
        elif run.semantic and mode == "hybrid" and all(view.problem for view in views):
            mode = "semantic"
        vaults = [vault.id for vault in self.vaults]
        sought = Sought(weights or {}, asked)
        how = Presented(sought, vaults, query.explain, query.now, self._check, dated=query.recall)
        problems = [*run.unreadable, *run.damaged, *run.problems]
        problems += [said for view in views for said in (view.problem, view.unfinished) if said]
        return SearchAnswer(
            query=query.raw or query.text,
            mode=mode,
            requested_mode=query.mode,
            device=run.device if run.semantic else None,
            degraded="; ".join(dict.fromkeys(problems)) or None,
            took_ms=round((time.perf_counter() - run.started) * 1000, 2),
            pending=sum(map(pending, views)),
            approximate=sum(view.approximate for view in views) or msgspec.UNSET,
            hits=present(ranked, views, how),
            unreadable=run.unreadable or msgspec.UNSET,
            unmatched=run.unmatched or msgspec.UNSET,
        )


def _settled(run: _Run, views: Sequence[VaultView]) -> _Run:
    """The run with those filters as text that stand among the words and fit nothing in any vault."""
    query = run.query
    for view in views:
        apply_filters(view, query)
    nowhere = views[0].unmatched.intersection(*(view.unmatched for view in views)) if views else ()
    as_text = [part for part in query.loose if loose_name(part, query.folder) in nowhere]
    if not as_text:
        return run
    for view in views:
        view.allowed, view.unmatched = None, frozenset()
    query = without(query, as_text)
    return msgspec.structs.replace(run, query=query, terms=query_terms(query.text))
