"""View of `magray export`: what was written, and JSON on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO, cast

from magray_memory.errors import StorageError, UsageError
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.long_run import long_run
from magray_server.cli.operation_command import Call, View
from magray_server.cli.terminal import results
from magray_server.operations.export import Export, records_of
from magray_server.operations.paths import STREAM
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Exported
    from magray_server.cli.shell import Shell

_SHOWN = 5


def _run(shell: Shell, wanted: Export) -> int | None:
    """JSON to stdout, for `-`."""
    if wanted.dest != STREAM:
        return None
    if wanted.format == "markdown":
        raise UsageError("-", "Markdown is a folder of notes", "give a folder's name, or --format json")
    with shell.memory() as memory, long_run(shell) as progress:
        stream = cast(BinaryIO, getattr(results(), "buffer", sys.stdout.buffer))
        try:
            memory.exchange.export_to(stream, records_of(wanted), trash=wanted.trash, progress=progress)
            stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.filename is not None:  # it is about a file that is read
                raise
            raise StorageError("stdout cannot be written", error.strerror or str(error)) from error
    return DONE


def _lines(_: Call[Export], done: Exported) -> Iterator[str]:
    unchanged = f", {done.unchanged:,} as they were" if done.unchanged else ""
    files = f" ({render.count(done.written, 'file')} written{unchanged})" if done.format == "markdown" else ""
    yield f"exported {render.count(done.records, 'record')} to {safe(done.path)}{files}"


def _notes(call: Call[Export], done: Exported) -> None:
    shown = done.kept if call.shell.verbose else done.kept[:_SHOWN]
    for path in shown:
        call.shell.warn(f"{path} was edited since it was exported, and is left as it is")
    if len(done.kept) > len(shown):
        call.shell.warn(f"{len(done.kept) - len(shown):,} more were edited (--verbose shows them)")
    if done.kept:
        call.shell.note(f"magray import {done.path} takes the edits; --force writes over them")


VIEWS = {"export": View(run=_run, lines=_lines, notes=_notes)}
