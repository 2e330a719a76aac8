"""`magray remember` and the commands around it, as a person and as a program would use them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Magray

SENTENCE = "Платёж повторяется три раза, потом заказ отменяется."


def test_a_sentence_is_kept_and_found(magray: Magray) -> None:
    kept = magray("--json", "remember", SENTENCE, "--tag", "billing")
    assert kept.code == 0, kept.err
    assert kept.json["outcome"] == "created"
    record = kept.json["record"]
    assert (record["id"], record["text"], record["tags"]) == ("n1", SENTENCE, ["billing"])
    assert record["project"] == magray.cwd.name
    (hit,) = magray("--json", "search", "--mode", "lexical", "заказы").json["hits"]
    assert (hit["id"], hit["vault"], hit["path"]) == ("n1", "notebook", None)
    assert magray("--json", "list").json == {"records": [record], "next": None}


def test_words_need_no_quotes_and_stdin_is_read(magray: Magray) -> None:
    assert magray("remember", "the", "port", "is", "8080").out == "n1  created  the port is 8080\n"
    assert magray("remember", "-", "--kind", "message", text="fix: retry\n\nBody.\n").code == 0
    assert magray("--json", "show", "n2").json["text"] == "fix: retry\n\nBody.\n"
    latin = "Порт 8080".encode("cp1251") * 20
    assert magray("remember", "-", text=latin).code == 0
    assert "Порт 8080" in magray("show", "n3").out
    refused = magray("remember", "-", text=b"\0\1\2" * 99)
    assert (refused.code, refused.out) == (1, "")
    assert "it is no text" in refused.err


def test_a_source_is_relative_to_the_current_folder(magray: Magray) -> None:
    inside = magray.cwd / "src" / "auth"
    kept = magray("--json", "remember", "About tokens.", "--source", "session.py:2-4", cwd=inside)
    assert kept.json["record"]["source"] == {
        "path": "src/auth/session.py",
        "start_line": 2,
        "end_line": 4,
        "commit": None,
    }
    assert kept.json["record"]["citation"] == "verified"
    (inside / "session.py").write_text("nothing\n", "utf-8")
    assert "src/auth/session.py:2-4, which has changed" in magray("show", "n1").out
    outside = magray("remember", "x", "--source", "/etc/hostname")
    assert outside.code == 2
    assert "outside" in outside.err


def test_a_batch_is_stored_line_by_line(magray: Magray, tmp_path: Path) -> None:
    lines = [
        {"text": "one", "tags": ["a", "b"], "key": "first", "created_at": "2024-05-06T07:08:09Z"},
        {"text": ""},
        [],
        {"text": "two", "layer": "nowhere"},
        {"text": "two", "tags": "single", "importance": 0.9},
        {"text": "one more", "key": "first"},
    ]
    file = tmp_path / "batch.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n{broken\n\n", "utf-8")
    done = magray("remember", "--batch", str(file))
    assert done.code == 3
    assert [line.get("outcome") for line in done.lines] == [
        "created",
        None,
        None,
        None,
        "created",
        "updated",
        None,
    ]
    assert [line["line"] for line in done.lines] == [1, 2, 3, 4, 5, 6, 7]
    assert "4 of 7 lines could not be stored" in done.err
    first = magray("--json", "show", "n1").json
    assert (first["text"], first["tags"], first["created"]) == (
        "one more",
        ["a", "b"],
        "2024-05-06T07:08:09+00:00",
    )
    assert magray("remember", "--batch", "-", text='{"text": "three"}').code == 0
    assert magray("remember", "--batch", "-", text='{"text": 3}').code == 1
    assert magray("remember", "--batch", "nowhere.jsonl").code == 1


def test_a_batch_answers_each_line_before_it_waits_for_more(magray: Magray) -> None:
    process = magray.start("remember", "--batch", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    for number in range(1, 4):
        process.stdin.write(json.dumps({"text": f"sentence {number}"}).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == f"n{number}"
        assert magray("show", f"n{number}").code == 0
    process.stdin.write(b'{"text": "the last one has no line end"}')
    process.stdin.close()
    assert json.loads(process.stdout.readline())["id"] == "n4"
    assert process.wait(60) == 0
    process.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("command", ["remember", "search"])
def test_a_batch_that_is_interrupted_says_so_and_keeps_what_it_answered(magray: Magray, command: str) -> None:
    magray("remember", "the first")
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = magray.start(command, "--batch", "-", **pipes)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.write(b'{"text": "sentence"}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stderr.read().splitlines() == [b"interrupted"]
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    assert len(magray("--json", "list").json["records"]) == 1 + (command == "remember")


def test_a_bad_line_of_a_batch_loses_no_other(magray: Magray) -> None:
    """Bad lines of each kind between good ones, in one group of one transaction."""
    bad = [
        b"\xff\xfe",
        b'{"text": "cut',
        b'{"text": ""}',
        b'{"text": "x", "supersedes": "n99"}',
        b'{"text": "x", "supersedes": "no id"}',
        b'{"text": "x", "source": "nowhere.py:1-2"}',
        b'{"text": "x", "importance": NaN}',
        b'{"text": "x", "importance": 1e999}',
        b'{"text": "x", "created_at": "9999-12-31T23:59:59Z"}',
        b'{"text": "x", "tags": [' + b",".join(b'"t%d"' % n for n in range(10_000)) + b"]}",
        b'{"text": "' + b"x" * 1_000_001 + b'"}',
        b'{"text": "' + b"x" * 11_000_000 + b'"}',
        b'{"text": "x", "title": "' + b"x" * 999 + b'"}',
        b"[" * 100_000,
        b"null",
    ]
    lines = [
        b"\n",
        *(part for n, line in enumerate(bad) for part in (b'{"text": "good %d"}\n' % n, line + b"\n")),
    ]
    done = magray("remember", "--batch", "-", text=b"".join(lines))
    assert done.code == 3, done.err
    assert [line["line"] for line in done.lines] == list(range(2, 2 * len(bad) + 2))
    assert ["error" in line for line in done.lines] == [False, True] * len(bad)
    assert [line["id"] for line in done.lines[::2]] == [f"n{n}" for n in range(1, len(bad) + 1)]
    assert len(magray("--json", "list").json["records"]) == len(bad)
    assert "bug" not in done.out + done.err


def test_a_batch_says_what_is_nearly_the_same(magray: Magray) -> None:
    text = "The nightly backup of the database is copied to cold storage at three in the morning."
    lines = [text, text.replace("three", "four"), "Something else altogether."]
    done = magray("remember", "--batch", "-", text="\n".join(json.dumps({"text": line}) for line in lines))
    near = [line.get("near", []) for line in done.lines]
    assert [[other["id"] for other in others] for others in near] == [[], ["n1"], []]


def test_edit_opens_the_editor(magray: Magray, tmp_path: Path) -> None:
    magray("remember", "one line")
    script = tmp_path / "editor.py"
    script.write_text("import sys\nfile = open(sys.argv[1], 'a')\nfile.write('and another\\n')\n", "utf-8")
    editor = {"VISUAL": f"{sys.executable} {script}"}
    assert magray("edit", "n1", env=editor).out == "n1  changed  one line\n"
    assert magray("--json", "show", "n1").json["text"] == "one line\nand another"
    unchanged = magray("edit", "n1", env={"VISUAL": "true"})
    assert (unchanged.code, unchanged.out) == (0, "")
    assert "n1 is unchanged" in unchanged.err
    broken = magray("edit", "n1", env={"VISUAL": "no-such-editor-at-all"})
    assert broken.code == 1
    assert "bug" not in broken.err


def test_an_edit_beside_another_is_refused(magray: Magray, tmp_path: Path) -> None:
    """Between opening the editor and closing it another program changed the record."""
    magray("remember", "one")
    script = tmp_path / "editor.py"
    other = [*magray.command, "edit", "n1", "--text", "from elsewhere"]
    script.write_text(
        f"import subprocess, sys\nsubprocess.run({other!r}, check=True)\n"
        "open(sys.argv[1], 'a').write('mine')\n",
        "utf-8",
    )
    refused = magray("edit", "n1", env={"VISUAL": f"{sys.executable} {script}"})
    assert refused.code == 1
    assert "changed by another program" in refused.err
    assert magray("--json", "show", "n1").json["text"] == "from elsewhere"
    kept = re.search(r"what you wrote is kept in (\S+)", refused.err)
    assert kept is not None
    assert Path(kept[1]).read_text("utf-8") == "one\nmine"
    Path(kept[1]).unlink()


@pytest.mark.parametrize(
    ("editor", "said", "kept"),
    [
        ("file.write(b'mine'); file.close(); sys.exit(3)", "failed", b"one\nmine"),
        ("file.write(b'\\xff'); file.close()", "no UTF-8", b"one\n\xff"),
        ("file.close(); pathlib.Path(sys.argv[1]).unlink()", "is gone", None),
        ("file.truncate(0)", "text is empty", None),
    ],
)
def test_an_edit_that_fails_loses_nothing(
    magray: Magray, tmp_path: Path, editor: str, said: str, kept: bytes | None
) -> None:
    magray("remember", "one")
    script = tmp_path / "editor.py"
    script.write_text(f"import pathlib, sys\nfile = open(sys.argv[1], 'ab')\n{editor}\n", "utf-8")
    failed = magray("edit", "n1", env={"VISUAL": f"{sys.executable} {script}", "TMPDIR": str(tmp_path)})
    assert failed.code in (1, 2)
    assert said in failed.err
    assert "bug" not in failed.err
    assert magray("--json", "show", "n1").json["text"] == "one"
    assert [path.read_bytes() for path in tmp_path.glob("magray-*.md")] == ([] if kept is None else [kept])


def test_an_editor_that_is_no_command_is_said(magray: Magray, tmp_path: Path) -> None:
    magray("remember", "one")
    failed = magray("edit", "n1", env={"VISUAL": "'unclosed", "TMPDIR": str(tmp_path)})
    assert failed.code == 1
    assert "bug" not in failed.err
    assert not list(tmp_path.glob("magray-*.md"))


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("show", "n7"), 1, "no record has the id n7"),
        (("show", "w1234abcd.7"), 2, "names no document"),
        (("show", "whatever"), 2, "is no id"),
        (("forget",), 2, "Missing argument"),
        (("tag", "n1", "+" + "x" * 99), 2, "is no tag"),
        (("list", "--layer", "hot"), 2, "layer"),
        (("list", "--since", "soon"), 2, "soon"),
        (("remember", "x", "--importance", "2"), 2, "out of range"),
        (("remember", "x", "--created_at", "now"), 2, ""),
        (("remember", "x", "--created-at", "now"), 2, "is no time"),
    ],
)
def test_what_makes_no_sense_is_refused(
    magray: Magray, arguments: tuple[str, ...], code: int, why: str
) -> None:
    magray("remember", "one")
    refused = magray(*arguments)
    assert refused.code == code
    assert why.lower() in refused.err.lower()
    assert refused.err.count("\n") == 1
    assert len(magray("--json", "list").json["records"]) == 1


def test_the_meaning_follows_by_itself(magray: Magray) -> None:
    """A process of its own embeds the record, and ends."""
    at_once = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "true"}
    magray("index")
    assert magray("remember", "Customers get their money back within a week.", env=at_once).code == 0
    for _ in range(300):
        hits = magray("--json", "search", "--mode", "semantic", "how long does a refund take").json["hits"]
        if any((hit["id"], hit["freshness"]) == ("n1", "fresh") for hit in hits):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the record never got a vector")
    lock = magray.home / "notebook.db.pid"
    for _ in range(100):
        if not lock.exists():
            return
        time.sleep(0.1)
    pytest.fail("the process did not end")


def test_index_embeds_what_is_pending(magray: Magray) -> None:
    magray("remember", "Customers get their money back within a week.")
    assert magray("index").code == 0
    assert magray("--json", "status").json["vaults"][-1]["pending"] == 0


def test_eight_processes_remember_together(magray: Magray) -> None:
    magray("remember", "the first")
    lines = ["\n".join(json.dumps({"text": f"writer {w} says {n}"}) for n in range(50)) for w in range(8)]
    running = [
        magray.start("remember", "--batch", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in lines
    ]
    for process, text in zip(running, lines, strict=True):
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.flush()
    answers = [process.communicate()[0] for process in running]
    acknowledged = [json.loads(line)["id"] for answer in answers for line in answer.splitlines()]
    assert [process.returncode for process in running] == [0] * 8
    assert len(set(acknowledged)) == 400
    assert len(magray("--json", "list", "-n", "1000").json["records"]) == 401
    assert magray("doctor").code == 0


def test_a_read_only_home_shows_and_says_why_it_cannot_store(unprivileged: Magray) -> None:
    assert unprivileged("remember", "one").code == 0
    folders = [unprivileged.home, *unprivileged.home.rglob("*")]
    for path in folders:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert "one" in unprivileged("show", "n1").out
        refused = unprivileged("remember", "two")
        assert refused.code == 1
        assert refused.err.startswith("error: ")
        assert refused.err.count("\n") == 1
    finally:
        for path in folders:
            path.chmod(0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("command", ["pin", "unpin", "forget", "promote", "trash restore", "trash empty"])
def test_a_command_for_several_records_does_nothing_when_one_is_not_there(
    magray: Magray, command: str
) -> None:
    for text in ("one port", "two ports"):
        magray("remember", text)
    if command == "unpin":
        magray("pin", "n1", "n2")
    if command.startswith("trash"):
        magray("forget", "n1", "n2")
    before = [magray("--json", "show", record).json for record in ("n1", "n2")]
    refused = magray(*command.split(), "n1", "n99", "n2")
    assert refused.code == 1
    assert "n99" in refused.err
    after = [magray("--json", "show", record).json for record in ("n1", "n2")]
    for record in (*before, *after):
        del record["access_count"], record["last_access"]
    assert after == before
