"""Open buffers as searches see them: the same passages as a file of the same text, whatever was typed on the
way, and with the vectors of whichever model answers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial

from magray_memory.config import Settings
from magray_memory.indexing.overlay import Overlay
from magray_server.lsp.buffers import Buffer, split_lines
from magray_server.lsp.positions import UTF8, UTF16, UTF32

if TYPE_CHECKING:
    from pathlib import Path

Passages = list[tuple[Any, ...]]

LINES = st.sampled_from(
    [
        "def first(value):\n",
        "    return value + 1\r\n",
        "class Thing:\n",
        "    def method(self): ...\n",
        "# заметка о 😀 и 𝒳\n",
        "\n",
        "x = 'é\u2028\x0c'\r",
        "# Heading\n",
        "Some words about nothing.\n",
    ]
)
TEXTS = st.lists(LINES, max_size=12).map("".join)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), TEXTS | st.text(max_size=6)), max_size=6)
UNITS = {
    UTF8: lambda text: len(text.encode("utf-8", "surrogatepass")),
    UTF16: lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    UTF32: len,
}


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def position(text: str, offset: int, encoding: str) -> Position:
    starts = [0] + [m.end() for m in re.finditer(r"\r\n|\n|\r", text)]
    line = max(i for i, start in enumerate(starts) if start <= offset)
    return Position(line, UNITS[encoding](text[starts[line] : offset]))


def passages(overlay: Overlay) -> Passages:
    vault = overlay.source.vault
    with vault.read() as connection:
        return connection.execute(
            "SELECT d.path, p.start_line, p.end_line, p.symbol, p.kind, p.text FROM passage p"
            " JOIN document d ON d.id = p.document_id ORDER BY d.path, p.ordinal"
        ).fetchall()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, EDITS, st.sampled_from([UTF8, UTF16, UTF32]), st.sampled_from(["a.py", "b.md", "c.txt"]))
def test_random_edits_give_the_passages_of_the_text_that_they_make(
    tmp_path: Path, text: str, edits: list[tuple[int, int, str]], encoding: str, name: str
) -> None:
    edited, plain = Overlay(tmp_path, Settings()), Overlay(tmp_path, Settings())
    buffer = Buffer("file:///x", None, 1, split_lines(text), encoding)
    for first, second, new in edits:
        low, high = sorted((min(first, len(text)), min(second, len(text))))
        if any(text[at - 1 : at + 1] == "\r\n" for at in (low, high)):
            continue  # there is no position between the two
        span = Range(position(text, low, encoding), position(text, high, encoding))
        text = text[:low] + new + text[high:]
        buffer.edit([TextDocumentContentChangePartial(span, new)], 2)
        edited.put(name, buffer.text)
    edited.put(name, buffer.text)
    plain.put(name, text)
    try:
        assert passages(edited) == passages(plain)
    finally:
        edited.close()
        plain.close()


def test_a_buffer_that_grows_too_large_is_not_searched_by_what_it_was(tmp_path: Path) -> None:
    overlay = Overlay(tmp_path, Settings())
    assert overlay.put("a.py", "def small(): ...\n")
    assert overlay.paths == {"a.py"}
    assert not overlay.put("a.py", "x = 1\n" * 400_000)
    assert overlay.paths == frozenset() and passages(overlay) == []
    overlay.close()


def test_open_buffers_answer_by_meaning_after_the_model_was_changed(
    connect, project, tmp_path, processes
) -> None:
    from tiny_model import make_model

    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    text = "def wombat_burrow_depth(season):\n    return season * 3\n"
    client.change(client.open(project / "src/storage.py"), {"text": text})

    def nearest() -> dict[str, Any]:
        asked = {"query": "wombat burrow depth season", "mode": "semantic", "k": 10}
        return client.request("magray/search", asked)

    def found() -> bool:
        answer = nearest()
        return answer["mode"] == "semantic" and any("wombat" in hit["snippet"] for hit in answer["hits"])

    assert eventually(found, 20)
    folder = make_model(tmp_path / "other", dim=24, seed=5)
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(tmp_path / "home")]
    done = subprocess.run(
        [*command, "model", "use", str(folder)],
        env=dict(os.environ),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (vault,) = (tmp_path / "home" / "workspaces").glob("*.db")

    def switched() -> bool:
        import sqlite3

        with sqlite3.connect(f"file:{vault}?mode=ro", uri=True) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'embedding_key'").fetchone()
        return row is not None and "enru" not in row[0]

    assert eventually(switched, 60)
    assert eventually(found, 20), nearest()
