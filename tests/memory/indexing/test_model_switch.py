"""Changing the model of a vault that is in use: the old vectors answer until the new set is whole."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tiny_model import make_model

from magray_memory.errors import Interrupted
from magray_memory.health.report import Component, Severity
from magray_memory.indexing.events import Progress
from magray_memory.memory import Memory
from magray_memory.models import store
from magray_memory.models.model import write_model
from magray_memory.models.recipe import embedding_key
from magray_memory.models.store import ModelOverrides
from magray_memory.search.query import parse
from magray_memory.session import Session
from magray_memory.storage import vector_spaces, vectors
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.indexing.events import Event
    from magray_memory.models.model import Model

    Answer = tuple[str, tuple[tuple[str | None, float], ...]]

QUERY = "parse the header of a packet"


class Place:
    """A workspace and two small models of different sizes."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.home = Home(folder / "home")
        self.home.ensure()
        self.root.mkdir()
        (self.root / ".git").mkdir()
        for number in range(60):
            words = " ".join(f"word{(number * 7 + i) % 90}" for i in range(30))
            text = f"# Part {number}\n\nHow to parse header {number} of a packet: {words}.\n"
            (self.root / f"part{number}.md").write_text(text, encoding="utf-8")
        self.first = store.install_from_folder(
            make_model(folder / "one", dim=32), self.home.path, ModelOverrides()
        )
        self.second = store.install_from_folder(
            make_model(folder / "two", dim=24, seed=5), self.home.path, ModelOverrides()
        )

    def memory(self, model: Model, **settings: object) -> Memory:
        overrides = {"embedding.model": model.id, "index.workers": 1, **settings}
        return Memory.open(self.root, home=self.home.path, overrides=overrides, environ={})

    def index(self, model: Model, **options: Any) -> Any:
        with self.memory(model) as memory:
            return memory.index.run(**options)

    def vault(self) -> Vault:
        found = Vault.find(self.home.vault_path(self.root), kind=VaultKind.WORKSPACE, root=self.root)
        assert found is not None
        return found

    def serving(self) -> str | None:
        with self.vault() as vault:
            return vector_spaces.serving(vault)

    def keys(self) -> dict[str, int]:
        with self.vault() as vault, vault.read() as connection:
            return dict(connection.execute("SELECT key, vectors FROM embedding_key").fetchall())


def found_in(memory: Memory) -> dict[str, Any]:
    """The only vault, as status tells it."""
    (vault,) = memory.health.status().as_json()["vaults"]
    return vault


def component(memory: Memory, name: str) -> Component:
    return next(part for part in memory.health.status().components if part.name == name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def answer(memory: Memory | Session) -> Answer:
    found = memory.search.query(parse(QUERY, mode="semantic"))
    assert found.degraded is None
    return found.mode, tuple((hit.path, hit.score) for hit in found.hits)


def test_answers_are_of_the_old_set_or_of_the_new_one_and_never_fail(place: Place) -> None:
    place.index(place.first)
    session = Session.start(place.home, [place.root], {"embedding.model": place.first.id})
    session.search.warm()
    readers: list[Callable[[], Answer]] = []
    with place.memory(place.first) as same, place.memory(place.second) as other:
        before = answer(same)
        readers = [lambda: answer(same), lambda: answer(other), lambda: answer(session)]
        seen: list[list[Answer]] = [[] for _ in readers]
        failures: list[BaseException] = []
        stop = threading.Event()

        def read(number: int) -> None:
            try:
                while not stop.is_set():
                    seen[number].append(readers[number]())
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(len(readers))]
        for thread in threads:
            thread.start()
        place.index(place.second)
        with place.memory(place.second) as fresh:
            after = answer(fresh)
        while not failures and not all(answers and answers[-1] == after for answers in seen):
            stop.wait(0.05)
        stop.set()
        for thread in threads:
            thread.join()
    session.close()
    assert not failures
    assert before != after
    for answers in seen:
        assert answers[0] == before
        switched = answers.index(after)
        assert set(answers[:switched]) == {before}
        assert set(answers[switched:]) == {after}


def test_until_the_new_set_is_whole_the_old_one_serves(place: Place) -> None:
    place.index(place.first)
    done: list[int] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.phase == "semantic":
            done.append(event.done)

    with place.memory(place.second, **{"storage.durability": "high-reliability"}) as memory:
        with pytest.raises(Interrupted):
            memory.index.run(on_event=on_event, should_stop=lambda: bool(done and done[-1]))
        assert place.serving() == embedding_key(place.first)
        found = memory.search.query(parse(QUERY))
        assert (found.mode, found.degraded, found.pending) == ("hybrid", None, 0)
        partly = place.keys().get(embedding_key(place.second), 0)
        told = found_in(memory)
        assert 0 < partly <= told["passages"]
        assert (told["pending"], told["model"]) == (0, place.first.id)
        assert told["change"] == {
            "from": place.first.id,
            "to": place.second.id,
            "made": partly,
            "share": round(partly / told["passages"], 4),
        }
        summary = component(memory, "vector_index")
        assert summary.severity is Severity.INFO
        assert f"of {place.second.id} is embedded; {place.first.id} answers" in summary.summary
        report = memory.index.run()
        assert found_in(memory)["change"] is None
        assert component(memory, "vector_index").severity is Severity.OK
    assert report.embedded + report.reused + partly == report.passages
    assert place.serving() == embedding_key(place.second)


