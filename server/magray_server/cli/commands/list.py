"""View of `magray list`: a line for each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import RecordPage
    from magray_server.operations.list import List


def _lines(_: Call[List], page: RecordPage) -> Iterator[str]:
    return listed(page.records)


def _notes(call: Call[List], page: RecordPage) -> None:
    if call.shell.json:
        return
    if not page.records:
        call.shell.note('no record is listed; magray remember "a sentence" stores one')
    elif page.next is not None:
        call.shell.note(f"there are more: magray list --after {page.next}")


VIEWS = {"list": View(lines=_lines, notes=_notes)}
