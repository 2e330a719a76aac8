"""The program's commands, forked from a process that has loaded them: loading is most of a short command.

Each is a process of its own, with its arguments, environment, folder, streams and exit code. What a fork
cannot show, such as how the interpreter starts and what is loaded when, is tested by starting one.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

ENGINE, SHELL, SERVER = "magray_memory", "magray_server.cli", "magray_server.lsp"
"""Packages whose modules are loaded; what they load on use alone, such as the model's runtime, is not."""

LIBRARIES = ("numpy", "tokenizers", "Stemmer", "rich.console", "rich.progress", "rich.table", "tomlkit")
"""Libraries that most commands come to load; none of them starts a thread."""

_LEFT_OUT = ("magray_memory.models.builder", "magray_memory.text.secret_finder")
"""Whether these are loaded changes what a command does."""

_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "OMP_", "OPENBLAS_")
"""Variables that a process reads when it starts, so that a fork comes too late for them."""


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a fork can do what a new process with this environment would: elsewhere than on Linux a process
    cannot be forked, or not safely.
    """
    return sys.platform == "linux" and _read_at_start(environment) == _read_at_start(os.environ)


def _read_at_start(variables: Mapping[str, str]) -> dict[str, str]:
    read = {name: value for name, value in variables.items() if name.startswith(_READ_AT_START)}
    return {"PYTHONUTF8": "1", **read}


class ForkedProcess:
    """A process that runs, as `subprocess.Popen` shows one that has three pipes."""

    def __init__(self, origin: ForkedCommand, pid: int, pipes: Sequence[int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: BinaryIO = os.fdopen(pipes[0], "wb")
        self.stdout: BinaryIO = os.fdopen(pipes[1], "rb")
        self.stderr: BinaryIO = os.fdopen(pipes[2], "rb")
        self._origin = origin

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self.returncode is None:
            self.returncode = self._origin.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended. Raises subprocess.TimeoutExpired."""
        if self.poll() is None:
            end = os.pidfd_open(self.pid)
            try:
                if not select.select([end], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired("magray", timeout or 0)
            finally:
                os.close(end)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkedCommand:
    """A module's `main` in processes; the loaded one starts with the first and ends with this one."""

    def __init__(self, module: str, *packages: str) -> None:
        self._module = module
        self._packages = packages
        self._process: subprocess.Popen[bytes] | None = None
        self._ours: socket.socket | None = None
        self._asking = threading.Lock()

    def start(self, arguments: Sequence[str | bytes], *, cwd: Path, env: Mapping[str, str]) -> ForkedProcess:
        """A process at work."""
        (stdin, feed), (out, stdout), (err, stderr) = (os.pipe() for _ in range(3))
        given = [os.fsdecode(argument) for argument in arguments]
        pid = self.ask([stdin, stdout, stderr], arguments=given, cwd=str(cwd), env=dict(env))
        assert pid is not None
        for end in (stdin, stdout, stderr):
            os.close(end)
        return ForkedProcess(self, pid, [feed, out, err])

    def run(
        self,
        arguments: Sequence[str | bytes],
        *,
        cwd: Path,
        env: Mapping[str, str],
        given: bytes = b"",
        seconds: float,
    ) -> subprocess.CompletedProcess[bytes]:
        """One to its end. Raises subprocess.TimeoutExpired when it is still at work after `seconds`."""
        process = self.start(arguments, cwd=cwd, env=env)
        try:
            printed = _communicate(process, given, seconds)
            return subprocess.CompletedProcess(list(arguments), process.wait(seconds), *printed)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def ask(self, streams: Sequence[int] = (), **request: Any) -> int | None:
        """What the loaded process answers: the pid of a new one, or the exit code of an `ended` one."""
        with self._asking:
            ours = self._ours or self._begin()
            text = json.dumps(request).encode()
            ours.sendall(len(text).to_bytes(4, "big") + text)
            if streams:
                socket.send_fds(ours, [b"."], streams)
            return json.loads(_receive(ours) or b"null")

    def _begin(self) -> socket.socket:
        self._ours, theirs = socket.socketpair()
        # One thread: with more, what another holds at the moment of a fork stays held for ever.
        env = {**os.environ, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-P", __file__, str(theirs.fileno()), self._module, *self._packages]
        with theirs:
            self._process = subprocess.Popen(
                command,
                env=env,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return self._ours


MAGRAY = ForkedCommand("magray_server.cli.main", ENGINE, SHELL, "magray_server.operations")
MAGRAY_LSP = ForkedCommand("magray_server.lsp.main", ENGINE, SERVER, "magray_server.operations")


def _communicate(process: ForkedProcess, given: bytes, seconds: float) -> list[bytes]:
    """Give a process its input and take what it prints, until it has closed its streams."""
    printed: dict[int, list[bytes]] = {}
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for end in (process.stdout.fileno(), process.stderr.fileno()):
            printed[end] = []
            selector.register(end, selectors.EVENT_READ)
        feed = process.stdin.fileno()
        os.set_blocking(feed, False)
        selector.register(feed, selectors.EVENT_WRITE)
        while selector.get_map():
            found = selector.select(max(0, until - time.monotonic()))
            if not found:
                raise subprocess.TimeoutExpired("magray", seconds)
            for key, _ in found:
                if key.fd == feed:
                    given = _feed(feed, given)
                    if not given:
                        selector.unregister(feed)
                        process.stdin.close()
                elif piece := os.read(key.fd, 1 << 16):
                    printed[key.fd].append(piece)
                else:
                    selector.unregister(key.fd)
    return [b"".join(pieces) for pieces in printed.values()]


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


def _serve(connection: socket.socket, module: str) -> None:
    """Fork a process for each request, and say how they ended, until the other end closes."""
    while (text := _receive(connection)) is not None:
        request = json.loads(text)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            streams = socket.recv_fds(connection, 1, 3)[1]
            answer = os.fork()
            if answer == 0:
                connection.close()
                _become(module, request, streams)
            for stream in streams:
                os.close(stream)
        text = json.dumps(answer).encode()
        connection.sendall(len(text).to_bytes(4, "big") + text)


def _load(packages: Sequence[str]) -> None:
    import importlib
    import pkgutil

    for name in (*LIBRARIES, *packages):
        importlib.import_module(name)
    for name in packages:
        for module in pkgutil.walk_packages(sys.modules[name].__path__, f"{name}."):
            if not module.name.startswith(_LEFT_OUT):
                importlib.import_module(module.name)


def _become(module: str, request: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Be the command."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.path.insert(0, request["cwd"])  # as `python -m` does
    program = sys.modules[module]
    sys.argv[:] = [str(program.__file__), *request["arguments"]]
    program.main()
    sys.exit()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _load(sys.argv[3:])
    with contextlib.suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as connection:
        _serve(connection, sys.argv[2])
