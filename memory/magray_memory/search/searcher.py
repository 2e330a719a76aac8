"""The search itself: several vaults, words and vectors, one ranking, and an honest word about what was
missing.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.search import candidates, related
from magray_memory.search.candidates import UnreadableError
from magray_memory.search.declarations import declarations
from magray_memory.search.fusion import Id, fuse, lexical_scores, lexical_share, semantic_scores
from magray_memory.search.hits import SearchAnswer
from magray_memory.search.language_gate import OPEN, Gate, gate
from magray_memory.search.presentation import present
from magray_memory.search.query import DEFAULT_K, SearchQuery, parse
from magray_memory.search.ranking import Question, Ranked, Signals, rank, written
from magray_memory.search.terms import Shape, Terms, read_terms, term_prefixes
from magray_memory.search.weights import POOL, WEIGHTS, Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.models.embedder import Embedder
    from magray_memory.search.candidates import Neighbours, Side, VaultIndex
    from magray_memory.storage.passages import PassageRow


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
    started: float
    problems: list[str] = field(default_factory=list[str])
    live: bool = False
    """Whether any passage could answer."""
    semantic: bool = False
    """Whether vectors took part."""
    device: str | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """What the words of a query say: what each is worth, scores before fusion, phrases, and what ranking
    knows of their passages.
    """

    weights: Mapping[str, float]
    scores: dict[Id, float]
    phrased: dict[Id, float]
    rows: dict[Id, PassageRow]
    signals: Signals


class Searcher:
    """Searches the given vaults together. Opens nothing until the first search needs it; safe in several
    threads.

    `embedder` gives the embedder for an embedding key (None: the one of the settings), the same one each
    time, or raises EmbeddingUnavailable; then search is lexical and says so. `per_file` is how many hits one
    file may have.
    """

    def __init__(
        self,
        vaults: Sequence[OpenVault],
        embedder: Callable[[str | None], Embedder],
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

        Raises nothing for what it can answer without: a missing model, a broken index or a damaged vault is
        told in `degraded`, and the rest of the vaults and the other side answer.
        """
        terms = read_terms(query.text)
        run = _Run(query, terms, time.perf_counter())
        if not terms or query.k == 0:
            return self._answer(run, [])
        return self._without_the_broken(run, lambda sides: self._search(run, sides))

    def _search(self, run: _Run, sides: list[Side]) -> SearchAnswer:
        meaning: Future[Meaning] | None = None
        near: Future[dict[int, Neighbours]] | None = None
        # The vector space is what serves in this very transaction: an answer is never of two.
        key = candidates.main_key(sides)
        if run.query.mode != "lexical":
            meaning = self._worker.submit(self._mean, run.query.text, key)
        limit = max(POOL, 10 * run.query.k)
        for side in sides:
            candidates.narrow(side, run.query)
        live = [side for side in sides if not side.empty]
        if meaning is not None:
            near = self._worker.submit(_search_vectors, meaning, candidates.indexes(live, key), limit)
        # Without a vector a search by meaning alone still answers, by words: so they are always looked up,
        # while the worker embeds the question and compares it.
        for side in live:
            candidates.look_up(side, run.terms.tokens, limit)
        words = self._words(run, live)
        if meaning is not None and near is not None:
            for side in live:
                side.near = near.result().get(side.number)
        ranked = self._rank(run, live, words, meaning.result() if meaning is not None else None, limit)
        return self._answer(run, ranked, sides, words.weights)

    def related(self, root: Path, path: str, line: int | None = None, k: int = DEFAULT_K) -> SearchAnswer:
        """Passages like those at a line of a file, or like the whole file; no model is needed.

        `root` is the root of one of the vaults, `path` relative to it. Raises WorkspaceError when the file is
        not in the index, QueryError for a line below 1 or a negative k. A root without a vault has no hits.
        """
        query = replace(parse("", k=k, mode="semantic"), raw=path if line is None else f"{path}:{line}")
        run = _Run(query, read_terms(""), time.perf_counter())
        if k == 0:
            return self._answer(run, [])
        return self._without_the_broken(run, lambda sides: self._related(run, sides, root, path, line))

    def _related(self, run: _Run, sides: list[Side], root: Path, path: str, line: int | None) -> SearchAnswer:
        homes = [s for s in sides if s.open.root == root and path not in s.open.hidden()]
        if not homes:
            return self._answer(run, [], sides)
        place = related.find(homes, path, line)
        live = [side for side in sides if not side.empty]
        limit = max(POOL, 10 * run.query.k)
        terms = related.typical_terms(place)
        scores, problems = related.by_vectors(place, live, limit)
        run.semantic = bool(scores)
        wording = "{}" if run.semantic else "found by words only: {}"
        run.problems += [wording.format(problem) for problem in problems]
        if not scores:
            scores = related.by_words(live, terms, limit)
        run.live = True
        ranked = related.rank_related(
            place, live, scores, self._weights, semantic=run.semantic, per_file=self._per_file
        )
        return self._answer(run, ranked[: run.query.k], sides, terms)

    def _without_the_broken(self, run: _Run, search: Callable[[list[Side]], SearchAnswer]) -> SearchAnswer:
        """Searches in one moment of each vault; one that proves unreadable is told and left out."""
        vaults = [v for v in self.vaults if run.query.within in ("all", v.name)]
        while True:
            try:
                with ExitStack() as stack:
                    sides = [candidates.begin(stack, number, vault) for number, vault in enumerate(vaults)]
                    return search(sides)
            except UnreadableError as failure:
                vaults = [vault for vault in vaults if vault is not failure.vault]
                run.problems = [
                    *(p for p in run.problems if p.startswith("the ") and "left out" in p),
                    failure.why,
                ]

    def _mean(self, text: str, key: str | None) -> Meaning:
        try:
            embedder = self._embedder(key)
            opening = gate(text, embedder.covers)
            vector = embedder.query(text.replace('"', " ").strip())
            return Meaning(vector, opening, embedder.device, key or embedder.key, None)
        except EmbeddingUnavailable as error:
            return Meaning(None, OPEN, None, None, str(error))

    def _words(self, run: _Run, live: list[Side]) -> _Words:
        """All that can be said of the passages with the query's words before their cosines are known."""
        weights = candidates.weigh(live, run.terms)
        for side in live:
            if side.lexical:
                candidates.explain_share(side, weights)
        most = max((side.explained for side in live), default=0.0)
        scores = {
            (side.number, passage): score
            for side in live
            for passage, score in lexical_scores(side.lexical, side.explained, most).items()
        }
        phrased: dict[Id, float] = {}
        if run.query.phrases and run.query.mode != "semantic":
            for side in live:
                found = candidates.phrases(side, run.query.phrases)
                phrased.update({(side.number, passage): value for passage, value in found.items()})
        naming = candidates.naming(live, weights)
        question = Question(
            run.terms,
            weights,
            naming,
            term_prefixes(naming),
            phrased,
            _declared(live, written(run.terms, naming)),
            place_given=bool(run.query.paths),
            now=time.time(),
        )
        words = _Words(weights, scores, phrased, _rows(live, scores), Signals(question, self._weights))
        words.signals.foresee(words.rows.values())
        return words

    def _rank(
        self, run: _Run, live: list[Side], words: _Words, meaning: Meaning | None, limit: int
    ) -> list[Ranked]:
        run.live = bool(live)
        cosines = self._nearest(run, live, meaning, limit) if meaning is not None else {}
        run.semantic = bool(cosines)
        lexical = {} if run.semantic and run.query.mode == "semantic" else words.scores
        fused = fuse(lexical, semantic_scores(cosines), self._share(run, live, meaning))
        fused = {**fuse(dict.fromkeys(words.phrased, 0.0), {}, 0.0), **fused}
        rows = words.rows | _rows(live, fused.keys() - words.rows.keys())
        return rank(fused, rows, words.signals, per_file=self._per_file)[: run.query.k]

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
        run.device = meaning.device
        key = meaning.key or ""
        found: dict[Id, float] = {}
        for side in live:
            if side.key not in (None, key):
                if not side.open.transient:
                    run.problems.append(_other_space(side, live))
                continue
            try:
                near = candidates.nearest(side, side.open.vectors(key), meaning.vector, limit)
            except MagrayError as error:
                run.problems.append(f"the {side.open.name} was searched by words only: {error.message}")
                continue
            if not near and side.allowed is None and not side.open.transient:
                run.problems.append(
                    f"the {side.open.name} was searched by words only: none of it is embedded yet"
                    " (run `magray index`)"
                )
            found.update({(side.number, passage): score for passage, score in near.items()})
        return found

    def _answer(
        self,
        run: _Run,
        ranked: list[Ranked],
        sides: Sequence[Side] = (),
        worth: Mapping[str, float] | None = None,
    ) -> SearchAnswer:
        query = run.query
        mode = query.mode
        if run.live and not run.semantic:
            mode = "lexical"
        elif run.semantic and mode == "hybrid" and all(side.problem for side in sides):
            mode = "semantic"
        vaults = [vault.id for vault in self.vaults]
        hits = present(ranked, sides, worth or {}, vaults, explain=query.explain, lines=query.lines)
        problems = [*run.problems, *(side.problem for side in sides if side.problem)]
        return SearchAnswer(
            query=query.raw or query.text,
            mode=mode,
            requested_mode=query.mode,
            device=run.device if run.semantic else None,
            degraded="; ".join(dict.fromkeys(problems)) or None,
            took_ms=round((time.perf_counter() - run.started) * 1000, 2),
            pending=sum(candidates.pending(side) for side in sides),
            hits=hits,
        )


