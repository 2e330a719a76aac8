"""When the server has to end: the editor's process is gone, or someone sends a signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_POLL_SECONDS = 0.5


def on_death(pid: int, gone: Callable[[], None]) -> None:
    """Call `gone` from another thread once the process has ended, zombies included; at once if there is
    none.
    """
    threading.Thread(target=_wait, args=(pid, gone), name="magray-editor", daemon=True).start()


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
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, leave, 128 + number)
        except NotImplementedError:
            signal.signal(number, lambda caught, _: loop.call_soon_threadsafe(leave, 128 + caught))
