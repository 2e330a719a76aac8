"""Importer of the earlier magray, written in Rust: `magray_memory.jsonl`, and backups, a `tar.gz` with
`metadata.json` and `LAYER_records.json`, each an array or an object a line. Vectors are left behind.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.reading import (
    dict_of,
    json_items_or_lines,
    line_of,
    list_of,
    text_of,
    time_of,
)
from magray_memory.archive.incoming import LeftOut, Skipped, WholeRecord
from magray_memory.archive.incoming_content import kind_of, tag_of
from magray_memory.records.draft import MAX_NAME
from magray_memory.storage.record_states import RecordState
from magray_memory.storage.record_types import StoredRecord
from magray_memory.storage.uses import LAYERS
from magray_memory.text.chunk import chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

RECORDS = "_records.json"
METADATA = "metadata.json"


def items(source: Source) -> Iterator[Incoming]:
    """The records of a file, or of all layers of a backup."""
    for file in source.files():
        if source.kind != "file" and not file.name.endswith((RECORDS, ".jsonl")):
            yield LeftOut(file.path, "no records")
            continue
        named = file.name.removesuffix(RECORDS)
        layer = named if named in LAYERS else None
        for item in json_items_or_lines(file):
            if isinstance(item, Skipped):
                yield item
            else:
                yield _record(item.where, dict_of(item.value), layer)


def _record(where: str, value: dict[str, Any], layer: str | None) -> Incoming:
    text = text_of(value.get("text"))
    if not text.strip():
        return LeftOut(where, "empty")
    try:
        uid = uuid.UUID(text_of(value.get("id"))).hex
    except ValueError:
        return Skipped(where, "it has no id")
    created = time_of(value.get("ts")) or time_of(value.get("created")) or 0.0
    stated = text_of(value.get("layer")).lower()
    score, uses = value.get("score"), value.get("access_count")
    record = StoredRecord(
        id=0,
        uid=uid,
        text=text,
        title=None,
        kind=kind_of(value.get("kind") or "", "note"),
        layer=layer or (stated if stated in LAYERS else "interact"),
        tags=tuple(filter(None, (tag_of(text_of(tag)) for tag in list_of(value.get("tags"))))),
        project=line_of(value.get("project"), MAX_NAME),
        session=line_of(value.get("session"), MAX_NAME),
        key=None,
        created_at=created,
        updated_at=created,
        layer_at=created,
        last_access_at=time_of(value.get("last_access")) if uses else None,
        access_count=uses if isinstance(uses, int) and 0 <= uses < 1 << 53 else 0,
        # It wrote 0 where nothing had rated a record.
        importance=min(float(score), 1.0) if isinstance(score, (int, float)) and score > 0 else 0.5,
        pinned=False,
        trashed_at=None,
        superseded_by=None,
        citation=None,
    )
    return WholeRecord(where, RecordState(record, chunk("", text, language="markdown").links))
