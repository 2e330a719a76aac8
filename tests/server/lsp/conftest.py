"""A raw client: real processes, real frames, nothing between the test and the bytes."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from forked_command import MAGRAY_LSP, can_fork

SECONDS = 30.0
"""No answer takes this long; what waits longer has failed."""

PATIENT = {"MAGRAY_EMBEDDING__PROBE_SECONDS": "120"}
"""A trial of the model on a machine that is busy with tests takes longer than on an editor's."""

NEOVIM = {
    "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    "window": {
        "workDoneProgress": True,
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}},
        "showDocument": {"support": True},
    },
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": False},
        "didChangeWatchedFiles": {"dynamicRegistration": False, "relativePatternSupport": True},
        "symbol": {"dynamicRegistration": False},
    },
    "textDocument": {
        "synchronization": {"didSave": True, "dynamicRegistration": False},
        "hover": {"contentFormat": ["markdown", "plaintext"], "dynamicRegistration": True},
        "codeAction": {
            "dynamicRegistration": True,
            "isPreferredSupport": True,
            "dataSupport": True,
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor"]}},
        },
    },
}
VSCODE = {
    "general": {"positionEncodings": ["utf-16"], "staleRequestSupport": {
        "cancel": True, "retryOnContentModified": []}},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "symbol": {"dynamicRegistration": True, "resolveSupport": {"properties": ["location.range"]}},
        "executeCommand": {"dynamicRegistration": True},
    },
    "textDocument": {
        "synchronization": {"didSave": True, "willSave": True, "dynamicRegistration": True},
        "hover": {"contentFormat": ["markdown", "plaintext"], "dynamicRegistration": True},
        "codeAction": {"dynamicRegistration": True, "dataSupport": True, "codeActionLiteralSupport": {
            "codeActionKind": {"valueSet": ["", "quickfix", "refactor"]}}},
        "codeLens": {"dynamicRegistration": True},
        "documentLink": {"dynamicRegistration": True, "tooltipSupport": True},
        "definition": {"dynamicRegistration": True, "linkSupport": True},
    },
    "notebookDocument": {"synchronization": {"dynamicRegistration": True, "executionSummarySupport": True}},
}  # fmt: skip


