"""Proofs of exports and imports: killed at any moment, at once, on a full disk; the next run finishes."""

from __future__ import annotations

import json
import random
import shutil
from typing import TYPE_CHECKING

from disk import watched
from killing import Killing, ended, magray
from proof_table import Tally

from magray_memory.atomic_file import is_draft
from magray_memory.health.integrity import run_checks
from magray_memory.health.integrity_events import Found
from magray_memory.memory import Memory
from magray_memory.storage.durability import VaultKind
from magray_memory.values import Draft, RecordFilter

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.health.integrity_events import IntegrityEvent

RECORDS = 300
_MOST_WRITES = 300


def prepare(base: Path) -> Path:
    """A home with records of every kind, and what it exports: `old.json`, `records.json`, `notes`,
    `lines.jsonl`.
    """
    home = base / "filled"
    chance = random.Random(1)
    with _opened(home) as memory:
        for start in range(0, RECORDS, 50):
            drafts = [
                Draft(
                    text=f"token{number} " + " ".join(chance.choices(["один", "two", "три", "four"], k=40)),
                    title=f"Record {number % 50}",
                    tags=("x",),
                )
                for number in range(start, start + 50)
            ]
            memory.records.remember_all(drafts)
            if start == 0:
                memory.exchange.export(base / "old.json")
        for number in range(1, RECORDS, 20):
            memory.records.edit(f"n{number}", text=f"token{number - 1} edited")
        memory.exchange.export(base / "records.json")
        memory.exchange.export(base / "notes", format="markdown")
    lines = [json.dumps({"id": number, "text": f"line {number} of many"}) for number in range(RECORDS)]
    (base / "lines.jsonl").write_text("\n".join(lines), "utf-8")
    return home


def import_kills(base: Path, runs: int, seed: int, library: Path | None, source: str) -> Tally:
    """`magray import`, killed: what is there is whole and once, and the next run does the rest."""
    tally, killing = Tally(f"kills of `magray import {source}`"), Killing(base, random.Random(seed), library)
    prepare(base)
    command = ("import", str(base / source))
    killing.measure(base / "measured", command)
    while tally.wants_more(runs):
        home, about = base / f"home{tally.runs}", f"run {tally.runs}"
        tally.cut_off += killing.killed(home, command, tally.runs)
        tally.runs += 1
        tally.add(_import_faults(home, base / source, finished=False), f"{about}, after the kill")
        code = ended(magray(home, base, *command))
        faults = _import_faults(home, base / source, finished=True)
        tally.add([*faults, *([f"exit code {code}"] if code else [])], f"{about}, finished")
        shutil.rmtree(home)
    return tally


def export_kills(base: Path, runs: int, seed: int, library: Path | None, form: str) -> Tally:
    """`magray export`, killed: a file is the old or the new one, a note is whole; the next run finishes."""
    tally = Tally(f"kills of `magray export --format {form}`")
    killing, home = Killing(base, random.Random(seed), library), prepare(base)
    options = ("--format", form)
    killing.measure(home, ("export", str(base / "measured"), *options))
    while tally.wants_more(runs):
        place, about = base / f"out{tally.runs}", f"run {tally.runs}"
        place.mkdir()
        dest = place / ("records.json" if form == "json" else "notes")
        if form == "json":
            shutil.copyfile(base / "old.json", dest)
        command = ("export", str(dest), *options)
        tally.cut_off += killing.killed(home, command, tally.runs)
        tally.runs += 1
        tally.add(_export_faults(base, dest, finished=False), f"{about}, after the kill")
        code = ended(magray(home, base, *command))
        faults = _export_faults(base, dest, finished=True)
        tally.add([*faults, *([f"exit code {code}"] if code else [])], f"{about}, finished")
        shutil.rmtree(place)
    return tally


