"""View of `magray related`, and the location that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.errors import QueryError
from magray_server.cli import render
from magray_server.cli.commands.search import answer_notes
from magray_server.cli.operation_command import View
from magray_server.operations.paths import user_path

if TYPE_CHECKING:
    from pathlib import Path

    from magray_server.cli.shell import Shell


def _fields(shell: Shell, values: dict[str, Any]) -> dict[str, Any]:
    """The options, with the place taken apart."""
    path, line = _place(values["path"], shell.workspace)
    return {"path": str(path), "line": line, "k": values["k"]}


def _place(text: str, workspace: str | None) -> tuple[Path, int | None]:
    """The path and the line of `PATH[:LINE[:COLUMN]]`; a file whose own name ends like that wins."""
    if _path(text, workspace).exists():
        return _path(text, workspace), None
    path, line = text, None
    for _ in range(2):
        head, colon, tail = path.rpartition(":")
        if not (colon and head and tail.isascii() and tail.isdigit()):
            break
        path, line = head, int(tail[:9])
    if line == 0:
        raise QueryError(f"place {text}", "lines are counted from 1")
    return _path(path, workspace), line


def _path(text: str, workspace: str | None) -> Path:
    """The path as seen from here; where nothing is, as seen from a workspace that was named."""
    here = user_path(text)
    inside = None if workspace is None else user_path(workspace) / text
    return inside if inside is not None and not here.exists() and inside.exists() else here


VIEWS = {
    "related": View(fields=_fields, lines=lambda _, answer: render.hits(answer, ""), notes=answer_notes),
}
