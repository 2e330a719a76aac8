"""What says that a file is as it was: size, both times and inode, never size and time alone."""

from __future__ import annotations

import os
import shutil
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory import regular_file
from magray_memory.indexing import walk as walking
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model
from magray_memory.regular_file import read_file, stamp_of, unchanged, without_fickle_inode
from magray_memory.search.presentation import freshness
from magray_memory.storage import documents
from magray_memory.storage.passages import document_details

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..conftest import Workspace

posix = pytest.mark.skipif(os.name == "nt", reason="the time of a change is POSIX's")
BEFORE = "def heron_of_the_lake():\n    return 1\n"
AFTER = "def robin_of_the_wood():\n    return 2\n"
MOMENT = 499_162_500 * 10**9
"""The time of every file in an npm tarball."""


def write_at(file: Path, text: str) -> None:
    file.write_text(text)
    os.utime(file, ns=(MOMENT, MOMENT))


def in_place(ws: Workspace) -> None:
    write_at(ws.root / "a.py", AFTER)


def by_a_rename(ws: Workspace) -> None:
    write_at(ws.root / ".a.py.Xy12", AFTER)
    (ws.root / ".a.py.Xy12").replace(ws.root / "a.py")


def by_a_swap(ws: Workspace) -> None:
    (ws.root / "a.py").rename(ws.root / "c.py")
    (ws.root / "b.py").rename(ws.root / "a.py")
    (ws.root / "c.py").rename(ws.root / "b.py")


def by_a_hard_link(ws: Workspace) -> None:
    (ws.root / "a.py").unlink()
    os.link(ws.root / "b.py", ws.root / "a.py")


@posix
@pytest.mark.parametrize("change", [in_place, by_a_rename, by_a_swap, by_a_hard_link])
def test_another_file_of_the_same_size_and_time_is_found(
    ws: Workspace, change: Callable[[Workspace], None]
) -> None:
    write_at(ws.root / "a.py", BEFORE)
    write_at(ws.root / "b.py", AFTER)
    ws.index()
    time.sleep(0.05)
    change(ws)
    ws.index()
    assert "a.py" in ws.find("robin")
    assert "a.py" not in ws.find("heron")


@posix
def test_what_was_left_out_by_its_content_is_looked_at_again(ws: Workspace) -> None:
    write_at(ws.root / "a.py", "\0" * len(BEFORE))
    assert ws.index().files == 0
    time.sleep(0.05)
    write_at(ws.root / "a.py", BEFORE)
    assert ws.index().files == 1


@posix
def test_a_hit_is_stale_by_its_content(ws: Workspace) -> None:
    file = ws.root / "a.py"
    write_at(file, BEFORE)
    ws.index()
    with ws.vault.read() as connection:
        (document,) = document_details(connection, [1]).values()
    assert freshness(file, document, pending=False) == "fresh"
    os.utime(file)
    file.chmod(0o600)
    assert freshness(file, document, pending=False) == "fresh"
    write_at(file, AFTER)
    assert freshness(file, document, pending=False) == "stale"
    write_at(file, BEFORE)
    assert freshness(file, document, pending=False) == "fresh"
    if sys.platform != "win32":
        file.unlink()
        os.mkfifo(file)
        assert freshness(file, document, pending=False) == "stale"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.open(load_model(BUNDLED / DEFAULT_ID), threads=1)


