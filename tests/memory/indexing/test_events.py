"""Events of an indexer as JSON: the names and the order that other programs read."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from magray_memory.errors import VaultLocked
from magray_memory.indexing.event_sender import EventSender
from magray_memory.indexing.events import (
    Changed,
    Device,
    Done,
    Event,
    Failed,
    LexicalReady,
    Progress,
    SemanticReady,
    Start,
    Warned,
    decode,
)
from magray_memory.indexing.report import IndexReport, Seconds, SkippedItem

if TYPE_CHECKING:
    from pathlib import Path

REPORT = IndexReport(
    3,
    1,
    {"secret": 1},
    9,
    4,
    5,
    2,
    (SkippedItem("a\udcff.py", "its name is not valid Unicode"),),
    Seconds(0.5, None),
    None,
    "m",
)
LINES = [
    (Start("/ws", 3, 42), '{"event":"start","root":"/ws","files":3,"pid":42}'),
    (
        Progress("scan", 5, None, 0),
        '{"event":"progress","phase":"scan","done":5,"total":null,"rate":0}',
    ),
    (LexicalReady(3, 9, 0.5), '{"event":"lexical_ready","files":3,"passages":9,"seconds":0.5}'),
    (
        SemanticReady(9, 4, 5, 1.5),
        '{"event":"semantic_ready","passages":9,"embedded":4,"reused":5,"seconds":1.5}',
    ),
    (Changed(2, 1), '{"event":"changed","files":2,"removed":1}'),
    (Device("cpu", "m"), '{"event":"device","device":"cpu","model":"m"}'),
    (
        Device("cpu", None, "out of memory", ""),
        '{"event":"device","device":"cpu","model":null,"reason":"out of memory","hint":""}',
    ),
    (Warned("it is full"), '{"event":"warning","message":"it is full"}'),
    (Warned("it is full", code="disk"), '{"event":"warning","message":"it is full","code":"disk"}'),
    (Failed("io", "it broke", ""), '{"event":"error","code":"io","message":"it broke","hint":""}'),
]


def line(event: Event) -> str:
    return json.dumps(msgspec.to_builtins(event), separators=(",", ":"))


@pytest.mark.parametrize(("event", "text"), LINES, ids=[text[10:] for _, text in LINES])
def test_an_event_is_a_line_of_json_and_back(event: Event, text: str) -> None:
    assert line(event) == text
    assert decode(text.encode()) == event


def test_done_is_the_report() -> None:
    sent: list[Event] = []
    EventSender(sent.append).done(REPORT)
    (done,) = sent
    assert isinstance(done, Done)
    assert [field.name for field in dataclasses.fields(IndexReport)] == list(Done.__struct_fields__)
    assert json.loads(line(done)) == {"event": "done", **REPORT.as_json()}
    assert done.as_json() == REPORT.as_json()
    assert decode(line(done)) == done


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"event":"unheard-of"}', b'{"event":"start"}', b"\xff"])
def test_a_line_that_is_no_event_is_none(text: bytes) -> None:
    assert decode(text) is None


def test_warnings_alone_are_sentences() -> None:
    said: list[str] = []
    sender = EventSender(on_warning=said.append)
    sender.start("/ws", 0)
    sender.warn("it is full")
    sender.failed(VaultLocked("it is locked"))
    assert said == ["it is full"]


def test_a_run_without_a_listener_makes_no_event(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "a.py").write_text("alpha = 1\n")
    code = (
        "import sys; from pathlib import Path; from magray_memory.memory import Memory\n"
        "with Memory.open(Path(sys.argv[1]), home=Path(sys.argv[2])) as memory:\n"
        "    memory.index.run(lexical=True); memory.index.run(lexical=True, on_warning=print)\n"
        "print('msgspec' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "ws"), str(tmp_path / "home")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
