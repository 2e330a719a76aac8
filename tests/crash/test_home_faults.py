"""A full disk, another version, a strange home, one that vanishes, two indexers: it works or says why."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.search.query import parse
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    import random
    from collections.abc import Generator
    from pathlib import Path

    from .conftest import Box, Result

QUIET = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "false", "MAGRAY_LAYERS__AUTOMATIC": "false"}
"""No process of its own changes the home after a command."""
posix = pytest.mark.skipif(os.name == "nt", reason="needs limits of POSIX")


def _plain(result: Result) -> None:
    """It worked, or said in one line why not."""
    assert result.code in (0, 1, 3), result
    assert "Traceback" not in result.err and "bug in magray" not in result.err, result
    if result.code == 1 and not result.out:
        assert result.err.startswith(("error: ", "warning: ")), result


@posix
def test_a_file_size_limit_at_every_stage(box: Box, rng: random.Random) -> None:
    import resource

    box.populate(60, rng)
    codes: list[int] = []
    for limit in (1, 100_000, 250_000, 350_000):

        def limited(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        result = box("index", preexec_fn=limited)
        _plain(result)
        codes.append(result.code)
        if box.vault_path.exists():
            _plain(box("search", "alpha", "--mode", "lexical", preexec_fn=limited))
    print(f"exit codes {codes}")
    assert 1 in codes
    assert box("index", "--lexical").code == 0
    box.assert_sound()


@contextmanager
def _small_disk(place: Path, size: str) -> Generator[None]:
    place.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False)
    if done.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root mounts a file system")
def test_a_full_disk(box: Box, rng: random.Random) -> None:
    box.populate(400, rng)
    with _small_disk(box.home.path, "500k"):
        for command in (("index", "--lexical"), ("optimize",), ("doctor", "--fix")):
            result = box(*command)
            _plain(result)
        full = box("index", "--lexical")
        assert (full.code, "disk is full" in full.err) == (1, True), full
        _plain(box("search", "alpha", "--mode", "lexical"))
        subprocess.run(["mount", "-o", "remount,size=50m", str(box.home.path)], check=True)
        assert box("index", "--lexical").code == 0
        box.assert_sound()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root mounts a file system")
def test_with_not_a_byte_free_records_are_read_and_exported(box: Box, tmp_path: Path) -> None:
    home = box.home.path
    box = dataclasses.replace(box, env=QUIET)  # a log that ends meanwhile would free some bytes
    with _small_disk(home, "8m"):
        for number in range(3):
            assert box("remember", f"text {number} about zebra{number}").code == 0
        filler = home / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4_096))
        exported = str(tmp_path / "out.json")
        for command in (
            ("list",),
            ("show", "n2", "--history"),
            ("stats",),
            ("search", "zebra1", "--mode", "lexical"),
            ("recall", "zebra1", "--mode", "lexical"),
            ("export", exported),
            ("trash", "list"),
            ("clean", "--dry-run"),
        ):
            result = box(*command)
            assert result.code == 0, (command, result)
        assert "zebra1" in (tmp_path / "out.json").read_text("utf-8")
        refused = box("remember", "one more")
        assert (refused.code, "disk is full" in refused.err) == (1, True), refused
        with Memory.open(home=home, outside=True) as memory:
            assert len(memory.records.list(RecordFilter()).records) == 3
            filler.unlink()
            assert box("remember", "one more").code == 0
            assert len(memory.records.list(RecordFilter()).records) == 4


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root mounts a file system")
def test_a_full_temporary_folder_stops_nothing(box: Box, rng: random.Random) -> None:
    box.populate(5, rng)
    temporary = box.base / "temporary"
    with _small_disk(temporary, "16k"):
        with (temporary / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4_096))
        poor = dataclasses.replace(box, env={"TMPDIR": str(temporary)})
        for command in (
            ("remember", "the first text of a new notebook"),
            ("index", "--lexical"),
            ("backup",),
            ("forget", "n1"),
            ("restore", "latest", "--yes"),
            ("backup", "drill"),
            ("optimize",),
        ):
            done = poor(*command)
            assert done.code == 0, (command, done)
        assert poor("list", "--json").json["records"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root mounts a file system")
def test_a_home_that_is_mounted_read_only_answers_and_says_so(box: Box, rng: random.Random) -> None:
    box.populate(5, rng)
    assert box("index", "--lexical").code == box("remember", "zebra").code == 0
    home = str(box.home.path)
    subprocess.run(["mount", "--bind", home, home], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        for command in (("search", "alpha", "--mode", "lexical"), ("list",), ("show", "n1"), ("status",)):
            assert box(*command).code == 0, command
        for command in (("remember", "one more"), ("index",), ("forget", "n1"), ("backup",)):
            refused = box(*command)
            assert refused.code == 1 and "read-only" in refused.err.lower(), (command, refused)
    finally:
        subprocess.run(["umount", "-l", home], check=True)
    assert box("remember", "one more").code == 0


@posix
@pytest.mark.parametrize("limit", [0, 16_384])
def test_a_limit_of_file_sizes_stops_no_reader_and_is_named(box: Box, rng: random.Random, limit: int) -> None:
    import resource

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    box.populate(5, rng)
    box = dataclasses.replace(box, env=QUIET)
    assert box("index", "--lexical").code == box("remember", "zebra").code == 0
    for command in (
        ("search", "alpha", "--mode", "lexical"),
        ("recall", "zebra", "--mode", "lexical"),
        ("list",),
    ):
        read = box(*command, preexec_fn=limited)
        assert read.code == 0 and "left out" not in read.err and read.out, (command, read)
    for command in (("remember", "one more"), ("forget", "n1"), ("index", "--lexical", "--force")):
        refused = box(*command, preexec_fn=limited)
        assert refused.code == 1 and "ulimit -f" in refused.err, (command, refused)
    assert box("doctor").code == 0


@posix
def test_a_home_that_nobody_may_write(box: Box, rng: random.Random) -> None:
    box.populate(20, rng)
    box.index()
    person = box.unprivileged()
    box.home.workspaces.chmod(0o500)
    for command in (
        ("index", "--lexical", "--force"),
        ("search", "alpha", "--mode", "lexical"),
        ("optimize",),
    ):
        _plain(person(*command))
    assert person("search", "alpha", "--mode", "lexical").out
    fixed = person("doctor", "--fix")
    assert fixed.code == 0 and "repaired" in fixed.out
    assert person("index", "--lexical").code == 0


def test_a_home_with_cyrillic_and_spaces(make_box: type[Box], tmp_path: Path, rng: random.Random) -> None:
    box = make_box(tmp_path / "моя папка #1?%20")
    box.populate(20, rng)
    for command in (("index",), ("optimize",), ("doctor", "--fix")):
        result = box(*command)
        assert result.code == 0, result
    found = box("search", "alpha", "--json").json
    assert found["hits"] and not found["degraded"]
    assert str(box.root) in box("vault", "list").out


def test_a_vault_of_a_later_version_is_left_alone(box: Box, rng: random.Random) -> None:
    box.populate(20, rng)
    box.index()
    box.remember({"k": "a record"})
    for path in (box.vault_path, box.home.notebook):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA user_version = 99")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = [path.read_bytes() for path in (box.vault_path, box.home.notebook)]
    refused = box("index", "--lexical")
    assert refused.code == 1 and "later version" in refused.err and "upgrade" in refused.err
    answer = box("search", "alpha", "--mode", "lexical", "--json")
    assert answer.code == 3 and "later version" in answer.json["degraded"]
    assert len(answer.json["unreadable"]) == 2 and not answer.json["hits"]
    assert box("doctor").code == 1
    assert box("doctor", "--fix").code == 1
    _plain(box("optimize"))
    assert [path.read_bytes() for path in (box.vault_path, box.home.notebook)] == before


@posix
def test_the_home_is_removed_while_running(box: Box, rng: random.Random) -> None:
    box.populate(200, rng)
    for seconds in (0.0, 0.1, 0.3):
        process = box.start("index", "--lexical", "--events")
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        shutil.rmtree(box.home.path, ignore_errors=True)
        out, err = process.communicate(timeout=60)
        assert process.returncode in (0, 1), (out, err)
        assert b"Traceback" not in err and b"bug in magray" not in err
    shutil.rmtree(box.home.path, ignore_errors=True)
    assert box("index", "--lexical").code == 0
    box.assert_sound()


@posix
def test_a_search_outlives_its_home(box: Box, rng: random.Random) -> None:
    box.populate(20, rng)
    box.index()
    with Memory.open(box.root, home=box.home.path) as memory:
        query = parse("alpha", mode="lexical")
        assert memory.search.query(query).hits
        shutil.rmtree(box.home.path)
        gone = memory.search.query(query)
        assert gone.hits == [] and gone.degraded and "gone" in gone.degraded
        box.index()
        assert memory.search.query(query).hits


@posix
def test_of_two_indexers_one_works_and_the_other_says_who(box: Box, rng: random.Random) -> None:
    box.populate(400, rng)
    first = box.start("index", "--lexical", "--events")
    assert first.stdout is not None
    first.stdout.readline()
    first.send_signal(signal.SIGSTOP)
    second = box("index", "--lexical")
    found = box("search", "alpha", "--mode", "lexical")
    first.send_signal(signal.SIGCONT)
    _, err = first.communicate(timeout=60)
    assert found.code == 0, found
    assert first.returncode == 0, err
    assert second.code == 1 and f"process {first.pid}" in second.err, second
    box.assert_sound()
