"""Notebooks: cells become passages whose lines are those of the .ipynb file."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.text.chunk import chunk
from magray_memory.text.chunk_types import MAX_CHARS
from magray_memory.text.notebook import chunk_notebook

BODY = "A sentence that says something about it. " * 20


def cell(kind: str, source: str | list[Any], **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def notebook(*cells: dict[str, Any], **layout: Any) -> str:
    whole = {"metadata": {"cells": "no"}, "cells": list(cells), "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, **{"indent": 1, "ensure_ascii": False, **layout}) + "\n"


def test_a_passage_points_at_the_lines_of_its_cell() -> None:
    text = notebook(
        cell("markdown", ["# Study\n", "\n", BODY]),
        cell(
            "code",
            ["import numpy as np\n", "\n", f"x = np.zeros(3)  # {BODY}"],
            outputs=[],
            execution_count=1,
        ),
    )
    title, _, _, chunks = chunk_notebook(text)
    assert title == "Study"
    assert [chunk.symbol for chunk in chunks] == ["Study > cell 1", "Study > cell 2"]
    rows = text.split("\n")
    first, second = chunks
    assert json.loads(rows[first.start_line - 1].strip().rstrip(",")) == "# Study\n"
    assert json.loads(rows[second.start_line - 1].strip().rstrip(",")) == "import numpy as np\n"
    assert json.loads(rows[second.end_line - 1].strip()) == f"x = np.zeros(3)  # {BODY}"
    assert second.text == f"import numpy as np\n\nx = np.zeros(3)  # {BODY}"


def test_outputs_are_left_out() -> None:
    output = {"output_type": "display_data", "data": {"image/png": "iVBOR" * 9_000, "text/plain": ["SECRET"]}}
    chunks = chunk_notebook(notebook(cell("code", ["plot()"], outputs=[output])))[3]
    assert [chunk.text for chunk in chunks] == ["plot()"]


def test_small_cells_under_one_heading_share_a_passage() -> None:
    cells = [
        cell("markdown", ["## Load"]),
        cell("code", ["a = 1"]),
        cell("code", ["b = 2"]),
        cell("code", []),
    ]
    text = notebook(*cells, cell("markdown", ["## Fit\n", "\n", BODY]))
    assert [(chunk.symbol, chunk.kind) for chunk in chunk_notebook(text)[3]] == [
        ("Load > cells 1-3", "cell"),
        ("Fit > cell 5", "cell"),
    ]


def test_headings_reach_over_cells() -> None:
    text = notebook(
        cell("markdown", f"# One\n{BODY}\n## Two\n{BODY}"),
        cell("code", BODY),
        cell("markdown", f"## Three\n{BODY}"),
    )
    assert [chunk.symbol for chunk in chunk_notebook(text)[3]] == [
        "One > cell 1",
        "One > Two > cell 1",
        "One > Two > cell 2",
        "One > Three > cell 3",
    ]


def test_a_large_cell_is_cut_with_the_lines_of_each_part() -> None:
    source = [f"value_{n} = compute({n})  # and some more words on it\n" for n in range(100)]
    text = notebook(cell("code", source, outputs=[]))
    rows = text.split("\n")
    chunks = chunk_notebook(text)[3]
    assert len(chunks) > 2
    for part in chunks:
        assert rows[part.start_line - 1].strip().startswith(json.dumps(part.text.split("\n")[0])[:-1])
        assert (
            json.loads(rows[part.end_line - 1].strip().rstrip(",")).strip()
            == part.text.rstrip("\n").split("\n")[-1]
        )
    assert "\n".join(part.text for part in chunks) == "".join(source).removesuffix("\n")


def test_tags_and_links_come_from_markdown_alone() -> None:
    text = notebook(cell("markdown", "See [[Other]] #idea"), cell("code", "#no\nx = [[1]]"))
    assert chunk_notebook(text)[1:3] == (["idea"], ["Other"])


def test_a_notebook_on_one_line_is_on_line_one() -> None:
    text = notebook(cell("markdown", ["# A\n", BODY]), cell("code", [BODY]), indent=None)
    assert {(part.start_line, part.end_line) for part in chunk_notebook(text)[3]} == {(1, 1)}


def test_format_three_is_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Old"]},
        {"cell_type": "code", "input": ["print 1"], "outputs": [{"text": "SECRET"}]},
    ]
    text = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}, indent=1)
    title, _, _, chunks = chunk_notebook(text)
    assert title == "Old"
    assert [(part.symbol, part.text) for part in chunks] == [("Old > cells 1-2", "## Old\n\nprint 1")]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"cells": [',
        '{"cells": {}}',
        "[]",
        "not JSON at all",
        '{"a" "b"}',
        '{"cells": [{"source": ["a"',
        "[" * 99_999,
    ],
)
def test_what_is_no_notebook_is_plain_text(text: str) -> None:
    assert chunk_notebook(text)[3][0].text == text[:MAX_CHARS][:1_600]


def test_strange_cells_are_passed_over() -> None:
    strange = [{"cell_type": "code"}, cell("code", [1, None, "kept"]), cell("raw", "raw text")]
    text = notebook(*strange, cell("code", "\ud800 half"), ensure_ascii=True)
    found = chunk_notebook(json.dumps({"cells": [1, None, *json.loads(text)["cells"]]}))[3]
    assert [part.text for part in found] == ["kept\n\nraw text\n\n? half"]
    assert chunk_notebook('{"cells": []}') == (None, [], [], [])


def test_notebooks_are_chunked_by_their_extension() -> None:
    found = chunk("a/b.ipynb", notebook(cell("markdown", "# Title\ntext")))
    assert (found.language, found.title, len(found.chunks)) == ("jupyter", "Title", 1)


SOURCE = st.one_of(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=8), st.just("word " * 900))
CELL = st.builds(cell, st.sampled_from(["code", "markdown", "raw", "heading"]), SOURCE)


@settings(max_examples=200, deadline=None)
@given(st.lists(CELL, max_size=12), st.sampled_from([None, 1]), st.booleans())
def test_all_text_of_the_cells_is_kept(
    cells: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    text = notebook(*cells, indent=indent, ensure_ascii=ascii_only)
    chunks = chunk_notebook(text)[3]
    assert all(
        1 <= part.start_line <= part.end_line <= text.count("\n") and len(part.text) <= MAX_CHARS
        for part in chunks
    )
    kept = "".join("".join(part.text.split()) for part in chunks)
    for source in (cell["source"] for cell in cells):
        assert "".join("".join(source).split()) in kept


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(0, 400))
def test_broken_json_never_raises(noise: str, place: int) -> None:
    whole = notebook(cell("code", ["a\n", "b"]), cell("markdown", "# c"))
    chunk_notebook(noise)
    chunk_notebook(whole[:place])
    chunk_notebook(whole[:place] + noise + whole[place:])


HOSTILE = {
    "many cells": notebook(*[cell("code", "a")] * 5_000),
    "many headings": notebook(*[cell("markdown", "# a")] * 5_000),
    "many strings": notebook(cell("code", ["a\n"] * 30_000)),
    "pieces of a line": notebook(cell("code", ["a"] * 30_000)),
    "deep": '{"a": ' * 30_000,
    "deep cells": '{"cells": [{"source": ' + "[" * 900 + "]" * 900 + "}]}",
    "one long string": notebook(cell("markdown", "word " * 50_000)),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notebooks_take_no_long_time(name: str) -> None:
    assert chunk_notebook(HOSTILE[name])[3] or name == "deep cells"
