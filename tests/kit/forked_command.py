"""The `magray` command, forked from a process that has loaded it: loading is most of a short command.

It is a process of its own, with its arguments, environment, folder, streams and exit code. What a fork cannot
show, such as how the interpreter starts, is tested by starting one.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PACKAGES = ("magray_memory", "magray_server.cli", "magray_server.operations")
"""Whose modules are loaded; what they load on use alone, such as the model's runtime, is not."""

LIBRARIES = ("numpy", "tokenizers", "Stemmer", "rich.console", "rich.progress", "rich.table", "tomlkit")
"""Libraries that most commands come to load; none of them starts a thread."""

_LEFT_OUT = ("magray_memory.models.builder", "magray_memory.text.secret_finder")
"""What a command does without has an effect of its own: it is loaded by those that need it."""

_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "OMP_", "OPENBLAS_")
"""Variables that a process reads when it starts, so that a fork comes too late for them."""


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a fork can do what a new process with this environment would: elsewhere than on Linux a process
    cannot be forked, or not safely.
    """
    return sys.platform == "linux" and _read_at_start(environment) == _read_at_start(_environment())


def _read_at_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_READ_AT_START)}


def _environment() -> dict[str, str]:
    """Of the loaded process."""
    return {**os.environ, "PYTHONUTF8": "1"}


class ForkedCommand:
    """Runs commands one after the other; the loaded process starts with the first and ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ours: socket.socket | None = None

    def run(
        self,
        arguments: Sequence[str | bytes],
        *,
        cwd: Path,
        env: Mapping[str, str],
        given: bytes = b"",
        seconds: float,
    ) -> subprocess.CompletedProcess[bytes]:
        """One command to its end. Raises TimeoutError when it is still at work after `seconds`."""
        pipes = [os.pipe() for _ in range(3)]
        (stdin, feed), (out, stdout), (err, stderr) = pipes
        try:
            request = {
                "arguments": [os.fsdecode(argument) for argument in arguments],
                "cwd": str(cwd),
                "environment": dict(env),
            }
            pid = self._ask(request, [stdin, stdout, stderr])
        except BaseException:
            for end in (*pipes[0], *pipes[1], *pipes[2]):
                os.close(end)
            raise
        for end in (stdin, stdout, stderr):
            os.close(end)
        printed = _communicate(pid, feed, given, [out, err], seconds)
        return subprocess.CompletedProcess(list(arguments), self._answer()["code"], *printed)

    def _ask(self, request: dict[str, Any], streams: list[int]) -> int:
        ours = self._ours or self._begin()
        text = json.dumps(request).encode()
        ours.sendall(len(text).to_bytes(4, "big"))
        ours.sendall(text)
        socket.send_fds(ours, [b"."], streams)
        return self._answer()["pid"]

    def _answer(self) -> dict[str, int]:
        assert self._ours is not None
        return json.loads(_receive(self._ours) or b"")

    def _begin(self) -> socket.socket:
        self._ours, theirs = socket.socketpair()
        # One thread: with more, what another holds at the moment of a fork stays held for ever.
        environment = {**_environment(), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-P", __file__, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return self._ours


FORKED = ForkedCommand()
"""For all tests of a process."""


def _communicate(pid: int, feed: int, given: bytes, ends: list[int], seconds: float) -> list[bytes]:
    """Give a process its input and take what it prints, until it has closed its streams."""
    printed: dict[int, list[bytes]] = {end: [] for end in ends}
    os.set_blocking(feed, False)
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for end in ends:
            stack.callback(os.close, end)
            selector.register(end, selectors.EVENT_READ)
        selector.register(feed, selectors.EVENT_WRITE)
        while selector.get_map():
            found = selector.select(until - time.monotonic())
            if not found:
                os.kill(pid, signal.SIGKILL)
                raise TimeoutError(f"{seconds} s were not enough")
            for key, _ in found:
                end = key.fd
                if end == feed:
                    given = _feed(feed, given)
                    if not given:
                        selector.unregister(feed)
                        os.close(feed)
                elif piece := os.read(end, 1 << 16):
                    printed[end].append(piece)
                else:
                    selector.unregister(end)
        return [b"".join(printed[end]) for end in ends]


def _feed(pipe: int, given: bytes) -> bytes:
    """Write what fits; returns the rest, nothing where nobody reads any more."""
    try:
        return given[os.write(pipe, given) :] if given else b""
    except BlockingIOError:
        return given
    except BrokenPipeError:
        return b""


def _receive(connection: socket.socket) -> bytes | None:
    """A message, None at the end."""
    size = connection.recv(4, socket.MSG_WAITALL)
    return connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL) if size else None


def _send(connection: socket.socket, **message: int) -> None:
    text = json.dumps(message).encode()
    connection.sendall(len(text).to_bytes(4, "big") + text)


def _serve(connection: socket.socket) -> None:
    """Fork a process for each request, one after the other, until the other end closes."""
    _load()
    while (request := _receive(connection)) is not None:
        streams = socket.recv_fds(connection, 1, 3)[1]
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become(json.loads(request), streams)
        for stream in streams:
            os.close(stream)
        _send(connection, pid=pid)
        _send(connection, code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _load() -> None:
    import importlib
    import pkgutil

    for name in LIBRARIES:
        importlib.import_module(name)
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.startswith(_LEFT_OUT):
                importlib.import_module(module.name)


def _become(request: dict[str, Any], streams: Sequence[int]) -> None:
    """Be the command; never returns."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.path.insert(0, request["cwd"])  # as `python -m` does
    from magray_server.cli.main import __file__ as program
    from magray_server.cli.main import main

    sys.argv[:] = [program, *request["arguments"]]
    main()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        _serve(connection)
