"""Records rise by use on several days, fade by age, leave through the trash, and never early."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.context import Context
from magray_memory.errors import QueryError, RecordError, RecordNotFound, UsageError
from magray_memory.records.draft import Draft
from magray_memory.records.layers import Layers
from magray_memory.records.room import Records
from magray_memory.storage import layers as rows
from magray_memory.storage import record_checksums, uses
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from magray_memory.records.layers import Moves

    from .conftest import Clock

HOUR, DAY = 3600.0, 86400.0
EPOCH = 0.0


class Life:
    """A memory under a clock, as its person and its schedule use it."""

    def __init__(self, home: Path, workspace: Path, clock: Clock, **settings: object) -> None:
        overrides = {f"layers.{name}": value for name, value in settings.items()}
        self.clock = clock
        self.context = Context.open(workspace, home=home, overrides=overrides, environ={})
        self.records = Records(self.context, clock)
        self.layers = Layers(self.context, self.records, clock)

    def remember(self, text: str, **fields: Any) -> str:
        return self.records.remember(Draft(text=text, **fields)).record.id

    def open(self, id_: str) -> None:
        self.records.show(id_)
        self.records.uses.write()

    def place(self, id_: str) -> str:
        try:
            stored = self.records.get(id_, trashed=True).stored
        except RecordNotFound:
            return "removed"
        return stored.layer if stored.trashed_at is None else "trash"

    def run(self) -> list[tuple[str, str, str]]:
        """What one run of the schedule moves."""
        return _moved(self.layers.promote()) + _moved(self.layers.clean())

    def days(self, count: float, *, each: float = DAY) -> list[tuple[str, str, str]]:
        """Let time pass with a run in each of its parts."""
        moved: list[tuple[str, str, str]] = []
        for _ in range(round(count * DAY / each)):
            self.clock.tick(each)
            moved += self.run()
        return moved

    def close(self) -> None:
        self.records.close()
        self.context.close()


def _moved(done: Moves) -> list[tuple[str, str, str]]:
    return [(move.id, move.source, move.target) for move in done.moves if move.when is None]


@pytest.fixture
def live(tmp_path: Path, workspace: Path, clock: Clock) -> Iterator[Callable[..., Life]]:
    lives: list[Life] = []

    def begin(**settings: object) -> Life:
        lives.append(Life(tmp_path / "home", workspace, clock, **settings))
        return lives[-1]

    yield begin
    for life in lives:
        life.close()


@pytest.fixture
def life(live: Callable[..., Life]) -> Life:
    return live()


def test_one_record_rises_to_assets_by_use_and_another_goes_to_the_trash_and_back(life: Life) -> None:
    used = life.remember("Payments are retried three times.")
    left = life.remember("The printer is on the second floor.")
    life.open(used)
    assert life.run() == [], "one day of use is not enough"
    assert life.days(0.9, each=HOUR * 3) == []
    life.open(used)
    assert life.run() == [(used, "interact", "insights")]
    for _ in range(4):
        assert (used, "insights", "assets") not in life.days(1)
        life.open(used)
        life.run()
    assert life.place(used) == "insights", "days of use count anew in each layer"
    life.days(1)
    life.open(used)
    assert life.run() == [(used, "insights", "assets")]
    assert life.place(left) == "trash"
    life.records.restore(left)
    assert life.place(left) == "interact"
    assert life.days(0.9, each=HOUR * 3) == [], "what was restored is young again"
    assert life.days(2) == [(left, "interact", "trash")]
    assert life.days(400) == [(left, "trash", "removed")]
    assert (life.place(used), life.place(left)) == ("assets", "removed"), "assets are kept for good"


def test_a_record_leaves_after_a_day_without_use_and_a_day_of_notice(life: Life, clock: Clock) -> None:
    kept = life.remember("one")
    began = clock.now
    assert life.days(1.9, each=HOUR) == []
    assert life.days(0.2, each=HOUR) == [(kept, "interact", "trash")]
    assert clock.now - began >= 2 * DAY


def test_a_use_on_the_last_day_of_notice_keeps_it(life: Life) -> None:
    kept = life.remember("one")
    life.days(1.9, each=HOUR)
    life.open(kept)
    assert life.days(1.9, each=HOUR) == []
    life.records.edit(kept, text="two")
    assert life.days(1.9, each=HOUR) == []


def test_insights_fade_after_ninety_days_and_do_not_rise_again_by_what_they_were(life: Life) -> None:
    kept = life.remember("one", importance=0.9)
    assert life.run() == [(kept, "interact", "insights")]
    assert life.days(90) == []
    assert life.days(5) == [(kept, "insights", "interact"), (kept, "interact", "trash")]


def test_a_faded_record_that_is_used_again_rises_again(life: Life) -> None:
    kept = life.remember("one", importance=0.9)
    life.run()
    assert life.days(91.5, each=DAY / 2) == [(kept, "insights", "interact")]
    life.open(kept)
    assert life.run() == [(kept, "interact", "insights")]


def test_a_hundred_uses_in_one_afternoon_are_one_day(life: Life) -> None:
    kept = life.remember("one")
    for _ in range(100):
        life.open(kept)
    assert life.run() == []
    stored = life.records.get(kept).stored
    assert (stored.access_count, stored.layer) == (100, "interact")


def test_what_is_pinned_rises_to_assets_and_never_leaves(life: Life) -> None:
    pinned, loose = life.remember("one", pinned=True), life.remember("two")
    assert life.run() == [(pinned, "interact", "assets")]
    life.records.pin(loose)
    assert life.run() == [(loose, "interact", "assets")]
    assert life.days(800, each=DAY * 5) == []


def test_a_pinned_record_does_not_leave_before_a_run_has_seen_the_pin(life: Life) -> None:
    kept = life.remember("one")
    life.days(1.9, each=HOUR)
    life.records.pin(kept)
    life.clock.tick(DAY)
    assert _moved(life.layers.clean()) == []
    life.records.pin(kept, pinned=False)
    assert _moved(life.layers.clean()) == [], "to unpin it makes it young"


def test_a_record_starts_where_it_is_told(life: Life) -> None:
    insight, asset = life.remember("one", layer="insights"), life.remember("two", layer="assets")
    assert life.days(80) == []
    assert life.days(400, each=DAY * 2) == [
        (insight, "insights", "interact"),
        (insight, "interact", "trash"),
        (insight, "trash", "removed"),
    ]
    assert life.place(asset) == "assets"


def test_what_was_written_years_ago_is_young_here(life: Life, clock: Clock) -> None:
    kept = life.remember("one", created_at=clock.now - 2000 * DAY)
    assert life.days(1.9, each=HOUR) == []
    assert life.place(kept) == "interact"


def test_a_dry_run_lists_what_would_move_and_changes_nothing(life: Life) -> None:
    risen, left = life.remember("# Ports\n\nThe port is 8080.", importance=0.9), life.remember("- item")
    (move,) = life.layers.promote(dry_run=True).moves
    assert move.as_json() == {
        "id": risen,
        "name": "Ports",
        "from": "interact",
        "to": "insights",
        "reason": "its importance is 0.9 (0.8 is enough)",
        "when": None,
    }
    assert life.place(risen) == "interact"
    life.layers.promote()
    assert life.layers.promote(dry_run=True).moves == []
    life.clock.tick(DAY)
    for _ in range(2):
        (later,) = life.layers.clean(dry_run=True).moves
        assert (later.id, later.name, later.when) == (left, "item", life.clock.now + DAY)
        assert later.reason == "not used for 24 hours (interact keeps 24 hours)"
    life.layers.clean()
    life.clock.tick(HOUR)
    done = life.layers.clean()
    assert (done.moves, done.waiting) == ([], 1), "what an earlier run found is counted"
    (later,) = life.layers.clean(dry_run=True).moves
    assert later.when == life.clock.now + DAY - HOUR, "and listed with its time by a dry run"
    life.clock.tick(DAY)
    would = life.layers.clean(dry_run=True).moves
    assert [(move.id, move.target, move.when) for move in would] == [(left, "trash", None)]
    assert [move.id for move in life.layers.clean().moves] == [left]
    life.clock.tick(31 * DAY)
    assert life.layers.clean().waiting == 1
    life.clock.tick(DAY)
    done = life.layers.clean()
    assert (_moved(done), done.waiting) == ([(left, "trash", "removed")], 0), "what left waits no more"


def test_at_once_waits_for_no_second_run(life: Life) -> None:
    kept = life.remember("one")
    life.clock.tick(DAY)
    assert _moved(life.layers.clean(dry_run=True, at_once=True)) == [(kept, "interact", "trash")]
    assert life.place(kept) == "interact"
    assert _moved(life.layers.clean(at_once=True)) == [(kept, "interact", "trash")]


def test_named_records_go_up_or_where_they_are_told(life: Life) -> None:
    one, two = life.remember("one"), life.remember("two")
    assert _moved(life.layers.promote([one, one], dry_run=True)) == [(one, "interact", "insights")]
    assert _moved(life.layers.promote([one, two])) == [
        (one, "interact", "insights"),
        (two, "interact", "insights"),
    ]
    assert _moved(life.layers.promote([one], "assets")) == [(one, "insights", "assets")]
    assert _moved(life.layers.promote([one])) == [], "there is nothing above"
    assert _moved(life.layers.promote([one], "interact")) == [(one, "assets", "interact")]
    life.records.forget([two])
    for ids, layer, error in (
        ([one, "n99"], None, RecordNotFound),
        ([one, two], None, RecordNotFound),
        ([one], "attic", RecordError),
        ([], "assets", UsageError),
        (["x y"], None, (QueryError, RecordNotFound)),
    ):
        with pytest.raises(error):
            life.layers.promote(ids, layer)
    assert life.place(one) == "interact", "all of them or none"


def test_profiles_and_settings_decide(live: Callable[..., Life], clock: Clock) -> None:
    life = live(profile="tidy")
    kept = life.remember("one", importance=0.85)
    assert life.run() == []
    clock.tick(12 * HOUR)
    (move,) = life.layers.clean(dry_run=True, at_once=True).moves
    assert "interact keeps 12 hours" in move.reason
    other = live(profile="keep-most", interact_hours=1, notice_hours=0)
    (move,) = other.layers.promote(dry_run=True).moves
    assert move.reason == "its importance is 0.85 (0.6 is enough)", "other rules look at every record again"
    assert _moved(other.layers.clean()) == [(kept, "interact", "trash")]


def test_without_a_notebook_nothing_is_done_or_made(life: Life, tmp_path: Path) -> None:
    assert life.run() == []
    assert not (tmp_path / "home" / "notebook.db").exists()


@pytest.mark.parametrize("jump", [DAY, -DAY, 13 * HOUR, -3 * HOUR, 60 * DAY, -60 * DAY, 3000 * DAY])
def test_a_clock_that_jumps_for_a_while_takes_nothing_early(life: Life, clock: Clock, jump: float) -> None:
    layers = {"one": "interact", "two": "insights"}
    kept = {life.remember(text, layer=layer): layer for text, layer in layers.items()}
    trashed = life.remember("three")
    life.records.forget([trashed])
    life.days(0.5, each=HOUR)
    clock.now += jump
    assert life.days(0.9, each=HOUR) == []
    clock.now -= jump
    assert life.days(0.4, each=HOUR) == []
    assert {id_: life.place(id_) for id_ in kept} == kept
    assert life.place(trashed) == "trash"


@pytest.mark.parametrize("jump", [DAY, 12 * HOUR, -DAY])
def test_a_clock_that_jumps_by_a_day_and_stays_takes_nothing_early(
    life: Life, clock: Clock, jump: float
) -> None:
    kept = life.remember("one")
    life.days(0.1, each=HOUR)
    clock.now += jump
    assert life.days(0.9, each=HOUR) == []
    assert life.place(kept) == "interact"


def test_what_is_stored_while_the_clock_is_behind_is_as_young_as_it_is(life: Life, clock: Clock) -> None:
    early = life.remember("one", layer="insights")
    right, clock.now = clock.now, EPOCH + 5
    late, opened = life.remember("two", layer="insights"), life.remember("three", layer="insights")
    life.open(opened)
    clock.now = right
    life.days(1)
    assert life.days(88) == []
    assert {life.place(id_) for id_ in (early, late, opened)} == {"insights"}


def test_a_wrong_stamp_of_the_far_future_keeps_no_other_record(life: Life, clock: Clock) -> None:
    right, clock.now = clock.now, clock.now + 5000 * DAY
    future = life.remember("one")
    clock.now = right
    other = life.remember("two")
    assert life.days(3) == [(other, "interact", "trash")]
    assert life.place(future) == "interact"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin"])
def test_time_zones_and_summer_time_change_nothing(
    live: Callable[..., Life], clock: Clock, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    clock.now = 1_774_650_000.0  # the day before summer time begins in Europe
    life = live()
    kept = life.remember("one")
    life.days(0.5, each=HOUR)
    monkeypatch.setenv("TZ", zone)
    _tzset()
    try:
        assert life.days(1.4, each=HOUR) == []
        assert life.days(0.2, each=HOUR) == [(kept, "interact", "trash")]
    finally:
        monkeypatch.undo()
        _tzset()


def _tzset() -> None:
    import time

    if hasattr(time, "tzset"):
        time.tzset()


def test_a_home_that_cannot_be_written_answers_and_counts_no_use(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = life.remember("one")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert life.records.show(kept).record.id == kept
    life.records.uses.write()
    monkeypatch.undo()
    assert life.records.get(kept).stored.access_count == 0


def test_a_run_finds_what_it_looks_at_by_indexes(life: Life) -> None:
    life.remember("one")
    vault = life.records.notebook(write=False)
    assert vault is not None
    statements = {
        rows.UNRATED: (0, 500),
        rows.AGED: ("interact", 0.0, 0.0, 0, 500),
        rows.TRASHED: (0.0, 0.0, 0, 500),
        rows.DUE: (0.0, 0.0, 0, 500),
        rows.MARKED: (),
        rows.AHEAD: (0.0,),
        uses.NEWEST: ("interact",),
    }
    with vault.read() as connection:
        for statement, values in statements.items():
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))
            assert "USING INDEX record_" in plan.replace("COVERING ", ""), (statement, plan)
            assert "SCAN" not in plan or "SCAN document USING INDEX record_unrated" in plan, plan


def test_a_run_of_the_schedule_reads_no_record_that_waits(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("magray_memory.records.layers.BATCH", 3)
    ids = {life.remember(f"number {number}") for number in range(10)}
    life.clock.tick(DAY)
    assert {move.id for move in life.layers.clean(dry_run=True).moves} == ids
    assert {move.id for move in life.layers.clean().moves} == ids, "the run that finds them due lists them"
    read: list[int] = []
    aging = rows.Aging

    def noted(*row: Any) -> rows.Aging:
        read.append(row[0])
        return aging(*row)

    monkeypatch.setattr(rows, "Aging", noted)
    for _ in range(3):
        life.clock.tick(HOUR)
        done = life.layers.clean()
        assert (done.moves, done.waiting, read) == ([], 10, [])
    assert {move.id for move in life.layers.clean(dry_run=True).moves} == ids
    life.clock.tick(DAY)
    assert {move.id for move in life.layers.clean(dry_run=True).moves if move.when is None} == ids
    assert {move.id for move in life.layers.clean().moves} == ids
    life.clock.tick(30 * DAY)
    assert {move.id for move in life.layers.clean().moves} == ids
    life.clock.tick(DAY)
    assert {(move.id, move.target) for move in life.layers.clean().moves} == {(id_, "removed") for id_ in ids}


def test_a_run_that_finds_records_due_reads_nothing_that_belongs_to_them(life: Life) -> None:
    for number in range(40):
        life.remember(f"number {number}")
    life.run()
    life.clock.tick(40 * 3600)
    vault = life.records.notebook(write=True)
    assert vault is not None
    with vault.read() as connection:
        pass
    said: list[str] = []
    connection.set_trace_callback(said.append)
    life.run()
    connection.set_trace_callback(None)
    assert any("SET due_at" in statement for statement in said)
    assert not [one for one in said if "FROM link" in one or "FROM former_value" in one]
    with vault.read() as connection:
        assert record_checksums.altered_records(connection) == set()
        unsealed = "SELECT count(*) FROM document WHERE use_checksum IS NULL OR record_checksum IS NULL"
        assert connection.execute(unsealed).fetchone() == (0,)


def test_a_run_over_many_records_writes_what_moves_alone(life: Life) -> None:
    ids = [life.remember(f"number {number}", layer="assets") for number in range(40)]
    life.run()
    life.clock.tick(10)
    life.open(ids[7])
    vault = life.records.notebook(write=True)
    assert vault is not None
    with vault.write() as connection:
        before = connection.total_changes
        assert life.run() == []
        assert connection.total_changes - before <= 2, "the one that was used, and nothing else"
    assert len(life.records.list(RecordFilter(), 100).records) == 40