def frame(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class Client:
    """A server process and the conversation with it. Server's requests are answered as a plain editor
    would.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        environ: dict[str, str] | None = None,
        command: list[str] | None = None,
        forked: bool = True,
    ) -> None:
        self.settings: Any = None
        self.hold = False
        self.held: list[dict[str, Any]] = []
        self.choose: Any = lambda actions: None
        self.root = home
        self.heard: list[dict[str, Any]] = []
        self.answers: dict[Any, dict[str, Any]] = {}
        self.trailing = b""
        self._arrived = threading.Condition()
        self._sending = threading.Lock()
        self._next = itertools.count(1)
        env = {**os.environ, "MAGRAY_HOME": str(home), **PATIENT, **(environ or {})}
        self.process: Any
        if forked and command is None and can_fork(env):
            self.process = MAGRAY_LSP.start(["--stdio", *arguments], cwd=Path.cwd(), env=env)
        else:
            self.process = subprocess.Popen(
                [*(command or [sys.executable, "-m", "magray_server.lsp.main"]), "--stdio", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
            )
        assert self.process.stdin
        self.stdin = self.process.stdin
        self._out: queue.Queue[Any] = queue.Queue()
        self.stderr = b""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._drain)]
        for reader in self._readers:
            reader.start()

    def _drain(self) -> None:
        assert isinstance(self.process.stderr, io.BufferedReader)
        with self.process.stderr as stream:
            while piece := stream.read1(65536):
                self.stderr += piece

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stream:
            self._take_all(stream)

    def _take_all(self, stream: Any) -> None:
        while line := stream.readline():
            if not line.startswith(b"Content-Length: "):
                self.trailing += line + stream.read()  # a byte that is not the protocol's
                break
            length = int(line.split(b":")[1])
            while stream.readline() not in (b"\r\n", b""):
                pass
            self._take(json.loads(stream.read(length)))
        with self._arrived:
            self._arrived.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            result: Any = None
            if message["method"] == "workspace/configuration" and self.hold:
                self.held.append(message)
                with self._arrived:
                    self.heard.append(message)
                    self._arrived.notify_all()
                return
            if message["method"] == "workspace/configuration":
                result = [self.settings for _ in message["params"]["items"]]
            elif message["method"] == "window/showMessageRequest":
                result = self.choose(message["params"]["actions"])
            elif message["method"] == "window/showDocument":
                result = {"success": True}
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        with self._arrived:
            if "method" in message:
                self.heard.append(message)
            else:
                self.answers[message.get("id")] = message
            self._arrived.notify_all()

    def send(self, message: Any) -> None:
        self.raw(frame(message))

    def raw(self, data: bytes) -> None:
        try:
            with self._sending:
                self.stdin.write(data)
                self.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any = None) -> int:
        number = next(self._next)
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return number

    def answer(self, number: Any, seconds: float = SECONDS) -> dict[str, Any]:
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self.answers, seconds):
                raise AssertionError(f"no answer to {number}; stderr: {self.stderr[-2000:].decode()}")
            return self.answers.pop(number)

    def request(self, method: str, params: Any = None, seconds: float = SECONDS) -> Any:
        """The result of a request; an error of the server fails the test."""
        answer = self.answer(self.ask(method, params), seconds)
        assert "error" not in answer, answer
        return answer.get("result")

    def error(self, method: str, params: Any = None) -> dict[str, Any]:
        answer = self.answer(self.ask(method, params))
        assert "error" in answer, answer
        return answer["error"]

    def until(self, method: str, test: Any = lambda params: True, seconds: float = SECONDS) -> Any:
        """The params of a notification or request of the server, heard already or still to come."""

        def found() -> list[Any]:
            return [m.get("params") for m in self.heard if m["method"] == method and test(m.get("params"))]

        with self._arrived:
            if not self._arrived.wait_for(lambda: bool(found()), seconds):
                said = [m.get("params") for m in self.heard if m["method"] == method]
                raise AssertionError(
                    f"no {method}; heard {said[-3:]}; stderr: {self.stderr[-2000:].decode()}"
                )
            return found()[-1]

    def start(self, *folders: Path, profile: Any = NEOVIM, **more: Any) -> dict[str, Any]:
        """initialize and initialized; returns the server's answer."""
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": {"experimental": {"magrayStatus": True}, **profile},
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
            **more,
        }
        result = self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def ready(self, seconds: float = SECONDS) -> None:
        """Wait until every folder is indexed."""
        self.until("magray/status", lambda status: status["state"] in ("ready", "degraded"), seconds)

    def open(self, path: Path, text: str | None = None, language: str = "python") -> str:
        uri = path.as_uri()
        text = path.read_text(encoding="utf-8") if text is None else text
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def close_document(self, uri: str) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def change(self, uri: str, *changes: dict[str, Any], version: int = 2) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def stop(self) -> int:
        """shutdown and exit; returns the exit code."""
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(5)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with self._sending, contextlib.suppress(OSError):
            self.stdin.close()
        for reader in self._readers:
            reader.join(10)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Every process below this one, by the kernel's own list."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def eventually(test: Any, seconds: float = 30.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.02)
    return bool(test())


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What was found out about this installation by running the model once, and the vectors of the project's
    texts: the same for every home.
    """
    folder = tmp_path_factory.mktemp("trial")
    root, home = make_project(folder / "project"), folder / "home"
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(home), "--workspace", str(root)]
    subprocess.run([*command, "index"], env={**os.environ, **PATIENT}, check=True, timeout=240)
    return {name: (home / name).read_bytes() for name in ("probes.json", "vectors.db")}


@pytest.fixture
def seeds() -> tuple[str, ...]:
    """What a new home gets of the trial. A file of tests that are about embedding overrides it and leaves out
    `vectors.db`, with which nothing of the project has to be embedded.
    """
    return ("probes.json", "vectors.db")


@pytest.fixture
def forked() -> bool:
    """Whether a server is forked from a process that has loaded it. A file of tests that are about how a
    server starts and ends overrides it.
    """
    return True


@pytest.fixture
def connect(tmp_path: Path, trial: dict[str, bytes], seeds: tuple[str, ...], forked: bool):
    """Starts servers on one home; whatever is left of them is killed afterwards."""
    yield from connecting(tmp_path / "home", {name: trial[name] for name in seeds}, forked=forked)


@pytest.fixture(scope="module")
def connect_once(tmp_path_factory: pytest.TempPathFactory, trial: dict[str, bytes]):
    """Like `connect`, for the servers that tests of a module share and leave as they were."""
    yield from connecting(tmp_path_factory.mktemp("once") / "home", trial)


def connecting(place: Path, trial: dict[str, bytes], *, forked: bool = True):
    clients: list[Client] = []

    def begin(*arguments: str, home: Path | None = None, **more: Any) -> Client:
        know(home or place, trial)
        clients.append(Client(home or place, *arguments, **{"forked": forked, **more}))
        return clients[-1]

    yield begin
    for client in clients:
        client.close()


def know(home: Path, trial: dict[str, bytes]) -> None:
    """Spare a new home the trial of the model in a process of its own, and what was embedded then."""
    if not home.exists():
        home.mkdir(mode=0o700)
        for name, data in trial.items():
            (home / name).write_bytes(data)
            (home / name).chmod(0o600)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, trial: dict[str, bytes]):
    """A server that is ready on a small project; both are for tests that leave them as they were."""
    folder = tmp_path_factory.mktemp("shared")
    know(folder / "home", trial)
    client = Client(folder / "home")
    client.root = make_project(folder / "project")
    client.start(client.root)
    client.ready()
    assert eventually(lambda: client.request("magray/search", {"query": "payment"})["mode"] == "hybrid")
    yield client
    client.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small workspace with code and notes in it."""
    return make_project(tmp_path / "project")


