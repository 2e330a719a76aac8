"""Two editors and a shell at one record, and texts that no record should have, by request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = 6


def _shell(home: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
    env |= {"MAGRAY_HOME": str(home), "PYTHONUTF8": "1", "MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}
    command = [sys.executable, "-m", "magray_server.cli.main", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


class Doors:
    """Ways to add a line to a record: read it, write it with the version that was read, and again where that
    is refused.
    """

    def __init__(self, home: Path, folder: Path, id_: str) -> None:
        self._home, self._folder, self._id = home, folder, id_
        self.told: list[str] = []

    def by_request(self, editor: Any, line: str) -> None:
        while True:
            read = editor.request("magray/show", {"id": self._id})
            wanted = {"id": self._id, "text": f"{read['text']}\n{line}", "version": read["version"]}
            answer = editor.answer(editor.ask("magray/edit", wanted))
            if "error" not in answer:
                return
            self.told.append(answer["error"]["message"])

    def by_shell(self, line: str) -> None:
        while True:
            read = json.loads(_shell(self._home, self._folder, "--json", "show", self._id).stdout)
            options = ("--text", f"{read['text']}\n{line}", "--version", read["version"])
            done = _shell(self._home, self._folder, "edit", self._id, *options)
            if done.returncode == 0:
                return
            self.told.append(done.stderr)


def test_two_editors_and_a_shell_at_one_record_lose_nothing(connect, project: Path, tmp_path: Path) -> None:
    """Each adds lines to what it has read, and reads again when it is told that another was quicker."""
    home = tmp_path / "home"
    editors = [connect(), connect()]
    for editor in editors:
        editor.start(project)
        editor.ready()
    id_ = editors[0].request("magray/remember", {"text": "The first line."})["id"]
    doors = Doors(home, project, id_)
    add: list[Callable[[str], None]] = [partial(doors.by_request, editor) for editor in editors]
    add.append(doors.by_shell)

    def work(number: int) -> None:
        for line in range(ROUNDS):
            add[number](f"door {number}, line {line}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = editors[1].request("magray/show", {"id": id_})
    wanted = {f"door {door}, line {number}" for door in range(3) for number in range(ROUNDS)}
    assert set(shown["text"].split("\n")) == {"The first line.", *wanted}
    assert len(shown["history"]) == 3 * ROUNDS
    assert doors.told and all("changed by another program" in message for message in doors.told)
    assert _shell(home, project, "forget", id_).returncode == 0
    gone = editors[0].error("magray/edit", {"id": id_, "text": "x", "version": shown["version"]})
    assert "is in the trash" in gone["message"]
    assert editors[1].request("magray/trash", {"command": "restore", "ids": [id_]})["records"]
    assert editors[0].request("magray/show", {"id": id_})["text"] == shown["text"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": "x" * 1_000_001}, "too long"),
        ({"text": "x", "tag": [f"t{number}" for number in range(10_000)]}, "too many"),
        ({"text": "x", "title": "x" * 10_000}, "too long"),
        ({"text": "x", "key": "x" * 10_000}, "too long"),
        ({"text": "\ud800", "kind": "\ud800"}, "is no kind"),
        ({"text": "x", "supersedes": "n99"}, "no record has the id"),
        ({"text": "x", "supersedes": "w12345678.1"}, "names no document"),
        ({"text": "x", "supersedes": "n99999999999999999999999"}, "is no id"),
        ({"text": "x", "importance": 1e400}, ""),
        ({"text": "x", "created_at": "1e400"}, "is no time"),
        ({"text": "\0" * 10 + " \n"}, ""),
    ],
)
def test_what_no_record_can_be_is_refused_in_a_sentence(
    connect, project: Path, given: dict[str, Any], why: str
) -> None:
    client = connect()
    client.start(project)
    client.ready()
    answer = client.answer(client.ask("magray/remember", given))
    if why:
        assert why in answer["error"]["message"].lower()
    if "error" in answer:
        assert "\n" not in answer["error"]["message"] and "bug" not in answer["error"]["message"]
    assert client.request("magray/remember", {"text": "a good one"})["outcome"] == "created"


def test_strange_texts_are_kept_as_a_database_can_hold_them(connect, project: Path) -> None:
    client = connect()
    client.start(project)
    client.ready()
    texts = [
        "a\0b",
        "half \ud83d pair",
        "\u202eright to left",
        "x" * 1_000_000,
        "Ж" * 1_000_000,
        "\r\nline\r",
    ]
    for text in texts:
        record = client.request("magray/remember", {"text": text, "title": "\n\n\t"})["record"]
        shown = client.request("magray/show", {"id": record["id"]})
        assert (shown["text"], shown["title"]) == (record["text"], None)
        assert len(shown["text"]) in (len(text), len(text) - 1)
        assert "\0" not in shown["text"] and "\ud83d" not in shown["text"]
    for id_ in ("n99", "w12345678.7", "n0", "n-1", "n" + "9" * 30, "", "\0", "../n1"):
        for method in ("show", "edit"):
            message = client.error(
                f"magray/{method}", {"id": id_, "text": "x"} if method == "edit" else {"id": id_}
            )
            assert "bug" not in message["message"], (method, id_)
    assert len(client.request("magray/list", {})["records"]) == len(texts)
