"""View of `magray trash`: what was forgotten, and what is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed, listed, purge_notes, purged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Purged, RecordPage
    from magray_server.operations.forget import Changed
    from magray_server.operations.trash import TrashEmpty, TrashList, TrashRestore


def _listed(_: Call[TrashList], page: RecordPage) -> Iterator[str]:
    return listed(page.records)


def _notes(call: Call[TrashList], page: RecordPage) -> None:
    if call.shell.json:
        return
    if not page.records:
        call.shell.note("the trash is empty")
    elif page.next is not None:
        call.shell.note(f"there are more: magray trash list --after {page.next}")


def _restored(_: Call[TrashRestore], done: Changed) -> Iterator[str]:
    return changed("restored", done.records)


def _emptied(_: Call[TrashEmpty], done: Purged) -> Iterator[str]:
    return purged(done)


def _emptied_notes(call: Call[TrashEmpty], done: Purged) -> None:
    if not done.looked and not call.shell.json:
        call.shell.note("the trash is empty")
    purge_notes(call.shell, done)


VIEWS = {
    "trash list": View(lines=_listed, notes=_notes),
    "trash restore": View(lines=_restored),
    "trash empty": View(lines=_emptied, notes=_emptied_notes),
}
