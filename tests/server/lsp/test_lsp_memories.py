"""Records where the code is: remembered from a selection, shown on hover and above the lines, told apart when
the lines changed, and the same for every program that writes them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LAZY = {
    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix"]}},
    "dataSupport": True,
    "resolveSupport": {"properties": ["edit", "command"]},
}
PLAIN: dict[str, Any] = {"window": {"workDoneProgress": True}}
"""As vim-lsp says it: commands only, no document on request."""


def span(first: int, start: int, last: int, end: int) -> dict[str, Any]:
    return {"start": {"line": first, "character": start}, "end": {"line": last, "character": end}}


def offered(client: Any, uri: str, place: dict[str, Any], **context: Any) -> list[dict[str, Any]]:
    asked = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": [], **context}}
    return client.request("textDocument/codeAction", asked)


def remember(client: Any, uri: str, place: dict[str, Any]) -> dict[str, Any]:
    """What the action "remember" for this range does, as an editor runs it."""
    action = next(a for a in offered(client, uri, place) if a["title"].startswith("Remember"))
    if "command" not in action:
        action = client.request("codeAction/resolve", action)
    command = action if isinstance(action["command"], str) else action["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    return client.request("workspace/executeCommand", params)


def lenses(client: Any, uri: str) -> list[tuple[int, str]]:
    found = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [(lens["range"]["start"]["line"], lens["command"]["title"]) for lens in found]


def hover(client: Any, uri: str, line: int, character: int) -> str:
    position = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    found = client.request("textDocument/hover", position)
    return found["contents"]["value"] if found else ""


def shell(client: Any, root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "magray_server.cli.main", "--workspace", str(root), *arguments]
    environ = {**os.environ, "MAGRAY_HOME": str(client.root), "MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}
    subprocess.run(command, cwd=root, env=environ, check=True, timeout=60, capture_output=True)


@pytest.fixture
def begin(connect, project):
    def start(**profile: Any) -> Any:
        client = connect()
        asks = {"experimental": {"magrayStatus": True, "magrayRecordsChanged": True}}
        client.start(project, profile={**PLAIN, **profile, **asks})
        client.ready()
        return client

    return start


def test_what_is_remembered_from_unsaved_lines_is_verified_in_the_answer(begin, project) -> None:
    client = begin(textDocument={"codeAction": LAZY})
    uri = client.open(project / "src/payment.py")
    text = (project / "src/payment.py").read_text(encoding="utf-8")
    client.change(uri, {"text": f"# one\n# two\n{text}"})
    for place, lines in ((span(5, 4, 11, 0), (6, 11)), (span(0, 0, 2, 0), (1, 2))):
        done = remember(client, uri, place)
        source = done["record"]["source"]
        assert (source["start_line"], source["end_line"]) == lines
        assert (done["record"]["citation"], done["record"]["moved_to"]) == ("verified", None), (
            "as the lens says"
        )
    assert [line for line, _ in lenses(client, uri)] == [0, 5]
    assert client.request("magray/show", {"id": done["id"]})["citation"] == "changed", "the file has them not"


@pytest.mark.parametrize("actions", [None, {**LAZY, "resolveSupport": None}, LAZY])
def test_a_selection_is_remembered_with_its_source(begin, project, actions) -> None:
    client = begin(textDocument={"codeAction": actions} if actions else {})
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    uri = client.open(project / "src/payment.py")
    found = offered(client, uri, span(3, 4, 9, 0))
    if actions is LAZY:
        assert [action["title"] for action in found if "command" not in action] == [
            "Remember selection (magray)"
        ]
    kept = remember(client, uri, span(3, 4, 9, 0))
    record = kept["record"]
    assert kept["outcome"] == "created"
    assert record["source"] == {"path": "src/payment.py", "start_line": 4, "end_line": 9, "commit": None}
    assert (record["kind"], record["citation"], record["project"]) == ("snippet", "verified", project.name)
    assert record["title"] == "PaymentGateway.retry_failed_payment"
    assert record["text"].startswith("```python\n    def retry_failed_payment")
    assert record["text"].endswith("sleep(2 ** attempt)\n```\n")
    said = client.until("window/showMessage", lambda p: record["id"] in p["message"])
    assert "retry_failed_payment" in said["message"]
    again = remember(client, uri, span(3, 4, 9, 0))
    assert (again["outcome"], again["id"]) == ("duplicate", record["id"])


def test_the_definition_at_the_cursor_is_offered_and_nothing_elsewhere(begin, project) -> None:
    client = begin(textDocument={"codeAction": LAZY})
    uri = client.open(project / "src/payment.py")
    titles = [action["title"] for action in offered(client, uri, span(3, 10, 3, 10))]
    assert titles == ["Remember retry_failed_payment (magray)"]
    assert offered(client, uri, span(6, 10, 6, 10)) == []
    record = remember(client, uri, span(3, 10, 3, 10))["record"]
    assert (record["source"]["start_line"], record["source"]["end_line"]) == (4, 10)


@pytest.mark.parametrize(
    ("only", "count"), [([""], 1), (["magray"], 1), (["magray.remember"], 1), (["quickfix"], 0), ([], 1)]
)
def test_the_kinds_that_an_editor_wants_are_nested(begin, project, only, count) -> None:
    client = begin(textDocument={"codeAction": LAZY})
    uri = client.open(project / "src/payment.py")
    found = offered(client, uri, span(3, 0, 9, 0), only=only)
    assert len([a for a in found if a["title"].startswith("Remember")]) == count


def test_an_editor_with_a_command_of_its_own_gets_that(begin, project) -> None:
    client = begin(experimental={})
    client = begin(textDocument={"codeAction": LAZY})
    uri = client.open(project / "src/payment.py")
    action = client.request("codeAction/resolve", offered(client, uri, span(3, 0, 9, 0))[0])
    assert action["command"]["command"] == "magray.server.rememberSelection"
    own = connect_own(begin, ["magray.rememberSelection", "magray.showRecords"])
    uri = own.open(project / "src/payment.py")
    (command,) = offered(own, uri, span(3, 0, 9, 0))
    assert command["command"] == "magray.rememberSelection"
    given = {**command["arguments"][0], "title": "Back-off", "tags": ["ops"], "layer": "assets"}
    asked = {"command": "magray.server.rememberSelection", "arguments": [given]}
    record = own.request("workspace/executeCommand", asked)["record"]
    assert (record["title"], record["tags"], record["layer"]) == ("Back-off", ["ops"], "assets")
    (lens,) = own.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert lens["command"]["command"] == "magray.showRecords"
    assert lens["command"]["arguments"] == [{"ids": [record["id"]], "changed": []}]


def connect_own(begin: Any, commands: list[str]) -> Any:
    client = begin.__closure__[0].cell_contents()
    asks = {"magrayStatus": True, "commands": {"commands": commands}}
    client.start(begin.__closure__[1].cell_contents, profile={**PLAIN, "experimental": asks})
    client.ready()
    return client


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_in_the_encoding_of_the_editor(begin, project, encoding) -> None:
    client = begin(general={"positionEncodings": [encoding]})
    text = "x = '😀'  # цена 😀 растёт\r\ny = 2\r\n"
    uri = client.open(project / "src/storage.py", text)
    units = {"utf-8": lambda s: len(s.encode()), "utf-16": lambda s: len(s.encode("utf-16-le")) // 2}
    column = units.get(encoding, len)
    start, end = (column(text[: text.index(word)]) for word in ("цена", " растёт"))
    record = remember(client, uri, span(0, start, 0, end))["record"]
    assert "цена 😀\n" in record["text"] and "растёт" not in record["text"]
    assert (record["source"]["start_line"], record["source"]["end_line"]) == (1, 1)


def test_what_is_not_saved_is_remembered_as_it_stands(begin, project) -> None:
    client = begin()
    path = project / "src/storage.py"
    text = path.read_text() + "\n\ndef close_database(handle):\n    handle.close()\n"
    uri = client.open(path)
    client.change(uri, {"text": text})
    line = text.split("\n").index("def close_database(handle):")
    record = remember(client, uri, span(line, 0, line + 2, 0))["record"]
    assert record["title"] == "close_database"
    assert lenses(client, uri) == [(line, "1 memory")]
    path.write_text(text)
    assert client.request("magray/show", {"id": record["id"]})["citation"] == "verified"


def test_nothing_is_no_selection(begin, project) -> None:
    client = begin()
    uri = client.open(project / "src/payment.py", "\n\n   \nx = 1\n")
    for place in (span(0, 0, 2, 3), span(0, 0, 1, 0)):
        asked = {"command": "magray.server.rememberSelection", "arguments": [{"uri": uri, "range": place}]}
        assert "othing is selected" in client.error("workspace/executeCommand", asked)["message"]
    far = span(900, 900, 999, 999)
    asked = {"command": "magray.server.rememberSelection", "arguments": [{"uri": uri, "range": far}]}
    assert "othing is selected" in client.error("workspace/executeCommand", asked)["message"]
    asked["arguments"] = [{"uri": "untitled:1", "range": far}]
    assert "not open" in client.error("workspace/executeCommand", asked)["message"]


def test_lenses_stand_where_the_lines_stand_now(begin, project) -> None:
    client = begin(workspace={"codeLens": {"refreshSupport": True}})
    path = project / "src/payment.py"
    uri = client.open(path)
    assert lenses(client, uri) == []
    client.request("magray/remember", {"text": "Five attempts.", "source": "src/payment.py:6-8"})
    client.request("magray/remember", {"text": "A bank.", "source": "src/payment.py:1"})
    client.request("magray/remember", {"text": "Since March.", "source": "src/payment.py:6-8"})
    client.until("workspace/codeLens/refresh")
    assert lenses(client, uri) == [(0, "1 memory"), (5, "2 memories")]
    client.change(uri, {"range": span(0, 0, 0, 0), "text": "# new\r\n# lines\r\n"})
    assert lenses(client, uri) == [(2, "1 memory"), (7, "2 memories")]
    client.change(uri, {"text": path.read_text().replace("range(5)", "range(7)")}, version=3)
    assert lenses(client, uri) == [(0, "1 memory"), (5, "2 memories (2 changed)")]
    client.change(uri, {"text": "x = 1\n"}, version=4)
    assert lenses(client, uri) == [(0, "1 memory (changed)"), (1, "2 memories (2 changed)")]


def test_what_another_program_remembers_is_seen(begin, project, processes) -> None:
    _, _, eventually = processes
    client = begin(workspace={"codeLens": {"refreshSupport": True}})
    uri = client.open(project / "src/payment.py")
    assert lenses(client, uri) == []
    shell(client, project, "remember", "Five attempts.", "--source", "src/payment.py:4-8")
    client.until("workspace/codeLens/refresh")
    changed = client.until("magray/recordsChanged")
    assert lenses(client, uri) == [(3, "1 memory")]
    assert "Five attempts." in hover(client, uri, 3, 10)
    shell(client, project, "tag", "n1", "+ops")
    newer = client.until("magray/recordsChanged", lambda p: p["revision"] > changed["revision"])
    shell(client, project, "forget", "n1")
    client.until("magray/recordsChanged", lambda p: p["revision"] > newer["revision"])
    assert eventually(lambda: lenses(client, uri) == [])
    assert "Five attempts." not in hover(client, uri, 3, 10)


def test_reading_and_embedding_are_no_change(begin, project, processes) -> None:
    _, _, eventually = processes
    client = begin()
    id_ = client.request("magray/remember", {"text": "Five attempts."})["id"]
    client.until("magray/recordsChanged")
    assert eventually(lambda: pending(client) == 0)
    for _ in range(3):
        client.request("magray/show", {"id": id_})
    client.request("magray/pin", {"ids": [id_]})
    assert eventually(lambda: len(told(client)) >= 2)
    assert len(told(client)) == 2


def told(client: Any) -> list[Any]:
    return [m for m in client.heard if m["method"] == "magray/recordsChanged"]


def pending(client: Any) -> int:
    return client.request("magray/search", {"query": "attempts", "in": "notebook"})["pending"]


def test_who_did_not_ask_is_not_told(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    client.request("magray/remember", {"text": "Five attempts."})
    client.request("magray/list", {})
    assert client.request("magray/search", {"query": "attempts"})["hits"]
    assert not told(client)
    assert not [m for m in client.heard if m["method"] == "workspace/codeLens/refresh"]


def test_the_lens_shows_its_records_in_every_editor(begin, project) -> None:
    client = begin()
    uri = client.open(project / "src/payment.py")
    for text in ("Five attempts are enough.", "The bank is slow at night."):
        client.request("magray/remember", {"text": text, "source": "src/payment.py:4-8"})
    (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    client.choose = lambda actions: actions[-1]
    command = {key: lens["command"][key] for key in ("command", "arguments")}
    assert client.request("workspace/executeCommand", command) is None
    asked = client.until("window/showMessageRequest")
    assert [item["title"][3:] for item in asked["actions"]] == [
        "Five attempts are enough.",
        "The bank is slow at night.",
    ]
    said = client.until("window/showMessage", lambda p: "slow at night" in p["message"])
    assert "verified" in said["message"]
    assert not [m for m in client.heard if m["method"] == "window/showDocument"]
    gone = {"command": "magray.server.showRecords", "arguments": [{"ids": ["n99"]}]}
    assert client.request("workspace/executeCommand", gone) is None
    client.until("window/showMessage", lambda p: "not there any more" in p["message"])


def test_a_record_is_a_document_where_the_editor_reads_such(begin, project) -> None:
    client = begin(
        window={"showDocument": {"support": True}},
        workspace={"textDocumentContent": {"dynamicRegistration": True}},
    )
    registered = client.until(
        "client/registerCapability", lambda p: p["registrations"][0]["id"] == "magray-records"
    )
    (registration,) = registered["registrations"]
    assert registration["method"] == "workspace/textDocumentContent"
    assert registration["registerOptions"]["schemes"] == ["magray"]
    record = client.request(
        "magray/remember", {"text": "# Back-off\n\nFive attempts.", "source": "src/payment.py:4-8"}
    )["record"]
    source = client.open(project / "src/payment.py")
    (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": source}})
    client.request(
        "workspace/executeCommand", {key: lens["command"][key] for key in ("command", "arguments")}
    )
    uri = client.until("window/showDocument")["uri"]
    assert uri == f"magray:/records/{record['id']}.md"
    assert client.request("workspace/textDocumentContent", {"uri": uri})["text"] == record["text"]
    document = {"uri": uri, "languageId": "markdown", "version": 1, "text": record["text"]}
    client.notify("textDocument/didOpen", {"textDocument": document})
    client.request("magray/edit", {"uri": uri, "text": "Six attempts.", "version": record["version"]})
    assert client.until("workspace/textDocumentContent/refresh")["uri"] == uri
    assert client.request("workspace/textDocumentContent", {"uri": uri})["text"] == "Six attempts."
    for wrong in ("magray:/records/n99.md", "magray:/records/x.md", "file:///etc/passwd", "magray:n1"):
        client.error("workspace/textDocumentContent", {"uri": wrong})
    assert f"(magray:/records/{record['id']}.md)" in hover(client, source, 3, 10)


def test_two_editors_never_overwrite_each_other_unseen(begin, project) -> None:
    one, other = begin(), begin()
    uri = f"magray:/records/{one.request('magray/remember', {'text': 'At noon.'})['id']}.md"
    read = one.request("magray/show", {"uri": uri})
    assert other.request("magray/show", {"uri": uri})["version"] == read["version"]
    changed = one.request("magray/edit", {"uri": uri, "text": "At one.", "version": read["version"]})
    refused = other.error("magray/edit", {"uri": uri, "text": "At two.", "version": read["version"]})
    assert refused["code"] == -32803
    assert refused["data"]["code"] == "record_changed"
    assert refused["data"]["version"] == changed["version"]
    assert other.request("magray/show", {"uri": uri})["text"] == "At one."
    merged = other.request(
        "magray/edit", {"uri": uri, "text": "At one or two.", "version": refused["data"]["version"]}
    )
    assert merged["text"] == "At one or two."


def test_hover_shows_records_first_and_says_whether_they_hold(begin, project) -> None:
    client = begin()
    path = project / "src/payment.py"
    uri = client.open(path)
    text = "```\nnever closed"
    client.request("magray/remember", {"text": "The gateway is slow.", "source": "src/payment.py:1-10"})
    client.request(
        "magray/remember",
        {"text": f"Five attempts:\n{text}", "title": "Back-off", "source": "src/payment.py:4-8",
         "kind": "decision", "layer": "assets"},
    )  # fmt: skip
    client.request("magray/remember", {"text": "`retry_failed_payment` is called by the cron job."})
    client.request("magray/remember", {"text": "All of [[payment.py]] moves to Rust."})
    card = hover(client, uri, 3, 10)
    parts = card.split("\n\n---\n\n")
    assert parts[0].startswith("`Back-off` · n2 · decision · assets · 20") and "· verified" in parts[0]
    assert parts[0].count("```") == 2
    assert "gateway is slow" in parts[1] and "cron job" in parts[2]
    client.change(uri, {"text": path.read_text().replace("range(5)", "range(7)")})
    assert "source changed" in hover(client, uri, 3, 10)
    client.change(uri, {"text": "\n\n" + path.read_text()}, version=3)
    assert "moved to src/payment.py:6-10" in hover(client, uri, 5, 10)
    storage = client.open(project / "src/storage.py")
    assert "payment.py" not in hover(client, storage, 0, 6)


def test_a_replaced_record_comes_last_and_says_so(begin, project) -> None:
    client = begin()
    uri = client.open(project / "src/payment.py")
    source = {"source": "src/payment.py:4-8"}
    client.request("magray/remember", {"text": "Three attempts.", **source})
    client.request("magray/remember", {"text": "Five attempts.", "supersedes": "n1", **source})
    card = hover(client, uri, 3, 10)
    assert card.index("Five attempts") < card.index("Three attempts")
    assert "superseded by n2" in card
    assert lenses(client, uri) == [(3, "1 memory")]


def test_a_link_to_a_record_shows_it(begin, project) -> None:
    client = begin()
    client.request("magray/remember", {"text": "At noon, always.", "title": "Deploy time"})
    uri = client.open(project / "notes/Deploy.md", "See [[Deploy time]] and [[n1]].\n", "markdown")
    assert "At noon, always." in hover(client, uri, 0, 8)
    assert "At noon, always." in hover(client, uri, 0, 26)


def test_what_is_remembered_is_found_by_meaning(begin, project, processes) -> None:
    _, _, eventually = processes
    client = begin()
    id_ = client.request("magray/remember", {"text": "The oven must be hot before the bread goes in."})["id"]
    query = {"query": "baking temperature", "in": "notebook", "mode": "semantic"}
    assert eventually(lambda: [hit["id"] for hit in client.request("magray/search", query)["hits"]] == [id_])
    client.request("magray/edit", {"id": id_, "text": "Payments are retried at night."})
    query["query"] = "failed transactions"
    assert eventually(lambda: pending(client) == 0)
    assert [hit["id"] for hit in client.request("magray/search", query)["hits"]] == [id_]


def test_records_need_no_open_folder(connect) -> None:
    client = connect()
    client.start()
    record = client.request("magray/remember", {"text": "At noon."})["record"]
    assert record["project"] is None
    assert client.request("magray/list", {})["records"] == [record]
    assert client.request("magray/show", {"id": record["id"]})["text"] == "At noon."
    assert "folder" in client.error("magray/remember", {"text": "x", "source": "a.py:1"})["message"]
    assert client.error("magray/coverage", {})


def test_lenses_can_be_switched_off(connect, project) -> None:
    client = connect()
    client.start(project, initializationOptions={"server": {"recordLens": False}, "status": True})
    client.ready()
    client.request("magray/remember", {"text": "Five.", "source": "src/payment.py:4-8"})
    assert lenses(client, client.open(project / "src/payment.py")) == []
