"""Settings that several processes change at the same time: no change is lost, nothing is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Box

SET = {
    "search.k": "7",
    "search.per_file": "2",
    "index.hidden": "true",
    "index.parse_seconds": "3",
    "embedding.device": "cpu",
    "storage.vector_cache_mb": "9",
    "vectors.engine": "exact",
}


def test_seven_at_once(box: Box) -> None:
    processes = [box.start("config", "set", name, value) for name, value in SET.items()]
    assert [process.wait(60) for process in processes] == [0] * len(SET)
    for process in processes:
        process.communicate()
    sources = box("config", "show", "--json").json["sources"]
    assert {name for name in SET if sources[name] != "default"} == set(SET)
    assert [path.name for path in box.home.path.iterdir()] == ["config.toml"]
