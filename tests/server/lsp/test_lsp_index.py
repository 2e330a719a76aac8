"""Indexing on request beside the server's own indexer: at any moment, one run after the other."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def many(root: Path, files: int = 60, parts: int = 40) -> Path:
    """A folder whose embedding takes a while."""
    root.mkdir(parents=True)
    for number in range(files):
        text = "\n\n".join(f"# Part {number} {i}\n\nSome words about {number * i}." for i in range(parts))
        (root / f"part{number}.md").write_text(text)
    return root


def indexer(client: Any, root: Path) -> dict[str, Any]:
    components = client.request("magray/health")["components"]
    reports = next(c for c in components if c["name"] == "indexer")["detail"]["server"]
    return next((report for report in reports if report["root"] == str(root)), {"state": None})


def found(client: Any, query: str) -> list[str]:
    answer = client.request("magray/search", {"query": query, "mode": "lexical"})
    return [hit["path"] for hit in answer["hits"]]


def test_indexing_at_once_after_the_start_is_never_refused(connect, project) -> None:
    client = connect()
    client.start(project)
    numbers = [client.ask("magray/index", {"lexical": True}) for _ in range(3)]
    for number in numbers:
        assert client.answer(number)["result"]["files"] == 5
    client.ready()
    assert indexer(client, project)["restarts"] == 0


@pytest.mark.parametrize("told", ["before", "after"])
def test_indexing_before_the_client_is_ready_is_one_run_after_the_other(connect, project, told) -> None:
    client = connect()
    params = {"processId": None, "rootUri": project.as_uri(), "capabilities": {}}
    client.request("initialize", params)
    number = client.ask("magray/index") if told == "before" else None
    client.notify("initialized", {})
    number = number or client.ask("magray/index")
    assert client.answer(number)["result"]["files"] == 5


def test_requests_beside_each_other_all_get_their_report(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    asked = [{}, {"force": True}, {"paths": ["src/payment.py"]}, {"lexical": True}]
    numbers = [client.ask("magray/index", params) for params in asked]
    for number in numbers:
        report = client.answer(number)["result"]
        assert report["files"] == 5 and report["seconds"]["lexical"] is not None


def test_settings_that_change_meanwhile_cost_no_run_that_was_asked_for(connect, tmp_path) -> None:
    root = many(tmp_path / "many")
    client = connect()
    client.start(root)
    number = client.ask("magray/index", {"force": True})
    client.until("magray/status", lambda status: status["state"] == "indexing")
    client.notify("workspace/didChangeConfiguration", {"settings": {"index": {"ignore": ["part1.md"]}}})
    assert client.answer(number, 120)["result"]["files"] == 59


def test_a_run_of_another_program_is_waited_for(connect, tmp_path, processes) -> None:
    _, _, eventually = processes
    root = many(tmp_path / "many")
    client = connect()
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(client.root), "--workspace"]
    other = subprocess.Popen([*command, str(root), "index"], stdout=subprocess.DEVNULL)
    assert eventually(lambda: list((client.root / "workspaces").glob("*.pid")))
    client.start(root)
    number = client.ask("magray/index")
    assert client.answer(number, 120)["result"]["files"] == 60
    assert other.wait(60) == 0


def test_a_folder_that_another_server_watches_is_told(connect, project) -> None:
    first, second = connect(), connect()
    first.start(project)
    first.ready()
    second.start(project)
    error = second.error("magray/index", {})
    assert error["code"] == -32803 and "watches" in error["message"]
    assert error["data"]["code"] == "indexed_elsewhere"


def test_a_folder_that_is_gone_keeps_no_other_from_being_indexed(connect, project, tmp_path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    client = connect()
    client.start(gone, project)
    client.ready()
    gone.rmdir()
    (project / "new.py").write_text("def heron():\n    return 1\n")
    report = client.request("magray/index", {"lexical": True})
    assert report["files"] == 6
    (skipped,) = report["skipped"]
    assert skipped["path"] == "gone" and "does not exist" in skipped["reason"]
    assert client.error("magray/index", {"workspace": gone.as_uri()})["code"] == -32803


def test_cancelling_the_request_returns_to_watching(connect, tmp_path, processes) -> None:
    _, _, eventually = processes
    root = many(tmp_path / "many")
    client = connect()
    client.start(root)
    number = client.ask("magray/index", {"force": True})
    client.until("magray/status", lambda status: (status["progress"] or {}).get("phase") == "semantic", 60)
    client.notify("$/cancelRequest", {"id": number})
    assert client.answer(number)["error"]["code"] == -32800
    (root / "late.md").write_text("# Wombat burrow\n")
    assert eventually(lambda: found(client, "wombat") == ["late.md"])


def test_cancelling_the_bar_goes_on_by_words_and_says_so(connect, tmp_path, processes) -> None:
    _, _, eventually = processes
    root = many(tmp_path / "many", files=120)
    client = connect()
    client.start(root)
    bar = client.until("$/progress", lambda params: "Embedding" in (params["value"].get("message") or ""), 60)
    client.notify("window/workDoneProgress/cancel", {"token": bar["token"]})
    told = client.until("magray/status", lambda status: status["state"] == "degraded")
    assert "words" in told["message"]
    assert indexer(client, root)["state"] == "by_words"
    (root / "late.md").write_text("# Wombat burrow\n")
    assert eventually(lambda: found(client, "wombat") == ["late.md"])
    client.heard.clear()
    report = client.request("magray/index", {}, 120)
    assert report["seconds"]["semantic"] is not None
    client.until("magray/status", lambda status: status["state"] == "ready", 60)


def test_a_folder_that_closes_ends_what_was_asked_of_it(connect, tmp_path) -> None:
    root = many(tmp_path / "many")
    client = connect()
    client.start(root)
    numbers = [client.ask("magray/index", {"force": True}) for _ in range(2)]
    client.until("magray/status", lambda status: status["state"] == "indexing")
    folder = {"uri": root.as_uri(), "name": "many"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    for number in numbers:
        assert client.answer(number)["error"]["code"] == -32803


def test_a_folder_that_is_not_kept_indexed_is_indexed_on_request(connect, project, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    told = client.until("magray/status", lambda status: status["message"])
    assert told["state"] == "degraded" and "server.index" in told["message"]
    client.heard.clear()
    numbers = [client.ask("magray/index", {"lexical": True}) for _ in range(2)]
    for number in numbers:
        assert client.answer(number)["result"]["files"] == 5
    assert indexer(client, project)["state"] == "idle"
    client.until("magray/status", lambda status: status["state"] == "ready")
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"index": True}}})
    client.until("magray/status", lambda status: status["state"] == "indexing")
    client.ready()
    (project / "late.md").write_text("# Wombat burrow\n")
    assert eventually(lambda: found(client, "wombat") == ["late.md"])
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"index": False}}})
    assert eventually(lambda: indexer(client, project)["state"] == "idle")
