"""Text without a grammar is cut where its layout says that something ends."""

from __future__ import annotations

import pytest

from magray_memory.text.chunk import chunk
from magray_memory.text.chunk_types import MAX_CHARS, TARGET_CHARS


def test_sections_name_the_chunks_of_settings_files() -> None:
    section = "".join(f"key_{number} = {number}\n" for number in range(80))
    text = f"[tool.one]\n{section}\n[tool.two]\n{section}"
    chunks = chunk("a.toml", text).chunks
    assert [part.symbol for part in chunks] == ["tool.one", "tool.two"]
    assert chunks[1].text.startswith("[tool.two]")


def test_keys_at_the_margin_name_the_chunks_of_yaml() -> None:
    jobs = "".join(f"  step_{number}:\n    run: make {number}\n" for number in range(45))
    text = f"on: push\n\nbuild:\n{jobs}\ndeploy:\n{jobs}"
    chunks = chunk("ci.yml", text).chunks
    assert chunks[0].symbol == "on, build"
    assert any(part.symbol.startswith("deploy") and part.text.startswith("deploy:") for part in chunks)


def test_definitions_of_a_language_without_grammar_name_their_chunks() -> None:
    body = "".join(f"    my $value_{number} = shift;\n" for number in range(40))
    text = f"package Shop;\n\nsub order {{\n{body}}}\n\nsub cancel {{\n{body}}}\n"
    chunks = chunk("Shop.pm", text).chunks
    assert [(part.symbol, part.kind) for part in chunks] == [
        ("Shop, order", "module"),
        ("cancel", "function"),
    ]


@pytest.mark.parametrize(
    ("path", "text", "symbol"),
    [
        ("a.clj", "(ns shop)\n\n(defn- total [x]\n  (+ x 1))\n", "shop, total"),
        ("a.R", "add <- function(a, b) {\n  a + b\n}\n", "add"),
        ("a.erl", "start(A, B) when A > 1 ->\n    ok.\n\nstop() ->\n    ok.\n", "start, stop"),
        ("a.m", "@implementation Shop\n- (void)order:(int)x with:(int)y {\n}\n@end\n", "Shop, order"),
        ("a.cmake", "function(add_shop name)\nendfunction()\n", "add_shop"),
        ("a.ml", "let rec fact n = 1\nmodule M = struct end\n", "fact, M"),
        ("a.graphql", "input Change { a: ID }\nextend type Query { m: Int }\n", "Change, Query"),
        ("a.vim", "function! s:Open() abort\nendfunction\n", "Open"),
        ("a.scss", "@mixin button($x) {\n  color: $x;\n}\n", "button"),
        ("a.ps1", "else:\n", ""),
    ],
)
def test_definitions_as_other_languages_write_them(path: str, text: str, symbol: str) -> None:
    assert [part.symbol for part in chunk(path, text).chunks] == [symbol]


def test_a_shell_script_that_cannot_be_parsed_names_its_functions() -> None:
    text = "fzf-widget() {\n  local found=${(f)$(ls)}\n  for x (${(z)y}) print ${${x}[(w)1]}\n}\n"
    assert [part.symbol for part in chunk("a.fish", text).chunks] == ["fzf-widget"]


def test_chunks_begin_at_the_left_margin_where_they_can() -> None:
    block = "task :\n" + "    step\n" * 30 + "\n"
    chunks = chunk("a.unknown-code", block * 20, language="abap").chunks
    assert all(part.text.startswith("task") for part in chunks)
    assert all(len(part.text) <= TARGET_CHARS * 1.2 for part in chunks)


def test_a_line_over_the_cap_is_cut_between_words_under_its_own_number() -> None:
    text = "short\n" + "word " * 2_000 + "\nshort again\n"
    chunks = chunk("a.json", text).chunks
    pieces = [part for part in chunks if part.start_line == 2]
    assert "".join(part.text for part in pieces).split() == ["word"] * 2_000
    assert all(part.end_line == 2 and len(part.text) <= MAX_CHARS for part in pieces)
    assert chunks[-1].text == "short again"