def at_once(base: Path, rounds: int, source: str, processes: int = 2) -> Tally:
    """One source, imported by several processes at once: each record is there once."""
    tally = Tally(f"{processes} imports of {source} at once")
    prepare(base)
    for run in range(rounds):
        home = base / f"home{run}"
        running = [magray(home, base, "import", str(base / source), "--json") for _ in range(processes)]
        made = [json.loads(process.communicate()[0])["created"] for process in running]
        tally.runs += 1
        faults = _import_faults(home, base / source, finished=True)
        tally.add(faults if sum(made) == RECORDS else [*faults, f"they say that they made {made}"])
        shutil.rmtree(home)
    return tally


def full_disk(base: Path, library: Path, error: str, command: str, step: int) -> Tally:
    """An error at a write and ever after: a sentence, the old state, and the next run on a sound disk."""
    tally = Tally(f"{error} at each write of `magray {command}`")
    filled = prepare(base)
    at, failed = 1, True
    while failed and at < _MOST_WRITES:
        place = base / "place"
        place.mkdir()
        home, dest = place / "home", place / "records.json"
        shutil.copyfile(base / "old.json", dest)
        if command == "export":
            shutil.copytree(filled, home)
        words = ("import", str(base / "records.json")) if command == "import" else ("export", str(dest))
        env = watched(library, place, fault=f"{error} {at}+")
        process = magray(home, base, *words, env=env)
        _, err = process.communicate()
        tally.runs += 1
        failed = process.returncode != 0
        about = f"{error} at {at}: exit code {process.returncode}, {err.decode()[-200:]!r}"
        bad = process.returncode not in (0, 1, 3) or b"Traceback" in err or b"bug in magray" in err
        tally.add([about] if bad else [])
        ended(magray(home, base, *words))
        after = (
            _import_faults(home, base / "records.json", finished=True)
            if command == "import"
            else _export_faults(base, dest, finished=True)
        )
        tally.add(after, f"after {error} at {at}")
        at += step
        shutil.rmtree(place)
    return tally


def _import_faults(home: Path, source: Path, *, finished: bool) -> list[str]:
    """What is wrong with a notebook into which a source was imported."""
    notebook = home / "notebook.db"
    if not notebook.exists():
        return ["no notebook"] if finished else []
    wanted = _texts(source)
    with _opened(home) as memory:
        found = [record.stored.text for record in memory.records.list(RecordFilter(), 1000).records]
        faults = [] if len(found) == len(set(found)) else ["records are there twice"]
        faults += [f"{len(set(found) - wanted)} texts are of no record"] if set(found) - wanted else []
        faults += [f"{len(found)} of {len(wanted)}"] if finished and len(found) != len(wanted) else []
        if finished and source.suffix == ".json":
            memory.exchange.export(home / "again.json")
            same = (home / "again.json").read_bytes() == source.read_bytes()
            faults += [] if same else ["its export has other bytes"]
    events = list["IntegrityEvent"]()
    run_checks(notebook, VaultKind.NOTEBOOK, frozenset(), events.append)
    findings = [event.finding for event in events if isinstance(event, Found)]
    return faults + [f"doctor: {finding.message}" for finding in findings if finding.is_error]


def _texts(source: Path) -> set[str]:
    if source.suffix == ".jsonl":
        return {json.loads(line)["text"] for line in source.read_text("utf-8").splitlines()}
    records = json.loads((source.parent / "records.json").read_text("utf-8"))["records"]
    return {record["text"] for record in records}


def _export_faults(base: Path, dest: Path, *, finished: bool) -> list[str]:
    """What is wrong with what an export wrote."""
    if dest.suffix == ".json":
        allowed = [base / "records.json", *([] if finished else [base / "old.json"])]
        found = dest.read_bytes()
        return (
            []
            if any(found == path.read_bytes() for path in allowed)
            else ["the file is neither the old nor the new one"]
        )
    wanted = {path.name: path for path in (base / "notes").iterdir()}
    names = [path.name for path in dest.iterdir() if not is_draft(path.name)] if dest.exists() else []
    faults = [f"{len(names)} notes of {len(wanted)}"] if finished and len(names) != len(wanted) else []
    return faults + [
        f"{name} is not whole"
        for name in names
        if name not in wanted or (dest / name).read_bytes() != wanted[name].read_bytes()
    ]


def _opened(home: Path) -> Memory:
    return Memory.open(home=home, environ={"MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}, outside=True)
