"""Killing: commands that are cut off, in turn at a moment and at a write of what a whole run does."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disk import read_trace, watched
from durability import environment

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping
    from pathlib import Path

_KILLED = -9


@dataclass
class Killing:
    """Kills in a folder; with the library that watches writes, every second one at a write."""

    base: Path
    chance: random.Random
    library: Path | None
    seconds: float = 0.0
    writes: int = 0

    def measure(self, home: Path, command: tuple[str, ...]) -> None:
        """A whole run: how long it takes, and how many writes it makes."""
        trace = self.base / "trace"
        env = {} if self.library is None else watched(self.library, self.base, trace)
        started = time.monotonic()
        ended(magray(home, self.base, *command, env=env))
        self.seconds = time.monotonic() - started
        self.writes = 0 if self.library is None else len(read_trace(trace))

    def killed(self, home: Path, command: tuple[str, ...], run: int) -> bool:
        """Run a command and kill it; returns whether it was cut off before it had ended."""
        env: dict[str, str] = {}
        if run % 2 and self.library is not None:
            fault = f"KILL {self.chance.randrange(1, self.writes)}"
            env = watched(self.library, self.base, fault=fault)
        process = magray(home, self.base, *command, env=env)
        killer = threading.Timer(self.seconds * self.chance.uniform(0.2, 1.0), process.kill)
        if not env:
            killer.start()
        process.communicate()
        killer.cancel()
        return process.returncode == _KILLED


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code."""
    process.communicate()
    return process.returncode


def magray(
    home: Path, folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A command, begun in a folder, that starts no process which outlives it."""
    return subprocess.Popen(
        [sys.executable, "-m", "magray_server.cli.main", *arguments],
        env=environment(
            MAGRAY_HOME=str(home),
            MAGRAY_LAYERS__AUTOMATIC="false",
            MAGRAY_BACKUP__AUTOMATIC="false",
            **(env or {}),
        ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
