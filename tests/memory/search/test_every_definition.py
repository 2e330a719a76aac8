"""Every definition of every language with a grammar is found by its name: first, at its line, as a symbol."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.search.query import parse
from magray_memory.text.chunk import chunk
from magray_memory.text.folded_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[1] / "text" / "samples"
FILES = sorted(file.name for file in SAMPLES.iterdir())
WORD = re.compile(r"[^\W\d]\w+[?!]?")


def definitions(file: str) -> list[tuple[str, int]]:
    """Each name of more than a letter with its line."""
    text = (SAMPLES / file).read_text(encoding="utf-8")
    symbols = [symbol for part in chunk(file, text).chunks for symbol in part.symbols]
    return [(symbol.name, symbol.line) for symbol in symbols if WORD.fullmatch(symbol.name)]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A workspace of all samples, indexed by words."""
    place = tmp_path_factory.mktemp("definitions")
    shutil.copytree(SAMPLES, place / "src")
    with Memory.open(place / "src", home=place / "home") as opened:
        opened.index.run(lexical=True)
        yield opened


@pytest.fixture(scope="module")
def defined() -> dict[str, set[tuple[str | None, int]]]:
    """Every place that defines a name."""
    found: dict[str, set[tuple[str | None, int]]] = defaultdict(set)
    for file in FILES:
        for name, line in definitions(file):
            found[folded(name)].add((file, line))
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_name_leads_to_its_definition_and_is_a_symbol(
    memory: Memory, defined: dict[str, set[tuple[str | None, int]]], file: str
) -> None:
    astray: list[tuple[str, object]] = []
    for name, line in definitions(file):
        first = memory.search.query(parse(name, mode="lexical", k=1)).hits[0]
        if (first.path, first.snippet_line) not in defined[folded(name)]:
            astray.append((name, (first.path, first.snippet_line)))
        if (file, line) not in {(symbol.path, symbol.line) for symbol in memory.search.symbols(name, 100)}:
            astray.append((name, "no symbol"))
    assert not astray
