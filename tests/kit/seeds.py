"""What every home would find out about this machine by itself, given to new ones: the model runs here."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.device import VERDICTS, find_out
from magray_memory.models.model import load_model

SECONDS = 120.0


@cache
def _smoke_test() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        found = find_out(Path(folder), load_model(BUNDLED / DEFAULT_ID), "cpu", SECONDS)
        assert found.ok, found
        return (Path(folder) / VERDICTS).read_bytes()


def know_machine(home: Path) -> Path:
    """Make a home that knows it, unless it is there already."""
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
        (home / VERDICTS).write_bytes(_smoke_test())
    return home
