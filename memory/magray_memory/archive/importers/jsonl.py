"""Importer of JSON lines, or of one array: objects with a `text` and the fields of `remember --batch`."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.reading import (
    dict_of,
    json_items_or_lines,
    line_of,
    list_of,
    text_of,
    time_of,
)
from magray_memory.archive.incoming import ForeignItem, LeftOut, Skipped
from magray_memory.archive.incoming_content import kind_of, tag_of
from magray_memory.records.draft import MAX_NAME, MAX_TITLE, Draft
from magray_memory.storage.uses import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

TEXTS = ("text", "content", "memory", "body", "note")
_IDS = ("id", "uuid", "_id")
_TIMES = ("created_at", "created", "createdAt", "timestamp", "ts", "date", "time")


def items(source: Source) -> Iterator[Incoming]:
    """The texts of every file of JSON lines."""
    for file in source.files():
        if source.kind != "file" and not file.name.endswith((".jsonl", ".ndjson", ".json")):
            yield LeftOut(file.path, "not JSON")
            continue
        for item in json_items_or_lines(file):
            yield item if isinstance(item, Skipped) else _text(source, item.where, dict_of(item.value))


def _text(source: Source, where: str, value: dict[str, Any]) -> Incoming:
    text = next((found for found in (text_of(value.get(name)) for name in TEXTS) if found.strip()), "")
    if not text:
        has = any(isinstance(value.get(name), str) for name in TEXTS)
        return LeftOut(where, "empty") if has else Skipped(where, 'it has no "text"')
    key = line_of(value.get("key"), MAX_NAME)
    id_ = next((str(value[name]) for name in _IDS if isinstance(value.get(name), (str, int))), "")
    name = key or id_ or blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    layer = text_of(value.get("layer")).lower()
    importance = value.get("importance")
    draft = Draft(
        text=text,
        title=line_of(value.get("title"), MAX_TITLE),
        kind=kind_of(value["kind"], "note") if text_of(value.get("kind")) else None,
        layer=layer if layer in LAYERS else None,
        tags=tuple(filter(None, map(tag_of, _tags(value)))),
        project=line_of(value.get("project"), MAX_NAME),
        session=line_of(value.get("session"), MAX_NAME),
        key=key,
        importance=float(importance) if isinstance(importance, (int, float)) else None,
        pinned=value.get("pin") is True or value.get("pinned") is True,
        created_at=next((at for at in (time_of(value.get(name)) for name in _TIMES) if at is not None), None),
    )
    return ForeignItem(where, f"jsonl:{'' if key else f'{source.mark}/'}{name}", draft)


def _tags(value: dict[str, Any]) -> list[str]:
    given = value.get("tags", value.get("tag"))
    return (
        given.replace(",", " ").split()
        if isinstance(given, str)
        else [text_of(tag) for tag in list_of(given)]
    )
