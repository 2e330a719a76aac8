"""Nothing of the model's use is noted or sent by the libraries that run it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EMBED = (
    "from magray_memory.models.embedder import Embedder\n"
    "from magray_memory.models.default_model import BUNDLED, DEFAULT_ID\n"
    "from magray_memory.models.model import load_model\n"
    "print(Embedder.open(load_model(BUNDLED / DEFAULT_ID)).query('a question').shape)\n"
)


def test_running_the_model_leaves_nothing_in_the_persons_folders(tmp_path: Path) -> None:
    folders = {name: str(tmp_path) for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    done = subprocess.run(
        [sys.executable, "-c", EMBED],
        env={**kept, **folders},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.startswith("(384,)")
    assert [str(path) for path in tmp_path.rglob("*") if path.is_file()] == []
