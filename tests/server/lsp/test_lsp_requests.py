"""What an editor asks and gets, over real stdio, with the real model."""

from __future__ import annotations

import shutil
import time
from typing import Any

import pytest


@pytest.fixture
def editor(connect, project, profiles):
    """A server that is ready on the small project, spoken to like Neovim."""
    client = connect()
    client.start(project, profile=profiles["neovim"])
    client.ready()
    return client


def paths(answer: dict[str, Any]) -> list[str]:
    return [hit["path"] for hit in answer["hits"]]


def fresh(answer: dict[str, Any]) -> bool:
    return bool(answer["hits"]) and answer["hits"][0]["freshness"] == "fresh"


def search(client, query: str, **options: Any) -> dict[str, Any]:
    return client.request("magray/search", {"query": query, **options})


def soon(client, query: str, wanted, seconds: float = 30.0, **options: Any) -> dict[str, Any]:
    """The first answer that is as wanted."""
    end = time.monotonic() + seconds
    while True:
        answer = search(client, query, **options)
        if wanted(answer):
            return answer
        assert time.monotonic() < end, answer
        time.sleep(0.02)


def test_search_finds_by_meaning_in_both_languages(shared) -> None:
    found = search(shared, "what happens when a card is declined", k=2)
    assert (found["mode"], found["device"], found["degraded"]) == ("hybrid", "cpu", None)
    assert found["hits"][0]["path"] == "src/payment.py"
    assert "notes/подписи.md" in paths(search(shared, "how is a signature verified", k=2, kind="doc"))
    location = found["hits"][0]["location"]
    assert location["uri"] == (shared.root / "src/payment.py").as_uri()
    assert location["range"]["start"]["character"] == 0
    assert location["range"]["end"]["line"] == found["hits"][0]["end_line"] - 1


def test_the_same_search_as_a_command(shared) -> None:
    command = {"command": "magray.server.search", "arguments": [{"query": "open the database", "k": 1}]}
    assert paths(shared.request("workspace/executeCommand", command)) == ["src/storage.py"]
    assert shared.error("workspace/executeCommand", {**command, "arguments": [1, 2]})["code"] == -32602
    assert shared.error("workspace/executeCommand", {**command, "arguments": [[]]})["code"] == -32602


def test_filters_and_limits_are_those_of_the_shell(shared) -> None:
    assert paths(search(shared, "payment lang:markdown", mode="lexical")) == ["README.md"]
    assert search(shared, "payment", k=0)["hits"] == []
    assert search(shared, "?!")["hits"] == []
    explained = search(shared, "retry payment", k=1, explain=True)["hits"][0]
    assert sum(step["change"] for step in explained["explain"]) == pytest.approx(explained["score"], abs=1e-6)
    assert shared.error("magray/search", {"query": "x lang:klingon"})["data"]["code"] == "query"


def test_a_path_is_relative_to_the_root_absolute_or_a_uri(shared) -> None:
    file = shared.root / "src/payment.py"
    for path in ("src/payment.py", str(file), file.as_uri(), "./src/payment.py", f"{shared.root}/s*/pay*"):
        assert paths(search(shared, "payment", mode="lexical", path=path)) == ["src/payment.py"]
    for path in ("src/payment.py", str(file), file.as_uri()):
        assert shared.request("magray/related", {"path": path, "k": 3})["hits"]
        assert shared.request("magray/index", {"paths": [path], "lexical": True})["files"]
    assert shared.error("magray/search", {"query": "payment", "path": "../x"})["code"] == -32602
    unmatched = search(shared, "payment", kind="docs", path="SRC/")["unmatched"]
    assert [(part["filter"], part["nearest"]) for part in unmatched] == [("kind", "doc"), ("path", "src/")]
    assert "unmatched" not in search(shared, "payment")


def test_hits_by_words_come_ahead_of_the_whole_answer(shared) -> None:
    answer = search(shared, "retry payment", partialResultToken="early")
    early = shared.until("$/progress", lambda params: params["token"] == "early")["value"]
    assert (early["mode"], answer["mode"]) == ("lexical", "hybrid")
    assert early["hits"] and answer["hits"]


def test_an_open_file_that_a_rule_leaves_out_has_no_related_places_and_says_why(connect, tmp_path) -> None:
    root = tmp_path / "dumps"
    root.mkdir()
    (root / "a.py").write_text("def alone():\n    return 1\n")
    (root / "big.json").write_text('{"a": "' + "x y z 12 " * 80_000 + '"}\n')
    client = connect()
    client.start(root)
    client.ready()
    uri = client.open(root / "big.json")
    assert "data dumps" in client.error("magray/related", {"uri": uri, "line": 1})["message"]


