"""Layers room: records rise by use, fade by age and leave through the trash, by the rules of the settings.

with Memory.open() as memory:
    memory.layers.promote()
    memory.layers.clean(dry_run=True)

A record leaves a place only when two runs, `notice_hours` apart, both find it due. So one run under a clock
that is wrong takes nothing, and whatever leaves was announced a day before. Each batch is one transaction:
whenever a run ends, what is done is done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from magray_memory.errors import LexicalDamaged, UsageError
from magray_memory.index.lexical import LexicalIndex
from magray_memory.progress import SILENT, Progress
from magray_memory.records.layer_rules import rules_of
from magray_memory.records.purge import Purged, purge_records
from magray_memory.records.record import moment, record_id
from magray_memory.storage import layers, records, uses
from magray_memory.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from magray_memory.context import Context
    from magray_memory.records.layer_rules import Rules
    from magray_memory.records.room import Records
    from magray_memory.storage.layers import Aging, Position
    from magray_memory.storage.record_types import StoredRecord
    from magray_memory.storage.vault import Vault

BATCH = 500
"""Records of one transaction: others wait for it some hundredths of a second."""
_PAUSE = 0.002
_EVERY_ID = 2**63 - 1
_NEXT = {"insights": "interact", "interact": "trash", "trash": "removed"}
"""Where a record that is due goes."""


@dataclass(frozen=True, slots=True)
class Move:
    """A record that goes from one place to another, and why. `when`: UTC seconds of the earliest run that
    moves it; None for one that moves now. `name`: its title, or how its text begins.
    """

    id: str
    name: str
    source: str
    target: str
    reason: str
    when: float | None = None

    def as_json(self) -> dict[str, Any]:
        """`from`, `to` and `when` (ISO 8601 or null) beside `id`, `name` and `reason`."""
        return {
            "id": self.id,
            "name": self.name,
            "from": self.source,
            "to": self.target,
            "reason": self.reason,
            "when": moment(self.when),
        }


@dataclass(slots=True)
class Moves:
    """What a run moved or, with `dry_run`, would move; then what later runs will."""

    dry_run: bool
    moves: list[Move] = field(default_factory=list[Move])
    seconds: float = 0.0
    purged: Purged | None = None
    """What became of the records that left the trash; None where none did."""
    waiting: int = 0
    """How many records are due and wait for their notice to pass, listed or not."""

    def as_json(self) -> dict[str, Any]:
        """`moves`, `purged`, `waiting`, and the seconds that the run took."""
        moves = [move.as_json() for move in self.moves]
        purged = None if self.purged is None else self.purged.as_json()
        return {
            "dry_run": self.dry_run,
            "moves": moves,
            "purged": purged,
            "waiting": self.waiting,
            "seconds": self.seconds,
        }


class Layers:
    """The layers of the notebook's records. Nothing happens where there is no notebook."""

    def __init__(self, context: Context, records: Records, clock: Callable[[], float] = time.time) -> None:
        self._context = context
        self._records = records
        self._clock = clock

    def promote(
        self,
        ids: Sequence[str] = (),
        layer: str | None = None,
        *,
        dry_run: bool = False,
        progress: Progress = SILENT,
    ) -> Moves:
        """Move every record that has earned it to a higher layer; of `ids`, just these, one layer up or to
        the layer that is named. Raises RecordNotFound, RecordError, UsageError, Interrupted between batches.
        """
        done = Moves(dry_run)
        began = time.monotonic()
        if layer is not None and not ids:
            raise UsageError("promote", "it does not say which records", "magray promote n17 --layer assets")
        if ids:
            done.moves += self._named(ids, layer, dry_run=dry_run)
        else:
            for batch in self._risen(dry_run, progress):
                done.moves += batch
        done.seconds = round(time.monotonic() - began, 3)
        return done

    def clean(
        self,
        *,
        dry_run: bool = False,
        at_once: bool = False,
        progress: Progress = SILENT,
    ) -> Moves:
        """Have what is due fade, or leave for the trash, and empty the trash of what is due there.

        Listed are also the records that were found due now and leave later, with the time; by a dry run those
        that were found before, too. `at_once`: they leave now.
        """
        began = time.monotonic()
        done = Moves(dry_run)
        vault = self._records.notebook(write=not dry_run)
        if vault is not None:
            run = _Cleaning(vault, self._rules, self._clock(), dry_run, at_once, progress)
            done.moves += run.moves()
            done.waiting = len(run.later)
            if not dry_run:
                purged = purge_records(self._context.home, vault, run.emptied, asked=False)
                done.purged = purged if purged.looked else None
                done.waiting = layers.count_marked(vault)  # what leaves the trash had its mark till now
        done.seconds = round(time.monotonic() - began, 3)
        return done

    @property
    def _rules(self) -> Rules:
        return rules_of(self._context.settings.layers)

    def _named(self, ids: Sequence[str], layer: str | None, *, dry_run: bool) -> list[Move]:
        from magray_memory.records.draft import LAYERS, clean_layer

        target = None if layer is None else clean_layer(layer)
        found = list(
            {record.id: record for record in (self._records.get(id_).stored for id_ in ids)}.values()
        )
        moves: list[Move] = []
        for record in found:
            above = target or LAYERS[min(LAYERS.index(record.layer) + 1, len(LAYERS) - 1)]
            if above != record.layer:
                moves.append(Move(record_id(record.id), _name(record), record.layer, above, "it was named"))
        vault = self._records.notebook(write=True) if moves and not dry_run else None
        if vault is not None:
            with vault.write():
                at = uses.stamp(vault, self._clock())
                for move in moves:
                    layers.set_layer(vault, [int(move.id[1:])], move.target, at)
        return moves

    def _risen(self, dry_run: bool, progress: Progress) -> Iterator[list[Move]]:
        vault = self._records.notebook(write=not dry_run)
        if vault is None:
            return
        rules, now, after, looked = self._rules, self._clock(), 0, 0
        every = not layers.rated_by(vault, repr(rules))
        if every and not dry_run:
            layers.rate_all(vault, repr(rules))
        while True:
            progress.check()
            progress.report("promoting records", looked, unit="records")
            with vault.read() if dry_run else vault.write():
                batch = layers.unrated(vault, after, BATCH, every=every and dry_run)
                rising = list(_rising(batch, rules, now))
                if not dry_run:
                    layers.rated(vault, [record.id for record in batch])
                    for target in {move.target for _, move in rising}:
                        moved = [record.id for record, move in rising if move.target == target]
                        layers.set_layer(vault, moved, target, uses.stamp(vault, now))
            yield [move for _, move in rising]
            if len(batch) < BATCH:
                return
            after = batch[-1].id
            looked += len(batch)
            time.sleep(_PAUSE)


