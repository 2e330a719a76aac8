"""Every definition that a grammar names is a symbol of the passage it stands in, at the line of its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tree_sitter import Node, Parser

from magray_memory.text.chunk import chunk
from magray_memory.text.folded_names import folded
from magray_memory.text.grammars import GRAMMARS, load
from magray_memory.text.languages import detect

SAMPLES = Path(__file__).parent / "samples"
DEFINES = (
    "definition", "declaration", "_item", "specifier", "_spec", "method", "class", "module", "enum_variant",
    "enum_case", "enumerator", "constant", "signature", "property", "field_definition", "container_field",
    "method_elem",
)  # fmt: skip
"""Parts of the types of nodes that define what their `name` says, in any grammar."""
MERE_USES = (
    "parameter",
    "_type",
    "import",
    "namespace",
    "package",
    "attribute",
    "accessor",
    "invocation",
    "index",
    "subscript",
)
CMAKE = """\
function(setup t)
  message(STATUS "x")
  if(A)
    set(B 1)
  else()
    return()
  endif()
endfunction()
macro(other)
endmacro()
"""
GRADLE = """\
def top = 3
task build {
  def inner = 1
}
def helper(String a) {
  def local = a
}
class Foo {
  def field = 3
}
"""
LOCAL = ("variable_declarator", "property_declaration", "variable_declaration")
"""Variables where they stand in a function."""


def named_nodes(root: Node, source: bytes) -> list[tuple[str, int]]:
    """What the grammar calls by a `name`, wherever its type says that it is a definition."""
    found: list[tuple[str, int]] = []
    stack = [(root, False)]
    while stack:
        node, inside = stack.pop()
        name = node.child_by_field_name("name")
        defines = any(part in node.type for part in DEFINES) and not any(p in node.type for p in MERE_USES)
        local = inside and node.type in {
            "variable_declarator",
            "property_declaration",
            "variable_declaration",
        }
        if node.type.endswith("specifier") and node.child_by_field_name("body") is None:
            name = None  # only a use of it
        if name is not None and defines and not local:
            text = source[name.start_byte : name.end_byte].decode()
            if len(text.split()) == 1:
                found.append((text, name.start_point.row + 1))
        function = any(part in node.type for part in ("function", "method", "lambda", "closure"))
        stack += [(child, inside or function) for child in node.named_children]
    return found


@pytest.mark.parametrize("name", sorted(file.name for file in SAMPLES.iterdir()))
def test_every_definition_that_the_grammar_names_is_a_symbol_at_its_line(name: str) -> None:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    language = detect(name, text)
    if language not in GRAMMARS:
        return
    grammar = load(language)
    assert not isinstance(grammar, str)
    source = text.encode()
    symbols = {(s.name, s.line) for part in chunk(name, text).chunks for s in part.symbols}
    last_parts = {
        (wanted, line) for wanted, line in named_nodes(Parser(grammar).parse(source).root_node, source)
    }
    missing = {
        (wanted, line)
        for wanted, line in last_parts
        if not any(
            line == at and (wanted == own or wanted.endswith((f".{own}", f":{own}"))) for own, at in symbols
        )
    }
    # Guards of headers and what is required from elsewhere define nothing.
    assert missing <= {("LIST_HPP", 2), ("path", 3), ("json", 3)}, missing


def test_a_method_of_a_small_class_has_its_own_name_container_and_line() -> None:
    text = "import os\n\nclass Ledger:\n    @cached\n    def close_small(self):\n        def inner(): ...\n"
    (part,) = chunk("a.py", text).chunks
    shown = [
        (s.container + s.joint + s.name, s.kind, s.line, s.end_line) for s in part.symbols if s.container
    ]
    assert shown == [
        ("Ledger.close_small", "method", 5, 6),
        ("Ledger.close_small.inner", "function", 6, 6),
    ]


def test_conditional_compilation_in_the_midst_of_a_statement_hides_nothing() -> None:
    text = """
public class Context: Base {
  let config: Config

  func open() {
    switch name {
    #if os(iOS) || os(tvOS)
    case UIApplication.didOpen:
      post(.opened)
    #elseif os(macOS)
    case NSApplication.didOpen:
      post(.opened)
    #endif
    default:
      return
    }
  }

