"""Interrupts: what SIGINT and SIGTERM do to a command while it runs."""

from __future__ import annotations

import _thread
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
PATIENCE_SECONDS = 10.0
"""What a command may take to end once it was interrupted; then it ends as a kill would end it."""
_AGAIN_SECONDS = 0.01

_asked: list[int] = []
"""The signals by which somebody asked the process to end."""


class _Raised:
    """The KeyboardInterrupt of this process. `swallowed`: it came up where Python can only report it;
    `ended`: the command came to its end.
    """

    once = False
    swallowed = False
    ended = False


def interrupt(number: int, frame: FrameType | None = None) -> None:
    """Handler of a signal: the first one raises KeyboardInterrupt, another ends the process at once."""
    if not _Raised.once:
        note(number)
        _thread.start_new_thread(_end_late, (number,))
    elif not _Raised.swallowed:
        os._exit(128 + number)
    _Raised.once, _Raised.swallowed = True, False
    while frame is not None:
        if frame.f_code is _on_unraisable.__code__:
            _raise_later()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _end_late(number: int) -> None:
    # An interrupt just after `Condition.__enter__` took its lock leaves it taken for ever.
    import time

    time.sleep(PATIENCE_SECONDS)
    if not _Raised.ended:
        os._exit(128 + number)


def _raise_later() -> None:
    import threading

    _Raised.swallowed = True
    threading.Thread(target=_raise_again, name="magray-interrupt", daemon=True).start()


def _raise_again() -> None:
    import time

    time.sleep(_AGAIN_SECONDS)
    if _Raised.swallowed:
        _thread.interrupt_main()


def _on_unraisable(what: sys.UnraisableHookArgs) -> None:
    if issubclass(what.exc_type, KeyboardInterrupt):
        _raise_later()
    else:
        sys.__unraisablehook__(what)


def note(number: int) -> None:
    """Note that a signal asked for the end, which the exit code tells."""
    _asked.append(number)


def was_raised() -> bool:
    """Whether a KeyboardInterrupt was raised, whatever has become of it."""
    return _Raised.once


def exit_code(code: int) -> int:
    """The exit code of a command that ended with `code`, by the signal that interrupted it."""
    if _Raised.once:
        code = INTERRUPTED
    return 128 + _asked[0] if code == INTERRUPTED and _asked else code


@contextmanager
def raising() -> Generator[None]:
    """Within it Ctrl-C raises a KeyboardInterrupt that cannot get lost.

    One that comes up in a callback (of a weak reference, of a finalizer) would only be reported there, and
    the command would go on: it is raised again.
    """
    before, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if before is signal.SIG_IGN:
        yield
        return
    _Raised.ended = False
    sys.unraisablehook = _on_unraisable
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        _Raised.ended = True
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = hook
