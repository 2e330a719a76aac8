"""Kills of `magray clean`: records leave as a whole, truth stays, and the next run removes the rest."""

from __future__ import annotations

import os
import random
import shutil
import time
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from killing import Killing, ended, magray
from proof_table import Tally

from magray_memory.context import Context
from magray_memory.errors import MagrayError
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.records.room import Records
from magray_memory.storage import usage_log
from magray_memory.storage.record_lists import RecordFilter
from magray_memory.storage.usage_log import Asked
from magray_memory.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.storage.home import Home

RECORDS = 100
_YEARS = 3 * 365 * 86_400.0
_OLD, _NEW = "of long ago", "of today"
_CLEAN = ("clean", "--at-once")
_SETTINGS = {"records.embed_at_once": False, "layers.automatic": False, "backup.automatic": False}
_KEPT = ("config.toml", "notebook.db.damaged-20240101T000000Z", "a note of mine.txt")


def clean_kills(base: Path, runs: int, seed: int, library: Path | None) -> Tally:
    """Kill `magray clean --at-once`, until so many were cut off; run it again each time."""
    tally, killing = Tally("kills of `magray clean`"), Killing(base, random.Random(seed), library)
    filled = base / "filled"
    litter = [path.relative_to(filled) for path in _fill(filled)]
    shutil.copytree(filled, base / "measured")
    killing.measure(base / "measured", _CLEAN)
    while tally.wants_more(runs):
        home, about = base / f"home{tally.runs}", f"run {tally.runs}"
        shutil.copytree(filled, home)
        tally.cut_off += killing.killed(home, _CLEAN, tally.runs)
        tally.runs += 1
        tally.add(list(_faults(home)), f"{about}, after the kill")
        code = ended(magray(home, base, *_CLEAN))
        left = [path.name for path in litter if (home / path).exists()]
        faults = [*_faults(home, finished=True), *(f"{name} is still there" for name in left)]
        tally.add([*faults, *([f"exit code {code}"] if code else [])], f"{about}, finished")
        shutil.rmtree(home)
    return tally


def _fill(home: Path) -> list[Path]:
    """A home with records that are due and others, and what nothing needs: the files that have to go."""
    with (
        closing(Context.open(home=home)) as context,
        closing(Records(context, lambda: time.time() - _YEARS)) as earlier,
    ):
        earlier.remember_all([Draft(text=f"record {number} {_OLD}") for number in range(RECORDS)])
    with _opened(home) as memory:
        memory.records.remember_all([Draft(text=f"record {number} {_NEW}") for number in range(RECORDS)])
        for name in _KEPT:
            (home / name).touch()
        memory.archive.backup()
        return list(_litter(memory.home))


def _litter(home: Home) -> Iterator[Path]:
    home.make_logs()
    home.workspaces.mkdir(exist_ok=True)
    then = time.time() - 60 * 86_400.0
    for number in range(25):
        for path in (
            home.logs / f"lsp.log.{number}",
            home.path / f".notebook.db.1-{number}.draft",
            home.workspaces / f"{number:016x}.db-wal",
            home.workspaces / f"{number:016x}.db.damaged-20240101T000000Z",
        ):
            path.write_bytes(b"x" * 1_000)
            os.utime(path, (then, then))
            yield path
    with VectorCache(home.vectors, 1 << 30) as cache:
        cache.put_many("key", {os.urandom(16): np.zeros(32, np.float16).tobytes() for _ in range(500)})
    usage_log.add(home.usage, [Asked(1.0, "search", "of old", 0, 1.0, ())], 1 << 20)


def _faults(home: Path, *, finished: bool = False) -> Iterator[str]:
    try:
        with _opened(home) as memory:
            kept = {r.stored.text for r in memory.records.list(RecordFilter(), 1_000).records}
            trashed = {r.stored.text for r in memory.records.list(RecordFilter(trashed=True), 1_000).records}
            due = {f"record {number} {_OLD}" for number in range(RECORDS)}
            if kept - due != {f"record {number} {_NEW}" for number in range(RECORDS)} or kept & trashed:
                yield "records that are not due left, or are there twice"
            if (kept | trashed) & due != due or (finished and kept & due):
                yield f"{len(kept & due)} records that are due stay, {len(trashed & due)} are in the trash"
            yield from (one.message for one in memory.health.doctor().findings if one.is_error)
            yield from (one.problem for one in memory.archive.verify().backups if one.problem)
    except MagrayError as error:
        yield str(error)
    yield from (f"{name} is gone" for name in _KEPT if not (home / name).exists())


def _opened(home: Path) -> Memory:
    return Memory.open(home=home, outside=True, overrides=_SETTINGS)
