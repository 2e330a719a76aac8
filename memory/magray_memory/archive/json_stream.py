"""JSON stream: reads the items of an array in a JSON document one by one, however large the document is.

The array is the document itself, or stands under one of some keys of the object that the document is; it may
be written in any way. Held are a piece of the text and one item.
"""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from magray_memory.text.decode import other_encoding, unmarked_utf_16

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 18
MAX_ITEM = 1 << 26
"""Characters of one item at most."""
_BLANKS = " \t\n\r"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NotJson(ValueError):  # noqa: N818 - a finding about the source
    """The document is no JSON from some point on; what was read before stands. The text says why."""


class TextPieces:
    """The text of a stream of bytes in pieces: UTF-8, UTF-16 and UTF-32 by their mark or look, and another
    encoding where that is what its first letters are in.

    Bytes that are no text become U+FFFD, and `broken` says that there were some.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self._next: str | None = None
        self.broken = False

    def peek(self) -> str:
        """The next piece, which `read` gives again; "" at the end. Raises OSError."""
        self._next = self.read()
        return self._next or ""

    def read(self) -> str | None:
        """The next piece, None at the end. Raises OSError."""
        if self._next is not None:
            piece, self._next = self._next, None
            return piece
        while True:
            data = self._stream.read(_PIECE)
            if self._decoder is None:
                encoding, skipped = encoding_of(data)
                self._decoder = codecs.getincrementaldecoder(encoding)("strict")
                data = data[skipped:]
                if not data:
                    return None
            state = self._decoder.getstate()
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError:
                other = None if self.broken else other_encoding(data)
                if other is not None:
                    self._decoder = codecs.getincrementaldecoder(other)("replace")
                    return self._decoder.decode(data)
                self.broken = True
                self._decoder.setstate(state)
                self._decoder.errors = "replace"
                text = self._decoder.decode(data, final=not data)
                self._decoder.errors = "strict"
            if text or not data:
                return text or None


def encoding_of(data: bytes) -> tuple[str, int]:
    """The encoding of a text by its first bytes, and how many of them are its mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    if b"\0" in data[:64]:
        return unmarked_utf_16(data[: len(data) // 2 * 2]) or "utf-8", 0
    return "utf-8", 0


class JsonItems:
    """The items of an array. `facts`: what else stands in the object, known once the iteration is over."""

    def __init__(self, pieces: TextPieces, keys: tuple[str, ...] = ()) -> None:
        """`keys`: under which of them the array stands, where the document is an object."""
        self._pieces = pieces
        self._keys = keys
        self._text = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder()
        self.facts: dict[str, Any] = {}
        self.found = False
        """Whether the array is there."""

    def __iter__(self) -> Iterator[Any]:
        """Each item. Raises NotJson, OSError."""
        try:
            yield from self._document()
        except RecursionError:
            raise NotJson("it is nested too deeply") from None
        if self._peek():
            raise NotJson("something follows the end of the document")

    def _document(self) -> Iterator[Any]:
        first = self._peek()
        if first == "[":
            self.found = True
            yield from self._array()
        elif first == "{":
            yield from self._object()
        elif not first:
            raise NotJson("it is empty")
        else:
            raise NotJson("it begins with neither [ nor {")

    def _object(self) -> Iterator[Any]:
        self._take("{")
        if self._peek() == "}":
            self._take("}")
            return
        while True:
            if self._peek() != '"':
                raise self._error("a key is missing")
            key = cast(str, self._value())
            self._take(":")
            if key in self._keys and self._peek() == "[":
                self.found = True
                yield from self._array()
            else:
                self.facts[key] = self._value()
            if self._peek() != ",":
                break
            self._take(",")
        self._take("}")

    def _array(self) -> Iterator[Any]:
        self._take("[")
        if self._peek() == "]":
            self._take("]")
            return
        while True:
            yield self._value()
            if self._peek() != ",":
                break
            self._take(",")
        self._take("]")

    def _peek(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise self._error(f"{wanted} is missing")
        self._at += 1

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except ValueError as error:  # what is cut off at the end of a piece looks like an error
                if not self._more(double=True):
                    raise self._error(getattr(error, "msg", str(error))) from None
                continue
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def _more(self, *, double: bool = False) -> bool:
        """Read on, `double`: as much again as is held; whether there was more."""
        if self._ended:
            return False
        wanted = len(self._text) - self._at if double else 0
        if wanted > MAX_ITEM:
            raise NotJson("one of its items is too large")
        parts, read = [self._text[self._at :]], 0
        while read <= wanted:
            piece = self._pieces.read()
            if piece is None:
                self._ended = True
                break
            parts.append(piece)
            read += len(piece)
        self._text, self._at = "".join(parts), 0
        return read > 0

    def _error(self, why: str) -> NotJson:
        if self._at >= len(self._text) or (self._ended and self._text[self._at] in '{["'):
            return NotJson("it is cut off, or damaged")
        return NotJson(f"{why[:80]}, before {self._text[self._at : self._at + 40]!r}")
