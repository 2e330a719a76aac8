"""View of `magray doctor`: what is wrong and what was repaired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.cli.terminal import coloured, results, style
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from magray_memory.values import Diagnosis, Finding
    from magray_server.operations.doctor import Doctor

_ABOUT_FILES = ("home", "files", "vaults")
_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red", "fatal": "red"}


def _lines(call: Call[Doctor], diagnosis: Diagnosis) -> Iterator[str]:
    roots = (
        {} if call.shell.verbose else {str(v.path): str(v.root) for v in call.memory.vaults.list() if v.root}
    )
    colour = coloured(results())
    for finding in diagnosis.repaired:
        yield f"{style('repaired'.ljust(8), 'green', colour=colour)}  {_said(finding, roots)} {_did(finding)}"
    for sentence in diagnosis.lost:
        yield f"{style('lost'.ljust(8), 'red', colour=colour)}  {safe(sentence)}"
    for finding in diagnosis.findings:
        level = finding.severity.value
        hint = f" (try: {finding.hint})" if finding.hint else ""
        yield f"{style(level.ljust(8), _COLOURS[level], colour=colour)}  {_said(finding, roots)}{safe(hint)}"
    if not diagnosis.findings:
        vaults = render.count(diagnosis.vaults, "vault")
        yield f"{vaults} examined in {render.seconds(diagnosis.seconds)}: no problems found"


def _said(finding: Finding, roots: Mapping[str, str]) -> str:
    """What is wrong, with the workspace in place of the file of its index, which nobody knows by name."""
    root = roots.get(finding.path)
    if root is None or finding.check in _ABOUT_FILES:
        return safe(finding.message)
    ends = r"(?=[:,;)\s]|\.?$|\.\s)"
    return safe(re.sub(re.escape(finding.path) + ends, lambda _: root, finding.message))


def _did(finding: Finding) -> str:
    return safe(f"{finding.repaired[:1].upper()}{finding.repaired[1:]}.")


VIEWS = {"doctor": View(lines=_lines)}
