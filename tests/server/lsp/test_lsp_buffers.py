"""Open documents are edited exactly as the protocol says, whatever the text and the encoding of columns."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
)

from magray_server.lsp.buffers import Buffer, split_lines
from magray_server.lsp.positions import UTF8, UTF16, UTF32, to_column, to_index

TEXTS = st.text(st.sampled_from("ab \n\r\tяЖ😀𝒳é\u2028\x0c"), max_size=40)
UNITS = {
    UTF8: lambda text: len(text.encode()),
    UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
    UTF32: len,
}


def buffer(text: str, encoding: str = UTF16) -> Buffer:
    return Buffer("file:///x.py", None, 1, split_lines(text), encoding)


def at(text: str, offset: int, encoding: str) -> Position:
    """The position of an offset, counted the slow and plain way."""
    starts = [0] + [m.end() for m in re.finditer(r"\r\n|\n|\r", text)]
    line = max(i for i, start in enumerate(starts) if start <= offset)
    return Position(line, UNITS[encoding](text[starts[line] : offset]))


def inside_line_end(text: str, offset: int) -> bool:
    return text[offset - 1 : offset + 1] == "\r\n"


@given(TEXTS)
def test_splitting_loses_nothing(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == len(re.findall(r"\r\n|\n|\r", text)) + 1


@settings(max_examples=300)
@given(
    TEXTS,
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), TEXTS), max_size=8),
    st.sampled_from([UTF8, UTF16, UTF32]),
)
def test_random_edits_give_what_the_same_edits_of_a_string_give(text, edits, encoding) -> None:
    edited = buffer(text, encoding)
    for first, second, new in edits:
        low, high = sorted((min(first, len(text)), min(second, len(text))))
        if inside_line_end(text, low) or inside_line_end(text, high):
            continue
        change = TextDocumentContentChangePartial(
            Range(at(text, low, encoding), at(text, high, encoding)), new
        )
        text = text[:low] + new + text[high:]
        edited.edit([change], 2)
        assert edited.text == text
        assert edited.lines == split_lines(text)


@given(
    TEXTS.map(lambda text: re.sub(r"[\r\n]", "", text)),
    st.integers(0, 60),
    st.sampled_from([UTF8, UTF16, UTF32]),
)
def test_columns_come_back(line: str, index: int, encoding: str) -> None:
    index = min(index, len(line))
    assert to_index(line, to_column(line, index, encoding), encoding) == index


def test_a_column_inside_a_surrogate_pair_means_its_start() -> None:
    assert to_index("a😀b", 2, UTF16) == 1
    assert to_index("я", 1, UTF8) == 0


def test_positions_outside_the_text_mean_its_nearest_place() -> None:
    edited = buffer("one\ntwo")
    change = TextDocumentContentChangePartial(Range(Position(0, 99), Position(99, 0)), "!")
    edited.edit([change], 2)
    assert edited.text == "one!"


def test_a_change_without_a_range_replaces_everything() -> None:
    edited = buffer("one")
    edited.edit([TextDocumentContentChangeWholeDocument("two\r\nthree")], 5)
    assert (edited.text, edited.version, edited.dirty) == ("two\r\nthree", 5, True)
