"""A hit's id names one document, and goes on naming it while folders come, go and change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.search.query import SearchQuery
from magray_memory.session import Session
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.search.hits import SearchAnswer

Document = tuple[str | None, str | None]
FILES = 30


def query(text: str = "tomatoes", k: int = 200) -> SearchQuery:
    return SearchQuery(text, mode="lexical", k=k)


def ids(answer: SearchAnswer) -> dict[Document, str]:
    return {(hit.root, hit.path): hit.id for hit in answer.hits}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folders(tmp_path: Path, home: Path) -> list[Path]:
    """Three folders of as many files, indexed by words."""
    made = [(tmp_path / name).resolve() for name in ("project", "garden", "kitchen")]
    for folder in made:
        folder.mkdir()
        for number in range(FILES):
            (folder / f"{number:02}.md").write_text(f"# Note {number}\n\nTomatoes of {folder.name}.\n")
        with Memory.open(folder, home=home) as memory:
            memory.index.run(lexical=True)
    return made


def found(home: Path, workspace: Path, notes: Sequence[Path]) -> dict[Document, str]:
    overrides = {"notes.folders": [str(folder) for folder in notes]}
    with Memory.open(workspace, home=home, overrides=overrides) as memory:
        return ids(memory.search.query(query()))


def test_documents_of_two_note_folders_never_share_an_id(home: Path, folders: list[Path]) -> None:
    project, garden, kitchen = folders
    named = found(home, project, [garden, kitchen])
    assert len(named) == 3 * FILES
    assert len(set(named.values())) == len(named)


def test_a_document_keeps_its_id_when_folders_come_and_change_places(home: Path, folders: list[Path]) -> None:
    project, garden, kitchen = folders
    alone = found(home, garden, [])
    assert len(alone) == FILES
    for notes in ([garden], [garden, kitchen], [kitchen, garden]):
        assert found(home, project, notes).items() >= alone.items()
    session = Session.start(Home(home), [project, garden])
    try:
        assert ids(session.search.query(query())).items() >= alone.items()
        session.use([garden, project])
        assert ids(session.search.query(query())).items() >= alone.items()
    finally:
        session.close()


def test_an_unsaved_text_has_the_id_of_its_document(home: Path, folders: list[Path]) -> None:
    project, garden, _ = folders
    named = found(home, garden, [])
    session = Session.start(Home(home), [project, garden])
    try:
        overlay = session.overlays.of(garden)
        assert overlay.put("07.md", "# Note\n\nCucumbers.\n", session.search.vault(garden))
        assert overlay.put("new.md", "# New\n\nCucumbers too.\n", session.search.vault(garden))
        changed = ids(session.search.query(query("cucumbers")))
        vault = named[(str(garden), "07.md")].partition(".")[0]
        assert changed[(str(garden), "07.md")] == named[(str(garden), "07.md")]
        assert changed[(str(garden), "new.md")].startswith(vault + ".")
    finally:
        session.close()
