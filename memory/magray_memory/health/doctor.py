"""Doctor: integrity checks of everything in a home, reported in sentences, and repair.

Each vault is checked by a process of its own, so that nothing a damaged file can do ends the check. What is
derived is repaired by rebuilding it; a damaged notebook is salvaged, and the damaged file kept.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.config import RedactionSettings, VectorSettings
from magray_memory.errors import MagrayError
from magray_memory.health.findings import Finding, Remedy
from magray_memory.health.integrity_events import Found, StageBegun, decode
from magray_memory.health.integrity_home import check_home
from magray_memory.health.report import Severity
from magray_memory.progress import SILENT, Progress
from magray_memory.storage.durability import VaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.health.repair import Repairer
    from magray_memory.storage.home import Home

_ROUNDS = 3
"""One remedy may uncover what another is for: an unsound database hides what stands in it."""
_LEAST_SECONDS = 60.0
_BYTES_PER_SECOND = 5_000_000

_DOING = {
    "file": "reading it",
    "schema": "reading its schema",
    "counters": "counting its rows",
    "passages": "reading its passages",
    "finished": "reading its facts",
    "lexical": "reading its lexical index",
    "vectors": "reading its vectors",
    "pending": "looking for missing vectors",
    "snapshots": "reading its index snapshots",
    "recall": "searching its vector index",
    "records": "reading its records",
    "secrets": "looking for secrets in it",
}
_REMEDY_OF_CRASH = {"lexical": Remedy.LEXICAL, "snapshots": Remedy.SNAPSHOTS, "recall": Remedy.SNAPSHOTS}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. `repaired`: findings that are gone now; `lost`: what could not be saved."""

    home: Path
    findings: Sequence[Finding]
    repaired: Sequence[Finding] = ()
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
        """JSON of `doctor --json`."""
        return {
            "home": str(self.home),
            "severity": self.severity.value,
            "errors": self.errors,
            "findings": [finding.as_json() for finding in self.findings],
            "mended": [finding.as_json() for finding in self.repaired],
            "lost": list(self.lost),
            "vaults": self.vaults,
            "seconds": self.seconds,
        }


@dataclass(slots=True)
class Doctor:
    """Checks and repairs a home. `index` indexes a workspace, by words alone if its second argument is true;
    `warnings`: what was wrong with the settings.
    """

    home: Home
    current: Path | None
    index: Callable[[Path, bool], object]
    warnings: Sequence[str] = ()
    progress: Progress = SILENT
    check_model: Callable[[], Iterable[Finding]] = tuple
    """Tries the model, in processes of its own."""
    vectors: VectorSettings = field(default_factory=VectorSettings)
    """The effective settings, by which indexes are rebuilt."""
    redaction: RedactionSettings = field(default_factory=RedactionSettings)
    """What is taken out of records that former rules stored."""

    def check(self) -> Diagnosis:
        """Check everything and change nothing."""
        began = time.monotonic()
        findings = list(self._findings())
        return Diagnosis(
            self.home.path,
            sorted(findings, key=lambda finding: -finding.severity.rank),
            vaults=len(self._vaults()),
            seconds=round(time.monotonic() - began, 3),
        )

    def repair(self) -> Diagnosis:
        """Check, repair what has a remedy, and check again, until nothing is left that can be repaired."""
        from magray_memory.health.repair import Repairer

        began = time.monotonic()
        repairer = Repairer(self.home, self.current, self.vectors, self.redaction)
        repaired: dict[tuple[str, str], Finding] = {}
        refused: dict[str, str] = {}
        seen = self.check()
        for _ in range(_ROUNDS):
            done = self._apply(seen.findings, repairer, refused)
            repaired.update({(finding.message, finding.path): finding for finding in done})
            self._index(repairer.to_index)
            seen = self.check()
            if not done or not any(finding.remedy for finding in seen.findings):
                break
        left = {(finding.message, finding.path) for finding in seen.findings}
        return replace(
            seen,
            findings=[_with_refusal(finding, refused.get(finding.path)) for finding in seen.findings],
            repaired=[finding for key, finding in repaired.items() if key not in left],
            lost=tuple(repairer.lost),
            seconds=round(time.monotonic() - began, 3),
        )

    def _apply(
        self, findings: Sequence[Finding], repairer: Repairer, refused: dict[str, str]
    ) -> list[Finding]:
        """The findings whose remedy was applied, each remedy once for a file; `refused` gets what to do about
        a file for which it could not be.
        """
        from magray_memory.health.repair import ORDER

        replaced = {finding.path for finding in findings if finding.remedy.replaces_vault}
        wanted = [
            finding
            for finding in findings
            if finding.remedy and (finding.remedy.replaces_vault or finding.path not in replaced)
        ]
        done: list[Finding] = []
        applied: dict[tuple[Remedy, str], str] = {}
        for finding in sorted(wanted, key=lambda finding: ORDER.index(finding.remedy)):
            at = (finding.remedy, finding.path)
            if at not in applied:
                self.progress.report(f"repairing {finding.path}")
                try:
                    applied[at] = repairer.apply(finding)
                except MagrayError as error:
                    self.progress.report(f"{finding.path} is not repaired: {error}")
                    refused[finding.path] = f"{error.hint or 'repair it by hand'} ({error.message})"
                    continue
            done.append(replace(finding, repaired=applied[at]))
        return done

    def _index(self, roots: dict[Path, bool]) -> None:
        for root, lexical in list(roots.items()):
            del roots[root]
            self.progress.report(f"indexing {root}")
            try:
                self.index(root, lexical)
            except MagrayError as error:
                self.progress.report(f"{root} is not indexed: {error}")

    def _findings(self) -> Iterator[Finding]:
        for sentence in self.warnings:
            yield Finding("settings", Severity.WARNING, f"{sentence}.", "", "magray config show")
        yield from check_home(self.home)
        yield from self.check_model()
        for path, kind in self._vaults():
            self.progress.report(f"checking {path}")
            yield from check_vault(path, kind, redaction=self.redaction)

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


