"""Faults of backups, restores and drills: kills, damaged archives, a full disk, writers meanwhile.

Faults are cases in which something was lost, half done, or not refused in a sentence.
`scripts/prove_archive.py` runs the long forms, the tests short ones.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proof_table import Tally

from magray_memory.archive import manifest
from magray_memory.errors import MagrayError
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.storage import table_swap
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RECORDS = 300
WRITERS = 8
_OLD, _NEW = "[search]\nk = 7\n", "[search]\nk = 3\n"
_SETTINGS = {"records.embed_at_once": False, "layers.automatic": False, "backup.automatic": False}


def opened(home: Path) -> Memory:
    return Memory.open(home=home, outside=True, overrides=_SETTINGS)


def state(home: Path) -> dict[str, tuple[Any, ...]]:
    """All texts with their history, by identity; the number of hits that settings ask for."""
    with opened(home) as memory:
        found: dict[str, tuple[Any, ...]] = {"settings": (memory.settings.search.k,)}
        for trashed in (False, True):
            for record in memory.records.list(RecordFilter(trashed=trashed), 1_000).records:
                history = memory.records.show(record.id, note_use=False).history
                found[record.stored.uid] = (record.stored.text, trashed, tuple(h.text for h in history))
    return found


def make_home(home: Path) -> tuple[Path, dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
    """A home with a backup and changes after it: the backup, the state in it, and the state of now."""
    with opened(home) as memory:
        texts = [f"record {number} about topic {number % 17}\nand a second line" for number in range(RECORDS)]
        memory.records.remember_all([Draft(text=text) for text in texts[: RECORDS // 2]])
        memory.records.remember_all([Draft(text=text) for text in texts[RECORDS // 2 :]])
        memory.records.edit("n1", text="an edited text")
        memory.home.config.write_text(_OLD)
        archive = memory.archive.backup().backup.path
    old = state(home)
    with opened(home) as memory:
        memory.records.forget([f"n{number}" for number in range(10, 60)])
        memory.records.remember_all([Draft(text=f"after the backup {number}") for number in range(40)])
        memory.records.edit("n2", text="an edit after the backup")
        memory.home.config.write_text(_NEW)
    return archive, old, state(home)


def child(work: str, home: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A process that does one piece of work: backup, restore, merge or drill."""
    command = [sys.executable, __file__, work, str(home)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(env or {})}
    )


def kills(folder: Path, work: str, runs: int, seed: int = 1) -> Tally:
    """Kill a piece of work at random moments, until so many were cut off: every time one whole state must be
    there or, of a merge, whole records, and the next one must join the others.
    """
    base = folder / "base"
    _, old, new = make_home(base)
    done, chance = Tally(f"kills of {work}"), random.Random(seed)
    with opened(base) as memory:  # what a whole run takes
        memory.archive.verify()
    timed = folder / "timed"
    shutil.copytree(base, timed)
    began = time.monotonic()
    child(work, timed).communicate()
    whole = time.monotonic() - began
    states = [old, new] if work == "restore" else [new]
    merged = state(timed) if work == "merge" else None
    while done.wants_more(runs):
        home = folder / f"run{done.runs}"
        shutil.copytree(base, home)
        process = child(work, home)
        time.sleep(chance.uniform(0.25, 1.02) * whole)
        done.cut_off += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        half = [] if merged is None else half_merged(home, new, merged)
        faults = [*half, *faults_of(home, states if merged is None else [merged])]
        done.add(faults, f"{work} {done.runs}")
        done.runs += 1
        shutil.rmtree(home)
    return done


def half_merged(
    home: Path, before: dict[str, tuple[Any, ...]], merged: dict[str, tuple[Any, ...]]
) -> list[str]:
    """What is wrong after a merge that was killed, or when it is done once more."""
    found = state(home)
    faults = [f"{len(before.keys() - found.keys())} records are lost"] if before.keys() - found.keys() else []
    other = [uid for uid, one in found.items() if one not in (before.get(uid), merged.get(uid))]
    faults += [f"{len(other)} records are neither as before nor as merged"] if other else []
    _, err = child("merge", home).communicate()
    return faults + ([err.decode()] if err else [])


def faults_of(home: Path, states: list[dict[str, tuple[Any, ...]]]) -> Iterator[str]:
    """What is wrong with a home that must be in one of these states; another backup of it is made."""
    try:
        found = state(home)
        if not any(_same(found, one) for one in states):
            yield "neither the state before nor the state after is there"
        with opened(home) as memory:
            for finding in memory.health.doctor().findings:
                if finding.check not in ("files", "disk") and "no vector" not in finding.message:
                    yield finding.message
            yield from (f"{one.backup.path.name}: {one.problem}" for one in memory.archive.verify().backups
                        if one.problem)  # fmt: skip
            memory.records.remember(Draft(text="life goes on"))
            memory.archive.backup()
            if table_swap.is_begun(memory.home.notebook):
                yield "a restore that was cut off has left tables after the next backup"
    except MagrayError as error:
        yield str(error)


