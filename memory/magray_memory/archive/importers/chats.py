"""Conversations of chat services as records: one for each, in Markdown, with a heading for each message."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.archive.importers.reading import line_of
from magray_memory.archive.incoming import ForeignItem, LeftOut
from magray_memory.records.draft import MAX_TEXT, MAX_TITLE, Draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import SourceFile

KIND = "conversation"
_MOST = MAX_TEXT - 10_000
_TITLE_WORDS = 80


class Said(NamedTuple):
    """A message that a person saw: who said it, and what."""

    speaker: str
    text: str


class Conversation(NamedTuple):
    """A conversation, or a document that belongs to one."""

    key: str
    title: str | None
    created: float | None
    messages: Sequence[Said]


def is_conversations(file: SourceFile) -> bool:
    """Whether a file of an export has conversations, by its name: large exports have several."""
    return file.name.startswith("conversations") and file.name.endswith(".json")


def records_of(tool: str, where: str, found: Conversation) -> Iterator[Incoming]:
    """The records of a conversation: one, or several where it is longer than a record can be."""
    messages = [said for said in found.messages if said.text.strip()]
    if not messages:
        yield LeftOut(where, "empty")
        return
    title = line_of(found.title, MAX_TITLE) or line_of(messages[0].text[:1000], _TITLE_WORDS)
    parts = list(_parts(messages))
    for number, text in enumerate(parts, 1):
        part = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        draft = Draft(
            text=text,
            title=f"{(title or '')[: MAX_TITLE - len(part)]}{part}",
            kind=KIND,
            tags=(tool,),
            session=line_of(title, MAX_TITLE // 2) if part else None,
            created_at=found.created,
        )
        yield ForeignItem(where, f"{tool}:{found.key}{f'#{number}' if number > 1 else ''}", draft)


def _parts(messages: Sequence[Said]) -> Iterator[str]:
    """The text of a conversation in pieces that a record can hold."""
    pieces, length = list[str](), 0
    for said in messages:
        section = f"## {said.speaker}\n\n{said.text.strip()}\n"
        for start in range(0, len(section), _MOST):
            piece = section[start : start + _MOST]
            if pieces and length + len(piece) > _MOST:
                yield "\n".join(pieces)
                pieces, length = [], 0
            pieces.append(piece)
            length += len(piece) + 1
    yield "\n".join(pieces)
