"""View of `magray vault`: what is indexed and what was deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Change, VaultInfo
    from magray_server.operations.vault import Dropped, VaultDrop, VaultList, Vaults

_HEADS = ("KIND", "FILES", "PASSAGES", "PENDING", "SIZE", "INDEXED", "ROOT")


def _listed(_: Call[VaultList], found: Vaults) -> Iterator[str]:
    status = found.status
    if status.vaults:
        rows = [_HEADS, *(_row(vault, status.change(vault)) for vault in status.vaults)]
        yield from render.table(rows, right=(1, 2, 3, 4))


def _listed_notes(call: Call[VaultList], found: Vaults) -> None:
    if not found.status.vaults and not call.shell.json:
        call.shell.note("nothing is indexed yet: run `magray index` in a project")


def _row(vault: VaultInfo, change: Change | None) -> tuple[str, ...]:
    indexed = (
        "never" if vault.last_indexed is None else render.ago(time.time() - vault.last_indexed.timestamp())
    )
    root = safe(str(vault.root or vault.path))
    remarks = [safe(vault.problem or ("the folder is gone" if vault.gone else ""))]
    if change is not None:
        remarks.append(safe(f"of {change.was}, {change.share:.0%} of {change.to} is embedded"))
    remark = ", ".join(filter(None, remarks))
    numbers = ("?", "?", "?") if vault.problem else (vault.files, vault.passages, vault.pending)
    return (
        vault.kind.value,
        *(number if isinstance(number, str) else f"{number:,}" for number in numbers),
        render.size(vault.bytes),
        indexed,
        root + (f"  ({remark})" if remark else ""),
    )


def _dropped(_: Call[VaultDrop], dropped: Dropped) -> Iterator[str]:
    verb = "would drop" if dropped.dry_run else "dropped"
    for vault in dropped.vaults:
        yield f"{verb} {safe(str(vault.root or vault.path))} ({render.size(vault.bytes)})"


def _dropped_notes(call: Call[VaultDrop], dropped: Dropped) -> None:
    if not dropped.vaults and not call.shell.json:
        call.shell.note("there is nothing to drop")
    there = [vault.root for vault in dropped.vaults if vault.root is not None and not vault.gone]
    if there and not dropped.dry_run and not call.shell.json:
        call.shell.note(
            f"`magray --workspace {there[0]} index` makes it again; records that cite its files stay"
        )
    for problem in dropped.problems:
        call.shell.warn(problem)


VIEWS = {
    "vault list": View(lines=_listed, notes=_listed_notes),
    "vault drop": View(lines=_dropped, notes=_dropped_notes),
}
