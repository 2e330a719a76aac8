"""A damaged lexical index costs a run some time; nothing has to be known or done about it."""

from __future__ import annotations

from typing import Any

import pytest

_HARMS = {
    "blocks": "UPDATE passage_fts_data SET block = zeroblob(7) WHERE id > 10",
    "structure": "UPDATE passage_fts_data SET block = x'ffffffffff' WHERE id = 10",
    "config": "DELETE FROM passage_fts_config",
    "gone": "DROP TABLE passage_fts",
}


@pytest.mark.parametrize("harm", _HARMS)
def test_the_next_run_makes_it_again(ws: Any, harm: str) -> None:
    for number in range(30):
        ws.write(f"{number}.py", f"def alpha_{number}():\n    return {number}\n")
    ws.index()
    with ws.vault.write() as connection:
        connection.execute(_HARMS[harm])
    ws.vault.close()
    for number in range(30):
        ws.write(f"{number}.py", f"def beta_{number}():\n    return {number}, 1\n")
    report = ws.index()
    assert (report.files, report.skipped) == (30, ())
    assert len(ws.find("beta")) == 30 and ws.find("alpha") == []
