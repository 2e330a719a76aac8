"""Proofs of durability: writers that are killed, disks that lose power or refuse, and what must be there.

The tests run short forms of them, `scripts/prove_durability.py` the long ones. Each proof returns a `Tally`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from disk import Disk, lay_out, read_trace, watched
from index_writer import FILES, index
from ledger import Account, Ledger, check
from proof_table import Tally

from magray_memory.errors import MagrayError, VaultDamaged
from magray_memory.health.integrity import run_checks
from magray_memory.health.integrity_events import Found, IntegrityEvent
from magray_memory.storage import schema, unsynced
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault_files import quarantine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIT = Path(__file__).parent
_MOST_CALLS = 400
"""A writer with such a KILL ends within some twenty calls of the notebook."""


def environment(**extra: str) -> dict[str, str]:
    """That of a command which starts no process that outlives it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
    return {**kept, "MAGRAY_RECORDS__EMBED_AT_ONCE": "false", "PYTHONUTF8": "1", **extra}


def _writer(
    home: Path,
    ledger: Path,
    name: str,
    seed: int,
    count: int | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    arguments = [str(home), str(ledger), name, str(seed), *([] if count is None else [str(count)])]
    command = [sys.executable, str(KIT / "notebook_writer.py"), *arguments]
    return subprocess.Popen(
        command,
        env=environment(**(env or {})),
        cwd=ledger.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def power_cuts(
    base: Path,
    library: Path,
    mode: str,
    calls: int,
    seed: int,
    *,
    chances: int = 2,
    share: float = 1.0,
    lossy: bool | None = None,
) -> Tally:
    """Cut the power at each sync of a writer's run, before it and after it, and when it was acknowledged.

    At each: with nothing that was not synced, with all of it, and `chances` times with any of it. `share`: of
    the points, drawn at random. `lossy`: the last calls may be gone; None: in `high-performance`.
    """
    lossy = mode == "high-performance" if lossy is None else lossy
    tally, chance = Tally(f"power cuts, {mode}", runs=1), random.Random(seed)
    root, trace, ledger = base / "disk", base / "trace", base / "ledger"
    root.mkdir()
    disk = Disk.of(root)
    env = {**watched(library, root, trace), "MAGRAY_DURABILITY": mode}
    process = _writer(root / "home", ledger, "w", seed, calls, env=env)
    _, err = process.communicate()
    if process.returncode != 0:
        tally.faults.append(f"the writer failed: {err.decode()[-300:]}")
    account = Account()
    for number, entry in enumerate(read_trace(trace)):
        disk.take(entry)
        if entry.what == "A":
            account.take(entry.data)
        if entry.what not in "sSA" or chance.random() > share:
            continue
        for files in (
            disk.cut(None),
            disk.cut(None, whole=True),
            *(disk.cut(chance) for _ in range(chances)),
        ):
            cut = base / "cut"
            lay_out(files, cut)
            tally.add(check(cut / "home", account, lossy=lossy), f"entry {number}")
            shutil.rmtree(cut, ignore_errors=True)
    tally.acknowledged = account.acknowledged
    return tally


def kills(base: Path, runs: int, seed: int, *, writers: int = 3, library: Path | None = None) -> Tally:
    """Several writers at once, each killed at a moment of its own; with the library every second one at a
    write. What they leave is checked after each run, and is what the next run goes on with.
    """
    tally, chance = Tally("kills of writers"), random.Random(seed)
    home, ledger = base / "home", base / "ledger"
    for run in range(runs):
        tally.runs += 1
        working = list[tuple[subprocess.Popen[bytes], bool]]()
        for number in range(writers):
            at_a_write = library is not None and number % 2 == 0
            fault = f"KILL {chance.randrange(1, _MOST_CALLS)}" if at_a_write else ""
            watch = {} if library is None or not at_a_write else watched(library, base, fault=fault)
            process = _writer(home, ledger, f"r{run}w{number}", chance.randrange(10**6), env=watch)
            working.append((process, at_a_write))
        for process, at_a_write in working:
            assert process.stdout is not None
            if not at_a_write and process.stdout.readline():
                time.sleep(chance.uniform(0, 0.4))
                process.kill()
        for process, _ in working:
            _, err = process.communicate()
            tally.cut_off += process.returncode == -9
            if process.returncode != -9:
                tally.faults.append(f"run {run}: a writer ended by itself: {err.decode()[-300:]}")
        account = Account.read(ledger)
        tally.add(check(home, account), f"run {run}")
        tally.acknowledged = account.acknowledged
    return tally


def write_faults(
    base: Path, library: Path, error: str, actions: Sequence[str], *, step: int = 1, lasting: bool = False
) -> Tally:
    """Each write of each call fails in turn, alone or with all after it (`lasting`)."""
    tally = Tally(f"{error} at each write{', and ever after' if lasting else ''}", runs=1)
    (base / "disk").mkdir()
    command = [sys.executable, str(KIT / "fault_sweep.py"), str(base), error, *actions, "--step", str(step)]
    env = environment(**watched(library, base / "disk"))
    done = subprocess.run(
        [*command, *(["--lasting"] if lasting else [])], env=env, cwd=base, capture_output=True, check=False
    )
    if done.returncode != 0:
        tally.faults.append(f"the sweep failed: {done.stderr.decode()[-300:]}")
        return tally
    found = json.loads(done.stdout)
    tally.points, tally.acknowledged, tally.faults = found["points"], found["acknowledged"], found["faults"]
    if not found["refused"]:
        tally.faults.append("no call was refused")
    return tally


SHELL = (
    ("remember", "another sentence"),
    ("edit", "n1", "--text", "another text"),
    ("remember", "a text of a key", "--key", "a key"),
    ("tag", "n1", "+more"),
    ("pin", "n1"),
    ("promote", "n1", "--layer", "assets"),
    ("forget", "n2"),
    ("forget", "n2", "--purge"),
    ("trash", "restore", "n3"),
    ("trash", "empty"),
    ("list",),
    ("show", "n1"),
    ("search", "sentence", "--mode", "lexical"),
    ("status",),
)


def shell_faults(base: Path, library: Path, error: str, *, step: int = 1) -> Tally:
    """The same of commands: each ends with an exit code of the contract, and one sentence where it failed."""
    tally = Tally(f"{error} at each write of a command")
    before = base / "before"
    for command in (
        ("remember", "one sentence"),
        ("remember", "a second sentence"),
        ("remember", "a third sentence"),
        ("remember", "a text", "--key", "a key"),
        ("forget", "n3"),
    ):
        _magray(before, base, *command).communicate()
    for command in SHELL:
        at, reached = 1, True
        while reached:
            home = base / "home"
            shutil.copytree(before, home)
            trace = base / "trace"
            env = watched(library, home, trace, f"{error} {at}+")
            process = _magray(home, base, *command, **env)
            out, err = process.communicate()
            tally.runs += 1
            tally.acknowledged += process.returncode == 0
            about = f"{command[0]}, {error} at {at}: exit code {process.returncode}, {err.decode()[-300:]!r}"
            bad = process.returncode not in (0, 1, 3) or b"Traceback" in err or b"bug in magray" in err
            if process.returncode == 1:
                bad = bad or not err.startswith(b"error: ") or err.count(b"\n") != 1 or bool(out)
            tally.add([about] if bad else [])
            reached = process.returncode != 0 and at < _MOST_CALLS
            at += step
            shutil.rmtree(home)
            trace.unlink(missing_ok=True)
    return tally


def shell_kills(base: Path, runs: int, seed: int, *, library: Path | None = None) -> Tally:
    """`magray remember` and its batches, killed; what was printed is there, once."""
    tally, chance = Tally("kills of `magray remember` and `--batch`"), random.Random(seed)
    home, path = base / "home", base / "ledger"
    ledger = Ledger(path, "shell")
    whole = 0.0
    for run in range(runs + 1):
        tally.runs += run > 0
        tokens = [f"s{run}-{number}" for number in range(chance.choice((1, 1, 30, 300)))]
        arguments = ["--batch", "-"] if len(tokens) > 1 else [f"{tokens[0]} v0 one"]
        lines = [json.dumps({"text": f"{token} v0 {chance.random()}"}) for token in tokens]
        calls = {number: ledger.begin({token: (0, False)}) for number, token in enumerate(tokens, 1)}
        fault = f"KILL {chance.randrange(1, 120)}" if run % 2 and library is not None else ""
        env = watched(library, base, fault=fault) if library is not None and fault else {}
        process = _magray(home, base, "remember", *arguments, **env)
        killer = threading.Timer(whole * chance.uniform(0.4, 1.1), process.kill)
        started = time.monotonic()
        if whole and not fault:
            killer.start()
        out, _ = process.communicate("\n".join(lines).encode() if len(tokens) > 1 else b"")
        killer.cancel()
        tally.cut_off += process.returncode == -9
        whole = whole or time.monotonic() - started  # the first one is not killed
        for line in out.split(b"\n")[:-1]:
            number = json.loads(line)["line"] if len(tokens) > 1 else 1
            ledger.note(call=calls[number], acknowledged=True)
        account = Account.read(path)
        tally.add(check(home, account), f"run {run}")
        tally.acknowledged = account.acknowledged
    ledger.close()
    return tally


def _magray(home: Path, folder: Path, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "magray_server.cli.main", *arguments],
        env=environment(MAGRAY_HOME=str(home), **env),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def crowd(base: Path, writers: int, records: int) -> Tally:
    """So many processes remember so many records each, at once: each is there, once."""
    tally = Tally(f"{writers} processes, {records} records each", runs=1)
    home, path = base / "home", base / "ledger"
    ledgers = [Ledger(path, f"p{number}") for number in range(writers)]
    running = list[tuple[subprocess.Popen[bytes], dict[int, int]]]()
    for number, ledger in enumerate(ledgers):
        tokens = [f"p{number}-{record}" for record in range(records)]
        calls = {line: ledger.begin({token: (0, False)}) for line, token in enumerate(tokens, 1)}
        file = base / f"batch{number}"
        file.write_text("".join(json.dumps({"text": f"{token} v0 of {number}"}) + "\n" for token in tokens))
        running.append((_magray(home, base, "remember", "--batch", str(file)), calls))
    for (process, calls), ledger in zip(running, ledgers, strict=True):
        for line in process.communicate()[0].splitlines():
            answer: dict[str, Any] = json.loads(line)
            if "id" in answer:
                ledger.note(call=calls[answer["line"]], acknowledged=True)
        ledger.close()
    account = Account.read(path)
    tally.acknowledged = account.acknowledged
    tally.add(check(home, account))
    if account.acknowledged != writers * records:
        tally.faults.append(f"{account.acknowledged} were acknowledged")
    return tally


_MIGRATE = """
import sys
from pathlib import Path
from magray_memory.index.lexical import LexicalIndex
from magray_memory.storage import schema
from magray_memory.storage.vault import Vault, VaultKind

def later(connection):
    connection.execute("ALTER TABLE document ADD COLUMN extra TEXT")
    for number in range(20):
        connection.execute("UPDATE document SET extra = ?", (str(number) * 300,))
    connection.execute("UPDATE document SET extra = 'new'")

schema.MIGRATIONS = (*schema.MIGRATIONS, later)
schema.LATEST += 1
with Vault.open(Path(sys.argv[1]), kind=VaultKind.NOTEBOOK, write=True) as vault:
    LexicalIndex(vault).rebuild()
"""


def migration_kills(base: Path, runs: int, seed: int, library: Path | None = None) -> Tally:
    """Programs that bring a notebook to the next schema and make its lexical index again, killed: it is of
    one version or the other, with all its records.
    """
    tally, chance = Tally("kills of a migration"), random.Random(seed)
    ledger, before = base / "ledger", base / "before"
    process = _writer(before, ledger, "w", seed, 40)
    process.communicate()
    account = Account.read(ledger)
    tally.acknowledged = account.acknowledged
    whole = 0.0
    for run in range(runs + 1):
        tally.runs += run > 0
        home = base / f"home{run}"
        shutil.copytree(before, home)
        fault = f"KILL {chance.randrange(1, 150)}" if run % 2 and library is not None else ""
        env = environment(**(watched(library, home, fault=fault) if library is not None and fault else {}))
        command = [sys.executable, "-c", _MIGRATE, str(home / "notebook.db")]
        started = time.monotonic()
        process = subprocess.Popen(command, env=env, cwd=base, stderr=subprocess.PIPE)
        killer = threading.Timer(whole * chance.uniform(0.5, 1.0), process.kill)
        if whole and not fault:
            killer.start()
        process.communicate()
        killer.cancel()
        tally.cut_off += process.returncode == -9
        whole = whole or time.monotonic() - started
        with closing(sqlite3.connect(home / "notebook.db", isolation_level=None)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0] - schema.LATEST
            extra = "extra" in {row[1] for row in connection.execute("PRAGMA table_info(document)")}
            new = extra and connection.execute("SELECT count(*) FROM document WHERE extra IS NOT 'new'")
            half = (version, extra, new and new.fetchone()[0]) not in ((0, False, False), (1, True, 0))
            if extra:  # back to what this program knows
                connection.execute("ALTER TABLE document DROP COLUMN extra")
                connection.execute(f"PRAGMA user_version = {schema.LATEST}")
        tally.add([*check(home, account), *(["half migrated"] if half else [])], f"run {run}")
        shutil.rmtree(home)
    return tally


def index_cuts(
    base: Path, library: Path, mode: str, rounds: int, seed: int, *, chances: int = 2, share: float = 1.0
) -> Tally:
    """The same cuts while a workspace is indexed. Its vault is derived: in `balanced` the last runs may be
    gone, in `high-performance` all of it may be. An index run then makes it whole.
    """
    tally, chance = Tally(f"power cuts of an index run, {mode}", runs=1), random.Random(seed)
    root, trace, files = base / "disk", base / "trace", base / "ws"
    root.mkdir()
    (files / ".git").mkdir(parents=True)
    disk = Disk.of(root)
    command = [
        sys.executable,
        str(KIT / "index_writer.py"),
        str(root / "home"),
        str(files),
        mode,
        str(rounds),
    ]
    env = environment(**watched(library, root, trace))
    done = subprocess.run(command, env=env, cwd=base, capture_output=True, check=False)
    if done.returncode != 0:
        tally.faults.append(f"the indexer failed: {done.stderr.decode()[-300:]}")
    version = -1
    for number, entry in enumerate(read_trace(trace)):
        disk.take(entry)
        if entry.what == "A":
            version, tally.acknowledged = int(entry.data), tally.acknowledged + 1
        if entry.what not in "sSA" or chance.random() > share:
            continue
        for found in (
            disk.cut(None),
            disk.cut(None, whole=True),
            *(disk.cut(chance) for _ in range(chances)),
        ):
            cut = base / "cut"
            lay_out(found, cut)
            tally.add(_index_faults(Home(cut / "home"), files, mode, version), f"entry {number}")
            shutil.rmtree(cut, ignore_errors=True)
    return tally


def _index_faults(home: Home, files: Path, mode: str, version: int) -> list[str]:
    path, faults = home.vault_path(files), list[str]()
    if path.exists() and mode != "high-performance":
        faults += complaints(path, but=("finished",))
    if mode == "high-reliability" and version >= 0:
        faults += _older(path, version)
    try:
        with patch.object(unsynced, "boot", lambda: "the next run of the machine"):
            try:
                index(home, files, mode)
            except VaultDamaged:  # the command does the same
                if mode != "high-performance":
                    raise
                quarantine(path)
                index(home, files, mode)
    except MagrayError as error:
        return [*faults, f"it cannot be indexed again: {error}"]
    return [*faults, *complaints(path), *_older(path, version)]


def complaints(path: Path, but: tuple[str, ...] = ()) -> list[str]:
    events = list[IntegrityEvent]()
    run_checks(path, VaultKind.WORKSPACE, frozenset(but), events.append)
    return [event.finding.message for event in events if isinstance(event, Found) and event.finding.is_error]


def _older(path: Path, version: int) -> list[str]:
    """Whether a file is missing, or is not at this version yet."""
    if not path.exists():
        return ["the vault is gone"]
    with closing(sqlite3.connect(path)) as connection:
        texts = [
            text for (text,) in connection.execute("SELECT text FROM passage WHERE text LIKE '%version %'")
        ]
    versions = [int(text.partition("version ")[2].split()[0]) for text in texts]
    return [f"versions {sorted(versions)}"] if len(texts) < FILES or min(versions) < version else []
