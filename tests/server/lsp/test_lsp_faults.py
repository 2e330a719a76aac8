"""What goes wrong around a server that lives: disks that fill up, databases that others lock, devices that
are not there. It says so, answers with what is left, and goes on when the fault is over.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and signals are of POSIX")

SMALL_DISK = ["bash", "-c", 'ulimit -S -f 200; exec "$@"', "bash"]
"""No file grows beyond 200 kB, as if the disk were full; the limit can be lifted later."""
SERVER = [sys.executable, "-m", "magray_server.lsp.main"]


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


@pytest.fixture
def forked() -> bool:
    return False


def status_of(home: Path, root: Path, **environ: str) -> dict[str, Any]:
    """What the shell says of the same home."""
    command = [sys.executable, "-m", "magray_server.cli.main", "--json", "status"]
    told = subprocess.run(
        [*command, "--home", str(home), "--workspace", str(root)],
        env={**os.environ, **environ},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(told.stdout)


def severities(status: dict[str, Any], *names: str) -> dict[str, tuple[str, str]]:
    return {c["name"]: (c["severity"], c["summary"]) for c in status["components"] if c["name"] in names}


def indexer(client: Any) -> dict[str, Any]:
    return next(c for c in client.request("magray/health")["components"] if c["name"] == "indexer")


def test_a_full_disk_is_told_and_over_when_there_is_room(connect, tmp_path, processes) -> None:
    import psutil

    _, children, eventually = processes
    root = tmp_path / "project"
    root.mkdir()
    for number in range(60):
        text = "\n\n".join(f"# Part {number} {i}\n\nSome words about {number * i}." for i in range(30))
        (root / f"part{number}.md").write_text(text)
    client = connect(command=[*SMALL_DISK, *SERVER])
    client.start(root)
    told = client.until("magray/status", lambda status: status["state"] == "error", 60)
    assert told["message"]
    assert indexer(client)["severity"] == "warning"
    assert "hits" in client.request("magray/search", {"query": "words about a part"})
    uri = client.open(root / "part1.md", language="markdown")
    client.change(uri, {"text": "# Platypus\n\nLays eggs.\n"})
    assert eventually(lambda: client.request("magray/search", {"query": "platypus"})["hits"])
    for pid in (client.process.pid, *children(client.process.pid)):
        psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    client.heard.clear()
    client.until("magray/status", lambda status: status["state"] == "ready", 60)
    assert indexer(client)["severity"] == "ok"
    answer = client.request("magray/search", {"query": "Part 59 29", "mode": "lexical"})
    assert [hit["path"] for hit in answer["hits"]][:1] == ["part59.md"]
    assert client.stop() == 0
    assert client.trailing == b""


def test_a_database_that_another_program_locks_is_read_and_waited_for(
    connect, project, tmp_path, processes
) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    (vault,) = (tmp_path / "home" / "workspaces").glob("*.db")
    other = sqlite3.connect(vault, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        (project / "src/late.py").write_text("def echidna(): ...\n")
        told = client.until("magray/status", lambda status: status["state"] == "error", 60)
        assert "another program has been writing" in told["message"]
        assert str(tmp_path / "home") not in told["message"], "no path outside the open folders"
        found = client.request("magray/search", {"query": "retry a failed payment"})
        assert found["mode"] == "hybrid" and found["hits"]
        assert client.request("workspace/symbol", {"query": "open_database"})
        assert "another program has been writing" in indexer(client)["summary"]
    finally:
        other.execute("ROLLBACK")
        other.close()
    client.heard.clear()
    client.until("magray/status", lambda status: status["state"] == "ready", 60)
    assert eventually(lambda: client.request("magray/search", {"query": "echidna"})["hits"])
    assert indexer(client)["severity"] == "ok"


def test_a_folder_that_goes_and_comes_back_is_told_and_followed(connect, project, tmp_path) -> None:
    client = connect()
    client.start(project)
    client.ready()
    project.rename(tmp_path / "elsewhere")
    told = client.until("magray/status", lambda status: status["state"] == "degraded")
    assert "does not exist" in told["message"]
    assert client.error("magray/index", {})["code"] == -32803
    client.heard.clear()
    (tmp_path / "elsewhere").rename(project)
    client.until("magray/status", lambda status: status["state"] == "ready")
    assert client.request("magray/search", {"query": "open the database"})["hits"]


def test_a_folder_that_never_was_costs_nothing(connect, tmp_path) -> None:
    import psutil

    client = connect()
    client.start(tmp_path / "nowhere")
    client.until("magray/status", lambda status: status["state"] == "degraded")
    client.request("magray/search", {"query": "x"})
    process = psutil.Process(client.process.pid)
    before = process.cpu_times().user
    time.sleep(1.5)
    assert process.cpu_times().user - before < 0.7, "it waits, and does not spin"


RUNTIMES = {
    "missing": "raise ImportError('there is none')",
    "aborting": "import os; os.abort()",
    "printing": (
        "import os, sys\n"
        "os.write(1, b'EP Error natively\\n'); print('EP Error')\n"
        "sys.path.remove(os.path.dirname(__file__)); del sys.modules['onnxruntime']\n"
        "import onnxruntime\n"
    ),
}


@pytest.mark.parametrize("fault", RUNTIMES)
def test_health_and_status_agree_whatever_the_runtime(connect, project, tmp_path, fault) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "onnxruntime.py").write_text(RUNTIMES[fault])
    client = connect(environ={"PYTHONPATH": str(broken)})
    client.start(project)
    client.until("magray/status", lambda status: status["state"] in ("ready", "degraded"), 60)
    answer = client.request("magray/search", {"query": "retry a failed payment"})
    assert answer["hits"]
    health = client.request("magray/health")
    status = status_of(tmp_path / "home", project, PYTHONPATH=str(broken))
    names = ("model", "device", "vector_index", "lexical_index", "storage")
    assert severities(health, *names) == severities(status, *names)
    assert health["device"]["actual"] == status["device"]["actual"] == answer["device"]
    assert client.stop() == 0
    assert client.trailing == b""


def test_a_gpu_that_was_asked_for_and_is_not_there_is_told_once_with_the_remedy(
    connect, project, tmp_path
) -> None:
    client = connect(environ={"MAGRAY_DEVICE": "cuda"})
    client.start(project)
    said = client.until("window/showMessage")["message"]
    assert "GPU" in said and "(try: " in said
    told = client.until("magray/status", lambda status: status["state"] == "degraded")
    assert "processor" in told["message"]
    answer = client.request("magray/search", {"query": "retry a failed payment"})
    assert (answer["mode"], answer["device"]) == ("hybrid", "cpu")
    health = client.request("magray/health")
    status = status_of(tmp_path / "home", project, MAGRAY_DEVICE="cuda")
    assert severities(health, "device", "model") == severities(status, "device", "model")
    assert health["device"]["requested"] == "cuda"
    assert len([m for m in client.heard if m["method"] == "window/showMessage"]) == 1


def test_a_gpu_that_fails_in_the_indexer_is_told_once(tmp_path) -> None:
    """There is no GPU here: what the indexer of a machine with one would tell is given to the server."""
    from magray_memory.indexing.events import Device
    from magray_memory.storage.home import Home
    from magray_server.lsp.server import MagrayServer

    sent: list[dict[str, Any]] = []

    class Wire:
        def write(self, data: bytes) -> None:
            sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

        def close(self) -> None: ...

    server = MagrayServer(Home(tmp_path))
    server.protocol.set_writer(Wire())
    gpu, lost = Device("cuda", "m"), Device("cpu", "m", "out of memory", "close other programs")
    server.devices.indexer_moved(tmp_path, gpu)
    assert server.devices.note is None and not sent
    server.devices.indexer_moved(tmp_path, lost)
    assert server.status.status()["state"] == "degraded"
    assert "out of memory" in (server.status.status()["message"] or "")
    server.devices.indexer_moved(tmp_path, gpu)
    assert server.devices.note is None
    server.devices.indexer_moved(tmp_path, lost)
    (message,) = sent
    assert message["method"] == "window/showMessage"
    assert message["params"]["message"].endswith("out of memory (try: close other programs)")
