"""Importer of folders of Markdown notes: those that an export wrote, Obsidian vaults, and any others.

A note's text is taken as it is, front matter included: its tags, links, embeds and callouts are Markdown of
the record too.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.reading import dict_of, line_of, list_of, text_of, time_of
from magray_memory.archive.incoming import EditedNote, ForeignItem, LeftOut, Skipped
from magray_memory.archive.incoming_content import kind_of
from magray_memory.archive.note_file import UID, read_note, split_note
from magray_memory.archive.yaml_fields import Field, read_fields
from magray_memory.errors import ArchiveError, RecordError
from magray_memory.records.draft import MAX_TEXT, MAX_TITLE, Draft, stated_title
from magray_memory.text.decode import Undecodable, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source, SourceFile

    Named = Callable[[Source, SourceFile, dict[str, Field], str], ForeignItem]

ENDINGS = (".md", ".markdown")
_MAX_BYTES = 4 * MAX_TEXT
_FRONT_BYTES = 1 << 16
_ID_LINE = re.compile(rb"""^magray_id:[ \t]*["']?n(\d{1,18})""", re.MULTILINE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TEMPLATE_SETTINGS = (
    (".obsidian/templates.json", "folder"),
    (".obsidian/plugins/templater-obsidian/data.json", "templates_folder"),
)
"""The settings of Obsidian's own templates and of the plugin Templater, and what they call the folder."""
_CREATED = ("created", "date", "created_at", "creation date")


def items(source: Source) -> Iterator[Incoming]:
    """The notes of any folder of Markdown."""
    return _notes(source, partial(_item, "markdown", None))


def obsidian_items(source: Source) -> Iterator[Incoming]:
    """The notes and canvases of a vault. A note is called as its file, for that is what links mean.

    Templates are left out, by the folder that the vault's settings name.
    """
    templates = tuple(_template_folders(source))
    for item in _notes(source, partial(_item, "obsidian", _stem), canvases=True):
        is_template = not isinstance(item, Skipped) and f"/{item.where}".startswith(templates)
        yield LeftOut(item.where, "template") if is_template else item


def _template_folders(source: Source) -> Iterator[str]:
    """The folders of a vault's templates, each with `/` at both ends."""
    for path, name in _TEMPLATE_SETTINGS:
        for vault, data in source.hidden(path):
            try:
                folder = text_of(dict_of(json.loads(data)).get(name)).strip("/ ")
            except (ValueError, RecursionError):
                continue
            if folder:
                yield f"/{vault}{folder}/"


def basic_memory_items(source: Source) -> Iterator[Incoming]:
    """The notes of basic-memory, which are known by their permalinks."""
    return _notes(source, _basic_memory_item)


def _notes(source: Source, make: Named, *, canvases: bool = False) -> Iterator[Incoming]:
    for file in source.files(_number):
        if canvases and file.name.endswith(".canvas"):
            yield from _canvas(source, file)
        elif not file.name.lower().endswith(ENDINGS):
            yield LeftOut(file.path, "attachment")
        else:
            yield _note(source, file, make)


def _number(file: SourceFile) -> int:
    """The number of the record that a note was written of, so that records come in the order of their ids;
    the notes of others come last, for they take ids that are free then.
    """
    if not file.name.lower().endswith(ENDINGS):
        return sys.maxsize
    try:
        found = _ID_LINE.search(file.read(_FRONT_BYTES))
    except OSError:
        return sys.maxsize
    return int(found[1]) if found else sys.maxsize


def _note(source: Source, file: SourceFile, make: Named) -> Incoming:
    text = _text(file)
    if isinstance(text, Skipped):
        return text
    if not text.strip():
        return LeftOut(file.path, "empty")
    try:
        note = read_note(text) if UID in text else None
    except RecordError as error:
        return Skipped(file.path, f"{error.why} (try: {error.hint})")
    if note is not None:
        return EditedNote(file.path, note)
    split = split_note(text)
    fields = {} if split is None else read_fields(split[0]) or {}
    return make(source, file, fields, text)


def _text(file: SourceFile) -> str | Skipped:
    try:
        data = file.read(_MAX_BYTES + 1)
    except ArchiveError:
        raise
    except OSError as error:
        return Skipped(file.path, f"it cannot be read: {error.strerror or error}")
    if len(data) > _MAX_BYTES:
        return Skipped(file.path, f"it has more than {MAX_TEXT:,} characters")
    try:
        if b"\0" not in data:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        pass
    try:
        return decode(data).replace("\r\n", "\n")
    except Undecodable as error:
        return Skipped(file.path, f"it is no text: {error.reason}")


def _item(
    tool: str,
    title: Callable[[SourceFile, str], str | None] | None,
    source: Source,
    file: SourceFile,
    fields: dict[str, Field],
    text: str,
) -> ForeignItem:
    name = (title or _title)(file, text)
    draft = Draft(text=text, title=name, created_at=_created(fields, file))
    return ForeignItem(file.path, f"{tool}:{source.mark}/{file.path}", draft)


def _stem(file: SourceFile, _: str) -> str | None:
    return line_of(file.stem, MAX_TITLE)


def _title(file: SourceFile, text: str) -> str | None:
    return None if stated_title(text) else _stem(file, text)


def _basic_memory_item(source: Source, file: SourceFile, fields: dict[str, Field], text: str) -> ForeignItem:
    permalink = fields.get("permalink", Field()).text or file.path
    draft = Draft(
        text=text,
        title=_title(file, text),
        kind=kind_of(fields.get("type", Field()).text or "", "note"),
        created_at=_created(fields, file),
    )
    return ForeignItem(file.path, f"basic-memory:{source.mark}/{permalink}", draft)


def _created(fields: dict[str, Field], file: SourceFile) -> float | None:
    stated = [time_of(fields[name].text) for name in _CREATED if name in fields]
    stated.append(time_of(file.stem) if _DAY.fullmatch(file.stem) else None)  # a daily note
    return next((time for time in stated if time is not None), file.changed)


def _canvas(source: Source, file: SourceFile) -> Iterator[Incoming]:
    """A canvas as a note: its cards in order, the files on it as links, and its arrows."""
    text = _text(file)
    if isinstance(text, Skipped):
        yield text
        return
    try:
        read = dict_of(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        yield Skipped(file.path, "it is no JSON")
        return
    body = "\n\n".join(filter(None, (*map(_card, list_of(read.get("nodes"))), _arrows(read))))
    if not body:
        yield LeftOut(file.path, "empty")
        return
    draft = Draft(text=body, title=_stem(file, body), created_at=file.changed)
    yield ForeignItem(file.path, f"obsidian:{source.mark}/{file.path}", draft)


def _card(node: object) -> str:
    card = dict_of(node)
    kind = card.get("type")
    if kind == "text":
        return text_of(card.get("text")).strip()
    if kind == "file":
        return f"[[{_link(text_of(card.get('file')))}]]"
    if kind == "link":
        return f"<{text_of(card.get('url'))}>"
    return f"## {line_of(card.get('label'), MAX_TITLE)}" if card.get("label") else ""


def _arrows(read: dict[str, Any]) -> str:
    cards = {text_of(card.get("id")): _named(card) for card in map(dict_of, list_of(read.get("nodes")))}
    rows = [
        f"- {cards.get(text_of(edge.get('fromNode')), '?')} → {cards.get(text_of(edge.get('toNode')), '?')}"
        f"{': ' if edge.get('label') else ''}{line_of(edge.get('label'), MAX_TITLE) or ''}"
        for edge in map(dict_of, list_of(read.get("edges")))
    ]
    return "\n".join(rows)


def _named(card: dict[str, Any]) -> str:
    if card.get("type") == "file":
        return f"[[{_link(text_of(card.get('file')))}]]"
    return line_of(card.get("text") or card.get("url") or card.get("label"), 60) or "?"


def _link(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.removesuffix(".md")
