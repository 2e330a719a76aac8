"""A moment without memory, files or processes costs that moment; a model that cannot be read costs itself."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.indexing import parse_worker
from magray_memory.indexing.parse import Job, Task
from magray_memory.indexing.scan import _still
from magray_memory.indexing.walk import FoundFile
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.device import find_out, verdict
from magray_memory.models.model import ModelFile, load_model, write_model
from magray_memory.models.onnx import smoke_test
from magray_memory.models.onnx.shortage import shortage, shortage_in
from magray_memory.models.onnx.verdict import Verdict
from magray_memory.storage.skipped_files import SkippedFile
from magray_memory.text.chunk import chunk

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from .conftest import Box

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and permissions of Linux")

_ADVICE = ("force-reinstall", "model verify")


@pytest.fixture(autouse=True)
def box_finds_out(box: Box) -> None:
    """Every home has its own smoke test."""
    box.knows = False


def _limited(box: Box, limit: str) -> Box:
    return dataclasses.replace(box, prefix=("sh", "-c", f'ulimit {limit}; exec "$@"', "sh"))


@pytest.mark.parametrize("limit", ["-v 250000", "-v 400000", "-v 520000", "-n 12"])
def test_what_a_command_could_not_do_under_a_limit_the_next_one_does(
    box: Box, rng: random.Random, limit: str
) -> None:
    box.populate(3, rng)
    assert box("index", "--lexical").code == 0
    poor = _limited(box, limit)
    for command in (("search", "alpha"), ("status",), ("index",)):
        ran = poor(*command)
        assert ran.code in (0, 1, 3), (command, ran)  # never ended by a signal
        assert "Traceback" not in ran.err and "bug in magray" not in ran.err, ran
        assert not any(word in ran.err for word in _ADVICE), ran
    done = box("index")
    assert done.code == 0, done
    answer = box("search", "alpha", "--json").json
    assert answer["degraded"] is None and answer["pending"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "libonnxruntime.so.1: failed to map segment from shared object",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "pthread_create failed: Resource temporarily unavailable",
        "OSError: [Errno 24] Too many open files: 'model.onnx'",
        "Failed to allocate memory for requested buffer of size 1024",
        "error: no space left on device",
    ],
)
def test_what_libraries_say_of_a_shortage(text: str) -> None:
    assert shortage_in(text)
    outer = ImportError("numpy cannot be imported")
    outer.__cause__ = OSError(text)
    assert shortage(outer)


def test_what_is_no_shortage() -> None:
    assert not shortage(
        ImportError("libcudnn.so.9: cannot open shared object file: No such file or directory")
    )
    assert not shortage(ValueError("Protobuf parsing failed"))


def test_a_shortage_is_never_stored_and_any_failure_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = load_model(BUNDLED / DEFAULT_ID)
    short = smoke_test._judge("cpu", {"stage": "onnxruntime", "reason": "x", "short": "memory"}, [], 1, 5)
    assert short.passing and short.short and "reinstall" not in short.hint
    from magray_memory.models import device

    monkeypatch.setattr(smoke_test, "probe", lambda *_: short)
    assert find_out(tmp_path, bundled, "cpu", 5) == short
    assert not (tmp_path / device.VERDICTS).exists()
    broken = Verdict("cpu", False, "it cannot run", at=1.0)
    device._remember(tmp_path, device.fingerprint(bundled, "cpu"), broken)
    assert verdict(tmp_path, bundled, "cpu") is None


def test_a_parser_without_memory_or_time_gets_the_file_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object) -> object:
        raise MemoryError

    monkeypatch.setattr(parse_worker, "parse_file", starved)
    outcome = parse_worker.parse_safely(Task("a.py", (1, 1, 0, 0), False), Job("/", 10, 1.0, {}), chunk)
    assert outcome.skip is not None and outcome.skip.reason == "unreadable"
    for reason in ("parse_timeout", "parser_crash"):
        stamp = (1, 1, 0, 0)
        before = SkippedFile("a.py", None, reason, "", stamp, at=1.0)
        assert not _still(before, FoundFile("a.py", stamp, False))


def test_a_model_that_may_not_be_read_stops_no_command(box: Box, rng: random.Random) -> None:
    box.populate(3, rng)
    person = box.unprivileged()
    for folder in (box.home.models / DEFAULT_ID, box.home.models / "another"):
        folder.mkdir(parents=True)
        shutil.copy(BUNDLED / DEFAULT_ID / "model.toml", folder)
        folder.chmod(0)
    for command in (("index",), ("search", "alpha", "--json"), ("status",), ("model", "list"), ("doctor",)):
        ran = person(*command)
        assert ran.code == 0, (command, ran)
        assert "system refused" not in ran.err
    answer = person("search", "alpha", "--json").json
    assert answer["mode"] == "hybrid" and answer["degraded"] is None
    assert "its copy in the home is not used" in person("status").out
    refused = person("model", "use", "another")
    assert refused.code == 1 and "cannot be read" in refused.err
    lost = dataclasses.replace(person, env={"MAGRAY_MODEL": "another"})
    assert lost("search", "alpha").code == 0 and "cannot be read" in lost("status").out


def test_a_damaged_file_for_the_gpu_stops_nothing_on_the_processor(box: Box, rng: random.Random) -> None:
    box.populate(3, rng)
    bundled, folder = load_model(BUNDLED / DEFAULT_ID), box.home.models / DEFAULT_ID
    shutil.copytree(bundled.folder, folder)
    (folder / "fp16.onnx").write_bytes(os.urandom(1000))
    files = {**bundled.files, "cuda": ModelFile("fp16.onnx", "0" * 64, 1000)}
    write_model(bundled._replace(folder=folder, place=folder, files=files))
    done = box("index", "--json")
    assert done.code == 0 and done.json["device"] == "cpu" and done.json["embedded"], done
    checked = box("doctor", "--json")
    assert checked.code == 0
    assert "fp16.onnx" in str(checked.json["findings"])


_NO_TEMPORARY_FOLDER = """
import errno, tempfile
def refuse():
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
tempfile._get_default_tempdir = refuse
"""


def test_without_a_temporary_folder_the_home_takes_the_file(box: Box, rng: random.Random) -> None:
    box.populate(3, rng)
    (box.base / "site").mkdir()
    (box.base / "site" / "sitecustomize.py").write_text(_NO_TEMPORARY_FOLDER)
    bare = dataclasses.replace(box, env={"PYTHONPATH": str(box.base / "site")})
    for command in (("index",), ("search", "alpha", "--json"), ("status",), ("doctor",), ("optimize",)):
        ran = bare(*command)
        assert ran.code == 0 and "Traceback" not in ran.err, (command, ran)
    answer = bare("search", "alpha", "--json").json
    assert answer["hits"] and answer["degraded"] is None and answer["pending"] == 0
    assert not [path for path in box.home.path.iterdir() if smoke_test.DRAFT_PREFIX in path.name]


def test_with_no_place_for_a_temporary_file_it_goes_on_by_words(
    box: Box, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = load_model(BUNDLED / DEFAULT_ID)
    monkeypatch.setattr(smoke_test.tempfile, "tempdir", str(box.base / "none"))
    found = smoke_test.probe(bundled, "cpu", 5, box.base / "none either")
    assert (found.ok, found.short) == (False, True)
    assert "temporary file" in found.reason and "TMPDIR" in found.hint
    box.populate(3, rng)
    (box.base / "site").mkdir()
    refused = _NO_TEMPORARY_FOLDER + "\ntempfile.TemporaryFile = lambda *_, **__: refuse()\n"
    (box.base / "site" / "sitecustomize.py").write_text(refused)
    bare = dataclasses.replace(box, env={"PYTHONPATH": str(box.base / "site")})
    assert bare("index").code in (0, 3)
    ran = bare("search", "alpha", "--json")
    assert ran.code in (0, 3) and ran.json["hits"] and "temporary" in ran.json["degraded"], ran
    assert box("index").code == 0
    assert box("search", "alpha", "--json").json["degraded"] is None
