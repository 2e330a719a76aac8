"""`magray index --watch` as processes: what it tells, how it ends, and that it never outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest
from ended import end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Magray

posix = pytest.mark.skipif(os.name == "nt", reason="signals")
WAIT_SECONDS = 30.0


class Lines:
    """The lines of a stream, as they come."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.seen: list[str] = []
        self._changed = threading.Condition()
        # A stream of its own: whoever ends the process closes the other, which frees what is being read into.
        own = os.fdopen(os.dup(stream.fileno()), "rb")
        threading.Thread(target=self._read, args=(own,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.seen.append(line.decode().rstrip("\n"))
                    self._changed.notify_all()

    def until(self, wanted: str, count: int = 1) -> list[str]:
        """Wait until so many lines hold the text."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: sum(wanted in line for line in self.seen) >= count, WAIT_SECONDS
            )
        assert ready, self.seen[-10:]
        return list(self.seen)


@contextmanager
def watching(
    magray: Magray, *arguments: str, **options: Any
) -> Iterator[tuple[subprocess.Popen[bytes], Lines]]:
    process = magray.start(
        "index", "--watch", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    assert process.stdout is not None
    try:
        yield process, Lines(process.stdout)
    finally:
        end([process])


def test_events_follow_every_change(magray: Magray) -> None:
    with watching(magray, "--events", stdin=subprocess.PIPE) as (process, lines):
        first = [json.loads(line) for line in lines.until('"event":"done"')]
        assert first[0]["event"] == "start"
        assert first[0]["pid"] == process.pid
        assert {"lexical_ready", "semantic_ready", "changed"} <= {event["event"] for event in first}
        assert first[-1]["files"] == 5
        (magray.cwd / "new.py").write_text("def transfer_of_zebras():\n    return 1\n")
        second = [json.loads(line) for line in lines.until('"event":"done"', 2)][len(first) :]
        assert [event["event"] for event in second if event["event"] == "changed"]
        assert second[-1]["embedded"] == 1
        found = magray("--json", "search", "transfer of zebras").json["hits"]
        assert found[0]["path"] == "new.py"


def test_files_of_one_size_and_time_that_change_places_are_followed(magray: Magray) -> None:
    for name, bird in (("a", "herons"), ("b", "robins")):
        file = magray.cwd / f"{name}.py"
        file.write_text(f"def count_{bird}():\n    return 1\n")
        os.utime(file, (499_162_500, 499_162_500))
    with watching(magray, "--events", "--lexical", stdin=subprocess.PIPE) as (_, lines):
        lines.until('"event":"done"')
        for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
            (magray.cwd / f"{old}.py").rename(magray.cwd / f"{new}.py")
        lines.until('"event":"done"', 2)
        found = magray("--json", "search", "count_robins", "--mode", "lexical").json["hits"]
        assert found[0]["path"] == "a.py"
        assert "robins" in found[0]["snippet"]


def test_a_person_reads_a_line_for_each_run(magray: Magray) -> None:
    with watching(magray, "--lexical") as (_, lines):
        assert lines.until("watching")[0].startswith("indexed 5 files")
        (magray.cwd / "new.py").write_text("x = 1\n")
        assert lines.until("1 file")


def test_json_is_a_report_for_each_run(magray: Magray) -> None:
    with watching(magray, "--lexical", "--json") as (_, lines):
        lines.until("files")
        (magray.cwd / "new.py").write_text("x = 1\n")
        first, second = (json.loads(line) for line in lines.until("files", 2))
        assert (first["files"], second["files"]) == (5, 6)
        assert "event" not in first


def test_paths_and_watching_do_not_go_together(magray: Magray) -> None:
    result = magray("index", "--watch", "src")
    assert result.code == 2
    assert "leave the paths out" in result.err


def write_much(magray: Magray) -> None:
    """Files that take several seconds to embed."""
    for part in range(300):
        words = " ".join(f"w{part}x{word}" for word in range(150))
        (magray.cwd / f"f{part}.md").write_text(f"# Part {part}\n\n{words}\n")


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("at", ["start", "device", "done"])
def test_signals_end_it_cleanly_at_any_time(magray: Magray, number: int, code: int, at: str) -> None:
    if at == "device":
        write_much(magray)
    with watching(magray, "--events", stdin=subprocess.PIPE) as (process, lines):
        lines.until(f'"event":"{at}"')
        process.send_signal(number)
        assert process.wait(10) == code
    files = sum(path.is_file() for path in magray.cwd.rglob("*"))
    assert magray("--json", "index", "--lexical").json["files"] == files - 1  # all but .env


@posix
def test_it_ends_when_stdin_does(magray: Magray) -> None:
    with watching(magray, "--events", stdin=subprocess.PIPE) as (process, lines):
        lines.until('"event":"lexical_ready"')
        process.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]
        assert process.wait(10) in (0, 1)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stdout)
print(child.pid, flush=True)
time.sleep(60)
"""


@posix
@pytest.mark.parametrize("watch", [["--watch"], []])
def test_it_does_not_outlive_a_killed_parent(magray: Magray, watch: list[str]) -> None:
    write_much(magray)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *magray.command, "index", "--events", *watch],
        cwd=magray.cwd,
        env=magray.environment(),
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    lines = Lines(parent.stdout)
    child = int(lines.until("")[0])
    lines.until('"event":"device"')
    end([parent])
    deadline = time.monotonic() + 30
    while alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody waits for does not."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return os.path.exists(f"/proc/{pid}") if sys.platform == "linux" else True  # noqa: PTH110


def test_input_that_is_no_pipe_does_not_end_it(magray: Magray) -> None:
    with watching(magray, "--events", "--lexical", stdin=subprocess.DEVNULL) as (process, lines):
        lines.until('"event":"done"')
        (magray.cwd / "new.py").write_text("x = 1\n")
        lines.until('"event":"done"', 2)
        assert process.poll() is None


def test_a_second_indexer_is_told_who_is_at_work(magray: Magray) -> None:
    with watching(magray, "--events", "--lexical", stdin=subprocess.PIPE) as (process, lines):
        lines.until('"event":"done"')
        other = magray("index")
        assert other.code == 1
        assert str(process.pid) in other.err
        with watching(magray, "--events", stdin=subprocess.PIPE) as (second, told):
            error = json.loads(told.until('"event":"error"')[-1])
            assert error["code"] == "vault_locked"
            assert str(process.pid) in error["message"]
            assert second.wait(10) == 1
        assert process.poll() is None


def test_changes_made_while_nobody_watched_are_found(magray: Magray) -> None:
    magray("index", "--lexical")
    (magray.cwd / "docs" / "guide.md").unlink()
    (magray.cwd / "new.py").write_text("x = 1\n")
    with watching(magray, "--events", "--lexical", stdin=subprocess.PIPE) as (_, lines):
        report = json.loads(lines.until('"event":"done"')[-1])
        assert (report["files"], report["removed"]) == (5, 1)