def test_related_places_of_a_file_or_buffer(shared) -> None:
    uri = (shared.root / "README.md").as_uri()
    assert "src/payment.py" in paths(shared.request("magray/related", {"uri": uri, "k": 3}))
    assert shared.error("magray/related", {"uri": "untitled:x"})["code"] == -32602
    assert shared.error("magray/related", {"path": "../../etc/passwd"})["code"] == -32602
    assert shared.error("magray/related", {"path": "src/payment.py", "line": 0})["code"] == -32602


def test_an_unsaved_change_is_found_with_its_own_lines_and_goes_with_the_buffer(editor, project) -> None:
    uri = editor.open(project / "src/payment.py")
    start = {"line": 0, "character": 0}
    editor.change(
        uri, {"range": {"start": start, "end": start}, "text": "# 𝒳 первая\ndef zebra_crossing(): ...\n\n"}
    )
    hit = soon(editor, "zebra crossing", lambda answer: answer["hits"], mode="lexical")["hits"][0]
    assert (hit["path"], hit["start_line"]) == ("src/payment.py", 1)
    answer = soon(editor, "zebra crossing", fresh, mode="lexical")
    assert answer["hits"][0]["location"]["range"]["start"] == {"line": 1, "character": 0}
    moved = soon(editor, "try a declined payment again", lambda answer: answer["hits"])["hits"][0]
    assert (
        moved["path"] == "src/payment.py"
        and moved["end_line"] >= 13
        and len(paths(answer)) == len(set(paths(answer)))
    )
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    soon(
        editor, "zebra crossing", lambda answer: not any("zebra" in hit["snippet"] for hit in answer["hits"])
    )


def test_nothing_unsaved_touches_the_disk(editor, project, tmp_path) -> None:
    uri = editor.open(project / "src/payment.py")
    editor.change(uri, {"text": "def xylophone_secret_tune(): pass\n"})
    soon(editor, "secret tune", fresh, mode="lexical")
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert b"xylophone" not in file.read_bytes(), file


def test_a_saved_change_stays_found_while_the_index_catches_up(editor, project) -> None:
    file = project / "src/storage.py"
    uri = editor.open(file)
    text = file.read_text() + "\n\ndef compact_marmalade(): ...\n"
    editor.change(uri, {"text": text})
    soon(editor, "marmalade", lambda answer: answer["hits"], mode="lexical")
    file.write_text(text)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def stored(answer: dict[str, Any]) -> bool:
        hits = answer["hits"]
        assert [hit["path"] for hit in hits] == ["src/storage.py"]
        return hits[0]["passage"] < 1 << 40 and hits[0]["freshness"] == "fresh"

    soon(editor, "marmalade", stored, mode="lexical")


def test_secrets_and_ignored_files_are_not_searched_while_open(editor, project) -> None:
    (project / ".gitignore").write_text("build/\n")
    (project / ".git").mkdir(exist_ok=True)
    (project / "build").mkdir()
    (project / "build/out.py").write_text("x = 1\n")
    for name in (".env", "build/out.py"):
        (project / name).touch()
        uri = editor.open(project / name, "x = 1\n")
        editor.change(uri, {"text": "walrus_token = 'hidden'\n"})
    editor.change(editor.open(project / "src/payment.py"), {"text": "def penguin(): ...\n"})
    soon(editor, "penguin", lambda answer: answer["hits"], mode="lexical")
    assert search(editor, "walrus_token hidden", mode="lexical")["hits"] == []


def test_symbols_by_name_with_their_containers(connect, project, profiles) -> None:
    for name in ("neovim", "vscode"):
        client = connect()
        client.start(project, profile=profiles[name])
        client.ready()
        found = client.request("workspace/symbol", {"query": "retry_fail"})
        assert [(s["name"], s["containerName"], s["kind"]) for s in found] == [
            ("retry_failed_payment", "PaymentGateway", 6)
        ]
        symbol = found[0]
        if name == "vscode":
            assert "range" not in symbol["location"]
            symbol = client.request("workspaceSymbol/resolve", symbol)
        assert symbol["location"]["range"] == {
            "start": {"line": 3, "character": 8},
            "end": {"line": 3, "character": 28},
        }
        assert [s["name"] for s in client.request("workspace/symbol", {"query": "Провер"})] == [
            "Проверка подписи"
        ]
        assert client.request("workspace/symbol", {"query": "%_\\"}) == []
        assert client.stop() == 0


