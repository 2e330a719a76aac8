"""`magray index`: read what changed, so that search finds it."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from magray_memory.errors import Interrupted
from magray_server.cli import render
from magray_server.cli.failures import DONE, PARTLY, as_json, describe
from magray_server.cli.shell import Shell, command, user_path
from magray_server.cli.terminal import emit, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magray_memory.workspace.indexer import IndexReport

    Listener = Callable[[dict[str, Any]], None]

_SHOWN_SKIPS = 5


@command(
    "index",
    example="""
    magray index
    magray index src docs/guide.md
    magray --workspace ~/project index --lexical
    """,
)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@click.option("--force", is_flag=True, help="Read every file again, changed or not.")
@click.option("--lexical", is_flag=True, help="Words only; leave the model out for now.")
@click.option("--events", is_flag=True, help="Print progress as JSON lines.")
def cli(shell: Shell, paths: tuple[str, ...], force: bool, lexical: bool, events: bool) -> int:
    """Index the workspace, or only the paths in it.

    Only what changed is read. Words can be searched after seconds, meaning follows; Ctrl-C at any time
    keeps what is done, and the next run goes on from there.
    """
    stop = threading.Event()
    with _stoppable(stop), _listener(shell, events, stop) as on_event, shell.memory() as memory:
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
        shell.result(_summary(report))
    _tell_skipped(shell, report)
    return PARTLY if report.skipped else DONE


def _summary(report: IndexReport) -> str:
    facts = report.as_json()
    spent = facts["seconds"]
    total = (spent.get("lexical") or 0) + (spent.get("semantic") or 0)
    parts = [
        f"{render.count(facts['files'], 'file')}, {render.count(facts['passages'], 'passage')}",
        *([f"{facts['embedded']:,} embedded"] if facts["embedded"] else []),
        *([f"{facts['reused']:,} known already"] if facts["reused"] else []),
        *([f"{facts['removed']:,} removed"] if facts["removed"] else []),
    ]
    return f"indexed {', '.join(parts)} in {render.seconds(total)}"


def _tell_skipped(shell: Shell, report: IndexReport) -> None:
    skipped: list[dict[str, Any]] = report.as_json()["skipped"]
    for item in skipped if shell.verbose else skipped[:_SHOWN_SKIPS]:
        shell.warn(f"skipped {item['path']}: {item['reason']}")
    if len(skipped) > _SHOWN_SKIPS and not shell.verbose:
        shell.warn(f"skipped {len(skipped) - _SHOWN_SKIPS} more (--verbose shows them)")


@contextmanager
def _stoppable(stop: threading.Event) -> Generator[None]:
    """The first Ctrl-C (or a polite kill) stops the indexer between two steps, the second at once."""

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
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
        yield lambda event: _warn_only(shell, event)
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
