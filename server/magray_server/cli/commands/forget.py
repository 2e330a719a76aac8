"""View of `magray forget`: the records that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_server.operations.forget import Changed, Forget


def _lines(_: Call[Forget], done: Changed) -> Iterator[str]:
    return changed("in the trash", done.records)


VIEWS = {"forget": View(lines=_lines)}
