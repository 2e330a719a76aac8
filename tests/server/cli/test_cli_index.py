"""`magray index`: what it says, what it leaves alone, and input that means harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Magray

REPORT = {
    "files",
    "ignored",
    "left_out",
    "passages",
    "embedded",
    "reused",
    "removed",
    "skipped",
    "seconds",
    "device",
    "model",
}


def test_index_then_index_again(magray: Magray) -> None:
    magray.embed_all()
    first = magray("--json", "index")
    assert first.code == 0
    assert first.err == ""
    report = first.json
    assert set(report) == REPORT
    assert report["files"] == 5
    assert report["embedded"] == report["passages"] >= 5
    assert report["device"] == "cpu"
    assert set(report["seconds"]) == {"lexical", "semantic"}
    again = magray("index")
    assert again.out.startswith(f"indexed 5 files, {report['passages']} passages in ")
    assert magray("--json", "index").json["embedded"] == 0


def test_a_rename_costs_no_embedding_and_a_removal_is_seen(magray: Magray) -> None:
    magray("index")
    (magray.cwd / "web" / "cart.js").rename(magray.cwd / "web" / "basket.js")
    (magray.cwd / "docs" / "guide.md").unlink()
    report = magray("--json", "index").json
    assert report["embedded"] == 0
    assert report["removed"] >= 1
    found = magray("--json", "search", "shopping cart", "--mode", "lexical").json["hits"]
    assert [hit["path"] for hit in found] == ["web/basket.js"]


def test_events_are_json_lines(magray: Magray) -> None:
    result = magray("index", "--events")
    assert result.code == 0
    kinds = [event["event"] for event in result.lines]
    assert kinds[0] == "start"
    assert kinds[-1] == "done"
    assert {"lexical_ready", "semantic_ready", "progress"} <= set(kinds)
    assert set(result.lines[-1]) == REPORT | {"event"}


def test_an_early_error_is_an_event_too(magray: Magray) -> None:
    result = magray("index", "--events", "../elsewhere")
    assert result.code == 2
    assert result.lines[-1]["event"] == "error"


def test_lexical_needs_no_model(magray: Magray) -> None:
    report = magray("--json", "index", "--lexical").json
    assert (report["embedded"], report["device"], report["seconds"]["semantic"]) == (0, None, None)
    answer = magray("search", "shopping cart")
    assert answer.code == 0
    assert answer.out.startswith("web/cart.js:1  addToCart")
    assert "run `magray index`" in answer.err


def test_only_some_paths(magray: Magray) -> None:
    assert magray("--json", "index", "src", "--lexical").json["files"] == 2
    assert magray("--json", "index", "payments", "--lexical", cwd=magray.cwd / "src").json["files"] == 2


def test_secrets_are_never_read(magray: Magray) -> None:
    magray("index", "--lexical")
    assert magray("--json", "search", "swordfish").json["hits"] == []


@pytest.mark.parametrize("path", ["../elsewhere", "/etc/passwd"])
def test_a_path_outside_the_workspace(magray: Magray, path: str) -> None:
    magray.learned = {}  # which would make the home
    result = magray("index", path)
    assert result.code == 2
    assert "lies outside" in result.err
    assert not magray.home.exists()


def test_a_file_is_no_workspace(magray: Magray) -> None:
    result = magray("--workspace", str(magray.cwd / "web" / "cart.js"), "index")
    assert result.code == 2
    assert "it is a file" in result.err


@pytest.mark.skipif(os.name == "nt", reason="the root of the disk has another name")
def test_the_root_and_the_home_folder_must_be_named(magray: Magray, tmp_path: Path) -> None:
    result = magray("index", cwd=Path("/"))
    assert result.code == 2
    assert "--workspace" in result.err
    result = magray("index", cwd=tmp_path, env={"HOME": str(tmp_path)})
    assert result.code == 2
    assert "the home folder" in result.err
    (tmp_path / "project" / ".git").rmdir()
    named = magray("--json", "--workspace", str(tmp_path), "index", "--lexical", env={"HOME": str(tmp_path)})
    assert named.code == 0
    assert named.json["files"] == 5


def test_an_empty_workspace(magray: Magray, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    (empty / ".git").mkdir(parents=True)
    result = magray("index", cwd=empty)
    assert result.code == 0
    assert result.out.startswith("indexed 0 files, 0 passages")
    search = magray("search", "anything", cwd=empty)
    assert (search.code, search.out) == (0, "")


def test_files_that_cannot_be_indexed_are_named_and_exit_3(magray: Magray) -> None:
    (magray.cwd / "big.py").write_text("x = 1\n" * 500_000)
    result = magray("index", "--lexical")
    assert result.code == 3
    assert result.out.startswith("indexed 5 files")
    assert "warning: skipped big.py: " in result.err
    assert magray("--json", "index", "--lexical", "big.py").json["skipped"][0]["path"] == "big.py"


def test_a_file_that_cannot_be_decoded_is_said_once_and_stays_in_status(magray: Magray) -> None:
    odd = magray.cwd / "odd.txt"
    odd.write_bytes(bytes(range(128, 256)) * 20)
    first = magray("index", "--lexical")
    assert first.code == 3
    assert first.err.count("skipped odd.txt") == 1
    again = magray("index", "--lexical")
    assert (again.code, again.err) == (0, "")
    parts = {part["name"]: part for part in magray("--json", "status").json["components"]}
    assert parts["skipped_files"]["detail"] == {
        "count": 1,
        "files": {"odd.txt": "it cannot be decoded: not UTF-8, and no encoding that is known here"},
    }
    assert "skipped_files" in magray("status").out
    odd.write_text("zebra\n")
    assert magray("index", "--lexical").code == 0
    assert "skipped_files" not in magray("status").out


def test_hostile_content_stops_nothing(magray: Magray) -> None:
    root = magray.cwd
    (root / "invalid.txt").write_bytes(b"caf\xe9 \xff\xfe" * 50)
    (root / "nul.py").write_bytes(b"x = 1\0\0\0" * 50)
    (root / "line.js").write_text("var a = '" + "x" * 1_500_000 + "';\n")
    (root / "deep.py").write_text("(" * 50_000 + ")" * 50_000)
    (root / "new\nline.md").write_text("# Zebra\n\nA file whose name has a newline.\n")
    (root / "\x1b[31mred.md").write_text("# Escape\n\nA file whose name colours terminals.\n")
    if os.name == "posix":
        Path(os.fsdecode(os.fsencode(root) + b"/bad-\xff.py")).write_text("x = 1\n")
    result = magray("index", "--lexical")
    assert result.code in (0, 3)
    assert "Traceback" not in result.err
    assert "\x1b" not in result.err
    found = magray("search", "newline zebra", "--mode", "lexical")
    assert found.out.startswith("new\\nline.md:1  Zebra")
    assert "\x1b" not in magray("search", "colours terminals", "--mode", "lexical").out


HOSTILE = {
    "not UTF-8": b"\xff\xfe\xfd",
    "larger than": b"#" * 1_000_000,
    "nested too deeply": b"a = " + b"[" * 20_000,
    "a workspace may not set it": b"[notes]\nfolders = ['/etc']\n",
    "no such section": b"[home]\npath = '/tmp/evil'\n",
}


@pytest.mark.parametrize("why", HOSTILE)
def test_a_hostile_settings_file_is_told_once_and_ignored(magray: Magray, why: str) -> None:
    (magray.cwd / ".magray.toml").write_bytes(HOSTILE[why])
    result = magray("index", "--lexical")
    assert result.code == 0
    assert result.err.count("warning:") == 1
    assert why in result.err
    assert magray("config", "get", "notes.folders").out == ""


def test_the_workspace_file_chooses_what_is_left_out(magray: Magray) -> None:
    (magray.cwd / ".magray.toml").write_text('[index]\nignore = ["docs/", "*.md"]\n')
    assert magray("--json", "index", "--lexical").json["files"] == 3


@pytest.mark.skipif(os.name == "nt", reason="permissions work differently there")
def test_no_permission(magray: Magray, unprivileged: Magray, tmp_path: Path) -> None:
    private = magray.cwd / "private.py"
    private.write_text("x = 1\n")
    private.chmod(0)
    result = unprivileged("index", "--lexical")
    assert result.code == 3
    assert "skipped private.py" in result.err
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o000)
    try:
        result = unprivileged("--workspace", str(closed), "index", "--lexical")
        assert result.code in (1, 2)
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        result = unprivileged("--home", str(closed / "home"), "index", "--lexical")
        assert result.code == 1
        assert "\nerror: the home folder " in "\n" + result.err
    finally:
        closed.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_stopped_half_way_it_goes_on_later(magray: Magray) -> None:
    body = "\n\n".join(
        f"def step_{n}(value):\n    return value * {n} + step_{n + 1}(value)" for n in range(9)
    )
    for number in range(40):
        (magray.cwd / f"module_{number}.py").write_text(
            f"# module {number}\n" + body.replace("step", f"step{number}")
        )
    process = magray.start("index", "--events", stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["phase"] == "semantic" and event["done"]:
            process.send_signal(signal.SIGINT)
            break
    process.stdout.read()
    process.stdout.close()
    assert process.wait(60) == 130
    report = magray("--json", "index").json
    assert 0 < report["embedded"] < report["passages"]
    assert magray("--json", "status").json["vaults"][0]["pending"] == 0


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_second_indexer_is_told_who_is_at_work(magray: Magray) -> None:
    for number in range(400):
        (magray.cwd / f"m{number}.py").write_text(f"def function_{number}():\n    return {number}\n" * 3)
    process = magray.start("index", "--events", stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "start"
    second = magray("index")
    status = magray("status")
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    process.stdout.close()
    process.wait(60)
    assert second.code == 1
    assert f"by process {process.pid}" in second.err
    assert f"process {process.pid}" in status.out


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_an_indexer_whose_listener_is_gone_stops(magray: Magray) -> None:
    for number in range(300):
        (magray.cwd / f"m{number}.py").write_text(f"def function_{number}():\n    return {number}\n" * 30)
    process = magray.start(
        "index",
        "--events",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) != 0


def test_a_damaged_vault_is_kept_aside_and_made_again(magray: Magray) -> None:
    magray("index", "--lexical")
    vault = next((magray.home / "workspaces").glob("*.db"))
    vault.write_bytes(b"not a database at all" * 100)
    search = magray("--json", "search", "shopping cart")
    assert search.code == 3
    assert search.json["hits"] == []
    assert "run `magray index`" in search.json["degraded"]
    assert search.json["unreadable"] == [search.json["degraded"]]
    status = magray("--json", "status")
    assert status.code == 0
    assert status.json["severity"] == "critical"
    again = magray("index", "--lexical")
    assert again.code == 0
    assert "is rebuilt" in again.err
    assert magray("search", "shopping cart").out.startswith("web/cart.js:1")
    assert list((magray.home / "workspaces").glob("*.damaged-*"))


def left_out_files(magray: Magray) -> None:
    """A file for each way in which one is left out, beside those of the project."""
    root = magray.cwd
    for path, text in {
        ".gitignore": "# a comment\nout/\n",
        "out/a.txt": "zebra",
        "auth.json": '{"http-basic": {"example.org": {"password": "zebra17"}}}',
        "gen.go": "// Code generated by zebra. DO NOT EDIT.\npackage zebra\n",
        "squeezed.js": "function zebra(a,b){return a+b};" * 200,
        "tokens.json": '{"zebra": {"value": "#ff0000"}}',
    }.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    if os.name != "nt":
        (root / "link.py").symlink_to("src")


def test_what_is_left_out_is_counted_by_rule(magray: Magray) -> None:
    left_out_files(magray)
    result = magray("index", "--lexical")
    assert result.code == 0
    counts = magray("--json", "index", "--lexical").json["left_out"]
    assert counts["ignore rule"] == counts["generated"] == counts["minified"] == counts["link"] == 1
    assert ", ".join(f"{count} {rule}" for rule, count in counts.items()) in result.out
    assert magray("--json", "coverage").json["left_out"] == counts


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("out/a.txt", "an ignore rule: out/ (.gitignore:2), through out/"),
        ("auth.json", "the rule for secrets: it holds a secret: a value of 'password' in line 1"),
        ("gen.go", "it says that a tool wrote it: line 1: Code generated by zebra. DO NOT EDIT."),
        ("squeezed.js", "the rule for minified files"),
        ("link.py", "it is a link to src"),
    ],
)
def test_a_path_that_is_left_out_is_named_with_its_rule(magray: Magray, path: str, said: str) -> None:
    left_out_files(magray)
    result = magray("index", "--lexical", path)
    assert result.code == 0
    assert f"warning: {path}: left out by" in result.err
    assert said in result.err
    assert said in magray("why", path).out
    assert said.removesuffix(", through out/") in magray("index", "--lexical", "--verbose").err
    related = magray("related", path)
    assert related.code == 2
    assert said.removesuffix(", through out/") in related.err
    assert "magray index" not in related.err


def test_a_path_that_is_neither_there_nor_indexed_is_an_error(magray: Magray) -> None:
    magray.learned = {}  # which would make the home
    for command in ("index", "why"):
        result = magray(command, "nowhere.py")
        assert (result.code, result.out) == (2, "")
        assert "nowhere.py: there is no such file or folder" in result.err
    assert not magray.home.exists()
    magray("index", "--lexical")
    (magray.cwd / "docs/guide.md").unlink()
    assert magray("why", "docs/guide.md").out == "docs/guide.md: indexed, and gone: it is no longer there\n"
    assert magray("--json", "index", "--lexical", "docs/guide.md").json["removed"] == 1
    assert magray("index", "--lexical", "docs/guide.md").code == 2


def test_a_path_is_taken_as_the_disk_spells_it(magray: Magray) -> None:
    stored = unicodedata.normalize("NFD", "Йод café.md")
    typed = unicodedata.normalize("NFC", stored)
    (magray.cwd / stored).write_text("# Йод\n\niodine for the basket\n", encoding="utf-8")
    assert magray("--json", "index", "--lexical", typed).json["files"] == 1
    assert magray("why", typed).out.startswith(f"{stored}: indexed")
    assert magray("related", typed).code == 0
    if (magray.cwd / "WEB").exists():
        return
    for command in (("index", "--lexical"), ("why",), ("related",)):
        result = magray(*command, "WEB/Cart.js")
        assert result.code == 2
        assert result.err.startswith("error: WEB/Cart.js: there is no such file")
        assert "(try: web/cart.js)" in result.err


def test_a_path_begins_at_the_current_folder_else_at_the_root(magray: Magray) -> None:
    """As JSON prints it, a path can be given in any folder."""
    magray.cwd = magray.cwd / "web"
    assert magray("--json", "index", "--lexical", "cart.js").json["files"] == 1
    assert magray("--json", "index", "--lexical", "docs/guide.md").json["files"] == 2
    assert magray("why", "cart.js").out.startswith("web/cart.js: indexed")
    assert magray("why", "web/cart.js").out.startswith("web/cart.js: indexed")


def test_why_tells_how_a_file_is_indexed(magray: Magray) -> None:
    assert "the workspace was never indexed" in magray("why", "web/cart.js").out
    magray("index", "--lexical")
    (found,) = magray("--json", "why", "web/cart.js").json["files"]
    assert (found["state"], found["language"], found["embedded"]) == ("indexed", "javascript", 0)
    (magray.cwd / "web/cart.js").write_text("changed()\n")
    (magray.cwd / "web/new.js").write_text("fresh()\n")
    states = [f["state"] for f in magray("--json", "why", "web/cart.js", "web/new.js", "web").json["files"]]
    assert states == ["changed", "not_indexed", "folder"]
    assert magray("--json", "coverage").json["not_indexed"] == 1


def test_why_answers_for_each_path_though_nothing_is_known_of_one(magray: Magray) -> None:
    magray("index", "--lexical")
    outside = str(magray.cwd.parent)
    mixed = magray("--json", "why", "web/cart.js", "nowhere.py", outside, "web")
    assert mixed.code == 3
    files = mixed.json["files"]
    assert [file["state"] for file in files] == ["indexed", "missing", "outside", "folder"]
    assert [file["path"] for file in files][1:3] == ["nowhere.py", outside]
    said = magray("why", "nowhere.py", "web/cart.js")
    assert said.out.splitlines()[0] == "nowhere.py: there is no such file or folder, and none was indexed"
    assert said.out.splitlines()[1].startswith("web/cart.js: indexed")
    assert magray("why", "nowhere.py", "nor-here.py").code == 1
    assert magray("why", "nowhere.py").code == 2


def test_coverage_lists_what_a_rule_leaves_out(magray: Magray) -> None:
    left_out_files(magray)
    magray("index", "--lexical")
    entries = magray("--json", "coverage", "--rule", "generated", "--rule", "ignore rule").json["entries"]
    assert [(e["path"], e["rule"], e["source"]) for e in entries] == [
        ("gen.go", "generated", ""),
        ("out/", "ignore rule", ".gitignore:2"),
    ]
    assert magray("coverage", "--rule", "nonsense").code == 2
