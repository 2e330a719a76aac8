"""Importer of ChatGPT's export: `conversations.json`, alone, in its folder or in its zip.

A conversation is a tree of messages. What the person saw last is the path from its root to the current
message; answers that were made again, and questions put in other words, follow it as other branches. What no
person saw is left out: system messages, hidden ones, calls of tools and their answers.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from magray_memory.archive.importers.chats import Conversation, Said, is_conversations, records_of
from magray_memory.archive.importers.reading import dict_of, fenced, json_items, list_of, text_of, time_of
from magray_memory.archive.incoming import LeftOut, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

TOOL = "chatgpt"
_SPEAKERS = {"user": "You", "assistant": "ChatGPT"}
_OTHER_BRANCH = "another branch"
_CITATION = re.compile("\ue200[^\ue200\ue201]*\ue201|【\\d+†[^】]*】")
"""Marks of citations, which mean something to the service alone."""
_DOCUMENT = "canmore.create_textdoc"


def items(source: Source) -> Iterator[Incoming]:
    """The conversations of an export."""
    for file in source.files():
        if source.kind != "file" and not is_conversations(file):
            yield LeftOut(file.path, "no conversations")
            continue
        for item in json_items(file, "conversations"):
            if isinstance(item, Skipped):
                yield item
            elif not isinstance(dict_of(item.value).get("mapping"), dict):
                yield Skipped(item.where, "it is no conversation of ChatGPT")
            else:
                found = _conversation(item.value, item.where)
                where = f"{item.where} ({found.title[:60]})" if found.title else item.where
                yield from records_of(TOOL, where, found)


def _conversation(value: dict[str, Any], where: str) -> Conversation:
    nodes = {name: dict_of(node) for name, node in dict_of(value["mapping"]).items()}
    path = _path(nodes, text_of(value.get("current_node")))
    on_path = set(path)
    branches = [name for name in _in_order(nodes) if name not in on_path]
    messages = [said for name in path if (said := _said(nodes[name], "")) is not None]
    messages += [said for name in branches if (said := _said(nodes[name], _OTHER_BRANCH)) is not None]
    key = text_of(value.get("conversation_id")) or text_of(value.get("id")) or where
    return Conversation(key, text_of(value.get("title")) or None, time_of(value.get("create_time")), messages)


def _path(nodes: dict[str, dict[str, Any]], current: str) -> list[str]:
    """The messages from the root to the current one; where that is not told, to the latest."""
    if current not in nodes:
        leaves = [name for name, node in nodes.items() if not list_of(node.get("children"))]
        current = max(leaves, key=lambda name: _time(nodes[name]), default="")
    path = dict[str, None]()
    while current in nodes and current not in path:
        path[current] = None
        current = text_of(nodes[current].get("parent"))
    return list(reversed(path))


def _in_order(nodes: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Every message, those that answer one after it."""
    seen = set[str]()
    roots = [name for name, node in nodes.items() if text_of(node.get("parent")) not in nodes]
    waiting = list(reversed([*roots, *(name for name in nodes if name not in roots)]))
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in seen:
            seen.add(name)
            yield name
            waiting += reversed([text_of(child) for child in list_of(nodes[name].get("children"))])


def _time(node: dict[str, Any]) -> float:
    return time_of(dict_of(node.get("message")).get("create_time")) or 0.0


def _said(node: dict[str, Any], branch: str) -> Said | None:
    """The message of a node as a person saw it; None for one that nobody did."""
    message = dict_of(node.get("message"))
    metadata, content = dict_of(message.get("metadata")), dict_of(message.get("content"))
    speaker = _SPEAKERS.get(text_of(dict_of(message.get("author")).get("role")))
    if speaker is None or metadata.get("is_visually_hidden_from_conversation") or message.get("weight") == 0:
        return None
    recipient = text_of(message.get("recipient")) or "all"
    if recipient == _DOCUMENT:
        text = _document(content)
    elif recipient != "all":
        return None
    else:
        text = _CITATION.sub("", _text(content))
    names = (text_of(dict_of(file).get("name")) for file in list_of(metadata.get("attachments")))
    text = "\n\n".join(filter(None, (text.strip(), *(f"[attachment: {name}]" for name in names if name))))
    return Said(f"{speaker} ({branch})" if branch else speaker, text) if text else None


def _text(content: dict[str, Any]) -> str:
    kind = text_of(content.get("content_type")) or "text"
    read = _READERS.get(kind)
    return "" if read is None else read(content)


def _parts(content: dict[str, Any]) -> str:
    return "\n\n".join(filter(None, map(_part, list_of(content.get("parts")))))


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    piece = dict_of(part)
    kind = text_of(piece.get("content_type"))
    if kind in ("audio_transcription", "text"):
        return text_of(piece.get("text"))
    if kind == "image_asset_pointer":
        prompt = text_of(dict_of(dict_of(piece.get("metadata")).get("dalle")).get("prompt"))
        return f"[image: {prompt}]" if prompt else "[image]"
    return f"[{kind.removesuffix('_asset_pointer').replace('_', ' ')}]" if kind else ""


def _code(content: dict[str, Any]) -> str:
    language, text = text_of(content.get("language")), text_of(content.get("text"))
    return fenced(text, "" if language == "unknown" else language) if text else ""


def _quote(content: dict[str, Any]) -> str:
    rows = text_of(content.get("text")).split("\n")
    return "\n".join(f"> {row}" for row in rows)


def _document(content: dict[str, Any]) -> str:
    """A document that was written beside the conversation."""
    try:
        document = dict_of(json.loads(_parts(content) or text_of(content.get("text"))))
    except (ValueError, RecursionError):
        return ""
    name = text_of(document.get("name"))
    return f"### {name}\n\n{text_of(document.get('content'))}" if document.get("content") else ""


_READERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": _parts,
    "multimodal_text": _parts,
    "code": _code,
    "execution_output": _code,
    "tether_quote": _quote,
}
"""Content types that a person saw; reasoning, browsing and instructions are no part of a conversation."""
