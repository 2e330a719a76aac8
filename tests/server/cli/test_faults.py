"""What breaks under a model: whatever it is, `status` names cause and remedy in a line, `search` answers and
says by what, `index` keeps all it can, and stdout holds results alone.

The faults are those of `tests/kit/faults.py`. MAGRAY_TEST_GPU_WHEEL names an onnxruntime-gpu wheel (255 MB,
`pip download --no-deps onnxruntime-gpu`) for the two that need it.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from faults import FAULTS, QUESTION, Environment, Fault, NotHere

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Environment]:
    return lambda **options: Environment.make(tmp_path, **options)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault(fault: Fault, tmp_path: Path) -> None:
    try:
        broken = fault.make(tmp_path)
    except NotHere as error:
        pytest.skip(str(error))
    before = broken.magray("status")
    assert (before.code, before.err) == (0, "")
    indexed(broken, fault)
    status_of(broken, fault)
    searched(broken, fault)


def indexed(broken: Environment, fault: Fault) -> None:
    report = broken.magray("--json", "index")
    # Passages that should have been embedded and were not: partly done, and said why.
    assert report.code == (0 if fault.device else 3), report.err
    assert fault.device or fault.told in report.err, report.err
    assert report.json["passages"] >= 2
    assert report.json["embedded"] == (report.json["passages"] if fault.device else 0)
    assert report.json["device"] == fault.device
    assert broken.magray("index", "--lexical").code == 0


def status_of(broken: Environment, fault: Fault) -> None:
    status = broken.magray("status")
    assert (status.code, status.err) == (0, "")
    (line,) = (line for line in status.out.splitlines() if line[10:].startswith(f"{fault.component} "))
    assert fault.told in line
    assert fault.remedy in line
    assert status.out.splitlines()[0].split()[2] in ("info", "warning"), status.out
    shown = broken.magray("--json", "status").json
    assert shown["device"]["requested"] == broken.env.get("MAGRAY_DEVICE", "auto")
    assert shown["device"]["actual"] == fault.device


def searched(broken: Environment, fault: Fault) -> None:
    answer = broken.magray("--json", "search", QUESTION)
    assert answer.code == 0, answer.err
    assert answer.json["hits"][0]["path"] == "pay/retry.py"
    assert answer.json["device"] == fault.device
    if fault.device is None:
        assert answer.json["mode"] == "lexical"
        assert fault.told in answer.json["degraded"]
        assert fault.told in answer.err
    else:
        assert (answer.json["mode"], answer.json["degraded"]) == ("hybrid", None)


def test_who_asks_for_cuda_hears_at_once_that_it_is_not_to_be_had(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.env["MAGRAY_DEVICE"] = "cuda"
    before = fault.magray("status")
    assert before.code == 0
    assert "onnxruntime is the build without CUDA" in before.out
    assert fault.magray("index").code == 0
    assert "cuda was asked for, the cpu is used" in fault.magray("search", QUESTION).err


def test_an_examination_tries_the_devices_again(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import os\nos.abort()\n")
    fault.magray("index")
    deep = fault.magray("--json", "status", "--deep")
    assert deep.code == 0
    model = next(part for part in deep.json["components"] if part["name"] == "model")
    assert "SIGABRT" in model["summary"]
    assert "SIGABRT" in model["detail"]["findings"][0]["message"]
    assert "SIGABRT" in fault.magray("doctor").out


def test_a_native_import_that_prints_to_stdout(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import os\nos.write(1, b'EP Error natively\\n')\nprint('EP Error')\n", real=True)
    report = fault.magray("--json", "index")
    assert report.json["device"] == "cpu", report.err
    answer = fault.magray("--json", "search", QUESTION)
    assert answer.json["hits"][0]["path"] == "pay/retry.py"
    assert "EP Error natively" in answer.err
    status = fault.magray("status")
    assert (status.code, status.err, "EP Error" in status.out) == (0, "", False)
    events = fault.magray("index", "--events", "--force")
    assert all(json.loads(line)["event"] for line in events.out.splitlines())


def test_a_repaired_installation_is_believed_at_once(make: Callable[..., Environment]) -> None:
    fault = make()
    real = (fault.packages / "onnxruntime").resolve()
    fault.replace_runtime("import os\nos.abort()\n")
    assert fault.magray("--json", "index").json["device"] is None
    shutil.rmtree(fault.packages / "onnxruntime")
    (fault.packages / "onnxruntime").symlink_to(real)
    assert fault.magray("--json", "index").json["device"] == "cpu"
    status = fault.magray("--json", "status").json
    assert status["severity"] in ("ok", "info")
    assert status["device"]["actual"] == "cpu"


def test_a_model_that_goes_and_comes_while_it_is_in_use(make: Callable[..., Environment]) -> None:
    """What is open goes on embedding; without model.toml words are followed; then what waited is embedded."""
    fault = make()
    model = fault.own_model()
    watcher = fault.start("index", "--watch", "--events")
    assert watcher.stdout is not None

    def until(wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert watcher.stdout is not None
        return next(event for event in map(json.loads, watcher.stdout) if wanted(event))

    def write(name: str, text: str) -> dict[str, Any]:
        (fault.project / name).write_text(f"# Apples\n\n{text}\n", "utf-8")
        return until(lambda event: event["event"] == "done")

    try:
        assert until(lambda event: event["event"] == "done")["device"] == "cpu"
        (model / "model.int8.onnx").rename(model / "away")
        assert write("one.md", "They keep for a winter.")["embedded"] == 1
        (model / "model.toml").rename(model / "away.toml")
        report = write("two.md", "They are pressed in autumn.")
        assert (report["embedded"], report["seconds"]["semantic"]) == (0, None)
        found = fault.magray("--json", "search", "pressed in autumn").json
        # The vectors are of the model in the package, wherever its copy went.
        assert (found["mode"], found["pending"]) == ("hybrid", 1)
        assert "two.md" in [hit["path"] for hit in found["hits"]]
        (model / "away").rename(model / "model.int8.onnx")
        (model / "away.toml").rename(model / "model.toml")
        assert until(lambda event: event["event"] == "done")["embedded"] == 1
        found = fault.magray("--json", "search", "pressed in autumn").json
        assert (found["mode"], found["pending"], found["degraded"]) == ("hybrid", 0, None)
    finally:
        watcher.terminate()
        watcher.communicate(timeout=30)
