"""View of `magray model`: models, and the progress of fetching one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.long_run import long_run
from magray_server.cli.operation_command import Call, View
from magray_server.operations.model import pull
from magray_server.operations.operation import Context, as_json
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_server.cli.shell import Shell
    from magray_server.operations.model import (
        Built,
        ModelBuild,
        ModelDetails,
        ModelList,
        ModelPull,
        Models,
        ModelShow,
        ModelUse,
        ModelVerify,
        Used,
        Verified,
    )

_HEADS = ("", "MODEL", "DIM", "WINDOW", "SIZE", "SPEED", "LICENCE", "ABOUT")


def _listed(_: Call[ModelList], found: Models) -> Iterator[str]:
    return render.table([_HEADS, *(_row(model.as_json()) for model in found.models)], right=(2, 3, 4))


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    size = facts.get("bytes") or facts.get("megabytes", {}).get("cpu", 0) * 1_000_000
    if facts["problem"]:
        about = safe(facts["problem"])
    else:
        about = safe(facts.get("about") or facts.get("folder") or "")
    return (
        "*" if facts["active"] else "",
        safe(facts["id"]) + ("" if facts["installed"] else " (to pull)"),
        str(facts.get("dim", "")),
        f"{facts.get('window', 0):,}",
        render.size(size) if size else "",
        str(facts.get("speed", "")),
        safe(str(facts.get("licence", ""))),
        about,
    )


def _shown(_: Call[ModelShow], found: ModelDetails) -> Iterator[str]:
    return render.table(
        [(key, _text_of(value)) for key, value in found.as_json().items() if value is not None]
    )


def _text_of(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text_of(part)}" for key, part in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return " ".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return safe(repr(value) if isinstance(value, str) and value != value.strip() else str(value))


def _used(_: Call[ModelUse], used: Used) -> Iterator[str]:
    yield f"{safe(used.model.id)} is now in use"


def _used_notes(call: Call[ModelUse], used: Used) -> None:
    for vault in () if call.shell.json else used.vaults:
        if vault.root is not None:
            call.shell.note(f"run `magray --workspace {vault.root} index`; until then its old vectors answer")


def _pull(shell: Shell, wanted: ModelPull) -> int:
    with shell.memory() as memory, long_run(shell) as progress:
        pulled = pull(Context(memory=memory, progress=progress), wanted)
    if shell.json:
        shell.value(as_json(pulled))
        return DONE
    shell.result(f"{safe(pulled.id)} is in {safe(pulled.folder)}")
    shell.note(f"magray model use {pulled.id}")
    return DONE


def _built(call: Call[ModelBuild], built: Built) -> Iterator[str]:
    yield f"{safe(built.id)} has a file for {call.options.device} in {safe(built.folder)}"


def _verified(_: Call[ModelVerify], found: Verified) -> Iterator[str]:
    how = "" if found.cosine is None else f", reference text {found.cosine:.3f}"
    yield f"{safe(found.id)}: {render.count(found.files, 'file')} as recorded{how}"


VIEWS = {
    "model list": View(lines=_listed),
    "model show": View(lines=_shown),
    "model use": View(lines=_used, notes=_used_notes),
    "model pull": View(run=_pull),
    "model build": View(lines=_built),
    "model verify": View(lines=_verified),
}
