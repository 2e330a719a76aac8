"""Note file: a record as a Markdown file with YAML front matter, written by an export and read by an import.

Every value is quoted, so that no reader takes a title for a date, a number or a truth. The hash of what can
be edited says whether the file was edited since it was written. History, uses and the hashes of a source are
not in it: the JSON export has them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from magray_memory.archive.exported_links import with_files, without_files
from magray_memory.archive.exported_record import iso, seconds
from magray_memory.archive.note_merge import stated_tags, title_beside_text
from magray_memory.archive.yaml_fields import Field, quoted, read_fields
from magray_memory.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from magray_memory.storage.record_states import RecordState
    from magray_memory.storage.record_types import StoredRecord

UID = "magray_uid"
"""The key of the front matter that makes a file one of ours."""
_ID, _HASH, _REPLACED_BY = "magray_id", "magray_hash", "magray_superseded_by"
_TEXT_TAGS, _LINKS = "magray_text_tags", "magray_links"
DEFAULT_IMPORTANCE = 0.5
_TRUE = ("true", "yes", "on", "1")
_LISTED = re.compile(r"[,\s]+")
_CLOSERS = ("---", "...")


@dataclass(frozen=True, slots=True)
class NoteContent:
    """What can be edited in a note; None for what it does not say."""

    text: str
    title: str | None = None
    kind: str | None = None
    layer: str | None = None
    tags: tuple[str, ...] = ()
    project: str | None = None
    session: str | None = None
    key: str | None = None
    importance: float = DEFAULT_IMPORTANCE
    pinned: bool = False
    text_tags: tuple[str, ...] = ()
    """Those that stood in the text when the note was written."""

    def digest(self) -> str:
        """The same for notes that say the same; line ends of a last line do not count."""
        parts = [
            self.text.rstrip("\n"),
            self.title,
            self.kind,
            self.layer,
            sorted(set(self.tags)),
            self.project,
            self.session,
            self.key,
            self.importance,
            self.pinned,
        ]
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A note that an export wrote, as it is now. `hash`: of what it held when it was written; times are UTC
    seconds, None where they were taken out.
    """

    uid: str
    id: int | None
    hash: str
    content: NoteContent
    created: float | None
    updated: float | None
    superseded_by: str | None = None
    """The uid of the record that replaces it."""

    @property
    def edited(self) -> bool:
        """Whether it holds something else now."""
        return self.content.digest() != self.hash

    def is_of(self, record: StoredRecord) -> bool:
        """Whether the record is what it was when the note was written."""
        return content_of_record(record).digest() == self.hash


def content_of_record(record: StoredRecord) -> NoteContent:
    """What a note says of a record; a title that stands in the text is not said again."""
    return NoteContent(
        record.text,
        title_beside_text(record),
        record.kind,
        record.layer,
        record.tags,
        record.project,
        record.session,
        record.key,
        record.importance,
        record.pinned,
    )


def written(
    state: RecordState, *, named: str, replaced_by: str | None = None, files: Mapping[str, str] | None = None
) -> bytes:
    """The file of a record. `named`: the file's name without its ending; `replaced_by`: that of the record
    that replaces this one; `files`: see `linked_files`.
    """
    text, links = with_files(state.record.text, state.links, files or {})
    front = "\n".join([*_front_matter(state, named, replaced_by), *(_lines(_LINKS, links) if links else ())])
    return f"---\n{front}\n---\n{text}\n".encode()


