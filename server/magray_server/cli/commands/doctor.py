"""`magray doctor`: what is wrong, a sentence each, and mending it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from magray_server.cli import render
from magray_server.cli.failures import DONE, FAILED, PARTLY
from magray_server.cli.shell import Shell, command
from magray_server.cli.terminal import coloured, results, safe, style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from magray_memory.health.doctor import Diagnosis
    from magray_memory.health.findings import Finding

_ABOUT_FILES = ("home", "files", "vaults")
_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red", "fatal": "red"}


@command(
    "doctor",
    example="""
    magray doctor
    magray doctor --fix
    """,
)
@click.option("--fix", is_flag=True, help="Mend what can be mended.")
def cli(shell: Shell, fix: bool) -> int:
    """Examine every vault, its indexes and the home, and say what is wrong.

    With --fix, what is derived from files is made again. A damaged notebook is salvaged as far as it can be
    read, and the damaged file is kept beside it. The exit code is 1 while an error remains, 3 when something
    was lost. With --verbose the files are named in which the indexes are kept.
    """
    with shell.memory() as memory:
        diagnosis = memory.health.doctor(fix=fix, on_step=shell.note if shell.verbose else None)
        roots = {} if shell.verbose else {str(v.path): str(v.root) for v in memory.vaults.list() if v.root}
    if shell.json:
        shell.value(diagnosis.as_json())
    else:
        for line in _lines(diagnosis, roots):
            shell.result(line)
    if diagnosis.errors:
        return FAILED
    return PARTLY if diagnosis.lost else DONE


def _lines(diagnosis: Diagnosis, roots: Mapping[str, str]) -> Iterator[str]:
    colour = coloured(results())
    for finding in diagnosis.mended:
        yield f"{style('mended'.ljust(8), 'green', colour=colour)}  {_said(finding, roots)} {_did(finding)}"
    for sentence in diagnosis.lost:
        yield f"{style('lost'.ljust(8), 'red', colour=colour)}  {safe(sentence)}"
    for finding in diagnosis.findings:
        level = finding.severity.value
        hint = f" (try: {finding.hint})" if finding.hint else ""
        yield f"{style(level.ljust(8), _COLOURS[level], colour=colour)}  {_said(finding, roots)}{safe(hint)}"
    if not diagnosis.findings:
        vaults = render.count(diagnosis.vaults, "vault")
        yield f"{vaults} examined in {render.seconds(diagnosis.seconds)}: nothing is wrong"


def _said(finding: Finding, roots: Mapping[str, str]) -> str:
    """What is wrong, with the workspace in place of the file of its index, which nobody knows by name."""
    root = roots.get(finding.path)
    if root is None or finding.check in _ABOUT_FILES:
        return safe(finding.message)
    ends = r"(?=[:,;)\s]|\.?$|\.\s)"
    return safe(re.sub(re.escape(finding.path) + ends, lambda _: root, finding.message))


def _did(finding: Finding) -> str:
    return safe(f"{finding.mended[:1].upper()}{finding.mended[1:]}.")
