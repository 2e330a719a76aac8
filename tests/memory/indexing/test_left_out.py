"""What is left out and what must not be: judged by its content where a name does not tell."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.indexing.coverage import Standing, coverage, why

Workspace = Any
"""The fixture's class lives in conftest.py, which tests cannot import by name."""


def test_a_secret_under_a_doubtful_name_stays_out_whatever_a_project_says(ws: Workspace) -> None:
    ws.write("auth.json", '{"http-basic": {"example.org": {"username": "u", "password": "swordfish"}}}')
    ws.write("config/secrets.yml", "db: swordfish\n")
    ws.write("tokens.json", '{"zebra": {"value": "#ff0000", "type": "color"}}')
    ws.write(".magrayignore", "!*\n")
    ws.configure(include=("*",), hidden=True)
    report = ws.index(lexical=True)
    assert ws.find("swordfish") == []
    assert ws.find("zebra") == ["tokens.json"]
    assert report.ignored == 2
    assert ws.index(lexical=True).ignored == 2
    ws.write("auth.json", '{"zebra": "none"}')
    ws.index(lexical=True)
    assert ws.find("zebra") == ["auth.json", "tokens.json"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("guide.asc", "= Guide\n\nAbout a zebra.\n"),
        ("Tank.mo", "model Tank\n  Real zebra;\nend Tank;\n"),
        ("feature-0123456789ab.json", '{"feature": "zebra"}'),
        ("page.html", "<p>" + "A zebra is a horse with stripes. " * 80 + "</p>\n"),
        ("old.txt", "first line\rsecond zebra\rthird line\r"),
        ("list.pt", '<ul tal:repeat="zebra view/zebras"></ul>'),
        ("app.pkl", "zebra: Int = 3000\n"),
        ("manual.doc", "HOW TO FEED A ZEBRA\n"),
        ("README.ko", "# 얼룩말\n\nzebra\n"),
        ("App-Prefix.pch", "#import <Zebra.h>\n"),
        ("libzebra.map", "LIB_1.0 {\n  global: zebra;\n  local: *;\n};\n"),
        ("late.c", "int a;\n" * 2000 + 'char zebra[] = "\0";\n'),
        ("Makefile", "# Generated files go to out/.\nzebra:\n\ttouch zebra\n"),
    ],
)
def test_files_that_only_look_like_rubbish_are_found(ws: Workspace, path: str, content: str) -> None:
    ws.write(path, content)
    assert ws.index(lexical=True).ignored == 0
    assert ws.find("zebra") == [path]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("ru.mo", b"\xde\x12\x04\x95\0\0\0\0" + b"zebra\0" * 50),
        ("weights.pt", b"PK\x03\x04\0\0\x08\0" + b"zebra" * 500_000),
        ("letter.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0zebra"),
        ("page.doctree", b"zebra\n" * 2000 + bytes(range(256)) * 50),
        ("tape", b"zebra\n" * 2000 + b"\1\2\3\4" * 4000),
    ],
)
def test_bytes_that_are_no_text_are_left_out_and_no_failure(ws: Workspace, path: str, content: bytes) -> None:
    ws.write(path, content)
    report = ws.index(lexical=True)
    assert (report.ignored, report.skipped, ws.paths()) == (1, (), [])


def test_lines_that_end_with_a_carriage_return_alone_are_lines(ws: Workspace) -> None:
    ws.write("old.py", "".join(f"def f{n}():\r    return {n}\r\r" for n in range(400)))
    ws.index(lexical=True)
    places = {row[11]: row[7] for row in ws.contents()}
    assert max(places.values()) > 1000
    assert not any("\r" in text for text in places)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_every_door_says_the_same_of_what_git_tracks_though_ignored(ws: Workspace) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(ws.root), *arguments], check=True, capture_output=True)

    git("init", "-q")
    ws.write(".gitignore", "gen/\n")
    ws.write("gen/deep/tracked.py", "zebra = 1\n")
    ws.write("gen/deep/other.py", "zebra = 2\n")
    git("add", "-f", "gen/deep/tracked.py")
    index = ws.settings.index
    ws.index("gen/deep/other.py", "gen/deep/tracked.py", lexical=True)
    assert ws.paths() == ["gen/deep/tracked.py"]
    assert ws.index(lexical=True).files == 1
    standing = [why(ws.root, f"gen/deep/{name}.py", index, ws.vault) for name in ("tracked", "other")]
    assert [found.standing for found in standing if found] == [Standing.INDEXED, Standing.LEFT_OUT]
    assert standing[1] is not None
    assert standing[1].source == ".gitignore:1"
    counted = coverage(ws.root, index, ws.vault, [IgnoreRule.PATTERN])
    assert (counted.files, [entry.path for entry in counted.entries]) == (1, ["gen/deep/other.py"])
    git("rm", "-q", "--cached", "gen/deep/tracked.py")
    assert ws.index("gen/deep/tracked.py", lexical=True).removed == 1
    found = why(ws.root, "gen/deep/tracked.py", index, ws.vault)
    assert found is not None
    assert found.standing is Standing.LEFT_OUT


@pytest.mark.parametrize("ignored", ["secret.txt\n" + "# x\n" * 300_000, "*a*b{}*\n"])
def test_why_names_the_ignore_file_that_cannot_be_used(ws: Workspace, ignored: str) -> None:
    text = ignored if "{}" not in ignored else "".join(ignored.format(n) for n in range(20_001))
    ws.write("sub/.gitignore", text)
    for path in ("sub/secret.txt", "sub/deeper/open.txt", "outside.txt"):
        ws.write(path, "zebra")
    ws.index(lexical=True)
    for path in ("sub/secret.txt", "sub/deeper/open.txt"):
        standing = why(ws.root, path, ws.settings.index, ws.vault)
        assert standing is not None and standing.standing is Standing.SKIPPED
        assert "sub/.gitignore: " in standing.reason
    outside = why(ws.root, "outside.txt", ws.settings.index, ws.vault)
    assert outside is not None and outside.standing is Standing.INDEXED
