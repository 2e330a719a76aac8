"""Obsidian vaults made by chance: folders, daily notes, embeds, aliases, callouts, canvases, attachments."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = (
    "payment",
    "queue",
    "задача",
    "день",
    "review",
    "naïve",
    "会議",
    "retry",
    "план",
    "Überblick",
    "timeout",
)
_FOLDERS = ("", "Projects/", "Projects/Старое/", "People/", "日記/", "Zettel/2024/", "A & B (c)/")
_CALLOUTS = ("note", "warning", "tip", "quote")


def make_vault(folder: Path, notes: int, seed: int = 1) -> dict[str, str]:
    """Write a vault of so many notes, and a canvas or an attachment for each ten; returns the texts of notes
    by their paths. No two texts are alike.
    """
    chance = random.Random(seed)
    names = [_name(chance, number) for number in range(notes)]
    texts = {name: _note(chance, number, names) for number, name in enumerate(names)}
    for name, text in texts.items():
        _write(folder / name, text.encode("utf-8"))
    for number in range(0, notes, 10):
        if number % 20:
            _write(folder / f"Boards/Board {number}.canvas", _canvas(chance, number, names).encode())
        else:
            _write(folder / f"Attachments/image {number}.png", b"\x89PNG" + chance.randbytes(200))
    _write(folder / ".obsidian/app.json", b"{}")
    _write(folder / ".obsidian/templates.json", b'{"folder": "Templates"}')
    _write(folder / "Templates/Daily.md", b"# {{title}}\n\n{{date}}\n")
    _write(folder / ".trash/gone.md", b"deleted\n")
    return texts


def canvases(notes: int) -> int:
    """How many canvases such a vault has."""
    return len([number for number in range(0, notes, 10) if number % 20])


def _name(chance: random.Random, number: int) -> str:
    if number % 11 == 0:
        return f"Daily/{2000 + number // 360}-{number // 30 % 12 + 1:02}-{number % 28 + 1:02} {number}.md"
    title = " ".join(chance.choices(_WORDS, k=3)).title()
    return f"{chance.choice(_FOLDERS)}{title} {number}.md"


def _note(chance: random.Random, number: int, names: list[str]) -> str:
    other = [chance.choice(names).rpartition("/")[2].removesuffix(".md") for _ in range(3)]
    parts = list[str]()
    if number % 3 == 0:
        parts.append(
            f"---\naliases: [Note {number}, {chance.choice(_WORDS)}]\ntags:\n  - area/{number % 7}\n"
            f"created: 2024-0{number % 9 + 1}-1{number % 9}\npublish: no\n---\n"
        )
    if number % 4:
        parts.append(f"# {' '.join(chance.choices(_WORDS, k=4))}\n\n")
    parts.append(f"{' '.join(chance.choices(_WORDS, k=40))} number{number} #tag{number % 13}\n\n")
    parts.append(f"See [[{other[0]}]], [[{other[1]}|so called]] and [[{other[2]}#Part|there]].\n\n")
    if number % 5 == 0:
        parts.append(f"![[image {number // 20 * 20}.png|200]]\n\n![[{other[0]}#^block]]\n\n")
    if number % 6 == 0:
        kind = chance.choice(_CALLOUTS)
        parts.append(f"> [!{kind}]- Title {number}\n> folded\n> - [ ] do it ^b{number}\n\n")
    if number % 7 == 0:
        parts.append("```dataview\nTABLE file.mtime FROM #tag1\n```\n\n%% hidden %%\n\n$$e^{i\\pi}$$\n\n")
    if number % 9 == 0:
        parts.append("| a | b |\n|---|---|\n| 1 | [[x\\|y]] |\n\n[^1]: a footnote ==marked== <br>\n")
    return "".join(parts)


def _canvas(chance: random.Random, number: int, names: list[str]) -> str:
    nodes = [
        {"id": "a", "type": "text", "text": f"Card {number} {chance.choice(_WORDS)}", "x": 0, "y": 0},
        {"id": "b", "type": "file", "file": chance.choice(names), "x": 400, "y": 0},
        {"id": "c", "type": "link", "url": f"https://example.org/{number}"},
        {"id": "d", "type": "group", "label": f"Group {number}"},
    ]
    return json.dumps({"nodes": nodes, "edges": [{"id": "e", "fromNode": "a", "toNode": "b", "label": "to"}]})


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
