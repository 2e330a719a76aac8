"""View of `magray optimize`: each step with the bytes and milliseconds saved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from magray_memory.progress import Progress
from magray_server.cli import render
from magray_server.cli.json_lines import json_lines
from magray_server.cli.operation_command import EXIT_CODES, Call, View
from magray_server.host.process_exit import end_with_parent
from magray_server.operations.operation import Context
from magray_server.operations.optimize import outcome, run
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Optimized, Step
    from magray_server.cli.shell import Shell
    from magray_server.operations.optimize import Optimize


def _run(shell: Shell, wanted: Optimize) -> int | None:
    """With `--events`: each step and the result as JSON lines."""
    if not wanted.events:
        return None
    from magray_memory.indexing import events

    stop = threading.Event()
    end_with_parent(stop.set, by_stdin=False)
    with json_lines(stop) as write, shell.memory() as memory:
        progress = Progress(lambda report: write(events.Step(report.step)), stop.is_set)
        context = Context(memory=memory, progress=progress)
        done = run(context, wanted)
        write(events.Result(done.as_json()))
    return EXIT_CODES[outcome(wanted, done)]


def _lines(call: Call[Optimize], done: Optimized) -> Iterator[str]:
    for step in done.steps:
        if not step.problem:
            yield safe(f"{step.message}{_won(step)}  {step.place}")
    if not done.steps:
        yield "there is nothing to optimize"
    elif not call.options.dry_run:
        yield f"{_bytes(done.bytes)} in {render.seconds(done.seconds)}"


def _notes(call: Call[Optimize], done: Optimized) -> None:
    for step in done.problems:
        call.shell.warn(f"{step.place}: {step.message}: {step.problem}")


def _won(step: Step) -> str:
    facts = [_bytes(step.bytes)] if step.bytes else []
    if step.ms is not None:
        facts.append(f"{abs(step.ms):.1f} ms a search {'won' if step.ms >= 0 else 'more'}")
    return f" ({', '.join(facts)})" if facts else ""


def _bytes(won: int) -> str:
    return f"{render.size(abs(won))} {'won' if won >= 0 else 'more'}"


VIEWS = {"optimize": View(run=_run, lines=_lines, notes=_notes)}
