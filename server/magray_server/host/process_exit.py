"""Process exit: a process that works for another ends when that one is gone, or when a signal says so."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import FrameType

_POLL_SECONDS = 0.5
GRACE_SECONDS = 0.7
"""How long what is under way may take to stop cleanly before the process ends anyway."""

_caught: list[int] = []
"""The signals that asked the server to end."""


def on_death(pid: int, gone: Callable[[], None]) -> None:
    """Call `gone` from another thread once the process has ended, zombies included; at once if there is
    none.
    """
    threading.Thread(target=_wait, args=(pid, gone), name="magray-peer", daemon=True).start()


def _wait(pid: int, gone: Callable[[], None]) -> None:
    if sys.platform == "win32":
        _wait_windows(pid)
    elif not _wait_pidfd(pid):
        while _alive(pid):
            time.sleep(_POLL_SECONDS)
    gone()


def _wait_pidfd(pid: int) -> bool:
    """Wait by a descriptor of the process: no polling, and a zombie counts as ended. False where there is
    no such.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return False
    import select

    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    finally:
        os.close(descriptor)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it exists and belongs to someone else
    return True


def _wait_windows(pid: int) -> None:
    if sys.platform != "win32":
        return
    import ctypes

    synchronize, infinite = 0x0010_0000, 0xFFFF_FFFF
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    handle: int = kernel.OpenProcess(synchronize, False, pid)
    if handle:
        kernel.WaitForSingleObject(handle, infinite)
        kernel.CloseHandle(handle)


def on_signal(loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """SIGTERM, SIGINT and SIGHUP end the server as they end any program: 128 + the signal's number."""

    def note(caught: int, _: FrameType | None) -> None:
        _caught.append(caught)
        if not wakes:
            loop.call_soon_threadsafe(leave, 128 + caught)

    wakes = True
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, leave, 128 + number)
        except NotImplementedError:
            wakes = False
        # The loop may take up the end of the client's stream before a signal that came first: noted here.
        signal.signal(number, note)


def exit_code(code: int) -> int:
    """The exit code of a server that would end with `code`, by the signal that came before that."""
    return 128 + _caught[0] if _caught else code


def when_stdin_ends(act: Callable[[], object]) -> None:
    """Call `act` in another thread once stdin ends: the parent holds its other end and never writes to it."""

    def follow() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        act()

    threading.Thread(target=follow, name="magray-parent", daemon=True).start()


def end_with_parent(stop: Callable[[], object], *, by_stdin: bool) -> None:
    """Once the parent is gone call `stop` in another thread, and soon after end the process in any case.

    `by_stdin`: the end of stdin means the same, if stdin is a pipe.
    """

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
