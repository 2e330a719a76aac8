"""Dropping the index of a workspace takes nothing from the records that cite its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.memory import Memory
from magray_memory.records.citation import Source
from magray_memory.records.draft import Draft

if TYPE_CHECKING:
    from pathlib import Path


def test_citations_survive_a_drop_and_hold_again_once_it_is_indexed(tmp_path: Path) -> None:
    root, home = tmp_path / "shop", tmp_path / "home"
    root.mkdir()
    file = root / "pay.py"
    file.write_text("import time\n\n\ndef retry(times):\n    time.sleep(times)\n", "utf-8")
    with Memory.open(root, home=home, environ={}) as memory:
        memory.index.run(lexical=True)
        draft = Draft(text="Retrying waits. Повтор ждёт. See [[pay.py]].", source=Source(file, (4, 5)))
        memory.records.remember(draft)
        before = memory.records.show("n1").as_json()
        assert before["citation"] == "verified"
        dropped = memory.vaults.drop([root])
        assert [vault.root for vault in dropped.vaults] == [root] and not dropped.problems
        while_dropped = memory.records.show("n1").as_json()
        assert (while_dropped["source"], while_dropped["citation"]) == (before["source"], "verified")
    file.rename(root / "moved.py")
    with Memory.open(root, home=home, environ={}) as memory:
        assert memory.records.show("n1").as_json()["citation"] == "gone", "no index says where it went"
        memory.index.run(lexical=True)
        moved = memory.records.show("n1").as_json()
        assert (moved["citation"], moved["moved_to"]["path"]) == ("moved", "moved.py")
        assert moved["source"] == before["source"] and moved["text"] == before["text"]
