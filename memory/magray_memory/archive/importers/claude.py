"""Importer of Claude's export: conversations, projects and memories, alone, in their folder or their zip.

Projects and memories are `projects.json` and `memories.json`, or a file each in folders of these names. Of a
message its text is taken, and the texts that were attached to it or written beside it as artifacts;
reasoning and other calls of tools are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.chats import Conversation, Said, is_conversations, records_of
from magray_memory.archive.importers.reading import (
    dict_of,
    fenced,
    json_items_or_object,
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
    from magray_memory.archive.source import Source, SourceFile

TOOL = "claude"
_SPEAKERS = {"human": "You", "user": "You", "assistant": "Claude"}
_PROJECTS, _MEMORIES, _ARTIFACTS = "projects", "memories", "artifacts"
_REMEMBERED = ("conversations_memory", "project_memories")


def items(source: Source) -> Iterator[Incoming]:
    """The conversations of an export, the documents of its projects, and what Claude has remembered."""
    projects: dict[str, str] = {}
    for file in source.files(_projects_first):
        if source.kind != "file" and not (is_conversations(file) or _is_of(file, _PROJECTS, _MEMORIES)):
            yield LeftOut(file.path, "no conversations")
            continue
        for item in json_items_or_object(file, "conversations"):
            yield from (item,) if isinstance(item, Skipped) else _records(item, projects)


def is_remembered(value: dict[str, Any]) -> bool:
    """Whether an item is what Claude has remembered of a person."""
    return any(name in value for name in _REMEMBERED)


def _is_of(file: SourceFile, *kinds: str) -> bool:
    """Whether a file is `KIND.json`, or in a folder KIND."""
    folder = file.path.rpartition("/")[0].rpartition("/")[2]
    return file.name.endswith(".json") and (file.stem in kinds or folder in kinds)


def _projects_first(file: SourceFile) -> int:
    """Their names are wanted for what is remembered of them."""
    return 0 if _is_of(file, _PROJECTS) else 1


def _records(item: Item, projects: dict[str, str]) -> Iterator[Incoming]:
    value = dict_of(item.value)
    if isinstance(value.get("chat_messages"), list):
        found = _conversation(value, item.where)
        where = f"{item.where} ({found.title[:60]})" if found.title else item.where
        yield from records_of(TOOL, where, found)
    elif "docs" in value or "prompt_template" in value:
        projects[text_of(value.get("uuid"))] = line_of(value.get("name"), MAX_NAME) or ""
        yield from _project(value, item.where)
    elif is_remembered(value):
        yield from _memories(value, item.where, projects)
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


def _memories(value: dict[str, Any], where: str, projects: dict[str, str]) -> Iterator[Incoming]:
    """What Claude has remembered, of all conversations and of each project."""
    account = text_of(value.get("account_uuid"))
    texts: list[tuple[str, str, str | None, str]] = [
        (f"claude:memory/{account}", "Claude's memory", None, text_of(value.get(_REMEMBERED[0])))
    ]
    for project, text in dict_of(value.get(_REMEMBERED[1])).items():
        name = projects.get(project) or None
        title = line_of(f"Claude's memory of {name or 'a project'}", MAX_TITLE)
        texts.append((f"claude:memory/{account}/{project}", title or "", name, text_of(text)))
    for key, title, name, text in texts:
        if text.strip():
            yield ForeignItem(where, key, Draft(text=text, title=title, tags=(TOOL,), project=name))
        else:
            yield LeftOut(where, "empty")
