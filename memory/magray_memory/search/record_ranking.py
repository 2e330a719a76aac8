"""Record ranking: what else is known of a record than its text moves it among the hits, by a bounded amount.

When it was written, how it is used, its importance, the session it belongs to, the time that a question asks
for, and whether another record replaces it. All of it is read for the candidates alone.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import field

from magray_memory.search.fusion import Fused
from magray_memory.search.ranking import Ranked, order
from magray_memory.search.vault_view import VaultView, among, reading
from magray_memory.storage.record_facts import (
    first_passages,
    has_records,
    record_called,
    record_facts,
    records_within,
    session_neighbours,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.search.fusion import PassageRef
    from magray_memory.search.query import SearchQuery
    from magray_memory.search.time_span import TimeSpan
    from magray_memory.search.weights import Weights
    from magray_memory.storage.passages import PassageRow
    from magray_memory.storage.record_facts import RecordFacts

DAY = 86_400.0
SESSION_RECORDS = 5
"""The best records whose neighbours in their session are looked at too."""
SESSION_HALF = 2 * 3600.0
"""Seconds between two records of one session after which their support is halved."""
IN_SPAN = 50
"""Records of the time that was asked for that are candidates whatever they say."""
REPLACEMENTS = 5
"""How far a chain of replacements is followed to what holds now."""
LEAD = 0.5
"""The share of the best fused score that a record or a note must have to stand before code in a recall."""
_AHEAD = 0.01

RecordRef = tuple[int, int]
"""A record: the number of the vault view, and its document id there."""


class RecordContext(msgspec.Struct):
    """The records among the candidates of one search, and what the question asks of them."""

    now: float
    span: TimeSpan | None
    facts: dict[RecordRef, RecordFacts] = field(default_factory=dict["RecordRef", "RecordFacts"])
    called: int | None = None
    """The record whose key or title is the whole question."""
    silent: bool = True
    """Whether no record and no tag holds a word of the question: then its time is all there is to go by."""

    def of(self, hit: Ranked) -> RecordFacts | None:
        """The facts of the record that a hit is of; None for a file."""
        return self.facts.get((hit.id[0], hit.row.document))


def candidate_facts(
    views: Sequence[VaultView], rows: Mapping[PassageRef, PassageRow]
) -> dict[RecordRef, RecordFacts]:
    """The facts of the records among these candidates."""
    return {
        (view.number, document): record
        for view in views
        if view.source.root is None
        for document, record in _facts_of(
            view, {row.document for key, row in rows.items() if key[0] == view.number}
        ).items()
    }


def add_records(
    views: Sequence[VaultView],
    query: SearchQuery,
    fused: dict[PassageRef, Fused],
    rows: Mapping[PassageRef, PassageRow],
    known: Mapping[RecordRef, RecordFacts],
) -> RecordContext:
    """Reads the facts of the records among the candidates, and adds to these the ones that belong to them:
    what replaces them, their neighbours, and the records of the time that was asked for. `known`: facts that
    were read before.
    """
    context = RecordContext(time.time() if query.now is None else query.now, query.span)
    for view in views:
        if view.source.root is None:
            _add(view, query, context, fused, rows, known)
    return context


@reading
def _add(
    view: VaultView,
    query: SearchQuery,
    context: RecordContext,
    fused: dict[PassageRef, Fused],
    rows: Mapping[PassageRef, PassageRow],
    known: Mapping[RecordRef, RecordFacts],
) -> None:
    connection, number = view.connection, view.number
    if not has_records(connection):
        return
    context.silent = context.silent and not any(view.frequencies.values()) and not view.tagged
    best: dict[int, Fused] = {}
    places: dict[int, PassageRef] = {}
    for key, row in rows.items():
        part = fused.get(key) if key[0] == number else None
        if part is not None and (row.document not in best or _total(best[row.document]) < _total(part)):
            best[row.document], places[row.document] = part, key
    facts = {document: known[number, document] for document in best if (number, document) in known}
    facts |= facts_of(view, best.keys() - facts.keys())
    related = _related(view, query, context, facts, best)
    for document in related.keys() & places.keys():
        fused[places[document]] = max(best[document], related[document], key=_total)
    new = related.keys() - places.keys()
    first = {passage: document for document, passage in first_passages(connection, new).items()}
    fused.update({(number, passage): related[first[passage]] for passage in among(view, first)})
    facts |= facts_of(view, new)
    context.facts.update({(number, document): record for document, record in facts.items()})


def _related(
    view: VaultView,
    query: SearchQuery,
    context: RecordContext,
    facts: Mapping[int, RecordFacts],
    best: Mapping[int, Fused],
) -> dict[int, Fused]:
    """Records that belong to the candidates, or to the question whatever they say, each with its parts."""
    nothing = Fused(0.0, 0.0)
    found = dict.fromkeys(_neighbours(view, facts, best), nothing)
    if query.span is not None:
        within = records_within(view.connection, query.span.since, query.span.until, IN_SPAN)
        found |= dict.fromkeys(within, nothing)
    replaced: Mapping[int, RecordFacts] = facts
    parts: Mapping[int, Fused] = best
    for _ in range(REPLACEMENTS):
        newer: dict[int, Fused] = {}
        for document, record in replaced.items():
            if record.replacement is not None and record.is_replaced(context.now):
                known = newer.get(record.replacement, nothing)
                newer[record.replacement] = max(parts[document], known, key=_total)
        if not newer:
            break
        found |= newer
        replaced, parts = facts_of(view, newer), newer
    called = record_called(view.connection, query.text.strip())
    if called is not None:
        found[called], context.called = nothing, called
    return found


@reading
def _facts_of(view: VaultView, documents: Iterable[int]) -> dict[int, RecordFacts]:
    return facts_of(view, documents)


def facts_of(view: VaultView, documents: Iterable[int]) -> dict[int, RecordFacts]:
    """The facts of those of these documents of a view that are records, by id."""
    if view.source.root is not None or not has_records(view.connection):
        return {}
    facts = record_facts(view.connection, documents)
    if view.source.then is not None:
        facts = {d: _as_of(record, view.source.then.changed(d)) for d, record in facts.items()}
    if view.source.transient:  # it holds former states, not what had replaced them
        replaced = {d: record for d, record in facts.items() if record.superseded_by is not None}
        facts |= {
            d: record._replace(replacement=record.superseded_by, replaced_at=record.created_at)
            for d, record in replaced.items()
        }
    return facts


def _as_of(record: RecordFacts, changed: Mapping[str, Any]) -> RecordFacts:
    """The facts with what was otherwise then."""
    record = record._replace(
        pinned=bool(changed.get("pinned", record.pinned)),
        importance=float(changed.get("score", record.importance)),
    )
    if "superseded_by" not in changed:
        return record
    former = changed["superseded_by"]
    replaced_at = None if former is None else record.created_at
    return record._replace(superseded_by=former, replacement=former, replaced_at=replaced_at)


def _neighbours(view: VaultView, facts: Mapping[int, RecordFacts], best: Mapping[int, Fused]) -> list[int]:
    leading = sorted(best, key=lambda document: -_total(best[document]))[:SESSION_RECORDS]
    return [
        neighbour
        for document in leading
        if document in facts and facts[document].session is not None
        for neighbour in session_neighbours(view.connection, facts[document])
    ]


def rank_records(
    hits: list[Ranked], context: RecordContext, query: SearchQuery, weights: Weights
) -> list[Ranked]:
    """The hits in the order that they have with what is known of records, and of the time asked for."""
    if not context.facts and context.span is None and not query.recall:
        return hits
    in_span = weights.in_span_alone if context.silent else weights.in_span
    for hit in hits:
        record = context.of(hit)
        if record is not None:
            hit.add("name", weights.called * (record.document == context.called))
            _add_facts(hit, record, context.now, weights)
        if context.span is not None:
            hit.add("time", in_span * context.span.nearness(_times(hit, record)))
    _support(hits, context, weights)
    _sink(hits, context, weights)
    if query.recall:
        _lead(hits)
    return sorted(hits, key=order)


def _add_facts(hit: Ranked, record: RecordFacts, now: float, w: Weights) -> None:
    age = max(0.0, now - max(record.created_at, record.updated_at)) / DAY
    hit.add("age", w.record_age * 0.5 ** (age / w.record_age_days))
    if record.access_count:
        since = max(0.0, now - (record.last_access_at or record.created_at)) / DAY
        often = min(1.0, math.log1p(record.access_count) / math.log1p(w.record_used))
        hit.add("use", w.record_use * often * 0.5 ** (since / w.record_use_days))
    hit.add("importance", w.record_importance * (2 * record.importance - 1))
    hit.add("pinned", w.record_pinned * record.pinned)


def _times(hit: Ranked, record: RecordFacts | None) -> list[tuple[float, float]]:
    """The spans of time that a hit is of, in UTC seconds: the day that a file is named after comes first."""
    if record is not None:
        return [(record.created_at, record.created_at), (record.updated_at, record.updated_at)]
    from magray_memory.search.time_span import named_day

    day = named_day(hit.row.path or "")
    return [day] if day is not None else [(hit.row.when, hit.row.when)]


def _support(hits: Sequence[Ranked], context: RecordContext, w: Weights) -> None:
    """Each record of a session gains by the best of the others, the more the closer they were written."""
    sessions: dict[tuple[int, str | None, str], list[tuple[Ranked, RecordFacts, float]]] = {}
    for hit in hits:
        record = context.of(hit)
        if record is not None and record.session is not None:
            members = sessions.setdefault((hit.id[0], record.project, record.session), [])
            members.append((hit, record, _relevance(hit)))
    for members in sessions.values():
        gains = [
            max(
                (
                    relevance * 0.5 ** (abs(record.created_at - theirs.created_at) / SESSION_HALF)
                    for _, theirs, relevance in members
                    if theirs.document != record.document
                ),
                default=0.0,
            )
            for _, record, _ in members
        ]
        for (hit, *_), gain in zip(members, gains, strict=True):
            hit.add("session", w.record_session * min(1.0, gain))


def _sink(hits: Sequence[Ranked], context: RecordContext, w: Weights) -> None:
    """Lower what is replaced, and below what replaces it."""
    if not any(record.is_replaced(context.now) for record in context.facts.values()):
        return
    scores: dict[int, float] = {}  # all views of records are of one notebook
    for hit in hits:
        if context.of(hit) is not None:
            document = hit.row.document
            scores[document] = max(scores.get(document, hit.score), hit.score)
    # The newest first: in a chain each one sinks below the one after it.
    newest = sorted(hits, key=lambda hit: -(record.created_at if (record := context.of(hit)) else 0.0))
    for hit in newest:
        record = context.of(hit)
        if record is None or not record.is_replaced(context.now):
            continue
        lowered = hit.score * w.superseded
        newer = scores.get(record.replacement or 0)
        if newer is not None and lowered >= newer:
            lowered = newer - _AHEAD
        hit.add("superseded", lowered - hit.score)
        scores[hit.row.document] = lowered


def _lead(hits: Sequence[Ranked]) -> None:
    """Lift the records and notes that answer above all code, in their own order."""
    code = [hit.score for hit in hits if hit.row.kind == "code"]
    if not code:
        return
    base = {hit.id: _relevance(hit) for hit in hits}
    enough = LEAD * max(base.values(), default=0.0)
    leading = [hit for hit in hits if hit.row.kind != "code" and base[hit.id] >= enough and not _sank(hit)]
    if not leading:
        return
    change = max(code) - min(hit.score for hit in leading) + _AHEAD
    for hit in leading:
        hit.add("before code", max(0.0, change))


def _sank(hit: Ranked) -> bool:
    return any(step == "superseded" for step, _ in hit.changes)


def _relevance(hit: Ranked) -> float:
    """What words and meaning alone say of a hit."""
    return sum(change for step, change in hit.changes if step in ("lexical", "semantic"))


def _total(parts: Fused) -> float:
    return parts.lexical + parts.semantic
