"""The server's life: answers before anything is loaded, ends at once whatever is running, leaves nobody
behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory import __version__

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


@pytest.fixture
def forked() -> bool:
    return False


def big(root: Path, files: int = 300) -> Path:
    """A workspace whose indexing takes a while."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        body = "\n".join(
            f"def part_{number}_{i}(value):\n    return value * {i} + {number}\n" for i in range(60)
        )
        (root / f"m{number}.py").write_text(body)
    return root


def test_initialize_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from magray_server.lsp import server; from magray_memory.storage.home import Home;"
        "server.MagrayServer(Home.default());"
        "heavy = {'numpy','onnxruntime','tokenizers','hnswlib','tree_sitter','Stemmer','rich'};"
        "heavy |= {'click', 'peewee', 'sqlite3', 'msgspec', 'tomlkit', 'yaml'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_shutdown_and_exit_end_with_0(connect) -> None:
    client = connect()
    client.start()
    assert client.stop() == 0
    assert client.trailing == b""


def test_exit_without_shutdown_ends_with_1(connect) -> None:
    client = connect()
    client.start()
    client.notify("exit")
    assert client.process.wait(5) == 1


def test_the_end_of_input_ends_the_server(connect) -> None:
    client = connect()
    client.start()
    client.stdin.close()
    assert client.process.wait(5) == 1


def test_a_client_that_never_says_anything_may_go(connect) -> None:
    client = connect()
    client.stdin.close()
    assert client.process.wait(10) == 1


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_sigterm_ends_the_server(connect) -> None:
    client = connect()
    client.start()
    client.process.send_signal(signal.SIGTERM)
    assert client.process.wait(5) == 128 + signal.SIGTERM


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_before_the_end_of_input_tells_the_exit_code(connect, number: int) -> None:
    client = connect()
    client.error("magray/list", {})  # before initialize: nothing but the reader is at work
    client.process.send_signal(number)
    client.stdin.close()
    assert client.process.wait(5) == 128 + number


def test_the_death_of_the_editor_ends_the_server(connect) -> None:
    editor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    client = connect()
    client.start(processId=editor.pid)
    editor.kill()  # and nobody waits for it: it stays as a zombie, which is dead
    client.process.wait(30)
    editor.wait()


def test_requests_before_initialize_and_after_shutdown_are_refused(connect) -> None:
    client = connect()
    assert client.error("magray/search", {"query": "x"})["code"] == -32002
    client.notify("textDocument/didOpen", {"textDocument": 5})
    client.start()
    assert (
        client.error("initialize", {"processId": None, "rootUri": None, "capabilities": {}})["code"] == -32600
    )
    client.request("shutdown")
    assert client.error("magray/search", {"query": "x"})["code"] == -32600
    client.notify("exit")
    assert client.process.wait(5) == 0


def test_every_broken_message_gets_its_error_and_the_next_one_its_answer(connect, frame) -> None:
    client = connect()
    client.start()
    for data, code in [
        (frame(b"{not json"), -32700),
        (frame([]), -32600),
        (frame({"id": 1}), -32600),
        (frame({"jsonrpc": "2.0", "id": None, "method": "shutdown"}), -32600),
        (frame({"jsonrpc": "2.0", "id": 1.5, "method": "shutdown"}), -32600),
        (b"Content-Type: nothing\r\n\r\n", -32700),
    ]:
        client.raw(data)
        assert client.answer(None)["error"]["code"] == code
    assert client.error("no/such/method")["code"] == -32601
    assert client.error("textDocument/hover", {"textDocument": "x"})["code"] == -32602
    assert client.error("workspace/executeCommand", {"command": "nope"})["code"] == -32602
    assert client.request("magray/health")["version"]


def test_capabilities_that_nobody_knows_do_no_harm(connect) -> None:
    client = connect()
    result = client.start(
        profile={
            "general": {"positionEncodings": ["utf-9", "utf-32"]},
            "window": {"workDoneProgress": "perhaps"},
            "new": {},
        }
    )
    assert result["capabilities"]["positionEncoding"] in ("utf-32", "utf-16")
    assert client.request("magray/health")


@pytest.mark.skipif(os.name == "nt", reason="process groups are of POSIX")
@pytest.mark.parametrize("how", ["kill", "exit", "eof", "term"])
def test_children_end_within_a_second_of_the_server_while_it_indexes(
    connect, tmp_path, how, processes
) -> None:
    alive, children, eventually = processes
    client = connect()
    client.start(big(tmp_path / "big"))
    client.until(
        "magray/status", lambda status: (status["progress"] or {}).get("phase") in ("lexical", "semantic")
    )
    family = children(client.process.pid)
    assert family
    if how == "kill":
        client.process.kill()
    elif how == "exit":
        client.notify("exit")
    elif how == "eof":
        client.stdin.close()
    else:
        client.process.terminate()
    client.process.wait(30)
    assert eventually(lambda: not any(map(alive, family))), family


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("how", ["kill", "exit"])
def test_a_trial_of_the_model_that_hangs_ends_with_the_server(
    connect, project, tmp_path, how, processes
) -> None:
    import psutil

    alive, children, eventually = processes
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "onnxruntime.py").write_text("import time; time.sleep(600)")
    home = tmp_path / "elsewhere"
    home.mkdir()
    client = connect(home=home, environ={"PYTHONPATH": str(broken)})
    client.start(project)

    def trials() -> list[int]:
        below = psutil.process_iter(["cmdline"])
        named = [
            p.pid for p in below if "magray_memory.models.onnx.smoke_test_child" in (p.info["cmdline"] or ())
        ]
        return sorted(set(named) & set(children(client.process.pid)))

    assert eventually(trials, 30)
    family = children(client.process.pid)
    if how == "kill":
        client.process.kill()
    else:
        client.notify("exit")
    client.process.wait(5)
    assert eventually(lambda: not any(map(alive, family)), 5), family