def test_switching_back_embeds_nothing(place: Place) -> None:
    place.index(place.first)
    place.index(place.second)
    assert place.keys().keys() == {embedding_key(place.first), embedding_key(place.second)}
    back = place.index(place.first)
    assert (back.embedded, place.serving()) == (0, embedding_key(place.first))
    place.index(place.first)
    assert place.keys().keys() == {embedding_key(place.first)}
    again = place.index(place.second)
    assert (again.embedded, again.reused) == (0, again.passages)
    assert place.serving() == embedding_key(place.second)


def test_the_old_set_goes_with_its_snapshots_and_leaves_others_alone(place: Place) -> None:
    place.index(place.first)
    with place.memory(place.second) as memory:
        place.index(place.second)
        expected = answer(memory)
        place.index(place.second)
        assert answer(memory) == expected
    kept = {path.name.split(".")[1] for path in place.home.workspaces.glob("*.snapshot")}
    assert len(kept) == 1


def test_files_that_change_meanwhile_are_found_by_words(place: Place) -> None:
    place.index(place.first)
    (place.root / "new.md").write_text("# New\n\nA zebra crosses the header.\n", encoding="utf-8")
    with place.memory(place.second) as memory:
        memory.index.run(lexical=True)
        found = memory.search.query(parse("zebra"))
        assert [hit.path for hit in found.hits][:1] == ["new.md"]
        assert found.hits[0].freshness == "pending"
        assert found.pending == 1
        memory.index.run()
        assert memory.search.query(parse("zebra")).pending == 0


def test_a_set_with_a_damaged_vector_does_not_serve(place: Place) -> None:
    place.index(place.first)
    place.index(place.second)
    old, new = embedding_key(place.first), embedding_key(place.second)
    path = place.home.vault_path(place.root)
    with Vault.open(path, kind=VaultKind.WORKSPACE, root=place.root, write=True) as vault:
        vault.set_meta(vector_spaces.SERVING, old)
        with vault.write() as connection:
            connection.execute(
                "UPDATE vector SET data = zeroblob(48) WHERE passage_id = 3"
                " AND key_id = (SELECT id FROM embedding_key WHERE key = ?)",
                (new,),
            )
        assert vectors.find_damaged(vault, new) == [3]
    warnings: list[str] = []
    place.index(place.second, on_warning=warnings.append)
    assert place.serving() == old
    assert warnings == ["the old model answers: passages without a vector of the new one: 1"]
    place.index(place.second)
    assert place.serving() == new


def test_a_model_that_is_gone_leaves_words_and_says_so(place: Place) -> None:
    place.index(place.first)
    (place.first.place / "model.toml").unlink()
    with place.memory(place.second) as memory:
        found = memory.search.query(parse(QUERY))
    assert found.mode == "lexical"
    assert found.hits
    assert found.degraded is not None
    assert place.first.id in found.degraded
    with place.memory(place.second) as memory:
        part = component(memory, "vector_index")
        assert part.severity is Severity.WARNING
        assert "search is by words only" in part.summary
        assert place.first.id in part.summary
        memory.index.run()
        assert component(memory, "vector_index").severity is Severity.OK


def test_another_model_under_the_same_name_is_another_model(place: Place, tmp_path: Path) -> None:
    """Its files and its model.toml change beneath a program that has the old one open."""
    place.index(place.first)
    other = make_model(tmp_path / "other", dim=32, seed=9)
    session = Session.start(place.home, [place.root], {"embedding.model": place.first.id})
    session.search.warm()
    with session, place.memory(place.first) as reader, place.memory(place.first) as writer:
        before = answer(reader)
        assert writer.index.run().embedded == 0
        changed = place.first._replace(
            folder=other,
            files={
                key: file._replace(sha256=hashlib.sha256((other / file.name).read_bytes()).hexdigest())
                for key, file in place.first.files.items()
            },
            reference="",
        )
        write_model(changed)
        assert answer(reader) == answer(session) == before
        assert found_in(writer)["change"]["made"] == 0
        report = writer.index.run()
        assert (report.embedded, report.model) == (report.passages, place.first.id)
        with place.memory(place.first) as fresh:
            after = answer(fresh)
        assert answer(reader) == after != before
        in_time = time.monotonic() + 30
        while session.search.query(parse(QUERY, mode="semantic")).degraded is not None:
            assert time.monotonic() < in_time
            time.sleep(0.05)
        assert answer(session) == after


def test_a_model_that_is_deleted_goes_on_in_a_session_that_has_it_open(place: Place) -> None:
    place.index(place.first)
    session = Session.start(place.home, [place.root], {"embedding.model": place.first.id})
    session.search.warm()
    with session:
        before = answer(session)
        (place.first.folder / "model.onnx").unlink()
        (place.first.place / "model.toml").unlink()
        assert answer(session) == before
        with place.memory(place.first) as fresh:
            assert fresh.search.query(parse(QUERY)).mode == "lexical"


def test_a_file_that_was_exchanged_is_not_believed(place: Place, tmp_path: Path) -> None:
    """As after training it further: the size is the same, the vectors are others."""
    place.index(place.first)
    other = make_model(tmp_path / "other", dim=32, seed=9)
    file = place.first.folder / "model.onnx"
    assert file.stat().st_size == (other / "model.onnx").stat().st_size
    file.write_bytes((other / "model.onnx").read_bytes())
    with place.memory(place.first) as memory:
        found = memory.search.query(parse(QUERY))
        assert (found.mode, found.degraded is not None) == ("lexical", True)
        assert "the checksum of" in str(found.degraded)
        assert memory.index.run(force=True).embedded == 0
        told = component(memory, "model")
    assert (told.severity, "the checksum of" in told.summary) == (Severity.WARNING, True)
    assert f"magray model use {place.first.folder}" in told.hint
