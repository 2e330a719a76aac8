"""The parts of watching by themselves: debounce, suspend detector, event filter, the system's limits."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from magray_memory.indexing.events import Changed, Done, LexicalReady, Progress, Start, Warned
from magray_memory.indexing.report import Seconds
from magray_memory.indexing.walk import Tally, WalkOptions, folders, walk
from magray_memory.watching.debounce import MAX_PATHS, Debounce
from magray_memory.watching.event_filter import EventFilter
from magray_memory.watching.file_events import file_system, watch_limit
from magray_memory.watching.suspend_detector import GAP_SECONDS, SuspendDetector

if TYPE_CHECKING:
    from magray_memory.indexing.events import Event


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_changes_are_due_after_quiet() -> None:
    clock = Clock()
    debounce = Debounce(0.2, 2.0, clock)
    assert debounce.due_in() is None
    debounce.add("a.py")
    assert debounce.due_in() == pytest.approx(0.2)
    clock.now += 0.15
    debounce.add("b.py")
    assert debounce.due_in() == pytest.approx(0.2)
    clock.now += 0.2
    assert debounce.due_in() == pytest.approx(0.0)
    changes = debounce.take()
    assert (changes.paths, changes.folders, changes.everything) == ({"a.py", "b.py"}, set(), False)
    assert debounce.due_in() is None


def test_an_endless_stream_is_not_waited_out() -> None:
    clock = Clock()
    debounce = Debounce(0.2, 2.0, clock)
    for _ in range(30):
        debounce.add("a.py")
        clock.now += 0.1
    assert debounce.due_in() == 0.0


def test_many_paths_are_everything_and_cost_nothing_more() -> None:
    debounce = Debounce()
    for number in range(MAX_PATHS + 1):
        debounce.add(f"{number}.py")
    changes = debounce.take()
    assert changes.everything
    assert changes.paths == frozenset()


def test_what_cannot_wait_is_due_at_once() -> None:
    debounce = Debounce(60.0, 60.0)
    debounce.add_everything(at_once=True)
    assert debounce.due_in() == 0.0


def test_sleep_shows_in_the_clocks() -> None:
    wall, steady = Clock(), Clock()
    suspend_detector = SuspendDetector(wall, steady)
    for clock in (wall, steady):
        clock.now += 5.0
    assert not suspend_detector.suspended()
    wall.now += GAP_SECONDS + 3600
    assert suspend_detector.suspended()
    assert not suspend_detector.suspended()


def test_a_process_that_stood_still_overslept() -> None:
    steady = Clock()
    suspend_detector = SuspendDetector(Clock(), steady)
    began = steady.now
    steady.now += 1.5
    assert not suspend_detector.stalled(began, 1.0)
    steady.now += GAP_SECONDS
    assert suspend_detector.stalled(began, 1.0)


def passed(*events: Event, always: bool = False) -> list[Event]:
    sent: list[Event] = []
    event_filter = EventFilter(sent.append)
    event_filter.begin(always=always)
    for event in events:
        event_filter.send(event)
    return sent


START, SCAN, CHANGED = Start("/ws", 1, 42), Progress("scan", 5, None, 0), Changed(1, 0)
READY, DONE = LexicalReady(1, 1, 0.1), Done(1, 0, {}, 1, 0, 0, 0, (), Seconds(0.1, None), None, None)


def test_a_run_that_changed_nothing_sends_nothing() -> None:
    assert passed(START, SCAN, READY, DONE) == []
    assert passed(START, SCAN, READY, DONE, always=True) == [START, SCAN, READY, DONE]


def test_a_run_that_changed_something_sends_all_from_its_start() -> None:
    assert passed(START, SCAN, CHANGED, READY, DONE) == [START, CHANGED, READY, DONE]


def test_a_start_that_was_sent_is_followed_by_done() -> None:
    sent: list[Event] = []
    event_filter = EventFilter(sent.append)
    for events in ((START, CHANGED, READY), (START, SCAN, READY, DONE), (START, SCAN, READY, DONE)):
        event_filter.begin(always=False)
        for event in events:
            event_filter.send(event)
    assert sent.count(DONE) == 1
    assert sent[-1] == DONE


def test_the_same_warning_is_sent_once_until_it_is_reset() -> None:
    sent: list[Event] = []
    event_filter = EventFilter(sent.append)
    event_filter.warn("the disk is full")
    event_filter.warn("the disk is full")
    assert sent == [Warned("the disk is full")]
    event_filter.reset_warnings()
    event_filter.warn("the disk is full")
    assert len(sent) == 2


def test_folders_are_those_that_a_walk_enters(tmp_path: Path) -> None:
    for name in ("a/b/c.py", "node_modules/x/y.js", "out/z.py", "env/pyvenv.cfg", "env/lib/m.py", "e/f.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".gitignore").write_text("out/\n")
    entered: list[str] = []
    found = {path: rules is not None for path, rules in folders(tmp_path, WalkOptions(), "", entered.append)}
    assert found == {"": True, "a": True, "a/b": True, "e": True, "env": False}
    assert entered == [path for path in entered if path in found]
    walked = {
        Path(file.path).parent.as_posix().lstrip(".") for file in walk(tmp_path, WalkOptions(), Tally())
    }
    assert walked <= {path for path, entered in found.items() if entered}


def test_folders_below_a_place_are_found_alone(tmp_path: Path) -> None:
    for name in ("a/b/c/d.py", "e/f.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    entered: list[str] = []
    assert [path for path, _ in folders(tmp_path, WalkOptions(), "a/b", entered.append)] == ["a/b", "a/b/c"]
    assert entered == ["a/b", "a/b/c"]
    assert list(folders(tmp_path, WalkOptions(), "a/nothing", entered.append)) == []
    assert list(folders(tmp_path, WalkOptions(), "e/f.py", entered.append)) == []


LIMITED = """
import os, sys, threading, time
from pathlib import Path
Path("/proc/sys/user/max_inotify_watches").write_text("20")
from magray_memory.watching import change_source
from magray_memory.watching import file_events
if sys.argv[2] == "unknown":
    file_events.watch_limit = lambda: None  # the system says so only when it refuses