def _with_refusal(finding: Finding, refusal: str | None) -> Finding:
    """What remains because its remedy was refused says why, and never to try the same again."""
    return finding if refusal is None or not finding.remedy else replace(finding, hint=refusal)


def check_vault(
    path: Path,
    kind: VaultKind,
    seconds: float | None = None,
    *,
    redaction: RedactionSettings | None = None,
) -> list[Finding]:
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
        run = _run_child(path, kind, skip, limit, redaction or RedactionSettings())
        findings += [finding for finding in dict.fromkeys(run.findings) if finding not in findings]
        if not run.failure:
            return findings
        findings.append(_crash_finding(path, run))
        if run.stage in skip or run.stage not in _DOING:
            return findings
        skip.append(run.stage)


class _Run(NamedTuple):
    """Findings of a child, the stage that it reached, and why it ended there; empty if it came to its end."""

    findings: Sequence[Finding]
    stage: str = ""
    failure: str = ""


def _crash_finding(path: Path, run: _Run) -> Finding:
    doing = _DOING.get(run.stage, "checking it")
    message = f"{doing[:1].upper()}{doing[1:]} {run.failure}: {path}."
    remedy = _REMEDY_OF_CRASH.get(run.stage, Remedy.NONE)
    return Finding(run.stage or "file", Severity.CRITICAL, message, str(path), "", remedy)


def _run_child(
    path: Path, kind: VaultKind, skip: Sequence[str], limit: float, redaction: RedactionSettings
) -> _Run:
    request = json.dumps(
        {"path": str(path), "kind": kind.value, "skip": list(skip), "redaction": asdict(redaction)}
    )
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "magray_memory.health.integrity", request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",
        )
    except OSError as error:
        return _Run([], "", f"needs a process that cannot be started ({error.strerror or error})")
    timer = threading.Timer(limit, child.kill)
    timer.start()
    findings: list[Finding] = []
    stage, done = "", False
    try:
        with child:
            assert child.stdout is not None
            for line in child.stdout:
                event = decode(line)
                if isinstance(event, StageBegun):
                    stage = event.stage
                elif isinstance(event, Found):
                    findings.append(event.finding)
                else:
                    done = True
    finally:
        late = not timer.is_alive()
        timer.cancel()
        child.kill()
    if done:
        return _Run(findings, stage)
    if late:
        return _Run(findings, stage, f"took longer than {limit:.0f} s and was stopped")
    return _Run(findings, stage, f"crashed its process ({_exit_reason(child.returncode)})")


def _exit_reason(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"code {code}"
    except ValueError:
        return f"signal {-code}"
