"""`magray vault`: which workspaces are indexed, and dropping the ones that are not wanted any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from magray_memory.errors import UsageError
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Group, Shell, command, user_path
from magray_server.cli.terminal import safe

if TYPE_CHECKING:
    from magray_memory.health.model_change import Change
    from magray_memory.storage.vault_info import VaultInfo


@click.group(cls=Group, name="vault", help="List what is indexed; drop what is gone.", no_args_is_help=True)
def cli() -> None:
    pass


@command("list", example="magray vault list")
def list_(shell: Shell) -> int:
    """List every vault: its folder, what is in it, its size, when it was indexed."""
    with shell.memory() as memory:
        status = memory.health.status()
    vaults = status.vaults
    if shell.json:
        shell.value({"vaults": status.as_json()["vaults"]})
        return DONE
    heads = ("KIND", "FILES", "PASSAGES", "PENDING", "SIZE", "INDEXED", "ROOT")
    rows = [heads, *(_row(vault, status.change(vault)) for vault in vaults)]
    for line in render.table(rows, right=(1, 2, 3, 4)) if vaults else ():
        shell.result(line)
    if not vaults:
        shell.note("nothing is indexed yet: run `magray index` in a project")
    return DONE


def _row(vault: VaultInfo, change: Change | None) -> tuple[str, ...]:
    indexed = (
        "never" if vault.last_indexed is None else render.ago(time.time() - vault.last_indexed.timestamp())
    )
    root = safe(str(vault.root or vault.path))
    remarks = [safe(vault.problem or ("the folder is gone" if vault.gone else ""))]
    if change is not None:
        remarks.append(safe(f"of {change.was}, {change.share:.0%} of {change.to} is made"))
    remark = ", ".join(filter(None, remarks))
    numbers = ("?", "?", "?") if vault.problem else (vault.files, vault.passages, vault.pending)
    return (
        vault.kind.value,
        *(number if isinstance(number, str) else f"{number:,}" for number in numbers),
        render.size(vault.bytes),
        indexed,
        root + (f"  ({remark})" if remark else ""),
    )


@command(
    "drop",
    example="""
    magray vault drop ~/old-project
    magray vault drop --gone --dry-run
    """,
)
@click.argument("roots", nargs=-1, type=click.Path(), metavar="[FOLDER]...")
@click.option("--gone", is_flag=True, help="Every workspace whose folder is not there any more.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and leave it.")
def drop(shell: Shell, roots: tuple[str, ...], gone: bool, dry_run: bool) -> int:
    """Delete the index of a workspace. Its files stay as they are, and it can be indexed again."""
    if not roots and not gone:
        raise UsageError("vault drop", "it does not say which", "magray vault drop FOLDER, or --gone")
    with shell.memory() as memory:
        dropped = memory.vaults.drop([user_path(root) for root in roots], gone=gone, dry_run=dry_run)
    if shell.json:
        facts: list[dict[str, Any]] = [vault.as_json() for vault in dropped]
        shell.value({"dropped": facts, "dry_run": dry_run})
        return DONE
    verb = "would drop" if dry_run else "dropped"
    for vault in dropped:
        shell.result(f"{verb} {safe(str(vault.root or vault.path))} ({render.size(vault.bytes)})")
    if not dropped:
        shell.note("there is nothing to drop")
    return DONE


for _command in (list_, drop):
    cli.add_command(_command)
