"""Smoke test: runs the model once in a child process, so that a broken native library ends only that.

A broken build or driver can abort the process that loads it, or hang it. The child has a time limit, writes
what it reaches to a file (its stdout belongs to whatever the libraries print), and embeds a known text; the
parent turns all of that, a death in the middle included, into one `Verdict`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING

from magray_memory.models.onnx import shortage
from magray_memory.models.onnx.gpu_errors import library_failure
from magray_memory.models.onnx.smoke_test_facts import Facts
from magray_memory.models.onnx.verdict import CPU_ONLY, CUDA_LIBRARIES, DRIVER, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from magray_memory.models.model import Model

SECONDS = 15.0
_KEPT_COMPLAINTS = 200
_LONGEST_LINE = 4_000
_KILLED_BY_OTHERS = {-9, -15}
_LIBRARY = re.compile(r"depends on \"([^\"]+)\"|(lib[\w+.-]+?\.so(?:\.\d+)*|[\w+.-]+\.(?:dll|dylib))")
_COLOURS = re.compile(r"\x1b?\[[\d;]*m")
_OURS = re.compile(r"onnxruntime_providers_\w+\.(?:so|dll)")
_PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_STAGES = {
    "files": "reading the model",
    "numpy": "loading numpy",
    "onnxruntime": "loading onnxruntime",
    "tokenizers": "loading tokenizers",
    "session": "opening the model",
    "run": "running the model",
}

DRAFT_PREFIX = "magray-probe-"
"""How the names of temporary files and folders of a smoke test begin, where they have one."""

_TRY_FOLDER = "set TMPDIR to a folder that can be written"


class _NoResultFileError(Exception):
    """No folder takes a temporary file."""


def probe(model: Model, device: str, seconds: float = SECONDS, home: Path | None = None) -> Verdict:
    """Try the model on `device` (`cpu` or `cuda`) in a child, for at most so many seconds.

    `home` takes the temporary file where the system has no temporary folder that can be written.
    """
    began = time.monotonic()
    try:
        with _result_file(None, *([home] if home else [])) as result:
            verdict = _probe(model, device, seconds, result)
    except _NoResultFileError as error:
        why = f"no temporary file can be written to test it: {error}"
        verdict = Verdict(device, False, why, _TRY_FOLDER, passing=True, short=True)
    return verdict._replace(seconds=round(time.monotonic() - began, 3), at=time.time())


def _probe(model: Model, device: str, seconds: float, result: IO[bytes]) -> Verdict:
    request = {
        "model": str(model.place),
        "device": device,
        "result": result.name if os.name == "nt" else result.fileno(),
        "seconds": seconds,
    }
    command = [
        sys.executable,
        "-P",
        "-m",
        "magray_memory.models.onnx.smoke_test_child",
        json.dumps(request),
    ]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # never written to: it ends when this process does
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONFAULTHANDLER": "", "PYTHONWARNINGS": "ignore"},
            start_new_session=os.name != "nt",
            pass_fds=() if os.name == "nt" else (result.fileno(),),
        )
    except OSError as error:
        why = f"no process can be started to test it: {error.strerror or error}"
        return Verdict(device, False, why, shortage.HINT, passing=True, short=True)
    complaints, code = _wait(child, seconds)
    result.seek(0)
    facts = _read_facts(result.read().decode("utf-8", "replace"))
    return _judge(device, facts, complaints, code, seconds)


@contextlib.contextmanager
def _result_file(*folders: Path | None) -> Generator[IO[bytes]]:
    """A file for what the child reaches, in the first folder that takes one (None: the default one).

    Without a name where it can be, so that no kill leaves it behind. Raises _NoResultFileError.
    """
    with contextlib.ExitStack() as stack:
        yield _open_in(folders, stack)


def _open_in(folders: Sequence[Path | None], stack: contextlib.ExitStack) -> IO[bytes]:
    why = ""
    for folder in folders:
        try:
            if os.name != "nt":
                return stack.enter_context(tempfile.TemporaryFile(prefix=DRAFT_PREFIX, dir=folder))
            own = tempfile.TemporaryDirectory(prefix=DRAFT_PREFIX, dir=folder, ignore_cleanup_errors=True)
            return stack.enter_context(Path(stack.enter_context(own), "result").open("w+b"))
        except OSError as error:
            why = error.strerror or str(error)
    raise _NoResultFileError(why)


def _wait(child: subprocess.Popen[bytes], seconds: float) -> tuple[list[str], int | None]:
    """The last lines of stderr, and the exit code; None for a child that had to be killed."""
    lines: deque[str] = deque(maxlen=_KEPT_COMPLAINTS)
    assert child.stderr is not None
    reader = threading.Thread(target=_read, args=(child.stderr, lines), daemon=True)
    reader.start()
    try:
        code: int | None = child.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    _kill(child)
    if child.stdin is not None:
        child.stdin.close()
    reader.join(1.0)  # whoever inherited the pipe may keep it open
    return list(lines), code


def _read(stream: IO[bytes], lines: deque[str]) -> None:
    with contextlib.suppress(OSError, ValueError), stream:
        while line := stream.readline(_LONGEST_LINE):
            lines.append(line.decode("utf-8", "replace"))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(2.0)


def _read_facts(text: str) -> Facts:
    """Everything the child wrote, a later line winning; a line cut off by its death does not count."""
    facts = Facts()
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            value: Facts = json.loads(line)
            facts.update(value)
    return facts


def _judge(device: str, facts: Facts, complaints: list[str], code: int | None, seconds: float) -> Verdict:
    verdict = Verdict(
        device,
        facts.get("ok", False),
        providers=tuple(facts.get("providers", ())),
        runtime=facts.get("runtime"),
        driver=facts.get("driver"),
        cuda=facts.get("cuda"),
    )
    if verdict.ok:
        return verdict
    stage = facts.get("stage", "")
    doing = _STAGES.get(stage, "starting Python")
    short = facts.get("short") or shortage.shortage_in("\n".join(complaints))
    if not short and "reason" not in facts and code not in (0, None):
        # A library that gets no memory may abort without a word.
        short = shortage.too_little_address_space()
    if short:
        return verdict._replace(reason=f"{doing}: {short}", hint=shortage.HINT, passing=True, short=True)
    if "reason" in facts:
        return _explain(verdict, facts["reason"], facts.get("hint", ""), complaints)
    if stage == "onnxruntime" and device == "cpu":
        hint = "pip install --force-reinstall --no-cache-dir onnxruntime"
    else:
        hint = "magray status --deep" if device == "cpu" else CPU_ONLY
    if code is None:
        return verdict._replace(
            reason=f"{doing} hangs (stopped after {seconds:g} s)", hint=hint, passing=True
        )
    why = f"{doing} ends the process ({_death(code)})"
    return verdict._replace(reason=why, hint=hint, passing=code in _KILLED_BY_OTHERS)


def _explain(verdict: Verdict, reason: str, hint: str, complaints: list[str]) -> Verdict:
    """A failure that the child could report, with the library that the loader named on stderr, if it did."""
    if verdict.device == "cpu":
        return verdict._replace(reason=reason, hint=hint or "magray model verify")
    loading = next(
        (line for line in reversed(complaints) if "with error:" in line or "depends on" in line), ""
    )
    library, detail = _library(_COLOURS.sub("", loading) or reason)
    if library is None:
        said = [text for line in complaints if (text := library_failure(line))]
        reason = said[-1] if said else reason
        return verdict._replace(reason=_PREFIX.sub("", reason), hint=hint or CPU_ONLY)
    # Without a driver no package helps, whichever library is missed first.
    driver = verdict.driver is None or library.startswith(("libcuda.so", "nvcuda", "libnvidia"))
    return verdict._replace(reason=detail, hint=DRIVER if driver else CUDA_LIBRARIES, library=library)


def _library(line: str) -> tuple[str | None, str]:
    """The library that a loader's message is about, and the message in short."""
    message = line.rpartition("with error:")[2].strip()
    found = _LIBRARY.search(_OURS.sub("", message))
    if found is None:
        return None, line
    name = found[1] or found[2]
    said = message[message.find(name) :] if found[2] else f"{name} is missing"
    return name, said.removesuffix(": No such file or directory").strip()[:200]


def _death(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}" if abs(code) < 1 << 16 else f"code 0x{code & 0xFFFFFFFF:08X}"