def test_links_between_notes_are_found_and_followed(shared) -> None:
    uri = shared.open(shared.root / "notes/Deploy.md", language="markdown")
    line = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 65}}
    target = (shared.root / "notes/подписи.md").as_uri()
    links = shared.request("textDocument/documentLink", {"textDocument": {"uri": uri}})
    assert [link["target"] for link in links] == [target]
    assert shared.request("textDocument/definition", line)["uri"] == target
    assert "Подпись письма" in shared.request("textDocument/hover", line)["contents"]["value"]
    nowhere = {**line, "position": {"line": 0, "character": 3}}
    assert shared.request("textDocument/definition", nowhere) is None


def test_a_link_leads_to_the_part_that_it_names(editor, project) -> None:
    note = project / "notes/Deploy.md"
    note.write_text("# Deploy\n\nSee [[#Rollback]].\n\n## Steps\n\nBuild.\n\n## Rollback\n\nGo back.\n")
    editor.request("magray/index", {})
    source = project / "src/tool.sh"
    source.write_text("[[ -n $x ]]  # see [[Deploy#rollback]]\n")
    uri, script = editor.open(note, language="markdown"), editor.open(source, language="shellscript")

    def definition(document: str, line: int, character: int) -> dict[str, Any] | None:
        place = {"textDocument": {"uri": document}, "position": {"line": line, "character": character}}
        return editor.request("textDocument/definition", place)

    for found in (definition(uri, 2, 8), definition(script, 0, 24)):
        assert found is not None
        assert (found["uri"], found["range"]["start"]["line"]) == (note.as_uri(), 8)
    assert definition(script, 0, 4) is None
    links = editor.request("textDocument/documentLink", {"textDocument": {"uri": script}})
    assert [link["target"] for link in links] == [f"{note.as_uri()}#L9"]


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("check.sh", "if [[ $PaymentGateway ]]; then :; fi\n", 10),
        ("check.cpp", "[[PaymentGateway]] int f();\n", 5),
        ("check.toml", "[[PaymentGateway]]\n", 5),
        ("check.md", "`[[PaymentGateway]]`\n", 5),
        ("fence.md", "```toml\n[[PaymentGateway]]\n```\n", 5),
    ],
)
def test_brackets_that_are_no_link_hide_no_hover(shared, name: str, text: str, column: int) -> None:
    (shared.root / "new").mkdir(exist_ok=True)
    uri = shared.open(shared.root / "new" / name, text=text)
    line = text.split("\n").index(next(row for row in text.split("\n") if "[[" in row))
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}
    assert "src/payment.py" in shared.request("textDocument/hover", place)["contents"]["value"]
    assert shared.request("textDocument/documentLink", {"textDocument": {"uri": uri}}) == []


def test_hover_shows_what_memory_knows_of_a_name_unless_switched_off(editor, project) -> None:
    (project / "src/shop.py").write_text("from payment import PaymentGateway\n")
    uri = editor.open(project / "src/shop.py")
    at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 25}}
    card = editor.request("textDocument/hover", at)
    assert "src/payment.py" in card["contents"]["value"]
    assert card["range"]["start"] == {"line": 0, "character": 20}
    assert editor.request("textDocument/hover", {**at, "position": {"line": 99, "character": 0}}) is None
    editor.notify("workspace/didChangeConfiguration", {"settings": {"magray": {"server": {"hover": False}}}})
    assert editor.request("textDocument/hover", at) is None


@pytest.mark.parametrize(
    ("name", "text", "word", "shown"),
    [
        ("a.py", "def f(self, PaymentGateway):\n    return self.x\n", "return", False),
        ("a.py", "def f(self, PaymentGateway):\n    return self.x\n", "self", False),
        ("a.py", "def f(a, PaymentGateway):\n    pass\n", "PaymentGateway", False),
        ("a.py", "x = PaymentGateway()  # the gateway\n", "PaymentGateway", True),
        ("a.py", "x = PaymentGateway()  # the gateway\n", "the", False),
        ("a.js", "class A { b() { return this.c; } }\n", "this", False),
        ("a.go", "package a\n\nfunc f() PaymentGateway { return nil }\n", "func", False),
        ("a.go", "package a\n\nfunc f() PaymentGateway { return nil }\n", "PaymentGateway", True),
        ("a.md", "About PaymentGateway.\n", "PaymentGateway", True),
    ],
)
def test_a_card_is_shown_for_names_and_rare_words_alone(
    shared, name: str, text: str, word: str, shown: bool
) -> None:
    uri = shared.open(shared.root / "new" / name, text=text)
    line = next(number for number, row in enumerate(text.split("\n")) if word in row)
    place = {"line": line, "character": text.split("\n")[line].index(word) + 1}
    card = shared.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": place})
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert (card is not None) == shown
    if card is not None:
        assert "[`PaymentGateway" in card["contents"]["value"], "names stand in code spans"


