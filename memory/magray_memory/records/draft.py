"""Draft: what is asked to be remembered, brought into the form that is stored.

A text is Markdown. Its front matter, `#tags` and `[[links]]` count as those of a note do; what is stated
beside the text comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from magray_memory.errors import RecordError
from magray_memory.indexing.record_passages import passages_of
from magray_memory.storage.record_types import Content
from magray_memory.storage.uses import LAYERS
from magray_memory.text.redaction import DEFAULT, added, counts_of, redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.config import RedactionSettings
    from magray_memory.records.citation import Source

DEFAULT_LAYER = "interact"
DEFAULT_KIND = "note"
SNIPPET = "snippet"
FILE_KINDS = ("code", "doc")
"""Kinds of files, which no record may have."""
MAX_TEXT = 1_000_000
"""Characters of a record."""
MAX_TITLE = 300
MAX_NAME = 200
"""Characters of a project, a session or a key."""
MAX_TAGS = 100
MAX_TAG = 64

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TAG = re.compile(rf"\w[\w/-]{{0,{MAX_TAG - 1}}}")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text to remember. None and () leave a field to the text itself, or to its default.

    `key` makes a repeat an update; `supersedes`: the id of the record that this one replaces; `created_at`:
    UTC seconds, for what was written earlier.
    """

    text: str
    title: str | None = None
    kind: str | None = None
    layer: str | None = None
    tags: tuple[str, ...] = ()
    project: str | None = None
    session: str | None = None
    key: str | None = None
    importance: float | None = None
    pinned: bool = False
    source: Source | None = None
    supersedes: str | None = None
    created_at: float | None = None


def content_of(draft: Draft, redaction: RedactionSettings = DEFAULT, *, redacted: bool = False) -> Content:
    """What is stored of a draft, without the secrets in its text and title.

    `redacted`: the draft has none by these rules, as `redacted_draft` makes it. Raises RecordError for a text
    that is empty or too long, and for a title, kind or tag that cannot be one.
    """
    from magray_memory.text.chunk import chunk

    text = clean_text(draft.text)
    if not redacted or text != draft.text:
        text = redact(text, redaction).text
    chunked = chunk("", text, language="markdown")
    kind = clean_kind(draft.kind or DEFAULT_KIND)
    title = clean_line(draft.title, "title", MAX_TITLE)
    title = redact(title, redaction).text if title else _stated_title(chunked.title)
    stated = counts_of(title) if draft.title and title else {}
    tags = tuple(dict.fromkeys([*clean_tags(draft.tags), *(clean(tag) for tag in chunked.tags)]))[:MAX_TAGS]
    return Content(
        text=text,
        hash=text_digest(text),
        title=title,
        kind=kind,
        tags=tags,
        links=tuple(map(clean, chunked.links)),
        passages=passages_of(text, title, kind, chunked.chunks),
        redacted=added(counts_of(text), stated),
    )


def text_digest(text: str) -> bytes:
    """16 bytes that are the same for texts that differ in white space at the ends of lines alone."""
    plain = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return blake2b(plain.encode(), digest_size=16).digest()


def clean_text(text: str) -> str:
    """A text as it is stored: line ends are `\\n`, and what no text has (NUL, half a surrogate pair) is
    U+FFFD. Raises RecordError when nothing is left, or too much.
    """
    text = clean(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise RecordError("nothing to remember", "the text is empty", 'magray remember "a sentence"')
    if len(text) > MAX_TEXT:
        why = f"the text has {len(text):,} characters, and a record has {MAX_TEXT:,} at most"
        raise RecordError("this is too long for a record", why, "keep it as a file in a folder of notes")
    return text


def clean(text: str) -> str:
    """The text without NUL and halves of surrogate pairs, which a database cannot hold."""
    text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_line(text: str | None, name: str, most: int) -> str | None:
    """A text of one line; None for one without a letter. Raises RecordError when it is too long."""
    line = _SPACES.sub(" ", clean(text or "")).strip()
    if len(line) > most:
        raise RecordError(f"the {name} is too long", f"it has {len(line):,} characters, {most} is the most")
    return line or None


def clean_kind(kind: str) -> str:
    """A kind in lower case. Raises RecordError for what is no word, or the kind of a file."""
    if redact(kind).counts:
        raise RecordError("the kind holds a secret", "none is stored", "fact, decision, note, snippet …")
    word = kind.strip().lower()
    if not _KIND.fullmatch(word) or word in FILE_KINDS:
        why = "it is a word of small letters, digits, - and _" if word not in FILE_KINDS else "files have it"
        raise RecordError(f"{kind!r} is no kind of a record", why, "fact, decision, note, snippet, todo …")
    return word


def clean_layer(layer: str) -> str:
    """The layer of this name. Raises RecordError."""
    if layer not in LAYERS:
        raise RecordError(f"{layer!r} is no layer", "", " or ".join(LAYERS))
    return layer


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are filed: lower case, without `#`. Raises RecordError."""
    found: dict[str, None] = {}
    for tag in tags:
        if redact(tag).counts:
            raise RecordError("a tag holds a secret", "none is stored")
        name = clean(tag).strip().removeprefix("#").strip("/").lower()
        if not _TAG.fullmatch(name):
            why = f"a tag has letters, digits, _, - and /, {MAX_TAG} at most"
            raise RecordError(f"{tag[:80]!r} is no tag", why, "a-tag/like-this")
        found[name] = None
    if len(found) > MAX_TAGS:
        raise RecordError(f"{len(found):,} tags are too many", f"a record has {MAX_TAGS} at most")
    return tuple(found)


def record_time(text: str) -> float:
    """UTC seconds of a time in ISO 8601; one without a zone is local. Raises RecordError."""
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise RecordError(
            f"{text[:80]!r} is no time", "", "2026-03-03, or 2026-03-03T12:30:00+03:00"
        ) from None


def stated_title(text: str) -> str | None:
    """The title that a text has by itself: of its front matter, or its first heading."""
    from magray_memory.text.chunk import chunk

    return _stated_title(chunk("", text, language="markdown").title)


def _stated_title(title: str | None) -> str | None:
    line = _SPACES.sub(" ", clean(title or "")).strip()
    return line[:MAX_TITLE] or None
