"""Importer of mem0: what `get_all` answers, or an export of its platform.

A memory is a fact. What it is filed under, its categories, and short words of its metadata become tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.reading import dict_of, json_items, line_of, list_of, text_of, time_of
from magray_memory.archive.incoming import ForeignItem, LeftOut, Skipped
from magray_memory.archive.incoming_content import tag_of
from magray_memory.records.draft import MAX_NAME, Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.importers.reading import Item
    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

TEXTS = ("memory", "content", "text", "data")
KEYS = ("results", "memories")
"""Where the memories stand in an answer."""
_OWNERS = ("user_id", "agent_id")
_LONGEST_WORD = 32


def items(source: Source) -> Iterator[Incoming]:
    """The memories of every JSON file."""
    for file in source.files():
        if source.kind != "file" and not file.name.endswith(".json"):
            yield LeftOut(file.path, "not JSON")
            continue
        facts = dict[str, Any]()
        for item in json_items(file, *KEYS, facts=facts):
            yield item if isinstance(item, Skipped) else _memory(source, item)
        for _ in list_of(facts.get("relations")):
            yield LeftOut(file.path, "relation of the graph")


def _memory(source: Source, item: Item) -> Incoming:
    memory = dict_of(item.value)
    text = next(filter(None, (text_of(memory.get(name)) for name in TEXTS)), "")
    if not text.strip():
        return Skipped(item.where, "it has no memory") if not memory else LeftOut(item.where, "empty")
    id_ = text_of(memory.get("id"))
    draft = Draft(
        text=text,
        kind="fact",
        tags=tuple(_tags(memory)),
        session=line_of(memory.get("run_id"), MAX_NAME),
        project=line_of(memory.get("app_id"), MAX_NAME),
        created_at=time_of(memory.get("created_at")),
    )
    key = f"mem0:{id_}" if id_ else f"mem0:{source.mark}/{item.where}"
    return ForeignItem(item.where, key, draft)


def _tags(memory: dict[str, object]) -> Iterator[str]:
    named = {name.removesuffix("_id"): memory.get(name) for name in _OWNERS} | dict_of(memory.get("metadata"))
    words = [f"{name}/{value}" for name, value in named.items() if _is_word(value)]
    for word in (*map(text_of, list_of(memory.get("categories"))), *words):
        tag = tag_of(word)
        if tag is not None:
            yield tag


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD and "\n" not in value
