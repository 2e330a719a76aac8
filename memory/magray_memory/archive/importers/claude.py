"""Importer of Claude's export: `conversations.json` and `projects.json`, alone, in their folder or their zip.

Of a message its text is taken, and the texts that were attached to it or written beside it as artifacts;
reasoning and other calls of tools are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.chats import Conversation, Said, is_conversations, records_of
from magray_memory.archive.importers.reading import (
    dict_of,
    fenced,
    json_items,
    line_of,
    list_of,
    text_of,
    time_of,
)
from magray_memory.archive.incoming import ForeignItem, LeftOut, Skipped
from magray_memory.records.draft import MAX_NAME, MAX_TITLE, Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.archive.importers.reading import Item
    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

TOOL = "claude"
_SPEAKERS = {"human": "You", "user": "You", "assistant": "Claude"}
_PROJECTS, _ARTIFACTS = "projects.json", "artifacts"


def items(source: Source) -> Iterator[Incoming]:
    """The conversations of an export, and the documents of its projects."""
    for file in source.files():
        if file.name != _PROJECTS and source.kind != "file" and not is_conversations(file):
            yield LeftOut(file.path, "no conversations")
            continue
        for item in json_items(file, "conversations"):
            yield from (item,) if isinstance(item, Skipped) else _records(item)


def _records(item: Item) -> Iterator[Incoming]:
    value = dict_of(item.value)
    if isinstance(value.get("chat_messages"), list):
        found = _conversation(value, item.where)
        where = f"{item.where} ({found.title[:60]})" if found.title else item.where
        yield from records_of(TOOL, where, found)
    elif "docs" in value or "prompt_template" in value:
        yield from _project(value, item.where)
    else:
        yield Skipped(item.where, "it is no conversation of Claude")


def _conversation(value: dict[str, Any], where: str) -> Conversation:
    messages = [
        Said(speaker, text)
        for message in map(dict_of, value["chat_messages"])
        if (speaker := _SPEAKERS.get(text_of(message.get("sender")))) and (text := _text(message))
    ]
    title, created = text_of(value.get("name")) or None, time_of(value.get("created_at"))
    return Conversation(text_of(value.get("uuid")) or where, title, created, messages)


def _text(message: dict[str, Any]) -> str:
    blocks = map(dict_of, list_of(message.get("content")))
    texts = [_artifact(block) if block.get("type") == "tool_use" else _said(block) for block in blocks]
    text = "\n\n".join(filter(None, texts)) or text_of(message.get("text")).strip()
    attached = [_attachment(dict_of(file)) for file in list_of(message.get("attachments"))]
    files = [f"[attachment: {name}]" for file in list_of(message.get("files")) if (name := _name(file))]
    return "\n\n".join(filter(None, (text, *attached, *files)))


def _said(block: dict[str, Any]) -> str:
    return text_of(block.get("text")).strip() if block.get("type") == "text" else ""


def _artifact(block: dict[str, Any]) -> str:
    """A document that was written beside the conversation; other calls of tools are seen by nobody."""
    made = dict_of(block.get("input")) if block.get("name") == _ARTIFACTS else {}
    text = text_of(made.get("content")).strip() if made.get("command") in ("create", "rewrite") else ""
    if not text:
        return ""
    title, language = line_of(made.get("title"), MAX_TITLE) or "artifact", text_of(made.get("language"))
    if "markdown" in text_of(made.get("type")):
        return f"### {title}\n\n{text}"
    return f"### {title}\n\n{fenced(text, language)}"


def _name(file: object) -> str:
    return text_of(dict_of(file).get("file_name"))


def _attachment(file: dict[str, Any]) -> str:
    name, text = _name(file) or "attachment", text_of(file.get("extracted_content")).strip()
    if not text:
        return f"[attachment: {name}]"
    return f"### {name}\n\n{fenced(text)}"


def _project(value: dict[str, Any], where: str) -> Iterator[Incoming]:
    """The instructions and the documents of a project."""
    name, key = line_of(value.get("name"), MAX_NAME), text_of(value.get("uuid")) or where
    created = time_of(value.get("created_at"))
    about = filter(None, (text_of(value.get("description")), text_of(value.get("prompt_template"))))
    texts = [(f"claude:project/{key}", name, "\n\n".join(about))]
    texts += [
        (
            f"claude:project/{key}/{text_of(document.get('uuid')) or number}",
            line_of(document.get("filename"), MAX_TITLE),
            text_of(document.get("content")),
        )
        for number, document in enumerate(map(dict_of, list_of(value.get("docs"))))
    ]
    for own_key, title, text in texts:
        if not text.strip():
            yield LeftOut(where, "empty")
            continue
        draft = Draft(text=text, title=title, tags=(TOOL,), project=name, created_at=created)
        yield ForeignItem(where, own_key, draft)
