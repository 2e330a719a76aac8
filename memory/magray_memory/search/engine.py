"""The search itself: several vaults, words and vectors, one ranking, and an honest word about what was missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.search import candidates
from magray_memory.search.candidates import OpenVault, Side
from magray_memory.search.fusion import Id, fuse, lexical_scores, lexical_share, semantic_scores
from magray_memory.search.hits import SearchAnswer
from magray_memory.search.language import OPEN, Gate, gate
from magray_memory.search.present import present
from magray_memory.search.query import SearchQuery
from magray_memory.search.ranking import Question, Ranked, rank
from magray_memory.search.terms import Shape, Terms, read_terms
from magray_memory.search.weights import POOL, WEIGHTS, Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.embedding.embedder import Embedder
    from magray_memory.index.vectors import VectorStore


@dataclass(frozen=True, slots=True)
class Meaning:
    """The semantic side of a query: its vector, or the sentence that says why there is none."""

    vector: NDArray[np.float32] | None
    gate: Gate
    device: str | None
    key: str | None
    missing: str | None


@dataclass(slots=True)
class _Run:
    """What one search gathers on its way."""

    query: SearchQuery
    terms: Terms
    sides: list[Side]
    problems: list[str]
    started: float
    semantic: bool = False
    """Whether vectors took part."""
    device: str | None = None
    key: str | None = None
    """The vector space of the model that read the query."""


class Searcher:
    """Searches the given vaults together. Opens nothing until the first search needs it; safe in several threads.

    `embedder` gives the embedder, the same one each time, or raises EmbeddingUnavailable; then search is lexical and
    says so. `per_file` is how many hits one file may have.
    """

    def __init__(
        self,
        vaults: Sequence[OpenVault],
        embedder: Callable[[], Embedder],
        *,
        per_file: int = 1,
        weights: Weights = WEIGHTS,
    ) -> None:
        self.vaults = tuple(vaults)
        self._embedder = embedder
        self._per_file = per_file
        self._weights = weights
        self._worker = ThreadPoolExecutor(1, "magray-query")

    def close(self) -> None:
        """Lets go of the thread that embeds queries."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Ranked hits for a query. A query without a word, or with k = 0, has none.

        Raises nothing for what it can answer without: a missing model, a broken index or a damaged vault is told in
        `degraded`, and the rest of the vaults and the other side answer.
        """
        started = time.perf_counter()
        terms = read_terms(query.text)
        run = _Run(query, terms, [], [], started)
        if not terms or query.k == 0:
            return self._answer(run, [], ExitStack())
        meaning = self._worker.submit(self._mean, query.text) if query.mode != "lexical" else None
        with ExitStack() as stack:
            self._begin(stack, run)
            # Without a vector a search by meaning alone still answers, by words: so words are looked up for it too.
            limit = max(POOL, 10 * query.k)
            live = [side for side in run.sides if not side.empty]
            for side in live:
                candidates.look_up(side, terms.tokens, limit)
            ranked = self._rank(run, live, meaning, limit)
            return self._answer(run, ranked, stack)

    def _begin(self, stack: ExitStack, run: _Run) -> None:
        wanted = [v for v in self.vaults if run.query.within in ("all", v.name)]
        for number, vault in enumerate(wanted):
            part = ExitStack()
            try:
                side = candidates.begin(part, number, vault)
                candidates.narrow(side, run.query)
            except MagrayError as error:
                part.close()
                run.problems.append(candidates.problem_of(vault, error))
                continue
            stack.enter_context(part)
            run.sides.append(side)

    def _mean(self, text: str) -> Meaning:
        try:
            embedder = self._embedder()
            opening = gate(text, embedder.covers)
            return Meaning(embedder.query(text.replace('"', " ").strip()), opening, embedder.device, embedder.key, None)
        except EmbeddingUnavailable as error:
            return Meaning(None, OPEN, None, None, str(error))

    def _rank(self, run: _Run, live: list[Side], pending: Future[Meaning] | None, limit: int) -> list[Ranked]:
        weights = candidates.weigh(live, run.terms)
        meaning = pending.result() if pending is not None else None
        cosines = self._nearest(run, live, meaning, limit) if meaning is not None else {}
        run.semantic = bool(cosines)
        lexical: dict[Id, float] = {}
        if not (run.semantic and run.query.mode == "semantic"):
            lexical = self._lexical(live, weights)
        share = self._share(run, live, meaning)
        fused = fuse(lexical, semantic_scores(cosines), share)
        phrased: dict[Id, float] = {}
        if run.query.phrases and run.query.mode != "semantic":
            for side in live:
                found = candidates.phrases(side, run.query.phrases)
                phrased.update({(side.number, passage): value for passage, value in found.items()})
            fused = {**fuse(dict.fromkeys(phrased, 0.0), {}, 0.0), **fused}
        rows = {
            (side.number, passage): row
            for side in live
            for passage, row in candidates.rows(side, [p for number, p in fused if number == side.number]).items()
        }
        question = Question(run.terms, weights, phrased, bool(run.query.paths), time.time())
        return rank(fused, rows, question, self._weights, per_file=self._per_file)[: run.query.k]

    def _lexical(self, live: list[Side], weights: Mapping[str, float]) -> dict[Id, float]:
        for side in live:
            if side.lexical:
                candidates.explain_share(side, weights)
        most = max((side.explained for side in live), default=0.0)
        return {
            (side.number, passage): score
            for side in live
            for passage, score in lexical_scores(side.lexical, side.explained, most).items()
        }

    def _share(self, run: _Run, live: list[Side], meaning: Meaning | None) -> float:
        """The weight of the words: all of it without vectors, none of it when only meaning was asked for."""
        if not run.semantic or meaning is None:
            return 1.0
        if run.query.mode == "semantic":
            return 0.0
        w = self._weights
        explained = max((side.explained for side in live), default=0.0)
        base = w.lexical_name if run.terms.shape is Shape.NAME else w.lexical
        return 1 - (1 - lexical_share(base, explained, w.explained)) * meaning.gate.weight

    def _nearest(self, run: _Run, live: list[Side], meaning: Meaning, limit: int) -> dict[Id, float]:
        """Cosines of the candidates in every vault; what cannot be compared is told."""
        if meaning.vector is None:
            run.problems.append(f"searched by words only: {meaning.missing}")
            return {}
        if meaning.gate.weight == 0 and run.query.mode == "hybrid":
            run.problems.append(f"searched by words only: the model does not cover {meaning.gate.language}")
            return {}
        run.device, run.key = meaning.device, meaning.key
        found: dict[Id, float] = {}
        for side in live:
            try:
                store = side.open.vectors()
                store.refresh()
                near = candidates.nearest(side, store, meaning.vector, limit)
            except MagrayError as error:
                run.problems.append(f"the {side.open.name} was searched by words only: {error.message}")
                continue
            if not near and side.allowed is None and not side.open.transient:
                run.problems.append(f"the {side.open.name} was searched by words only: none of it is embedded yet")
            found.update({(side.number, passage): score for passage, score in near.items()})
        return found

    def _answer(self, run: _Run, ranked: list[Ranked], stack: ExitStack) -> SearchAnswer:
        query = run.query
        problems = [*run.problems, *(side.problem for side in run.sides if side.problem)]
        mode = query.mode
        if ranked and not run.semantic:
            mode = "lexical"
        elif run.semantic and mode == "hybrid" and all(side.problem for side in run.sides):
            mode = "semantic"
        weights = candidates.weigh(run.sides, run.terms)
        key = self._key(run)
        hits = present(ranked, run.sides, weights, explain=query.explain, key=key)
        return SearchAnswer(
            query=query.raw or query.text,
            mode=mode,
            requested_mode=query.mode,
            device=run.device if run.semantic else None,
            degraded="; ".join(dict.fromkeys(problems)) or None,
            took_ms=round((time.perf_counter() - run.started) * 1000, 2),
            pending=sum(candidates.pending(side, key) for side in run.sides),
            hits=hits,
        )

    def _key(self, run: _Run) -> str | None:
        """The vector space that answers: the model's, or what most passages have when no model was asked."""
        if run.key is not None:
            return run.key
        counts: Counter[str] = Counter()
        for side in run.sides:
            counts.update(dict(side.connection.execute("SELECT key, vectors FROM embedding_key").fetchall()))
        return max(counts, key=lambda key: counts[key], default=None)
