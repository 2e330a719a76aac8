"""Damage while a watcher and a long-lived reader have the vault open: neither ends by a signal, and all of it
is whole again by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from magray_memory.index.exact import ExactIndex, write
from magray_memory.index.sketch import Sketch
from magray_memory.index.sketch import write as write_sketch

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Generator
    from pathlib import Path

    from .conftest import Box

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files in use cannot be harmed so elsewhere")

_READER = """
import json, sys
from pathlib import Path
from magray_memory.search.query import parse
from magray_memory.session import Session
from magray_memory.storage.home import Home
session = Session.start(Home(Path(sys.argv[1])), [Path(sys.argv[2])])
for line in sys.stdin:
    answer = session.search.query(parse("alpha", mode=line.strip()), lambda: False)
    print(json.dumps({"hits": len(answer.hits), "degraded": answer.degraded}), flush=True)
"""


class Reader:
    """A process that asks when it is told to, with everything kept open in between."""

    def __init__(self, box: Box) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _READER, str(box.home.path), str(box.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=box.environment(),
            text=True,
        )

    def ask(self, mode: str = "lexical") -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{mode}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"it ended with {self.process.wait()}"
        return json.loads(line)

    def close(self) -> None:
        self.process.communicate()


@contextmanager
def _running(box: Box) -> Generator[tuple[subprocess.Popen[Any], Reader]]:
    watcher = box.start("index", "--watch", "--events", "--lexical", stdin=subprocess.PIPE)
    reader = Reader(box)
    try:
        assert watcher.stdout is not None
        while b'"event":"done"' not in watcher.stdout.readline():
            pass
        assert reader.ask() == {"hits": 7, "degraded": None}
        yield watcher, reader
    finally:
        reader.close()
        watcher.kill()
        watcher.communicate()


def _cut(path: Path, size: int) -> None:
    if path.exists():
        os.truncate(path, size)


def _folder(box: Box) -> None:
    box.vault_path.unlink()
    box.vault_path.mkdir()
    (box.vault_path / "x").write_text("x")


HARMS: dict[str, Callable[[Box], object]] = {
    "cut to nothing": lambda box: _cut(box.vault_path, 0),
    "cut in its head": lambda box: _cut(box.vault_path, 60),
    "cut in its middle": lambda box: _cut(box.vault_path, 24_576),
    "a folder": _folder,
    "no vault": lambda box: box.vault_path.unlink(),
    "no log": lambda box: box.vault_path.with_name(box.vault_path.name + "-wal").unlink(missing_ok=True),
    "a cut index of the log": lambda box: _cut(box.vault_path.with_name(box.vault_path.name + "-shm"), 0),
    "no home": lambda box: shutil.rmtree(box.home.path),
}


@pytest.mark.parametrize("harm", HARMS)
def test_it_is_told_and_heals(box: Box, rng: random.Random, harm: str) -> None:
    box.populate(7, rng)
    for file in box.root.rglob("*.py"):
        file.write_text(file.read_text() + "# alpha\n")
    with _running(box) as (watcher, reader):
        HARMS[harm](box)
        (box.root / "after.py").write_text("alpha = 8\n")
        deadline = time.monotonic() + 90
        answer: dict[str, Any] = {}
        while time.monotonic() < deadline:
            answer = reader.ask()
            fresh = box("search", "alpha", "--mode", "lexical", "--json")
            assert "Traceback" not in fresh.err and "bug in magray" not in fresh.err, fresh
            if answer == {"hits": 8, "degraded": None} and len(fresh.json.get("hits", ())) == 8:
                break
            time.sleep(0.5)
        assert answer == {"hits": 8, "degraded": None}
        assert watcher.poll() is None
    box.assert_sound()


def test_a_doctor_beside_a_watcher_never_advises_itself(box: Box, rng: random.Random) -> None:
    box.populate(3, rng)
    with _running_lock(box):
        os.truncate(box.vault_path, 100)
        fixed = box("doctor", "--fix", "--json")
    assert fixed.code == 1
    hints = [f["hint"] for f in fixed.json["findings"] if f["severity"] == "critical"]
    assert hints and all("doctor --fix" not in hint and "process" in hint for hint in hints), fixed


@contextmanager
def _running_lock(box: Box) -> Generator[None]:
    from magray_memory.storage.lock import IndexerLock

    box.index()
    with IndexerLock(box.vault_path, watching=True).acquire():
        yield


def test_a_mapped_snapshot_that_is_cut_says_so_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from magray_memory.index import exact

    rows = np.random.default_rng(1).standard_normal((2000, 64)).astype(np.float32)
    ids = np.arange(1, 2001)
    write(tmp_path / "small", 64, [(ids, rows)])
    read = ExactIndex.load(tmp_path / "small", 2000, 64)
    os.truncate(tmp_path / "small", 10)
    assert read.intact and len(read.search(rows[0], 5)[0]) == 5
    monkeypatch.setattr(exact, "_READ_BYTES", 0)
    write(tmp_path / "large", 64, [(ids, rows)])
    mapped = ExactIndex.load(tmp_path / "large", 2000, 64)
    write_sketch(tmp_path / "sketch", rows)
    sketch = Sketch.load(tmp_path / "sketch", 2000, 64)
    assert mapped.intact and sketch.intact
    for name in ("large", "sketch"):
        os.truncate(tmp_path / name, 10)
    assert not mapped.intact and not sketch.intact