def test_lenses_stand_on_the_lines_of_definitions(editor, project) -> None:
    text = "import os\n\nclass A:\n    @os.x\n    def small(self):\n        if self:\n            return 1\n"
    uri = editor.open(project / "src/lens.py", text=text)
    editor.notify(
        "workspace/didChangeConfiguration", {"settings": {"magray": {"server": {"codeLens": True}}}}
    )
    lenses = editor.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert [lens["range"]["start"]["line"] for lens in lenses] == [2, 4]


def test_health_is_what_status_says(editor, project, tmp_path) -> None:
    import json
    import subprocess
    import sys

    soon(editor, "payment", lambda answer: answer["mode"] == "hybrid")  # its model is loaded
    health = editor.request("magray/health", {})
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(tmp_path / "home"), "--json"]
    told = subprocess.run(
        [*command, "--workspace", str(project), "status"], capture_output=True, check=True, timeout=60
    )
    status = json.loads(told.stdout)
    assert {c["name"]: c["severity"] for c in health["components"]} == {
        c["name"]: c["severity"] for c in status["components"]
    }
    assert health["device"]["actual"] == status["device"]["actual"]
    indexer = next(c for c in health["components"] if c["name"] == "indexer")
    assert indexer["detail"]["server"][0]["state"] == "ready"


def test_index_on_request_and_files_that_others_change(editor, project) -> None:
    (project / "src/new.py").write_text("def quokka_smile(): ...\n")
    assert editor.request("magray/index", {"paths": ["src/new.py"]})["files"] == 6
    assert paths(search(editor, "quokka", mode="lexical")) == ["src/new.py"]
    assert editor.error("magray/index", {"paths": ["../x"]})["code"] == -32602
    (project / "src/new.py").write_text("def numbat_nap(): ...\n")
    changes = [{"uri": (project / "src/new.py").as_uri(), "type": 2}]
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    soon(editor, "numbat", lambda answer: paths(answer) == ["src/new.py"], mode="lexical")


def test_folders_come_and_go_while_it_runs(editor, project, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kiwi.md").write_text("# Kiwi\n\nThe kiwi orchard blooms in May.\n")
    folder = {"uri": other.as_uri(), "name": "other"}
    event = {"added": [folder], "removed": []}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    hit = soon(editor, "kiwi orchard", lambda answer: paths(answer)[:1] == ["kiwi.md"], 10)["hits"][0]
    assert hit["root"] == str(other) and hit["location"]["uri"] == (other / "kiwi.md").as_uri()
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    assert "kiwi.md" not in paths(search(editor, "kiwi orchard"))
    shutil.rmtree(project / "src")
    assert search(editor, "payment")["query"] == "payment"


def test_no_folder_at_all_is_served(connect) -> None:
    client = connect()
    client.start(workspaceFolders=None)
    client.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": "untitled:1", "languageId": "x", "version": 1, "text": "a"}},
    )
    assert search(client, "anything")["hits"] == []
    assert client.request("workspace/symbol", {"query": "x"}) == []
    assert client.error("magray/index", {})["code"] == -32602
    assert client.request("magray/health")["components"]


def test_a_bad_setting_is_told_once_by_name(connect, project) -> None:
    client = connect()
    client.settings = {"search": {"k": "lots"}, "server": {"hover": True}}
    client.start(project, initializationOptions={"search": {"k": 2}})
    said = client.until("window/showMessage")["message"]
    assert "search.k" in said
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.ready()
    assert len(search(client, "payment database подписи team")["hits"]) <= 2
    assert len([m for m in client.heard if m["method"] == "window/showMessage"]) == 1


