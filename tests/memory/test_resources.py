"""Profiles by machine, and giving way when memory is short."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from magray_memory import resources
from magray_memory.config import EmbeddingSettings, Settings, StorageSettings, VectorSettings
from magray_memory.lru_cache import LruCache
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.resources import PROFILES, Level, Machine, Pressure, choose_profile, effective_settings

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
MB = 1_000_000


@pytest.mark.parametrize(
    ("memory", "cores", "name"),
    [
        (GB, 4, "minimal"),
        (8 * GB, 2, "balanced"),
        (64 * GB, 2, "balanced"),
        (64 * GB, 16, "performance"),
        (None, 16, "balanced"),
    ],
)
def test_the_profile_follows_the_machine(memory: int | None, cores: int, name: str) -> None:
    profile = choose_profile("auto", Machine(memory, cores))
    assert profile.name == name
    assert 1 <= profile.threads <= cores


def test_a_named_profile_is_taken_whatever_the_machine() -> None:
    assert choose_profile("performance", Machine(GB, 1)).name == "performance"
    assert choose_profile("minimal", Machine(64 * GB, 16)).threads == 2


def test_what_the_person_set_stays() -> None:
    own = Settings(
        embedding=EmbeddingSettings(threads=3),
        vectors=VectorSettings(engine="hnsw", ef=99, graph_mb=5),
        storage=StorageSettings(vector_cache_mb=7),
    )
    assert effective_settings(own, PROFILES["minimal"]) == own
    fitted = effective_settings(Settings(), PROFILES["minimal"])
    assert (fitted.vectors.graph_mb, fitted.vectors.ef, fitted.embedding.threads) == (64, 32, 2)
    assert fitted.storage.vector_cache_mb == 128


def test_this_machine_is_known() -> None:
    here = resources.machine()
    free = resources.available_memory()
    assert here.cores >= 1
    assert (here.memory is None) == (free is None)
    assert free is None or here.memory is None or 0 <= free <= here.memory


def control_groups(root: Path, monkeypatch: pytest.MonkeyPatch, lines: str, files: dict[str, str]) -> None:
    """Files as the kernel shows them, in place of this machine's own."""
    (root / "cgroup").write_text(lines)
    for name, text in files.items():
        (root / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "groups" / name).write_text(text)
    real = resources.Path

    def path(name: str) -> Path:
        return root / "cgroup" if name == "/proc/self/cgroup" else real(name)

    monkeypatch.setattr(resources, "Path", path)
    monkeypatch.setattr(resources, "_GROUPS", root / "groups")


def test_limits_of_control_groups_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "memory.max": "max\n",
        "app/memory.max": "1000000000\n",
        "app/memory.current": "700000000\n",
        "app/memory.stat": "anon 1\ninactive_file 200000000\n",
        "app/cpu.max": "150000 100000\n",
        "app/inner/memory.max": "max\n",
    }
    control_groups(tmp_path, monkeypatch, "0::/app/inner\n", files)
    here = resources.machine()
    assert here.memory is not None
    assert here.memory <= GB
    assert here.cores <= 2
    free = resources.available_memory()
    assert free is not None
    assert free <= 500 * MB
    assert choose_profile("auto", here).name == "minimal"


def test_limits_of_the_older_control_groups_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "memory/box/memory.limit_in_bytes": "800000000\n",
        "memory/box/memory.usage_in_bytes": "500000000\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "cpu/box/cpu.cfs_quota_us": "-1\n",
        "cpu/box/cpu.cfs_period_us": "100000\n",
    }
    control_groups(tmp_path, monkeypatch, "4:memory:/box\n3:cpu,cpuacct:/box\n", files)
    assert resources.machine().memory == 800 * MB
    assert resources.available_memory() == 300 * MB


class Meter:
    """A machine whose memory and clock the test sets."""

    def __init__(self) -> None:
        self.free: int | None = 8 * GB
        self.now = 0.0

    def pressure(self, total: int = 16 * GB) -> Pressure:
        return Pressure(lambda: self.free, total, lambda: self.now)

    def level(self, pressure: Pressure, free: int | None) -> Level:
        self.free = free
        self.now += 1
        return pressure.level


def test_pressure_rises_step_by_step_and_goes_with_a_margin() -> None:
    meter = Meter()
    pressure = meter.pressure()
    levels = [
        meter.level(pressure, free * MB) for free in (8000, 390, 240, 110, 130, 160, 260, 320, 450, 600)
    ]
    assert levels == [0, 1, 2, 3, 3, 2, 2, 1, 1, 0]


def test_a_small_machine_is_not_short_for_ever() -> None:
    meter = Meter()
    assert meter.level(meter.pressure(total=GB), 300 * MB) is Level.EASE


def test_where_nobody_tells_memory_is_never_short() -> None:
    meter = Meter()
    assert meter.level(meter.pressure(), None) is Level.EASE


def test_it_looks_twice_a_second_at_most() -> None:
    meter = Meter()
    pressure = meter.pressure()
    assert pressure.level is Level.EASE
    meter.free = MB
    assert pressure.level is Level.EASE
    meter.now = 0.6
    assert pressure.level is Level.PAUSE


def test_embedding_gives_way_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    meter = Meter()
    embedder = Embedder.open(resolve_model("", tmp_path), threads=1)
    embedder.pressure = meter.pressure()
    texts = [f"passage {number} {'word ' * 20}" for number in range(60)]

    def sizes() -> list[int]:
        meter.now += 1
        return [len(positions) for positions, _ in embedder.passages(texts)]

    meter.free = 200 * MB
    assert sum(sizes()) == len(texts)

    meter.free = 50 * MB
    meter.now += 1
    done: list[int] = []
    worker = threading.Thread(target=lambda: done.extend(sizes()))
    with caplog.at_level(logging.WARNING):
        worker.start()
        time.sleep(0.3)
        assert done == []
        meter.free = 8 * GB
        meter.now += 10
        worker.join(20)
    assert sum(done) == len(texts)
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "embedding waits",
        "embedding goes on",
    ]


def test_a_pause_ends_when_the_work_is_stopped(tmp_path: Path) -> None:
    meter = Meter()
    meter.free = MB
    embedder = Embedder.open(resolve_model("", tmp_path), threads=1)
    embedder.pressure = meter.pressure()
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert list(embedder.passages(["one", "two"], stop)) == []


def test_a_question_is_embedded_once(tmp_path: Path) -> None:
    embedder = Embedder.open(resolve_model("", tmp_path), threads=1)
    first = embedder.query("where is it")
    assert embedder.query("where is it") is first
    assert embedder.known_questions.as_json() | {"seconds": 0} == {
        "entries": 1, "size": 512, "seconds": 0, "hits": 1, "misses": 1, "rate": 0.5,
    }  # fmt: skip
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_the_least_recently_used_goes_first_and_nothing_outlives_its_time() -> None:
    meter = Meter()
    cache: LruCache[str, int] = LruCache(2, 10, lambda: meter.now)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("b"), cache.get("a"), len(cache)) == (None, 1, 2)
    meter.now = 10
    assert (cache.get("a"), cache.get("c"), len(cache)) == (None, None, 0)
    nothing: LruCache[str, int] = LruCache(0, 10)
    nothing.put("a", 1)
    assert nothing.get("a") is None


def test_a_profile_bounds_every_figure() -> None:
    for profile in PROFILES.values():
        assert set(profile.as_json()) == set(profile._fields)
