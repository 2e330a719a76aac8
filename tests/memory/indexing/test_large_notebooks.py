"""Large Jupyter notebooks: measured by their cells, since their outputs are in no index."""

from __future__ import annotations

import json
from typing import Any

import pytest

Workspace = Any
"""The fixture's class lives in conftest.py, which tests cannot import by name."""

PICTURE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0K" * 400_000}}


def notebook(*sources: str, output: Any = PICTURE, **layout: Any) -> str:
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [output], "source": source.splitlines(keepends=True)}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **layout)


@pytest.mark.parametrize("name", ["a.ipynb", "A.IPYNB"])
@pytest.mark.parametrize("indent", [1, None])
def test_outputs_do_not_make_a_notebook_too_large(ws: Workspace, name: str, indent: int | None) -> None:
    ws.write(name, notebook("zebra = 1\n", "ocelot = 2\n", indent=indent))
    report = ws.index(lexical=True)
    assert (report.files, report.skipped) == (1, ())
    assert ws.find("ocelot") == [name]
    assert ws.find("iVBORw0K") == []


def test_a_cell_is_at_its_line_of_the_file(ws: Workspace) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["0.25\n"] * 300_000}
    text = notebook("def zebra(): pass\n", "x = 0\n" * 600, "def ocelot(): pass\n", output=stream, indent=1)
    ws.write("a.ipynb", text)
    ws.index(lexical=True)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "def ocelot" in row)
    (passage,) = (row for row in ws.contents() if "ocelot" in row[11])
    assert line > 300_000
    assert passage[7] <= line <= passage[8]


def test_the_whole_file_says_whether_it_changed(ws: Workspace) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["4"]}
    ws.write("a.ipynb", notebook("zebra", "ocelot"))
    ws.index(lexical=True)
    first = ws.contents()
    file = ws.write("a.ipynb", notebook("zebra", "ocelot"))
    assert ws.index(lexical=True).skipped == ()
    assert [(row[0], row[3], row[11]) for row in ws.contents()] == [
        (row[0], row[3], row[11]) for row in first
    ]
    ws.write("a.ipynb", notebook("zebra", "ocelot", output=stream))
    ws.index(lexical=True)
    assert [row[11] for row in ws.contents()] == [row[11] for row in first]
    assert [row[3] for row in ws.contents()] != [row[3] for row in first]
    assert ws.contents()[0][4] == file.stat().st_size


def test_cells_that_are_too_large_are_named(ws: Workspace) -> None:
    ws.write("a.ipynb", notebook("zebra = 1  # word\n" * 150_000))
    ws.write("b.ipynb", notebook("ocelot") + " " * 50_000_000)
    ws.write("c.ipynb", "{" * 3_000_000)
    ws.write("d.md", notebook("lynx"))
    said = {skip.path: skip.reason for skip in ws.index(lexical=True).skipped}
    assert "without outputs, the limit is 2.0 MB" in said["a.ipynb"]
    assert "the limit is 50.0 MB" in said["b.ipynb"]
    assert "without outputs, the limit is 2.0 MB" in said["c.ipynb"]
    assert "MB, the limit is 2.0 MB" in said["d.md"]
    assert ws.paths() == []


def test_a_lower_limit_holds_for_the_cells(ws: Workspace) -> None:
    ws.configure(max_file_bytes=1_000)
    ws.write("a.ipynb", notebook("zebra"))
    ws.write("b.ipynb", notebook("ocelot = 1\n" * 200))
    assert [skip.path for skip in ws.index(lexical=True).skipped] == ["b.ipynb"]
    assert ws.find("zebra") == ["a.ipynb"]
