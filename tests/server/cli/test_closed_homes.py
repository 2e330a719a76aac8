"""Homes and backups that permissions close: one sentence about what refused, and what can be done is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from .conftest import Magray


@pytest.fixture
def backed_up(unprivileged: Magray) -> Generator[Magray]:
    """A home with a record and a backup, where permissions hold; they are opened again at the end."""
    assert unprivileged("remember", "the retry budget is three").code == 0
    assert unprivileged("backup").code == 0
    yield unprivileged
    for path in (unprivileged.home, *unprivileged.home.iterdir()):
        path.chmod(0o700)


def test_status_says_that_the_last_backup_cannot_be_looked_at(backed_up: Magray, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk" / "kept"
    elsewhere.mkdir(parents=True)
    assert backed_up("config", "set", "backup.folder", str(elsewhere)).code == 0
    assert backed_up("backup").code == 0
    assert backed_up("config", "set", "--unset", "backup.folder").code == 0
    elsewhere.chmod(0)
    try:
        found = {one["name"]: one for one in backed_up("--json", "status").json["components"]}["backup"]
        assert found["severity"] == "warning" and "cannot be looked at" in found["summary"]
        assert backed_up("backup").code == 0
    finally:
        elsewhere.chmod(0o700)


def test_backups_are_verified_where_nothing_can_be_written(backed_up: Magray) -> None:
    backed_up.home.chmod(0o500)
    result = backed_up("backup", "verify")
    assert (result.code, result.err) == (0, ""), result.out


def test_a_folder_that_cannot_be_written_is_named_not_a_draft_in_it(
    backed_up: Magray, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for target in (closed, closed / "mine.zip"):
        result = backed_up("backup", "--output", str(target))
        assert result.code == 1 and f"{closed}: " in result.err and "draft" not in result.err, result.err


def test_a_notebook_that_is_closed_is_not_the_fault_of_stdout(backed_up: Magray) -> None:
    notebook = backed_up.home / "notebook.db"
    notebook.chmod(0)
    result = backed_up("export", "-")
    assert result.code != 0 and str(notebook) in result.err and "stdout" not in result.err
    assert len(result.err.splitlines()) == 1
