"""Files that became links, pipes or devices since they were indexed: nothing of them is read or followed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def to_device(path: Path, secret: Path) -> None:
    path.symlink_to("/dev/zero")


def to_secret(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def to_pipe(path: Path, secret: Path) -> None:
    os.mkfifo(path)


def to_folder(path: Path, secret: Path) -> None:
    path.mkdir()


def below_a_link(path: Path, secret: Path) -> None:
    shutil.rmtree(path.parent)
    shutil.copy(secret, secret.parent / path.name)
    path.parent.symlink_to(secret.parent)


@pytest.mark.parametrize("become", [to_device, to_secret, to_pipe, to_folder, below_a_link])
def test_what_took_the_place_of_a_file_is_not_read(connect, project, tmp_path, become) -> None:
    import psutil

    secret = tmp_path / "elsewhere" / "secret.md"
    secret.parent.mkdir()
    secret.write_text("# Deploy\n\nthe walrus password\n\n## Part\n\nmore of it\n")
    note = project / "notes/Deploy.md"
    note.write_text(note.read_text() + "\n## Part\n\nAn end.\n")
    client = connect()
    client.start(project, initializationOptions={"server": {"index": False}})
    client.request("magray/index", {"lexical": True})
    link = client.open(project / "new.md", "See [[Deploy#Part]] and Deploy.\n", language="markdown")
    note.unlink()
    become(note, secret)
    place = {"textDocument": {"uri": link}, "position": {"line": 0, "character": 8}}
    word = {**place, "position": {"line": 0, "character": 26}}
    answers: list[Any] = [
        client.request("textDocument/hover", place),
        client.request("textDocument/hover", word),
        client.request("textDocument/definition", place),
        client.request("textDocument/documentLink", {"textDocument": {"uri": link}}),
        client.request("magray/search", {"query": "deploy the wheel", "k": 20}),
        client.request("workspace/symbol", {"query": "Deploy"}),
        client.request("workspace/symbol", {"query": "?deploy the wheel"}),
    ]
    assert "walrus" not in str(answers)
    assert psutil.Process(client.process.pid).memory_info().rss < 1 << 30
    assert client.stop() == 0


@pytest.mark.parametrize("become", [to_device, to_secret, to_pipe, to_folder, below_a_link])
def test_the_reader_of_what_is_shown(tmp_path, become) -> None:
    from magray_memory.regular_file import read_below

    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/c.md").write_text("text of it")
    secret = tmp_path / "elsewhere/secret.md"
    secret.parent.mkdir()
    secret.write_text("secret")
    assert read_below(root, "a/b/c.md", 4) == b"text"
    assert read_below(root, "a/b/c.md", 400) == b"text of it"
    for path in ("a/b/none.md", "a/../a/b/c.md", "../elsewhere/secret.md", "", "a", ".", "a/b/c.md/d", "\0"):
        assert read_below(root, path, 400) is None
    (root / "a/b/c.md").unlink()
    become(root / "a/b/c.md", secret)
    assert read_below(root, "a/b/c.md", 400) is None
