"""Counting: makes the statistics of a home of its notebook, its usage log and its files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from magray_memory.archive.backup_folder import folder_of
from magray_memory.records.record import moment, record_id
from magray_memory.search.weights import ANSWERED
from magray_memory.storage import record_counts, usage_log
from magray_memory.storage.vault_info import size_of
from magray_memory.text.redaction import redact
from magray_memory.usage.sizes import sizes_of
from magray_memory.usage.statistics import (
    Item,
    Opened,
    Query,
    RecordCounts,
    Searches,
    Stats,
    Unused,
    Week,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.context import Context
    from magray_memory.storage.record_counts import Named
    from magray_memory.storage.usage_log import Asked
    from magray_memory.storage.vault import Vault

_NAME = 80


@dataclass(frozen=True, slots=True)
class Counting:
    """One count at the time `now`, of uses and questions since `since`, with `limit` names in a list."""

    context: Context
    notebook: Vault | None
    now: float
    since: float | None
    limit: int

    def stats(self, unused_days: int) -> Stats:
        """All of it. Raises StorageError for a notebook that cannot be read."""
        begin, vault = self.since or 0.0, self.notebook
        asked = usage_log.questions(self.context.home.usage, begin)
        return Stats(
            since=moment(self.since),
            records=RecordCounts() if vault is None else _counts(vault),
            weeks=_weeks(vault, asked, begin),
            searches=self._searches(asked),
            opened=Opened() if vault is None else _opened(vault, begin, self.limit),
            unused=Unused(unused_days) if vault is None else self._unused(vault, unused_days),
            sizes=sizes_of(self.context.home, folder_of(self.context)),
        )

    def _searches(self, asked: Sequence[Asked]) -> Searches:
        queries = _queries(asked)
        missed = [query for query in queries if query.unanswered]
        return Searches(
            enabled=self.context.settings.usage.enabled,
            total=len(asked),
            unanswered=sum(map(_is_unanswered, asked)),
            median_ms=round(median(one.took_ms for one in asked), 1) if asked else None,
            queries=queries[: self.limit],
            without_answer=sorted(missed, key=lambda query: -query.unanswered)[: self.limit],
            found=_found(self.notebook, asked, self.limit),
        )

    def _unused(self, vault: Vault, days: int) -> Unused:
        count, records = record_counts.unused(vault, self.now - days * 86_400, self.limit)
        return Unused(days, count, [_item(record) for record in records])


def _counts(vault: Vault) -> RecordCounts:
    totals = record_counts.totals(vault)
    return RecordCounts(
        totals.kept,
        totals.pinned,
        totals.trashed,
        totals.characters,
        size_of(vault.path),
        dict(record_counts.counts_by(vault, "layer")),
        dict(record_counts.counts_by(vault, "kind")),
        dict(record_counts.counts_by_tag(vault)),
        dict(record_counts.counts_by(vault, "project")),
    )


def _queries(asked: Iterable[Asked]) -> list[Query]:
    """Each query once, in whatever case and spacing: the most asked first, of those the last asked."""
    groups: dict[str, list[Asked]] = {}
    for one in asked:
        groups.setdefault(" ".join(one.query.casefold().split()), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: (len(group), group[-1].at), reverse=True)
    return [
        Query(
            " ".join(group[-1].query.split()),
            len(group),
            sum(map(_is_unanswered, group)),
            moment(group[-1].at) or "",
        )
        for group in ordered
    ]


def _is_unanswered(asked: Asked) -> bool:
    """Whether there was no hit, or only such that hardly answer."""
    return not asked.hits or (asked.confidence is not None and asked.confidence < ANSWERED)


def _found(vault: Vault | None, asked: Sequence[Asked], limit: int) -> list[Item]:
    counts = Counter(place for one in asked for place in one.found)
    last = {place: one.at for one in asked for place in one.found}
    ids = {int(place[1:]): place for place in counts if _is_record(place)}
    names = {} if vault is None else record_counts.names(vault, ids)
    items: list[Item] = []
    for place, count in counts.most_common():
        if len(items) == limit:
            break
        if not _is_record(place):
            items.append(Item(None, place, place.rpartition("/")[2], count, moment(last[place])))
        elif int(place[1:]) in names:  # else it is gone
            items.append(Item(place, None, _short(names[int(place[1:])]), count, moment(last[place])))
    return items


def _is_record(place: str) -> bool:
    return place[:1] == "n" and place[1:].isdecimal()


def _opened(vault: Vault, since: float, limit: int) -> Opened:
    records = record_counts.most_used(vault, since, limit)
    return Opened(record_counts.count_uses(vault, since), [_item(record) for record in records])


def _item(record: Named) -> Item:
    return Item(record_id(record.id), None, _short(record.name), record.uses, moment(record.at))


def _short(name: str) -> str:
    """The first line with words, without the marks of Markdown, and without what looks like a secret."""
    lines = (line.strip().lstrip("#>*- ") for line in redact(name).text.split("\n"))
    return next((line[:_NAME] for line in lines if line and not line.startswith(("```", "---"))), "")


def _weeks(vault: Vault | None, asked: Iterable[Asked], since: float) -> list[Week]:
    """Every week in which something was written or asked, the oldest first; the totals count all weeks."""
    written: Mapping[str, int] = {} if vault is None else dict(record_counts.weeks(vault))
    searched = Counter(_monday(one.at) for one in asked)
    found: list[Week] = []
    total = 0
    for week in sorted({*written, *searched}):
        total += written.get(week, 0)
        if week >= _monday(since):
            found.append(Week(week, written.get(week, 0), total, searched[week]))
    return found


def _monday(at: float) -> str:
    try:
        day = datetime.fromtimestamp(at).date()
    except (ValueError, OverflowError, OSError):
        day = date.min
    return str(day - timedelta(days=min(day.weekday(), day.toordinal() - 1)))
