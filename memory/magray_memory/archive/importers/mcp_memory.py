"""Importer of the memory file of MCP's reference server: a graph of entities, one object on each line.

An entity becomes a record: its observations as a list, its relations as links to other records' titles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.archive.importers.reading import Item, dict_of, json_lines, line_of, list_of, text_of
from magray_memory.archive.incoming import ForeignItem, LeftOut, Skipped
from magray_memory.archive.incoming_content import kind_of, tag_of
from magray_memory.archive.json_stream import JsonItems, NotJson, TextPieces
from magray_memory.records.draft import MAX_TITLE, Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source, SourceFile


_HEAD = 4096


def items(source: Source) -> Iterator[Incoming]:
    """The entities of every file of JSON lines."""
    for file in source.files():
        if source.kind == "file" or file.name.endswith((".jsonl", ".json")):
            yield from _graph(source, file)
        else:
            yield LeftOut(file.path, "not JSON")


def _graph(source: Source, file: SourceFile) -> Iterator[Incoming]:
    kinds, facts, relations = dict[str, str](), dict[str, list[str]](), dict[str, list[str]]()
    for item in _objects(file):
        if isinstance(item, Skipped):
            yield item
            continue
        value = item.value
        name, other = text_of(value.get("name")), text_of(value.get("to"))
        if value.get("type") == "entity" and name.strip():
            kinds[name] = text_of(value.get("entityType")) or kinds.get(name, "")
            facts.setdefault(name, []).extend(_observations(value.get("observations")))
        elif value.get("type") == "relation" and text_of(value.get("from")).strip() and other.strip():
            relation = line_of(value.get("relationType"), MAX_TITLE) or "relates_to"
            relations.setdefault(text_of(value.get("from")), []).append(f"{relation} [[{_link(other)}]]")
        else:
            yield Skipped(item.where, "it is neither an entity nor a relation")
    for name in {**facts, **relations}:
        rows = dict.fromkeys([*facts.get(name, ()), *relations.get(name, ())])  # each of them once
        text = "\n".join(f"- {row.strip()}".replace("\n", "\n  ") for row in rows) or name
        tag = tag_of(kinds.get(name, ""))
        draft = Draft(
            text=text,
            title=line_of(name, MAX_TITLE),
            kind=kind_of(kinds.get(name, ""), "fact"),
            tags=() if tag is None else (tag,),
        )
        yield ForeignItem(f"{file.path}: {name[:80]}", f"mcp-memory:{source.mark}/{name}", draft)


def _observations(value: object) -> list[str]:
    """Texts; some servers have one text, or objects with the text as `content`."""
    found = [text_of(value)] if isinstance(value, str) else list_of(value)
    return [text for one in found if (text := text_of(one) or text_of(dict_of(one).get("content")))]


def _objects(file: SourceFile) -> Iterator[Item | Skipped]:
    """The entities and relations: an object on each line, or both lists of what `read_graph` answers."""
    with file.open() as stream:
        pieces = TextPieces(stream)
        if '"entities"' not in pieces.peek()[:_HEAD]:
            yield from json_lines(file)
            return
        reader = JsonItems(pieces)
        try:
            yield from (Item(file.path, item) for item in reader)
        except NotJson as error:
            yield Skipped(file.path, f"it is no JSON: {error}")
        for name, kind in (("entities", "entity"), ("relations", "relation")):
            for value in list_of(reader.facts.get(name)):
                yield Item(file.path, {**dict_of(value), "type": kind})


def _link(name: str) -> str:
    return " ".join(name.replace("[", "(").replace("]", ")").split())
