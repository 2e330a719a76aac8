"""Default model: the id of the one in the package, and the folder of the models that come with it."""

from __future__ import annotations

from pathlib import Path

BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_ID = "multilingual-e5-small-enru"
