"""The doctor: looks at everything in a home, says what is wrong in sentences, and mends what it may.

Each vault is examined by a process of its own, so that nothing a damaged file can do ends the examination.
What is derived is mended by making it again; a damaged notebook is salvaged, and the damaged file kept.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from magray_memory.config import VectorSettings
from magray_memory.errors import MagrayError
from magray_memory.health.findings import Finding, Remedy
from magray_memory.health.integrity_home import examine_home
from magray_memory.health.report import Severity
from magray_memory.storage.durability import VaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.storage.home import Home

_ROUNDS = 3
"""One remedy may uncover what another is for: an unsound database hides what stands in it."""
_LEAST_SECONDS = 60.0
_BYTES_PER_SECOND = 5_000_000

_DEADLY = {
    "file": "reading it",
    "schema": "reading its schema",
    "counters": "counting its rows",
    "passages": "reading its passages",
    "lexical": "reading its lexical index",
    "vectors": "reading its vectors",
    "pending": "looking for what has no vector",
    "snapshots": "reading its index snapshots",
    "recall": "searching its vector index",
}
_CURES = {"lexical": Remedy.LEXICAL, "snapshots": Remedy.SNAPSHOTS, "recall": Remedy.SNAPSHOTS}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. `mended`: findings that are gone now; `lost`: what could not be saved, in sentences."""

    home: Path
    findings: Sequence[Finding]
    mended: Sequence[Finding] = ()
    lost: Sequence[str] = ()
    vaults: int = 0
    seconds: float = 0.0

    @property
    def severity(self) -> Severity:
        """The worst of what remains."""
        return max((f.severity for f in self.findings), key=lambda s: s.rank, default=Severity.OK)

    @property
    def errors(self) -> int:
        """How many findings fail something, or answer wrongly."""
        return sum(finding.is_error for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """As `doctor --json` tells it."""
        return {
            "home": str(self.home),
            "severity": self.severity.value,
            "errors": self.errors,
            "findings": [finding.as_json() for finding in self.findings],
            "mended": [finding.as_json() for finding in self.mended],
            "lost": list(self.lost),
            "vaults": self.vaults,
            "seconds": self.seconds,
        }


@dataclass(slots=True)
class Doctor:
    """Examines a home. `index` indexes a workspace once more, by words alone where it is told so; `told`:
    what is wrong already.
    """

    home: Home
    current: Path | None
    index: Callable[[Path, bool], object]
    told: Sequence[str] = ()
    on_step: Callable[[str], None] = field(default=lambda step: None)
    model: Callable[[], Iterable[Finding]] = tuple
    """Tries the model, in processes of its own."""
    vectors: VectorSettings = field(default_factory=VectorSettings)
    """The effective settings, by which indexes are built again."""

    def examine(self) -> Diagnosis:
        """Look at everything and change nothing."""
        began = time.monotonic()
        findings = list(self._look())
        return Diagnosis(
            self.home.path,
            sorted(findings, key=lambda finding: -finding.severity.rank),
            vaults=len(self._vaults()),
            seconds=round(time.monotonic() - began, 3),
        )

    def fix(self) -> Diagnosis:
        """Look, mend what has a remedy, and look again, until nothing is left that can be mended."""
        from magray_memory.health.repair import Repairer

        began = time.monotonic()
        mender = Repairer(self.home, self.current, self.vectors)
        mended: dict[tuple[str, str], Finding] = {}
        seen = self.examine()
        for _ in range(_ROUNDS):
            done = self._mend(seen.findings, mender)
            mended.update({(finding.message, finding.path): finding for finding in done})
            self._index(mender.renew)
            seen = self.examine()
            if not done or not any(finding.remedy for finding in seen.findings):
                break
        left = {(finding.message, finding.path) for finding in seen.findings}
        return replace(
            seen,
            mended=[finding for key, finding in mended.items() if key not in left],
            lost=tuple(mender.lost),
            seconds=round(time.monotonic() - began, 3),
        )

    def _mend(self, findings: Sequence[Finding], mender: Any) -> list[Finding]:
        from magray_memory.health.repair import ORDER

        done: list[Finding] = []
        doing: dict[tuple[Remedy, str], str] = {}
        wrecked = {f.path for f in findings if f.remedy in (Remedy.RENEW, Remedy.SALVAGE)}
        for finding in sorted((f for f in findings if f.remedy), key=lambda f: ORDER.index(f.remedy)):
            whole = (Remedy.RENEW, Remedy.SALVAGE)
            if finding.path in wrecked and finding.remedy not in whole:
                continue
            at = (finding.remedy, finding.path)
            if at not in doing:
                self.on_step(f"mending {finding.path}")
                try:
                    doing[at] = mender.mend(finding)
                except MagrayError as error:
                    self.on_step(f"{finding.path} is not mended: {error}")
                    continue
            done.append(replace(finding, mended=doing[at]))
        return done

    def _index(self, roots: dict[Path, bool]) -> None:
        for root, lexical in list(roots.items()):
            del roots[root]
            self.on_step(f"indexing {root}")
            try:
                self.index(root, lexical)
            except MagrayError as error:
                self.on_step(f"{root} is not indexed: {error}")

    def _look(self) -> Iterator[Finding]:
        for sentence in self.told:
            yield Finding("settings", Severity.WARNING, f"{sentence}.", "", "magray config show")
        yield from examine_home(self.home)
        yield from self.model()
        for path, kind in self._vaults():
            self.on_step(f"examining {path}")
            yield from examine_vault(path, kind)

    def _vaults(self) -> list[tuple[Path, VaultKind]]:
        try:
            names = sorted(entry.name for entry in os.scandir(self.home.workspaces))
        except OSError:
            names = []
        found = [
            (self.home.workspaces / name, VaultKind.WORKSPACE)
            for name in names
            if name.endswith(".db") and not name.startswith(".")
        ]
        if os.path.lexists(self.home.notebook):
            found.append((self.home.notebook, VaultKind.NOTEBOOK))
        return found


def examine_vault(path: Path, kind: VaultKind, seconds: float | None = None) -> list[Finding]:
    """What a process of its own finds in a vault; one that dies or hangs is followed by one that leaves out
    the stage where it did.
    """
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    limit = seconds or _LEAST_SECONDS + size / _BYTES_PER_SECOND
    skip: list[str] = []
    findings: list[Finding] = []
    while True:
        found, stage, why = _run(path, kind, skip, limit)
        findings += [finding for finding in dict.fromkeys(found) if finding not in findings]
        if why is None:
            return findings
        findings.append(_deadly(path, kind, stage, why))
        if stage in skip or stage not in _DEADLY:
            return findings
        skip.append(stage)


def _deadly(path: Path, kind: VaultKind, stage: str, why: str) -> Finding:
    doing = _DEADLY.get(stage, "examining it")
    message = f"{doing[:1].upper()}{doing[1:]} {why}: {path}."
    remedy = _CURES.get(stage, Remedy.NONE)
    return Finding(stage or "file", Severity.CRITICAL, message, str(path), "", remedy)


def _run(
    path: Path, kind: VaultKind, skip: Sequence[str], limit: float
) -> tuple[list[Finding], str, str | None]:
    """Findings, the stage that was reached, and why it ended there; None when it came to its end."""
    request = json.dumps({"path": str(path), "kind": kind.value, "skip": list(skip)})
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "magray_memory.health.integrity", request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",
        )
    except OSError as error:
        return [], "", f"needs a process that cannot be started ({error.strerror or error})"
    timer = threading.Timer(limit, child.kill)
    timer.start()
    findings: list[Finding] = []
    stage, done = "", False
    try:
        with child:
            assert child.stdout is not None
            for line in child.stdout:
                told = json.loads(line)
                stage, done = told.get("stage", stage), done or "done" in told
                if "finding" in told:
                    findings.append(Finding.from_json(told["finding"]))
    finally:
        late = not timer.is_alive()
        timer.cancel()
        child.kill()
    if done:
        return findings, stage, None
    if late:
        return findings, stage, f"took longer than {limit:.0f} s and was given up"
    return findings, stage, f"ended the process that did it ({_how(child.returncode)})"


def _how(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"code {code}"
    except ValueError:
        return f"signal {-code}"
