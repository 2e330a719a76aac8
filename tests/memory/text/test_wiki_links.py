"""`[[ … ]]` is a link in prose and in comments; in code it is whatever the language says."""

from __future__ import annotations

import pytest

from magray_memory.text.wiki_links import wiki_links

CASES = {
    "a.md": (
        (
            "# On [[one]]\n`[[no]]`, [[two|x]], ``a [[no]]``\n```bash\n[[no]]\n```\n[[three#p]]\n"
            "| a | b |\n|-|-|\n| [[four\\|x]] | `[[no]]` |\n<!--\n[[no]]\n-->\n~~~\n[[no]]\n~~~\n[[5]]\n"
        ),
        ["one", "two|x", "three#p", "four\\|x", "5"],
    ),
    "list.md": ("- item\n  ```cpp\n  [[no]] int x;\n  ```\n- [[one]]\n", ["one"]),
    "open.md": ("```\n[[one]]\n", ["one"]),
    "README": ("See [[one]].\n", ["one"]),
    "a.org": ("[[one]] =[[no]]= ~[[no]]~\n#+BEGIN_SRC sh\n[[no]]\n#+END_SRC\n[[two]]\n", ["one", "two"]),
    "a.rst": ("[[one]] ``[[no]]``::\n\n    [[no]]\n\n[[two]]\n", ["one", "two"]),
    "a.adoc": ("[[anchor]]\n== Part\n", []),
    "a.sh": (
        'if [[ -n $x ]]; then # see [[one]]\n echo "# [[no]]" ${#x[[1]]}\n# use [[ -n $x ]] here\nfi\n',
        ["one"],
    ),
    "a.cpp": (
        (
            '[[nodiscard]] int f(); // [[one]]\n/* [[two]]\n * [[three]] */ char c = \'"\'; s="// [[no]]";\n'
            '[[deprecated("x")]] void g();\n'
        ),
        ["one", "two", "three"],
    ),
    "a.h": ("#pragma once\n[[noreturn]] void f();  // [[one]]\n", ["one"]),
    "a.toml": ('[[package]]\nname = "x"  # [[one]]\n[[a.b]]\n', ["one"]),
    "a.py": (
        (
            '"""On [[one]]."""\nx = [[1], [2]]\ny = """\n# [[no]]\n"""\ndef f():\n    """See [[two]]."""\n'
            "    return d[[1]]  # don't miss [[three]]\n"
        ),
        ["one", "two", "three"],
    ),
    "a.lua": ("--[[ block ]] x = [[string]] -- [[one]]\n--[==[ [[two]] ]==]\n", ["one", "two"]),
    "a.rs": ("fn f<'a>(x: &'a str) {} // don't miss [[one]]\n//! [[two]]\n", ["one", "two"]),
    "a.js": ("const a = b[[0]]; /* [[one]] */ const r = `// [[no]]`; // [[two]]\n", ["one", "two"]),
    "a.go": ("var x = '\"' // [[one]]\n", ["one"]),
    "a.html": ("<p>[[no]]</p><!-- [[one]] -->\n", ["one"]),
    "a.R": ('x[["a"]] # [[one]]\n', ["one"]),
    "a.hs": ("-- [[one]]\nx = [[1]] {- [[two]] -}\n", ["one", "two"]),
    "a.yaml": ("a: [[no]]\nb: 1 # [[one]]\n", ["one"]),
    "a.json": ('{"a": [[1]]}\n', []),
    "a.sql": ("select '-- [[no]]' -- [[one]]\n", ["one"]),
    "a.wl": ("x[[1]]\n", []),
    "a.ps1": ("[[string]]$x # [[one]]\n", ["one"]),
}


@pytest.mark.parametrize("name", CASES)
def test_links_stand_in_prose_and_in_comments(name: str) -> None:
    text, expected = CASES[name]
    lines = text.splitlines(keepends=True)
    links = list(wiki_links(name, lines))
    assert [link.target for link in links] == expected
    assert [lines[link.line][link.start : link.end] for link in links] == expected


def test_line_ends_of_every_kind_move_no_link() -> None:
    for end in ("\n", "\r\n", "\r"):
        lines = [f"# One{end}", f"```{end}", f"[[no]]{end}", f"```{end}", f"see [[two]]{end}"]
        assert [(link.line, link.start) for link in wiki_links("a.md", lines)] == [(4, 6)]
