"""View of `magray show`: one record whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import RecordDetails
    from magray_server.operations.show import Show


def _lines(call: Call[Show], details: RecordDetails) -> Iterator[str]:
    return shown(details, history=call.options.history)


VIEWS = {"show": View(lines=_lines)}
