"""Processes that tests start are ended, and their pipes closed, when the test is over."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable


def end(processes: Iterable[subprocess.Popen[Any]]) -> None:
    """Kill what still runs, and close the pipes that nobody else reads."""
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
