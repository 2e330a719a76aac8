"""Sources in the formats of other tools, made from what those tools document."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _message(id_: str, role: str, parts: list[Any], at: float | None, **more: Any) -> dict[str, Any]:
    content = more.pop("content", {"content_type": "text", "parts": parts})
    return {
        "id": id_,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": at,
        "update_time": None,
        "content": content,
        "status": "finished_successfully",
        "end_turn": True,
        "weight": more.pop("weight", 1.0),
        "metadata": more.pop("metadata", {}),
        "recipient": more.pop("recipient", "all"),
        **more,
    }


def _tree(rows: list[tuple[str, str | None, dict[str, Any] | None]]) -> dict[str, Any]:
    nodes = {
        name: {"id": name, "message": message, "parent": parent, "children": []}
        for name, parent, message in rows
    }
    for name, parent, _ in rows:
        if parent is not None:
            nodes[parent]["children"].append(name)
    return nodes


def chatgpt() -> list[dict[str, Any]]:
    """Two conversations: one with branches, hidden messages, an image, code and tools; one that is empty."""
    image = {
        "content_type": "multimodal_text",
        "parts": [
            {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "width": 8},
            "What is on this picture?",
        ],
    }
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "private musing"}]}
    code = {"content_type": "code", "language": "python", "text": "print(40 + 2)"}
    hidden = {"is_visually_hidden_from_conversation": True}
    attached = {"attachments": [{"id": "file-2", "name": "log.txt", "mimeType": "text/plain"}]}
    document = {
        "content_type": "code",
        "language": "json",
        "text": json.dumps({"name": "Plan", "type": "document", "content": "Canvas text here."}),
    }
    rows = [
        ("root", None, None),
        ("sys", "root", _message("sys", "system", ["You are a helpful assistant"], None, weight=0.0)),
        ("ctx", "sys", _message("ctx", "user", ["custom instructions"], 1_700_000_000.0, metadata=hidden)),
        ("q1", "ctx", _message("q1", "user", ["How do I retry a payment?"], 1_700_000_001.5,
                               metadata=attached)),
        ("a1", "q1", _message("a1", "assistant", ["The first answer, made again."], 1_700_000_002.0)),
        ("th", "q1", _message("th", "assistant", [], 1_700_000_003.0, content=thoughts)),
        ("a2", "th", _message("a2", "assistant", ["Use a queue.\ue200cite\ue202turn0\ue201"],
                              1_700_000_004.0)),
        ("q2", "a2", _message("q2", "user", [], 1_700_000_005.0, content=image)),
        ("t1", "q2", _message("t1", "assistant", [], 1_700_000_006.0, content=code, recipient="python")),
        ("t2", "t1", _message("t2", "tool", ["42"], 1_700_000_007.0)),
        ("doc", "t2", _message("doc", "assistant", [], 1_700_000_007.5, content=document,
                               recipient="canmore.create_textdoc")),
        ("a3", "doc", _message("a3", "assistant", ["A cat. Это кот."], 1_700_000_008.0)),
    ]  # fmt: skip
    return [
        {
            "title": "Retrying payments",
            "create_time": 1_700_000_000.25,
            "update_time": 1_700_000_009.0,
            "mapping": _tree(rows),
            "moderation_results": [],
            "current_node": "a3",
            "conversation_id": "conv-1",
            "id": "conv-1",
            "is_archived": False,
        },
        {
            "title": "Empty",
            "create_time": 1_700_000_000.0,
            "mapping": {},
            "current_node": None,
            "id": "conv-2",
        },
    ]


def claude() -> list[dict[str, Any]]:
    """A conversation with blocks, an attached text and a file; and one without a name."""
    return [
        {
            "uuid": "c-1",
            "name": "Deploy plan",
            "summary": "",
            "created_at": "2025-05-01T10:00:00.123456Z",
            "updated_at": "2025-05-01T10:05:00Z",
            "account": {"uuid": "acc"},
            "chat_messages": [
                {
                    "uuid": "m-1",
                    "text": "When do we deploy?",
                    "content": [{"type": "text", "text": "When do we deploy?", "citations": []}],
                    "sender": "human",
                    "created_at": "2025-05-01T10:00:00Z",
                    "updated_at": "2025-05-01T10:00:00Z",
                    "attachments": [
                        {"file_name": "plan.txt", "file_size": 9, "file_type": "txt",
                         "extracted_content": "freeze on friday"},
                    ],
                    "files": [{"file_name": "photo.png"}],
                },
                {
                    "uuid": "m-2",
                    "text": "",
                    "content": [
                        {"type": "thinking", "thinking": "private musing"},
                        {"type": "tool_use", "name": "search", "input": {}},
                        {"type": "text", "text": "On Thursday at noon."},
                    ],
                    "sender": "assistant",
                    "created_at": "2025-05-01T10:01:00Z",
                    "attachments": [],
                    "files": [],
                },
            ],
        },
        {"uuid": "c-2", "name": "", "created_at": "2025-05-02T10:00:00Z", "chat_messages": [
            {"uuid": "m-3", "text": "Привет, мир", "sender": "human", "attachments": [], "files": []},
        ]},
        {"uuid": "c-3", "name": "", "created_at": "2025-05-02T10:00:00Z", "chat_messages": []},
    ]  # fmt: skip


def claude_projects() -> list[dict[str, Any]]:
    return [
        {
            "uuid": "p-1",
            "name": "Shop",
            "description": "The web shop",
            "prompt_template": "Answer in short sentences.",
            "created_at": "2025-04-01T00:00:00Z",
            "docs": [{"uuid": "d-1", "filename": "api.md", "content": "# API\n\nGET /orders"}],
        }
    ]


def mem0() -> dict[str, Any]:
    return {
        "results": [
            {
                "id": "m0-1",
                "memory": "Dev works as a senior engineer",
                "hash": "abc",
                "metadata": {"type": "professional", "score": 3},
                "categories": ["work life"],
                "created_at": "2025-02-01T10:00:00-08:00",
                "updated_at": None,
                "user_id": "dev",
            },
            {"id": "m0-2", "memory": "Arjun prefers morning meetings", "created_at": "2025-02-02T10:00:00Z"},
            {"id": "m0-3", "memory": "  "},
        ]
    }


def mcp_memory() -> str:
    rows: list[dict[str, Any]] = [
        {"type": "entity", "name": "John_Smith", "entityType": "person",
         "observations": ["Speaks fluent Spanish", "Prefers tea"]},
        {"type": "entity", "name": "Acme", "entityType": "Organization", "observations": []},
        {"type": "relation", "from": "John_Smith", "to": "Acme", "relationType": "works_at"},
        {"type": "relation", "from": "Ghost", "to": "Acme", "relationType": "haunts"},
    ]  # fmt: skip
    return "\n".join(json.dumps(row) for row in rows)


BASIC_MEMORY = {
    "coffee/brewing.md": (
        "---\ntitle: Coffee Brewing\ntype: guide\npermalink: coffee/brewing\ntags: [coffee, brewing]\n---\n"
        "# Coffee Brewing\n\n## Observations\n- [method] Pour over is clearer #brewing (from a tasting)\n\n"
        "## Relations\n- requires [[Grinding]]\n"
    ),
    "grinding.md": "---\ntitle: Grinding\ntype: note\npermalink: grinding\n---\n- [tip] Grind fresh\n",
}

VAULT = {
    ".obsidian/app.json": "{}",
    ".trash/old.md": "deleted",
    "Daily/2026-03-03.md": "Met [[People/Анна|Anna]] about #project/alpha\n![[photo.png]] ![[Plan#Scope]]\n",
    "People/Анна.md": "---\naliases: [Anna]\ntags:\n  - person\ncreated: 2025-01-02\n---\nWorks in Riga.\n",
    "Plan.md": "# The plan\n\n> [!warning] Callout\n> Not on friday ^block\n\n## Scope\n\n%%comment%%\n",
    "Board.canvas": json.dumps(
        {
            "nodes": [
                {"id": "1", "type": "text", "text": "Ship the retry queue", "x": 0, "y": 0},
                {"id": "2", "type": "file", "file": "Plan.md", "x": 1, "y": 0},
                {"id": "3", "type": "link", "url": "https://example.org"},
                {"id": "4", "type": "group", "label": "Later"},
            ],
            "edges": [{"id": "e", "fromNode": "1", "toNode": "2", "label": "see"}],
        }
    ),
    "Empty.md": "\n\n",
    "photo.png": "\x89PNG\x00\x01",
}

RUST = [
    {
        "id": "6f2c9d1e-8f3a-4c56-9a3e-0c1d2e3f4a5b",
        "text": "The port is 8080 #ports",
        "embedding": [0.1, 0.2],
        "layer": "Insights",
        "kind": "general",
        "tags": ["Net Work"],
        "project": "shop",
        "session": "",
        "ts": "2025-03-01T12:00:00.123456789Z",
        "score": 0.0,
        "access_count": 3,
        "last_access": "2025-03-02T12:00:00Z",
    },
    {
        "id": "7f2c9d1e-8f3a-4c56-9a3e-0c1d2e3f4a5b",
        "text": "Порт сменили",
        "embedding": [],
        "layer": "Assets",
        "kind": "fact",
        "tags": [],
        "project": "",
        "session": "s1",
        "ts": "2025-03-03T12:00:00Z",
        "score": 0.9,
        "access_count": 0,
        "last_access": "2025-03-03T12:00:00Z",
    },
]


def write_folder(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path
