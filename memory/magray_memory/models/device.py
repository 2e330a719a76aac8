"""Device selection: which device runs the model, by stored and new smoke tests.

Native code is believed only after a child process ran it (`probe`). What the child found is stored in the
home under the fingerprint of the installation, so that each installed version is tested once. The processor
comes first, at once; long-lived programs test a GPU in a thread and use it after the test has passed. That is
a search for a device under a model that is open already: the loader opens models, and knows nothing of it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from magray_memory import atomic_file
from magray_memory.config import ResourceSettings
from magray_memory.errors import EmbeddingUnavailable
from magray_memory.models.onnx.installed import fingerprint, has_cuda_provider, installed_runtime
from magray_memory.models.onnx.shortage import HINT, too_little_address_space
from magray_memory.models.onnx.verdict import CPU_ONLY, Verdict
from magray_memory.resources import choose_profile, machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.config import EmbeddingSettings
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.models.model import Model
    from magray_memory.resources import Profile

VERDICTS = "probes.json"
_KEPT = 8
_MAX_BYTES = 100_000
_PASSING_SECONDS = 600.0
"""A probe that hung or was killed from outside is tried again after so long: a machine that is only too busy
looks the same, and ought not to do without its model for longer."""

_FAILURE_SECONDS = 86_400.0
"""Any other failure is believed for a day: whatever keeps a model from running may pass in a way that nobody
thought of.
"""

_log = logging.getLogger(__name__)


def verdict(home: Path, model: Model, device: str) -> Verdict | None:
    """What is known of a device for this model and this installation; None when it was not tried."""
    print_ = fingerprint(model, device)
    found = next((verdict for key, verdict in _read(home) if key == print_), None)
    if found is None or found.ok:
        return found
    holds = _PASSING_SECONDS if found.passing else _FAILURE_SECONDS
    return found if 0 <= time.time() - found.at < holds else None


def find_out(home: Path, model: Model, device: str, seconds: float, *, again: bool = False) -> Verdict:
    """What is known, else what a child process finds out now, remembered in a home that is there."""
    known = None if again else verdict(home, model, device)
    if known is not None:
        return known
    from magray_memory.models.onnx.smoke_test import probe

    # Before its files are read: one that is replaced meanwhile is not known.
    tried = fingerprint(model, device)
    found = probe(model, device, seconds, home)
    if not found.short:
        _remember(home, tried, found)
    return found


def gpu_impossible() -> Verdict | None:
    """Why no GPU can be used here, as far as the installed files alone say so."""
    if has_cuda_provider():
        return None
    runtime = installed_runtime()
    if runtime.problem:
        return Verdict("cuda", False, runtime.problem, runtime.hint)
    named = next(iter(runtime.distributions), "onnxruntime")
    why = f"{named} is the build without CUDA"
    return Verdict("cuda", False, why, f'pip uninstall {named}; pip install "magray[gpu]"')


class Placed(NamedTuple):
    """Where the model runs, and why not where it was asked for (None: it is, or nobody asked for more)."""

    requested: str
    actual: str
    reason: str | None = None
    hint: str = ""


class Placement:
    """One model on the best device it can have, for as long as the program lives.

    `on_change` is called at each change, in whichever thread it happens.
    """

    def __init__(
        self,
        home: Path,
        model: Model,
        wanted: EmbeddingSettings,
        on_change: Callable[[DeviceChange], None] | None = None,
        profile: Profile | None = None,
        *,
        many: bool = False,
    ) -> None:
        """`many`: it is for whole workspaces rather than for questions, see `Embedder.open`."""
        self.model = model
        self._many = many
        self._home = home
        self._wanted = wanted
        self._on_change = on_change
        self._profile = profile or choose_profile(ResourceSettings().profile, machine())
        self._embedder: Embedder | None = None
        self._change: DeviceChange | None = None
        self._gpu: Verdict | None = None
        self._seeking: threading.Thread | None = None
        self._ending = False

    def open(self) -> Embedder:
        """The model on the processor, now; for the first time with an installation, after a child tried it.

        Raises EmbeddingUnavailable when no model can run here.
        """
        self._refuse_the_broken()
        try:
            from magray_memory.models.embedder import Embedder
        except ImportError as error:
            raise EmbeddingUnavailable(
                "no embedding runtime", f"numpy cannot be loaded ({error})", "pip install numpy"
            ) from error
        profile = self._profile
        # A question leaves one core to those who look up its words meanwhile: on two cores beside other work
        # its vector takes 8.3 ms at p95, not 13.5, and 4.2 ms of processor time, not 6.9.
        threads = self._wanted.threads or max(1, profile.threads - (not self._many))
        embedder = Embedder.open(self.model, threads=threads, many=self._many)
        embedder.known_questions.size = profile.query_vectors
        embedder.devices.on_change = self._changed
        self._embedder = embedder
        if self._wanted.device != "cpu":
            self._gpu = gpu_impossible() or verdict(self._home, self.model, "cuda")
        return embedder

    def seek_gpu(self) -> None:
        """Start the test of a GPU in the background, where settings allow one. Only the first call counts."""
        possible = self._wanted.device != "cpu" and (self._gpu is None or self._gpu.ok)
        if possible and self._embedder is not None and self._seeking is None:
            self._seeking = threading.Thread(target=self._seek, name="magray-gpu", daemon=True)
            self._seeking.start()

    def end(self) -> None:
        """The work is done: wait for what a GPU that was asked for by name has to say."""
        self._ending = True
        if self._seeking is not None and self._wanted.device == "cuda":
            self._seeking.join(self._wanted.probe_seconds + 1)

    @property
    def seeking(self) -> bool:
        """Whether a GPU is being tested now; `on_change` gets the result."""
        return self._seeking is not None and self._seeking.is_alive()

    @property
    def gpu_works(self) -> bool:
        """Whether a GPU is known to run this model here."""
        return self._gpu is not None and self._gpu.ok

    def placed(self) -> Placed:
        """Where the model runs now."""
        wanted = self._wanted.device
        actual = "cpu" if self._embedder is None else self._embedder.device
        if actual == "cuda" or wanted == "cpu":
            return Placed(wanted, actual)
        if self._change is not None:
            return Placed(wanted, actual, self._change.reason, self._change.hint)
        # Who asked for whatever there is, and has the build without CUDA, misses nothing.
        missed = wanted == "cuda" or has_cuda_provider()
        if missed and self._gpu is not None and not self._gpu.ok:
            return Placed(wanted, actual, self._gpu.reason, self._gpu.hint)
        if wanted == "cuda" and self._gpu is None:
            return Placed(wanted, actual, "the GPU was not tested yet", "magray status --deep")
        return Placed(wanted, actual)

    def _refuse_the_broken(self) -> None:
        runtime = installed_runtime()
        if runtime.problem:
            raise EmbeddingUnavailable("no embedding runtime", runtime.problem, runtime.hint)
        for key in ("cpu", "tokenizer"):
            self.model.path(key)
        limited = too_little_address_space()
        if limited:
            raise EmbeddingUnavailable("no embedding runtime", limited, HINT)
        found = find_out(self._home, self.model, "cpu", self._wanted.probe_seconds)
        if not found.ok:
            raise EmbeddingUnavailable(f"model {self.model.id} cannot run", found.reason, found.hint)

    def _seek(self) -> None:
        from magray_memory.models.onnx.runtime import open_runner

        assert self._embedder is not None
        self._gpu = find_out(self._home, self.model, "cuda", self._wanted.probe_seconds)
        if not self._gpu.ok:
            self._not_to_be_had(self._gpu.reason, self._gpu.hint)
            return
        if self._ending:
            return
        try:
            self._embedder.devices.promote(
                partial(open_runner, self.model, device="cuda", threads=self._wanted.threads)
            )
        except EmbeddingUnavailable as error:
            self._not_to_be_had(error.why or error.message, error.hint or CPU_ONLY)

    def _not_to_be_had(self, reason: str, hint: str) -> None:
        from magray_memory.models.fallback import DeviceChange

        level = logging.WARNING if self._wanted.device == "cuda" else logging.INFO
        _log.log(level, "the GPU is not used: %s (try: %s)", reason, hint)
        self._changed(DeviceChange("cpu", "cpu", reason, hint))

    def _changed(self, change: DeviceChange) -> None:
        self._change = change
        if self._on_change is not None:
            self._on_change(change)


def _read(home: Path) -> list[tuple[str, Verdict]]:
    """Remembered verdicts with their fingerprints, the latest first; whatever cannot be read is not there."""
    try:
        with (home / VERDICTS).open("rb") as file:
            values: Any = json.loads(file.read(_MAX_BYTES))
        entries = cast(list[dict[str, Any]], values if isinstance(values, list) else [])
        return [(str(entry["fingerprint"]), _verdict(entry["verdict"])) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _verdict(entry: dict[str, Any]) -> Verdict:
    found = Verdict(**{name: value for name, value in entry.items() if name in Verdict._fields})
    texts = (found.device, found.reason, found.hint)
    if not all(isinstance(text, str) for text in texts):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("a text is missing")
    return found._replace(
        ok=bool(found.ok),
        providers=tuple(str(name) for name in found.providers),
        at=float(found.at),
        seconds=float(found.seconds),
        passing=bool(found.passing),
        short=False,
    )


def _remember(home: Path, print_: str, found: Verdict) -> None:
    others = [(key, verdict) for key, verdict in _read(home) if key != print_]
    kept = [(print_, found), *others][:_KEPT]
    entries = [{"fingerprint": key, "verdict": verdict.as_json()} for key, verdict in kept]
    try:
        atomic_file.write_text(home / VERDICTS, json.dumps(entries))
    except OSError as error:
        _log.debug("the test result of the %s could not be stored: %s", found.device, error)