@dataclass(slots=True)
class _Cleaning:
    """One run of `clean`, with one look at the clock."""

    vault: Vault
    rules: Rules
    now: float
    dry_run: bool
    at_once: bool
    progress: Progress
    emptied: list[int] = field(default_factory=list[int])
    """Records that leave the trash: all at once, since that rewrites the notebook."""
    later: list[Move] = field(default_factory=list[Move])
    """What later runs will move."""
    _acted: int = 0

    def moves(self) -> list[Move]:
        """What moved, then what will: as far as this run found it due, and in a dry run all of it."""
        if not self.dry_run:
            layers.unmark_ahead(self.vault, self.now)
            uses.forget_old_uses(self.vault)
        moved: list[Move] = []
        announced = self.now - (0.0 if self.at_once else self.rules.notice)
        for batch in self._batches(partial(layers.due, self.vault, announced), "due_at"):
            moved += self._act(batch)
        if self.dry_run:
            for batch in self._batches(partial(layers.due, self.vault, self.now), "due_at", announced):
                self.later += [
                    self._move(record, self._leaves(record)) for record in batch if self._is_due(record)
                ]
        for place in _NEXT:
            for batch in self._newly_due(place):
                if self._moves_now:
                    moved += self._act(batch)
                    continue
                if not self.dry_run:
                    layers.mark_due(self.vault, [record.id for record in batch], self.now)
                self.later += [self._move(record, self.now + self.rules.notice) for record in batch]
        return [*moved, *self.later]

    @property
    def _moves_now(self) -> bool:
        return self.at_once or not self.rules.notice

    def _leaves(self, record: Aging) -> float:
        """When a record that is marked may leave."""
        assert record.due_at is not None
        return record.due_at + self.rules.notice

    def _is_due(self, record: Aging) -> bool:
        return self.rules.is_due(record, self.now)

    def _newly_due(self, place: str) -> Iterator[list[Aging]]:
        """Batches of records that no run has found due before."""
        before = self.now - self.rules.limit(place)
        if place == "trash":
            return self._batches(partial(layers.trashed, self.vault, before), "trashed_at")
        return self._batches(partial(layers.aged, self.vault, place, before), "age_from")

    def _batches(
        self, read: Callable[[int, Position], list[Aging]], time: str, after: float | None = None
    ) -> Iterator[list[Aging]]:
        """Batches in the order of a time, of those `after` it alone. Nothing is read twice, moved or not."""
        last = layers.FIRST if after is None else (after, _EVERY_ID)
        while True:
            self.progress.check()
            found = read(BATCH, last)
            if found:
                yield found
            if len(found) < BATCH:
                return
            last = getattr(found[-1], time), found[-1].id

    def _act(self, batch: Sequence[Aging]) -> list[Move]:
        """Move what is still as due as it was when it was read; take the mark from what is not."""
        if self.dry_run:
            return [self._move(record) for record in batch if self._is_due(record)]
        if not batch:
            return []
        self.progress.check()
        self.progress.report("cleaning records", self._acted, unit="records")
        self._acted += len(batch)
        try:
            return self._act_once(batch)
        except LexicalDamaged:  # the same once more makes the lexical index again
            return self._act_once(batch)
        finally:
            time.sleep(_PAUSE)

    def _act_once(self, batch: Sequence[Aging]) -> list[Move]:
        marks = {record.id: record.due_at for record in batch}
        with self.vault.write():
            found = layers.find(self.vault, list(marks))
            still = [record for record in found if self._is_due(record) and record.due_at == marks[record.id]]
            kept = marks.keys() - {record.id for record in still}
            layers.mark_due(self.vault, [record.id for record in found if record.id in kept], None)
            at = uses.stamp(self.vault, self.now)
            faded = [record.id for record in still if _place(record) == "insights"]
            left = [record.id for record in still if _place(record) == "interact"]
            layers.set_layer(self.vault, faded, _NEXT["insights"], at)
            records.trash(self.vault, left, LexicalIndex(self.vault), at)
        self.emptied += [record.id for record in still if _place(record) == "trash"]
        return [self._move(record) for record in still]

    def _move(self, record: Aging, when: float | None = None) -> Move:
        place = _place(record)
        reason = self.rules.why_it_leaves(record, self.now)
        return Move(record_id(record.id), _name(record), place, _NEXT[place], reason, when)


def _rising(batch: Iterable[Aging], rules: Rules, now: float) -> Iterator[tuple[Aging, Move]]:
    for record in batch:
        rises = rules.rises_to(record, now)
        if rises is not None:
            target, why = rises
            yield record, Move(record_id(record.id), _name(record), record.layer, target, why)


def _place(record: Aging) -> str:
    return record.layer if record.trashed_at is None else "trash"


def _name(record: Aging | StoredRecord) -> str:
    return redact(record.title or _first_line(record.text)).text


def _first_line(text: str) -> str:
    """The first line with words, without the marks of Markdown."""
    lines = (line.strip() for line in text.split("\n") if not line.startswith(("```", "---")))
    return next(filter(None, (line.lstrip("#>*- ")[:80] for line in lines)), "")
