"""Records for people: a line each in lists, and all of one."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.failures import ShellError
from magray_server.cli.terminal import coloured, cut, results, style, width
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from magray_memory.values import Move, Purged, Record, RecordDetails
    from magray_server.cli.shell import Shell

MAX_NAME = 80
"""Characters of a record's name where no terminal says how wide it is."""
MAX_STDIN = 10_000_000


def listed(records: Iterable[Record]) -> Iterator[str]:
    """A line for each record: id, kind, day of the last change, layer, name, tags."""
    colour, columns = coloured(results()), width(results())
    rows = [_row(record) for record in records]
    for line, record in zip(render.table([row[:4] for row in rows]), rows, strict=True):
        rest = cut(record[4], MAX_NAME if columns is None else max(8, columns - len(line) - 2))
        head, _, facts = line.partition(" ")
        yield f"{style(head, 'cyan', colour=colour)} {facts}  {rest}".rstrip()


def _row(record: Record) -> tuple[str, str, str, str, str]:
    stored = record.stored
    marks = ["pinned"] if stored.pinned else []
    if stored.superseded_by is not None:
        marks.append(f"replaced by n{stored.superseded_by}")
    if record.citation is not None and record.citation.state != "verified":
        marks.append(f"its source {_STATES[record.citation.state]}")
    tail = "".join(f"  #{safe(tag)}" for tag in stored.tags[:5]) + "".join(f"  ({mark})" for mark in marks)
    return record.id, stored.kind, _day(stored.updated_at), stored.layer, name_of(record) + tail


_STATES = {"verified": "is as it was", "moved": "moved", "changed": "has changed", "gone": "is gone"}


def name_of(record: Record) -> str:
    """The title, else the first line with words, without the marks of Markdown."""
    stored = record.stored
    lines = (line.strip() for line in stored.text.split("\n") if not line.startswith(("```", "---")))
    return safe(stored.title or next(filter(None, (line.lstrip("#>*- ") for line in lines)), ""))


def changed(verb: str, records: Iterable[Record]) -> Iterator[str]:
    """A line for each record that a command changed."""
    for record in records:
        yield f"{record.id}  {verb}  {cut(name_of(record), MAX_NAME)}"


def purged(done: Purged) -> Iterator[str]:
    """The records that are gone, and where was looked."""
    for id_ in done.ids:
        yield f"{id_}  removed for good"
    if done.looked:
        rows = [(place.what, _removed(place.removed), safe(place.path)) for place in done.looked]
        yield from (f"  looked into {line}" for line in render.table(rows))


def _removed(count: int | None) -> str:
    return "" if count is None else f"{count:,} removed"


def purge_notes(shell: Shell, done: Purged) -> None:
    """What a purge has not reached: as a warning where it should have been."""
    for place in done.unreached:
        say = shell.warn if place.failed else shell.note
        say(f"not reached: {place.path}: {place.why}")


def moved(moves: Sequence[Move]) -> Iterator[str]:
    """A line for each record that goes from one place to another: id, places, reason, name."""
    rows = [
        (
            move.id,
            f"{move.source} -> {move.target}" + ("" if move.when is None else f" from {_time(move.when)} on"),
            move.reason,
            cut(safe(move.name), MAX_NAME),
        )
        for move in moves
    ]
    return render.table(rows)


def shown(details: RecordDetails, *, history: bool) -> Iterator[str]:
    """A record whole: facts, then its text, then what else is known."""
    record = details.record
    yield from render.table(list(_facts(details)))
    yield ""
    yield from _lines(record.stored.text)
    if history:
        for state in details.history:
            yield ""
            span = f"{_time(state.from_at)} to {_time(state.until_at)}"
            yield style(f"-- from {span}", "dim", colour=coloured(results()))
            yield from _lines(state.text)


def _facts(details: RecordDetails) -> Iterator[tuple[str, str]]:
    record, stored = details.record, details.record.stored
    replaced = "" if stored.superseded_by is None else f"n{stored.superseded_by}"
    trashed = "" if stored.trashed_at is None else f"since {_time(stored.trashed_at)}"
    facts = (
        ("id", record.id),
        ("title", stored.title),
        ("key", stored.key),
        ("kind", stored.kind),
        ("layer", stored.layer + ", pinned" * stored.pinned),
        ("tags", " ".join(f"#{tag}" for tag in stored.tags)),
        ("project", stored.project),
        ("session", stored.session),
        ("created", _time(stored.created_at)),
        ("changed", _changed_at(details)),
        ("source", _source(record)),
        ("replaces", ", ".join(details.supersedes)),
        ("replaced by", replaced),
        ("linked from", "; ".join(f"{o.id} {cut(name_of(o), 40)}" for o in details.linked_from)),
        ("in the trash", trashed),
    )
    return ((name, safe(text)) for name, text in facts if text)


def _changed_at(details: RecordDetails) -> str:
    stored, former = details.record.stored, len(details.history)
    if stored.updated_at == stored.created_at:
        return ""
    return _time(stored.updated_at) + (f" ({render.count(former, 'former text')})" if former else "")


def _source(record: Record) -> str:
    cited, now = record.stored.citation, record.citation
    if cited is None or now is None:
        return ""
    place = f"{cited.path}:{cited.start_line}-{cited.end_line}"
    moved = f" to {now.path}:{now.start_line}-{now.end_line}" if now.state == "moved" else ""
    commit = f" at {cited.commit[:10]}" if cited.commit else ""
    return f"{place}{commit}, which {_STATES[now.state]}{moved}"


def _lines(text: str) -> Iterator[str]:
    for line in text.rstrip("\n").split("\n"):
        yield safe(line)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def redacted_note(counts: Mapping[str, int]) -> str:
    """What was taken out of a text before it was stored, in a sentence."""
    total = sum(counts.values())
    was = "a secret was" if total == 1 else f"{total} secrets were"
    return f"{was} taken out and not stored: {render.kinds(counts)}"


def from_stdin() -> str:
    """All of stdin as text. Raises ShellError for what is no text, or far too much."""
    from magray_memory.values import Undecodable, decode

    data = sys.stdin.buffer.read(MAX_STDIN + 1)
    if len(data) > MAX_STDIN:
        raise ShellError("stdin", f"it is longer than {MAX_STDIN // 1_000_000} MB", "keep it as a file")
    try:
        return decode(data)
    except Undecodable as error:
        raise ShellError("stdin", f"it is no text: {error.reason}") from None
