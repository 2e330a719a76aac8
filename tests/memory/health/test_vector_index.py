"""The component `vector_index` of `status`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.config import Settings
from magray_memory.health.checks import HealthContext, vector_index
from magray_memory.health.report import Severity
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault_info import VaultInfo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("passages", "there", "said"), [(60_000, False, True), (60_000, True, False), (9, False, False)]
)
def test_a_large_vault_without_hnswlib_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passages: int, there: bool, said: bool
) -> None:
    if not there:
        monkeypatch.setitem(sys.modules, "hnswlib", None)
    path = tmp_path / "x.db"
    vault = VaultInfo(
        path, VaultKind.WORKSPACE, tmp_path, 1, passages, {"key": passages}, 0, 0, 0, 1, None, {}
    )
    scene = HealthContext(Home(tmp_path), Settings(), [vault], vault, None, None, None)
    component = vector_index(scene)
    assert component.severity is Severity.OK and component.summary == f"{passages:,} vectors"
    assert ("magray[native]" in component.hint) == said
