"""Background embedding: a process of its own gives new records their vectors, and ends.

`python -P -m magray_memory.records.background HOME` is started by whoever has remembered something and does
not stay: what was said is durable and found by words already, and a command never waits for a model.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory import detached_process
from magray_memory.config_rule import installed
from magray_memory.errors import MagrayError
from magray_memory.storage.lock import IndexerLock

if TYPE_CHECKING:
    from magray_memory.context import Context


def embed_in_background(context: Context) -> bool:
    """Start the process, unless one is at work, or nothing here could run a model; returns whether it was.

    One that is at work looks again after it has let go of the lock, so that nothing is missed.
    """
    if not context.settings.records.embed_at_once or not installed("onnxruntime"):
        return False
    if IndexerLock(context.home.notebook).holder() is not None:
        return False
    return detached_process.start("magray_memory.records.background", context.home.path)


def main() -> None:
    """The child: embeds what is pending in the notebook of a home."""
    from magray_memory.context import Context
    from magray_memory.indexing.notebook import embed_notebook
    from magray_memory.resources import give_way

    give_way()
    with contextlib.suppress(MagrayError):
        embed_notebook(Context.open(home=Path(sys.argv[1])))


if __name__ == "__main__":
    main()
