"""Markdown: sections, fences, tables, front matter, tags and links."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from magray_memory.text.chunk import chunk
from magray_memory.text.chunk_types import Chunk
from magray_memory.text.front_matter import front_matter
from magray_memory.text.markdown import chunk_markdown

Lossless = Callable[[str, Sequence[Chunk]], None]

BODY = "A sentence that says something about it. " * 20 + "\n"


def symbols(text: str) -> list[str]:
    return [chunk.symbol for chunk in chunk_markdown(text)[3]]


def test_a_section_is_named_by_its_heading_path() -> None:
    text = f"# Guide\n{BODY}\n## Install\n{BODY}\n### Linux ###\n{BODY}\n## Use\n{BODY}"
    assert symbols(text) == ["Guide", "Guide > Install", "Guide > Install > Linux", "Guide > Use"]
    assert chunk_markdown(text)[0] == "Guide"


def test_underlined_headings_count() -> None:
    text = f"Guide\n=====\n\n{BODY}\nHow to\ninstall\n-------\n\n{BODY}\n\nno heading:\n\n---\n\n{BODY}"
    assert symbols(text)[:2] == ["Guide", "Guide > How to install"]
    assert "no heading" not in " ".join(symbols(text))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("# The `run()` *method* of [App](app.md)", "The run() method of App"),
        ("## **Bold** and snake_case_name {#anchor}", "Bold and snake_case_name"),
        ("# See [[Other note|that note]] <br>", "See that note"),
        ("# C# and F#", "C# and F#"),
        ("# Установка\r", "Установка"),
    ],
)
def test_a_heading_loses_its_markup(heading: str, name: str) -> None:
    assert chunk_markdown(f"{heading}\ntext\n")[0] == name


def test_what_looks_like_a_heading_in_code_or_a_comment_is_none() -> None:
    text = (
        f"# Real\n{BODY}\n```sh\n# not a heading\n```\n~~~\n# nor this\n```\n~~~\n"
        "<!-- a comment\n# nor this\n-->\n- item\n  ````md\n  ```\n# nor this\n  ```\n  ````\n\n"
        f"    # nor this\n{BODY}"
    )
    assert set(symbols(text)) == {"Real"}


def test_a_fence_that_is_never_closed_hides_nothing() -> None:
    assert symbols(f"# One\n{BODY}\n```\n{BODY}\n# Two\n{BODY}") == ["One", "One", "Two"]
    assert symbols(f"# One\n{BODY}\n<!-- open\n{BODY}\n# Two\n{BODY}") == ["One", "One", "Two"]


def test_fenced_code_stays_whole(lossless: Lossless) -> None:
    code = "```python\n" + "".join(f"value_{n} = compute({n})\n\n" for n in range(70)) + "```\n"
    text = f"# Guide\n{BODY}\n{code}\n{BODY}"
    chunks = chunk_markdown(text)[3]
    lossless(text, chunks)
    assert 1_600 < len(code) < 2_400
    assert any(code.strip() in chunk.text for chunk in chunks)


def test_a_table_stays_whole(lossless: Lossless) -> None:
    table = "| name | value |\n|------|-------|\n" + "| some option | what it does |\n" * 50
    text = f"# Options\n{BODY}\n{table}\n{BODY}"
    chunks = chunk_markdown(text)[3]
    lossless(text, chunks)
    assert any(table.strip() in chunk.text for chunk in chunks)


def test_a_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {n}. " + "It goes on like this, word after word. " * 10 for n in range(12)]
    chunks = chunk_markdown("# Long\n\n" + "\n\n".join(paragraphs) + "\n")[3]
    assert len(chunks) > 3
    assert all(chunk.text.startswith(("# Long", "Paragraph")) for chunk in chunks)
    assert all(600 <= len(chunk.text) <= 1_600 for chunk in chunks)


def test_a_long_line_is_cut_between_sentences(lossless: Lossless) -> None:
    text = "Это предложение, которое нигде не кончается переводом строки. " * 100
    chunks = chunk_markdown(text)[3]
    lossless(text, chunks)
    assert len(chunks) > 3
    assert all(chunk.text.startswith("Это") and chunk.end_line == 1 for chunk in chunks)


def test_an_embedded_picture_is_not_cut_into_chunks() -> None:
    text = f"# Picture\n\n![plot](data:image/png;base64,{'iVBORw0KGgo' * 20_000})\n\n{BODY}"
    assert len(chunk_markdown(text)[3]) < 5


def test_tiny_sections_join_their_siblings() -> None:
    text = f"# Settings\n{BODY}\n## Colour\nRed.\n\n## Size\nSmall.\n\n## Shape\nRound.\n\n# Other\n{BODY}"
    assert symbols(text) == ["Settings > Colour, Size, Shape", "Other"]


def test_a_bare_heading_stays_with_what_it_is_over() -> None:
    text = f"# One\n{BODY}\n## Two\n\n### Three\n{BODY}"
    assert symbols(text) == ["One", "One > Two > Three"]


def test_a_short_note_is_one_chunk() -> None:
    title, tags, links, chunks = chunk_markdown(
        "# Idea\n\nTry it.\n\n## Why\n\nBecause.\n\n# Later\n\nMore.\n"
    )
    assert (title, tags, links, len(chunks)) == ("Idea", [], [], 1)


def test_yaml_front_matter_gives_title_tags_and_aliases() -> None:
    text = (
        "---\ntitle: 'My: note'\ntags:\n  - Work\n  - \"idea/new\"\naliases: [First, Second one]\n"
        "other: {a: b}\n---\n"
        "# Heading\n\nText with #inline and #идея.\n"
    )
    title, tags, _, chunks = chunk_markdown(text)
    assert title == "My: note"
    assert tags == ["work", "idea/new", "inline", "идея"]
    assert chunks[0].symbol == "Heading, First, Second one"
    assert chunks[0].start_line == 1


@pytest.mark.parametrize(
    ("matter", "tags"),
    [
        ("---\ntags: [a, 'b c', \"d\"]\n---\n", ["a", "b c", "d"]),
        ("---\ntags: a, b\n---\n", ["a", "b"]),
        ("---\ntags: a b\n---\n", ["a", "b"]),
        ("---\ntag: '#a'\n...\n", ["a"]),
        ("---\ntags: [a,\n  b]\n---\n", ["a", "b"]),
        ("---\ntags:\nauthor: x\n---\n", []),
        ("---\r\ntags:\r\n- a\r\n---\r\n", ["a"]),
        ('+++\ntitle = "T"\n[taxonomies]\ntags = ["a", "b"]\n+++\n', ["a", "b"]),
        ("+++\nbroken = \n+++\n", []),
        ("---\ntags: [never closed]\n\ntext\n", []),
    ],
)
def test_tags_of_front_matter(matter: str, tags: list[str]) -> None:
    assert chunk_markdown(f"{matter}text\n")[1] == tags


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("2024-01-01", "2024-01-01"),
        ("yes", "yes"),
        ("1e3", "1e3"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("'~'", "~"),
        ("Part 1: the beginning", "Part 1: the beginning"),
        ("Issue #12 is fixed", "Issue #12 is fixed"),
        ("Fixed  # not yet", "Fixed"),
        ("C# and F#", "C# and F#"),
        ("@home", "@home"),
        ("*Emphasis* first", "*Emphasis* first"),
        ("*alias", "*alias"),
        ("&c and so on", "&c and so on"),
        ("!important note", "!important note"),
        ("{{ page.title }}", "{{ page.title }}"),
        ("[Draft] A title", "[Draft] A title"),
        ("[Draft]", "[Draft]"),
        ("It's", "It's"),
        ("'It''s'", "It's"),
        ('"A \\"quoted\\" word"', 'A "quoted" word'),
        (">-\n  A title\n  of two lines", "A title of two lines"),
        ("|\n  One line", "One line"),
        ("A title\n  that goes on", "A title that goes on"),
        ("~", None),
        ("null", None),
        ("", None),
    ],
)
def test_a_title_comes_out_as_it_was_written(written: str, title: str | None) -> None:
    assert chunk_markdown(f"---\ntitle: {written}\ndate: 2024-01-01\n---\ntext\n")[0] == title


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("tags: [a, b] # x", ["a", "b"]),
        ("tags: ['a, b', c]", ["a, b", "c"]),
        ('tags: "a, b"', ["a", "b"]),
        ("tags: #a #b", ["a", "b"]),
        ("tags:\n  - #a\n  - b", ["a", "b"]),
        ("tags: # none yet", []),
        ("tags:\n  - a\n  - [b, c]\n  - - d", ["a", "b", "c", "d"]),
        ("tags:\n  - a\n  - name: b", ["a"]),
        ("tags: [2024, yes, 1.0]", ["2024", "yes", "1.0"]),
        ("tags: |\n  a\n  b", ["a", "b"]),
        ("Tags: [A]\ntags: [b]", ["a", "b"]),
        ("title: Part 1: one\ntags: [a, b]", ["a", "b"]),
        ("meta:\n  tags: [inner]\ntags: [a]", ["a"]),
        ("text: |\n  tags: [inner]\ntags: [a]", ["a"]),
    ],
)
def test_tags_are_read_however_they_are_listed(tags: str, expected: list[str]) -> None:
    assert chunk_markdown(f"---\n{tags}\n---\ntext\n")[1] == expected


@pytest.mark.parametrize("key", ["теги", "Метки", "метка", "КЛЮЧЕВЫЕ СЛОВА"])
def test_other_russian_keys_of_front_matter_mean_the_same(key: str) -> None:
    for value in ("[работа, Идеи]", "\n- работа\n- Идеи"):
        title, tags, *_ = chunk_markdown(f"---\nназвание: План\n{key}: {value}\n---\nтекст\n")
        assert (title, set(tags)) == ("План", {"работа", "идеи"})


def test_front_matter_may_be_russian() -> None:
    text = "---\nЗаголовок: План на год\nтеги: [работа, Идеи]\nпсевдонимы:\n  - План\n---\nтекст\n"
    title, tags, _, chunks = chunk_markdown(text)
    assert (title, tags, chunks[0].symbol) == ("План на год", ["работа", "идеи"], "План")


def test_an_alias_in_quotes_keeps_its_comma() -> None:
    text = "---\naliases: 'Smith, John'\n---\ntext\n"
    assert front_matter(text).aliases == ("Smith, John",)
    assert front_matter(text.replace("'", "")).aliases == ("Smith", "John")


@pytest.mark.parametrize(
    "matter",
    [
        "tags: " + "[" * 20_000,
        "tags:\n" + "- " * 20_000,
        "tags: " + "{" * 20_000,
        "? " * 10_000 + "tags",
        "a: &a [x, x]\n"
        + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghijklmnop")),
        "tags: *missing",
        "tags: &t [*t]",
        "tags: !!python/object/apply:os.system [exit 3]",
        "title: a\x07b\ntags: [x]",
        "title: \ud800\ntags: [x]",
        "tags: [" + "x, " * 20_000 + "]",
        "%YAML 9.9\ntags: [a]",
        "tags: [a]\n--- b",
        "\ttags: [a]",
    ],
)
def test_hostile_front_matter_is_read_or_left_out(lossless: Lossless, matter: str) -> None:
    text = f"---\n{matter}\n---\ntext\n"
    lossless(text, chunk_markdown(text)[3])


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("tags: title[]{}-#'\"|>&*!?,~\n ab\t%@`ж\x85\ud800"), max_size=80))
def test_no_front_matter_fails(lossless: Lossless, matter: str) -> None:
    for head in ("", "title: x\n", "tags: "):
        text = f"---\n{head}{matter}\n---\ntext\n"
        lossless(text, chunk_markdown(text)[3])


def test_notes_without_front_matter_load_no_yaml_parser() -> None:
    code = (
        "import sys\nfrom magray_memory.text.chunk import chunk\n"
        "chunk('a.md', '# A note\\n\\n#tag\\n')\nchunk('b.md', '---\\ndate: 2024-01-01\\n---\\ntext\\n')\n"
        "print('yaml' in sys.modules)\n"
        "chunk('c.md', '---\\ntags: [a]\\n---\\ntext\\n')\nprint('yaml' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert symbols(f"---\nJust prose, then a rule.\n\n---\n# One\n{BODY}")[-1] == "One"


def test_tags_are_found_in_text_alone() -> None:
    text = (
        "#first and #two-words, #a/b; C# is no tag, nor #123, #fff000, #1a2, a#b, https://x.y/#z, [x](#y)\n"
        "`#code` ``#more `code` `` <!-- -->\n```\n#fenced\n```\n    #include <x>\n- #item\n| a | #cell |\n"
    )
    assert chunk_markdown(text)[1] == ["first", "two-words", "a/b", "item", "cell"]


def test_wiki_links_name_the_note_they_lead_to() -> None:
    text = (
        "[[A note]] ![[picture.png]] [[folder/B|shown]] [[C#Heading]] [[C#Heading|shown]] [[#here]] [[]] "
        "`[[code]]`\n\n| x | y |\n|---|---|\n| [[D\\|shown]] | z |\n\n```\n[[fenced]]\n```\n"
    )
    assert chunk_markdown(text)[2] == ["A note", "picture.png", "folder/B", "C", "D"]


def test_carriage_returns_stay_in_the_text(lossless: Lossless) -> None:
    text = "# One\r\n\r\n```\r\n# no\r\n```\r\nTwo\r\n---\r\n" + BODY
    title, _, _, chunks = chunk_markdown(text)
    lossless(text, chunks)
    assert title == "One"
    assert chunks[0].text == text.rstrip("\n")


ROWS = [
    "", "# A", "## B", "### C #", "===", "---", "```", "````", "~~~", "~~~~", "- x", "1. y", "> q",
    "> ```", "<!--", "-->", "|a|b|", "|-|-|", "+++", "    code", "word " * 150, "x" * 3_000,
    "Одно. Два! " * 300, "[[a]] #b", "\r",
]  # fmt: skip
LINE = st.one_of(st.sampled_from(ROWS), st.text(max_size=60))


@settings(max_examples=200, deadline=None)
@given(st.lists(LINE, max_size=60).map("\n".join))
@example("\n\n\n")
@example("# \n#\n##\n")
@example("a\n" * 3_000)
@example("\n" * 5_000 + "a" + "\n" * 5_000)
def test_no_line_is_lost(lossless: Lossless, text: str) -> None:
    lossless(text, chunk_markdown(text)[3])


HOSTILE = {
    "headings": "#\n" * 100_000,
    "named headings": "# a\n" * 30_000,
    "rising headings": "# a\n## b\n### c\n#### d\n##### e\n###### f\n" * 4_000,
    "backticks on a line": "`" * 1_000_000,
    "backticks": "```\n" * 30_000,
    "growing fences": "\n".join("`" * (3 + n % 500) for n in range(5_000)),
    "opening fences": "".join(f"{'~' * (3 + n % 7)} x\n" for n in range(20_000)),
    "quotes": ">" * 1_000_000,
    "nested quotes": "\n".join("> " * n for n in range(1_000)),
    "nested lists": "\n".join("  " * n + "- x" for n in range(1_000)),
    "comments": "<!--\n" * 30_000,
    "brackets": "[[" * 100_000 + "](" * 100_000,
    "tags": "#" * 500_000 + " #a" * 30_000,
    "pipes": "|" * 500_000 + "\n" + "|-" * 50_000 + "\n" + "|\n" * 30_000,
    "rules": "- " * 500_000,
    "dots": "." * 1_000_000,
    "blank lines": "a\n" + "\n" * 100_000 + "b",
    "blanks": "a" + " " * 1_000_000 + "b",
    "front matter": "---\n" + "a:\n" * 30_000,
    "heading markup": "# " + "[*_`{<" * 30_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_long_time(lossless: Lossless, name: str) -> None:
    lossless(HOSTILE[name], chunk_markdown(HOSTILE[name])[3])


def test_markdown_is_chunked_by_its_extension() -> None:
    found = chunk("notes/a.md", "# Title\n\n#tag [[Link]]\n")
    assert (found.language, found.kind, found.title, found.tags, found.links) == (
        "markdown",
        "doc",
        "Title",
        ("tag",),
        ("Link",),
    )


def test_front_matter_hides_no_heading_of_a_short_note() -> None:
    text = "---\ntags: [pay]\n---\n# Payments\n\n## Keys\n\nKept for two days.\n\n## Refunds\n\nIn a week.\n"
    assert [part.symbol for part in chunk("a.md", text).chunks] == ["Payments > Keys, Refunds"]
