"""Secrets in the editor: open buffers are searched, and texts remembered, without them; no log has one."""

from __future__ import annotations

from fake_secrets import issued

KEY = issued()["gitlab personal"]


def test_buffers_records_errors_and_logs_are_without_secrets(connect, project, tmp_path, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    opened = client.open(project / "src/storage.py")
    client.change(opened, {"text": f'def wombat_client():\n    return Client("{KEY}")\n'})

    def snippet() -> str:
        asked = {"query": "wombat_client", "mode": "lexical", "k": 3}
        return "".join(hit["snippet"] for hit in client.request("magray/search", asked)["hits"])

    assert eventually(lambda: "‹redacted: gitlab token›" in snippet(), 20), snippet()
    assert KEY not in snippet()
    kept = client.request("magray/remember", {"text": f"The token is {KEY}."})
    assert kept["record"]["text"] == "The token is ‹redacted: gitlab token›."
    assert kept["redacted"] == {"gitlab token": 1}
    id_ = kept["record"]["id"]
    changed = client.request("magray/edit", {"id": id_, "text": f"It was {KEY}."})
    assert (changed["text"], changed["redacted"]) == ("It was ‹redacted: gitlab token›.", {"gitlab token": 1})
    assert client.request("magray/search", {"query": KEY, "mode": "lexical"})["query"] != KEY
    refused = client.error("magray/remember", {"text": "x", "key": KEY})
    assert KEY not in str(refused)
    (vault,) = [v for v in client.request("magray/health", {})["vaults"] if v["kind"] == "notebook"]
    assert vault["redacted"] == {"gitlab token": 1}
    home = tmp_path / "home"
    assert not [path for path in home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
