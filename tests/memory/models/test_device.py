"""Which device runs the model, by what a child process found out, and what becomes of that knowledge."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from magray_memory.config import EmbeddingSettings
from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models import device, reference, store
from magray_memory.models.device import VERDICTS, Placement, find_out, verdict
from magray_memory.models.model import load_model
from magray_memory.models.onnx import runtime, smoke_test
from magray_memory.models.onnx.runner import first_line
from magray_memory.models.onnx.shortage import shortage
from magray_memory.models.onnx.smoke_test_facts import Facts
from magray_memory.models.onnx.verdict import CPU_ONLY, CUDA_LIBRARIES, DRIVER, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.models.fallback import DeviceChange
    from magray_memory.models.model import Model


def test_the_processor_is_tried_once_and_remembered(bundled: Model, tmp_path: Path) -> None:
    assert verdict(tmp_path, bundled, "cpu") is None
    found = find_out(tmp_path, bundled, "cpu", 60)
    assert found.ok, found
    assert found.providers == ("CPUExecutionProvider",)
    assert verdict(tmp_path, bundled, "cpu") == found
    assert find_out(tmp_path, bundled, "cpu", 60).at == found.at
    assert find_out(tmp_path, bundled, "cpu", 60, again=True).at > found.at


def test_what_was_found_out_about_another_model_is_not_believed(
    bundled: Model, tmp_path: Path, model_folder: Path
) -> None:
    find_out(tmp_path, bundled, "cpu", 60)
    toml = model_folder / "model.toml"
    toml.write_text(toml.read_text("utf-8").replace('id = "', 'id = "other-'), "utf-8")
    assert verdict(tmp_path, load_model(model_folder), "cpu") is None


def _damage(path: Path) -> None:
    """One bit in the midst of a file, which keeps its size and its time."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _swap(path: Path) -> None:
    """Another file of the same size and time in its place."""
    other = path.with_name("other")
    shutil.copy2(path, other)
    _damage(other)
    other.replace(path)


@pytest.mark.parametrize("harm", [_damage, _swap])
@pytest.mark.parametrize("key", ["cpu", "tokenizer"])
def test_a_model_that_was_harmed_since_it_was_verified_is_not_believed(
    bundled: Model, tmp_path: Path, harm: Callable[[Path], None], key: str
) -> None:
    model = load_model(shutil.copytree(bundled.folder, tmp_path / "own"))
    assert find_out(tmp_path, model, "cpu", 60).ok
    assert verdict(tmp_path, model, "cpu") is not None  # its files are not read again
    harm(model.folder / model.files[key].name)
    assert verdict(tmp_path, model, "cpu") is None
    found = find_out(tmp_path, model, "cpu", 60)
    assert not found.ok and "the checksum of" in found.reason


def test_a_model_that_is_replaced_while_it_is_tried_is_not_known_by_that(
    bundled: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(shutil.copytree(bundled.folder, tmp_path / "own"))

    def probe(*arguments: Any) -> Verdict:
        _damage(model.folder / model.files["cpu"].name)
        return Verdict("cpu", True)

    monkeypatch.setattr(smoke_test, "probe", probe)
    assert find_out(tmp_path, model, "cpu", 60).ok
    assert verdict(tmp_path, model, "cpu") is None


def test_a_failure_of_a_bad_moment_is_forgotten(bundled: Model, tmp_path: Path) -> None:
    hung = Verdict("cpu", False, "it hangs", at=time.time(), passing=True)
    device._remember(tmp_path, device.fingerprint(bundled, "cpu"), hung)
    assert verdict(tmp_path, bundled, "cpu") == hung
    for at in (time.time() - 4000, time.time() + 4000):
        device._remember(tmp_path, device.fingerprint(bundled, "cpu"), hung._replace(at=at))
        assert verdict(tmp_path, bundled, "cpu") is None


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '[{"fingerprint":"a"}]', '[{"fingerprint":"a","verdict":{"device":1,"ok":1}}]', "\0"],
)
def test_a_broken_memory_is_none(bundled: Model, tmp_path: Path, text: str) -> None:
    (tmp_path / VERDICTS).write_text(text)
    assert verdict(tmp_path, bundled, "cpu") is None


