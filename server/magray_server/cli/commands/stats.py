"""View of `magray stats`: short tables, one for each kind of figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from magray_memory.values import Item, Query, Stats
    from magray_server.operations.stats import CountUsage

_WEEKS = 12
"""Weeks that are shown, the last ones."""


def _lines(call: Call[CountUsage], stats: Stats) -> Iterator[str]:
    yield from _records(call, stats)
    yield from _weeks(stats)
    yield from _asked(stats)
    yield from _used(stats)
    yield from _sizes(stats)


def _records(call: Call[CountUsage], stats: Stats) -> Iterator[str]:
    counts = stats.records
    also = [f"{counts.pinned:,} pinned", f"{counts.trashed:,} in the trash"]
    yield f"{render.count(counts.total, 'record')}, {', '.join(also)}"
    groups = {
        "layer": counts.by_layer,
        "kind": counts.by_kind,
        "tag": counts.by_tag,
        "project": counts.by_project,
    }
    rows = [(name, _top(group, call.options.limit)) for name, group in groups.items() if group]
    yield from render.table([(f"  by {name}", text) for name, text in rows])


def _top(group: Mapping[str, int], limit: int) -> str:
    shown = [f"{safe(name)} {count:,}" for name, count in list(group.items())[:limit]]
    rest = len(group) - len(shown)
    return ", ".join(shown) + (f", and {rest:,} more" if rest else "")


def _weeks(stats: Stats) -> Iterator[str]:
    if stats.weeks:
        rows = [
            (f"  {week.week}", f"{week.records:,}", f"{week.total:,}", f"{week.searches:,}")
            for week in stats.weeks[-_WEEKS:]
        ]
        yield ""
        yield from render.table([("  WEEK OF", "WRITTEN", "RECORDS", "QUESTIONS"), *rows], right=(1, 2, 3))


def _asked(stats: Stats) -> Iterator[str]:
    asked = stats.searches
    yield ""
    if not asked.enabled:
        yield "questions are not kept (usage.enabled is off)"
        return
    time = "" if asked.median_ms is None else f", answered in {asked.median_ms:,.0f} ms (median)"
    yield f"{render.count(asked.total, 'question')}, {asked.unanswered:,} without an answer{time}"
    yield from _queries("asked most", asked.queries)
    yield from _queries("without an answer", asked.without_answer, missed=True)
    yield from _items("found most", asked.found)


def _queries(title: str, queries: Sequence[Query], *, missed: bool = False) -> Iterator[str]:
    if queries:
        yield f"  {title}"
        rows = [(f"    {q.unanswered if missed else q.count:,}", safe(q.query)[:100]) for q in queries]
        yield from render.table(rows, right=(0,))


def _items(title: str, items: Sequence[Item]) -> Iterator[str]:
    if items:
        yield f"  {title}"
        rows = [(f"    {i.count:,}", safe(i.id or ""), safe(i.path or i.name)) for i in items]
        yield from render.table(rows, right=(0,))


def _used(stats: Stats) -> Iterator[str]:
    yield ""
    yield f"records were opened {render.count(stats.opened.total, 'time')}"
    yield from _items("opened most", stats.opened.records)
    unused = stats.unused
    yield f"{render.count(unused.total, 'record')} not used for {unused.days:,} days"
    if unused.records:
        rows = [(f"    {safe(i.id or '')}", safe(i.name)) for i in unused.records]
        yield from render.table(rows)


def _sizes(stats: Stats) -> Iterator[str]:
    sizes = stats.sizes
    parts = {
        "notebook": sizes.notebook,
        "workspaces": sizes.workspaces,
        "vector cache": sizes.vector_cache,
        "models": sizes.models,
        "backups": sizes.backups,
        "logs": sizes.logs,
        "usage": sizes.usage,
        "other": sizes.other,
    }
    shown = ", ".join(f"{name} {render.size(size)}" for name, size in parts.items() if size)
    yield ""
    yield f"{render.size(sizes.total)} on disk" + (f": {shown}" if shown else "")


VIEWS = {"stats": View(lines=_lines)}
