"""One indexer per vault, whoever dies; and the home that all of it lies in."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ended import end

from magray_memory.errors import HomeError, VaultLocked
from magray_memory.ignore.paths import canonical_root
from magray_memory.storage.home import Home
from magray_memory.storage.lock import IndexerLock

_HOLDER = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from magray_memory.storage.lock import IndexerLock
    with IndexerLock(Path(sys.argv[1])):
        if hasattr(os, "fork") and len(sys.argv) > 2 and os.fork() == 0:
            os.close(1)
            time.sleep(20)
            os._exit(0)
        print("held", flush=True)
        sys.stdin.read()
""")


def _holder(path: Path, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_second_indexer_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    lock = IndexerLock(path)
    assert lock.holder() is None
    assert not list(tmp_path.iterdir())
    first = _holder(path)
    assert lock.holder() == first.pid
    with pytest.raises(VaultLocked, match=str(first.pid)):
        lock.acquire()
    first.communicate("", timeout=30)
    assert lock.holder() is None
    with lock:
        assert lock.holder() == os.getpid()
        with pytest.raises(VaultLocked, match=str(os.getpid())):
            IndexerLock(path).acquire()
        # Looking must not free the lock that this process has.
        other = subprocess.run(
            [sys.executable, "-c", _HOLDER, str(path)], capture_output=True, text=True, timeout=30
        )
        assert "VaultLocked" in other.stderr
    assert lock.holder() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX systems fork")
def test_a_killed_holder_frees_the_lock_even_when_its_child_lives_on(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    first = _holder(path, "and fork")
    try:
        end([first])
        assert IndexerLock(path).holder() is None
        with IndexerLock(path):
            pass
    finally:
        os.killpg(first.pid, 9)


def test_the_home_is_private_and_says_when_it_cannot_be(tmp_path: Path) -> None:
    home = Home(tmp_path / "дом with space").ensure()
    if os.name == "posix":
        assert home.path.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="cannot be created"):
        Home(tmp_path / "file").ensure()
    assert Home.default({"MAGRAY_HOME": str(tmp_path)}).path == tmp_path
    assert Home.default({}).path.is_absolute()


def test_a_folder_has_one_vault_whatever_it_is_called(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    root = tmp_path / "проект"
    root.mkdir()
    path = home.vault_path(root)
    assert path.parent == home.workspaces and len(path.stem) == 16
    assert home.vault_path(root / ".." / "проект") == path
    assert home.vault_path(tmp_path) != path
    if os.name == "posix":
        (tmp_path / "link").symlink_to(root)
        assert home.vault_path(tmp_path / "link") == path
        odd = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
        assert home.vault_path(odd) == home.vault_path(canonical_root(odd))
