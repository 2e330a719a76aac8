"""JSON lines: what a command does, as events for the program that started it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from magray_server.cli.failures import describe
from magray_server.cli.terminal import emit, to_json

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator

    from magray_memory.indexing.events import Event


@contextmanager
def json_lines(stop: threading.Event) -> Generator[Callable[[Event], None]]:
    """Yields what prints an event as a line. After any error the last line is `error`; `stop` is set when
    nobody reads the lines any more.
    """
    from magray_memory.indexing.events import Failed

    failed = False

    def write(event: Event) -> None:
        nonlocal failed
        failed = failed or isinstance(event, Failed)
        try:
            emit(to_json(event), flush=True)
        except BrokenPipeError:
            stop.set()

    try:
        yield write
    except Exception as error:
        if not failed:
            ours = describe(error)
            write(Failed(ours.code, ours.message, ours.hint))
        raise
