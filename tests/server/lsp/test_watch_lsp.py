"""The watching child of the server: nothing of the workspace runs in it, and it needs nobody to tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TRAP = 'from pathlib import Path\nPath(__file__).with_name("sprung").touch()\nraise SystemExit(1)\n'


def test_modules_of_the_workspace_are_read_and_never_imported(connect, tmp_path: Path) -> None:
    root = tmp_path / "trap"
    root.mkdir()
    for name in ("json", "logging", "numpy", "click", "magray_memory", "sitecustomize", "marshal"):
        (root / f"{name}.py").write_text(TRAP)
    (root / "zebra.py").write_text("def count_zebras():\n    return 1\n")
    client = connect()
    client.start(root)
    client.ready()
    hits = client.request("magray/search", {"query": "count zebras"})["hits"]
    assert hits[0]["path"] == "zebra.py"
    assert not (root / "sprung").exists()


def test_a_change_that_no_client_tells_of_is_found(connect, project: Path, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    (project / "fresh.py").write_text("def transfer_of_giraffes():\n    return 1\n")

    def found() -> bool:
        hits = client.request("magray/search", {"query": "transfer_of_giraffes", "mode": "lexical"})["hits"]
        return [hit["path"] for hit in hits][:1] == ["fresh.py"]

    assert eventually(found, 20.0)
