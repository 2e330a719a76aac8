"""What left its files leaves the home: with `optimize` its words, with `vault drop` its vectors too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WORDS = ("quokka", "пустельга")
TEXT = "The quokka Пустельга knows it.\n\n" + "filler words " * 200


def holding(home: Path, needles: Iterable[bytes]) -> set[str]:
    files = [path for path in home.rglob("*") if path.is_file() and "models" not in path.parts]
    return {f.name for f in files if any(n in f.read_bytes().lower() or n in f.read_bytes() for n in needles)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for number in range(40):
        text = (
            f"# Page {number}\n\nports, queues and deploys at noon, {number} times\n" + "plain words " * 120
        )
        (root / f"page{number}.md").write_text(text, "utf-8")
    (root / "secret.md").write_text(TEXT, "utf-8")
    return root


def needles() -> list[bytes]:
    return [word.encode() for word in WORDS]


def test_optimize_removes_the_words_of_what_left_its_files(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Memory.open(root, home=home, environ={}) as memory:
        memory.index.run(lexical=True)
        assert holding(home, needles())
        (root / "secret.md").write_text("# Nothing\n\nnothing of it\n", "utf-8")
        memory.index.run(lexical=True)
        done = memory.maintenance.optimize()
        assert not done.problems
        assert any("words of removed passages" in step.message for step in done.steps)
        assert holding(home, needles()) == set()
        assert memory.maintenance.optimize(dry_run=True).steps == []


def test_dropping_a_workspace_removes_its_vectors_and_keeps_those_of_others(
    root: Path, tmp_path: Path
) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    other.mkdir()
    (other / "shared.md").write_text((root / "page7.md").read_text("utf-8"), "utf-8")
    from magray_memory.storage import vector_spaces, vectors
    from magray_memory.storage.durability import VaultKind
    from magray_memory.storage.vault import Vault

    for folder in (other, root):
        with Memory.open(folder, home=home, environ={}) as memory:
            memory.index.run()
    with Vault.open(memory.home.vault_path(root), kind=VaultKind.WORKSPACE) as vault:
        key = vector_spaces.serving(vault)
        assert key is not None
        of_root = {data for batch in vectors.iter_encoded(vault, key) for data in batch.values()}
    with Vault.open(memory.home.vault_path(other), kind=VaultKind.WORKSPACE) as vault:
        of_other = {data for batch in vectors.iter_encoded(vault, key) for data in batch.values()}
    alone = [blob[at : at + 32] for blob in of_root - of_other for at in range(64, len(blob) - 32, 96)]
    shared = [blob[at : at + 32] for blob in of_other for at in range(64, len(blob) - 32, 96)]
    assert "vectors.db" in holding(home, alone)
    with Memory.open(other, home=home, environ={}) as memory:
        done = memory.vaults.drop([root])
    assert (len(done.vaults), done.problems) == (1, ())
    assert holding(home, [*alone, *needles()]) == set()
    assert "vectors.db" in holding(home, shared)


@pytest.mark.parametrize("unreadable", [False, True])
def test_dropping_a_workspace_removes_the_vectors_of_its_former_texts(
    tmp_path: Path, unreadable: bool
) -> None:
    from magray_memory.storage.vector_cache import VectorCache

    home, root, other = tmp_path / "home", tmp_path / "project", tmp_path / "other"
    for folder in (root, other):
        folder.mkdir()
        (folder / "now.md").write_text(f"# Of {folder.name}\n\nwhat it says now\n", "utf-8")
    for folder, text in ((root, "The quokka knows it."), (root, "The walrus knows nothing."), (other, "")):
        (folder / "changed.md").write_text(text, "utf-8")
        with Memory.open(folder, home=home, environ={}) as memory:
            memory.index.run()

    def cached() -> int:
        with VectorCache(home / "vectors.db", 1 << 30) as cache:
            return cache.unused(1e12)[0]

    assert cached() == 4
    with Memory.open(other, home=home, environ={}) as memory:
        if unreadable:
            memory.home.vault_path(other).write_bytes(b"no database" * 500)
        assert memory.vaults.drop([root]).problems == ()
    assert cached() == (2 if unreadable else 1), "what cannot be read may have the vectors of any text"
