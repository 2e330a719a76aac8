"""Files of the home that are cut, deleted or replaced under a server that lives: it goes on, says so in its
health, makes the index whole by itself, and loses no record that is left anywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files in use cannot be harmed so elsewhere")


@pytest.fixture
def forked() -> bool:
    return False


def _beside(vault: Path, suffix: str) -> Path:
    return vault.with_name(vault.name + suffix)


def _folder(vault: Path) -> None:
    vault.unlink()
    vault.mkdir()
    (vault / "x").write_text("x")


HARMS: dict[str, Callable[[Path], object]] = {
    "cut to nothing": lambda vault: os.truncate(vault, 0),
    "cut in its middle": lambda vault: os.truncate(vault, 24_576),
    "a folder": _folder,
    "noise": lambda vault: vault.write_bytes(os.urandom(50_000)),
    "no log": lambda vault: _beside(vault, "-wal").unlink(),
    "a cut log": lambda vault: os.truncate(_beside(vault, "-wal"), 0),
    "no index of the log": lambda vault: _beside(vault, "-shm").unlink(),
    "neither": lambda vault: [_beside(vault, suffix).unlink() for suffix in ("-wal", "-shm")],
    "a cut index of the log": lambda vault: os.truncate(_beside(vault, "-shm"), 0),
}
WHOLE = ("no log", "no index of the log", "neither", "a cut index of the log")
"""Harms after which nothing of a notebook is missing."""


def _remove(home: Path) -> None:
    home.rename(home.with_name("gone"))  # what is still written there is no fault of the test
    shutil.rmtree(home.with_name("gone"), ignore_errors=True)


@pytest.fixture
def kept(connect, project, tmp_path):
    """A server with three records, each thread of which has read both vaults, and no other process."""
    alone = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}
    client = connect("--log-file", str(tmp_path / "log"), environ=alone)
    client.start(project)
    client.ready()
    texts = [f"Fact {number} is about payments." for number in range(3)]
    ids = [client.request("magray/remember", {"text": text})["id"] for text in texts]
    asked = [client.ask("magray/search", {"query": f"payment {number}"}) for number in range(20)]
    assert all(client.answer(number)["result"]["hits"] for number in asked)
    yield client, ids
    assert client.process.poll() is None
    assert client.stop() == 0
    assert client.trailing == b""
    assert not (tmp_path / "log").exists() or "Traceback" not in (tmp_path / "log").read_text()
    assert b"Traceback" not in client.stderr


def _paths(client: Any, query: str) -> set[str]:
    hits = client.request("magray/search", {"query": query, "mode": "lexical", "k": 50})["hits"]
    return {hit["path"] or hit["id"] for hit in hits}


def _severity(client: Any, name: str) -> str:
    return next(c["severity"] for c in client.request("magray/health")["components"] if c["name"] == name)


@pytest.mark.parametrize("harm", HARMS)
def test_the_index_is_made_whole(kept, project, tmp_path, processes, harm: str) -> None:
    client, ids = kept
    *_, eventually = processes
    (project / "src/before.py").write_text("def quokka(): ...\n")
    assert eventually(lambda: "src/before.py" in _paths(client, "quokka"))
    (vault,) = (tmp_path / "home" / "workspaces").glob("*.db")
    HARMS[harm](vault)
    (project / "src/after.py").write_text("def quokka(): ...\n")
    assert eventually(lambda: {"src/before.py", "src/after.py"} <= _paths(client, "quokka"), 60)
    assert eventually(lambda: "src/payment.py" in _paths(client, "retry payment"), 60)
    assert eventually(lambda: _severity(client, "storage") == "ok")
    assert set(ids) <= _paths(client, "fact about payments")


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm != "a folder"])
def test_a_notebook_keeps_what_is_left_of_it(kept, tmp_path, processes, harm: str) -> None:
    client, ids = kept
    *_, eventually = processes
    home = tmp_path / "home"
    HARMS[harm](home / "notebook.db")
    if harm in WHOLE:
        assert eventually(lambda: set(ids) <= _paths(client, "fact about payments"))
    elif harm != "a cut log":  # what was in it alone is nowhere else
        assert _severity(client, "storage") == "critical"
        refused = client.error("magray/list", {})
        assert "doctor --fix" in refused["data"]["hint"]
        fixed = subprocess.run(
            [sys.executable, "-m", "magray_server.cli.main", "--home", str(home), "doctor", "--fix"],
            capture_output=True,
            timeout=120,
        )
        assert fixed.returncode == 0, fixed
        assert {record["id"] for record in client.request("magray/list", {})["records"]} == set(ids)
    later = client.request("magray/remember", {"text": "Later."})
    assert later["outcome"] == "created"
    assert "Later." in [record["text"] for record in client.request("magray/list", {})["records"]]
    assert client.request("magray/show", {"id": later["id"]})["text"] == "Later."
    for method in ("magray/recall", "magray/search"):
        assert later["id"] in {hit["id"] for hit in client.request(method, {"query": "later"})["hits"]}
    assert client.request("magray/stats", {})
    assert _severity(client, "storage") == "ok"


def test_a_home_that_is_removed_is_made_again(kept, project, tmp_path, processes) -> None:
    client, _ = kept
    *_, eventually = processes
    _remove(tmp_path / "home")
    (project / "src/after.py").write_text("def quokka(): ...\n")
    assert eventually(lambda: "src/after.py" in _paths(client, "quokka"), 60)
    assert client.request("magray/list", {})["records"] == []
    assert client.request("magray/remember", {"text": "Later."})["outcome"] == "created"


def test_a_removed_home_takes_the_log_with_it_and_nothing_else(connect, project, tmp_path, processes) -> None:
    *_, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    _remove(tmp_path / "home")
    (project / "src/after.py").write_text("def quokka(): ...\n")
    assert eventually(lambda: "src/after.py" in _paths(client, "quokka"), 60)
    assert client.stop() == 0
    assert b"Traceback" not in client.stderr and b"Logging error" not in client.stderr, client.stderr


def test_a_file_in_place_of_the_home_is_told(kept, tmp_path, processes) -> None:
    client, _ = kept
    *_, eventually = processes
    _remove(tmp_path / "home")
    (tmp_path / "home").write_text("x")
    assert eventually(lambda: _severity(client, "storage") == "fatal")
    assert "not a folder" in client.request("magray/health")["components"][0]["summary"]
    assert "Not a directory" in client.error("magray/remember", {"text": "x"})["message"]
    (tmp_path / "home").unlink()
    assert eventually(lambda: client.request("magray/search", {"query": "payment"})["hits"], 60)


def test_threads_that_read_meanwhile_meet_no_signal(kept, tmp_path, processes) -> None:
    client, ids = kept
    *_, eventually = processes
    home = tmp_path / "home"
    done = threading.Event()

    def harm() -> None:
        while not done.wait(0.05):
            for vault in (home / "notebook.db", *(home / "workspaces").glob("*.db")):
                if _beside(vault, "-wal").exists():
                    _beside(vault, "-wal").unlink()

    thread = threading.Thread(target=harm)
    thread.start()
    try:
        for number in range(60):
            asked = [client.ask("magray/search", {"query": f"payment {number} {i}"}) for i in range(4)]
            answers = [client.answer(one) for one in asked]
            assert all(answer.get("error", {}).get("code") != -32603 for answer in answers), answers
    finally:
        done.set()
        thread.join()
    assert eventually(lambda: set(ids) <= _paths(client, "fact about payments"))