def _search_vectors(
    meaning: Future[Meaning], indexes: Sequence[VaultIndex], limit: int
) -> dict[int, Neighbours]:
    """The nearest passages in each vault, by its number. For the thread that embeds, after it has."""
    vector = meaning.result().vector
    if vector is None:
        return {}
    return {number: index.search(vector, limit, allowed) for number, index, allowed in indexes}


def _other_space(side: Side, live: Sequence[Side]) -> str:
    """Cosines of two models say nothing beside each other, so one of the vaults has to do without.

    Which of the two is behind is not known here, and indexing one that is not costs nothing.
    """
    roots = [other.open.root for other in live if other.key not in (None, side.key)]
    where = [root for root in (side.open.root, *roots) if root is not None]
    hint = " and ".join(f"`magray --workspace {root} index`" for root in dict.fromkeys(where))
    return f"the {side.open.name} was searched by words only: another model embedded it (run {hint})"


def _rows(live: list[Side], ids: Iterable[Id]) -> dict[Id, PassageRow]:
    """What ranking needs of these passages, each from its vault."""
    wanted: dict[int, list[int]] = {}
    for number, passage in ids:
        wanted.setdefault(number, []).append(passage)
    return {
        (side.number, passage): row
        for side in live
        if side.number in wanted
        for passage, row in candidates.rows(side, wanted[side.number]).items()
    }


def _declared(live: list[Side], names: Mapping[str, float]) -> dict[Id, float]:
    """What declares these names among what the words have found."""
    return {
        (side.number, passage): sure
        for side in live
        if names and side.lexical
        for passage, sure in declarations(side, names, side.lexical).items()
    }