def read_note(text: str) -> NoteFile | None:
    """The note of a file's text; None for a file that no export wrote. Raises RecordError where its front
    matter cannot be read.
    """
    split = split_note(text)
    if split is None or UID not in split[0]:
        return None
    fields = read_fields(split[0])
    if fields is None:
        why = "its front matter is no YAML"
        raise RecordError("this note cannot be read", why, "mend the lines between the two ---")
    uid = fields.get(UID, Field()).text
    if not uid:
        return None
    number = fields.get(_ID, Field()).text or ""
    body = split[1]
    return NoteFile(
        uid=uid[:64],
        id=int(number[1:]) if re.fullmatch(r"n[0-9]{1,18}", number) else None,
        hash=fields.get(_HASH, Field()).text or "",
        content=_content(fields, body.removesuffix("\n")),
        created=_time(fields.get("created", Field()).text),
        updated=_time(fields.get("updated", Field()).text),
        superseded_by=fields.get(_REPLACED_BY, Field()).text or None,
    )


def split_note(text: str) -> tuple[str, str] | None:
    """Front matter and body; None where there is no front matter."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return None
    at = 4
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at:end].rstrip() in _CLOSERS:
            return text[4:at], text[end + 1 :]
        at = end + 1
    return None


def _content(fields: dict[str, Field], body: str) -> NoteContent:
    def text(name: str) -> str | None:
        return fields.get(name, Field()).text or None

    return NoteContent(
        text=without_files(body, _listed(fields.get(_LINKS, Field()))),
        title=text("title"),
        kind=text("kind"),
        layer=text("layer"),
        tags=_tags(fields.get("tags", Field())),
        project=text("project"),
        session=text("session"),
        key=text("key"),
        importance=_importance(text("importance")),
        pinned=(text("pinned") or "").lower() in _TRUE,
        text_tags=_tags(fields.get(_TEXT_TAGS, Field())),
    )


def _listed(field: Field) -> frozenset[str]:
    return frozenset(field.items if field.items is not None else filter(None, (field.text,)))


def _tags(field: Field) -> tuple[str, ...]:
    if field.items is not None:
        return tuple(dict.fromkeys(item for item in field.items if item))
    return tuple(dict.fromkeys(tag for tag in _LISTED.split(field.text or "") if tag))


def _importance(text: str | None) -> float:
    try:
        return DEFAULT_IMPORTANCE if text is None else min(max(float(text), 0.0), 1.0)
    except ValueError:
        return DEFAULT_IMPORTANCE


def _time(text: str | None) -> float | None:
    try:
        return None if text is None else seconds(text)
    except (ValueError, OverflowError):
        return None


def _front_matter(state: RecordState, named: str, replaced_by: str | None) -> Iterator[str]:
    record, content = state.record, content_of_record(state.record)
    names = [record.title, f"n{record.id}", record.key]
    aliases = dict.fromkeys(name for name in names if name and name != named)
    for key, value in (
        ("title", content.title),
        ("aliases", list(aliases)),
        ("tags", list(record.tags)),
        ("kind", record.kind),
        ("layer", record.layer),
        ("project", record.project),
        ("session", record.session),
        ("key", record.key),
    ):
        if value:
            yield from _lines(key, value)
    if record.pinned:
        yield "pinned: true"
    if record.importance != DEFAULT_IMPORTANCE:
        yield f"importance: {record.importance!r}"
    yield from _lines("created", iso(record.created_at))
    yield from _lines("updated", iso(record.updated_at))
    if record.citation is not None:
        cited = record.citation
        yield from _lines("source", f"{cited.path}:{cited.start_line}-{cited.end_line}")
    if replaced_by is not None:
        yield from _lines("superseded_by", f"[[{replaced_by}]]")
    yield from _lines(_ID, f"n{record.id}")
    yield from _lines(UID, record.uid)
    yield from _lines(_HASH, content.digest())
    text_tags = sorted(stated_tags(record.text))
    if text_tags:
        yield from _lines(_TEXT_TAGS, text_tags)
    if replaced_by is not None and state.superseded_by is not None:
        yield from _lines(_REPLACED_BY, state.superseded_by)


def _lines(key: str, value: str | list[str]) -> Iterator[str]:
    if isinstance(value, str):
        yield f"{key}: {quoted(value)}"
        return
    yield f"{key}:"
    for item in value:
        yield f"  - {quoted(item)}"
