"""Requests that take time: a progress bar, one after the other, and an end at a safe point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

SLOW = (
    "import time\n"
    "from magray_memory.records.layers import Layers\n"
    "from magray_memory.progress import SILENT\n"
    "def clean(self, *, progress=SILENT, **options):\n"
    "    for done in range(400):\n"
    "        progress.check()\n"
    "        progress.report('sweeping the floor', done, 400, 'tiles')\n"
    "        time.sleep(0.05)\n"
    "    raise AssertionError('nobody stopped it')\n"
    "Layers.clean = clean\n"
    "from magray_server.lsp.main import main\n"
    "main()\n"
)
"""A server whose `clean` goes on for long."""


@pytest.fixture
def slow(connect, project):
    client = connect(command=[sys.executable, "-c", SLOW])
    client.start(project, initializationOptions={"server": {"index": False}})
    return client


def shown(client: Any, token: Any) -> list[dict[str, Any]]:
    return [
        m["params"]["value"]
        for m in list(client.heard)
        if m["method"] == "$/progress" and m["params"]["token"] == token
    ]


def of_kind(token: Any, kind: str) -> Any:
    return lambda params: params["token"] == token and params["value"]["kind"] == kind


@pytest.mark.parametrize("token", ["mine", 7])
def test_progress_is_shown_under_the_clients_token_and_ended(slow, token) -> None:
    number = slow.ask("magray/clean", {"workDoneToken": token})
    report = slow.until("$/progress", of_kind(token, "report"))["value"]
    assert report["message"].startswith("Sweeping the floor (") and report["message"].endswith(
        " of 400 tiles)"
    )
    assert 0 <= report["percentage"] <= 100
    slow.notify("$/cancelRequest", {"id": number})
    assert slow.answer(number)["error"]["code"] == -32800
    values = shown(slow, token)
    assert values[0]["kind"] == "begin" and values[0]["cancellable"]
    assert values[0]["title"] == "magray: cleaning"
    assert [value["kind"] for value in values].count("end") == 1 and values[-1]["kind"] == "end"
    asked = [m for m in slow.heard if m["method"] == "window/workDoneProgress/create"]
    assert token not in [m["params"]["token"] for m in asked]


def test_without_a_token_the_server_makes_one(slow) -> None:
    number = slow.ask("magray/clean", {})
    token = slow.until("window/workDoneProgress/create")["token"]
    slow.until("$/progress", of_kind(token, "report"))
    slow.notify("window/workDoneProgress/cancel", {"token": token})
    assert slow.answer(number)["error"]["code"] == -32800


def test_a_command_passes_its_token_on(slow) -> None:
    number = slow.ask(
        "workspace/executeCommand", {"command": "magray.server.clean", "workDoneToken": "of-the-command"}
    )
    slow.until("$/progress", of_kind("of-the-command", "report"))
    slow.notify("window/workDoneProgress/cancel", {"token": "of-the-command"})
    assert slow.answer(number)["error"]["code"] == -32800


def test_others_are_answered_meanwhile_and_a_second_run_waits(slow) -> None:
    first = slow.ask("magray/clean", {"workDoneToken": "first"})
    slow.until("$/progress", of_kind("first", "report"))
    second = slow.ask("magray/clean", {"workDoneToken": "second"})
    slow.until("$/progress", of_kind("second", "begin"))
    assert slow.request("magray/remember", {"text": "Said while it runs."})["outcome"] == "created"
    assert not [value for value in shown(slow, "second") if value["kind"] == "report"]
    slow.notify("$/cancelRequest", {"id": second})
    assert slow.answer(second)["error"]["code"] == -32800
    assert first not in slow.answers
    third = slow.ask("magray/clean", {"workDoneToken": "third"})
    slow.notify("$/cancelRequest", {"id": first})
    assert slow.answer(first)["error"]["code"] == -32800
    slow.until("$/progress", of_kind("third", "report"))
    slow.notify("$/cancelRequest", {"id": third})
    assert slow.answer(third)["error"]["code"] == -32800


def test_shutdown_does_not_wait_for_it(slow) -> None:
    number = slow.ask("magray/clean", {"workDoneToken": 1})
    slow.until("$/progress", of_kind(1, "report"))
    slow.request("shutdown")
    slow.notify("exit")
    assert slow.process.wait(10) == 0
    assert number not in slow.answers or slow.answers[number]["error"]["code"] == -32800


@pytest.mark.parametrize("token", [None, 3.5, True, {"a": 1}])
def test_a_token_of_a_wrong_type_is_refused_or_none(connect, project, token) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    answer = client.answer(client.ask("magray/promote", {"workDoneToken": token}))
    assert "result" in answer if token is None else answer["error"]["code"] == -32602


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_shell_ends_at_a_safe_point_on_ctrl_c(tmp_path) -> None:
    import signal

    program = SLOW.replace("from magray_server.lsp.main", "from magray_server.cli.main")
    arguments = ["--home", str(tmp_path / "home"), "--verbose", "--json", "clean"]
    program = program.replace("main()", f"import sys; sys.argv[1:] = {arguments}; sys.exit(main())")
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr and child.stdout
    assert "sweeping the floor" in child.stderr.readline()
    child.send_signal(signal.SIGINT)
    out, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert "what was done until then is whole" in said


def test_an_editor_counts_what_it_asked(connect, project) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    client.request("magray/remember", {"text": "The deploy runs at noon."})
    for query in ("dep", "deploy", "nowhereatall"):
        client.request("magray/search", {"query": query, "mode": "lexical"})
    deadline = time.monotonic() + 30
    while (asked := client.request("magray/stats", {"workDoneToken": "s"})["searches"])["total"] < 2:
        assert time.monotonic() < deadline, asked
        time.sleep(0.1)
    assert {query["query"] for query in asked["queries"]} == {"deploy", "nowhereatall"}
    assert [query["query"] for query in asked["without_answer"]] == ["nowhereatall"]