change_source.POLL_SECONDS = (0.3, 1.0)
from magray_memory.memory import Memory
memory = Memory.open(Path(sys.argv[1]), home=Path(sys.argv[1] + "-home"))
from magray_memory.indexing.events import Changed, Done, Warned
sent, found = [], threading.Event()
def on_event(event):
    sent.append(event)
    if isinstance(event, Changed) and any(isinstance(e, Done) for e in sent):
        found.set()
def open_files():
    return [fd for fd in os.listdir("/proc/self/fd") if "inotify" in link(f"/proc/self/fd/{fd}")]
def link(path):
    return os.readlink(path) if os.path.lexists(path) else ""
watcher = memory.watching.watcher(lexical=True, on_event=on_event)
thread = threading.Thread(target=watcher.run)
thread.start()
while not any(isinstance(event, Done) for event in sent):
    time.sleep(0.05)
Path(sys.argv[1], "d39", "new.py").write_text("alpha = 1")
assert found.wait(20), sent
watcher.stop()
thread.join()
print([event.message for event in sent if isinstance(event, Warned)])
print(sum(Path("/proc/self/fdinfo", name).read_text().count("inotify ") for name in open_files()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
@pytest.mark.parametrize("limit", ["known", "unknown"])
def test_beyond_the_limit_of_watches_changes_are_found_by_looking(tmp_path: Path, limit: str) -> None:
    unshare = ("unshare", "-Ur")
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode != 0:
        pytest.skip("no user namespaces here")
    for number in range(40):
        (tmp_path / "ws" / f"d{number}").mkdir(parents=True)
        (tmp_path / "ws" / f"d{number}" / "a.py").write_text("x = 1\n")
    run = subprocess.run(
        [*unshare, sys.executable, "-c", LIMITED, str(tmp_path / "ws"), limit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    warnings, watches = run.stdout.splitlines()
    assert warnings.count("more folders than the system watches") == 1
    assert "found by polling" in warnings
    assert watches == "0"  # nothing is taken from the other programs


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells by files")
def test_the_system_tells_its_limits_and_file_systems() -> None:
    assert (watch_limit() or 0) > 0
    assert file_system(Path("/proc/self")) == "proc"
    assert file_system(Path("/")) != ""
