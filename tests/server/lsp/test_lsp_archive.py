"""Backup, restore, export, import and stats by request: answers of the shell, progress, an end, refusals."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

QUIET = {"initializationOptions": {"server": {"index": False}}}
TIMES = {"seconds", "created_at", "path", "bytes", "safety", "archive"}
"""What differs from one run to the next."""


def shell(client: Any, *command: str) -> Any:
    """What the shell answers in JSON."""
    run = [sys.executable, "-m", "magray_server.cli.main", "--home", str(client.root), "--json", *command]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def count(client: Any) -> int:
    """How many records the notebook has."""
    with closing(sqlite3.connect(client.root / "notebook.db")) as connection:
        return connection.execute("SELECT count(*) FROM document WHERE text IS NOT NULL").fetchone()[0]


def keys(value: Any) -> Any:
    """The shape of an answer: the names in it, and in what is in it."""
    if isinstance(value, dict):
        return {name: None if name in TIMES else keys(one) for name, one in value.items()}
    return [keys(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


@pytest.fixture
def client(connect, project):
    client = connect()
    client.start(project, **QUIET)
    for number in range(3):
        client.request("magray/remember", {"text": f"record {number} of the archive"})
    return client


@pytest.mark.parametrize(
    ("method", "params", "command"),
    [
        ("backup", {}, ["backup"]),
        ("backup", {"command": "list"}, ["backup", "list"]),
        ("backup", {"command": "verify"}, ["backup", "verify"]),
        ("backup", {"command": "drill"}, ["backup", "drill"]),
        ("backup", {"command": "prune", "dry_run": True}, ["backup", "prune", "--dry-run"]),
        ("restore", {"archive": "latest", "dry_run": True}, ["restore", "latest", "--dry-run"]),
        ("restore", {"archive": "latest", "yes": True}, ["restore", "latest", "--yes"]),
        ("stats", {}, ["stats"]),
    ],
)
def test_the_answer_is_that_of_the_shell(client: Any, method: str, params: Any, command: list[str]) -> None:
    client.request("magray/backup", {})
    assert keys(client.request(f"magray/{method}", params)) == keys(shell(client, *command))


def test_an_export_and_an_import_answer_as_in_the_shell(client: Any, tmp_path) -> None:
    by_request = client.request("magray/export", {"dest": str(tmp_path / "one.json")})
    assert keys(by_request) == keys(shell(client, "export", str(tmp_path / "two.json")))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    by_request = client.request("magray/import", {"src": str(tmp_path / "one.json")})
    assert by_request == shell(client, "import", str(tmp_path / "two.json"))


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("backup", {}),
        ("backup", {"command": "verify"}),
        ("backup", {"command": "drill"}),
        ("restore", {"archive": "latest", "yes": True}),
        ("export", {"dest": "out.json"}),
        ("import", {"src": "pay.md"}),
    ],
)
def test_each_shows_what_it_does_until_it_is_done(client: Any, project, method: str, params: Any) -> None:
    (project / "pay.md").write_text("# Paying\n\nA note.\n", "utf-8")
    client.request("magray/backup", {})
    client.request(f"magray/{method}", {**params, "workDoneToken": "bar"})
    client.until("$/progress", lambda heard: heard["token"] == "bar" and heard["value"]["kind"] == "end")
    shown = [m["params"]["value"] for m in list(client.heard) if m["method"] == "$/progress"]
    kinds = [value["kind"] for value in shown if value]
    assert kinds[0] == "begin" and kinds[-1] == "end"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("backup", {"command": "nothing"}),
        ("backup", {"full": "perhaps"}),
        ("backup", {"output": 7}),
        ("backup", [1]),
        ("restore", {}),
        ("restore", {"archive": ["latest"]}),
        ("restore", {"archive": "latest", "merge": "no"}),
        ("export", {"dest": None}),
        ("export", {"dest": "a", "format": "docx"}),
        ("import", {"src": {}}),
        ("import", {"src": "a", "from": 1}),
        ("stats", {"since": "never"}),
        ("stats", {"limit": "many"}),
        ("stats", {"unused_days": 0}),
    ],
)
def test_parameters_that_are_none_are_refused_in_a_sentence(client: Any, method: str, params: Any) -> None:
    error = client.error(f"magray/{method}", params)
    assert error["code"] in (-32602, -32803), error
    assert error["message"] and "\n" not in error["message"] and "Traceback" not in error["message"]
    assert len(client.request("magray/list", {})["records"]) == 3


SLOW = (
    "import time\n"
    "from magray_memory import progress\n"
    "check = progress.Progress.check\n"
    "def slowly(self):\n"
    "    time.sleep(0.1)\n"
    "    check(self)\n"
    "progress.Progress.check = slowly\n"
    "from magray_server.lsp.main import main\n"
    "main()\n"
)
"""A server whose long runs take longer."""


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("backup", {}),
        ("backup", {"command": "drill"}),
        ("restore", {"archive": "latest", "yes": True}),
        ("restore", {"archive": "latest", "merge": True, "yes": True}),
        ("export", {"dest": "out.json"}),
        ("import", {"src": "lines.jsonl"}),
    ],
)
def test_cancelled_it_ends_and_what_is_there_is_whole(connect, project, method: str, params: Any) -> None:
    lines = (json.dumps({"id": number, "text": f"line {number}"}) + "\n" for number in range(1_500))
    (project / "lines.jsonl").write_text("".join(lines), "utf-8")
    first = connect()
    first.start(project, **QUIET)
    first.request("magray/remember", {"text": "a record"})
    first.request("magray/backup", {})
    if method == "export":
        first.request("magray/import", {"src": "lines.jsonl"})
    first.stop()
    client = connect(command=[sys.executable, "-c", SLOW])
    client.start(project, **QUIET)
    before = count(client)
    number = client.ask(f"magray/{method}", {**params, "workDoneToken": "bar"})
    client.until("$/progress", lambda heard: heard["token"] == "bar")
    client.notify("$/cancelRequest", {"id": number})
    answer = client.answer(number)
    assert "result" in answer or answer["error"]["code"] == -32800, answer
    after = count(client)
    assert after == before or (method == "import" and (after - before) % 100 == 0)
    assert not (project / "out.json").exists() or "result" in answer
    client.request(f"magray/{method}", params)
    assert not list(client.root.rglob("*.draft"))