def make_project(root: Path) -> Path:
    files = {
        "src/payment.py": (
            "class PaymentGateway:\n"
            '    """Talks to the bank."""\n\n'
            "    def retry_failed_payment(self, payment):\n"
            '        """Try a declined payment again with exponential back-off."""\n'
            "        for attempt in range(5):\n"
            "            if self.charge(payment):\n"
            "                return True\n"
            "            sleep(2 ** attempt)\n"
            "        return False\n"
        ),
        "src/storage.py": (
            "def open_database(path):\n"
            '    """Open the SQLite file, creating it when it is missing."""\n'
            "    return sqlite3.connect(path)\n"
        ),
        "notes/подписи.md": "# Проверка подписи\n\n"
        "Подпись письма проверяется открытым ключом отправителя. См. [[Deploy]].\n",
        "notes/Deploy.md": "# Deploy\n\n"
        "Ship on Tuesday: build the wheel, upload it, tell the team. See [[подписи]].\n",
        "README.md": "# Shop\n\nA shop that retries failed payments.\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(name="frame")
def frame_maker():
    """Makes a frame of a message, or of raw bytes."""
    return frame


@pytest.fixture
def processes():
    """(alive, children, eventually): how tests look at processes."""
    return alive, children, eventually


@pytest.fixture(scope="module", name="eventually")
def eventually_maker():
    """Whether something comes true in time."""
    return eventually


@pytest.fixture
def profiles() -> dict[str, Any]:
    """Capabilities as two editors send them."""
    return {"neovim": NEOVIM, "vscode": VSCODE}
