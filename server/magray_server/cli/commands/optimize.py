"""`magray optimize`: less space, less waiting; what was done, with the bytes and milliseconds won."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from magray_server.cli import render
from magray_server.cli.failures import DONE, PARTLY
from magray_server.cli.shell import Shell, command
from magray_server.cli.terminal import safe

if TYPE_CHECKING:
    from magray_memory.maintenance.optimize import Step


@command(
    "optimize",
    example="""
    magray optimize --dry-run
    magray optimize
    """,
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and leave it.")
def cli(shell: Shell, dry_run: bool) -> int:
    """Merge indexes, give free space back, and make what large workspaces are searched by.

    Searching and indexing go on meanwhile. Vaults of folders that have been gone for a month are dropped.
    """
    with shell.memory() as memory:
        done = memory.maintenance.optimize(dry_run=dry_run, on_step=shell.note if shell.verbose else None)
    if shell.json:
        shell.value(done.as_json())
    else:
        for step in done.steps:
            if not step.problem:
                shell.result(safe(f"{step.message}{_won(step)}  {step.place}"))
        if not done.steps:
            shell.result("there is nothing to optimize")
        elif not dry_run:
            shell.result(f"{_bytes(done.bytes)} in {render.seconds(done.seconds)}")
    for step in done.problems:
        shell.warn(f"{step.place}: {step.message}: {step.problem}")
    return PARTLY if done.problems else DONE


def _won(step: Step) -> str:
    facts = [_bytes(step.bytes)] if step.bytes else []
    if step.ms is not None:
        facts.append(f"{abs(step.ms):.1f} ms a search {'won' if step.ms >= 0 else 'more'}")
    return f" ({', '.join(facts)})" if facts else ""


def _bytes(won: int) -> str:
    return f"{render.size(abs(won))} {'won' if won >= 0 else 'more'}"
