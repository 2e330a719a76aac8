"""Standard streams as the shell sees them: encodings that cannot fail, colour only where it is wanted.

What is printed comes from files of strangers, so every text for a terminal goes through `safe_text.safe`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import unicodedata
from typing import IO, TYPE_CHECKING, Any

from magray_server.safe_text import safe_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "match": "1;33"}


def prepare_streams() -> None:
    """Let no character and no missing stream stop the program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller, as with `>&-`
            stream = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)
        elif isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")


_reserved: IO[str] | None = None


def results() -> IO[str]:
    """The stream that results go to."""
    return sys.stdout if _reserved is None else _reserved


def reserve_stdout() -> None:
    """Keep stdout for `emit`: whatever any library prints from now on, natively or not, goes to stderr."""
    global _reserved
    try:
        if _reserved is not None or sys.stdout.fileno() != 1:
            return
        sys.stdout.flush()
        stdout = os.dup(1)
        os.dup2(2, 1)
    except (OSError, ValueError):
        return  # closed, or not a file at all: nothing that a library could write to
    encoding, lines = sys.stdout.encoding, 1 if sys.stdout.isatty() else -1
    _reserved = open(stdout, "w", buffering=lines, encoding=encoding, errors="backslashreplace")  # noqa: PTH123, SIM115
    sys.stdout = sys.stderr


class OutputLostError(Exception):
    """What was to be printed cannot be: the disk is full, the terminal is gone."""


def emit(text: str, *, flush: bool = False) -> None:
    """A line on stdout. Raises BrokenPipeError when its reader left, OutputLostError when it is lost."""
    try:
        print(text, file=results(), flush=flush)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(error.strerror or str(error)) from error


def flush() -> None:
    """What was emitted leaves this process now. Raises like `emit`."""
    try:
        results().flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(error.strerror or str(error)) from error


def coloured(stream: IO[str], environ: Mapping[str, str] | None = None) -> bool:
    """Whether colour belongs on this stream: a terminal that can, and no NO_COLOR."""
    environ = os.environ if environ is None else environ
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def style(text: str, kind: str, *, colour: bool) -> str:
    """The text in one of the few styles that the program uses."""
    return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if colour and text else text


def width(stream: IO[str]) -> int | None:
    """Columns of a terminal; None where lines need not be cut."""
    if not stream.isatty():
        return None
    import shutil  # takes longer to load than most answers take

    return max(shutil.get_terminal_size().columns, 20)


def cut(text: str, columns: int | None) -> str:
    """As much of the text as fits, wide characters counted twice, with an ellipsis where it was cut."""
    if columns is None or len(text) * 2 <= columns:
        return text
    used = 0
    for at, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            return text[: max(at - 1, 0)] + "…"
    return text


def to_json(value: Any) -> str:
    """One JSON value on one line, in ASCII where the output cannot do better."""
    wide = (getattr(results(), "encoding", None) or "").lower().replace("-", "").startswith("utf")
    return safe_json(json.dumps(value, ensure_ascii=not wide, separators=(",", ":"), default=_plain))


def _plain(value: object) -> Any:
    # Answers are structs; the commands that have none do without the library.
    import msgspec

    return msgspec.to_builtins(value)