def test_it_is_remembered_for_a_few_installations_only(bundled: Model, tmp_path: Path) -> None:
    for number in range(20):
        device._remember(tmp_path, f"installation {number}", Verdict("cpu", True))
    entries = json.loads((tmp_path / VERDICTS).read_text())
    assert [entry["fingerprint"] for entry in entries] == [f"installation {19 - n}" for n in range(8)]
    assert [path.name for path in tmp_path.iterdir()] == [VERDICTS]


def test_in_a_home_that_is_not_there_nothing_is_written(bundled: Model, tmp_path: Path) -> None:
    assert find_out(tmp_path / "none", bundled, "cpu", 60).ok
    assert not (tmp_path / "none").exists()


def test_a_model_that_makes_other_vectors_than_recorded_is_refused(
    bundled: Model, model_folder: Path, tmp_path: Path
) -> None:
    toml = model_folder / "model.toml"
    turned = reference.encode(np.roll(np.asarray(reference.expected(bundled)), 1))
    toml.write_text(toml.read_text("utf-8").replace(bundled.reference, turned), "utf-8")
    found = find_out(tmp_path, load_model(model_folder), "cpu", 60)
    assert not found.ok
    assert found.reason.startswith("it makes other vectors than the model's")
    with pytest.raises(ModelError, match="it makes other vectors than the model's"):
        store.verify(load_model(model_folder))
    assert (store.verify(bundled) or 0) >= reference.CLOSE


