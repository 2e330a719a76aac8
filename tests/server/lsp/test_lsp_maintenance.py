"""Optimizing: when it is asked for, and by itself while nobody does anything."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

QUICK = (
    "from magray_memory.maintenance import schedule\n"
    "from magray_server.host import maintenance\n"
    "schedule.IDLE_SECONDS, maintenance.CHECK_SECONDS = 1.0, 0.2\n"
    "from magray_server.lsp.main import main\n"
    "main()\n"
)
"""A server that takes a second of quiet for a long time."""


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


@pytest.fixture
def impatient(connect, project):
    def begin(**options: Any) -> Any:
        client = connect(command=[sys.executable, "-c", QUICK])
        client.start(project, **options)
        client.ready()
        return client

    return begin


def test_optimizing_answers_what_the_shell_answers(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    would = client.request("magray/optimize", {"dry_run": True})
    assert would["dry_run"] and would["steps"]
    done = client.request(
        "workspace/executeCommand", {"command": "magray.server.optimize", "arguments": [{}]}
    )
    assert [step["what"] for step in done["steps"]] == [step["what"] for step in would["steps"]]
    assert not any(step["problem"] for step in done["steps"])
    assert client.request("magray/optimize")["steps"] == []
    kinds = [m["params"]["value"]["kind"] for m in client.heard if m["method"] == "$/progress"]
    assert kinds.count("begin") == kinds.count("end") and kinds.count("begin") >= 3
    assert client.error("magray/optimize", {"dry_run": "perhaps"})["code"] == -32602
    assert client.request("magray/search", {"query": "payment"})["hits"]


def test_a_folder_is_named_as_it_is_spelled(connect, tmp_path) -> None:
    root = tmp_path / "My Project"
    root.mkdir()
    (root / "a.py").write_text("payment = 1\n")
    client = connect()
    client.start(root)
    client.ready()
    client.request("magray/optimize", {"dry_run": True})
    shown = [m["params"]["value"].get("message") or "" for m in client.heard if m["method"] == "$/progress"]
    assert all(message.endswith(str(root)) for message in shown if message.startswith("Optimizing"))


def test_a_cancelled_request_ends_the_work(connect, project, processes) -> None:
    _, children, eventually = processes
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    number = client.ask("magray/optimize", {})
    assert eventually(lambda: children(client.process.pid))
    client.notify("$/cancelRequest", {"id": number})
    answer = client.answer(number)
    assert "result" in answer or answer["error"]["code"] == -32800
    assert eventually(lambda: not children(client.process.pid))


def test_it_is_done_once_in_quiet_times(impatient, tmp_path, processes) -> None:
    _, _, eventually = processes
    client = impatient()
    stamp = tmp_path / "home" / "optimized"
    assert eventually(stamp.exists, 30)
    would = client.request("magray/optimize", {"dry_run": True})
    assert would["steps"] == [], "it is done already"
    first = stamp.stat().st_mtime_ns
    time.sleep(2.5)
    assert stamp.stat().st_mtime_ns == first, "not twice a day"
    assert client.stop() == 0


def test_it_is_left_alone_where_the_person_says_so(impatient, tmp_path) -> None:
    client = impatient(initializationOptions={"server": {"optimize": False}})
    time.sleep(2.5)
    assert not (tmp_path / "home" / "optimized").exists()
    assert client.request("magray/optimize", {"dry_run": True})["steps"]


def test_who_asks_meanwhile_is_not_waited_upon(impatient, tmp_path) -> None:
    client = impatient()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert client.request("magray/search", {"query": "payment"})["hits"]
        time.sleep(0.3)
    assert not (tmp_path / "home" / "optimized").exists(), "somebody was at work all the time"


def test_records_are_moved_to_their_layers_by_itself(impatient, tmp_path, processes) -> None:
    _, _, eventually = processes
    client = impatient(initializationOptions={"server": {"index": False, "optimize": False}})
    kept = client.request("magray/remember", {"text": "The port is 8080.", "importance": 0.9})["record"]["id"]
    assert eventually(lambda: client.request("magray/show", {"id": kept})["layer"] == "insights", 30)
    assert (tmp_path / "home" / "layers").exists()


def test_files_that_nothing_needs_are_removed_by_itself(impatient, tmp_path, processes) -> None:
    _, _, eventually = processes
    old = tmp_path / "home" / "logs" / "lsp.log.9"
    old.parent.mkdir(parents=True)
    old.write_text("long ago", encoding="utf-8")
    os.utime(old, (1_500_000_000, 1_500_000_000))
    client = impatient(initializationOptions={"server": {"index": False, "optimize": False}})
    client.request("magray/remember", {"text": "The port is 8080."})
    assert eventually(lambda: not old.exists(), 30)
