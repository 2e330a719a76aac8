"""Log of the server: a file that is rotated, at the level of MAGRAY_LOG. Never stdout."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from magray_server.safe_text import SafeFormatter

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.values import Home

MAX_BYTES = 1_000_000
KEPT_FILES = 3
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def set_level(name: str) -> None:
    """Log from this level on; an empty name means what MAGRAY_LOG says."""
    name = name or os.environ.get("MAGRAY_LOG", "").partition(":")[0]
    level = logging.getLevelNamesMapping().get(name.upper(), logging.WARNING)
    logging.getLogger().setLevel(level)
    # At INFO pygls writes the bodies of messages, which are the person's own texts.
    logging.getLogger("pygls").setLevel(max(level, logging.WARNING))


def start_logging(home: Home, file: Path | None, level: str = "") -> None:
    """Log to `file`, else to `logs/lsp.log` in the home; to stderr where that cannot be written."""
    from logging.handlers import RotatingFileHandler

    class PrivateFileHandler(RotatingFileHandler):
        """Makes each file open to the person alone. What it cannot write goes to stderr, a line each."""

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in `logging`
            with contextlib.suppress(OSError, ValueError):
                print(self.format(record), file=sys.stderr)

        def _open(self) -> Any:
            if file is None:  # the home may have been removed
                home.make_logs()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            os.close(os.open(self.baseFilename, flags, 0o600))
            return super()._open()

    path = file or home.logs / "lsp.log"
    try:
        if file is None:
            home.make_logs()
        handler: logging.Handler = PrivateFileHandler(
            path,
            maxBytes=MAX_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter(_FORMAT))
    logging.basicConfig(handlers=[handler])
    set_level(level)
