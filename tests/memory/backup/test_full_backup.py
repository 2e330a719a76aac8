"""Full backups: indexes of workspaces go with the records, and come back where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.memory import Memory
from magray_memory.search.query import SearchQuery

if TYPE_CHECKING:
    from pathlib import Path


def test_an_index_comes_back_where_there_is_none(memory: Memory, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text("def zebra():\n    return 1\n")
    with Memory.open(project, home=memory.home.path) as at_project:
        at_project.index.run(lexical=True)
    made = memory.archive.backup(full=True)
    assert made.left_out == []
    assert [member.root for member in made.manifest.members][-1] == str(project)
    with Memory.open(project, home=tmp_path / "other") as other:
        done = other.archive.restore(str(made.backup.path))
        assert list(done.workspaces) == [project]
        hits = other.search.query(SearchQuery("zebra", mode="lexical")).hits
        assert [hit.path for hit in hits] == ["a.py"]
        assert other.archive.restore(str(made.backup.path)).workspaces == []


def test_a_damaged_index_is_left_out_and_named(memory: Memory, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text("def zebra():\n    return 1\n")
    with Memory.open(project, home=memory.home.path) as at_project:
        at_project.index.run(lexical=True)
    path = memory.home.vault_path(project)
    path.write_bytes(b"garbage" * 10_000)
    made = memory.archive.backup(full=True)
    assert len(made.left_out) == 1 and str(project) in made.left_out[0]
    assert made.manifest.counts["records"] == 19
