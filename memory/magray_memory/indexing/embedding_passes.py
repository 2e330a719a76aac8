"""Embedding passes: what the model reads of the passages of a workspace, and in which order."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.power import OtherPrograms, on_battery
from magray_memory.resources import choose_profile, machine
from magray_memory.storage.embedding_depth import Depth

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import Settings

LOOK_SECONDS = 15.0
"""How often `auto` looks at the machine."""
BUSY_SHARE = 0.3
"""A machine is busy where other programs take more of its cores: a build does, an editor and a browser do
not.
"""
ON_BATTERY = "the machine runs on its battery"
MINIMAL = "the resource profile is minimal"
BUSY = "other programs keep the machine busy"
AT_REST = "the machine has mains power and is idle"


class Pass(NamedTuple):
    """What one pass of the model embeds.

    `head`: the beginning of every passage that has no vector. Else all of every passage that has no vector of
    all of it; where `prose` is set, of those that are no code.
    """

    head: bool = False
    prose: bool = False


_HEADS, _PROSE, _WHOLE = Pass(head=True), Pass(prose=True), Pass()
_PASSES = {"static": (), "heads": (_HEADS,), "prose": (_HEADS, _PROSE), "full": (_WHOLE,)}


def passes_of(depth: Depth, *, many: bool) -> tuple[Pass, ...]:
    """The passes of the model over a workspace in their order; `many`: of many passages, which take minutes.

    Where the machine may have other work any moment, `auto` makes many passages well found first.
    """
    if depth.name == "full" and depth.why and many:
        return (_HEADS, _PROSE, _WHOLE)
    return _PASSES[depth.name]


class DepthChooser:
    """What `embedding.depth` comes to at this moment, on this machine. `clock` counts seconds."""

    def __init__(
        self,
        settings: Settings,
        battery: Callable[[], bool] | None = None,
        others: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`battery`: whether the machine runs on it; `others`: the share of the processor that other programs
        take.
        """
        self._wanted = settings.embedding.depth
        self._profile = settings.resources.profile
        self._battery = battery or on_battery
        self._clock = clock
        self._others = others or (OtherPrograms().share if self.auto else _nobody)
        self._next = -math.inf
        self._now = Depth(self._wanted)

    @property
    def auto(self) -> bool:
        """Whether it goes by the machine."""
        return self._wanted == "auto"

    def now(self) -> Depth:
        """The depth of now. Looks at the machine every LOOK_SECONDS at most."""
        now = self._clock()
        if self.auto and now >= self._next:
            self._next = now + LOOK_SECONDS
            self._now = self._look()
        return self._now

    def _look(self) -> Depth:
        if choose_profile(self._profile, machine()).name == "minimal":
            return Depth("heads", MINIMAL)
        if self._battery():
            return Depth("heads", ON_BATTERY)
        if self._others() > BUSY_SHARE:
            return Depth("heads", BUSY)
        return Depth("full", AT_REST)


def _nobody() -> float:
    return 0.0
