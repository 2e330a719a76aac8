"""Positions: columns in the client's unit (UTF-8, -16 or -32) and as an index into a Python string.

A column that points into the middle of a character means its start; one past the end of the line means its
end.
"""

from __future__ import annotations

from lsprotocol.types import ClientCapabilities, PositionEncodingKind

UTF8 = PositionEncodingKind.Utf8.value
UTF16 = PositionEncodingKind.Utf16.value
UTF32 = PositionEncodingKind.Utf32.value


def negotiated(capabilities: ClientCapabilities) -> str:
    """The encoding both sides use: the first of the client's that we know, UTF-16 when it names none."""
    general = capabilities.general
    for offered in (general.position_encodings if general else None) or ():
        name = offered.value if isinstance(offered, PositionEncodingKind) else str(offered)
        if name in (UTF8, UTF16, UTF32):
            return name
    return UTF16


def to_index(line: str, column: int, encoding: str) -> int:
    """The index into `line` of a column given in the client's unit."""
    if column <= 0:
        return 0
    if encoding == UTF32 or line.isascii():
        return min(column, len(line))
    if encoding == UTF8:
        return len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
    return len(line.encode("utf-16-le", "surrogatepass")[: 2 * column].decode("utf-16-le", "ignore"))


def to_column(line: str, index: int, encoding: str) -> int:
    """The column in the client's unit of an index into `line`."""
    part = line[:index]
    if encoding == UTF32 or part.isascii():
        return len(part)
    if encoding == UTF8:
        return len(part.encode("utf-8", "surrogatepass"))
    return len(part.encode("utf-16-le", "surrogatepass")) // 2
