"""Ctrl-C and a polite kill at any moment: 130 or 143, no traceback, and nothing that was acknowledged is
lost.

`scripts/prove_recovery.py signals` is the long form. An interrupt that comes before the first line of ours,
while Python itself starts, is Python's to answer.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Magray

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")
ENDS = {signal.SIGINT: (-signal.SIGINT, 130), signal.SIGTERM: (-signal.SIGTERM, 143)}


def _program(before: str, *arguments: str) -> list[str]:
    """The command after some lines of Python."""
    line = f"import sys; sys.argv[1:] = {list(arguments)!r}\n{before}\n"
    return [sys.executable, "-c", f"{line}from magray_server.cli.main import main\nmain()\n"]


def _run(magray: Magray, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=magray.cwd, env=magray.environment(), capture_output=True, text=True, timeout=60
    )


def _came_before_us(err: str) -> bool:
    """Whether Python was interrupted before `main` was called; a traceback of later is a fault."""
    if "Traceback" not in err and "Fatal Python error" not in err:
        return False
    assert not re.search(r'magray_server/\S+", line \d+, in main\b', err), err
    return True


@pytest.mark.parametrize("module", ["magray_server.cli.main", "magray_server.lsp.main"])
def test_nothing_but_signal_is_imported_before_signals_are_set(module: str) -> None:
    code = (
        f"import signal, sys; had = set(sys.modules); import {module}; print(*(set(sys.modules) - had))\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {"magray_server", "magray_server.quick_start", module.rpartition(".")[0], module}
    assert set(done.stdout.split()) == names


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "command",
    [("status",), ("search", "payment"), ("recall", "payment"), ("remember", "-"), ("index", "--force")],
    ids=lambda command: command[0],
)
def test_at_any_moment(magray: Magray, command: tuple[str, ...], number: signal.Signals) -> None:
    chance = random.Random(f"{command} {number}")
    assert magray("index").code == 0
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    began = time.monotonic()
    magray.start(*command, **pipes).communicate(b"first", timeout=60)
    whole = time.monotonic() - began
    acknowledged = []
    for turn in range(8):
        text = f"text {turn} of {number}"
        process = magray.start(*command, **pipes)
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        process.stdin = None
        time.sleep(chance.uniform(0, whole))
        process.send_signal(number)
        out, err = (stream.decode() for stream in process.communicate(timeout=60))
        if process.returncode == 0:  # it was at its end
            assert out
            acknowledged.append(text)
        elif not _came_before_us(err):
            assert process.returncode in ENDS[number], (process.returncode, err)
            assert "KeyboardInterrupt" not in err
    if command[0] == "remember":
        there = {record["text"] for record in magray("--json", "list").json["records"]}
        assert {"first", *acknowledged} <= there
    assert magray("doctor").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_language_server_in_its_first_moments(magray: Magray, number: signal.Signals) -> None:
    chance = random.Random(number)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-m", "magray_server.lsp.main"],
            env=magray.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(chance.uniform(0, 0.5))
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert _came_before_us(err.decode()) or process.returncode in ENDS[number], err


SWALLOWED = """
import signal, weakref
from magray_memory.memory import Memory
class Thing: pass
def opened(*args, open=Memory.open, **options):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    return open(*args, **options)
Memory.open = opened
"""
"""An interrupt while a callback runs: Python reports what is raised there, and goes on."""
RENAMED = """
import signal
from magray_memory.memory import Memory
class Field:
    def __set_name__(self, owner, name): signal.raise_signal(signal.SIGINT)
def opened(*args, **options):
    try:
        class Table: field = Field()
    except KeyboardInterrupt as error:
        raise RuntimeError("a library made another error of it") from error
Memory.open = opened
"""


@pytest.mark.parametrize("before", [SWALLOWED, RENAMED], ids=["swallowed", "renamed"])
@pytest.mark.parametrize("command", [("status",), ("search", "payment"), ("recall", "payment")])
def test_an_interrupt_that_a_library_hides(indexed: Magray, command: tuple[str, ...], before: str) -> None:
    done = _run(indexed, _program(before, "--json", *command))
    assert done.returncode == 130, done
    assert done.stderr == "interrupted\n"
    assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "interrupted"


STUCK = """
import signal, threading
from magray_memory.memory import Memory
from magray_server import interrupts
interrupts.PATIENCE_SECONDS = 0.2
lock = threading.Lock()
def opened(*args, **options):
    lock.acquire()
    try: signal.raise_signal(signal.SIGINT)
    finally: lock.acquire()
Memory.open = opened
"""
"""An interrupt after a lock was taken that the way out needs."""


@pytest.mark.parametrize("command", [("status",), ("search", "payment"), ("remember", "a text"), ("list",)])
def test_a_way_out_that_never_ends(indexed: Magray, command: tuple[str, ...]) -> None:
    assert _run(indexed, _program(STUCK, *command)).returncode == 130


LONG = """
import signal, time
from magray_memory.records.layers import Layers
from magray_memory.progress import SILENT
def clean(self, *, progress=SILENT, **options):
    for number in {numbers}: signal.raise_signal(number)
    progress.check()
    time.sleep(60)
Layers.clean = clean
"""


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM], 143),
        ([signal.SIGINT, signal.SIGINT], 130),
        ([signal.SIGTERM, signal.SIGINT], 143),
        ([signal.SIGINT] * 3, 130),
    ],
)
def test_a_long_run_tells_which_signal_ended_it(magray: Magray, numbers: list[int], code: int) -> None:
    done = _run(magray, _program(LONG.format(numbers=[int(n) for n in numbers]), "clean"))
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr and "KeyboardInterrupt" not in done.stderr


@pytest.mark.parametrize("command", [("search", "payment"), ("index", "--force"), ("clean",)])
def test_what_was_started_with_the_interrupt_ignored_goes_on(
    indexed: Magray, command: tuple[str, ...]
) -> None:
    before = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    before += (
        "from magray_memory.memory import Memory\n"
        "def opened(*args, open=Memory.open, **options):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    return open(*args, **options)\n"
        "Memory.open = opened\n"
    )
    assert _run(indexed, _program(before, *command)).returncode == 0
