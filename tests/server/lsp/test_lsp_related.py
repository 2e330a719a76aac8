"""Find similar code, and the lens of related places: visible in every editor that is offered them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

SPAN = {"start": {"line": 3, "character": 0}, "end": {"line": 8, "character": 0}}
PLAIN: dict[str, Any] = {"window": {"workDoneProgress": True}}
"""As vim-lsp and Kate say it: no document is opened on request."""
OWN = {"experimental": {"magrayStatus": True, "commands": {"commands": ["magray.showRelated"]}}}


def real(name: str) -> dict[str, Any]:
    """The capabilities that a release of an editor announced."""
    told = json.loads((resources.files("pytest_lsp.clients") / f"{name}.json").read_text())
    return told.get("capabilities", told)


def offered(client: Any, uri: str) -> list[dict[str, Any]]:
    asked = {"textDocument": {"uri": uri}, "range": SPAN, "context": {"diagnostics": []}}
    found = client.request("textDocument/codeAction", asked)
    return [action for action in found if "similar" in action["title"]]


def lenses(client: Any, uri: str) -> list[dict[str, Any]]:
    found = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [client.request("codeLens/resolve", lens) for lens in found]


def command_of(action: dict[str, Any]) -> dict[str, Any]:
    command = action["command"]
    return action if isinstance(command, str) else command


@pytest.fixture
def begin(connect, project):
    def start(profile: dict[str, Any]) -> tuple[Any, str]:
        client = connect()
        asks = {"server": {"codeLens": True}, "status": True}
        client.start(project, profile=profile, initializationOptions=asks)
        client.ready()
        return client, client.open(project / "src/payment.py")

    return start


@pytest.mark.parametrize(
    "name", ["neovim_v0.11.0", "neovim_v0.10.0", "neovim_v0.7.0", "emacs_v29.1", "visual_studio_code_v1.65.2"]
)
def test_a_place_is_chosen_and_opened(begin, project, name) -> None:
    profile = real(name)
    client, uri = begin(profile)
    if not ((profile.get("window") or {}).get("showDocument") or {}).get("support"):
        assert offered(client, uri) == [] and lenses(client, uri) == []
        return
    client.choose = lambda actions: actions[-1]
    (action,) = offered(client, uri)
    command = command_of(action)
    lens = lenses(client, uri)[0]["command"]
    assert command["command"] == lens["command"] == "magray.server.showRelated"
    for given in (command, lens):
        client.heard.clear()
        params = {"command": given["command"], "arguments": given["arguments"]}
        assert client.request("workspace/executeCommand", params) is None
        shown = client.until("window/showDocument")
        message = client.until("window/showMessageRequest")
        titles = [item["title"] for item in message["actions"]]
        assert len(titles) == len(set(titles)) <= 6
        path, _, line = titles[-1].partition(" ")[0].rpartition(":")
        assert shown["uri"] == (project / path).as_uri()
        assert shown["selection"]["start"]["line"] == int(line) - 1
        assert shown["takeFocus"] is True


@pytest.mark.parametrize("answer", [None, {"title": "nothing of it"}, {}, "text", 7])
def test_a_person_who_chooses_nothing_gets_nothing(begin, answer) -> None:
    client, uri = begin({**PLAIN, "window": {"showDocument": {"support": True}}})
    client.choose = lambda actions: answer
    command = command_of(offered(client, uri)[0])
    params = {"command": command["command"], "arguments": command["arguments"]}
    assert client.request("workspace/executeCommand", params) is None
    client.until("window/showMessageRequest")
    assert client.request("magray/search", {"query": "payment"})["hits"]
    assert not [m for m in client.heard if m["method"] == "window/showDocument"]


def test_an_editor_that_could_show_nothing_is_offered_nothing(begin) -> None:
    client, uri = begin(PLAIN)
    assert offered(client, uri) == []
    assert lenses(client, uri) == []


def test_an_editor_with_a_command_of_its_own_gets_that(begin, project) -> None:
    client, uri = begin({**PLAIN, **OWN})
    command = command_of(offered(client, uri)[0])
    assert command["command"] == "magray.showRelated"
    assert lenses(client, uri)[0]["command"]["command"] == "magray.showRelated"
    (arguments,) = command["arguments"]
    answer = client.request("magray/related", arguments)
    assert answer["hits"] and answer["hits"][0]["location"]


def test_no_place_like_it_is_told(connect, tmp_path) -> None:
    root = tmp_path / "alone"
    root.mkdir()
    (root / "a.py").write_text("def alone():\n    return 1\n")
    client = connect()
    client.start(root)
    client.ready()
    uri = client.open(root / "a.py")
    asked = {"command": "magray.server.showRelated", "arguments": [{"uri": uri, "line": 1}]}
    assert client.request("workspace/executeCommand", asked) is None
    assert "nothing like this" in client.until("window/showMessage")["message"]
