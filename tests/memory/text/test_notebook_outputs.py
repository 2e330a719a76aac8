"""Notebook outputs: what is left of a large notebook says the same, on the same lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.text.notebook import chunk_notebook
from magray_memory.text.notebook_outputs import without_outputs

PICTURE = {
    "output_type": "display_data",
    "data": {"image/png": "iVBOR" * 9_000, "text/plain": [']}\\"', "[{"]},
}
KERNEL = {"kernelspec": {"language": "julia", "name": "j"}, "widgets": {"state": {"a": "WIDGET" * 900}}}


def code(source: str | list[str], *outputs: Any, first: bool = False) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": "code", "metadata": {"tags": ["outputs"]}, "source": source}
    return {"outputs": list(outputs), **cell} if first else {**cell, "outputs": list(outputs)}


def format_4(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def format_3(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {}, "nbformat": 3, "worksheets": [{"cells": list(cells), "metadata": {}}]}


def same(text: str) -> bytes:
    left, size = without_outputs(text.encode())
    assert size <= len(left)
    assert left.count(b"\n") == text.count("\n")
    assert json.loads(left)
    assert chunk_notebook(left.decode()) == chunk_notebook(text)
    return left


LAYOUTS: list[dict[str, Any]] = [{"indent": 1}, {}, {"separators": (",", ":")}, {"indent": "\t"}]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("form", [format_4, format_3])
def test_the_cells_stay_on_their_lines(form: Any, first: bool, layout: dict[str, Any]) -> None:
    prose = {"cell_type": "markdown", "metadata": {}, "source": ["# Пруд\n", '"outputs": [{"a": 1}]']}
    if form is format_4:
        prose["attachments"] = {"a.png": {"image/png": "iVBOR" * 900}}
    cells = (
        code(["a = 1\n", "b = 2"], PICTURE, PICTURE, first=first),
        prose,
        code("\"'outputs': [\"", PICTURE),
    )
    text = json.dumps(form(*cells, code([], PICTURE), code(["last()"])), **layout)
    left = same(text)
    assert b"iVBOR" not in left
    assert b"WIDGET" not in left
    assert len(left.replace(b"\n", b"")) < 2_000


def test_line_ends_of_every_system_stay() -> None:
    text = json.dumps(format_4(code(["a = 1\n", "b"], PICTURE), code(["c"])), indent=1)
    for end in ("\r\n", "\r"):
        left, size = without_outputs(text.replace("\n", end).encode())
        assert left.count(end.encode()) == text.count("\n")
        assert json.loads(left)["cells"][1]["source"] == ["c"]
        assert size < len(left) < 2_000


def test_line_ends_of_outputs_count_for_nothing() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["0.1\n"] * 50_000}
    left, size = without_outputs(json.dumps(format_4(code("a", stream)), indent=1).encode())
    assert len(left) > 50_000
    assert size < 1_000


def test_what_only_looks_like_an_output_stays() -> None:
    odd = {"outputs": "a", "source": ["outputs"], "cell_type": "code", "metadata": {"outputs": {"a": [1]}}}
    text = json.dumps({"outputs": [1], **format_4(odd)})
    assert json.loads(same(text))["outputs"] == [1]
    assert json.loads(same(text))["cells"] == [odd]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet='"\\[]{}:,\n a😀outputs', max_size=30), max_size=4), st.integers(0, 3))
def test_no_text_of_a_cell_is_changed(strings: list[str], layout: int) -> None:
    odd = {"output_type": "stream", "text": strings, "metadata": {'\\"': [{}, []]}}
    text = json.dumps(format_4(*(code(string, odd, odd) for string in strings)), **LAYOUTS[layout])
    cells = json.loads(same(text))["cells"]
    assert [cell["source"] for cell in cells] == strings
    assert all(cell["outputs"] == [] for cell in cells)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["{", "}", "[", "]", '"', "\\", '"outputs":', '"cells":[', "\n", "a", ","])))
def test_broken_bytes_keep_their_lines(parts: list[str]) -> None:
    data = "".join(parts).encode()
    left, size = without_outputs(data)
    assert size <= len(left) <= len(data)
    assert left.count(b"\n") == data.count(b"\n")


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 8_000_000,
        b'{"cells":[{"outputs":' + b"[" * 8_000_000,
        b'{"cells":[{"outputs":[' + b"[]," * 4_000_000,
        b"[]" * 4_000_000,
        b'{"cells":[{"outputs":["' + b'\\"' * 4_000_000,
        b'{"a' + b'\\"' * 4_000_000,
        b'{"cells":[{"outputs"' + b" " * 8_000_000,
        b'{"cells":[{"source":"' + b"\\",
    ],
    ids=[
        "deep",
        "deep output",
        "many values",
        "many lists",
        "open output",
        "open string",
        "spaces",
        "escape",
    ],
)
def test_hostile_bytes_come_back_whole(data: bytes) -> None:
    assert without_outputs(data) == (data, len(data))
