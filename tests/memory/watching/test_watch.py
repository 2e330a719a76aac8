"""Watching a workspace: after any storm the vault equals what is on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magray_memory.config import EmbeddingSettings, ResourceSettings, Settings
from magray_memory.errors import EmbeddingUnavailable, VaultLocked
from magray_memory.indexing.events import Device, Done, LexicalReady, Start, Warned
from magray_memory.models import loader
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.models.provider import ModelProvider
from magray_memory.polled_files import PolledFiles
from magray_memory.resources import choose_profile, machine
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.vault_files import quarantine
from magray_memory.storage.vault_info import describe
from magray_memory.watching.watcher import Watched, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.indexing.events import Event

Workspace = Any
"""The fixture's class lives in conftest.py, which tests cannot import by name."""
linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify")
WAIT_SECONDS = 20.0


class Models(ModelProvider):
    """The model of the settings is what a function of the test opens."""

    def __init__(self, ws: Workspace, open_embedder: Callable[[], Embedder]) -> None:
        self._open_embedder = open_embedder
        super().__init__(ws.home, EmbeddingSettings, lambda: choose_profile("minimal", machine()))

    def _open(self) -> Embedder:
        return self._open_embedder()


class Watching:
    """A watcher at work in a thread, and what it tells."""

    def __init__(self, ws: Workspace, open_embedder: Callable[[], Embedder] | None, **options: Any) -> None:
        self.ws = ws
        self.models = None if open_embedder is None else Models(ws, open_embedder)
        self.failure: BaseException | None = None
        ws.events = []
        places = (ws.home.path / "config.toml", ws.root / ".magray.toml")
        self._settings_files = PolledFiles(places)
        self._wanted = threading.Condition()
        watched = Watched(
            ws.root,
            ws.home,
            lambda: ws.settings,
            lambda: self._settings_files.changed(places),
            open_vault=ws.open,
            quarantine=lambda: quarantine(ws.vault.path),
            models=self.models,
        )
        self.watcher = Watcher(watched, self._on_event, **options)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.watcher.run()
        except BaseException as error:
            self.failure = error

    def _on_event(self, event: Event) -> None:
        with self._wanted:
            self.ws.events.append(event)
            self._wanted.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert self.failure is None, self.failure
            assert time.monotonic() < deadline, self.ws.events[-5:]
            with self._wanted:
                self._wanted.wait(0.05)

    def sent(self, kind: type[Event], count: int = 1) -> None:
        self.until(lambda: len(self.ws.sent(kind)) >= count)

    def ready(self) -> None:
        self.sent(Done)

    def equal_to(self, expected: list[str]) -> None:
        self.until(lambda: self.ws.paths() == sorted(expected))

    def converges(self) -> None:
        """The vault becomes what a clean index of the same files would be."""
        self.until(lambda: state(self.ws) == on_disk(self.ws.root))

    def stop(self) -> None:
        self.watcher.stop()
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()


@contextmanager
def watching(
    ws: Workspace, open_embedder: Callable[[], Embedder] | None = None, **options: Any
) -> Iterator[Watching]:
    watch = Watching(ws, open_embedder, **options)
    try:
        yield watch
    finally:
        watch.stop()


def state(ws: Workspace) -> dict[str, tuple[int, str]]:
    """Path → time of change and text, as the vault has it."""
    found: dict[str, tuple[int, list[str]]] = {}
    for row in ws.contents():
        texts = found.setdefault(row[0], (row[5], []))[1]
        if row[11] is not None:
            texts.append(row[11])
    return {path: (mtime, "\n".join(texts).strip("\n")) for path, (mtime, texts) in found.items()}


