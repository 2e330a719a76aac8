"""Records by request: what the shell's commands do, in the same shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_lives_its_life(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    kept = client.request(
        "magray/remember", {"text": "The deploy runs at noon.", "tag": ["ops"], "pin": True}
    )
    record = kept["record"]
    assert (kept["outcome"], record["pinned"], record["project"]) == ("created", True, project.name)
    assert client.request("magray/list", {})["records"] == [record]
    hits = client.request("magray/search", {"query": "deploy noon", "mode": "lexical"})["hits"]
    assert hits[0]["id"] == record["id"]
    changed = client.request(
        "magray/edit", {"id": record["id"], "text": "It runs at midnight.", "version": record["version"]}
    )
    assert changed["text"] == "It runs at midnight."
    stale = client.error("magray/edit", {"id": record["id"], "text": "x", "version": record["version"]})
    assert "changed by another program" in stale["message"]
    assert client.request("magray/tag", {"id": record["id"], "add": "late", "remove": ["ops"]})["tags"] == [
        "late"
    ]
    assert not client.request("magray/unpin", {"ids": [record["id"]]})["records"][0]["pinned"]
    shown = client.request("magray/show", {"id": record["id"]})
    assert [state["text"] for state in shown["history"]] == ["The deploy runs at noon."]
    assert client.request("magray/forget", {"ids": [record["id"]]})["records"][0]["trashed"]
    assert client.request("magray/list", {})["records"] == []
    assert [kept["id"] for kept in client.request("magray/trash", {})["records"]] == [record["id"]]
    restored = client.request("magray/trash", {"command": "restore", "ids": [record["id"]]})["records"]
    assert [kept["text"] for kept in restored] == ["It runs at midnight."]
    assert client.request("magray/trash", {"command": "list"})["records"] == []
    assert "list, restore" in client.error("magray/trash", {"command": "burn"})["message"]


def test_a_source_is_a_path_in_the_folder(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    file = next(path for path in sorted(project.rglob("*.py")))
    path = file.relative_to(project).as_posix()
    record = client.request("magray/remember", {"text": "About it.", "source": f"{path}:1"})["record"]
    assert (record["source"]["path"], record["citation"]) == (path, "verified")
    assert "outside" in client.error("magray/remember", {"text": "x", "source": "../../x:1"})["message"]


def test_what_makes_no_sense_is_an_error(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    assert client.error("magray/remember", {"text": 5})["code"] == -32602
    assert "the text is empty" in client.error("magray/remember", {})["message"]
    assert "othing was remembered yet" in client.error("magray/show", {"id": "n1"})["message"]


def test_records_rise_and_leave_by_request(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    record = client.request("magray/remember", {"text": "The port is 8080.", "importance": 0.9})["record"]
    would = client.request("magray/promote", {"dry_run": True})
    assert [(move["id"], move["from"], move["to"]) for move in would["moves"]] == [
        (record["id"], "interact", "insights")
    ]
    done = client.request(
        "workspace/executeCommand",
        {"command": "magray.server.promote", "arguments": [{"ids": [record["id"]], "layer": "assets"}]},
    )
    assert (done["dry_run"], done["moves"][0]["to"]) == (False, "assets")
    assert client.request("magray/list", {})["records"][0]["layer"] == "assets"
    assert client.request("magray/clean", {"dry_run": True})["moves"] == []
    assert "which records" in client.error("magray/promote", {"layer": "assets"})["message"]


WORDS = ("quokka", "пустельга")


def _holding(home: Path) -> list[str]:
    """Files of the home, models apart, that hold one of the words."""
    files = (path for path in home.rglob("*") if path.is_file() and "models" not in path.parts)
    return [f.name for f in files if any(w.encode() in f.read_bytes().lower() for w in WORDS)]


@pytest.mark.parametrize("by", ["request", "shell", "trash"])
def test_what_is_purged_is_gone_from_the_home_and_from_a_server_that_knew_it(
    connect, project, tmp_path, by
) -> None:
    home = tmp_path / "home"
    client = connect()
    client.start(project)
    client.ready()
    for number in range(30):
        client.request("magray/remember", {"text": f"Note {number} on ports, queues and deploys at noon."})
    text = "the quokka пустельга knows it"
    kept = client.request("magray/remember", {"text": text, "title": "quokka"})["record"]["id"]
    client.request("magray/edit", {"id": kept, "text": text + "\n\nquokka quokka"})
    question = {"query": "quokka пустельга", "in": "notebook"}
    for _ in range(3):
        assert client.request("magray/search", question)["hits"][0]["id"] == kept
    assert _holding(home)
    if by == "request":
        purged = client.request("magray/forget", {"ids": [kept], "purge": True})["purged"]
    elif by == "trash":
        client.request("magray/forget", {"ids": [kept]})
        purged = client.request("magray/trash", {"command": "empty"})
    else:
        command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(home), "--json"]
        done = subprocess.run([*command, "forget", "--purge", kept], capture_output=True, check=True)
        purged = json.loads(done.stdout)["purged"]
    assert purged["ids"] == [kept]
    assert not any(place["failed"] for place in purged["unreached"]), purged
    assert _holding(home) == []
    assert all(hit["id"] != kept for hit in client.request("magray/search", question)["hits"])
    assert _holding(home) in ([], ["usage.db"]), "nothing but the new question has its words"
    assert "o record has the id" in client.error("magray/show", {"id": kept})["message"]


def test_a_record_is_a_place_to_an_editor_that_opens_it(connect, project) -> None:
    for opens in (False, True):
        client = connect()
        asks = {"experimental": {"magrayStatus": True, "magrayRecords": opens}}
        client.start(project, profile=asks)
        client.ready()
        client.request("magray/remember", {"text": "The walrus knocks twice.", "key": "walrus"})
        uri = "magray:/records/n1.md" if opens else None
        hit = client.request("magray/recall", {"query": "walrus"})["hits"][0]
        assert (hit["id"], hit["location"] and hit["location"]["uri"]) == ("n1", uri)
        symbols = client.request("workspace/symbol", {"query": "?walrus knocks"})
        assert ([s["location"]["uri"] for s in symbols if "n1" in s["containerName"]] == [uri]) == opens


def test_recall_brings_back_what_was_remembered(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    old = client.request("magray/remember", {"text": "The deploy runs at noon.", "tag": ["project/alpha"]})
    client.request("magray/remember", {"text": "The deploy runs at midnight.", "supersedes": old["id"]})
    answer = client.request("magray/recall", {"query": "when does the deploy run, today?"})
    first, second = (hit for hit in answer["hits"] if hit["vault"] == "notebook")
    assert (first["id"], second["id"]) == ("n2", "n1")
    assert (first["superseded_by"], second["superseded_by"]) == (None, "n2")
    assert (second["tags"], second["layer"], second["citation"]) == (["project/alpha"], "interact", None)
    assert set(answer["time"]) == {"since", "until"}
    assert client.request("magray/recall", {"query": "alpha"})["hits"][0]["id"] == "n2", "it replaces n1"
    then = client.request("magray/recall", {"query": "deploy", "as_of": "2020-01-01"})
    assert "n1" not in [hit["id"] for hit in then["hits"]]
    assert then["as_of"].startswith("2020-01-0")
    assert "no day or time" in client.error("magray/recall", {"query": "x", "as_of": "soon"})["message"]
