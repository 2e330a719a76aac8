"""A name leads to its definition, whatever mentions it, and a hit to the line that answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.search.query import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = """\
import os

__all__ = ["close_small", "Ledger"]


class Ledger:
    @os.register
    @os.cached
    def close_small(self, month):
        return month

    limit: int = 3
"""
JOBS = '''\
"""close_small, close_small and close_small again."""


def nightly(books, month):
    """Calls close_small for the month that ended."""
    books.close_small(month)
'''
GUIDE = """\
# Guide

Text.

## Closing the month

Words about the end of a month.

## Что нового

Всё.
"""
STORE = """\
export const tillRegistry = make();
export interface Till { tillGetter: string }
"""
STORE_TEST = """\
test("tillRegistry", () => {
  check(tillRegistry);
  const tillGetter = list([1]).refine(() => false);
  clone({ tillGetter: () => 2 });
});
"""
CELLS = [
    {"cell_type": "code", "source": ["1\n"], "outputs": [{"text": ["noise\n"] * 60}]},
    {
        "cell_type": "code",
        "source": ["import os\n", "\n", "def read_sales():\n", "    pass\n"],
        "outputs": [],
    },
]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    root, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    texts = {"ledger.py": LEDGER, "jobs.py": JOBS, "guide.md": GUIDE}
    texts |= {"store.ts": STORE, "store.test.ts": STORE_TEST}
    texts["sales.ipynb"] = json.dumps({"cells": CELLS, "metadata": {}, "nbformat": 4}, indent=1)
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
    with Memory.open(root, home=home) as opened:
        opened.index.run(lexical=True)
        yield opened


@pytest.mark.parametrize(
    ("query", "path", "line", "symbol"),
    [
        ("close_small", "ledger.py", 9, "Ledger.close_small"),
        ("Ledger.close_small", "ledger.py", 9, "Ledger.close_small"),
        ("Ledger#close_small()", "ledger.py", 9, "Ledger.close_small"),
        ("CLOSE_SMALL", "ledger.py", 9, "Ledger.close_small"),
        ("limit", "ledger.py", 12, "Ledger.limit"),
        ("nightly", "jobs.py", 4, "nightly"),
        ("tillRegistry", "store.ts", 1, "tillRegistry"),
        ("tillGetter", "store.ts", 2, "Till.tillGetter"),
        ("Closing the month", "guide.md", 5, "Guide > Closing the month"),
        ("что нового", "guide.md", 9, "Guide > Что нового"),
    ],
)
def test_a_name_leads_to_its_definition(
    memory: Memory, query: str, path: str, line: int, symbol: str
) -> None:
    hit = memory.search.query(parse(query, mode="lexical")).hits[0]
    assert (hit.path, hit.snippet_line, hit.symbol) == (path, line, symbol)
    assert hit.start_line <= hit.snippet_line <= hit.end_line


def test_a_cell_of_a_notebook_is_shown_at_its_line_in_the_file(memory: Memory) -> None:
    hit = memory.search.query(parse("read_sales", mode="lexical")).hits[0]
    assert hit.root is not None
    assert hit.path == "sales.ipynb"
    rows = (Path(hit.root) / hit.path).read_text(encoding="utf-8").split("\n")
    assert "def read_sales" in rows[hit.snippet_line - 1]
    assert hit.snippet.startswith("def read_sales")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("close_small", ["close_small"]),
        ("small", ["close_small"]),
        ("clsml", ["close_small"]),
        ("Ledger.close", ["close_small"]),
        ("closing the", ["Closing the month"]),
        ("ЧТО", ["Что нового"]),
        ("read_s", ["read_sales"]),
    ],
)
def test_symbols_are_found_by_any_part_of_their_names(memory: Memory, typed: str, names: list[str]) -> None:
    assert [symbol.name for symbol in memory.search.symbols(typed, 10)] == names


def test_the_lines_of_symbols_follow_an_edit_above_them(memory: Memory) -> None:
    file = memory.root / "jobs.py"
    file.write_text("import os\n\n" + JOBS, encoding="utf-8")
    memory.index.run(lexical=True)
    (found,) = memory.search.symbols("nightly", 5)
    assert (found.line, found.container) == (6, "")


@pytest.mark.parametrize(
    ("query", "path", "line"),
    [
        ("Result", "tiers.py", 5),
        ("result", "answers.py", 1),
        ("Pending", "states.rs", 2),
        ("pending", "tiers.py", 1),
        ("GRANTED", "access.ts", 2),
        ("granted", "answer.ts", 2),
    ],
)
def test_the_case_as_typed_comes_first(tmp_path: Path, query: str, path: str, line: int) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "tiers.py").write_text(
        "def pending():\n    pass\n\n\nclass Result:\n    pass\n", encoding="utf-8"
    )
    (root / "states.rs").write_text("enum State {\n    Pending,\n    Done,\n}\n", encoding="utf-8")
    (root / "answers.py").write_text("def result():\n    pass\n", encoding="utf-8")
    (root / "access.ts").write_text("export enum Access {\n  GRANTED = 'granted',\n}\n", encoding="utf-8")
    (root / "answer.ts").write_text("export type Answer = {\n  granted: boolean;\n};\n", encoding="utf-8")
    with Memory.open(root, home=tmp_path / "home") as opened:
        opened.index.run(lexical=True)
        hit = opened.search.query(parse(query, mode="lexical")).hits[0]
    assert (hit.path, hit.snippet_line) == (path, line)


CALL = """import net


def connect(host):
    \"\"\"Opens the connection to a host.\"\"\"
    return net.open(
        host, wait=GRACE_SECONDS)
"""
CALL_IN_TS = """export function connect(host: string) {
  return open(host, { wait: graceSeconds });
}
"""
KEYS = """server:
  name: one
  max-upload-kb: 44
"""


@pytest.mark.parametrize(
    ("query", "path", "line", "symbol"),
    [
        ("GRACE_SECONDS", "call.py", 7, "connect"),
        ("grace_seconds", "call.py", 7, "connect"),
        ("where is GRACE_SECONDS given to the host", "call.py", 7, "connect"),
        ("graceSeconds", "call.ts", 2, "connect"),
        ("max-upload-kb", "keys.yaml", 3, "server"),
    ],
)
def test_a_name_that_is_no_symbol_leads_to_the_line_where_it_stands(
    tmp_path: Path, query: str, path: str, line: int, symbol: str
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for name, text in {"call.py": CALL, "call.ts": CALL_IN_TS, "keys.yaml": KEYS}.items():
        (root / name).write_text(text, encoding="utf-8")
    with Memory.open(root, home=tmp_path / "home") as opened:
        opened.index.run(lexical=True)
        found = opened.search.query(parse(query, mode="lexical")).hits
    hit = next(hit for hit in found if hit.path == path)
    assert (hit.snippet_line, hit.symbol) == (line, symbol)
