#!/usr/bin/env python3
"""Measures the threshold of near duplicates: how many edited copies of a note are told, and how many others.

usage: eval_duplicates.py FOLDER… [--notes N] [--asked N]

The sections of the prose below the folders (Markdown, reStructuredText, text) are remembered as records. Each
of those that are asked for is compared with the others, which gives the false alarms, and copies of it are
compared with all: some words changed, a sentence added, half of it left out, its sentences in another order.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.records.duplicates import near_duplicates
from magray_memory.text.chunk import chunk
from magray_memory.text.decode import Undecodable, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.storage.record_types import StoredRecord
    from magray_memory.storage.vault import Vault

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SUFFIXES = (".md", ".markdown", ".rst", ".txt")
LEAST, MOST = 80, 1_500
"""Characters of a note."""
GROUP = 200


def notes(folders: list[Path], most: int, chance: random.Random) -> list[str]:
    """Sections of prose, each text once, evenly of all folders."""
    found: dict[str, None] = {}
    for folder in folders:
        files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
        chance.shuffle(files)
        texts: dict[str, None] = {}
        for file in files:
            if len(texts) >= most // len(folders):
                break
            texts.update(dict.fromkeys(sections(file)))
        found.update(texts)
    chosen = list(found)
    chance.shuffle(chosen)
    return chosen[:most]


def sections(file: Path) -> Iterator[str]:
    try:
        text = decode(file.read_bytes()[:200_000])
    except (Undecodable, OSError):
        return
    for piece in chunk(file.name, text).chunks:
        if LEAST <= len(piece.text.strip()) <= MOST and sum(map(str.isalpha, piece.text)) > LEAST // 2:
            yield piece.text.strip()


def words_changed(share: float) -> Callable[[str, str, random.Random], str]:
    """Some words of a text in the place of as many of another."""

    def edit(text: str, other: str, chance: random.Random) -> str:
        words, pool = text.split(" "), other.split() or ["word"]
        for at in chance.sample(range(len(words)), max(1, round(share * len(words)))):
            words[at] = chance.choice(pool)
        return " ".join(words)

    return edit


def sentence_added(text: str, other: str, _: random.Random) -> str:
    return f"{text} {_sentences(other)[0]}"


def half_left_out(text: str, _: str, __: random.Random) -> str:
    sentences = _sentences(text)
    return " ".join(sentences[: max(1, len(sentences) // 2)])


def reordered(text: str, _: str, chance: random.Random) -> str:
    sentences = _sentences(text)
    chance.shuffle(sentences)
    return " ".join(sentences)


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?:])\s+", text) if part] or [text]


EDITS: dict[str, Callable[[str, str, random.Random], str]] = {
    "a word in 20 changed": words_changed(0.05),
    "a word in 10 changed": words_changed(0.1),
    "a word in 5 changed": words_changed(0.2),
    "a word in 3 changed": words_changed(0.33),
    "a sentence added": sentence_added,
    "sentences reordered": reordered,
    "half left out": half_left_out,
}


def measure(folders: list[Path], count: int, asked: int) -> None:
    chance = random.Random(7)
    texts = notes(folders, count, chance)
    with tempfile.TemporaryDirectory() as home, Memory.open(home=Path(home)) as memory:
        ids = [
            memory.records.get(done.record.id).stored
            for at in range(0, len(texts), GROUP)
            for done in memory.records.remember_all([Draft(text=text) for text in texts[at : at + GROUP]])
            if not isinstance(done, Exception) and done.outcome == "created"
        ]
        vault = memory.records.notebook(write=False)
        assert vault is not None
        sample = chance.sample(ids, min(asked, len(ids)))
        print(f"{len(ids)} notes, {len(sample)} asked for")
        print(f"{'share told at a threshold of':<26}" + "".join(f"{t:>7.2f}" for t in THRESHOLDS))
        show("another note", [best(vault, record, record.id) for record in sample])
        for name, edit in EDITS.items():
            likeness = []
            for record in sample:
                other = chance.choice(ids).text
                copy = replace(record, id=-1, text=edit(record.text, other, chance))
                likeness.append(best(vault, copy, None, wanted=record.id))
            show(name, likeness)


def best(vault: Vault, record: StoredRecord, itself: int | None, wanted: int | None = None) -> float:
    """How alike the closest other record is, or just the one that is wanted."""
    near = near_duplicates(vault, record, least=0.0)
    return max(
        (n.similarity for n in near if n.record.id != itself and wanted in (None, n.record.id)), default=0.0
    )


def show(name: str, likeness: list[float]) -> None:
    shares = [sum(value >= threshold for value in likeness) / len(likeness) for threshold in THRESHOLDS]
    print(f"{name:<26}" + "".join(f"{share:>7.3f}" for share in shares), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--notes", type=int, default=4_000, metavar="N", help="notes at most (default 4,000)")
    parser.add_argument("--asked", type=int, default=400, metavar="N", help="notes compared (default 400)")
    args = parser.parse_args()
    measure(args.folders, args.notes, args.asked)


if __name__ == "__main__":
    main()
