"""Whatever the text: no line is lost, no chunk is too long, nothing raises, hostile input ends soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magray_memory.text.chunk import chunk, with_line_feeds
from magray_memory.text.chunk_types import MAX_CHARS, ChunkedText
from magray_memory.text.code_chunker import chunk_code
from magray_memory.text.data_sample import ROWS_CHARS, SAMPLE
from magray_memory.text.grammars import GRAMMARS

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())
SOURCES = sorted(Path(chunk.__code__.co_filename).parent.glob("*.py"))


def check(text: str, result: ChunkedText) -> None:
    """The promise of chunk.py."""
    lines = with_line_feeds(text).split("\n")
    covered: set[int] = set()
    previous = 0
    for part in result.chunks:
        assert 1 <= part.start_line <= part.end_line <= len(lines)
        assert part.start_line >= previous
        previous = part.start_line
        of_one_line = part.start_line == part.end_line
        assert len(part.text) <= (ROWS_CHARS if of_one_line and len(result.chunks) > SAMPLE else MAX_CHARS)
        assert part.text.strip()
        whole = "\n".join(lines[part.start_line - 1 : part.end_line])
        if len(whole) > MAX_CHARS:
            assert part.start_line == part.end_line
            assert part.text in whole
        else:
            assert part.text == whole
        covered.update(range(part.start_line, part.end_line + 1))
    lost = [number for number, line in enumerate(lines, 1) if line.strip() and number not in covered]
    assert not lost


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 40),
        st.sampled_from(
            ["", "\n", "\r\n", "\r", "\f", "\u2028", "(", ")", "{", "}", '"', "'''", "/*", "é", "Ж", "🦊",
             "\ud800", "\0", "\n\n\n", "class A:\n", "  ", "x" * 3000, "\t", "//", "end\n", "<div>", "`"]
        ),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), EDITS, st.integers(1, 12))
def test_no_line_is_lost_whatever_is_done_to_a_source(
    path: Path, edits: list[tuple[float, int, str]], times: int
) -> None:
    text = path.read_text(encoding="utf-8") * times
    for place, deleted, inserted in edits:
        at = int(place * len(text))
        text = text[:at] + inserted + text[at + deleted :]
    check(text, chunk(path.name, text))


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=3000),
    st.sampled_from([*GRAMMARS, "json", "yaml", "toml", "vue", "svelte", "astro", "cobol"]),
)
def test_any_text_can_be_chunked_in_any_language(text: str, language: str) -> None:
    result = chunk("name", text, language=language)
    assert result.language == language
    check(text, result)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_this_package_keeps_all_its_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for variant in (text, text.replace("\n", "\r\n"), text.replace("e", "ё")):
        check(variant, chunk(path.name, variant))


def test_lines_are_counted_by_line_feeds_alone() -> None:
    text = "a = '\u2028'\r\n\f\r\ndef f():\r\n    return 'Ж'\r\n"
    (part,) = chunk("a.py", text).chunks
    assert (part.start_line, part.end_line) == (1, 4)
    assert part.text == text.removesuffix("\n")


def test_symbols_after_letters_of_several_bytes_are_right() -> None:
    text = "".join(f'def функция_{n}():\n    """{"Ж🦊" * 400}"""\n\n\n' for n in range(3))
    assert [part.symbol for part in chunk("a.py", text).chunks] == ["функция_0", "функция_1", "функция_2"]
    assert [part.start_line for part in chunk("a.py", text).chunks] == [1, 5, 9]


@pytest.mark.parametrize("text", ["", "\n", " \t\r\n\f\n", "\u2028"])
def test_a_blank_text_has_no_chunks(text: str) -> None:
    assert chunk("a.py", text).chunks == ()


HOSTILE = {
    "parentheses on one line": ("a.py", "x = " + "(" * 100_000 + ")" * 100_000),
    "parentheses on many lines": ("a.py", "x = " + "(\n" * 50_000 + ")\n" * 50_000),
    "blocks": ("a.c", "int f() {" + "{\n" * 50_000 + "}\n" * 50_000 + "}"),
    "functions in functions": ("a.js", "function f() {\n" * 3_000 + "}\n" * 3_000),
    "classes in classes": ("a.py", "\n".join(" " * depth + f"class A{depth}:" for depth in range(600))),
    "a chain of else if": ("a.c", "void f() { if (a) {}\n" + "else if (b) { x(); }\n" * 10_000 + "}"),
    "a sum of many lines": ("a.js", 'x = "a"' + ' +\n "a"' * 30_000),
    "many blank lines": ("a.py", "x = 1\n" + "\n" * 50_000 + "y = 2\n"),
    "one line of 5 MB": ("a.js", 'var a = "' + "x y " * 1_250_000 + '";\nlet b;\n'),
    "one line of 5 MB without grammar": ("a.json", '["' + "x y " * 1_250_000 + '"]'),
    "minified": ("a.css", ".a{color:red}" * 50_000),
    "not the language at all": ("a.rs", "%%% (not rust <<< >>> ##\n" * 300),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sources_are_chunked_within_bounds(name: str) -> None:
    path, text = HOSTILE[name]
    result = chunk(path, text)
    check(text, result)
    assert len(result.chunks) <= 60 + len(text) // 200


def test_what_is_left_out_of_an_over_long_line_is_said() -> None:
    result = chunk("a.js", "x" * 1_000_000)
    assert sum(len(part.text) for part in result.chunks) == 120_000
    assert result.note == "1 line(s) longer than 120,000 characters, kept in part"


def test_a_parser_out_of_time_means_lines_and_a_note() -> None:
    text = "def f():\n    x = [1, 2, 3]\n" * 50_000
    result = chunk("a.py", text, parse_seconds=0.01)
    check(text, result)
    assert result.note == "chunked by lines: parsing took longer than 0.01 s"
    assert result.chunks[0].symbol == "f"


def test_rubble_is_chunked_by_lines_and_a_note_says_so() -> None:
    _, note = chunk_code("%%% (not rust <<< >>> ##\n" * 300, "rust", 2.0)
    assert note == "chunked by lines: most of it cannot be parsed"


def test_one_syntax_error_costs_no_symbols() -> None:
    text = "def one():\n    return (1\n\n\n" + "def two():\n    return 2\n\n\n" * 3
    assert "two" in " ".join(part.symbol for part in chunk("a.py", text).chunks)


@pytest.mark.parametrize("language", GRAMMARS)
@pytest.mark.parametrize("line", ["{}", "   ", ";", "()", "\\", "--", "#", "\x01"])
def test_a_long_text_in_which_the_grammar_finds_nothing_is_cut_by_lines(language: str, line: str) -> None:
    text = f"{line}\n" * 4_000
    check(text, chunk("name", text, language=language))
