"""`index`: read what changed, so that search finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, Outcome, option, options
from magray_server.operations.paths import seen_from

if TYPE_CHECKING:
    from magray_memory.values import IndexReport


@options
class Index:
    """Index the workspace, or only the paths in it.

    Only changed files are read. Lexical search works after seconds, semantic search follows; Ctrl-C at any
    time saves completed work, and the next run resumes there. The exit code is 3 when a file that should be
    indexed cannot be, which is reported once (`magray status` lists it until it changes), or when there was
    no model to embed with (--lexical needs none).
    """

    paths: tuple[str, ...] | None = option(
        "Files and folders of the workspace; without any, all of it.",
        default=None,
        positional=True,
        metavar="[PATH]...",
        path=True,
    )
    force: bool = option("Read every file again, changed or not.", default=False)
    lexical: bool = option("Build the lexical index only, without the model.", default=False)
    watch: bool = option(
        "Keep running and index every change until Ctrl-C.", default=False, in_requests=False
    )
    events: bool = option(
        "Report events to a parent process as JSON lines; exit with it.", default=False, in_requests=False
    )


def run(context: Context, wanted: Index) -> IndexReport:
    """One run. Raises VaultLocked while another process indexes the workspace, WorkspaceError for a path
    outside of it.
    """
    return context.memory.index.run(
        None if wanted.paths is None else [seen_from(context, path) for path in wanted.paths],
        force=wanted.force,
        lexical=wanted.lexical,
        on_event=context.on_event,
        on_warning=context.on_warning,
        should_stop=context.progress.should_stop,
    )


def outcome(wanted: Index, report: IndexReport) -> Outcome:
    """Partly done when files could not be indexed, or embeddings that were wanted were not made."""
    without_embeddings = not wanted.lexical and report.seconds.semantic is None
    return Outcome.PARTLY if report.skipped or without_embeddings else Outcome.DONE


OPERATIONS = (
    Operation(
        name="index",
        options=Index,
        run=run,
        shape="magray_server.operations.shapes:IndexReport",
        outcome=outcome,
        examples="""
        magray index
        magray index src docs/guide.md
        magray index --watch
        magray --workspace ~/project index --lexical
        """,
    ),
)
