"""`magray related`: more like what stands at this place."""

from __future__ import annotations

import click

from magray_memory.errors import QueryError
from magray_server.cli.commands.search import show
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Shell, command, user_path


@command("related", example="magray related src/app.py:120 -k 5")
@click.argument("place", metavar="PATH[:LINE]")
@click.option("-k", type=int, metavar="N", help="How many hits (default 10).")
def cli(shell: Shell, place: str, k: int | None) -> int:
    """Find passages like the one at PATH, or at a LINE of it."""
    path, line = _place(place)
    if k is not None and k < 0:
        raise QueryError(f"-k {k}", "the number of hits cannot be negative", "-k 10")
    with shell.memory() as memory:
        answer = memory.related(user_path(path), line, memory.settings.search.k if k is None else k)
        show(shell, memory, answer, "")
    return DONE


def _place(text: str) -> tuple[str, int | None]:
    """The path and the line of `PATH[:LINE[:COLUMN]]`; a file whose own name ends like that wins."""
    if user_path(text).exists():
        return text, None
    path, line = text, None
    for _ in range(2):
        head, colon, tail = path.rpartition(":")
        if not (colon and head and tail.isascii() and tail.isdigit()):
            break
        path, line = head, int(tail[:9])
    if line == 0:
        raise QueryError(f"place {text}", "lines are counted from 1")
    return path, line
