"""`magray export` and `magray import`: streams, exit codes, and what is said."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Magray


def test_json_on_stdout_is_the_document_alone(magray: Magray) -> None:
    magray("remember", "Порт 8080", "--tag", "ops")
    result = magray("export", "-", "--tag", "ops")
    assert result.code == 0
    (record,) = json.loads(result.out)["records"]
    assert (record["text"], record["tags"]) == ("Порт 8080", ["ops"])
    assert result.err == ""
    assert json.loads(magray("export", "-", "--tag", "none").out)["count"] == 0


def test_an_edit_that_is_not_imported_yet_makes_the_exit_code_3(magray: Magray) -> None:
    magray("remember", "one")
    assert magray("export", "notes", "--format", "markdown").code == 0
    note = magray.cwd / "notes" / "one.md"
    note.write_text(note.read_text("utf-8") + "and more\n", "utf-8")
    result = magray("export", "notes")
    assert result.code == 3
    assert "was edited since it was exported" in result.err
    assert "magray import" in result.err
    assert magray("import", "notes").code == 0
    assert magray("export", "notes").code == 0


def test_a_conflict_and_what_is_skipped_make_the_exit_code_3_and_nothing_at_all_1(magray: Magray) -> None:
    magray("remember", "one")
    magray("export", "notes", "--format", "markdown")
    note = magray.cwd / "notes" / "one.md"
    note.write_text(note.read_text("utf-8").replace("\none\n", "\nthere\n"), "utf-8")
    magray("edit", "n1", "--text", "here")
    result = magray("import", "notes")
    assert result.code == 3
    assert "was changed there and here: n1 is as it was, n2 is what came" in result.err
    assert magray("import", "notes").code == 0
    lines = magray.cwd / "lines.jsonl"
    lines.write_text('{"text":"two"}\nnot json\n', "utf-8")
    result = magray("import", "lines.jsonl", "--json")
    assert result.code == 3
    report = json.loads(result.out)
    assert (report["from"], report["created"]) == ("jsonl", 1)
    assert report["skipped"] == [{"path": "lines.jsonl:2", "reason": "it is no JSON"}]
    lines.write_text("not json\n", "utf-8")
    assert magray("import", "lines.jsonl", "--from", "jsonl").code == 1


def test_what_is_imported_is_found_by_the_next_command(magray: Magray) -> None:
    (magray.cwd / "lines.jsonl").write_text('{"text":"The quokka sleeps at noon."}\n', "utf-8")
    assert magray("import", "lines.jsonl", "--tag", "zoo").code == 0
    result = magray("search", "quokka", "--mode", "lexical", "--in", "notebook", "--json")
    (hit,) = json.loads(result.out)["hits"]
    assert (hit["tags"], hit["layer"]) == (["zoo"], "assets")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "nowhere"], "it is not there"),
        (["import", ".", "--from", "nope"], "cannot be imported"),
        (["import", ".", "--layer", "attic"], "is no layer"),
        (["import", ".", "--tag", "a b"], "is no tag"),
        (["export", ".", "--format", "json"], "is a folder"),
        (["export", "x.json", "--since", "someday"], "someday"),
        (["export", "nowhere/x.json"], "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(magray: Magray, arguments: list[str], said: str) -> None:
    result = magray(*arguments)
    assert result.code in (1, 2)
    assert result.err.startswith("error: ")
    assert said in result.err
    assert result.err.count("\n") == 1


def test_what_is_piped_in_is_imported_by_what_it_is_and_once(magray: Magray) -> None:
    lines = '{"id":1,"text":"The quokka sleeps."}\n{"id":2,"text":"Порт 8080"}\n'
    result = magray("import", "-", "--json", text=lines)
    assert (result.code, json.loads(result.out)["created"]) == (0, 2), result
    assert json.loads(magray("import", "-", "--json", text=lines).out)["unchanged"] == 2
    edited = lines.replace("sleeps", "wakes")
    assert json.loads(magray("import", "-", "--json", text=edited).out)["updated"] == 1
    exported = magray("export", "-").out
    assert json.loads(magray("import", "-", "--json", text=exported).out)["unchanged"] == 2
    note = "---\ntags: [x]\n---\nA note that is piped in.\n"
    assert magray("import", "-", "--from", "markdown", text=note).code == 0
    assert magray("import", "-", "--dry-run", text="").code == 2
    refused = magray("import", "-", text="plain words")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert refused.err.startswith("error: -: it has no known format")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_a_pipe_is_read_and_never_replaced(magray: Magray) -> None:
    magray("remember", "one")
    pipe = magray.cwd / "pipe"
    os.mkfifo(pipe)
    for command in (
        ["export", "pipe"],
        ["export", "pipe", "--force"],
        ["export", "pipe", "--format", "markdown"],
        ["backup", "--output", "pipe"],
        ["backup", "--output", "-"],
        ["restore", "pipe", "--yes"],
        ["backup", "verify", "pipe"],
    ):
        result = magray(*command)
        assert result.code in (1, 2), (command, result)
        assert result.err.count("\n") == 1 or command[1] == "verify", result
        assert pipe.is_fifo() and not (magray.cwd / "-").exists()
    (magray.cwd / "notes").mkdir()
    os.mkfifo(magray.cwd / "notes" / "a.md")
    assert magray("export", "notes").code == 0
    writer = threading.Thread(target=pipe.write_text, args=('{"text":"through a pipe"}\n',))
    writer.start()
    result = magray("import", "pipe", "--json")
    writer.join()
    assert (result.code, json.loads(result.out)["created"]) == (0, 1), result


@pytest.mark.parametrize("content", [b"somebody's text", b"PK\x03\x04 no backup", b"PK\x05\x06" + bytes(18)])
def test_a_backup_replaces_no_file_of_somebody_else(magray: Magray, content: bytes) -> None:
    magray("remember", "one")
    mine = magray.cwd / "mine.zip"
    mine.write_bytes(content)
    result = magray("backup", "--output", "mine.zip")
    assert (result.code, mine.read_bytes()) == (1, content)
    assert "is not replaced: it is no backup" in result.err
    link = magray.cwd / "link.zip"
    link.symlink_to("new.zip")
    assert magray("backup", "--output", "link.zip").code == 0
    assert magray("backup", "--output", "link.zip").code == 0
    assert link.is_symlink() and (magray.cwd / "new.zip").is_file()