class Reads:
    """Counts the files that a run reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        touch = documents.touch_file

        def noting(vault: Any, document_id: int, *rest: Any) -> None:
            self.paths.append(str(document_id))
            touch(vault, document_id, *rest)

        monkeypatch.setattr(documents, "touch_file", noting)


def test_a_restored_folder_is_read_once_and_nothing_is_embedded(
    ws: Workspace, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write_at(ws.root / f"n{number}.md", f"# Note {number}\n\nText about subject {number}.\n")
    first = ws.index(embedder=lambda: embedder)
    passages = ws.contents()
    shutil.copytree(ws.root, ws.root.with_name("copy"))
    shutil.rmtree(ws.root)
    ws.root.with_name("copy").rename(ws.root)

    def refuse() -> Embedder:
        raise AssertionError("nothing is to be embedded")

    reads = Reads(monkeypatch)
    report = ws.index(embedder=refuse)
    assert (report.files, report.embedded, report.removed) == (5, 0, 0)
    assert first.embedded == 5
    assert ws.contents() == passages
    assert len(reads.paths) == 5
    reads.paths.clear()
    ws.index(embedder=refuse)
    assert reads.paths == []


def test_a_checkout_elsewhere_embeds_nothing(
    ws: Workspace, embedder: Embedder, new_workspace: Callable[[Path], Workspace], tmp_path: Path
) -> None:
    ws.write("a.md", "# One\n\nThe first text.\n")
    ws.index(embedder=lambda: embedder)
    (tmp_path / "other").mkdir()
    other = new_workspace(tmp_path / "other")
    other.home = ws.home
    other.vault.close()
    other.vault = other.open()
    other.write("a.md", "# One\n\nThe first text.\n")
    report = other.index(embedder=lambda: embedder)
    assert (report.embedded, report.reused) == (0, 1)


def test_inodes_that_a_file_system_makes_up_stop_to_count(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over a network: the same file has another number whenever it is looked at anew."""
    for number in range(4):
        ws.write(f"{number}.md", f"# Note {number}\n")
    ws.write("blob.dat.md", b"\0\1\2" * 50)
    time.sleep(0.05)
    ws.index()
    mounted = [0]

    def made_up(status: os.stat_result) -> regular_file.Stamp:
        size, modified, changed, inode = stamp_of(status)
        return size, modified, changed, inode + mounted[0]

    monkeypatch.setattr(walking, "stamp_of", made_up)
    reads = Reads(monkeypatch)
    for mount, expected in enumerate((0, 4, 0, 0)):
        mounted[0] = mount * 1000
        reads.paths.clear()
        ws.index(pool=InProcess)
        assert len(reads.paths) == expected


class InProcess:
    """Parses in this process, where the test has its hands on the file system."""

    def __init__(self, size: int) -> None:
        pass

    def prepare(self, size: int) -> None:
        pass

    def close(self) -> None:
        pass

    def run(self, tasks: Any, job: Any, should_stop: Any) -> Any:
        from magray_memory.indexing.parse_worker import parse_safely
        from magray_memory.text.chunk import chunk

        for task in tasks:
            outcome = parse_safely(task, job, chunk)
            yield outcome._replace(stamp=task.stamp)


def test_a_file_that_changed_within_the_tick_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    at_once = read_file(str(file), 10)
    assert at_once.data == b"one"
    assert not unchanged(at_once.stamp, stamp_of(file.stat()))
    time.sleep(0.05)
    assert unchanged(read_file(str(file), 10).stamp, stamp_of(file.stat()))


def test_what_an_earlier_version_stored_is_compared_as_far_as_it_goes() -> None:
    assert unchanged((5, 6, 0, 0), (5, 6, 7, 8))
    assert unchanged((5, 6, 7, 0), (5, 6, 7, 9))
    assert not unchanged((5, 6, 0, 0), (5, 7, 7, 8))
    assert not unchanged((5, 6, 7, 8), (5, 6, 7, 9))
    assert without_fickle_inode((5, 6, 7, 8), (5, 6, 7, 9)) == (5, 6, 7, 0)
    assert without_fickle_inode((5, 6, 7, 8), (5, 6, 8, 9)) == (5, 6, 8, 9)


def test_on_windows_the_time_of_creation_counts_and_no_inode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_file.sys, "platform", "win32")
    listed = SimpleNamespace(st_size=1, st_mtime_ns=2, st_ctime_ns=3, st_ino=0)
    opened = SimpleNamespace(st_size=1, st_mtime_ns=2, st_ctime_ns=3, st_ino=77)
    newer = SimpleNamespace(st_size=1, st_mtime_ns=2, st_ctime_ns=9, st_birthtime_ns=3, st_ino=77)
    stamps = {regular_file.stamp_of(status) for status in (listed, opened, newer)}  # type: ignore[arg-type]
    assert stamps == {(1, 2, 3, 0)}


def test_numbers_beyond_a_database_are_stored(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = SimpleNamespace(st_size=1, st_mtime_ns=1 << 64, st_ctime_ns=3, st_ino=(1 << 64) - 1)
    size, modified, changed, inode = stamp_of(huge)  # type: ignore[arg-type]
    ws.write("a.md", "# A\n")
    ws.index()
    with ws.vault.write():
        documents.touch_file(ws.vault, 1, (size, modified, changed, inode))
    assert documents.files(ws.vault)["a.md"].stamp == (1, (1 << 63) - 1, 3, (1 << 63) - 1)
