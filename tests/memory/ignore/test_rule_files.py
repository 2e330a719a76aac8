"""Ignore files and git configurations that are too much: told, bounded, and never a reason to index more."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.ignore import patterns
from magray_memory.ignore.gitdir import read_repository
from magray_memory.ignore.patterns import parse_rules
from magray_memory.ignore.rules import MAX_GLOBS
from magray_memory.indexing.events import Warned
from magray_memory.indexing.walk import Tally, WalkOptions, walk

if TYPE_CHECKING:
    from pathlib import Path

Workspace = Any
"""The fixture's class lives in conftest.py, which tests cannot import by name."""

LARGE = b"# padding\n" * 120_000 + b"private.txt\n"
MANY = b"".join(b"a*%d?x\n" % n for n in range(MAX_GLOBS + 1))


@pytest.mark.parametrize("name", [".gitignore", ".magrayignore"])
@pytest.mark.parametrize("content", [LARGE, MANY])
def test_below_an_ignore_file_that_cannot_be_used_nothing_is_indexed(
    ws: Workspace, name: str, content: bytes
) -> None:
    ws.write("public.txt", "zebra")
    ws.write("sub/private.txt", "zebra")
    ws.write("sub/deep/private.txt", "zebra")
    assert ws.index(lexical=True).files == 3
    ws.write(f"sub/{name}", content)
    report = ws.index(lexical=True)
    assert ws.find("zebra") == ["public.txt"]
    (skipped,) = report.skipped
    assert skipped.path == "sub/"
    assert f"sub/{name}" in skipped.reason
    ws.write(f"sub/{name}", "deep/\n")
    assert ws.index(lexical=True).skipped == ()
    assert ws.find("zebra") == ["public.txt", "sub/private.txt"]


@pytest.mark.parametrize("place", [".gitignore", ".git/info/exclude", "../.gitignore"])
def test_the_same_for_the_whole_workspace(ws: Workspace, place: str) -> None:
    ws.write("a.txt", "zebra")
    ws.write("../.git/config" if place.startswith("..") else ".git/config")
    ws.write(place, LARGE)
    report = ws.index(lexical=True)
    assert (report.files, [item.path for item in report.skipped]) == (0, ["./"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that hold")
def test_what_was_indexed_stays_while_an_ignore_file_may_not_be_read(ws: Workspace) -> None:
    ws.write("sub/a.txt", "zebra")
    rules = ws.write("sub/.gitignore", "private.txt\n")
    ws.index(lexical=True)
    ws.write("sub/new.txt", "zebra")
    rules.chmod(0)
    report = ws.index(lexical=True)
    rules.chmod(0o600)
    assert [item.path for item in report.skipped] == ["sub/"]
    assert ws.find("zebra") == ["sub/a.txt"]


@pytest.mark.timeout(
    60
)  # each pattern of its own used to cost a regular expression, and each name all of them
def test_tens_of_thousands_of_names_and_endings_cost_little(tmp_path: Path) -> None:
    lines = [f"name{n}.txt\n/a/path{n}\n*.end{n}\n" for n in range(20_000)]
    (tmp_path / ".gitignore").write_text("".join(lines))
    for name in ("name7.txt", "b.end19999", "kept.txt"):
        (tmp_path / name).write_text("x")
    for number in range(500):
        (tmp_path / f"f{number}.txt").write_text("x")
    tally = Tally()
    found = {file.path for file in walk(tmp_path, WalkOptions(), tally)}
    assert tally.problems == {}
    assert len(found) == 501
    assert "kept.txt" in found


def test_many_rules_decide_like_few(monkeypatch: pytest.MonkeyPatch) -> None:
    atoms = ["a", "b", "*", "**", "?", "[ab]", "/", "!", ".", "\\*", "foo", "x/", "[", "ж"]
    rng = random.Random(1)
    for _ in range(400):
        text = "\n".join("".join(rng.choice(atoms) for _ in range(rng.randint(1, 5))) for _ in range(6))
        few = parse_rules(text.encode(), fold=rng.random() < 0.3)
        monkeypatch.setattr(patterns, "_MANY", 0)
        many = parse_rules(text.encode(), fold=few.fold)
        monkeypatch.setattr(patterns, "_MANY", 256)
        for _ in range(40):
            name = "".join(
                rng.choice(["a", "b", "foo", ".", "*", "ж", "A"]) for _ in range(rng.randint(1, 3))
            )
            prefix = rng.choice(["", "a/", "x/", "a/b/", "foo/a/"])
            is_dir = rng.random() < 0.5
            assert few.match(name, prefix, is_dir) is many.match(name, prefix, is_dir), (text, prefix, name)


CONFIGS = {
    "itself": "[include]\n\tpath = config\n",
    "itself many times": "[include]\n" + "\tpath = config\n\tpath = ./config\n" * 15,
    "each other": "[include]\n\tpath = other\n\tpath = other\n",
    "absent files": "[include]\n" + "".join(f"\tpath = none{n}\n" for n in range(50_000)),
    "one long value": "[core]\n\tname = " + "aaaa\\\n" * 150_000,
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.timeout(60)
def test_a_git_configuration_without_end_ends(ws: Workspace, name: str) -> None:
    ws.write(".git/config", CONFIGS[name] + "[core]\n\tignorecase = true\n")
    ws.write(".git/other", "[include]\n\tpath = config\n\tpath = config\n" * 3)
    ws.write(".gitignore", "PRIVATE.txt\n")
    ws.write("private.txt", "zebra")
    ws.write("a.txt", "zebra")
    ws.index(lexical=True)
    assert ws.find("zebra") == ["a.txt"]  # what stands beside the includes holds
    warned = [event.message for event in ws.sent(Warned)]
    assert len(warned) == (name != "one long value")


def test_a_file_that_is_included_twice_is_read_twice(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    config = "[include]\n\tpath = a\n[core]\n\texcludesFile = other\n[include]\n\tpath = a\n"
    (tmp_path / ".git/config").write_text(config)
    (tmp_path / ".git/a").write_text("[core]\n\texcludesFile = mine\n")
    repository = read_repository(tmp_path, {"HOME": str(tmp_path / "home"), "GIT_CONFIG_NOSYSTEM": "1"})
    assert (repository.excludes_file, repository.fault) == (tmp_path / "mine", "")


def test_a_stop_is_heard_between_folders(ws: Workspace) -> None:
    from magray_memory.errors import Interrupted

    for number in range(30):
        ws.write(f"d{number}/.git/config", "[include]\n\tpath = config\n")
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    with pytest.raises(Interrupted):
        ws.index(lexical=True, should_stop=stop)
