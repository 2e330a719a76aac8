"""Export and import by request: paths and URIs, progress, an end where it is whole."""

from __future__ import annotations

import json


def test_records_leave_and_come_in_by_request(connect, project, tmp_path) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    client.request("magray/remember", {"text": "The port is 8080.", "tag": ["ops"]})
    dest = tmp_path / "out" / "records.json"
    dest.parent.mkdir()
    done = client.request("magray/export", {"dest": dest.as_uri(), "workDoneToken": "e"})
    assert (done["format"], done["path"], done["records"]) == ("json", str(dest), 1)
    assert json.loads(dest.read_text("utf-8"))["count"] == 1
    notes = client.request("magray/export", {"dest": "notes", "format": "markdown", "tag": "ops"})
    assert notes["written"] == 1
    note = project / "notes" / "The port is 8080.md"
    note.write_text(note.read_text("utf-8").replace("8080.\n", "9090.\n"), "utf-8")
    report = client.request("magray/import", {"src": str(project / "notes"), "dry_run": True})
    assert (report["from"], report["dry_run"], report["updated"]) == ("markdown", True, 1)
    report = client.request("magray/import", {"src": str(project / "notes"), "workDoneToken": "i"})
    assert report["updated"] == 1
    assert client.request("magray/show", {"id": "n1"})["text"] == "The port is 9090."
    assert "it is not there" in client.error("magray/import", {"src": str(tmp_path / "none")})["message"]
    assert client.error("magray/import", {"src": 5})["code"] == -32602


def test_an_import_that_is_cancelled_keeps_whole_groups_and_the_next_finishes_it(
    connect, project, tmp_path
) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    lines = tmp_path / "lines.jsonl"
    lines.write_text("".join(json.dumps({"id": n, "text": f"line {n}"}) + "\n" for n in range(800)), "utf-8")
    number = client.ask("magray/import", {"src": str(lines), "workDoneToken": "i"})
    client.until("$/progress", lambda params: params["token"] == "i" and params["value"]["kind"] == "report")
    client.notify("$/cancelRequest", {"id": number})
    answer = client.answer(number)
    assert "result" in answer or answer["error"]["code"] == -32800
    report = client.request("magray/import", {"src": str(lines)})
    assert report["created"] + report["unchanged"] == 800
    assert report["skipped"] == []