def _same(one: dict[str, tuple[Any, ...]], other: dict[str, tuple[Any, ...]]) -> bool:
    return one == other


DAMAGES = ("cut", "flipped", "forged")


def damaged_archives(folder: Path, damage: str, cases: int, seed: int = 1) -> Tally:
    """Archives that are cut at so many places, have one byte flipped so often, or are made by somebody else:
    each is refused in a sentence.
    """
    home = folder / "home"
    archive, _, new = make_home(home)
    data, chance = archive.read_bytes(), random.Random(seed)
    found: dict[str, Callable[[], Iterator[bytes]]] = {
        "cut": lambda: (data[: round(len(data) * n / cases)] for n in range(cases)),
        "flipped": lambda: (_flipped(data, chance) for _ in range(cases)),
        "forged": lambda: _forged(folder, archive),
    }
    return _refused(Tally(f"archives, {damage}"), home, folder / "bad.zip", found[damage](), new)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _refused(
    done: Tally, home: Path, path: Path, cases: Iterator[bytes], expected: dict[str, tuple[Any, ...]]
) -> Tally:
    with opened(home) as memory:
        for number, case in enumerate(cases):
            path.write_bytes(case)
            done.runs += 1
            for merge in (False, True):
                try:
                    memory.archive.restore(str(path), merge=merge)
                    done.faults.append(f"case {number} was restored")
                except MagrayError as error:
                    done.cut_off += not merge
                    done.add([str(error)] if "\n" in str(error) else [], f"case {number}")
    done.add([] if state(home) == expected else ["something was changed"])
    return done


def _forged(folder: Path, archive: Path) -> Iterator[bytes]:
    """Archives with a true seal, whose content somebody has changed."""
    with zipfile.ZipFile(archive) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    head, notebook, settings = parts["manifest.json"], parts["notebook.db"], parts["config.toml"]

    def told(**changes: object) -> bytes:
        return json.dumps({**json.loads(head), **changes}).encode()

    def named(name: str) -> bytes:
        members = json.loads(head)["members"]
        return told(members=[{**member, "name": name} if member["name"] == "config.toml" else member
                             for member in members])  # fmt: skip

    plain = [("manifest.json", head), ("notebook.db", notebook), ("config.toml", settings)]
    yield _sealed(folder, plain[:2])
    yield _sealed(folder, [*plain, plain[2]])
    yield _sealed(folder, [plain[0], plain[2], plain[1]])
    yield _sealed(folder, [plain[0], plain[1], ("other.toml", settings)])
    yield _sealed(folder, [*plain, ("extra", b"")])
    for name in (
        "../config.toml",
        "/etc/passwd",
        "C:\\x",
        "a/../../b",
        "workspaces/../x.db",
        "config.toml\0",
    ):
        yield _sealed(folder, [("manifest.json", named(name)), plain[1], (name.replace("\0", ""), settings)])
    yield _sealed(folder, [plain[0], ("notebook.db", b"garbage" * 1_000), plain[2]])
    yield _sealed(folder, [plain[0], ("notebook.db", notebook[:-4_096]), plain[2]])
    yield _sealed(folder, [plain[0], plain[1], ("config.toml", settings + b"#")])
    yield _sealed(folder, plain, links=True)
    yield _sealed(folder, [("manifest.json", told(version=99)), *plain[1:]])
    yield _sealed(folder, [("manifest.json", told(schema=9_999)), *plain[1:]])
    yield _sealed(folder, [("manifest.json", told(counts={"records": 1})), *plain[1:]])
    yield _sealed(folder, [("manifest.json", b"[" * 100_000), *plain[1:]])
    yield _sealed(folder, [("manifest.json", b"{}"), *plain[1:]])
    bomb = 600 << 20
    members = [{"name": "notebook.db", "bytes": bomb, "sha256": "0" * 64, "root": None}]
    yield _sealed(folder, [("manifest.json", told(members=members)), ("notebook.db", bytes(bomb))])
    members[0]["bytes"] = 10
    yield _sealed(folder, [("manifest.json", told(members=members)), ("notebook.db", bytes(1 << 20))])
    foreign = folder / "foreign.tar.gz"
    with tarfile.open(foreign, "w:gz") as tar:
        tar.add(archive, "backup.zip")
    yield foreign.read_bytes()
    yield b""
    yield b"PK\x03\x04"
    yield b"magray-encrypted"
    yield b"magray-encrypted" + bytes(200)


