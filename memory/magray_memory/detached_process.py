"""Detached process: work that a command leaves behind, in a process of its own that outlives it.

The process runs `python -P -m MODULE HOME`: nothing of the folder that it is started in gets imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DETACHED = 0x00000008 | 0x08000000  # DETACHED_PROCESS | CREATE_NO_WINDOW
_started: list[subprocess.Popen[bytes]] = []
"""Those that were started here and may still run: nobody waits for them, and one that has ended is reaped."""


def start(module: str, home: Path) -> bool:
    """Start the process; returns whether it was."""
    _started[:] = [process for process in _started if process.poll() is None]
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(home)],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",
            creationflags=_DETACHED if os.name == "nt" else 0,
        )
    except OSError:
        return False
    _started.append(process)
    return True