def test_a_child_that_takes_too_long_is_ended(bundled: Model, tmp_path: Path) -> None:
    before = psutil.Process().children(recursive=True)
    found = find_out(tmp_path, bundled, "cpu", 0.01)
    assert not found.ok
    assert found.passing
    assert "hangs (stopped after 0.01 s)" in found.reason
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def test_python_that_cannot_be_started_is_an_answer(
    bundled: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    found = smoke_test.probe(bundled, "cpu")
    assert (found.ok, found.passing) == (False, True)
    assert "no process can be started" in found.reason


COMPLAINTS = {
    "linux": (
        (
            "[E:onnxruntime] Failed to load library /x/libonnxruntime_providers_cuda.so with error: "
            "libcublasLt.so.13: cannot open shared object file: No such file or directory"
        ),
        ("libcublasLt.so.13", "libcublasLt.so.13: cannot open shared object file", CUDA_LIBRARIES),
    ),
    "no driver": (
        (
            "Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcuda.so.1: "
            "cannot open shared object file: No such file or directory"
        ),
        ("libcuda.so.1", "libcuda.so.1: cannot open shared object file", DRIVER),
    ),
    "windows": (
        (
            r'Error loading "C:\x\onnxruntime_providers_cuda.dll" which depends on "cublasLt64_12.dll" '
            "which is missing. (Error 126)"
        ),
        ("cublasLt64_12.dll", "cublasLt64_12.dll is missing", CUDA_LIBRARIES),
    ),
}


@pytest.mark.parametrize("system", COMPLAINTS)
def test_the_library_that_is_missing_is_named(system: str) -> None:
    line, (library, reason, hint) = COMPLAINTS[system]
    facts = Facts(stage="session", reason="CUDA could not be loaded", driver="580.1")
    found = smoke_test._judge("cuda", facts, ["noise", line, "more noise"], 0, 15)
    assert (found.library, found.reason, found.hint) == (library, reason, hint)
    bare = Facts(stage="session", reason="CUDA could not be loaded")
    assert smoke_test._judge("cuda", bare, [line], 0, 15).hint == DRIVER


def test_an_error_of_cuda_itself_is_reported_verbatim() -> None:
    why = "CUDA failure 35: CUDA driver version is insufficient"
    facts = Facts(stage="run", reason=why, driver="450.1")
    found = smoke_test._judge("cuda", facts, [], 0, 15)
    assert (found.reason, found.driver) == (why, "450.1")
    assert found.hint == CPU_ONLY


LONG = (
    "[ONNXRuntimeError] : 1 : FAIL : Exception during initialization: /onnxruntime_src/cuda_call.cc:154 "
    "std::conditional_t<THRW, void, Status> onnxruntime::CudaCall(ERRTYPE) [with ERRTYPE = cublasStatus_t] "
    "{} ; GPU=0 ; hostname=vm ; file=/onnxruntime_src/cuda_execution_provider.cc ; line=245 ; expr=f(&x); "
)


def test_what_a_library_of_the_gpu_said_is_found_on_stderr() -> None:
    said = "CUDA failure 100: no CUDA-capable device is detected"
    facts = Facts(stage="session", reason="CUDA could not be loaded", hint="magray status --deep")
    found = smoke_test._judge("cuda", facts, ["noise", LONG.format(said), "more noise"], 0, 15)
    assert (found.reason, found.passing) == (said, False)
    assert first_line(RuntimeError(LONG.format(said))) == said


@pytest.mark.parametrize(
    "said",
    [
        "CUBLAS failure 3: the resource allocation failed",
        "CUDA failure 2: out of memory",
        "BFCArena::AllocateRawInternal() Failed to allocate memory for requested buffer of size 18754560",
    ],
)
def test_a_full_gpu_is_a_failure_that_passes(said: str) -> None:
    error = runtime._no_gpu(RuntimeError(LONG.format(said)))
    assert error.why == "the GPU has not enough memory for the model"
    facts = Facts(stage="session", reason=error.why, hint=error.hint, short=shortage(error))
    found = smoke_test._judge("cuda", facts, [LONG.format(said)], 0, 15)
    assert found.reason == "opening the model: the GPU has not enough memory"
    assert (found.passing, found.short) == (True, True)


@pytest.mark.parametrize(
    ("code", "named"), [(-6, "SIGABRT"), (-11, "SIGSEGV"), (3221225477, "0xC0000005"), (1, "code 1")]
)
def test_a_death_is_named(code: int, named: str) -> None:
    found = smoke_test._judge("cuda", {"stage": "session"}, [], code, 15)
    assert found.reason.startswith("opening the model ends the process (")
    assert named in found.reason


def placement(home: Path, model: Model, wanted: str) -> Placement:
    return Placement(home, model, EmbeddingSettings(device=wanted))


@pytest.mark.parametrize(("wanted", "reason"), [("cpu", None), ("auto", None), ("cuda", "without CUDA")])
def test_the_processor_serves_at_once_and_says_why(
    bundled: Model, tmp_path: Path, wanted: str, reason: str | None
) -> None:
    if device.has_cuda_provider():
        pytest.skip("this build has CUDA")
    place = placement(tmp_path, bundled, wanted)
    embedder = place.open()
    place.seek_gpu()
    place.end()
    at = place.placed()
    assert (embedder.device, at.requested, at.actual) == ("cpu", wanted, "cpu")
    assert (reason in (at.reason or "")) if reason else at.reason is None


def test_a_gpu_that_cannot_be_had_is_told_once(
    bundled: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build of this machine is made to look as if it had CUDA; the child finds out that it has not."""
    monkeypatch.setattr(device, "gpu_impossible", lambda: None)
    monkeypatch.setattr(device, "has_cuda_provider", lambda: True)
    told: list[str] = []
    heard = threading.Event()

    def hear(change: DeviceChange) -> None:
        told.append(change.reason)
        heard.set()

    place = Placement(tmp_path, bundled, EmbeddingSettings(device="auto"), hear)
    embedder = place.open()
    place.seek_gpu()
    place.seek_gpu()
    assert heard.wait(60)
    assert told == ["the installed onnxruntime is built without CUDA"]
    assert place.placed().reason == told[0]
    assert embedder.device == "cpu"
    known = verdict(tmp_path, bundled, "cuda")
    assert known is not None
    assert not known.ok


def test_what_is_known_to_end_the_process_is_never_loaded(bundled: Model, tmp_path: Path) -> None:
    reason = "loading onnxruntime ends the process (SIGABRT)"
    crash = Verdict("cpu", False, reason, "reinstall it", at=time.time())
    device._remember(tmp_path, device.fingerprint(bundled, "cpu"), crash)
    with pytest.raises(EmbeddingUnavailable, match="SIGABRT"):
        placement(tmp_path, bundled, "auto").open()