def test_cancelled_requests_say_so_and_stop(shared) -> None:
    numbers = [shared.ask("magray/search", {"query": f"payment {n}"}) for n in range(20)]
    for number in numbers:
        shared.notify("$/cancelRequest", {"id": number})
    outcomes = [shared.answer(number) for number in numbers]
    assert all("result" in o or o["error"]["code"] == -32800 for o in outcomes)
    assert any("error" in o for o in outcomes)
    number = shared.ask(
        "workspace/executeCommand", {"command": "magray.server.index", "arguments": [{"force": True}]}
    )
    shared.notify("$/cancelRequest", {"id": number})
    assert shared.answer(number)["error"]["code"] == -32800
    assert search(shared, "payment")["hits"]


def test_progress_begins_once_created_and_always_ends(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    client.until("$/progress", lambda params: params["value"].get("kind") == "end")
    kinds = [m["params"]["value"]["kind"] for m in client.heard if m["method"] == "$/progress"]
    assert kinds[0] == "begin" and kinds[-1] == "end" and kinds.count("begin") == 1
    quiet = connect()
    quiet.start(project, profile={})
    quiet.ready()
    assert not [m for m in quiet.heard if m["method"] in ("$/progress", "window/workDoneProgress/create")]


def test_two_servers_on_one_workspace_share_the_work(connect, project) -> None:
    first, second = connect(), connect()
    first.start(project)
    second.start(project)
    first.ready()
    second.ready()
    (project / "src/late.py").write_text("def capybara(): ...\n")
    first.notify("textDocument/didSave", {"textDocument": {"uri": (project / "src/late.py").as_uri()}})
    soon(second, "capybara", lambda answer: answer["hits"], mode="lexical")
    first.close()
    (project / "src/late.py").write_text("def axolotl(): ...\n")
    second.notify("textDocument/didSave", {"textDocument": {"uri": (project / "src/late.py").as_uri()}})
    soon(second, "axolotl", lambda answer: answer["hits"], mode="lexical")


def test_a_killed_indexer_is_started_again_and_health_says_so(connect, tmp_path, processes) -> None:
    import os
    import signal

    root = tmp_path / "many"
    root.mkdir()
    for number in range(40):
        (root / f"m{number}.md").write_text(
            "\n\n".join(f"# Part {number} {i}\n\nSome words {i}." for i in range(20))
        )
    client = connect()
    client.start(root)
    pids: list[int] = []

    def indexer() -> list[dict[str, Any]]:
        components = client.request("magray/health")["components"]
        return next(c for c in components if c["name"] == "indexer")["detail"]["server"]

    def indexing() -> bool:
        pids.extend(state["pid"] for state in indexer() if state["state"] == "indexing")
        return bool(pids)

    _, _, eventually = processes
    assert eventually(indexing)
    os.kill(pids[0], signal.SIGKILL)
    failed = client.until("magray/status", lambda status: status["state"] == "error")
    assert failed["message"]
    assert indexer()[0]["restarts"] == 1
    client.ready()
    assert search(client, "Part 39", k=1)["hits"]


def test_a_flood_of_changes_in_a_large_buffer_blocks_nobody(editor, project) -> None:
    file = project / "src/large.py"
    text = "value = 1  # some text that fills the line\n" * 120_000
    file.write_text("x = 1\n")
    uri = editor.open(file, text)
    for number in range(2_000):
        place = {"line": number * 50, "character": 4}
        editor.change(uri, {"range": {"start": place, "end": place}, "text": "y"}, version=number + 2)
        if number % 100 == 0:
            editor.error("magray/nothing")  # is answered: no change is worked on for long
    assert search(editor, "payment", k=1)["hits"]


def test_malformed_params_of_every_request_get_an_error_or_an_answer(editor) -> None:
    methods = [
        "magray/search", "magray/related", "magray/index", "magray/health", "workspace/symbol",
        "workspaceSymbol/resolve", "textDocument/hover", "textDocument/definition",
        "textDocument/documentLink", "textDocument/codeAction",
        "textDocument/codeLens", "codeLens/resolve", "workspace/executeCommand",
    ]  # fmt: skip
    wrong: list[Any] = [
        None,
        [],
        7,
        "text",
        {"query": {}},
        {"textDocument": None},
        {"paths": 5, "line": "x", "workspace": 3},
        {"a": "x" * 1_000_000},
    ]
    numbers = [
        editor.ask(method, params)
        for method in methods
        for params in wrong
        if (method, params) != ("magray/index", {})
    ]
    for number in numbers:
        answer = editor.answer(number)
        assert "result" in answer or answer["error"]["code"] in (-32602, -32803), answer
        assert "Traceback" not in str(answer)
    assert search(editor, "payment")["hits"]
    notifications = [
        "textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose",
        "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders", "$/cancelRequest",
        "$/setTrace",
    ]  # fmt: skip
    for method in notifications:
        for params in wrong:
            editor.notify(method, params)
    assert search(editor, "payment")["hits"]
    assert editor.stop() == 0 and editor.trailing == b""


def test_many_folders_are_all_found_by_words_and_then_by_meaning(connect, tmp_path) -> None:
    roots = [tmp_path / f"folder{number}" for number in range(5)]
    for number, root in enumerate(roots):
        root.mkdir()
        (root / "m.py").write_text(f"def ostrich_{number}():\n    return 'a bird that cannot fly'\n")
    client = connect()
    client.start(*roots)
    for number, root in enumerate(roots):

        def found(answer: dict[str, Any], root: str = str(root)) -> bool:
            return [hit["root"] for hit in answer["hits"]][:1] == [root]

        soon(client, f"ostrich_{number}", found, 30, k=1, mode="lexical")
    soon(client, "bird", lambda answer: answer["mode"] == "hybrid" and answer["pending"] == 0, 60)
    indexer = next(c for c in client.request("magray/health")["components"] if c["name"] == "indexer")
    assert {part["restarts"] for part in indexer["detail"]["server"]} == {0}


def test_other_settings_for_the_indexer_are_no_failure(connect, project) -> None:
    client = connect()
    client.start(project)
    client.ready()
    client.heard.clear()
    client.notify("workspace/didChangeConfiguration", {"settings": {"index": {"ignore": ["src/"]}}})
    soon(client, "retry_failed_payment", lambda answer: "src/payment.py" not in paths(answer), 20)
    client.until("magray/status", lambda status: status["state"] == "ready")
    states = {m["params"]["state"] for m in client.heard if m["method"] == "magray/status"}
    assert "error" not in states


def test_the_client_can_have_its_requests_traced(shared) -> None:
    shared.heard.clear()
    shared.notify("$/setTrace", {"value": "verbose"})
    shared.error("magray/search", {"query": 5})
    told = shared.until("$/logTrace")
    assert told["message"].startswith("magray/search failed in ") and "query" in told["verbose"]
    shared.notify("$/setTrace", {"value": "messages"})
    search(shared, "payment")
    told = shared.until("$/logTrace", lambda params: "answered" in params["message"])
    assert told.get("verbose") is None
    shared.notify("$/setTrace", {"value": "off"})
    search(shared, "payment")
    shared.heard.clear()
    search(shared, "payment")
    assert not [m for m in shared.heard if m["method"] == "$/logTrace"]


def test_why_and_coverage_are_requests_too(editor, project) -> None:
    (project / "gen.go").write_text("// Code generated by zebra. DO NOT EDIT.\npackage zebra\n")
    editor.request("magray/index", {})
    uri = (project / "src/payment.py").as_uri()
    given = {"paths": ["gen.go", uri, str(project / "src")]}
    files = editor.request("magray/why", given)["files"]
    assert [(file["path"], file["state"], file["rule"]) for file in files] == [
        ("gen.go", "left_out", "generated"),
        ("src/payment.py", "indexed", None),
        ("src", "folder", None),
    ]
    files = editor.request("magray/why", {"paths": ["nowhere.py", uri]})["files"]
    assert [(file["path"], file["state"]) for file in files] == [
        ("nowhere.py", "missing"),
        ("src/payment.py", "indexed"),
    ]
    # One path alone is stated too: a client has a sentence of its own for each state.
    outside = project.parent / "elsewhere.py"
    for path, state in (("nowhere.py", "missing"), (outside.as_uri(), "outside"), (str(project), "folder")):
        (file,) = editor.request("magray/why", {"paths": [path]})["files"]
        assert file["state"] == state, path
    found = editor.request("magray/coverage", {"rules": "generated"})
    assert found["left_out"]["generated"] == 1
    assert [entry["path"] for entry in found["entries"]] == ["gen.go"]
    assert editor.request("magray/index", {"paths": ["gen.go"]})["left_out"] == {"generated": 1}
    for request, params in (("why", {}), ("why", {"paths": []}), ("related", {"path": "gen.go"})):
        assert editor.error(f"magray/{request}", params)["message"], request
