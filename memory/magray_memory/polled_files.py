"""Polled files: whether one of a few files changed, by what the system says of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from magray_memory.regular_file import stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.regular_file import Stamp

    _State = Stamp | None


class PolledFiles:
    """Remembers size, times and inode of a dozen files at most; one that appears or goes has changed too."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._seen = _states(files)

    def changed(self, files: Iterable[Path]) -> bool:
        """Whether these differ from the files of the last call, in what is in them or in which they are."""
        before, self._seen = self._seen, _states(files)
        return before != self._seen


def _states(files: Iterable[Path]) -> dict[str, _State]:
    return {str(file): _state(file) for file in files}


def _state(file: Path) -> _State:
    try:
        status = os.stat(file)  # noqa: PTH116 - a dozen of these every other second
    except (OSError, ValueError):
        return None
    return stamp_of(status)
