"""Recall room: questions to what is kept. Records and notes come before code, the time that a question asks
for counts, and an answer may be of an earlier day.

    with Memory.open() as memory:
        answer = memory.recall.query(parse("what did we decide about retries last week"))
"""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from magray_memory.search.hits import AskedTime, iso_time
from magray_memory.search.time_span import EventSpan, TimeSpan, find_span, resolve, without_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.context import Context
    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.records.room import Records
    from magray_memory.search.hits import Hit, SearchAnswer
    from magray_memory.search.query import SearchQuery
    from magray_memory.search.room import Search

    Stop = Callable[[], bool] | None

_STEP = 1e-6
"""Seconds between the end of a moment and the last that is still in it."""


class Recall:
    """Answers questions from records, notes and code. Safe in several threads."""

    def __init__(
        self, context: Context, search: Search, records: Records, clock: Callable[[], float] = time.time
    ) -> None:
        self._context = context
        self._search = search
        self._records = records
        self._clock = clock

    def query(self, query: SearchQuery, as_of: float | None = None, should_stop: Stop = None) -> SearchAnswer:
        """Ranked hits, records and notes before code.

        A time in the question ("last week", "в марте") narrows softly: what is of that time gains, and
        nothing is left out. `as_of`, in UTC seconds: the answer of then; records have the text that they had,
        and a file that changed since is left out. A record that is asked for by its title or its key counts
        as used. Raises as `Search.query` does.
        """
        query = self._search.without_secrets(query)
        now = self._clock() if as_of is None else as_of
        span = self._span(query.text, now)
        asked = msgspec.structs.replace(
            query,
            text=without_span(query.text, span),
            raw=query.raw or query.text,
            recall=True,
            span=span,
            now=now if as_of is not None or self._clock is not time.time else None,
        )
        answer = (
            self._search.query(asked, should_stop) if as_of is None else self._past(asked, as_of, should_stop)
        )
        if as_of is None:
            self._note_named(query.text, answer.hits)
        if span is not None:
            answer = msgspec.structs.replace(
                answer, time=AskedTime(iso_time(span.since), iso_time(span.until))
            )
        return answer if as_of is None else msgspec.structs.replace(answer, as_of=iso_time(as_of))

    def _span(self, text: str, now: float) -> TimeSpan | None:
        """The time that a question asks for, to the minute, so that it is the same question for a while."""
        found = find_span(text, now // 60 * 60)
        if not isinstance(found, EventSpan):
            return found
        from magray_memory.records.event_time import event_time

        at = event_time(found.name, self._search, self._context.roots, now)
        return None if at is None else resolve(found, at, now)

    def _past(self, query: SearchQuery, as_of: float, should_stop: Stop) -> SearchAnswer:
        from magray_memory.records.past import PastNotebook

        until = datetime.fromtimestamp(as_of - _STEP, UTC)
        query = msgspec.structs.replace(
            query, until=until if query.until is None else min(query.until, until)
        )
        notebook = self._notebook()
        if notebook is None:
            return self._search.query(query, should_stop)
        vectors = self._context.effective.vectors
        with closing(PastNotebook(notebook, as_of, query.text, vectors)) as past:
            if query.mode != "lexical":
                past.embed(self._context.models.of, self._search.answering_space())
            answer = self._search.query_past(query, past.rest, past.source, should_stop)
        # That nothing is older is no filter that a person gave.
        return msgspec.structs.replace(answer, unmatched=msgspec.UNSET)

    def _notebook(self) -> OpenVault | None:
        return next((vault for vault in self._search.open().vaults if vault.name == "notebook"), None)

    def _note_named(self, text: str, hits: list[Hit]) -> None:
        name = _plain(text)
        named = [
            int(hit.id.removeprefix("n"))
            for hit in hits
            if hit.vault == "notebook" and name in (_plain(hit.title or ""), _plain(hit.key or ""))
        ]
        if name and named:
            self._records.uses.note(dict.fromkeys(named), "recalled")


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().strip("\"'?!. ")