def _sealed(folder: Path, parts: list[tuple[str, bytes]], *, links: bool = False) -> bytes:
    import hashlib
    import warnings

    path = folder / "forged.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = b"0" * 64
            for name, data in parts:
                info = zipfile.ZipInfo(name)
                if links and name != manifest.NAME:
                    info.external_attr = 0o120777 << 16
                archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()[:-64]
    return data + hashlib.sha256(data).hexdigest().encode()


def full_disk(folder: Path, work: str, steps: int) -> Tally:
    """No file may grow beyond a limit, which rises from run to run: every phase meets it once."""
    base = folder / "base"
    _, old, new = make_home(base)
    done = Tally(f"no room for {work}")
    largest = max(path.stat().st_size for path in base.rglob("*") if path.is_file()) * 2
    states = [new] if work == "backup" else [old, new]
    for step in range(steps):
        home = folder / f"run{step}"
        shutil.copytree(base, home)
        limit = round(1_000 * (largest / 1_000) ** (step / max(1, steps - 1)))
        command = [sys.executable, __file__, work, str(home), str(limit)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        done.runs += 1
        done.cut_off += ended.returncode != 0
        if ended.returncode != 0 and ended.stderr.count("\n") != 1:
            done.faults.append(f"{work} at {limit} bytes: {ended.stderr[-400:]}")
        done.add(list(faults_of(home, states)), f"{work} at {limit} bytes")
        shutil.rmtree(home)
    return done


def eight_writers(folder: Path, backups: int) -> Tally:
    """Back up while eight processes write: of each writer the backup has a prefix of what it did, with all
    that was acknowledged before it began.
    """
    home = folder / "home"
    make_home(home)
    logs = [folder / f"writer{number}.log" for number in range(WRITERS)]
    writers = [subprocess.Popen([sys.executable, __file__, "write", str(home), str(log)]) for log in logs]
    done = Tally("backups under eight writers")
    try:
        while not all(log.exists() and log.read_text().count("\n") > 2 for log in logs):
            time.sleep(0.05)
        with opened(home) as memory:
            for _ in range(backups):
                before = [_acknowledged(log) for log in logs]
                path = memory.archive.backup().backup.path
                done.runs += 1
                done.add(list(_not_prefix(folder, path, logs, before)))
                path.unlink()
    finally:
        for writer in writers:
            writer.terminate()
            writer.wait()
    longest = max(
        float(line.split()[1]) for log in logs for line in log.read_text().splitlines() if " " in line
    )
    done.acknowledged = sum(_acknowledged(log) for log in logs)
    done.name += f", longest call {1000 * longest:.0f} ms"
    return done


def _acknowledged(log: Path) -> int:
    return log.read_text().count("\n")


def _not_prefix(folder: Path, path: Path, logs: list[Path], before: list[int]) -> Iterator[str]:
    trial = folder / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    with opened(trial) as memory:
        memory.archive.restore(str(path))
        for log, least in zip(logs, before, strict=True):
            numbers: set[int] = set()
            after: str | None = None
            while True:
                page = memory.records.list(RecordFilter(tags=(log.stem,)), 1_000, after)
                numbers |= {int(record.stored.text.split()[0]) for record in page.records}
                after = page.next
                if after is None:
                    break
            if numbers != set(range(len(numbers))):
                yield f"{log.stem}: {sorted(set(range(max(numbers))) - numbers)} are missing in the middle"
            if len(numbers) < least:
                yield f"{log.stem}: {len(numbers)} of {least} that were acknowledged are there"


def _work(work: str, home: Path, limit: str) -> None:
    if limit and work != "write":
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if work == "write":
        _write(home, Path(limit))
    actions: dict[str, Callable[[Memory], object]] = {
        "backup": lambda memory: memory.archive.backup(),
        "restore": lambda memory: memory.archive.restore("latest"),
        "merge": lambda memory: memory.archive.restore("latest", merge=True),
        "drill": lambda memory: memory.archive.drill(),
    }
    try:
        with opened(home) as memory:
            actions[work](memory)
    except MagrayError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def _write(home: Path, log: Path) -> None:
    number = 0
    with opened(home) as memory, log.open("a") as out:
        while True:
            began = time.perf_counter()
            memory.records.remember(Draft(text=f"{number} of {log.stem}", tags=(log.stem,)))
            print(number, f"{time.perf_counter() - began:.4f}", file=out, flush=True)
            number += 1


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
    os._exit(0)
