"""How `magray status` shows what is there and how it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory import __version__
from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.cli.terminal import coloured, cut, results, style, width
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Status, VaultInfo
    from magray_server.operations.status import StatusOptions

_COLOURS = {"ok": "green", "info": "cyan", "warning": "yellow", "critical": "red", "fatal": "red"}


def _lines(call: Call[StatusOptions], status: Status) -> Iterator[str]:
    colour, columns = coloured(results()), width(results())
    severity = status.severity.value
    shown = style(severity, _COLOURS[severity], colour=colour)
    yield f"magray {__version__}  {shown}  {safe(str(status.home))}"
    if status.vaults:
        yield ""
        shown = status.vaults if call.shell.verbose or len(status.vaults) <= 8 else _nearest(status)
        yield from render.table([_vault(status, vault) for vault in shown], right=(1, 2, 3, 4))
        if len(shown) < len(status.vaults):
            yield f"and {len(status.vaults) - len(shown)} more (magray vault list)"
        redacted = [vault for vault in shown if vault.redacted]
        if redacted:
            yield ""
        for vault in redacted:
            name = safe(str(vault.root or vault.kind.value))
            yield f"redacted in {name}: {safe(render.kinds(vault.redacted))}"
    yield ""
    wide = max(len(component.name) for component in status.components)
    for component in status.components:
        name, state = component.name.ljust(wide), component.severity.value
        hint = f"  (try: {component.hint})" if component.hint else ""
        text = cut(safe(component.summary + hint), columns and columns - wide - 12)
        yield f"{style(state.ljust(8), _COLOURS[state], colour=colour)}  {name}  {text}"


def _nearest(status: Status) -> list[VaultInfo]:
    """The workspace at hand and what was indexed last."""
    others = sorted(
        (vault for vault in status.vaults if vault is not status.current and vault.last_indexed),
        key=lambda vault: vault.last_indexed.timestamp() if vault.last_indexed else 0.0,
        reverse=True,
    )
    return [*([status.current] if status.current else []), *others[:5]]


def _vault(status: Status, vault: VaultInfo) -> tuple[str, ...]:
    mark = "* " if vault is status.current else "  "
    root = mark + safe(str(vault.root or vault.kind.value))
    if vault.problem:
        return root, "", "", "", "", "cannot be read"
    indexed = (
        "never" if vault.last_indexed is None else render.ago(time.time() - vault.last_indexed.timestamp())
    )
    return (
        root,
        render.count(vault.files, "file"),
        render.count(vault.passages, "passage"),
        _waiting(status, vault),
        render.size(vault.bytes),
        indexed,
    )


def _waiting(status: Status, vault: VaultInfo) -> str:
    """What cannot be found by meaning yet, and how far a change of the model is."""
    pending, change = vault.pending, status.change(vault)
    facts = [f"{pending:,} pending"] if pending else []
    if change is not None:
        facts.append(f"{change.share:.0%} of {change.to}")
    return safe(", ".join(facts))


VIEWS = {"status": View(lines=_lines)}
