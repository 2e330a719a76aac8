"""View of `magray tag`: +TAG and -TAG, and the tags that there are then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Record
    from magray_server.operations.tag import Tag

_GLOBAL_FLAGS = ("-q", "-v", "-h")


def _spelled(arguments: list[str]) -> list[str]:
    """+TAG and -TAG as the options that they stand for."""
    spelled: list[str] = []
    for argument in arguments:
        if argument.startswith("+") and len(argument) > 1:
            spelled += ["--add", argument[1:]]
        elif argument.startswith("-") and len(argument) > 1 and not argument.startswith("--"):
            spelled += [argument] if argument in _GLOBAL_FLAGS else ["--remove", argument[1:]]
        else:
            spelled.append(argument)
    return spelled


def _lines(_: Call[Tag], record: Record) -> Iterator[str]:
    yield f"{record.id}  {' '.join(f'#{safe(tag)}' for tag in record.stored.tags) or 'no tags'}"


VIEWS = {"tag": View(lines=_lines, rewrite=_spelled)}
