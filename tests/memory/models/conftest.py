"""The bundled model, opened once, and a copy of its folder to damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import Model, load_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def bundled() -> Model:
    return load_model(BUNDLED / DEFAULT_ID)


@pytest.fixture(scope="session")
def embedder(bundled: Model) -> Embedder:
    return Embedder.open(bundled)


@pytest.fixture
def model_folder(tmp_path: Path, bundled: Model) -> Path:
    """A copy of the bundled folder to damage; its large file is a link where the system has links."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in bundled.folder.iterdir():
        if path.suffix == ".onnx":
            try:
                (folder / path.name).symlink_to(path)
                continue
            except OSError:  # no right to make links on Windows
                pass
        (folder / path.name).write_bytes(path.read_bytes())
    return folder
