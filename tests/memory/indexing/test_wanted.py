"""Order of embedding: what a question or an open file waits for goes before the rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.config import EmbeddingSettings, Settings
from magray_memory.index.open_vaults import OpenVault
from magray_memory.index.vector_store import VectorStore
from magray_memory.memory import Memory
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model
from magray_memory.search.query import SearchQuery, parse
from magray_memory.search.searcher import Searcher
from magray_memory.storage import wanted
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.leftovers import leftovers
from magray_memory.storage.vault_info import describe, drop_vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Workspace = Any

ASKED = "def hash_password(plain, salt):\n    return scrypt(plain.encode(), salt=salt)\n"
QUESTION = "hash a password of a user safely"
COUNT = 150


@pytest.fixture(scope="module")
def model() -> Embedder:
    return Embedder.open(load_model(BUNDLED / DEFAULT_ID))


class Model:
    """A model of which a test sees what it embeds, in order; `between` is called before each text."""

    def __init__(self, model: Embedder, between: Callable[[int], None] = lambda _: None) -> None:
        self._model = model
        self._between = between
        self.texts: list[str] = []
        self.of_heads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def _one_by_one(self, texts: Sequence[str], embed: Any, seen: list[str], stop: Any) -> Iterator[Any]:
        for position, text in enumerate(texts):
            self._between(len(self.texts) + len(self.of_heads))
            seen.append(text)
            for made in embed([text], stop):
                yield [position], *made[1:]

    def passages(self, texts: Sequence[str], stop: Any = None) -> Iterator[Any]:
        return self._one_by_one(texts, self._model.passages, self.texts, stop)

    def heads(self, texts: Sequence[str], stop: Any = None) -> Iterator[Any]:
        return self._one_by_one(texts, self._model.heads, self.of_heads, stop)


def populate(ws: Workspace) -> None:
    ws.write("asked.py", ASKED)
    for number in range(COUNT):
        ws.write(f"m{number}.py", f"def value_{number}():\n    return table[{number}]\n")


def search(ws: Workspace, model: Embedder, on_wanted: Any = wanted.add) -> None:
    """A search as another process makes it."""
    with ws.open() as vault:
        store = VectorStore(vault, model.key, ws.settings.vectors)
        opened = OpenVault(vault, "workspace", ws.root, lambda _: store)
        searcher = Searcher([opened], lambda _: model, on_wanted=on_wanted)
        try:
            assert searcher.search(parse(QUESTION)).hits[0].path == "asked.py"
        finally:
            searcher.close()
            store.close()


def test_a_search_while_the_model_is_at_work_raises_its_candidates(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(lexical=True)
    ws.write("asked.py", ASKED)
    asked: list[int] = []

    def between(number: int) -> None:
        if number == 10:
            asked.append(len(working.texts))
            search(ws, model)
        if asked and number < 60:
            time.sleep(0.01)

    working = Model(model, between)
    # The file asked for is the oldest, so that it would be the last.
    with ws.vault.write() as connection:
        connection.execute("UPDATE document SET mtime_ns = 1 WHERE path = 'asked.py'")
    report = ws.index("m1.py", embedder=lambda: working)
    at = next(n for n, text in enumerate(working.texts) if "hash_password" in text)
    assert asked[0] <= at < 120
    assert len(working.texts) >= COUNT + 1
    assert report.embedded == report.passages == COUNT + 1
    assert not wanted.wanted_file(ws.vault.path).exists()


def test_without_a_question_the_oldest_file_is_the_last(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(lexical=True)
    with ws.vault.write() as connection:
        connection.execute("UPDATE document SET mtime_ns = 1 WHERE path = 'asked.py'")
    search(ws, model, None)
    working = Model(model)
    # Passages of one window are sorted by length, shortest first: this one is longer than the others.
    ws.index("m1.py", embedder=lambda: working)
    assert "hash_password" in working.texts[-1]


def test_what_was_asked_before_the_run_goes_first(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(lexical=True)
    search(ws, model)
    working = Model(model)
    report = ws.index(embedder=lambda: working)
    at = next(n for n, text in enumerate(working.texts) if "hash_password" in text)
    assert at < 90
    assert report.embedded == report.passages


def test_where_only_beginnings_are_read_no_more_is_read_of_what_is_asked(
    ws: Workspace, model: Embedder
) -> None:
    populate(ws)
    ws.index(lexical=True)
    search(ws, model)
    ws.settings = Settings(embedding=EmbeddingSettings(depth="heads"))
    working = Model(model)
    ws.index(embedder=lambda: working)
    assert working.texts == []
    assert "hash_password" in "".join(working.of_heads[:90])


def test_a_search_of_what_is_read_wants_nothing(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(embedder=lambda: model)
    search(ws, model)
    assert not wanted.wanted_file(ws.vault.path).exists()


def test_the_beginnings_of_what_is_asked_are_read_to_the_end_where_the_settings_allow(
    ws: Workspace, model: Embedder
) -> None:
    ws.write("asked.py", ASKED + "".join(f"    value_{n} = compute_{n}()\n" for n in range(60)))
    noted: list[Any] = []
    for depth, expected in (("heads", 0), ("prose", 1)):
        ws.settings = Settings(embedding=EmbeddingSettings(depth=depth))
        ws.index(embedder=lambda: model)
        noted.clear()
        search(ws, model, lambda path, ids: noted.append((path, ids)))
        assert len(noted) == expected, depth


def test_approximate_vectors_that_are_to_stay_want_nothing(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.settings = Settings(embedding=EmbeddingSettings(depth="static"))
    ws.index(embedder=lambda: model)
    search(ws, model)
    assert not wanted.wanted_file(ws.vault.path).exists()


def test_a_one_shot_search_writes_it_when_it_closes(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(lexical=True)
    ws.vault.close()
    with Memory.open(ws.root, home=ws.home.path) as memory:
        memory.search.query(SearchQuery(QUESTION))
        path = ws.home.vault_path(ws.root)
        assert not wanted.wanted_file(path).exists()
    asked = wanted.take(path)
    assert 0 < len(asked) <= 64
    ws.vault = ws.open()
    with ws.vault.read() as connection:
        (first,) = connection.execute(
            "SELECT path FROM document d JOIN passage p ON d.id = p.document_id WHERE p.id = ?", asked[:1]
        ).fetchone()
    assert first == "asked.py"


def test_an_open_file_goes_first(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(lexical=True)
    ws.vault.close()
    with Memory.open(ws.root, home=ws.home.path) as memory:
        memory.search.want(ws.root, "asked.py")
        memory.search.want(ws.root, "missing.py")
    ws.vault = ws.open()
    working = Model(model)
    ws.index(embedder=lambda: working)
    assert "hash_password" in "".join(working.texts[:90])


def test_the_file_keeps_order_and_takes_any_harm(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    file = wanted.wanted_file(path)
    assert wanted.take(path) == []
    wanted.add(path, [3, 2, 1])
    wanted.add(path, [9, 2])
    assert wanted.take(path) == [2, 9, 1, 3]
    assert wanted.take(path) == []
    file.write_bytes(b"torn")
    assert wanted.take(path) == []
    wanted.add(path, [5])
    with file.open("ab") as stream:
        stream.write(b"\0\0\0")
    assert wanted.take(path) == [5]
    wanted.add(tmp_path / "missing" / "vault.db", [1])
    file.mkdir()
    wanted.add(path, [1])
    assert wanted.take(path) == []


def test_a_file_that_nobody_takes_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    for number in range(300):
        wanted.add(path, range(number * 64, number * 64 + 64))
    assert wanted.wanted_file(path).stat().st_size < 70_000
    assert wanted.take(path)[0] == 300 * 64 - 1


def test_ids_of_nothing_harm_no_run(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    wanted.add(ws.vault.path, [-1, 0, 1 << 62, 7])
    report = ws.index(embedder=lambda: model)
    assert report.embedded == report.passages


def test_it_goes_with_its_vault(ws: Workspace) -> None:
    ws.write("a.py", "x = 1\n")
    ws.index(lexical=True)
    file = wanted.wanted_file(ws.vault.path)
    wanted.add(ws.vault.path, [1])
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    ws.vault.close()
    assert info is not None
    drop_vault(info)
    assert not file.exists()
    wanted.add(info.path, [1])
    assert file in [left.path for left in leftovers(ws.home) if left.removable]
