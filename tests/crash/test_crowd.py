"""Many at once on one workspace: searches, an indexer and an optimizer; nobody fails, no answer is torn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_crowd.py"


def test_six_search_while_one_indexes_and_one_optimizes() -> None:
    done = subprocess.run(
        [sys.executable, str(_SCRIPT), "--seconds", "4", "--files", "80", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stdout)
    found = json.loads(done.stdout)
    assert found["errors"] == [] and found["torn"] == 0
    # Each searcher asked and was compared, however slow the machine is.
    assert found["searches"] >= 6 and found["compared"] >= 6
    assert found["index_runs"] > 0 and found["optimize_runs"] > 0
    assert done.returncode == 0
