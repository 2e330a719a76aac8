"""`magray export` and `magray import`: streams, exit codes, and what is said."""

from __future__ import annotations

import json
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
