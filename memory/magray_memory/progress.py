"""Progress of a long run: what it reports while it works, and how its caller has it stop.

    def copy(files: Sequence[Path], progress: Progress = SILENT) -> None:
        for done, file in enumerate(files):
            progress.check()
            progress.report("copying", done, len(files), "files")

The same value serves a terminal, a progress bar of an editor, and callers that show nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable


class Report(NamedTuple):
    """How far a run is. `step`: what is being done, in a few words; `total`: None where it is not known;
    `unit`: of both figures, as `records`, `files` or `bytes`.
    """

    step: str
    done: int = 0
    total: int | None = None
    unit: str = ""

    @property
    def percentage(self) -> int | None:
        """The share that is done, 0 to 100; None where it is not known."""
        return None if not self.total else max(0, min(100, 100 * self.done // self.total))


def _ignore(_: Report) -> None:
    pass


def _never() -> bool:
    return False


class Progress:
    """What a run is given by its caller. Safe in any thread."""

    __slots__ = ("_on_report", "should_stop")

    def __init__(
        self,
        on_report: Callable[[Report], None] = _ignore,
        should_stop: Callable[[], bool] = _never,
    ) -> None:
        """Both are called often, in any thread, and return at once: whoever shows reports leaves out what
        comes too often.
        """
        self._on_report = on_report
        self.should_stop = should_stop

    def report(self, step: str, done: int = 0, total: int | None = None, unit: str = "") -> None:
        """Say how far the run is; an empty step: it waits for an answer of the person."""
        self._on_report(Report(step, done, total, unit))

    def check(self) -> None:
        """Raise Interrupted when the caller no longer wants the run. Called at points where the run may end:
        what is done by then is whole, and a half-made file is a draft.
        """
        if self.should_stop():
            raise Interrupted("stopped", "what was done until then is whole", "run it again to go on")


SILENT = Progress()
"""Shows nothing and never stops."""
