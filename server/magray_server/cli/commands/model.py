"""View of `magray model`: models, and the progress of fetching one."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from magray_memory.progress import Progress
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.operation_command import Call, View
from magray_server.operations.model import pull
from magray_server.operations.operation import Context, as_json
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from magray_memory.progress import Report
    from magray_server.cli.shell import Shell
    from magray_server.operations.model import (
        Built,
        ModelBuild,
        ModelDetails,
        ModelList,
        ModelPull,
        Models,
        ModelShow,
        ModelUse,
        ModelVerify,
        Used,
        Verified,
    )

_HEADS = ("", "MODEL", "DIM", "WINDOW", "SIZE", "SPEED", "LICENCE", "ABOUT")


def _listed(_: Call[ModelList], found: Models) -> Iterator[str]:
    return render.table([_HEADS, *(_row(model.as_json()) for model in found.models)], right=(2, 3, 4))


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    size = facts.get("bytes") or facts.get("megabytes", {}).get("cpu", 0) * 1_000_000
    if facts["problem"]:
        about = safe(facts["problem"])
    else:
        about = safe(facts.get("about") or facts.get("folder") or "")
    return (
        "*" if facts["active"] else "",
        safe(facts["id"]) + ("" if facts["installed"] else " (to pull)"),
        str(facts.get("dim", "")),
        f"{facts.get('window', 0):,}",
        render.size(size) if size else "",
        str(facts.get("speed", "")),
        safe(str(facts.get("licence", ""))),
        about,
    )


def _shown(_: Call[ModelShow], found: ModelDetails) -> Iterator[str]:
    return render.table(
        [(key, _text_of(value)) for key, value in found.as_json().items() if value is not None]
    )


def _text_of(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text_of(part)}" for key, part in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return " ".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return safe(repr(value) if isinstance(value, str) and value != value.strip() else str(value))


def _used(_: Call[ModelUse], used: Used) -> Iterator[str]:
    yield f"{safe(used.model.id)} is now in use"


def _used_notes(call: Call[ModelUse], used: Used) -> None:
    for vault in () if call.shell.json else used.vaults:
        if vault.root is not None:
            call.shell.note(f"run `magray --workspace {vault.root} index`; until then its old vectors answer")


def _pull(shell: Shell, wanted: ModelPull) -> int:
    stop = threading.Event()
    with shell.memory() as memory, _stoppable(stop), _bar(shell) as on_report:
        pulled = pull(Context(memory=memory, progress=Progress(on_report, stop.is_set)), wanted)
    if shell.json:
        shell.value(as_json(pulled))
        return DONE
    shell.result(f"{safe(pulled.id)} is in {safe(pulled.folder)}")
    shell.note(f"magray model use {pulled.id}")
    return DONE


def _built(call: Call[ModelBuild], built: Built) -> Iterator[str]:
    yield f"{safe(built.id)} has a file for {call.options.device} in {safe(built.folder)}"


def _verified(_: Call[ModelVerify], found: Verified) -> Iterator[str]:
    how = "" if found.cosine is None else f", reference text {found.cosine:.3f}"
    yield f"{safe(found.id)}: {render.count(found.files, 'file')} as recorded{how}"


@contextmanager
def _stoppable(stop: threading.Event) -> Generator[None]:
    """The first Ctrl-C stops between two pieces and saves the partial download; the second stops at once."""

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(shell: Shell) -> Generator[Callable[[Report], None]]:
    """Progress on a terminal, and none anywhere else."""
    if shell.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), DownloadColumn())
    with Bars(
        *columns, TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True
    ) as bars:
        task = bars.add_task("", total=None)

        def on_report(report: Report) -> None:
            name = safe(report.step.rpartition("/")[2])
            bars.update(task, description=name, completed=report.done, total=report.total)

        yield on_report


VIEWS = {
    "model list": View(lines=_listed),
    "model show": View(lines=_shown),
    "model use": View(lines=_used, notes=_used_notes),
    "model pull": View(run=_pull),
    "model build": View(lines=_built),
    "model verify": View(lines=_verified),
}
