"""View of `magray forget`: the records that were changed, or are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed, purge_notes, purged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_server.operations.forget import Forget, Forgotten


def _lines(_: Call[Forget], done: Forgotten) -> Iterator[str]:
    return changed("in the trash", done.records) if done.purged is None else purged(done.purged)


def _notes(call: Call[Forget], done: Forgotten) -> None:
    if done.purged is not None:
        purge_notes(call.shell, done.purged)


VIEWS = {"forget": View(lines=_lines, notes=_notes)}
