"""`recall`: what was remembered about something, now or as of an earlier day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options
from magray_server.operations.search import Search, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.memory import Memory
    from magray_memory.session import Session
    from magray_memory.values import SearchAnswer, SearchQuery


@options
class Recall(Search):
    """Find what was remembered: records and notes first, then code.

    QUERY is a question or some words, in English or Russian. A time in it (last week, since Monday,
    2026-03-03, в марте, before the release) moves what is of that time up, and leaves nothing out. It may
    contain the filters of `magray search`.
    """

    as_of: str | None = option(
        "Answer as of a day or time: 2026-03-03, 2w, yesterday.", default=None, metavar="WHEN"
    )


def answer(
    memory: Memory | Session,
    wanted: Recall,
    query: SearchQuery,
    should_stop: Callable[[], bool] | None = None,
) -> SearchAnswer:
    """The answer to a query that was made of these options. Raises QueryError."""
    from datetime import UTC, datetime

    from magray_memory.values import read_moment

    as_of = None if wanted.as_of is None else read_moment(wanted.as_of, "--as-of", datetime.now(UTC))
    return memory.recall.query(query, None if as_of is None else as_of.timestamp(), should_stop)


def run(context: Context, wanted: Recall) -> SearchAnswer:
    """Ranked hits; the answer says what could not be used. Raises QueryError."""
    memory = context.memory
    if wanted.mode != "lexical":
        memory.search.expect()
    found = answer(memory, wanted, wanted.as_query(memory.settings.search.k, folder=context.folder))
    memory.usage.note("recall", found)
    return found


OPERATIONS = (
    Operation(
        name="recall",
        options=Recall,
        run=run,
        shape="magray_memory.values:SearchAnswer",
        outcome=outcome,
        examples="""
        magray recall "what did we decide about retries last week"
        magray recall "порт сервера" --as-of 2026-03-03
        """,
    ),
)
