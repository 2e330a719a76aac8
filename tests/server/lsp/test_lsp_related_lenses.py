"""Lenses say how many places are like a definition only once the model has read those that are compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHOWS: dict[str, Any] = {
    "experimental": {"magrayStatus": True, "commands": {"commands": ["magray.showRelated"]}}
}
_WORDS = ("invoice", "parcel", "ticket", "ledger", "planet", "violin", "garden", "engine")


def test_a_lens_has_a_number_once_the_model_has_read_what_it_counts(
    connect: Any, project: Path, tmp_path: Path, processes: Any
) -> None:
    _, _, eventually = processes
    for word in _WORDS:
        (project / f"{word}.py").write_text(f"def {word}_colour(size):\n    return paint('{word}', size)\n")
    for name in ("one", "two", "three"):
        text = f"def retry_payment_{name}(order):\n    return charge(order.card, attempts=3)\n"
        (project / f"{name}.py").write_text(text)
    for depth, numbered in ("static", False), ("full", True):
        client = connect(home=tmp_path / "home", environ={"MAGRAY_EMBEDDING__DEPTH": depth})
        asks = {"server": {"codeLens": True}, "status": True}
        client.start(project, profile=SHOWS, initializationOptions=asks)
        client.ready()
        uri = client.open(project / "one.py")

        def title(client: Any = client, uri: str = uri) -> str:
            (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
            return client.request("codeLens/resolve", lens)["command"]["title"]

        found = re.compile(r"\d+ related" if numbered else "related")

        def is_shown(found: re.Pattern[str] = found, title: Callable[[], str] = title) -> bool:
            return found.fullmatch(title()) is not None

        assert eventually(is_shown, 60.0), (depth, title())
        client.close_document(uri)
        assert client.stop() == 0


def test_a_lens_of_a_file_that_is_not_indexed_yet_has_no_number_and_is_no_error(
    connect: Any, project: Path
) -> None:
    client = connect()
    asks = {"server": {"codeLens": True, "index": False}}
    client.start(project, profile=SHOWS, initializationOptions=asks)
    uri = client.open(project / "src/storage.py")
    (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert client.request("codeLens/resolve", lens)["command"]["title"] == "related"
