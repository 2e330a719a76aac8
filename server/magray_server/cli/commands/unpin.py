"""View of `magray unpin`: the records that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_server.operations.forget import Changed
    from magray_server.operations.unpin import Unpin


def _lines(_: Call[Unpin], done: Changed) -> Iterator[str]:
    return changed("no longer pinned", done.records)


VIEWS = {"unpin": View(lines=_lines)}
