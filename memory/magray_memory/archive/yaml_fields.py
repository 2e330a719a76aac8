"""YAML fields: the top of a YAML mapping as text and lists of text, and a text as a quoted scalar.

Nothing is resolved, constructed or expanded: the parser's events are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import Event, ScalarEvent

MAX_CHARS = 1_000_000
_MAX_DEPTH = 32
_NULLS = ("", "~", "null", "Null", "NULL")
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Field:
    """The value of a key: its text, or the texts of its list; neither for null and for a mapping."""

    text: str | None = None
    items: tuple[str, ...] | None = None


def quoted(text: str) -> str:
    """The text as a scalar in double quotes, on one line, which reads as this text and nothing else."""
    return f'"{_SPECIAL.sub(_escape, text)}"'


def read_fields(text: str) -> dict[str, Field] | None:
    """The fields of a mapping by key; None for what is no YAML, or no mapping."""
    if len(text) > MAX_CHARS:
        return None
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        events = cast("Iterator[Event]", yaml.parse(text, loader))  # pyright: ignore[reportUnknownMemberType]
        return _mapping(events)
    except (yaml.YAMLError, ValueError):
        return None


def _mapping(events: Iterator[Event]) -> dict[str, Field]:
    import yaml

    fields: dict[str, Field] = {}
    _stream, _document, first = next(events, None), next(events, None), next(events, None)
    if not isinstance(first, yaml.MappingStartEvent):
        raise ValueError("no mapping")
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = str(event.value) if isinstance(event, yaml.ScalarEvent) else ""
        if not isinstance(event, yaml.ScalarEvent):
            _skip(event, events)
        fields.setdefault(key, _field(next(events), events))
    for _ in events:  # whatever is wrong behind the mapping is wrong with the whole
        pass
    return fields


def _field(event: Event, events: Iterator[Event]) -> Field:
    import yaml

    if isinstance(event, yaml.ScalarEvent):
        return Field(_text(event))
    if not isinstance(event, yaml.SequenceStartEvent):
        _skip(event, events)
        return Field()
    items: list[str] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        if isinstance(event, yaml.ScalarEvent):
            items.append(_text(event) or "")
        else:
            _skip(event, events)
    return Field(items=tuple(items))


def _text(event: ScalarEvent) -> str | None:
    value = str(event.value)
    return None if not event.style and value in _NULLS else value


def _skip(event: Event, events: Iterator[Event]) -> None:
    """Read to the end of a node that is no text."""
    import yaml

    depth = 0
    while True:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if depth <= 0:
            return
        event = next(events)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"
