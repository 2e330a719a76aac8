"""Ten minutes of an editor's day without the pauses: edits, saves, searches, checkouts and changed settings.
Memory stays flat, no handle is left, and in the end everything is found as it is on disk.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

ROUNDS = 360
FILES = 40
CHECKOUT_EVERY = 15
BRANCHES = ("one", "two")


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


@pytest.fixture
def forked() -> bool:
    return False


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def make_repository(root: Path) -> None:
    root.mkdir()
    git(root, "init", "-q", "-b", "none")
    for branch in BRANCHES:
        git(root, "checkout", "-q", "-b", branch)
        for number in range(FILES):
            text = f"def part_{number}_of_{branch}():\n    return {number}\n\n\n" * 5
            (root / f"m{number}.py").write_text(text)
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", branch)


class Gauge:
    """What the server and the processes below it hold."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)
        self.marks: list[dict[str, float]] = []

    def read(self) -> None:
        children = self._server.children(recursive=True)
        indexer = max(children, key=lambda child: child.memory_info().rss)
        self.marks.append(
            {
                "memory": self._server.memory_info().rss / 1e6,
                "handles": self._server.num_fds(),
                "threads": self._server.num_threads(),
                "indexer memory": indexer.memory_info().rss / 1e6,
                "indexer handles": indexer.num_fds(),
                "children": len(children),
            }
        )

    def grown(self, name: str) -> tuple[float, float]:
        """The most of the first half, and of the second."""
        values = [mark[name] for mark in self.marks]
        middle = len(values) // 2
        return max(values[:middle]), max(values[middle:])


def a_round(client: Any, root: Path, chance: random.Random, number: int) -> None:
    file = root / f"m{chance.randrange(FILES)}.py"
    uri = client.open(file)
    document = {"textDocument": {"uri": uri}}
    for version in range(2, 12):
        place = {"line": chance.randrange(8), "character": chance.randrange(5)}
        client.change(uri, {"range": {"start": place, "end": place}, "text": f"x{version} "}, version=version)
    client.request("magray/search", {"query": f"part {chance.randrange(FILES)} {number}", "k": 5})
    client.request("workspace/symbol", {"query": "part_1"})
    client.request("textDocument/hover", {**document, "position": {"line": 0, "character": 6}})
    related = client.answer(client.ask("magray/related", {"uri": uri, "line": 1}))
    assert "result" in related or "not in the index" in related["error"]["message"], "git is at it"
    never_mind = client.ask("magray/search", {"query": f"never mind {number}"})
    client.notify("$/cancelRequest", {"id": never_mind})
    client.answer(never_mind)
    if number % 4 == 0:
        file.write_text(file.read_text() + f"\n\ndef saved_in_{number}():\n    return 0\n")
        client.notify("textDocument/didSave", document)
    client.notify("textDocument/didClose", document)
    client.error("magray/ping")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="counts descriptors by /proc")
def test_a_long_day_leaves_no_trace(connect, tmp_path, processes) -> None:
    _, _, eventually = processes
    root = tmp_path / "work"
    make_repository(root)
    client = connect()
    client.start(root)
    client.ready(60)
    gauge = Gauge(client.process.pid)
    chance = random.Random(5)
    for number in range(ROUNDS):
        a_round(client, root, chance, number)
        if number % CHECKOUT_EVERY == CHECKOUT_EVERY - 1:
            git(root, "checkout", "-q", "-f", BRANCHES[number // CHECKOUT_EVERY % 2])
        if number % 5 == 4:
            gauge.read()
        client.heard.clear()
    for name, slack in (("memory", 40), ("indexer memory", 60), ("handles", 8), ("indexer handles", 8)):
        before, after = gauge.grown(name)
        assert after <= 1.15 * before + slack, (name, gauge.marks)
    assert gauge.grown("threads")[1] < 60 and gauge.grown("handles")[1] < 120, gauge.marks[-1]
    last = BRANCHES[(ROUNDS - 1) // CHECKOUT_EVERY % 2]
    git(root, "checkout", "-q", "-f", last)

    def settled() -> bool:
        found = client.request("magray/search", {"query": f"part_7_of_{last}", "mode": "lexical", "k": 50})
        texts = [hit["snippet"] for hit in found["hits"]]
        return bool(texts) and f"part_7_of_{last}" in texts[0] and not any("x11 " in t for t in texts)

    assert eventually(settled, 30)
    assert client.stop() == 0
    assert client.trailing == b""
