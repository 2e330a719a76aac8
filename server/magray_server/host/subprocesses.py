"""Subprocesses of a host: they run the shell's commands, end when the host does, and run nothing of the
workspace.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LINE_BYTES = 16 << 20
END = signal.SIGTERM if os.name == "nt" else signal.SIGKILL
"""Ends a child whatever it does."""


async def start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """`magray ARGUMENTS` in a folder, with variables more than ours; `stdout` and `stderr` are pipes. Raises
    OSError.
    """
    options: dict[str, Any] = (
        {"creationflags": 0x0000_0200} if os.name == "nt" else {"start_new_session": True}
    )
    return await asyncio.create_subprocess_exec(
        # -P: a workspace with a `json.py` in it must not get it imported.
        *(sys.executable, "-P", "-m", "magray_server.cli.child_main", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, **environment, "PYTHONUTF8": "1"},
        limit=LINE_BYTES,
        **options,
    )


def end(process: asyncio.subprocess.Process | None, number: int = END) -> None:
    """Send a signal to a child and to all that it started; nothing happens when it has ended."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(OSError):
        if os.name == "nt":
            process.terminate()
        else:
            os.killpg(process.pid, number)


async def last_line(stream: asyncio.StreamReader) -> str:
    """The last line that is not empty; everything before it is read away."""
    last = b""
    with contextlib.suppress(ValueError):
        async for line in stream:
            last = line.strip() or last
    return last.decode("utf-8", "replace").removeprefix("error: ")[:500]
