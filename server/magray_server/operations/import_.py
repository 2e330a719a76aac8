"""`import`: records from files of magray and of other tools."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import UsageError
from magray_server.operations.operation import Context, Operation, Outcome, option, options
from magray_server.operations.paths import STREAM
from magray_server.operations.remember import layer_names

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from magray_memory.values import Imported

FORMATS = (
    "json",
    "markdown",
    "obsidian",
    "basic-memory",
    "mem0",
    "chatgpt",
    "claude",
    "mcp-memory",
    "jsonl",
    "magray-rust",
)


def _formats() -> tuple[str, ...]:
    return ("auto", *FORMATS)


@options
class Import:
    """Take records from a file, a folder or a zip of magray or of another tool.

    A repeat takes what is new or changed and makes no doubles; an import that was interrupted is finished by
    the next. What was changed there and here is kept twice and reported. What is no record (attachments,
    hidden messages) is counted; the exit code is 3 when something should have been taken and was not.
    """

    src: str = option(
        "A file, a folder, a zip or a tar.gz; - reads stdin.", positional=True, metavar="SRC", path=True
    )
    format: str = option(
        f"auto (default), {', '.join(FORMATS)}.",
        default="auto",
        name="from",
        metavar="FORMAT",
        complete=_formats,
    )
    dry_run: bool = option("Say what would be taken; change nothing.", default=False)
    tag: tuple[str, ...] = option("A tag for all that is taken; may be repeated.", default=(), metavar="TAG")
    layer: str | None = option(
        "The layer of what has none (default assets).", default=None, metavar="LAYER", complete=layer_names
    )
    project: str | None = option("The project of what has none.", default=None, metavar="NAME")


def run(context: Context, wanted: Import) -> Imported:
    """What became of the items. Raises UsageError, RecordError, StorageError, Interrupted."""
    with _stream(context, wanted.src) as stream:
        return context.memory.exchange.import_(
            Path(wanted.src),
            stream=stream,
            format=wanted.format,
            dry_run=wanted.dry_run,
            tags=wanted.tag,
            layer=wanted.layer,
            project=wanted.project,
            progress=context.progress,
        )


def _stream(context: Context, src: str) -> AbstractContextManager[BinaryIO | None]:
    """Stdin for `-`, and a pipe that was opened for this; None for what can be read again. Only for a caller
    who has a stdin: a server would wait for ever.
    """
    if context.stdin is None:
        return nullcontext()
    if src == STREAM:
        return nullcontext(context.stdin)
    try:
        return open(src, "rb") if Path(src).is_fifo() else nullcontext()  # noqa: PTH123
    except OSError as error:
        raise UsageError(src, error.strerror or str(error)) from error


def outcome(_: Import, done: Imported) -> Outcome:
    """Partly done where something should have been taken as it is, and was not; failed where nothing was."""
    if not done.all_skipped:
        return Outcome.PARTLY if done.conflicts else Outcome.DONE
    return Outcome.PARTLY if done.found else Outcome.FAILED


OPERATIONS = (
    Operation(
        name="import",
        options=Import,
        run=run,
        shape="magray_server.operations.archive_shapes:Imported",
        outcome=outcome,
        activity="importing",
        examples="""
        magray import records.json --dry-run
        magray import ~/Downloads/chatgpt-export.zip --tag chats
        magray import ~/vault --from obsidian --layer insights
        zcat notes.jsonl.gz | magray import -
        """,
    ),
)
