"""Cards of records, in Markdown or plain text: what one is, whether its source holds, its first lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_server.lsp import cards, record_uris

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.values import Record

SHOWN = 3
_LINES = 6
_CHARACTERS = 600
_NAME = 60


def of_records(records: Iterable[Record], *, markdown: bool, linked: bool) -> list[str]:
    """A card of each of the first few records; `linked`: the editor opens a record's URI."""
    shown = sorted(records, key=lambda record: record.stored.superseded_by is not None)[:SHOWN]
    return [of_record(record, markdown=markdown, linked=linked) for record in shown]


def of_record(record: Record, *, markdown: bool, linked: bool = False) -> str:
    """The card of one record."""
    facts = " · ".join([name_of(record), *_facts(record.as_json())])
    head = _head(record.stored.text)
    if not markdown:
        return f"{facts}\n\n{head}"
    name = cards.name(name_of(record), markdown=True)
    name = f"[{name}]({record_uris.to_uri(record.id)})" if linked else name
    facts = " · ".join([name, *_facts(record.as_json())])
    return f"{facts}\n\n{head}"


def name_of(record: Record) -> str:
    """Its title, else its first line, short enough for a button or a message."""
    lines = (line.strip().lstrip("#>-*` ") for line in record.stored.text.split("\n"))
    text = record.stored.title or next((line for line in lines if line), record.id)
    text = " ".join(text.split())
    return text if len(text) <= _NAME else f"{text[: _NAME - 1]}…"


def _facts(record: dict[str, Any]) -> list[str]:
    """Id, kind, layer, day, and what speaks against it."""
    facts = [record["id"], record["kind"], record["layer"], record["created"][:10]]
    states = {"changed": "source changed", "gone": "source gone"}
    moved = record["moved_to"]
    if moved is not None:
        facts.append(f"moved to {moved['path']}:{moved['start_line']}-{moved['end_line']}")
    elif record["citation"] is not None:
        facts.append(states.get(record["citation"], record["citation"]))
    if record["superseded_by"] is not None:
        facts.append(f"superseded by {record['superseded_by']}")
    return facts


def _head(text: str) -> str:
    from magray_memory.values import front_matter

    lines = text.split("\n")[front_matter(text).rows :]
    while lines and not lines[0].strip():
        del lines[0]
    head = "\n".join(lines[:_LINES])[:_CHARACTERS].rstrip()
    if len(lines) > _LINES or len(head) == _CHARACTERS:
        head += "\n…"
    # A fence that is cut off would swallow whatever the editor shows below.
    return head + "\n```" if sum(line.lstrip().startswith("```") for line in head.split("\n")) % 2 else head
