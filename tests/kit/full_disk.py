"""Commands about records on a disk that is full, and under a limit of a file's size: each says so in one
sentence and leaves everything as it was, or does what it should; with room again it does.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from durability import environment
from proof_table import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_LONG = "words of a long text " * 12_000
_BATCH = "".join(json.dumps({"text": f"line {n} {_LONG[:20_000]}"}) + "\n" for n in range(20))
COMMANDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("remember", "-"), _LONG),
    (("remember", "--batch", "-"), _BATCH),
    (("remember", "-", "--key", "a key"), _LONG),
    (("edit", "n1", "--text", _LONG[:100_000]), ""),
    (("tag", "n1", "+more"), ""),
    (("pin", "n1"), ""),
    (("promote", "n1", "--layer", "assets"), ""),
    (("forget", "n1"), ""),
    (("forget", "n2", "--purge"), ""),
    (("trash", "restore", "n3"), ""),
    (("trash", "empty"), ""),
)
_TABLES = (
    "SELECT id, text, title, kind, layer, key, pinned, trashed_at, superseded_by FROM document ORDER BY id",
    "SELECT document_id, text, tags FROM revision ORDER BY id",
    "SELECT document_id, field, value FROM former_value ORDER BY id",
    "SELECT document_id, name FROM document_tag JOIN tag ON tag.id = tag_id ORDER BY 1, 2",
    "SELECT count(*) FROM passage",
)


def under_limits(base: Path) -> Tally:
    """No file may grow beyond what the largest one has."""
    if sys.platform == "win32":
        return Tally("commands under a limit of a file's size")
    import resource

    @contextmanager
    def limited(home: Path) -> Generator[Callable[[], None]]:
        most = max(path.stat().st_size for path in home.iterdir() if path.is_file())
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return _each(Tally("commands under a limit of a file's size"), base, base / "home", limited)


def on_full_disks(base: Path) -> Tally:
    """A small file system of its own, which another file fills. Needs the right to mount one."""
    tally, place = Tally("commands on a full disk"), base / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        return tally

    @contextmanager
    def filled(_: Path) -> Generator[Callable[[], None]]:
        filler = place / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        yield lambda: None
        filler.unlink()

    try:
        return _each(tally, base, place / "home", filled)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _each(tally: Tally, base: Path, home: Path, scarce: Callable[[Path], object]) -> Tally:
    before = base / "before"
    for text in ("The first.", "The second.", "The third."):
        _magray(before, "remember", text)
    _magray(before, "forget", "n3")
    state = _state(before)
    refused = 0
    for command, given in COMMANDS:
        shutil.copytree(before, home)
        with scarce(home) as limit:  # type: ignore[attr-defined]
            done = _magray(home, *command, given=given, limit=limit)
        about = f"{' '.join(command)[:60]}: exit code {done.returncode}, {done.stderr[-300:]!r}"
        faults = _faults(done, about)
        after = _state(home)
        if done.returncode == 1:
            refused += 1
            faults += [f"{about}: something changed"] if after != state else []
            again = _magray(home, *command, given=given)
            faults += [f"{about}: with room again: {again.stderr[-300:]!r}"] if again.returncode else []
        faults += [f"{about}: with room nothing changed"] if _state(home) == state else []
        tally.runs += 1
        tally.acknowledged += done.returncode == 0
        tally.add(faults)
        shutil.rmtree(home)
    if not refused:
        tally.faults.append("no command was refused")
    return tally


def _faults(done: subprocess.CompletedProcess[str], about: str) -> list[str]:
    bad = done.returncode not in (0, 1, 3) or "Traceback" in done.stderr or "bug in magray" in done.stderr
    if done.returncode == 1 and done.stdout:  # a batch, which answers each line
        answers = [json.loads(line)["error"]["message"] for line in done.stdout.splitlines()]
        bad = bad or not all("full" in answer or "large" in answer for answer in answers)
    elif done.returncode == 1:
        bad = bad or not done.stderr.startswith("error: ") or done.stderr.count("\n") != 1
    return [about] if bad else []


def _state(home: Path) -> list[object]:
    with closing(sqlite3.connect(home / "notebook.db")) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return [connection.execute(sql).fetchall() for sql in _TABLES]


def _magray(
    home: Path, *command: str, given: str = "", limit: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "magray_server.cli.main", *command],
        env=environment(MAGRAY_HOME=str(home), MAGRAY_LAYERS__AUTOMATIC="false"),
        cwd=home.parent,
        input=given,
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
        preexec_fn=limit,
    )
