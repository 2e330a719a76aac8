#!/usr/bin/env python3
"""Measures whether a name leads to its definition: first of the hits, and among the symbols, by language.

usage: eval_symbols.py FOLDER… [--sample N] [--seed N] [--misses N]

What is defined is read from the syntax trees by rules of this script's own: the `name` field of every node
whose type says that it defines something (with the declarators of C, the `def` calls of Elixir, which have
none), and the headings of Markdown and HTML. Variables in functions are local and left out, as operators and
names of one letter are. `first` is the share of names for which the first hit by words is the printed line of
a definition of that name, whichever; `symbol` the share of definitions that stand at their line among the
symbols of the workspace.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.memory import Memory
from magray_memory.search.query import SearchQuery
from magray_memory.storage.documents import files
from magray_memory.text.decode import decode
from magray_memory.text.grammars import GRAMMARS, ParseError, parse
from magray_memory.text.languages import detect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_HEAD = 4_000
_SYMBOLS = 1_000
_NAME = re.compile(r"[^\W\d]\w+[?!]?")
_DEFINES = re.compile(
    r"(?:^|_)(?:definition|declaration|item|spec|specifier|signature|declarator|element|elem|variant|enumerator|constant|entry"
    r"|class|module|method|struct|function|data_type|newtype|synomym|synonym|constructor|alias)$"
)
_NO_DEFINITION = re.compile(
    r"parameter|argument|import|using|use_|call|expression|extern_crate|self_closing|package|jsx|pattern|template_|export"
    r"|index_signature"
)
_OF_TYPE = re.compile(r"^(?:struct|class|enum|union)_specifier$")
_REFERENCES = frozenset(("template_function", "user_type", "optional_type"))
"""What is extended or specialized, not defined."""
_FUNCTION = re.compile(r"function|method|lambda|closure|constructor|parameter|func_literal|accessor")
_LOCAL = re.compile(r"var|const|field|property|element|declarator|bind|let|enum_entry|alias|signature")
_IMPORTED = re.compile(rb"(?:__import\w+\()?require\(")
_IDENTIFIERS = frozenset(("identifier", "simple_identifier"))
_ELIXIR = re.compile(rb"def(?:p|macro|macrop|guard|guardp|module|protocol|delegate|callback)?$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"#{1,6}[ \t]+(\w[\w .,'-]*?)[ \t]*#*$")
_HTML_HEADING = re.compile(r"<h[1-6]\b[^>]*>(\w[\w .,'-]*)</h", re.IGNORECASE)


@dataclass(frozen=True)
class Defined:
    """A definition: `line` (1-based) is where its name stands."""

    name: str
    language: str
    path: str
    line: int


def headings(text: str) -> Iterator[tuple[str, int]]:
    fence = ""
    for row, line in enumerate(text.splitlines(), 1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence and (heading := _HEADING.match(line)):
            yield heading[1], row


def names_of(node: Node, local: bool) -> list[Node]:
    """The nodes that hold the names that a node of a tree defines."""
    kind = node.type
    if kind == "call" and (target := node.child_by_field_name("target")):
        arguments = node.named_children[1:2]
        if target.text is None or not _ELIXIR.match(target.text) or not arguments:
            return []
        name = arguments[0].named_children[0] if arguments[0].named_children else None
        while name is not None and name.type in ("binary_operator", "call"):
            name = name.child_by_field_name("left") or name.child_by_field_name("target")
        return [] if name is None else [name]
    if kind in ("function_definition", "function_declarator") and not node.child_by_field_name("name"):
        name = node.child_by_field_name("declarator")
        while name is not None and (inner := name.child_by_field_name("declarator")):
            name = inner
        return [] if name is None or (local and kind == "function_declarator") else [name]
    if not _DEFINES.search(kind) or _NO_DEFINITION.search(kind) or (local and _LOCAL.search(kind)):
        return []
    if _OF_TYPE.match(kind) and node.child_by_field_name("body") is None:
        return []
    names = node.children_by_field_name("name") or nameless(node)
    value = node.child_by_field_name("value")
    if not names or (value is not None and _IMPORTED.match(value.text or b"")):
        return []
    # Swift's grammar calls what a function returns a name as well.
    return [name for name in names if name.type == names[0].type]


def nameless(node: Node) -> list[Node]:
    """The names in nodes that define something and have no field for it: in JavaScript and Kotlin."""
    if node.type == "field_definition":
        return node.children_by_field_name("property")
    inner = node
    if node.type == "property_declaration":
        inner = next((child for child in node.named_children if child.type == "variable_declaration"), node)
    if inner is not node or node.type == "enum_entry":
        return [child for child in inner.named_children if child.type in _IDENTIFIERS][:1]
    return []


def definitions(root: Node) -> Iterator[tuple[str, int]]:
    """Every name that a tree defines, the last part of it where it is qualified, with its line."""
    stack = [(root, False)]
    while stack:
        node, local = stack.pop()
        for name in names_of(node, local):
            if name.type in _REFERENCES:
                continue
            while inner := name.child_by_field_name("name"):
                name = inner
            text = (name.text or b"").decode(errors="replace").strip("\"'`")
            *_, text = re.split(r"::|\.|:", text)
            if _NAME.fullmatch(text):
                yield text, name.start_point[0] + 1
        local = local or bool(_FUNCTION.search(node.type))
        stack.extend((child, local) for child in node.named_children)


def defined_in(folder: Path, paths: list[str]) -> list[Defined]:
    found: set[Defined] = set()
    for path in paths:
        text = decode((folder / path).read_bytes())
        language = detect(path, text[:_HEAD])
        if language == "markdown":
            named = headings(text)
        elif language == "html":
            named = [(m[1], text.count("\n", 0, m.start()) + 1) for m in _HTML_HEADING.finditer(text)]
        elif language in GRAMMARS:
            try:
                _, tree = parse(language, text.encode("utf-8", "surrogatepass"), 10)
            except ParseError:
                continue
            named = definitions(tree.root_node)
        else:
            continue
        found.update(Defined(name, language, path, line) for name, line in named)
    return sorted(found, key=lambda one: (one.language, one.path, one.line, one.name))


@dataclass
class Score:
    defined: int = 0
    asked: int = 0
    first: int = 0
    symbol: int = 0

    def add(self, other: Score) -> None:
        self.defined += other.defined
        self.asked += other.asked
        self.first += other.first
        self.symbol += other.symbol

    def row(self, name: str) -> str:
        shares = (f"{100 * part / max(1, self.asked):7.1f} %" for part in (self.first, self.symbol))
        return f"{name:<24}{self.defined:>9}{self.asked:>7}  {'  '.join(shares)}"


def measure(
    memory: Memory, found: list[Defined], sample: int, seed: int
) -> tuple[dict[str, Score], dict[str, list[str]]]:
    """The scores and the misses, by language; every name is asked once a language."""
    by_name: dict[str, set[tuple[str | None, int]]] = defaultdict(set)
    by_language: dict[str, dict[str, list[Defined]]] = defaultdict(lambda: defaultdict(list))
    scores: dict[str, Score] = defaultdict(Score)
    misses: dict[str, list[str]] = defaultdict(list)
    for one in found:
        by_name[one.name].add((one.path, one.line))
        by_language[one.language][one.name].append(one)
        scores[one.language].defined += 1
    for language, names in sorted(by_language.items()):
        chance = random.Random(f"{seed} {language}")
        asked = sorted(names) if len(names) <= sample else chance.sample(sorted(names), sample)
        for name in asked:
            one = chance.choice(names[name])
            hits = memory.search.query(SearchQuery(name, within="workspace", mode="lexical", k=1)).hits
            first = any((hit.path, hit.snippet_line) in by_name[name] for hit in hits)
            symbols = memory.search.symbols(name, _SYMBOLS)
            listed = any((symbol.path, symbol.line) == (one.path, one.line) for symbol in symbols)
            scores[language].add(Score(0, 1, first, listed))
            if not first or not listed:
                got = f"{hits[0].path}:{hits[0].snippet_line}" if hits else "nothing"
                what = "" if first else f"  first is {got}"
                misses[language].append(
                    f"{name} ({one.path}:{one.line}){what}{'' if listed else '  no symbol'}"
                )
    return scores, misses


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a project to be indexed")
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="names asked a language")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="misses shown a language")
    args = parser.parse_args()
    os.environ.pop("MAGRAY_CONFIG", None)
    total = Score()
    print(f"{'':<24}{'defined':>9}{'asked':>7}  {'first':>9}  {'symbol':>9}")
    for folder in args.folders:
        with (
            tempfile.TemporaryDirectory() as home,
            Memory.open(folder, home=Path(home)) as memory,
        ):
            memory.index.run(lexical=True)
            with memory.index.open_vault() as vault:
                paths = sorted(files(vault))
            scores, misses = measure(memory, defined_in(folder, paths), args.sample, args.seed)
        print(folder.resolve().name)
        for language, score in scores.items():
            print(score.row(f"  {language}"), flush=True)
            for miss in misses[language][: args.misses]:
                print(f"    {miss}")
            total.add(score)
    print(total.row("total"))


if __name__ == "__main__":
    main()
