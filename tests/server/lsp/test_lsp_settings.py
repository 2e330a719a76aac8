"""Settings from every side, while the server runs: the editor's, the files', and what they say together."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def hits(client: Any, **options: Any) -> list[Any]:
    query = {"query": "payment database подписи team", **options}
    return client.request("magray/search", query)["hits"]


def told(client: Any) -> list[str]:
    return [m["params"]["message"] for m in client.heard if m["method"] == "window/showMessage"]


def test_what_the_editor_gave_first_holds_until_it_says_otherwise(connect, project) -> None:
    client = connect()
    client.settings = {"search": {"perFile": "many"}}
    client.start(project, initializationOptions={"server": {"hover": False}, "search": {"k": "lots"}})
    client.ready()
    uri = client.open(project / "src/caller.py", "bank.retry_failed_payment(5)\n")
    at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 10}}
    assert client.request("textDocument/hover", at) is None, "switched off by initializationOptions"
    assert len(told(client)) == 2 and "search.k" in told(client)[0] and "search.per_file" in told(client)[1]
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"hover": True}}})
    assert client.request("textDocument/hover", at)
    assert len(told(client)) == 2, "nothing is told twice"


def test_a_change_of_our_own_settings_keeps_what_is_loaded(connect, project, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()

    def known() -> int:
        answer = client.request("magray/search", {"query": "retry a failed payment"})
        assert answer["hits"], answer
        parts = client.request("magray/health")["components"]
        (cache,) = (part["detail"]["session"] for part in parts if part["name"] == "vector_cache")
        return cache["answers"]["hits"]

    assert eventually(lambda: known() >= 3)
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"codeLens": True}}})
    assert known() >= 3, "answers are remembered still"
    client.notify("workspace/didChangeConfiguration", {"settings": {"search": {"k": 3}}})
    assert known() < 3, "another ranking begins anew"


def test_settings_that_the_shell_writes_are_followed(connect, project, tmp_path, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    assert len(hits(client)) > 1
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(tmp_path / "home")]
    subprocess.run([*command, "config", "set", "search.k", "1"], check=True, timeout=60, cwd=project)
    assert eventually(lambda: len(hits(client)) == 1, 20)
    (project / ".magray.toml").write_text("[search]\nk = 2\n")
    assert eventually(lambda: len(hits(client)) == 2, 20)
    uri = client.open(project / "src/storage.py")
    client.change(uri, {"text": "def numbat(): ...\n"})
    assert eventually(lambda: any("numbat" in hit["snippet"] for hit in hits(client, query="numbat")))
    (project / ".magray.toml").write_text("[search]\nk = 3\n")
    assert eventually(lambda: len(hits(client)) == 3, 20)
    assert eventually(lambda: any("numbat" in hit["snippet"] for hit in hits(client, query="numbat")))
    assert eventually(lambda: client.request("magray/search", {"query": "payment"})["mode"] == "hybrid", 20)


def test_changed_settings_leave_no_model_and_no_handle_behind(connect, project, processes) -> None:
    import psutil

    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    process = psutil.Process(client.process.pid)

    def change(size: int) -> None:
        client.notify("workspace/didChangeConfiguration", {"settings": {"search": {"k": size}}})
        assert eventually(
            lambda: (
                (answer := client.request("magray/search", {"query": f"payment {size}"}))["mode"] == "hybrid"
                and len(answer["hits"]) <= size
            ),
            20,
        )

    def often() -> None:
        for size in (1, 2, 3, 1, 2, 3):
            change(size)

    often()
    memory, handles = process.memory_info().rss, process.num_fds()
    often()
    often()
    # SQLite keeps a few descriptors of a file that is open still, and uses them for its next connections.
    assert eventually(lambda: process.num_fds() <= handles + 10, 20), (handles, process.num_fds())
    assert eventually(lambda: process.memory_info().rss < memory + 150_000_000, 20)


def test_the_editor_chooses_the_level_of_the_log(connect, project, tmp_path) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"logLevel": "info"}})
    client.ready()
    assert "the model runs on the processor" in (tmp_path / "home/logs/lsp.log").read_text()
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"logLevel": "loud"}}})
    assert "server.log_level" in client.until("window/showMessage")["message"]


def test_settings_of_questions_leave_the_indexer_alone(connect, project, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()

    def pid() -> int:
        parts = client.request("magray/health")["components"]
        (report,) = next(part for part in parts if part["name"] == "indexer")["detail"]["server"]
        return report["pid"]

    before = pid()
    client.heard.clear()
    for k in (1, 2):
        settings = {"search": {"k": k}, "notes": {"folders": []}, "server": {"codeLens": True}}
        client.notify("workspace/didChangeConfiguration", {"settings": settings})
        assert eventually(lambda k=k: len(hits(client)) == k)
    client.notify("workspace/didChangeConfiguration", {"settings": {"server": {"codeLens": False}}})
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(client.root)]
    subprocess.run([*command, "config", "set", "search.k", "1"], check=True, timeout=60, cwd=project)
    assert eventually(lambda: len(hits(client)) == 1, 20)
    assert pid() == before
    assert not [m for m in client.heard if m["method"] == "magray/status" and m["params"]["progress"]]
    states = {m["params"]["state"] for m in client.heard if m["method"] == "magray/status"}
    assert "indexing" not in states


def test_settings_that_are_answered_late_are_used(connect, project, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.hold = True
    client.start(project)
    client.ready(60)
    assert len(hits(client)) > 1, "it works without them"
    (asked,) = client.held
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": [{"search": {"k": 1}}]})
    assert eventually(lambda: len(hits(client)) == 1)