def test_tcp_serves_one_client_on_loopback_only(tmp_path: Path, frame) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "magray_server.lsp.main", "--tcp", "0.0.0.0:0"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2 and "loopback" in refused.stderr
    server = subprocess.Popen(
        [sys.executable, "-m", "magray_server.lsp.main", "--tcp", "127.0.0.1:0", "--home", str(tmp_path)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stderr is not None
    port = int(server.stderr.readline().rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
        connection.makefile("rb") as stream,
    ):
        params = {"processId": None, "rootUri": None, "capabilities": {}}
        connection.sendall(frame({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
        length = int(stream.readline().split(b":")[1])
        while stream.readline() != b"\r\n":
            pass
        assert json.loads(stream.read(length))["result"]["serverInfo"] == {
            "name": "magray",
            "version": __version__,
        }
    assert server.wait(10) == 1
    server.stderr.close()


@pytest.mark.parametrize("asked", [0, 3])
def test_shutdown_and_exit_in_one_write_are_answered_and_end_with_0(connect, frame, project, asked) -> None:
    client = connect()
    client.start(project)
    numbers = [1000 + n for n in range(asked)]
    searches = [
        {"jsonrpc": "2.0", "id": n, "method": "magray/search", "params": {"query": f"payment {n}"}}
        for n in numbers
    ]
    messages = [
        *searches,
        {"jsonrpc": "2.0", "id": 2000, "method": "shutdown"},
        {"jsonrpc": "2.0", "method": "exit"},
    ]
    client.raw(b"".join(map(frame, messages)))
    assert client.process.wait(5) == 0
    assert client.answer(2000, 5)["result"] is None
    for number in numbers:
        answer = client.answer(number, 5)
        assert "result" in answer or answer["error"]["code"] == -32800


@pytest.mark.parametrize("last", ["exit", "end"])
def test_a_whole_life_in_one_write(connect, frame, last) -> None:
    client = connect()
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params},
        {"jsonrpc": "2.0", "method": "initialized", "params": {}},
        {"jsonrpc": "2.0", "id": 2, "method": "shutdown"},
        *([{"jsonrpc": "2.0", "method": "exit"}] if last == "exit" else []),
    ]
    client.raw(b"".join(map(frame, messages)))
    client.stdin.close()
    assert client.process.wait(10) == 0
    assert client.answer(1, 5)["result"]["serverInfo"]["name"] == "magray"
    assert client.answer(2, 5)["result"] is None


def test_what_is_no_client_is_closed_and_the_editor_is_served(tmp_path: Path, frame) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "magray_server.lsp.main", "--tcp", "127.0.0.1:0", "--home", str(tmp_path)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stderr is not None
    port = int(server.stderr.readline().rpartition(":")[2])
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    hello = frame({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    silent = socket.create_connection(("127.0.0.1", port), timeout=30)
    posts = [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"POST http://x/ HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\n",
    ]
    for post in posts:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as browser:
            browser.sendall(post + hello)
            with contextlib.suppress(ConnectionResetError):
                assert browser.recv(100) == b"", "it got no answer"
    with silent, socket.create_connection(("127.0.0.1", port), timeout=30) as editor:
        editor.sendall(hello[:5])
        editor.sendall(hello[5:])
        assert editor.recv(15) == b"Content-Length:"
        editor.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert server.wait(10) == 1
    silent.close()
    assert "no header" in server.stderr.read()
    server.stderr.close()


def test_version_and_help_say_what_they_should() -> None:
    def run(flag: str) -> str:
        command = [sys.executable, "-m", "magray_server.lsp.main", flag]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert run("--version") == f"magray-lsp {__version__}\n"
    assert "--stdio" in run("--help")


@pytest.mark.parametrize(
    "fault",
    [
        "print('noise'); print('noise', flush=True)",
        "import os; os.abort()",
        "import time; time.sleep(600)",
        "raise ImportError('broken')",
    ],
)
def test_a_runtime_that_prints_aborts_hangs_or_breaks_costs_only_the_meaning(
    connect, project, tmp_path, fault, processes
) -> None:
    _, _, eventually = processes
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "onnxruntime.py").write_text(fault)
    client = connect(environ={"PYTHONPATH": str(broken)})
    client.start(project)
    client.until("magray/status", lambda status: status["state"] != "starting")
    answers: list[dict[str, Any]] = []

    def found() -> bool:
        answers.append(client.request("magray/search", {"query": "retry failed payment", "k": 3}))
        return bool(answers[-1]["hits"])

    assert eventually(found)
    answer = answers[-1]
    assert answer["hits"][0]["path"] in ("src/payment.py", "README.md")
    assert answer["mode"] == "lexical" and answer["degraded"]
    assert client.stop() == 0
    assert client.trailing == b""
