"""View of `magray index`: its progress, its result, and interruption."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from magray_memory.errors import Interrupted
from magray_memory.progress import Progress
from magray_memory.values import give_way
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.json_lines import json_lines
from magray_server.cli.long_run import stoppable
from magray_server.cli.operation_command import EXIT_CODES, View
from magray_server.cli.terminal import flush
from magray_server.host.process_exit import end_with_parent
from magray_server.operations.index import outcome, run
from magray_server.operations.operation import Context
from magray_server.operations.paths import current_folder, seen_from

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from magray_memory.indexing.events import Done, Event
    from magray_memory.values import IndexReport, SkippedItem
    from magray_server.cli.shell import Shell
    from magray_server.operations.index import Index

    Listener = Callable[[Event], None]

_SHOWN_SKIPS = 5


def _run(shell: Shell, wanted: Index) -> int:
    events = wanted.events
    if wanted.watch or events:
        give_way()
    if wanted.watch:
        if wanted.paths:
            raise click.UsageError("--watch follows the whole workspace: leave the paths out")
        return _watch(shell, force=wanted.force, lexical=wanted.lexical, events=events)
    stop = threading.Event()
    if events:
        end_with_parent(stop.set, by_stdin=False)
    with stoppable(stop.set), _listener(shell, events, stop) as on_event, shell.memory() as memory:
        context = Context(
            memory=memory,
            folder=current_folder(),
            on_event=on_event,
            on_warning=shell.warn if on_event is None else None,
            progress=Progress(should_stop=stop.is_set),
        )
        report = run(context, wanted)
        listed = [*_left_out(context, wanted, report)] if shell.verbose and not events else []
    if stop.is_set():
        raise Interrupted("interrupted", "completed work is saved", "run the same command again to resume")
    if shell.json and not events:
        shell.value(report.as_json())
    elif not events:
        shell.result(_summary(report))
        if report.left_out:
            shell.result(render.left_out(report.left_out))
    for line in listed:
        shell.note(line)
    _warn_of_skipped(shell, report.skipped)
    return EXIT_CODES[outcome(wanted, report)]


def _left_out(context: Context, wanted: Index, report: IndexReport) -> Iterator[str]:
    """A line for each entry below the paths that a rule left out."""
    memory = context.memory
    paths = None if wanted.paths is None else [seen_from(context, path) for path in wanted.paths]
    if report.left_out:
        for entry in memory.index.coverage(tuple(report.left_out)).entries:
            place = memory.root / entry.path
            if paths is None or any(place.is_relative_to(path) for path in paths):
                yield f"{entry.path}: {entry.sentence}"


def _watch(shell: Shell, *, force: bool, lexical: bool, events: bool) -> int:
    """Follow the workspace. Ctrl-C ends it with 130, a polite kill or the end of the parent with 0."""
    gone = threading.Event()
    with ExitStack() as stack:
        listen: Listener = stack.enter_context(json_lines(gone)) if events else WatchOutput(shell, stack)
        memory = stack.enter_context(shell.memory())

        def on_event(event: Event) -> None:
            listen(event)
            if gone.is_set():
                watcher.stop()

        watcher = memory.watching.watcher(force=force, lexical=lexical, on_event=on_event)
        if events:
            end_with_parent(watcher.stop, by_stdin=True)
        received = stack.enter_context(stoppable(watcher.stop))
        watcher.run()
    if signal.SIGINT in received:
        raise Interrupted("interrupted", "completed work is saved")
    return DONE


class WatchOutput:
    """What a person sees of a watcher: progress until the first run is done, then a line for each run."""

    def __init__(self, shell: Shell, stack: ExitStack) -> None:
        self._shell = shell
        self._bars = stack.enter_context(ExitStack())
        self._progress = self._bars.enter_context(_listener(shell, events=False, stop=threading.Event()))
        self._files = self._removed = 0
        self._first = True

    def __call__(self, event: Event) -> None:
        """Render an event of the indexer."""
        from magray_memory.indexing.events import Changed, Done, Warned

        if self._progress is not None:
            self._progress(event)
        elif isinstance(event, Warned):
            self._shell.warn(event.message)
        if isinstance(event, Changed):
            self._files += event.files
            self._removed += event.removed
        elif isinstance(event, Done):
            self._bars.close()
            self._progress = None
            self._show(event)
            self._files = self._removed = 0
            self._first = False

    def _show(self, done: Done) -> None:
        if self._shell.json:
            self._shell.value(done.as_json())
        elif self._first:
            self._shell.result(f"{_summary(done)}; watching")
        else:
            at = datetime.now().strftime("%H:%M:%S")
            self._shell.result(f"{at} {self._run_summary(done)}")
        flush()
        _warn_of_skipped(self._shell, done.skipped)

    def _run_summary(self, done: Done) -> str:
        parts = [
            *([render.count(self._files, "file")] if self._files else []),
            *([f"{self._removed:,} removed"] if self._removed else []),
            *([f"{render.count(done.embedded, 'passage')} embedded"] if done.embedded else []),
        ]
        return ", ".join(parts) or "up to date"


def _summary(report: IndexReport | Done) -> str:
    total = (report.seconds.lexical or 0) + (report.seconds.semantic or 0)
    parts = [
        f"{render.count(report.files, 'file')}, {render.count(report.passages, 'passage')}",
        *([f"{report.embedded:,} embedded"] if report.embedded else []),
        *([f"{report.reused:,} known already"] if report.reused else []),
        *([f"{report.removed:,} removed"] if report.removed else []),
    ]
    return f"indexed {', '.join(parts)} in {render.seconds(total)}"


def _warn_of_skipped(shell: Shell, skipped: Sequence[SkippedItem]) -> None:
    for item in skipped if shell.verbose else skipped[:_SHOWN_SKIPS]:
        shell.warn(f"skipped {item.path}: {item.reason}")
    if len(skipped) > _SHOWN_SKIPS and not shell.verbose:
        shell.warn(f"skipped {len(skipped) - _SHOWN_SKIPS} more (--verbose shows them)")


@contextmanager
def _listener(shell: Shell, events: bool, stop: threading.Event) -> Generator[Listener | None]:
    """What becomes of the indexer's events: JSON lines, a progress bar on a terminal, or None: warnings
    alone.
    """
    if events:
        with json_lines(stop) as write:
            yield write
    elif shell.quiet or not sys.stderr.isatty():
        yield None
    else:
        from magray_server.cli.progress import Progress

        with Progress(shell) as progress:
            yield progress.on_event


VIEWS = {"index": View(run=_run)}
