#!/usr/bin/env python3
"""Measures `magray index --watch`: how soon a save is found, and what a checkout between two releases costs.

usage: bench_watch.py BEFORE AFTER [--part PATH] [--lexical] [--saves N] [--json]

BEFORE and AFTER are two versions of a source tree; --part takes one folder of each. They become two commits
of a repository, a watcher follows it, and git checks out the second and the first again. Prints:
  files, passages, and the seconds of the first indexing;
  per checkout: files that differ; seconds of git itself; seconds from its start until the vault equals the
  files by words, and by meaning; passages that are new; passages embedded; runs that it took;
  whether the vault then equals a clean index of the same files;
  seconds from a save until it is found by words, at rest and while embedding is under way (median, worst);
  inotify watches, and resident memory of the watcher with the model.

The load is printed because figures mean little on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from magray_memory.ignore.paths import canonical_root
from magray_memory.memory import Memory
from magray_memory.storage.home import Home

_QUIET_SECONDS = 1.5
"""A checkout is over when no event came for so long after a `done`."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--part", default=".")
    parser.add_argument("--lexical", action="store_true")
    parser.add_argument("--saves", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="magray-bench-") as temporary:
        workspace = canonical_root(Path(temporary)) / "workspace"
        repository(workspace, options.before / options.part, options.after / options.part)
        facts = measure(workspace, Path(temporary, "home"), options)
    print(json.dumps(facts, indent=None if options.json else 2))


def git(workspace: Path, *arguments: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false", "-c", "gc.auto=0")
    command = ["git", "-C", str(workspace), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def repository(workspace: Path, before: Path, after: Path) -> None:
    """Two commits, `before` and `after`, of which the first is checked out."""
    workspace.mkdir()
    git(workspace, "init", "-q")
    for name, source in (("before", before), ("after", after)):
        for entry in workspace.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(source, workspace, dirs_exist_ok=True)
        git(workspace, "add", "-A")
        git(workspace, "commit", "-qm", name)
        git(workspace, "tag", name)
    git(workspace, "checkout", "-q", "before")


class Watch:
    """A watcher in a process of its own, and the events it told with their times."""

    def __init__(self, workspace: Path, home: Path, *, lexical: bool) -> None:
        command = [sys.executable, "-P", "-m", "magray_server.cli.main", "index", "--watch", "--events"]
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [*command, *(["--lexical"] if lexical else [])],
            cwd=workspace,
            env={**os.environ, "MAGRAY_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.events.append((time.monotonic(), json.loads(line)))
                self._changed.notify_all()

    def settled(self, since: int, quiet: float = _QUIET_SECONDS) -> list[tuple[float, dict[str, Any]]]:
        """The events from that number on, once the last is a `done` and nothing follows it."""
        with self._changed:
            while True:
                heard = len(self.events)
                self._changed.wait(quiet)
                done = heard > since and self.events[-1][1]["event"] == "done"
                if done and len(self.events) == heard:
                    return self.events[since:]
                if self.process.poll() is not None:
                    raise RuntimeError("the watcher ended")

    def memory_mb(self) -> int:
        """Resident megabytes of the process alone."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1000

    def watches(self) -> int:
        """How many folders it watches."""
        folder = Path(f"/proc/{self.process.pid}/fdinfo")
        return sum(entry.read_text().count("inotify wd:") for entry in folder.iterdir())


class Stored:
    """The watcher's vault, read from outside."""

    def __init__(self, workspace: Path, home: Path) -> None:
        path = Home(home).vault_path(workspace)
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

    def found(self, word: str) -> bool:
        query = "SELECT 1 FROM passage_fts WHERE passage_fts MATCH ? LIMIT 1"
        return self._connection.execute(query, (word,)).fetchone() is not None

    def passages(self) -> int:
        return self._connection.execute("SELECT count(*) FROM passage").fetchone()[0]

    def last_passage(self) -> int:
        return self._connection.execute("SELECT max(id) FROM passage").fetchone()[0]

    def new_passages(self, after: int) -> int:
        return self._connection.execute("SELECT count(*) FROM passage WHERE id > ?", (after,)).fetchone()[0]

    def contents(self) -> list[Any]:
        return self._connection.execute(
            "SELECT path, hash, start_line, end_line, symbol, text_hash FROM document"
            " LEFT JOIN passage ON document_id = document.id ORDER BY path, ordinal"
        ).fetchall()


def measure(workspace: Path, home: Path, options: argparse.Namespace) -> dict[str, Any]:
    facts: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    began = time.monotonic()
    watch = Watch(workspace, home, lexical=options.lexical)
    try:
        if not options.lexical:
            while not any(event["event"] == "device" for _, event in watch.events):
                time.sleep(0.05)
            busy = Stored(workspace, home)
            facts["save_while_embedding_s"] = saves(workspace, busy, options.saves, "busy")
        first = watch.settled(0)
        facts["first_index_s"] = round(first[-1][0] - began, 2)
        stored = Stored(workspace, home)
        facts |= {"files": first[-1][1]["files"], "passages": stored.passages(), "watches": watch.watches()}
        for target in ("after", "before"):
            facts[f"checkout_{target}"] = checkout(workspace, watch, stored, target)
        facts["save_at_rest_s"] = saves(workspace, stored, options.saves, "rest")
        watch.settled(0)
        facts["memory_mb"] = watch.memory_mb()
        facts["equals_a_clean_index"] = stored.contents() == clean(workspace, home)
    finally:
        watch.process.terminate()
        facts["exit"] = watch.process.wait()
    return facts


def checkout(workspace: Path, watch: Watch, stored: Stored, target: str) -> dict[str, Any]:
    """What one checkout costs until the vault follows."""
    differ = len(git(workspace, "diff", "--name-only", "HEAD", target).splitlines())
    last, since = stored.last_passage(), len(watch.events)
    began = time.monotonic()
    git(workspace, "checkout", "-q", target)
    git_s = time.monotonic() - began
    events = watch.settled(since)
    lexical = max(at for at, event in events if event["event"] in ("changed", "lexical_ready"))
    runs = [event for _, event in events if event["event"] == "start"]
    done = [event for _, event in events if event["event"] == "done"]
    return {
        "files_differ": differ,
        "git_s": round(git_s, 2),
        "by_words_s": round(lexical - began, 2),
        "by_meaning_s": round(events[-1][0] - began, 2),
        "new_passages": stored.new_passages(last),
        "embedded": sum(event["embedded"] for event in done),
        "reused": sum(event["reused"] for event in done),
        "runs": len(runs),
    }


def saves(workspace: Path, stored: Stored, count: int, word: str) -> dict[str, float]:
    """Seconds from a save until a word of it is found: median and worst."""
    took: list[float] = []
    for number in range(count):
        file = workspace / f"bench_{word}.py"
        file.write_text(f"def zebra{word}{number}q():\n    return {number}\n")
        began = time.monotonic()
        while not stored.found(f"zebra{word}{number}q"):
            time.sleep(0.005)
        took.append(time.monotonic() - began)
        time.sleep(0.7)
    file = workspace / f"bench_{word}.py"
    file.unlink()
    return {"median": round(statistics.median(took), 2), "worst": round(max(took), 2)}


def clean(workspace: Path, home: Path) -> list[Any]:
    other = home.with_name("clean")
    with Memory.open(workspace, home=other) as memory:
        memory.index.run(lexical=True)
    return Stored(workspace, other).contents()


if __name__ == "__main__":
    main()
