"""Safe text: what strangers wrote, without anything that a terminal obeys or an eye cannot see.

Names and lines of foreign files reach terminals, logs and scripts. An escape sequence must not act, a
direction mark must not reorder the line, and an invisible character must not make two names look the same.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any

# Controls, marks of direction, separators of lines, and what has no width (categories Cc, Cf, Zl and Zp, and
# fillers). Joiners stay, which Persian, Hindi and emoji are written with, and so do signs of category Cf that
# are seen.
_UNSEEN = (
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160),
    (0x17B4, 0x17B5), (0x180E, 0x180E), (0x200B, 0x200B), (0x200E, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE007F),
)  # fmt: skip
_SHOWN = {"\n": "\\n", "\r": "\\r", "\t": "    "}


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSEEN) + "]")


def safe(text: str) -> str:
    """The text on one line, with `\\x1b` or `\\u202e` in place of a character that is obeyed or unseen."""
    return text if text.isascii() and text.isprintable() else _unseen().sub(_escaped, text)


def safe_json(text: str) -> str:
    """JSON that says the same, with an escape in place of every such character."""
    plain = text.isascii() and "\x7f" not in text
    return text if plain else _unseen().sub(_json_escaped, text)


class SafeFormatter(logging.Formatter):
    """Log lines without secrets; a message stays on one, and only a traceback goes on below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line of a record."""
        return safe(without_secrets(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback of a record."""
        return safe_lines(without_secrets(super().formatException(ei)))


def without_secrets(text: str) -> str:
    """The text of a log or an error, which may repeat what was given."""
    from magray_memory.values import redact

    return redact(text).text


def safe_lines(text: str) -> str:
    """Text of several lines, each of them safe."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] in _SHOWN:
        return _SHOWN[match[0]]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
