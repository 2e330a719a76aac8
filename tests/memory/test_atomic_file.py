"""A file is replaced whole or not at all, with the permissions that it had."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from magray_memory import atomic_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(os.name == "nt", reason="needs modes of POSIX")
@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(
    ("mode", "private", "then"),
    [(0o600, True, 0o600), (0o644, True, 0o600), (0o440, True, 0o400), (0o664, False, 0o664)],
)
def test_the_new_file_has_the_permissions_of_the_old_one(
    tmp_path: Path, durable: bool, mode: int, private: bool, then: int
) -> None:
    """Where it is private, those of its owner alone."""
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    atomic_file.write_text(path, "new\r\nы\n", durable=durable, private=private)
    assert path.read_bytes() == "new\r\nы\n".encode()
    assert path.stat().st_mode & 0o777 == then


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.write_text("old")
    with (
        pytest.raises(RuntimeError),
        atomic_file.replacing(path, companions=atomic_file.SQLITE_COMPANIONS) as draft,
    ):
        draft.write_text("half")
        draft.with_name(draft.name + "-wal").write_text("log")
        assert all(atomic_file.is_draft(entry.name) for entry in tmp_path.iterdir() if entry != path)
        raise RuntimeError
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("file.db", "old")]


def test_writers_in_several_threads_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = {letter * 100_000 for letter in "abcd"}

    def write(text: str) -> None:
        for _ in range(50):
            atomic_file.write_text(path, text)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert not path.exists() or path.read_text() in texts
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_only_old_drafts_of_the_same_file_are_removed(tmp_path: Path) -> None:
    old, fresh, other = (
        tmp_path / name for name in (".a.toml.1-1.draft", ".a.toml.2-2.draft", ".aa.toml.1-1.draft")
    )
    for path in (old, fresh, other, tmp_path / "a.toml"):
        path.touch()
    for path in (old, other, tmp_path / "a.toml"):
        then = time.time() - 7200
        os.utime(path, (then, then))
    atomic_file.remove_drafts(tmp_path / "a.toml")
    assert sorted(path.name for path in tmp_path.iterdir()) == [fresh.name, other.name, "a.toml"]
