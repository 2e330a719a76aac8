"""reStructuredText: titles by adornment, descriptions, literal blocks, labels."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from magray_memory.text.chunk import chunk
from magray_memory.text.chunk_types import Chunk
from magray_memory.text.rst import chunk_rst

Lossless = Callable[[str, Sequence[Chunk]], None]

BODY = "A sentence that says something about it, and goes on for a while. " * 12 + "\n"


def symbols(text: str) -> list[str]:
    return [chunk.symbol for chunk in chunk_rst(text)[3]]


def test_levels_follow_the_order_in_which_adornments_appear() -> None:
    text = (
        f"=====\nGuide\n=====\n\n{BODY}\nInstall\n=======\n\n{BODY}\nLinux\n~~~~~\n{BODY}\nUse\n===\n\n{BODY}"
    )
    assert symbols(text) == ["Guide", "Guide > Install", "Guide > Install > Linux", "Guide > Use"]
    assert chunk_rst(text)[0] == "Guide"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("``QuerySet``\\s and *more*", "QuerySets and more"),
        ("The :class:`App` of |project|_", "The App of project"),
        ("See `the site <https://example.org>`_", "See the site"),
        ("Быстрый старт", "Быстрый старт"),
    ],
)
def test_a_title_loses_its_markup(raw: str, name: str) -> None:
    assert chunk_rst(f"{raw}\n{'=' * len(raw)}\n\ntext\n")[0] == name


def test_what_looks_like_a_title_in_a_block_is_none() -> None:
    text = (
        f"Real\n====\n\n{BODY}\nAn example::\n\n    Not a title\n    ===========\n\n"
        f".. code-block:: rst\n\n    Nor\n    ---\n\n-----\n\n{BODY}\n"
        "=====  =====\nA      B\n=====  =====\n1      2\n=====  =====\n\n"
        f"- item\n- item\n\n{BODY}"
    )
    assert set(symbols(text)) == {"Real"}


def test_a_label_belongs_to_the_title_under_it() -> None:
    text = f"One\n===\n\n{BODY}\n.. _two-label:\n.. index:: two\n.. setting:: TWO\n\nTwo\n===\n\n{BODY}"
    chunks = chunk_rst(text)[3]
    assert [chunk.symbol for chunk in chunks] == ["One", "Two"]
    assert chunks[1].text.startswith(".. _two-label:")


def test_a_literal_block_stays_whole(lossless: Lossless) -> None:
    code = ".. code-block:: python\n\n" + "".join(f"    value_{n} = compute({n})\n\n" for n in range(60))
    text = f"Guide\n=====\n\n{BODY}\n{code}\n{BODY}"
    chunks = chunk_rst(text)[3]
    lossless(text, chunks)
    assert 1_600 < len(code) < 2_400
    assert any(code.strip() in chunk.text for chunk in chunks)


def test_what_a_directive_describes_is_named() -> None:
    text = (
        f"Models\n======\n\n{BODY}\n.. class:: App(name)\n\n   {BODY}\n"
        f"   .. method:: run(*args)\n               start()\n\n      {BODY}\n"
        f"   .. method:: stop()\n   .. method:: astop()\n\n      {BODY}\n"
        f".. py:function:: main()\n\n   {BODY}\nAfter all of them.\n{BODY}\nMore\n====\n\n{BODY}"
    )
    assert symbols(text) == [
        "Models",
        "Models > App",
        "Models > App > run",
        "Models > App > stop, astop",
        "Models > main",
        "Models",
        "More",
    ]


def test_a_description_adds_nothing_to_a_heading_of_its_name() -> None:
    text = f"API\n===\n\n{BODY}\n``run()``\n---------\n\n.. function:: run(x)\n\n   {BODY}"
    assert symbols(text) == ["API", "API > run()"]


def test_a_description_without_text_under_it_leaves_the_heading() -> None:
    text = f"API\n===\n\n{BODY}\n``run()``\n---------\n\n.. method:: run(x)\n.. method:: arun(x)\n\n{BODY}"
    assert symbols(text) == ["API", "API > run()"]


def test_carriage_returns_stay_in_the_text(lossless: Lossless) -> None:
    text = f"One\r\n===\r\n\r\nTwo\r\n---\r\n{BODY}"
    title, _, _, chunks = chunk_rst(text)
    lossless(text, chunks)
    assert title == "One"
    assert chunks[-1].symbol == "One > Two"


def test_text_files_that_are_rst_are_chunked_as_such() -> None:
    text = f"Guide\n=====\n\n{BODY}\n.. _label:\n\nUse\n---\n\n.. note:: It is ``so``.\n\n{BODY}"
    found = chunk("docs/guide.txt", text)
    assert (found.language, found.title) == ("restructuredtext", "Guide")


ROWS = [
    "", "A", "===", "====", "---", "~~~~", ".. _x:", ".. note::", "::", "   code", "      deep",
    ".. class:: A(b)", "\r", "   .. method:: m(", "=== ===", "+--+", "| a", "word " * 150, "x" * 3_000,
    "- a", ".. code::", ".. index:: x",
]  # fmt: skip
LINE = st.one_of(st.sampled_from(ROWS), st.text(max_size=60))


@settings(max_examples=300, deadline=None)
@given(st.lists(LINE, max_size=60).map("\n".join))
@example(".. _a:\n\n\n.. _b:\n\nA\n===\n===\nB\n===")
@example("===\nA\n===\nB\n===\nC")
def test_no_line_is_lost(lossless: Lossless, text: str) -> None:
    lossless(text, chunk_rst(text)[3])


HOSTILE = {
    "titles": "a\n====\n" * 20_000,
    "overlined titles": "====\na\n====\n\n" * 15_000,
    "adornments": "====\n" * 50_000,
    "adornment": "=" * 1_000_000,
    "tables": "=== " * 50_000 + "\n" + "=== ===\n" * 30_000,
    "grids": "+--" * 100_000 + "+\n" * 30_000,
    "labels": ".. _a:\n" * 30_000 + "A\n===\n",
    "labelled titles": ".. _a:\n\n" * 20_000 + "A\n===\n" + ".. _a:\n\n" * 20_000,
    "descriptions": ".. class:: A\n" * 30_000,
    "descriptions of nothing": ".. class:: A\n\n" * 30_000 + "x",
    "nested descriptions": "\n\n".join(" " * n + ".. class:: A" for n in range(1_000)),
    "unfinished description": ".. class:: A\n" + "   b\n" * 50_000,
    "literals": "::\n" * 50_000,
    "nested literals": "\n".join(" " * n + "::" for n in range(1_400)),
    "backticks": "`" * 1_000_000 + "\n" + "=" * 1_000_000,
    "roles": ":a:`" * 30_000 + "\n" + "=" * 400_000,
    "blank lines": "a\n" + "\n" * 100_000 + "b",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_long_time(lossless: Lossless, name: str) -> None:
    lossless(HOSTILE[name], chunk_rst(HOSTILE[name])[3])
