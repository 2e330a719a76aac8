"""Line index: where the lines of a text begin, so that sizes and slices of line ranges cost nothing."""

from __future__ import annotations

from itertools import accumulate, count
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def line_starts(lengths: Iterable[int]) -> list[int]:
    """Where lines of these lengths begin, each followed by a line break; one more than there are lines."""
    return [0, *map(add, accumulate(lengths), count(1))]


class LineIndex:
    """A text with the offsets of its lines.

    Rows are 0-based and ranges half open, `[start, end)`. `count` leaves out the empty row after a final
    line break.
    """

    __slots__ = ("count", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        lengths = list(map(len, text.split("\n")))
        if len(lengths) > 1 and lengths[-1] == 0:
            lengths.pop()
        self.count = len(lengths)
        self.starts = line_starts(lengths)

    def size(self, start: int, end: int) -> int:
        """Characters of the rows, without the last line break."""
        return self.starts[end] - self.starts[start] - 1

    def slice(self, start: int, end: int) -> str:
        """The rows' text, without the last line break."""
        return self.text[self.starts[start] : self.starts[end] - 1]

    def is_blank(self, start: int, end: int) -> bool:
        """Whether the rows hold nothing but white space."""
        part = self.slice(start, end)
        return not part or part.isspace()
