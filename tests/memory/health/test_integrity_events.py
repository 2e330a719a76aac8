"""Events of the integrity checks: whatever a file is called, the parent reads what the child wrote."""

from __future__ import annotations

import pytest

from magray_memory.health.findings import FIX, Finding, Remedy
from magray_memory.health.integrity_events import Finished, Found, StageBegun, decode, encode
from magray_memory.health.report import Severity

FINDING = Finding("file", Severity.CRITICAL, "damaged: \udcff\n.", "/tmp/\udcff/я.db", FIX, Remedy.REBUILD)


@pytest.mark.parametrize("event", [StageBegun("vectors"), Found(FINDING), Finished()])
def test_an_event_survives_its_line(event: StageBegun | Found | Finished) -> None:
    line = encode(event)
    assert "\n" not in line
    assert decode(line.encode("ascii")) == event


@pytest.mark.parametrize("line", ["", "[]", '{"event":"else"}', '{"event":"stage"}', '{"event":"fin'])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        decode(line)
