"""`magray related`: more like what stands at this place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from magray_memory.errors import QueryError
from magray_server.cli.commands.search import show
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Shell, command, user_path

if TYPE_CHECKING:
    from pathlib import Path


@command("related", example="magray related src/app.py:120 -k 5")
@click.argument("place", metavar="PATH[:LINE]")
@click.option("-k", type=int, metavar="N", help="How many hits (default 10).")
def cli(shell: Shell, place: str, k: int | None) -> int:
    """Find passages like the one at PATH, or at a LINE of it."""
    path, line = _place(place, shell.workspace)
    if k is not None and k < 0:
        raise QueryError(f"-k {k}", "the number of hits cannot be negative", "-k 10")
    with shell.memory() as memory:
        answer = memory.search.related(path, line, memory.settings.search.k if k is None else k)
        show(shell, memory, answer, "")
    return DONE


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
