"""What is purged stands in no byte of the home: rows, words, vectors, caches, snapshots, history, logs."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.context import Context
from magray_memory.errors import RecordError, RecordNotFound
from magray_memory.index.vector_store import VectorStore
from magray_memory.indexing.notebook import embed_notebook
from magray_memory.records.draft import Draft
from magray_memory.records.layers import Layers
from magray_memory.records.room import Records
from magray_memory.storage import vector_spaces
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from magray_memory.memory import Memory
    from magray_memory.records.record import Record

    from .conftest import Clock

WORDS = ("zanzibar", "quokka", "Пустельга", "kolibri", "鸚鵡螺", "wombatka")
"""Words that stand nowhere else."""
SECRET = "# Zanzibar\n\nThe quokka Пустельга knows it. 鸚鵡螺\n\nSee [[Kolibri Notes]]. #wombatka\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def context(home: Path, workspace: Path) -> Iterator[Context]:
    context = Context.open(workspace, home=home, environ={})
    yield context
    context.close()


@pytest.fixture
def records(context: Context, clock: Clock) -> Iterator[Records]:
    room = Records(context, clock)
    yield room
    room.close()


def fill(records: Records, count: int = 120) -> None:
    """Records around it, so that pages are shared, split and joined."""
    chance = random.Random(5)
    for number in range(count):
        words = " ".join(chance.choice(["port", "queue", "deploy", "noon", "retry"]) for _ in range(60))
        records.remember(Draft(text=f"note {number} about {words}"))


def remember(records: Records) -> Record:
    """A record with a history, uses, and the same text in many places."""
    kept = records.remember(Draft(text=SECRET, title="Quokka", key="kolibri-key", project="zanzibar")).record
    records.edit(kept.id, text=SECRET + "Kolibri once more.\n" + "filler " * 3000)
    records.show(kept.id)
    return records.edit(kept.id, text="Nothing of it, but #wombatka.\n")


def holding(home: Path, needles: Iterable[str | bytes]) -> set[tuple[str, str]]:
    """Files of the home, models apart, that hold a needle in any case."""
    found: set[tuple[str, str]] = set()
    wanted = [needle if isinstance(needle, bytes) else needle.encode() for needle in needles]
    wanted += [needle.lower().encode() for needle in needles if isinstance(needle, str)]
    for path in home.rglob("*"):
        if path.is_file() and "models" not in path.parts:
            data = path.read_bytes()
            low = data.lower()
            found |= {(path.name, repr(needle)) for needle in wanted if needle in data or needle in low}
    return found


def vectors_of(home: Path, passages: Iterable[str]) -> list[bytes]:
    """The stored vectors of passages with such a text."""
    with closing(sqlite3.connect(home / "notebook.db")) as connection:
        rows = connection.execute(
            "SELECT data FROM vector JOIN passage ON passage.id = passage_id WHERE instr(lower(text), ?)",
            (next(iter(passages)),),
        ).fetchall()
    return [row[0] for row in rows]


def parts(blobs: Iterable[bytes]) -> list[bytes]:
    """Pieces of vectors, as they would stand in a page that is partly overwritten."""
    return [blob[at : at + 32] for blob in blobs for at in range(64, len(blob) - 32, 128)]


def test_every_byte_of_a_record_goes(records: Records, home: Path) -> None:
    fill(records)
    kept = remember(records)
    fill(records, 200)
    assert {needle for _, needle in holding(home, WORDS)}, "the test can see it"
    purged = records.purge([kept.id])
    assert purged.ids == [kept.id]
    assert purged.whole and not purged.unreached, purged
    assert holding(home, WORDS) == set()
    assert {place.what for place in purged.looked} >= {
        "records, history, links and uses",
        "words of the lexical index",
        "index snapshots",
        "vector cache",
        "free pages and the log",
        "logs",
    }
    with pytest.raises(RecordNotFound):
        records.get(kept.id, trashed=True)
    assert len(records.list(RecordFilter(), 1_000).records) == 200


def test_what_went_through_the_trash_goes_when_it_is_emptied(records: Records, home: Path) -> None:
    fill(records, 20)
    kept, other = remember(records), records.remember(Draft(text="the printer is upstairs")).record
    records.forget([kept.id, other.id])
    with pytest.raises(RecordError, match="is not in the trash"):
        records.empty_trash(["n1"])
    with pytest.raises(RecordNotFound):
        records.empty_trash([kept.id, "n999"])
    assert records.empty_trash([kept.id]).ids == [kept.id]
    assert holding(home, WORDS) == set()
    assert records.empty_trash().ids == [other.id]
    assert holding(home, ["printer"]) == set()
    assert records.empty_trash().ids == []


def test_the_schedule_empties_the_trash_in_the_same_way(
    records: Records, context: Context, clock: Clock, home: Path
) -> None:
    kept = remember(records)
    records.forget([kept.id])
    layers = Layers(context, records, clock)
    emptied: list[str] = []
    for _ in range(33):
        clock.tick(86_400)
        purged = layers.clean().purged
        emptied += purged.ids if purged is not None else []
    assert emptied == [kept.id]
    assert holding(home, WORDS) == set()
    assert records.list(RecordFilter(trashed=True)).records == []


def test_vectors_go_from_the_vault_its_snapshots_and_the_cache(
    records: Records, context: Context, home: Path
) -> None:
    fill(records, 30)
    kept = records.remember(Draft(text=SECRET)).record
    embed_notebook(context)
    vault = records.notebook(write=True)
    assert vault is not None
    key = vector_spaces.serving(vault)
    assert key is not None
    store = VectorStore(vault, key, context.effective.vectors)
    store.save_snapshot(force=True)
    store.close()
    pieces = parts(vectors_of(home, ["quokka"]))
    assert pieces
    assert {name.removesuffix("-wal") for name, _ in holding(home, pieces)} >= {"notebook.db", "vectors.db"}
    assert any(name.endswith(".exact") for name, _ in holding(home, pieces))
    records.edit(kept.id, text=SECRET + "\nMore of it, which is embedded too.")
    embed_notebook(context)
    pieces += parts(vectors_of(home, ["quokka"]))
    purged = records.purge([kept.id])
    assert purged.whole, purged
    assert holding(home, [*pieces, *WORDS]) == set()
    embed_notebook(context)
    assert any(path.name.endswith(".exact") for path in home.iterdir()), "the index is written anew"
    assert holding(home, [*pieces, *WORDS]) == set()


def test_a_vector_that_another_record_has_too_stays(records: Records, context: Context, home: Path) -> None:
    one = records.remember(Draft(text=SECRET, project="a")).record
    records.remember(Draft(text=SECRET, project="b"))
    embed_notebook(context)
    blobs = vectors_of(home, ["quokka"])
    records.purge([one.id])
    assert any(name == "vectors.db" for name, _ in holding(home, parts(blobs)))


def test_a_log_is_blanked_and_a_quarantined_notebook_is_named(
    records: Records, home: Path, workspace: Path, memory: Memory
) -> None:
    kept = remember(records)
    (home / "logs").mkdir()
    log = home / "logs" / "lsp.log"
    log.write_text("10:00 start\nThe quokka Пустельга knows it. 鸚鵡螺\n10:01 end\n", "utf-8")
    (home / "notebook.db.damaged-20260101T000000Z").write_bytes(b"SQLite format 3\0...")
    (home / "copy-of-mine.txt").write_text("The quokka Пустельга knows it. 鸚鵡螺", "utf-8")
    (workspace / "notes.md").write_text("As it says:\n\nThe quokka Пустельга knows it. 鸚鵡螺\n", "utf-8")
    memory.index.run(lexical=True)
    quoting = records.remember(Draft(text="Somebody wrote: The quokka Пустельга knows it. 鸚鵡螺 So.")).record
    purged = records.purge([kept.id])
    assert purged.whole
    assert {(place.path, place.why) for place in purged.unreached} == {
        (
            str(home / "notebook.db.damaged-20260101T000000Z"),
            "it is a notebook that was damaged and quarantined, and may hold it",
        ),
        (str(home / "copy-of-mine.txt"), "the file holds it"),
        (f"{workspace}/notes.md", "the file quotes it"),
        (quoting.id, "the record quotes it"),
    }
    text = log.read_text("utf-8", errors="strict")
    assert text.startswith("10:00 start\n***") and text.endswith("***\n10:01 end\n")


def test_another_program_that_reads_is_waited_for_or_named(records: Records, home: Path) -> None:
    kept = remember(records)
    with closing(sqlite3.connect(home / "notebook.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM document").fetchone()
        purged = records.purge([kept.id])
        assert not purged.whole
        assert any("reading from the log" in place.why for place in purged.unreached)
        reader.execute("COMMIT")
    records.remember(Draft(text="the next change"))
    assert records.purge([records.remember(Draft(text="one more")).record.id]).whole
    assert holding(home, WORDS) == set()


def test_a_process_that_embeds_is_named(
    records: Records, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = remember(records)
    monkeypatch.setattr("magray_memory.records.purge._LOCK_SECONDS", 0.1)
    with IndexerLock(home / "notebook.db").acquire():
        purged = records.purge([kept.id])
    assert not purged.whole
    assert any("embeds records" in place.why for place in purged.unreached)
    with contextlib.suppress(RecordNotFound):
        records.get(kept.id, trashed=True)
        pytest.fail("the record is gone all the same")


def test_what_a_purged_record_replaced_counts_again(records: Records) -> None:
    old = records.remember(Draft(text="the port is 80")).record
    new = records.remember(Draft(text="the port is 8080", supersedes=old.id)).record
    assert records.get(old.id).stored.superseded_by is not None
    records.purge([new.id])
    assert records.get(old.id).stored.superseded_by is None


def test_all_or_none(records: Records) -> None:
    kept = records.remember(Draft(text="one")).record
    with pytest.raises(RecordNotFound):
        records.purge([kept.id, "n99"])
    assert records.get(kept.id).id == kept.id


def test_a_purge_that_was_killed_is_ended_by_the_next_run(
    records: Records, context: Context, home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(records, 30)
    kept = records.remember(Draft(text=SECRET)).record
    embed_notebook(context)
    pieces = parts(vectors_of(home, ["quokka"]))
    with monkeypatch.context() as patched:
        patched.setattr("magray_memory.storage.purge.merge_words", _killed)
        with pytest.raises(KeyboardInterrupt):
            records.purge([kept.id])
    assert holding(home, pieces), "its vectors are still there, and its row is gone"
    with pytest.raises(RecordNotFound):
        records.get(kept.id, trashed=True)
    purged = Layers(context, records, clock).clean().purged
    assert purged is not None and purged.whole and purged.ids == []
    assert holding(home, [*pieces, *WORDS]) == set()
    assert records.empty_trash().looked == [], "once is enough"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
