"""Scores of approximate vectors, on the scale of the model's cosines, so that both kinds rank together.

Approximate vectors lie nearer to each other than the model's own: a regression shrinks what it is unsure of,
and the cosine to a question then says more of how a text differs from most than of what was asked. So both
are taken from their means: a text from that of its vault, a question from what is usual of questions in its
language about such texts. Directions in which the texts differ most weigh a little less.

NDCG@10 by vectors alone, best passage of a file (`code`, `xquad-en`, `xquad-ru`, Russian questions to
`xquad-en`): .822, .774, .648, .522 with nothing embedded, where plain cosines give .809, .704, .576, .353;
.858, .817, .755, .640 with half of it embedded, where these give .789, .751, .654, .328.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from magray_memory.models.static_table import StaticTable

SHIFT = 0.7
"""How far the mean of questions moves with that of the texts that they are asked of."""
SPREAD = 15.0
"""A direction with so many times the mean variance has half its weight."""
_FEW_ROWS = 32
"""What is usual of all texts weighs as much as so many of a vault."""
_SAMPLE = 4096
"""Rows that the mean and the spread of a vault are taken from."""
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class CenteredRows:
    """Rows of texts beside the mean of their vault: int8 [n, rank], and two factors float32 [n] that make
    unit deviations of them.
    """

    coordinates: NDArray[np.int8]
    steps: NDArray[np.float32]
    inverse: NDArray[np.float32]

    def take(self, at: NDArray[np.intp]) -> CenteredRows:
        """Those at these positions."""
        return CenteredRows(self.coordinates[at], self.steps[at], self.inverse[at])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is compared with texts: `base` is the score of the mean of them."""

    base: float
    axes: NDArray[np.float32]
    offset: float

    def cosines(self, rows: CenteredRows) -> NDArray[np.float32]:
        """Cosines to texts, as near as can be to those of the model: float32 [n]."""
        scores = np.empty(len(rows.steps), np.float32)
        for start in range(0, len(scores), _BLOCK):
            block = slice(start, start + _BLOCK)
            along = rows.coordinates[block].astype(np.float32) @ self.axes
            scores[block] = (along * rows.steps[block] - self.offset) * rows.inverse[block]
        return scores + np.float32(self.base)


class Center:
    """The mean of the approximate vectors of a vault, and how they spread around it."""

    def __init__(self, table: StaticTable, rows: NDArray[np.uint8]) -> None:
        """`rows` uint8 [n, row_bytes]: of all texts of the vault, as they are stored."""
        self._table = table
        deviations = _deviations(table, rows[:: 1 + len(rows) // _SAMPLE])
        count, rank = deviations.shape
        self._deviation = (deviations.sum(axis=0) / (count + _FEW_ROWS)).astype(np.float32)
        self._mean = table.mean + self._deviation @ table.basis
        deviations = deviations - self._deviation
        deviations /= np.maximum(np.linalg.norm(deviations, axis=1, keepdims=True), 1e-6)
        # A unit deviation has a mean variance of 1 / rank in each direction.
        shrunk = (deviations.T @ deviations * rank + rank * np.eye(rank)) / (count + rank)
        self._weights = np.asarray(np.linalg.inv(np.eye(rank) + shrunk / SPREAD), np.float32)

    def centered(self, rows: NDArray[np.uint8]) -> CenteredRows:
        """Rows of texts, uint8 [n, row_bytes], beside the mean."""
        table = self._table
        coordinates = np.ascontiguousarray(rows[:, : table.rank]).view(np.int8)
        steps = _steps(table, rows)
        lengths = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            apart = coordinates[block].astype(np.float32) * steps[block, None] - self._deviation
            lengths[block] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        # A damaged row may hold anything; without a deviation it is found by nothing before the others.
        inverse = np.where(steps > 0, 1 / np.maximum(lengths, 1e-6), 0).astype(np.float32)
        return CenteredRows(coordinates, steps, inverse)

    def ask(self, vector: NDArray[np.float32], *, passage: bool = False) -> Asked:
        """A question's vector, float32 [dim]; `passage`: that of a text, which others are like."""
        table = self._table
        usual = self._mean if passage else self._usual(vector)
        axes = np.asarray(table.slope * (self._weights @ (table.basis @ (vector - usual))), np.float32)
        return Asked(float(self._mean @ vector), axes, float(axes @ self._deviation))

    def _usual(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of questions in the language of this one, moved to what these texts are about."""
        questions, texts = self._table.questions, self._table.texts
        asked = questions[_nearest(questions, vector)]
        return asked + SHIFT * (self._mean - texts[_nearest(texts, self._mean)])


def _nearest(means: NDArray[np.float32], vector: NDArray[np.float32]) -> int:
    return int(np.argmax(means @ vector / np.linalg.norm(means, axis=1)))


def _steps(table: StaticTable, rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What one of the integers of each row stands for; 0 for a damaged row."""
    tails = np.ascontiguousarray(rows[:, table.rank :]).view("<f2").astype(np.float32)
    with np.errstate(all="ignore"):
        steps = tails[:, 0] / tails[:, 1]
    return np.where(np.isfinite(steps) & (steps > 0) & (steps < 1), steps, 0).astype(np.float32)


def _deviations(table: StaticTable, rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows apart from the mean of the table, in its basis: float32 [n, rank]."""
    return rows[:, : table.rank].view(np.int8).astype(np.float32) * _steps(table, rows)[:, None]
