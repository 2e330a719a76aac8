"""`magray index`: read what changed, so that search finds it."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from magray_memory.errors import Interrupted
from magray_memory.resources import give_way
from magray_server.cli import render
from magray_server.cli.failures import DONE, PARTLY, as_json, describe
from magray_server.cli.shell import Shell, command, user_path
from magray_server.cli.terminal import emit, flush, to_json
from magray_server.host.parent_exit import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Listener = Callable[[dict[str, Any]], None]

_SHOWN_SKIPS = 5


@command(
    "index",
    example="""
    magray index
    magray index src docs/guide.md
    magray index --watch
    magray --workspace ~/project index --lexical
    """,
)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@click.option("--force", is_flag=True, help="Read every file again, changed or not.")
@click.option("--lexical", is_flag=True, help="Words only; leave the model out for now.")
@click.option("--watch", is_flag=True, help="Then stay, and follow every change until Ctrl-C.")
@click.option("--events", is_flag=True, help="Tell a parent program all as JSON lines; end when it does.")
def cli(shell: Shell, paths: tuple[str, ...], force: bool, lexical: bool, watch: bool, events: bool) -> int:
    """Index the workspace, or only the paths in it.

    Only what changed is read. Words can be searched after seconds, meaning follows; Ctrl-C at any time
    keeps what is done, and the next run goes on from there. The exit code is 3 when files that should be
    indexed were left out, or when there was no model to embed with (--lexical asks for none).
    """
    if watch or events:
        give_way()
    if watch:
        if paths:
            raise click.UsageError("--watch follows the whole workspace: leave the paths out")
        return _watch(shell, force=force, lexical=lexical, events=events)
    stop = threading.Event()
    if events:
        end_with_parent(stop.set, by_stdin=False)
    with stoppable(stop.set), _listener(shell, events, stop) as on_event, shell.memory() as memory:
        report = memory.index(
            [user_path(path) for path in paths] or None,
            force=force,
            lexical=lexical,
            on_event=on_event,
            should_stop=stop.is_set,
        )
    if stop.is_set():
        raise Interrupted("interrupted", "what is done is kept", "the same command again to go on")
    if shell.json and not events:
        shell.value(report.as_json())
    elif not events:
        shell.result(_summary(report.as_json()))
    _tell_skipped(shell, report.as_json()["skipped"])
    by_words_only = not lexical and report.seconds.semantic is None
    return PARTLY if report.skipped or by_words_only else DONE


def _watch(shell: Shell, *, force: bool, lexical: bool, events: bool) -> int:
    """Follow the workspace. Ctrl-C ends it with 130, a polite kill or the end of the parent with 0."""
    gone = threading.Event()
    with ExitStack() as stack:
        listen: Listener = stack.enter_context(_json_lines(gone)) if events else Told(shell, stack)
        memory = stack.enter_context(shell.memory())

        def heard(event: dict[str, Any]) -> None:
            listen(event)
            if gone.is_set():
                watcher.stop()

        watcher = memory.watcher(force=force, lexical=lexical, on_event=heard)
        if events:
            end_with_parent(watcher.stop, by_stdin=True)
        received = stack.enter_context(stoppable(watcher.stop))
        watcher.run()
    if signal.SIGINT in received:
        raise Interrupted("interrupted", "what is done is kept")
    return DONE


class Told:
    """What a person sees of a watcher: progress until the first run is done, then a line for each run."""

    def __init__(self, shell: Shell, stack: ExitStack) -> None:
        self._shell = shell
        self._bars = stack.enter_context(ExitStack())
        self._aside = self._bars.enter_context(_listener(shell, events=False, stop=threading.Event()))
        self._changed = Counter[str]()
        self._first = True

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        self._aside(event)
        if kind == "changed":
            self._changed.update(changed=event["files"], removed=event["removed"])
        elif kind == "done":
            self._bars.close()
            self._aside = partial(_warn_only, self._shell)
            self._tell({name: fact for name, fact in event.items() if name != "event"})
            self._changed.clear()
            self._first = False

    def _tell(self, report: dict[str, Any]) -> None:
        if self._shell.json:
            self._shell.value(report)
        elif self._first:
            self._shell.result(f"{_summary(report)}; watching")
        else:
            at = datetime.now().strftime("%H:%M:%S")
            self._shell.result(f"{at} {_happened(self._changed, report)}")
        flush()
        _tell_skipped(self._shell, report["skipped"])


def _happened(changed: Counter[str], report: dict[str, Any]) -> str:
    parts = [
        *([render.count(changed["changed"], "file")] if changed["changed"] else []),
        *([f"{changed['removed']:,} removed"] if changed["removed"] else []),
        *([f"{render.count(report['embedded'], 'passage')} embedded"] if report["embedded"] else []),
    ]
    return ", ".join(parts) or "up to date"


def _summary(facts: dict[str, Any]) -> str:
    spent = facts["seconds"]
    total = (spent.get("lexical") or 0) + (spent.get("semantic") or 0)
    parts = [
        f"{render.count(facts['files'], 'file')}, {render.count(facts['passages'], 'passage')}",
        *([f"{facts['embedded']:,} embedded"] if facts["embedded"] else []),
        *([f"{facts['reused']:,} known already"] if facts["reused"] else []),
        *([f"{facts['removed']:,} removed"] if facts["removed"] else []),
    ]
    return f"indexed {', '.join(parts)} in {render.seconds(total)}"


def _tell_skipped(shell: Shell, skipped: list[dict[str, Any]]) -> None:
    for item in skipped if shell.verbose else skipped[:_SHOWN_SKIPS]:
        shell.warn(f"skipped {item['path']}: {item['reason']}")
    if len(skipped) > _SHOWN_SKIPS and not shell.verbose:
        shell.warn(f"skipped {len(skipped) - _SHOWN_SKIPS} more (--verbose shows them)")


@contextmanager
def stoppable(stop: Callable[[], object]) -> Generator[list[int]]:
    """The first Ctrl-C (or a polite kill) stops the work between two steps, the second at once.

    Yields the signals that came.
    """
    received: list[int] = []

    def ask(number: int, frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        stop()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _listener(shell: Shell, events: bool, stop: threading.Event) -> Generator[Listener]:
    """What becomes of the indexer's events: JSON lines, a progress bar on a terminal, or warnings alone."""
    if events:
        with _json_lines(stop) as write:
            yield write
    elif shell.quiet or not sys.stderr.isatty():
        yield partial(_warn_only, shell)
    else:
        from magray_server.cli.progress import Progress

        with Progress(shell) as progress:
            yield progress.on_event


@contextmanager
def _json_lines(stop: threading.Event) -> Generator[Listener]:
    """Events as lines. Whatever ends the run, the last line says how: `done` or `error`."""
    sent: set[str] = set()

    def write(event: dict[str, Any]) -> None:
        sent.add(event["event"])
        try:
            emit(to_json(event), flush=True)
        except BrokenPipeError:
            # The program that listened is gone: nobody wants this run any more.
            stop.set()

    try:
        yield write
    except Exception as error:
        if "error" not in sent:
            write({"event": "error", **as_json(describe(error))})
        raise


def _warn_only(shell: Shell, event: dict[str, Any]) -> None:
    if event.get("event") == "warning":
        shell.warn(str(event.get("message", "")))
