"""Ten minutes of an editor's day compressed into less than one: memory stays flat, no handle leaks, nobody
is blocked.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import psutil
import pytest

SECONDS = 40.0
PING_SECONDS = 2.0


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="counts descriptors by /proc")
def test_edits_searches_and_checkouts_leave_no_trace(connect, tmp_path) -> None:
    root = tmp_path / "work"
    branches = [
        {f"m{n}.py": f"def part_{n}_of_{b}():\n    return {n}\n" * 5 for n in range(40)} for b in range(2)
    ]
    root.mkdir()

    def checkout(branch: int) -> None:
        for name, text in branches[branch].items():
            (root / name).write_text(text)
        changes = [{"uri": (root / name).as_uri(), "type": 2} for name in branches[branch]]
        client.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    for name, text in branches[0].items():
        (root / name).write_text(text)
    client = connect()
    client.start(root)
    client.ready(60)
    process = psutil.Process(client.process.pid)
    chance = random.Random(5)
    begin = time.monotonic()
    rounds, marks = 0, []
    while time.monotonic() < begin + SECONDS:
        rounds += 1
        file = root / f"m{chance.randrange(40)}.py"
        uri = client.open(file)
        for version in range(2, 12):
            place = {"line": chance.randrange(8), "character": chance.randrange(5)}
            client.change(
                uri, {"range": {"start": place, "end": place}, "text": f"x{version} "}, version=version
            )
        client.request("magray/search", {"query": f"part {chance.randrange(40)}", "k": 5})
        client.request("workspace/symbol", {"query": "part_1"})
        client.request(
            "textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 6}}
        )
        cancelled = client.ask("magray/search", {"query": "never mind"})
        client.notify("$/cancelRequest", {"id": cancelled})
        client.answer(cancelled)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if rounds % 25 == 0:
            checkout(rounds // 25 % 2)
        start = time.monotonic()
        client.error("magray/ping")
        assert time.monotonic() - start < PING_SECONDS
        if rounds % 10 == 0:
            marks.append((process.memory_info().rss / 1e6, process.num_fds(), process.num_threads()))
        client.heard.clear()
    assert rounds > 30
    memory, descriptors, threads = zip(*marks, strict=True)
    middle = len(marks) // 2
    assert max(memory[middle:]) < max(memory[:middle]) * 1.15 + 10, memory
    assert max(descriptors) < 120 and max(threads) < 60, (descriptors, threads)
    assert max(descriptors[middle:]) <= max(descriptors[:middle]) + 8, descriptors
    assert client.stop() == 0
    assert client.trailing == b""
