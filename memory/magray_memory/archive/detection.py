"""Detection: which formats a source may have, by what its first files begin with."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from magray_memory.archive.exported_record import FORMAT
from magray_memory.archive.importers.chats import is_conversations
from magray_memory.archive.importers.claude import is_remembered
from magray_memory.archive.importers.jsonl import TEXTS
from magray_memory.archive.importers.magray_rust import METADATA, RECORDS
from magray_memory.archive.importers.mem0 import KEYS
from magray_memory.archive.importers.notes import ENDINGS
from magray_memory.archive.importers.reading import dict_of
from magray_memory.archive.json_stream import JsonItems, NotJson, TextPieces
from magray_memory.archive.note_file import UID, split_note
from magray_memory.archive.yaml_fields import read_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.archive.source import Source, SourceFile

_SAMPLE_BYTES = 1 << 18
_NOTES = 200
"""Notes of a folder that are looked at."""
_LINES = 20
_PERMALINK = re.compile(r"^permalink:", re.MULTILINE)
_VAULT_FOLDER = ".obsidian"


def candidates(source: Source) -> list[str]:
    """The names of the importers that fit, the likeliest first."""
    if source.kind == "file":
        (file,) = source.files()
        if file.name.lower().endswith(ENDINGS):
            return ["markdown"]
        return _of_data(file) or [name for name in [_of_note(file)] if name]
    found: dict[str, None] = {}
    notes: list[str] = []
    canvases = False
    for file in source.files():
        if is_conversations(file):
            found.update(dict.fromkeys(_of_data(file)))
        elif file.name == METADATA or file.name.endswith(RECORDS) or file.name == "magray_memory.jsonl":
            found["magray-rust"] = None
        elif file.name.lower().endswith(ENDINGS) and len(notes) < _NOTES:
            notes.append(_of_note(file))
        canvases = canvases or file.name.endswith(".canvas")
    is_vault = canvases or any(source.hidden(f"{_VAULT_FOLDER}/app.json"))
    is_vault = is_vault or (source.kind == "folder" and os.path.isdir(source.path / _VAULT_FOLDER))  # noqa: PTH112
    found.update(dict.fromkeys(_of_notes(notes, is_vault=is_vault)))
    return list(found) or _of_one(source)


def _of_notes(notes: Sequence[str], *, is_vault: bool) -> list[str]:
    """What a folder is by what its notes are."""
    if "markdown" in notes:
        return ["markdown"]
    if notes and notes.count("basic-memory") * 2 > len(notes):
        return ["basic-memory", "obsidian"] if is_vault else ["basic-memory"]
    if is_vault:
        return ["obsidian"]
    return ["markdown"] if notes else []


def _of_note(file: SourceFile) -> str:
    """`markdown` for a note of an export, `basic-memory` for one with a permalink, else ""."""
    split = split_note(file.read(_SAMPLE_BYTES).decode("utf-8", "replace"))
    if split is None:
        return ""
    if UID in split[0] and UID in (read_fields(split[0]) or {}):
        return "markdown"
    return "basic-memory" if _PERMALINK.search(split[0]) else ""


def _of_one(source: Source) -> list[str]:
    """Of a folder or an archive without notes: what its first file of data is."""
    for file in source.files():
        found = _of_data(file) if file.name.endswith((".json", ".jsonl", ".ndjson")) else []
        if found:
            return found
    return []


def _of_data(file: SourceFile) -> list[str]:
    """What a file of JSON, or of JSON lines, holds."""
    with file.open() as stream:
        pieces = TextPieces(stream)
        head = pieces.peek()
        lines = [_parsed(line) for line in head.split("\n")[:_LINES] if line.strip()]
        if f'"{FORMAT}"' in head[:200]:
            return ["json"]
        objects = [line for line in lines[:-1] or lines if line]
        if len(objects) > 1 or (objects and not _has_list(objects[0])):
            return _of_objects(objects)
        reader = JsonItems(pieces, ("records", "conversations", *KEYS))
        try:
            first = next(iter(reader), None)
        except NotJson:
            return []
        if reader.facts.get("format") == FORMAT:
            return ["json"]
        if isinstance(reader.facts.get("entities"), list):
            return ["mcp-memory"]
        if is_remembered(reader.facts):
            return ["claude"]
        return _of_item(dict_of(first), in_answer=bool(reader.facts)) if reader.found else []


def _of_objects(objects: list[dict[str, Any]]) -> list[str]:
    """What lines with an object each are."""
    if any(value.get("type") in ("entity", "relation") for value in objects):
        return ["mcp-memory"]
    if len(objects) == 1 and is_remembered(objects[0]):
        return ["claude"]
    if all(
        "text" in value and ("embedding" in value or {"ts", "layer"} <= value.keys()) for value in objects
    ):
        return ["magray-rust"]
    return ["jsonl"] if any(isinstance(value.get(name), str) for value in objects for name in TEXTS) else []


def _of_item(item: dict[str, Any], *, in_answer: bool) -> list[str]:
    """What the first item of a list is."""
    if "mapping" in item:
        return ["chatgpt"]
    if "chat_messages" in item or "prompt_template" in item or is_remembered(item):
        return ["claude"]
    if _is_of_rust(item):
        return ["magray-rust"]
    if "memory" in item or (in_answer and "content" in item):
        return ["mem0"]
    return ["jsonl"] if any(isinstance(item.get(name), str) for name in TEXTS) else []


def _is_of_rust(value: dict[str, Any]) -> bool:
    return "text" in value and ("embedding" in value or {"ts", "layer"} <= value.keys())


def _has_list(value: dict[str, Any]) -> bool:
    return any(isinstance(value.get(name), list) for name in ("records", "conversations", "entities", *KEYS))


def _parsed(line: str) -> dict[str, Any]:
    try:
        return dict_of(json.loads(line))
    except (ValueError, RecursionError):
        return {}