def on_disk(root: Path) -> dict[str, tuple[int, str]]:
    """The same of the files, which these tests keep to one passage each."""
    found: dict[str, tuple[int, str]] = {}
    for path in root.rglob("*"):
        relative = path.relative_to(root).as_posix()
        left_out = any(part.startswith(".") or part == "node_modules" for part in relative.split("/"))
        try:
            if path.is_file() and not left_out:
                text = path.read_text(encoding="utf-8").strip("\n")
                found[relative] = (path.stat().st_mtime_ns, text)
        except FileNotFoundError:
            continue
    return found


def test_the_workspace_is_indexed_first_and_then_followed(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        assert ws.find("alpha") == ["a.py"]
        ws.write("a.py", "beta = 2\n")
        watch.until(lambda: ws.find("beta") == ["a.py"])
        ws.write("b.md", "# Zebras\n")
        watch.equal_to(["a.py", "b.md"])
        (ws.root / "a.py").unlink()
        watch.equal_to(["b.md"])


def test_what_happens_in_new_folders_is_seen(ws: Workspace) -> None:
    with watching(ws) as watch:
        watch.ready()
        ws.write("one/two/three/a.py", "alpha = 1\n")
        watch.equal_to(["one/two/three/a.py"])
        ws.write("one/two/three/b.py", "beta = 1\n")
        watch.equal_to(["one/two/three/a.py", "one/two/three/b.py"])


def test_a_renamed_folder_is_followed_under_its_new_name(ws: Workspace) -> None:
    ws.write("old/deep/a.py", "alpha = 1\n")
    ws.write("b.py", "beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ids = passage_ids(ws)
        (ws.root / "old").rename(ws.root / "new")
        watch.equal_to(["b.py", "new/deep/a.py"])
        assert passage_ids(ws) == ids
        ws.write("new/deep/a.py", "gamma = 1\n")
        watch.until(lambda: ws.find("gamma") == ["new/deep/a.py"])
        ws.write("old/c.py", "delta = 1\n")
        watch.equal_to(["b.py", "new/deep/a.py", "old/c.py"])


def passage_ids(ws: Workspace) -> set[int]:
    with ws.vault.read() as connection:
        return {row[0] for row in connection.execute("SELECT id FROM passage")}


def test_a_folder_that_leaves_the_workspace_takes_its_files_along(ws: Workspace, tmp_path: Path) -> None:
    ws.write("a/x.py", "alpha = 1\n")
    ws.write("b.py", "beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        (ws.root / "a").rename(tmp_path / "elsewhere")
        watch.equal_to(["b.py"])
        (tmp_path / "elsewhere" / "x.py").write_text("changed = 1\n")
        (tmp_path / "elsewhere").rename(ws.root / "back")
        watch.equal_to(["b.py", "back/x.py"])
        assert ws.find("chang") == ["back/x.py"]


def test_an_atomic_save_is_an_edit(ws: Workspace) -> None:
    file = ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        for number in range(3):
            draft = ws.write(f".a.py.{number}.tmp", f"beta{number} = 1\n")
            draft.replace(file)
            watch.until(lambda n=number: ws.find(f"beta{n}") == ["a.py"])
        backup = ws.root / "a.py~"
        file.rename(backup)
        ws.write("a.py", "gamma = 1\n")
        backup.unlink()
        watch.until(lambda: ws.find("gamma") == ["a.py"])
        watch.equal_to(["a.py"])


def test_files_that_vanish_at_once_leave_nothing(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        for number in range(200):
            ws.write(f"t{number}.py", "gone = 1\n")
            (ws.root / f"t{number}.py").unlink()
        ws.write("b.py", "beta = 1\n")
        watch.equal_to(["a.py", "b.py"])
        assert ws.sent(Warned) == []


def test_what_the_rules_leave_out_is_neither_watched_nor_reported(ws: Workspace) -> None:
    ws.write(".gitignore", "build/\n*.log\n")
    for number in range(30):
        ws.write(f"node_modules/p{number}/index.js", "x\n")
    ws.write("build/a.py", "x = 1\n")
    ws.write("src/a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        if sys.platform == "linux":
            assert inotify_watches() == 2  # the root and src
        before = len(ws.events)
        ws.write("node_modules/p1/other.js", "y\n")
        ws.write("build/b.py", "y = 1\n")
        ws.write("out.log", "y\n")
        ws.write("src/.a.py.swp", "y\n")
        ws.write("src/b.py", "beta = 1\n")
        watch.equal_to(["src/a.py", "src/b.py"])
        watch.sent(Done, 2)
        assert [type(event) for event in ws.events[before:]].count(Start) == 1


def inotify_watches() -> int:
    """How many watches this process has."""
    count = 0
    for name in os.listdir("/proc/self/fdinfo"):  # noqa: PTH208 - entries come and go
        try:
            with open(f"/proc/self/fdinfo/{name}", encoding="ascii") as file:  # noqa: PTH123
                count += sum(line.startswith("inotify ") for line in file)
        except OSError:
            continue
    return count


def test_ignore_files_count_as_soon_as_they_change(ws: Workspace) -> None:
    ws.write("src/a.py", "alpha = 1\n")
    ws.write("gen/b.py", "beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.write(".gitignore", "gen/\n")
        watch.equal_to(["src/a.py"])
        ws.write(".magrayignore", "src/a.py\n")
        ws.write(".gitignore", "# nothing\n")
        watch.equal_to(["gen/b.py"])
        ws.write("gen/c.py", "gamma = 1\n")
        watch.equal_to(["gen/b.py", "gen/c.py"])
        (ws.root / ".magrayignore").unlink()
        watch.equal_to(["gen/b.py", "gen/c.py", "src/a.py"])
        ws.write("gen/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
        watch.equal_to(["src/a.py"])


def test_rules_outside_of_the_tree_count_too(ws: Workspace) -> None:
    subprocess.run(["git", "init", "-q", str(ws.root)], check=True)
    ws.write("a.py", "alpha = 1\n")
    ws.write("b.py", "beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        (ws.root / ".git" / "info").mkdir(exist_ok=True)
        (ws.root / ".git" / "info" / "exclude").write_text("b.py\n")
        watch.equal_to(["a.py"])


def test_what_git_tracks_or_no_longer_counts_as_soon_as_its_index_changes(ws: Workspace) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(ws.root), *arguments], check=True, capture_output=True)

    git("init", "-q")
    ws.write(".gitignore", "gen/\n*.txt\n")
    ws.write("a.py", "alpha = 1\n")
    ws.write("b.txt", "beta\n")
    ws.write("gen/deep/c.py", "gamma = 1\n")
    ws.write("gen/other/d.py", "delta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        watch.equal_to(["a.py"])
        git("add", "-f", "b.txt", "gen/deep/c.py")
        watch.equal_to(["a.py", "b.txt", "gen/deep/c.py"])
        ws.write("gen/deep/c.py", "gamma_two = 2\n")
        watch.until(lambda: ws.find("gamma_two") == ["gen/deep/c.py"])
        git("rm", "-q", "-f", "--cached", "gen/deep/c.py")
        watch.equal_to(["a.py", "b.txt"])
        git("rm", "-q", "--cached", "b.txt")
        watch.equal_to(["a.py"])


def test_settings_that_change_are_obeyed(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    ws.write(".hidden/b.py", "beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.configure(hidden=True)
        ws.write(".magray.toml", "[index]\nhidden = true\n")
        watch.until(lambda: ".hidden/b.py" in ws.paths())


def test_many_changes_at_once_are_one_run(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        for number in range(300):
            ws.write(f"d{number % 20}/f{number}.py", f"v{number} = 1\n")
        watch.converges()
        assert len(ws.sent(Done)) <= 4


def test_a_checkout_waits_for_git_and_converges(ws: Workspace) -> None:
    git = repository(ws)
    with watching(ws) as watch:
        watch.ready()
        for branch in ("other", "main", "other"):
            git("checkout", "-q", branch)
        watch.converges()
        git("checkout", "-q", "main")
        git("rebase", "-q", "other")
        watch.converges()


def repository(ws: Workspace) -> Callable[..., None]:
    """Two branches that differ in 200 files."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(ws.root), *who, *arguments], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for number in range(200):
        ws.write(f"p{number % 10}/f{number}.py", f"value = {number}\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("checkout", "-q", "-b", "other")
    for number in range(200):
        (ws.root / f"p{number % 10}" / f"f{number}.py").unlink()
        ws.write(f"q{number % 10}/f{number}.py", f"value = {number}\nother = {number}\n")
    git("add", "-A")
    git("commit", "-qm", "two")
    git("checkout", "-q", "main")
    ws.write("mine.py", "mine = 1\n")
    git("add", "-A")
    git("commit", "-qm", "three")
    return git


def test_nothing_is_read_while_git_holds_its_lock(ws: Workspace) -> None:
    repository(ws)
    with watching(ws) as watch:
        watch.ready()
        lock = ws.root / ".git" / "index.lock"
        lock.write_text("")
        ws.write("new.py", "alpha = 1\n")
        time.sleep(1.0)
        assert "new.py" not in ws.paths()
        lock.unlink()
        watch.until(lambda: "new.py" in ws.paths())
        lock.write_text("")
        then = time.time() - 3600
        os.utime(lock, (then, then))  # left behind by a git that died
        ws.write("newer.py", "beta = 1\n")
        watch.until(lambda: "newer.py" in ws.paths())


def test_a_root_that_goes_is_waited_for(ws: Workspace, tmp_path: Path) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.root.rename(tmp_path / "away")
        watch.sent(Warned)
        assert "no longer exists" in ws.sent(Warned)[0].message
        assert ws.paths() == ["a.py"]
        (tmp_path / "away" / "b.py").write_text("beta = 1\n")
        (tmp_path / "away").rename(ws.root)
        watch.equal_to(["a.py", "b.py"])
        ws.write("c.py", "gamma = 1\n")
        watch.equal_to(["a.py", "b.py", "c.py"])
        ws.root.rename(tmp_path / "away")
        watch.sent(Warned, 2)
        (tmp_path / "away").rename(ws.root)
        ws.write("d.py", "delta = 1\n")
        watch.equal_to(["a.py", "b.py", "c.py", "d.py"])


def test_a_root_that_is_replaced_is_watched_anew(ws: Workspace, tmp_path: Path) -> None:
    ws.write("a.py", "alpha = 1\n")
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.py").write_text("beta = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.root.rename(tmp_path / "old")
        other.rename(ws.root)
        watch.equal_to(["b.py"])
        ws.write("b.py", "gamma = 1\n")
        watch.until(lambda: ws.find("gamma") == ["b.py"])


def test_one_watcher_at_a_time(ws: Workspace) -> None:
    with watching(ws) as watch:
        watch.ready()
        assert IndexerLock(ws.vault.path).holder() == os.getpid()
        with pytest.raises(
            VaultLocked, match=f"watched and kept up to date already: by process {os.getpid()}"
        ):
            ws.index(lexical=True)
    assert IndexerLock(ws.vault.path).holder() is None
    ws.index(lexical=True)


def test_a_vault_that_is_damaged_is_made_again(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.vault.close()
        rubbish = ws.vault.path.with_name("rubbish")
        rubbish.write_bytes(os.urandom(20_000))
        rubbish.replace(ws.vault.path)
        ws.write("b.py", "beta = 1\n")
        watch.sent(Warned)
        watch.until(lambda: readable(ws) == ["a.py", "b.py"])


def readable(ws: Workspace) -> list[str]:
    vault, ws.vault = ws.vault, ws.open()
    vault.close()
    return ws.paths()


def test_a_home_that_is_removed_is_made_again(ws: Workspace) -> None:
    ws.write("a.py", "alpha = 1\n")
    with watching(ws) as watch:
        watch.ready()
        ws.vault.close()
        shutil.rmtree(ws.home.path)
        ws.write("b.py", "beta = 1\n")
        watch.until(lambda: ws.vault.path.exists())
        watch.until(lambda: readable(ws) == ["a.py", "b.py"])
        assert IndexerLock(ws.vault.path).holder() == os.getpid()


def test_the_slow_rescan_finds_a_change_without_a_file_event(ws: Workspace) -> None:
    with watching(ws, rescan=1.0) as watch:
        watch.ready()
        watch.watcher._source._event_source.close()  # pyright: ignore
        ws.write("a.py", "alpha = 1\n")
        watch.equal_to(["a.py"])


def embedder() -> Embedder:
    return Embedder.open(resolve_model("", Path("/nowhere")), threads=1)


def vectors(ws: Workspace) -> int:
    with ws.vault.read() as connection:
        return connection.execute("SELECT count(*) FROM vector").fetchone()[0]


def test_the_model_comes_with_a_text_and_goes_when_idle(ws: Workspace) -> None:
    opened: list[int] = []

    def open_it() -> Embedder:
        opened.append(1)
        return embedder()

    with watching(ws, open_it, idle=0.5) as watch:
        watch.ready()
        assert opened == []
        ws.write("a.py", "def alpha():\n    return 1\n")
        watch.until(lambda: vectors(ws) == 1)
        watch.until(lambda: watch.models is not None and watch.models.opened is None)
        (ws.root / "a.py").rename(ws.root / "b.py")
        watch.equal_to(["b.py"])
        assert opened == [1]
        ws.write("c.py", "def beta():\n    return 1\n")
        watch.until(lambda: vectors(ws) == 2)
        assert opened == [1, 1]


def test_a_change_during_a_long_embedding_is_found_by_words_first(ws: Workspace) -> None:
    for n in range(400):
        words = " ".join(f"w{n}x{word}" for word in range(150))
        ws.write(f"big/f{n}.py", f"def f{n}():\n    return '{words}'\n")
    with watching(ws, embedder) as watch:
        watch.sent(LexicalReady)
        watch.until(lambda: bool(ws.sent(Device)))
        before = ws.vault.counts()[1]
        ws.write("new.py", "def zebra():\n    return 1\n")
        watch.until(lambda: ws.find("zebra") == ["new.py"])
        assert vectors(ws) < before  # the long run was not over
        watch.until(lambda: has_vector(ws, "new.py"))
        assert vectors(ws) < before  # and what is new came first


def has_vector(ws: Workspace, path: str) -> bool:
    with ws.vault.read() as connection:
        found = connection.execute(
            "SELECT count(*) FROM vector JOIN passage ON passage.id = passage_id"
            " JOIN document ON document.id = document_id WHERE path = ?",
            (path,),
        )
        return found.fetchone()[0] > 0


def test_without_a_model_words_are_followed_and_it_is_said_once(ws: Workspace) -> None:
    def fail() -> Embedder:
        raise EmbeddingUnavailable("no model", "this is a test")

    with watching(ws, fail) as watch:
        for number in range(4):
            ws.write(f"f{number}.py", f"value{number} = 1\n")
            watch.until(lambda n=number: f"f{n}.py" in ws.paths())
            watch.sent(Done, number + 1)
    assert len(ws.sent(Warned)) == 1


def test_a_model_that_comes_later_embeds_what_waited_for_it(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "RETRY_SECONDS", 0.2)
    installed = threading.Event()

    def open_it() -> Embedder:
        if not installed.is_set():
            raise EmbeddingUnavailable("no model", "it comes later")
        return embedder()

    ws.write("a.py", "def alpha():\n    return 1\n")
    with watching(ws, open_it) as watch:
        watch.ready()
        assert vectors(ws) == 0
        runs = len(ws.sent(Done))
        installed.set()
        watch.until(lambda: vectors(ws) == 1)
        assert len(ws.sent(Done)) <= runs + 1  # nothing was run while there was no model


NAMES = st.sampled_from(["a.py", "b.md", "d/c.py", "d/e/f.py", "g/h.py", "g/i.md"])
FOLDERS = st.sampled_from(["d", "d/e", "g", "new"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, st.integers(0, 9)),
        st.tuples(st.just("delete"), NAMES, st.just(0)),
        st.tuples(st.just("rename"), FOLDERS, FOLDERS),
        st.tuples(st.just("remove"), FOLDERS, st.just(0)),
        st.tuples(st.just("pause"), st.just(""), st.integers(1, 4)),
        st.tuples(st.just("restart"), st.just(""), st.just(0)),
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_any_storm_ends_in_what_is_on_disk(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, Any]], request: Any
) -> None:
    ws = request.getfixturevalue("new_workspace")(tmp_path_factory.mktemp("storm"))
    ws.write("keep.py", "keep = 1\n")
    watch = Watching(ws, None)
    try:
        for step in steps:
            if step[0] == "restart":
                watch.stop()
                watch = Watching(ws, None)
            else:
                storm(ws, *step)
        watch.ready()
        watch.converges()
        ws.write("d/e/after.py", "after = 1\n")
        watch.converges()
    finally:
        watch.stop()
        ws.vault.close()


def storm(ws: Workspace, what: str, name: str, argument: Any) -> None:
    place = ws.root / name
    if what == "write" and not any(parent.is_file() for parent in place.parents):
        ws.write(name, f"value = {argument}\n")
    elif what == "delete":
        place.unlink(missing_ok=True)
    elif what == "rename" and place.is_dir() and not argument.startswith(name):
        target = ws.root / argument
        if not target.exists() and target.parent.is_dir():
            place.rename(target)
    elif what == "remove":
        shutil.rmtree(place, ignore_errors=True)
    elif what == "pause":
        time.sleep(argument / 10)


LONG = " ".join(f"The {word} of the harbour is older than its lighthouse." for word in "abcdefghijklmnop")


def vectors_of(ws: Workspace) -> tuple[int, int]:
    """Passages without a vector, and those with one of the beginning of their text."""
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    assert info is not None
    return info.pending, info.heads


def test_on_battery_a_watcher_reads_beginnings_and_the_rest_once_plugged_in(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    battery = [True]
    monkeypatch.setattr("magray_memory.indexing.embedding_passes.on_battery", lambda: battery[0])
    monkeypatch.setattr("magray_memory.indexing.embedding_passes.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("magray_memory.power.OtherPrograms.share", lambda _: 0.0)
    ws.settings = Settings(
        embedding=EmbeddingSettings(depth="auto"), resources=ResourceSettings(profile="balanced")
    )
    ws.write("prose.md", f"# Harbour\n\n{LONG}\n")
    with watching(ws, lambda: Embedder.open(resolve_model("", ws.home.models))) as watch:
        watch.ready()
        assert vectors_of(ws) == (0, 1)
        ws.write("later.md", f"# Later\n\n{LONG}\n")
        watch.until(lambda: vectors_of(ws) == (0, 2))
        battery[0] = False
        watch.until(lambda: vectors_of(ws) == (0, 0))


def test_a_watcher_with_approximate_vectors_alone_opens_no_model(ws: Workspace) -> None:
    opened: list[bool] = []

    def refused() -> Embedder:
        opened.append(True)
        raise EmbeddingUnavailable("the model was asked for")

    ws.settings = Settings(embedding=EmbeddingSettings(depth="static"))
    ws.write("a.md", f"# Harbour\n\n{LONG}\n")
    with watching(ws, refused) as watch:
        watch.ready()
        ws.write("b.md", f"# Lighthouse\n\n{LONG}\n")
        watch.equal_to(["a.md", "b.md"])
        watch.sent(Done, 2)
        info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
        assert info is not None
        assert info.pending == info.approximate == info.passages
    assert not opened
    assert not [event for event in ws.events if isinstance(event, Warned)]
