"""`magray/status`: only for clients that asked, and true where nothing is indexed."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def statuses(client: Any) -> list[dict[str, Any]]:
    return [m["params"] for m in client.heard if m["method"] == "magray/status"]


@pytest.mark.parametrize(
    ("capabilities", "options", "told"),
    [
        ({}, None, False),
        ({}, {"status": True}, True),
        ({}, {"magray": {"status": True}}, True),
        ({"experimental": {"magrayStatus": True}}, None, True),
        ({}, {"status": "yes"}, False),
        ({"experimental": {"magrayStatus": False, "serverStatusNotification": True}}, {"status": 0}, False),
        ({"experimental": []}, [], False),
    ],
)
def test_the_status_is_sent_to_clients_that_asked(
    connect, project, processes, capabilities, options, told
) -> None:
    _, _, eventually = processes
    client = connect()
    profile = {"experimental": None, **capabilities}
    client.start(project, profile=profile, initializationOptions=options)
    query = {"query": "retry_failed_payment", "mode": "lexical"}
    assert eventually(lambda: client.request("magray/search", query)["hits"])
    assert bool(statuses(client)) is told
    unknown = {m["method"] for m in client.heard if m["method"].startswith("magray/")}
    assert unknown == ({"magray/status"} if told else set())


def test_no_folder_is_told(connect) -> None:
    client = connect()
    client.start()
    told = client.until("magray/status", lambda status: status["state"] != "starting")
    assert told["state"] == "degraded" and "No folder is open" in told["message"]


def test_a_home_folder_or_the_whole_disk_is_indexed_by_name_only(
    connect, project, tmp_path, processes
) -> None:
    _, _, eventually = processes
    client = connect(environ={"HOME": str(project)})
    client.start(project)
    told = client.until("magray/status", lambda status: status["message"])
    assert told["state"] == "degraded" and "home folder is not indexed" in told["message"]
    for params in ({}, {"paths": ["README.md"]}, {"lexical": True}):
        error = client.error("magray/index", params)
        assert error["code"] == -32602 and "home folder" in error["message"]
    report = client.request("magray/index", {"workspace": project.as_uri(), "lexical": True})
    assert report["files"] == 5
    other = tmp_path / "other"
    other.mkdir()
    (other / "kiwi.md").write_text("# Kiwi\n")
    event = {"added": [{"uri": other.as_uri(), "name": "other"}], "removed": []}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert client.request("magray/index", {"lexical": True})["files"] == 1
    assert eventually(lambda: statuses(client)[-1]["state"] == "degraded")


def test_the_whole_disk_is_never_walked_unasked(connect, tmp_path) -> None:
    from pathlib import Path

    client = connect()
    client.start(Path("/"))
    told = client.until("magray/status", lambda status: status["message"])
    assert told["state"] == "degraded" and "root of the disk" in told["message"]
    assert client.error("magray/index", {})["code"] == -32602
    assert client.error("magray/index", {"paths": ["etc"]})["code"] == -32602
