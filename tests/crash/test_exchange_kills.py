"""Exports and imports, killed, run at once, on a full disk: short forms of `scripts/prove_exchange.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import exchange_proofs
import pytest
from disk import NotHere, shim
from proof_table import place

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    try:
        return shim(tmp_path_factory.mktemp("shim"))
    except NotHere:
        return None


@pytest.mark.parametrize("source", ["records.json", "notes"])
def test_a_killed_import_is_whole_and_the_next_finishes_it(library: Path | None, source: str) -> None:
    with place() as base:
        assert exchange_proofs.import_kills(base, 3, 11, library, source).told() == []


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_a_killed_export_leaves_the_old_or_the_new(library: Path | None, form: str) -> None:
    with place() as base:
        assert exchange_proofs.export_kills(base, 3, 12, library, form).told() == []


@pytest.mark.parametrize("source", ["records.json", "lines.jsonl"])
def test_a_source_that_is_imported_twice_at_once_makes_no_doubles(source: str) -> None:
    with place() as base:
        assert exchange_proofs.at_once(base, 1, source).told() == []


@pytest.mark.parametrize("command", ["import", "export"])
def test_a_full_disk_costs_nothing_but_the_run(library: Path | None, command: str) -> None:
    if library is None:
        pytest.skip("writes are made to fail on Linux with a C compiler")
    with place() as base:
        assert exchange_proofs.full_disk(base, library, "ENOSPC", command, 60).told() == []
