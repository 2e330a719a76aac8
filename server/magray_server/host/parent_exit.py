"""Ends a process whose parent is gone: one that works for another program must not outlive it."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_SECONDS = 0.7
"""How long what is under way may take to stop cleanly before the process ends anyway."""


def when_stdin_ends(act: Callable[[], object]) -> None:
    """Call `act` in another thread once stdin ends: the parent holds its other end and never writes to it."""

    def follow() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        act()

    threading.Thread(target=follow, name="magray-leash", daemon=True).start()


def end_with_parent(stop: Callable[[], object], *, by_stdin: bool) -> None:
    """Once the parent is gone call `stop` in another thread, and soon after end the process in any case.

    `by_stdin`: the end of stdin means the same, if stdin is a pipe.
    """
    from magray_server.host.process_exit import on_death

    def end() -> None:
        stop()
        timer = threading.Timer(GRACE_SECONDS, os._exit, (1,))
        timer.daemon = True
        timer.start()

    on_death(os.getppid(), end)
    if by_stdin and _is_pipe(0):
        when_stdin_ends(end)


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
