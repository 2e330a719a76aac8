"""Spool: a file of what a stream gives, for sources are read more than once and from their ends."""

from __future__ import annotations

import os
import select
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import BinaryIO

    from magray_memory.progress import Progress

_BLOCK = 1 << 20
_PATIENCE = 0.2
"""Seconds after which a stream that gives nothing is asked whether anybody still waits for it."""


@contextmanager
def spooled(stream: BinaryIO, progress: Progress) -> Generator[Path]:
    """A file that nobody else can read with all of a stream, removed at the end. Raises StorageError,
    Interrupted.
    """
    with ExitStack() as stack:
        try:
            folder = tempfile.TemporaryDirectory(prefix="magray-import-", ignore_cleanup_errors=True)
            path = Path(stack.enter_context(folder), "stdin")
            _copy(stream, path, progress)
        except OSError as error:
            why = error.strerror or str(error)
            raise StorageError("what is piped in cannot be kept", why, "TMPDIR=FOLDER") from error
        yield path


def _copy(stream: BinaryIO, path: Path, progress: Progress) -> None:
    with path.open("wb") as file:
        while block := _next(stream, progress):
            file.write(block)


def _next(stream: BinaryIO, progress: Progress) -> bytes:
    progress.check()
    if sys.platform != "win32":  # where select knows sockets alone
        while not select.select([stream], [], [], _PATIENCE)[0]:
            progress.check()
    return os.read(stream.fileno(), _BLOCK)
