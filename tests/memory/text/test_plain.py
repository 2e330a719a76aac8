"""Plain text: paragraphs, sentences, mail, logs, and the headings of other formats."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.text.chunk_types import Chunk
from magray_memory.text.plain import chunk_plain

Lossless = Callable[[str, Sequence[Chunk]], None]

BODY = "Несколько слов о том, что здесь важно. A few words on what matters here. " * 12 + "\n"


def test_a_short_text_is_one_chunk_without_a_symbol() -> None:
    assert chunk_plain("one\n\ntwo\n") == ("one", [], [], [Chunk(1, 3, "", "text", "one\n\ntwo")])
    assert chunk_plain("") == (None, [], [], [])
    assert chunk_plain(" \n\t\n") == (None, [], [], [])


def test_wrapped_paragraphs_are_cut_where_they_end(lossless: Lossless) -> None:
    paragraph = (
        "Слова идут одно за другим, и строка\nпереносится, но мысль продолжается\nдо самой точки.\n" * 5
    )
    text = "\n".join([paragraph] * 12)
    chunks = chunk_plain(text)[3]
    lossless(text, chunks)
    assert len(chunks) > 3
    assert all(chunk.text.startswith("Слова") for chunk in chunks)
    assert all(chunk.text.rstrip().endswith("точки.") for chunk in chunks)


def test_one_long_paragraph_is_cut_where_a_sentence_ends(lossless: Lossless) -> None:
    text = (
        "Words follow one another and the line\nwraps, but the thought goes on\nuntil the full stop.\n" * 60
    )
    chunks = chunk_plain(text)[3]
    lossless(text, chunks)
    assert all(chunk.text.startswith("Words") for chunk in chunks)


def test_one_very_long_line_is_cut_between_sentences(lossless: Lossless) -> None:
    text = "A sentence that never meets the end of its line, does it? " * 1_000 + "\nshort\n"
    chunks = chunk_plain(text)[3]
    lossless(text, chunks)
    assert {chunk.start_line for chunk in chunks} == {1, 2}
    assert all(chunk.text.startswith("A sentence") for chunk in chunks if chunk.start_line == 1)


def test_text_without_spaces_between_words_is_all_kept(lossless: Lossless) -> None:
    text = "これは改行のない長い文章です。" * 1_000
    chunks = chunk_plain(text)[3]
    lossless(text, chunks)
    assert "".join(chunk.text for chunk in chunks) == text


def test_a_log_is_cut_between_its_lines(lossless: Lossless) -> None:
    text = "".join(f"2025-01-01 12:00:{n % 60:02} INFO worker {n}: job done\n" for n in range(500))
    chunks = chunk_plain(text)[3]
    lossless(text, chunks)
    assert all(800 <= len(chunk.text) <= 1_600 for chunk in chunks)


def test_a_mail_is_called_by_its_subject() -> None:
    mail = f"From: a@example.org\nSubject: The plan for May\n\nHello,\n\n> what about it?\n{BODY}"
    assert chunk_plain(mail)[0] == "The plan for May"
    assert chunk_plain(f"Тема: План\nОт: кого-то\n\n{BODY}")[0] == "План"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"Shopping list\n\n{BODY}", "Shopping list"),
        (f"\n\nShopping list\n\n{BODY}", "Shopping list"),
        (f"This begins with a sentence.\n\n{BODY}", None),
        (f"1234\n\n{BODY}", None),
        (BODY, None),
        (f"#+TITLE: My notes\n\n{BODY}", "My notes"),
        (f"\\documentclass{{article}}\n\\title{{On it}}\n{BODY}", "On it"),
    ],
)
def test_a_title_is_taken_where_one_can_be_told(text: str, title: str | None) -> None:
    assert chunk_plain(text)[0] == title


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("One\n===", "Two\n---"),
        ("= One", "== Two"),
        ("=One=", "==Two=="),
        ("\\section{One}", "\\subsection{Two}"),
        ("* One", "** TODO Two"),
        (".SH One", '.SS "Two"'),
        ("@chapter One", "@section Two"),
    ],
)
def test_headings_of_other_formats_name_their_sections(lossless: Lossless, one: str, two: str) -> None:
    text = f"\n{one}\n{BODY}\n\n{two}\n{BODY}"
    title, _, _, chunks = chunk_plain(text)
    lossless(text, chunks)
    assert [chunk.symbol for chunk in chunks] == ["One", "One > Two"]
    assert title == "One"


def test_a_list_with_stars_and_a_row_of_dashes_are_no_headings() -> None:
    text = f"{BODY}\n* one\n* two\n\n----------\n\n{BODY}\n| a |\n-----\n"
    assert {chunk.symbol for chunk in chunk_plain(text)[3]} == {""}


LINE = st.one_of(
    st.sampled_from(
        [
            "",
            "===",
            "---",
            "= a",
            "* b",
            "** c",
            "> q",
            "- x",
            "A b. ",
            "x" * 3_000,
            "\r",
            "\x0c",
            "a. " * 900,
        ]
    ),
    st.text(max_size=80),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINE, max_size=60).map("\n".join))
def test_no_line_is_lost(lossless: Lossless, text: str) -> None:
    lossless(text, chunk_plain(text)[3])


HOSTILE = {
    "one long word": "x" * 1_000_000,
    "dots": "." * 1_000_000,
    "spaced dots": ". " * 500_000,
    "short lines": "a\n" * 100_000,
    "blank lines": "a\n" + "\n" * 100_000 + "b",
    "underlines": "---\n" * 50_000,
    "titles": "a\n===\n\n" * 20_000,
    "equals": "=" * 500_000 + "\n" + "= a\n" * 30_000,
    "stars": "** a\n" * 30_000,
    "commands": "\\section{" * 30_000 + "\n" + "\\section{a}\n" * 20_000,
    "mail": "From: a\nSubject:" + " " * 500_000,
    "nested quotes": "\n".join("> " * n for n in range(1_000)),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_long_time(lossless: Lossless, name: str) -> None:
    lossless(HOSTILE[name], chunk_plain(HOSTILE[name])[3])