  func close() { }
}
"""
    symbols = [symbol for part in chunk("a.swift", text).chunks for symbol in part.symbols]
    found = {(symbol.name, symbol.container, symbol.line) for symbol in symbols}
    assert found == {
        ("Context", "", 2),
        ("config", "Context", 3),
        ("open", "Context", 5),
        ("close", "Context", 19),
    }


def test_variables_of_functions_are_local() -> None:
    text = (
        "app.get('/', (req) => {\n  const user = 1;\n  function helper() {}\n});\nconst top = 2, other = 3;\n"
    )
    names = [s.name for part in chunk("a.js", text).chunks for s in part.symbols]
    assert names == ["helper", "top", "other"]


def test_an_entry_that_holds_a_function_is_a_value_in_a_function() -> None:
    text = "const api = { save: () => 1 };\nfunction make() {\n  return send({ load: () => 2 });\n}\n"
    kinds = {s.name: s.kind for part in chunk("a.js", text).chunks for s in part.symbols}
    assert kinds == {"api": "constant", "save": "function", "make": "function", "load": "property"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("CMakeLists.txt", CMAKE, {"setup": "function", "other": "macro"}),
        ("a.gradle", GRADLE,
         {"top": "variable", "build": "task", "helper": "function", "Foo": "class", "field": "variable"}),
        ("a.fs", "let top = 3\nlet walk x y =\n    let inner = x\n    let step a = a\n    inner\n",
         {"top": "constant", "walk": "function", "step": "function"}),
    ],
)  # fmt: skip
def test_without_a_grammar_calls_branches_and_local_values_define_nothing(
    name: str, text: str, expected: dict[str, str]
) -> None:
    assert {s.name: s.kind for part in chunk(name, text).chunks for s in part.symbols} == expected


@pytest.mark.parametrize(
    ("name", "text", "headings"),
    [
        ("a.md", "intro\n\n# One\n\n## Two\ntext\n\nThree\n-----\n", {"One": 3, "Two": 5, "Three": 8}),
        ("a.rst", ".. _label:\n\n=====\nGuide\n=====\n\nUse\n---\n\n.. function:: f(x)\n\n   Text.\n",
         {"Guide": 4, "Use": 7, "f": 10}),
        ("a.adoc", "= Only One\n\ntext\n", {"Only One": 1}),
        ("a.org", "text\n* TODO Buy milk  :home:\n** Where\n", {"Buy milk": 2, "Where": 3}),
        ("a.tex", "x\n\\section{Method}\n", {"Method": 2}),
        ("a.textile", "h1. Big\n\nh2(#x). Small\n", {"Big": 1, "Small": 3}),
        ("a.html", "<html><body>\n<h1>Guide</h1>\n<div>\n<h2>Install</h2>\n</div></body></html>\n",
         {"Guide": 2, "Install": 4}),
        ("a.toml", "[tool.first]\nx = 1\n[tool.second]\ny = 2\n", {"tool.first": 1, "tool.second": 3}),
    ],
)  # fmt: skip
def test_every_heading_is_a_symbol_at_its_own_line(name: str, text: str, headings: dict[str, int]) -> None:
    found = {s.name: s.line for part in chunk(name, text).chunks for s in part.symbols}
    assert found.items() >= headings.items(), found


def test_the_headings_of_a_section_lie_in_those_above_and_end_with_the_section() -> None:
    text = "# Guide\n\n## Install\n\ntext\n\n## Use\n\n### Fast\n\n# Other\n"
    symbols = [s for part in chunk("a.md", text).chunks for s in part.symbols]
    assert [(s.container, s.name, s.line, s.end_line) for s in symbols] == [
        ("", "Guide", 1, 10),
        ("Guide", "Install", 3, 6),
        ("Guide", "Use", 7, 10),
        ("Guide > Use", "Fast", 9, 10),
        ("", "Other", 11, 11),
    ]


@pytest.mark.parametrize("indent", [1, None])
def test_cells_know_their_lines(indent: int | None) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["noise\n"] * 500}]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Sales\n", "\n", "By month"]},
        {"cell_type": "code", "metadata": {}, "source": ["x = 1\n"], "outputs": outputs},
        {
            "cell_type": "code",
            "metadata": {},
            "source": ["import os\n", "def load_sales():\n", "    return 1"],
        },
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=indent)
    rows = text.split("\n")
    for part in chunk("a.ipynb", text).chunks:
        for symbol in part.symbols:
            assert symbol.name in rows[symbol.line - 1]
        runs = [*part.line_runs, None]
        for run, following in zip(part.line_runs, runs[1:], strict=True):
            end = following.row if following else len(part.text.split("\n"))
            for row in range(run.row, end):
                words = part.text.split("\n")[row].strip()
                assert words in rows[min(run.first_line + row - run.row, run.last_line) - 1]
    names = {s.name for part in chunk("a.ipynb", text).chunks for s in part.symbols}
    assert names >= {"Sales", "load_sales"}


def test_names_are_looked_up_in_any_case_form_and_without_a_sigil() -> None:
    assert folded("$userName") == folded("USERNAME") == "username"
    assert folded("Что  нового\n") == "что нового"
    assert folded("e\u0301tat") == folded("ÉTAT")
    assert folded("...") == "..."


def test_small_scripts_and_styles_of_a_page_define_what_they_define() -> None:
    page = """<html><body>
<h1>Ticket office</h1>
<script>
function openGate() {}
class Till { ring() {} }
</script>
<style>
.till { color: red }
</style>
<script type="text/template">
<p>function nobody() {}</p>
</script>
<h2>Later</h2></body></html>
"""
    (only,) = chunk("page.html", page).chunks
    assert [(symbol.name, symbol.container, symbol.line) for symbol in only.symbols] == [
        ("Ticket office", "", 2),
        ("openGate", "", 4),
        ("Till", "", 5),
        ("ring", "Till", 5),
        (".till", "", 8),
        ("Later", "", 13),
    ]
