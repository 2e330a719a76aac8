"""Whatever happens to files and indexer, an index that came to its end is that of what is on disk."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from magray_memory.memory import Memory
from magray_memory.search.query import parse

if TYPE_CHECKING:
    import random

    from .conftest import Box

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")

_NAMES = [f"{folder}{name}" for folder in ("", "one/", "one/two/") for name in ("a.py", "b.md", "c.txt")]
_TEXTS = st.lists(
    st.sampled_from(["alpha", "beta", "def gamma():\n    pass\n", "# Title\n", "\n"]), max_size=12
)


class Life(RuleBasedStateMachine):
    """Edits, renames, deletions, runs that end, runs and watchers that are killed, searches in between."""

    box_type: type[Box]

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.box = self.box_type(Path(self.folder.name))
        (self.box.root / ".git").mkdir(parents=True)
        self.turn = 0
        self.indexed = False

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self._index_and_compare()
            self.folder.cleanup()

    @rule(name=st.sampled_from(_NAMES), words=_TEXTS)
    def edit(self, name: str, words: list[str]) -> None:
        self._edit(name, words)

    def _edit(self, name: str, words: list[str]) -> None:
        path = self.box.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.turn += 1
        path.write_text(" ".join(words))
        # The clock of a file system may stand still between two edits; a person's does not.
        os.utime(path, ns=(0, 10**18 + self.turn * 10**9))

    @rule(old=st.sampled_from(_NAMES), new=st.sampled_from(_NAMES))
    def rename(self, old: str, new: str) -> None:
        source, target = self.box.root / old, self.box.root / new
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)

    @rule(name=st.sampled_from(_NAMES))
    def delete(self, name: str) -> None:
        (self.box.root / name).unlink(missing_ok=True)

    @rule(milliseconds=st.integers(0, 25))
    def index_and_kill(self, milliseconds: int) -> None:
        child = os.fork()
        if child == 0:
            try:
                self.box.index()
            finally:
                os._exit(0)
        time.sleep(milliseconds / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    @rule(name=st.sampled_from(_NAMES), words=_TEXTS, before=st.integers(0, 400), after=st.integers(0, 400))
    def watch_edit_and_kill(self, name: str, words: list[str], before: int, after: int) -> None:
        child = os.fork()
        if child == 0:
            try:
                with Memory.open(self.box.root, home=self.box.home.path) as memory:
                    memory.watching.watcher(lexical=True).run()
            finally:
                os._exit(0)
        time.sleep(before / 1000)
        self._edit(name, words)
        time.sleep(after / 1000)
        assert os.waitpid(child, os.WNOHANG) == (0, 0)  # it was at work, or waiting for some
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    @rule()
    def index(self) -> None:
        self._index_and_compare()

    @precondition(lambda self: self.indexed)
    @rule(word=st.sampled_from(["alpha", "beta", "gamma", "title"]))
    def search(self, word: str) -> None:
        with Memory.open(self.box.root, home=self.box.home.path) as memory:
            answer = memory.search.query(parse(word, mode="lexical"))
        assert answer.degraded is None
        for hit in answer.hits:
            assert hit.path in _NAMES

    def _index_and_compare(self) -> None:
        self.box.index(force=not any(self.box.root.rglob("*.*")))
        self.indexed = True
        assert self.box.contents() == self.box.clean()
        with Memory.open(self.box.root, home=self.box.home.path) as memory:
            for word in ("alpha", "gamma"):
                found = {hit.path for hit in memory.search.query(parse(word, mode="lexical", k=50)).hits}
                files = {p for p in self.box.root.rglob("*.*") if p.is_file() and word in p.read_text()}
                assert found == {path.relative_to(self.box.root).as_posix() for path in files}


def test_any_sequence_ends_like_a_clean_index(make_box: type[Box], rng: random.Random) -> None:
    machine: Any = type("ALife", (Life,), {"box_type": make_box})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
