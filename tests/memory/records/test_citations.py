"""A citation says whether the lines that a record is about still stand where they stood."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import RecordError, WorkspaceError
from magray_memory.records.citation import Source
from magray_memory.records.draft import Draft

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.memory import Memory
    from magray_memory.records.record import Record
    from magray_memory.records.room import Records


@pytest.fixture
def kept(records: Records, workspace: Path) -> Record:
    source = Source.parse(f"{workspace}/src/pay.py:4-6")
    return records.remember(Draft(text="Retrying waits a second each time.", source=source)).record


def _now(records: Records, record: Record) -> tuple[object, object]:
    found = records.get(record.id).as_json()
    return found["citation"], found["moved_to"]


def test_lines_that_stand_are_verified(records: Records, kept: Record) -> None:
    assert kept.as_json()["source"] == {"path": "src/pay.py", "start_line": 4, "end_line": 6, "commit": None}
    assert _now(records, kept) == ("verified", None)


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n", "  \n")]
)
def test_white_space_at_the_ends_of_lines_does_not_count(
    records: Records, kept: Record, workspace: Path, change: object
) -> None:
    file = workspace / "src" / "pay.py"
    file.write_bytes(change(file.read_text("utf-8")).encode())  # type: ignore[operator]
    assert _now(records, kept) == ("changed" if change is str.upper else "verified", None)


def test_lines_that_moved_are_found(records: Records, kept: Record, workspace: Path) -> None:
    file = workspace / "src" / "pay.py"
    text = file.read_text("utf-8")
    file.write_text("# A line.\n" * 10 + text, "utf-8")
    assert _now(records, kept) == ("moved", {"path": "src/pay.py", "start_line": 14, "end_line": 16})
    file.write_text(text + "\n" * 3 + text, "utf-8")
    assert _now(records, kept) == ("verified", None), "the lines where they were count, not their copy"


def test_a_file_that_was_renamed_is_found(
    records: Records, kept: Record, workspace: Path, memory: Memory
) -> None:
    (workspace / "src" / "pay.py").rename(workspace / "payments.py")
    assert _now(records, kept) == ("gone", None), "the index does not know yet"
    memory.index.run(lexical=True)
    assert _now(records, kept) == ("moved", {"path": "payments.py", "start_line": 4, "end_line": 6})
    (workspace / "lib").mkdir()
    (workspace / "payments.py").rename(workspace / "lib" / "pay.py")
    (workspace / "lib" / "pay.py").write_text("def retry(times):\n    return times\n", "utf-8")
    memory.index.run(lexical=True)
    assert _now(records, kept) == ("gone", None)


def test_changed_and_gone(records: Records, kept: Record, workspace: Path) -> None:
    file = workspace / "src" / "pay.py"
    file.write_text(file.read_text("utf-8").replace("sleep(1)", "sleep(2)"), "utf-8")
    assert _now(records, kept) == ("changed", None)
    file.unlink()
    assert _now(records, kept) == ("gone", None)


def test_a_pipe_or_a_link_in_the_place_of_the_file_is_never_read(
    records: Records, kept: Record, workspace: Path
) -> None:
    file = workspace / "src" / "pay.py"
    file.unlink()
    os.mkfifo(file)
    assert _now(records, kept) == ("gone", None)
    file.unlink()
    file.symlink_to("/dev/zero")
    assert _now(records, kept) == ("gone", None)


def test_the_cited_lines_are_the_text_where_there_is_none(records: Records, workspace: Path) -> None:
    kept = records.remember(Draft(text="", source=Source.parse(f"{workspace}/src/pay.py:4-5"))).record
    assert kept.stored.text == "```python\ndef retry(times):\n    for _ in range(times):\n```\n"
    assert kept.stored.kind == "snippet"


def test_the_commit_is_noted(records: Records, workspace: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        return subprocess.run(
            command, cwd=workspace, check=True, capture_output=True, text=True
        ).stdout.strip()

    source = Source.parse(f"{workspace}/src/pay.py:1")
    git("init", "-q")
    assert (
        records.remember(Draft(text="before the first", source=source)).record.as_json()["source"]["commit"]
        is None
    )
    git("add", ".")
    git("commit", "-qm", "first")
    for number, step in enumerate((("pack-refs", "--all"), ("checkout", "-q", "--detach"))):
        kept = records.remember(Draft(text=f"commit {number}", source=source)).record
        assert kept.as_json()["source"]["commit"] == git("rev-parse", "HEAD")
        git(*step)
    kept = records.remember(Draft(text="detached", source=source)).record
    assert kept.as_json()["source"]["commit"] == git("rev-parse", "HEAD")


@pytest.mark.parametrize(("given", "why"), [("src/pay.py:5-99", "has 6 lines"), ("src/none.py", "not there")])
def test_lines_that_are_not_there_cannot_be_cited(
    records: Records, workspace: Path, given: str, why: str
) -> None:
    with pytest.raises(RecordError, match=why):
        records.remember(Draft(text="x", source=Source.parse(f"{workspace}/{given}")))


def test_a_file_outside_cannot_be_cited(records: Records, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    with pytest.raises(WorkspaceError):
        records.remember(Draft(text="x", source=Source.parse(str(tmp_path / "secret.txt"))))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "PORT=8080\n"),
        ("keys/id_rsa", "x\n"),
        ("auth.json", '{"token": "ghp_0123456789abcdefghijABCDEFGHIJ456789"}'),
    ],
)
def test_a_secret_is_never_cited(records: Records, workspace: Path, name: str, text: str) -> None:
    (workspace / name).parent.mkdir(exist_ok=True)
    (workspace / name).write_text(text, "utf-8")
    with pytest.raises(RecordError, match="it is a secret"):
        records.remember(Draft(text="", source=Source.parse(f"{workspace}/{name}")))


def test_no_link_leads_out_of_the_workspace(records: Records, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "notes.md").write_text("private\n", "utf-8")
    (workspace / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((RecordError, WorkspaceError)):
        records.remember(Draft(text="", source=Source.parse(f"{workspace}/link/notes.md")))


@pytest.mark.parametrize("given", ["a.py:0", "a.py:9-3", ""])
def test_a_source_that_is_none(given: str) -> None:
    with pytest.raises(RecordError, match="is no source"):
        Source.parse(given)


@pytest.mark.parametrize(
    ("given", "path", "lines"),
    [
        ("a.py", "a.py", None),
        ("a b/ц.md:7", "a b/ц.md", (7, 7)),
        ("C:\\x\\a.py:3-4", "C:\\x\\a.py", (3, 4)),
        ("odd:name", "odd:name", None),
    ],
)
def test_sources(given: str, path: str, lines: tuple[int, int] | None) -> None:
    source = Source.parse(given)
    assert (str(source.path), source.lines) == (path, lines)


TEXTS = {
    "cp1252": "# Größe\nDie Länge der Straße beträgt 3 m.\n",
    "iso8859-15": "Prix en €\nDéjà vu à l'été.\n",
    "cp1251": "# Сервер\nПорт сервера — 8080, а не 80.\n",
    "koi8-r": "Повторяем платёж трижды.\n",
    "shift_jis": "支払いは三回まで再試行します。\nポートは八千です。\n",
    "gb18030": "付款最多重试三次。\n",
    "utf-16": "Größe und Länge\n",
    "utf-8-sig": "Größe und Länge\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_another_encoding_of_the_same_text_is_no_change(
    records: Records, workspace: Path, encoding: str
) -> None:
    text, file = TEXTS[encoding], workspace / "notes.txt"
    for before, after in (("utf-8", encoding), (encoding, "utf-8")):
        file.write_bytes(text.encode(before))
        source = Source.parse(f"{file}:1-1")
        kept = records.remember(Draft(text=f"Read when it was in {before}.", source=source)).record
        file.write_bytes(text.encode(after))
        assert _now(records, kept) == ("verified", None)
        file.write_bytes(f"moved\n{text}".encode(after))
        assert _now(records, kept) == ("moved", {"path": "notes.txt", "start_line": 2, "end_line": 2})
        file.write_bytes(f"ab{text[2:]}".encode(after))
        assert _now(records, kept) == ("changed", None)


def _notebook(cells: list[tuple[str, str]], runs: int, indent: int = 1) -> str:
    """A Jupyter notebook as it is on the disk after some runs."""
    made = [
        {
            "cell_type": kind,
            "metadata": {"run": runs},
            "source": said.splitlines(keepends=True),
            **(
                {
                    "execution_count": runs or None,
                    "outputs": [{"output_type": "stream", "text": [f"{n}\n"]} for n in range(runs)],
                }
                if kind == "code"
                else {}
            ),
        }
        for kind, said in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent)


CELLS = [
    ("markdown", "# Load\nReads all."),
    ("code", "import os\nrows = os.listdir()"),
    ("code", "len(rows)"),
]


@pytest.mark.parametrize("lines", ["", "first two cells"])
def test_outputs_of_a_notebook_are_no_change(records: Records, workspace: Path, lines: str) -> None:
    file = workspace / "load.ipynb"
    file.write_text(_notebook(CELLS, 0), "utf-8")
    if lines:  # all up to the end of the second cell, with what stands between them
        last = file.read_text("utf-8").splitlines().index('    "rows = os.listdir()"') + 1
        lines = f":1-{last}"
    kept = records.remember(Draft(text="All is read.", source=Source.parse(f"{file}{lines}"))).record
    assert _now(records, kept) == ("verified", None)
    for runs, indent in ((1, 1), (7, 1), (3, 4)):
        file.write_text(_notebook(CELLS, runs, indent), "utf-8")
        assert _now(records, kept) == ("verified", None)
    file.rename(file.with_name("renamed.ipynb"))
    assert _now(records, kept) == ("gone", None)
    file.write_text(_notebook([("code", "1"), *CELLS], 2), "utf-8")
    assert _now(records, kept)[0] == "moved"
    file.write_text(_notebook([CELLS[0], ("code", "import os\nrows = []"), CELLS[2]], 2), "utf-8")
    assert _now(records, kept) == ("changed", None)


def test_lines_of_one_cell_follow_it(records: Records, workspace: Path) -> None:
    file = workspace / "load.ipynb"
    file.write_text(_notebook(CELLS, 0), "utf-8")
    at = file.read_text("utf-8").splitlines().index('    "rows = os.listdir()"') + 1
    kept = records.remember(Draft(text="A list.", source=Source.parse(f"{file}:{at}"))).record
    file.write_text(_notebook([("code", "print(1)\nprint(2)"), *CELLS], 3), "utf-8")
    now = file.read_text("utf-8").splitlines().index('    "rows = os.listdir()"') + 1
    assert _now(records, kept) == ("moved", {"path": "load.ipynb", "start_line": now, "end_line": now})


def test_a_broken_notebook_is_a_text_like_others(records: Records, workspace: Path) -> None:
    file = workspace / "broken.ipynb"
    file.write_text("{ no json\nline\n", "utf-8")
    kept = records.remember(Draft(text="Broken.", source=Source.parse(f"{file}:2"))).record
    assert _now(records, kept) == ("verified", None)
