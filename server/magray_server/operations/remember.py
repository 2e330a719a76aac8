"""`remember`: keeps a text as a record of the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Draft, Remembered

MAX_TEXT = 1_000_000
KINDS = ("fact", "decision", "note", "snippet", "todo", "link", "message")
LAYERS = ("interact", "insights", "assets")


def layer_names() -> tuple[str, ...]:
    """The layers that a record can be in."""
    return LAYERS


def _kinds() -> tuple[str, ...]:
    return KINDS


@options
class Remember:
    """Store a text as a record, found by words at once and by meaning a moment later.

    TEXT is Markdown; - reads it from stdin. Its front matter, #tags and [[links]] count as those of a note.
    The same text is not stored twice, and a repeated --key updates the record that has it. With --source and
    no text, the cited lines are the text.
    """

    text: str = option("The text.", default="", positional=True, joined=True, max_length=2 * MAX_TEXT)
    title: str | None = option("A title; else the text's first heading.", default=None, metavar="TEXT")
    tag: tuple[str, ...] = option("A tag, as work/ports; may be repeated.", default=(), metavar="TAG")
    layer: str | None = option(
        "interact (default), insights or assets.", default=None, metavar="LAYER", complete=layer_names
    )
    kind: str | None = option(
        "note (default), fact, decision, snippet, todo, link, message, or a word of your own.",
        default=None,
        metavar="KIND",
        complete=_kinds,
    )
    project: str | None = option(
        "The project it belongs to (default: the workspace's name).", default=None, metavar="NAME"
    )
    session: str | None = option("The session it comes from.", default=None, metavar="NAME")
    key: str | None = option("A name of your own: a repeat of it is an update.", default=None, metavar="NAME")
    source: str | None = option(
        "The lines of a file that it is about.", default=None, metavar="PATH[:FIRST-LAST]"
    )
    supersedes: str | None = option("A record that this one replaces.", default=None, metavar="ID")
    importance: float | None = option("From 0 to 1 (default 0.5).", default=None, metavar="N")
    pin: bool = option("Never let it expire.", default=False)
    created_at: str | None = option(
        "When it was written, in ISO 8601 (default: now).", default=None, metavar="TIME"
    )
    batch: str | None = option(
        'A file with one {"text":…} per line, and the options above as keys; - for stdin.',
        default=None,
        metavar="FILE",
        file=True,
        in_requests=False,
    )


def run(context: Context, wanted: Remember) -> Remembered:
    """Store one record. Raises RecordError, RecordNotFound, WorkspaceError, StorageError."""
    records = context.memory.records
    stored = records.remember(draft_of(wanted))
    records.embed_in_background()
    return stored


def draft_of(wanted: Remember) -> Draft:
    """The draft that the options describe. Raises RecordError."""
    from magray_memory.values import Draft, Source, record_time

    return Draft(
        text=wanted.text,
        title=wanted.title,
        kind=wanted.kind,
        layer=wanted.layer,
        tags=wanted.tag,
        project=wanted.project,
        session=wanted.session,
        key=wanted.key,
        importance=wanted.importance,
        pinned=wanted.pin,
        source=None if wanted.source is None else Source.parse(wanted.source),
        supersedes=wanted.supersedes,
        created_at=None if wanted.created_at is None else record_time(wanted.created_at),
    )


OPERATIONS = (
    Operation(
        name="remember",
        options=Remember,
        run=run,
        shape="magray_server.operations.record_shapes:Remembered",
        examples="""
        magray remember "Payments are retried three times." --tag billing
        git log -1 | magray remember - --kind message
        magray remember "Retrying waits a second." --source src/pay.py:10-42
        magray remember "The deploy runs at noon." --key deploy-time
        """,
    ),
)
