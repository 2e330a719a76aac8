"""Power and load: by a made-up /sys/class/power_supply and /proc/stat."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.power import OtherPrograms, on_battery

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="files of Linux")

ADAPTER = {"type": "Mains", "online": "1"}
UNPLUGGED = {"type": "Mains", "online": "0"}
FULL = {"type": "Battery", "scope": "System", "status": "Full"}
DRAINED = {"type": "Battery", "status": "Discharging", "capacity": "71"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}
USB_C = {"type": "USB", "online": "1", "usb_type": "C [PD]"}
USB_C_OFF = {"type": "USB", "online": "0"}
UPS = {"type": "UPS", "status": "Discharging"}

MACHINES = {
    "a desktop computer": ([], False),
    "a desktop computer with a mouse": ([MOUSE], False),
    "a laptop on its adapter": ([FULL, ADAPTER], False),
    "a laptop whose battery helps the adapter": ([DRAINED, ADAPTER], False),
    "a laptop on its battery": ([DRAINED, UNPLUGGED], True),
    "a laptop charged by USB": ([DRAINED, UNPLUGGED, USB_C], False),
    "a laptop with nothing plugged in": ([DRAINED, UNPLUGGED, USB_C_OFF], True),
    "a tablet that tells of its battery alone": ([DRAINED], True),
    "a second battery that is full": ([FULL, DRAINED, UNPLUGGED], True),
    "a battery that does not say": ([{"type": "Battery", "status": "Unknown"}, UNPLUGGED], False),
    "a server whose power failed": ([UPS], True),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_power_source_is_what_the_system_says(tmp_path: Path, machine: str) -> None:
    supplies, expected = MACHINES[machine]
    for number, files in enumerate(supplies):
        folder = tmp_path / f"supply{number}"
        folder.mkdir()
        for name, value in files.items():
            (folder / name).write_text(f"{value}\n")
    assert on_battery(tmp_path) is expected


def test_a_system_that_says_nothing_has_mains_power(tmp_path: Path) -> None:
    assert on_battery(tmp_path / "missing") is False
    (tmp_path / "file").write_text("no folder")
    assert on_battery(tmp_path) is False


class Stat:
    """A machine of four cores whose clock and processor times the test sets, in seconds."""

    def __init__(self, path: Path) -> None:
        self.file = path / "stat"
        self.now = 100.0
        self.write(user=0, nice=0)
        self.others = OtherPrograms(self.file, lambda: self.now, cores=4)

    def write(self, *, user: float, nice: float) -> None:
        ticks = os.sysconf("SC_CLK_TCK")
        own = sum(os.times()[:4])
        counts = [int(ticks * seconds) for seconds in (user + own, nice, 0, 9, 0, 0, 0, 0)]
        self.file.write_text("cpu  " + " ".join(map(str, counts)) + "\ncpu0 1 2 3\n")


def test_the_share_of_others_is_what_is_neither_own_nor_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("magray_memory.power._gives_way", lambda: False)
    stat = Stat(tmp_path)
    stat.now += 10
    stat.write(user=20, nice=15)
    assert stat.others.share() == pytest.approx(0.5, abs=0.05)
    stat.now += 10
    stat.write(user=20, nice=55)
    assert stat.others.share() == pytest.approx(0.0, abs=0.05)


def test_a_moment_later_it_is_the_share_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("magray_memory.power._gives_way", lambda: False)
    stat = Stat(tmp_path)
    stat.now += 10
    stat.write(user=40, nice=0)
    busy = stat.others.share()
    stat.now += 0.1
    assert stat.others.share() == busy == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("content", [None, "", "cpu\n", "cpu one two\n"])
def test_where_the_system_does_not_say_nobody_is_at_work(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "stat"
    if content is not None:
        file.write_text(content)
    others = OtherPrograms(file)
    assert others.share() == 0.0


def test_of_this_machine_it_is_a_share() -> None:
    assert 0.0 <= OtherPrograms().share() <= 1.0
    assert on_battery() in (True, False)
