"""View of `magray pin`: the records that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_server.operations.forget import Changed
    from magray_server.operations.pin import Pin


def _lines(_: Call[Pin], done: Changed) -> Iterator[str]:
    return changed("pinned", done.records)


VIEWS = {"pin": View(lines=_lines)}
