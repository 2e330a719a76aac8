#!/usr/bin/env python3
"""Campaigns of damage: what every command says of it, and whether everything is whole again afterwards.

    prove_recovery.py flips  [--runs 110] [--seed N]   one bit of a vault, a snapshot or the cache of vectors
    prove_recovery.py unseen [--runs 110] [--seed N]   the same, in what SQLite's own checks do not see
    prove_recovery.py notebook [--runs 110] [--seed N] flips that change rows of a notebook, or its schema
    prove_recovery.py signals [--runs 40] [--seed N]   Ctrl-C and a polite kill at a moment of a command's run

A flip harms a copy of a home; then a question is asked, and one remedy is run: `magray index` or `magray
doctor --fix`. Counted: crashes, tracebacks, SQL or text in a message, silent losses, what no remedy repairs.

A signal goes to the whole process group, as a terminal sends it. The command ends with 130 (143: SIGTERM), or
as if nothing had come where it was at its end; then every record that was acknowledged is there, and the
doctor finds nothing. An interrupt before the first line of ours, while Python starts, is counted apart.

Exits with 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.health.doctor import Doctor
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.health.findings import Finding

SECRET = "kumquat"
"""A word that every text holds: it may stand in answers, and in no message."""
_STORED = """
SELECT path, d.kind, d.layer, d.title, language, size, mtime_ns, hash, ordinal, start_line, end_line, symbol,
p.kind, p.text, text_hash FROM document d LEFT JOIN passage p ON document_id = d.id ORDER BY path, ordinal
"""


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A workspace and a home for it."""

    root: Path
    home: Path

    def __call__(self, *arguments: str) -> Ran:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
        done = subprocess.run(
            [sys.executable, "-m", "magray_server.cli.main", *arguments],
            cwd=self.root,
            env={**env, "MAGRAY_HOME": str(self.home), "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def copy(self, home: Path) -> Place:
        shutil.copytree(self.home, home)
        return Place(self.root, home)

    @property
    def vault(self) -> Path:
        return next(self.home.joinpath("workspaces").glob("*.db"))

    def findings(self) -> Sequence[Finding]:
        """What the doctor finds, the model apart."""
        return Doctor(Home(self.home), self.root, lambda root, lexical: None).check().findings

    def stored(self) -> list[Any]:
        with closing(sqlite3.connect(self.vault)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.text_factory = bytes  # what was harmed may be no text
            return connection.execute(_STORED).fetchall()

    def vectors(self) -> dict[Any, bytes]:
        sql = (
            "SELECT path, ordinal, data FROM vector JOIN passage p ON p.id = passage_id"
            " JOIN document d ON d.id = document_id"
        )
        with closing(sqlite3.connect(self.vault)) as connection:
            connection.text_factory = bytes
            return {row[:2]: row[2] for row in connection.execute(sql)}


def template(base: Path) -> Place:
    """A small workspace of code and notes in two languages, indexed by words and by meaning."""
    place = Place(base / "ws", base / "home")
    (place.root / ".git").mkdir(parents=True)
    chance = random.Random(1)
    words = ["payment", "retry", "ledger", "month", "queue", "worker", "invoice", "signature"]
    for number in range(16):
        body = " ".join(chance.choices(words, k=30))
        (place.root / f"m{number}.py").write_text(f"def step_{number}():\n    return '''{SECRET} {body}'''\n")
        text = f"# Заметка {number}\n\n{SECRET} повторный платёж — {body}\n\n## Part {number}\n\n{body}\n"
        (place.root / f"n{number}.md").write_text(text)
    done = place("index")
    if done.code != 0:
        sys.exit(done.err)
    place.stored()
    return place


@dataclass
class Score:
    """What a campaign counted."""

    runs: int = 0
    harmless: int = 0
    seen: int = 0
    bad: Counter[str] = field(default_factory=Counter[str])

    def fault(self, what: str, about: str, ran: Ran | None = None) -> None:
        self.bad[what] += 1
        print(f"{what}: {about}{'' if ran is None else f': {ran.code} {ran.err.strip()[-600:]}'}")

    def judge(self, ran: Ran, about: str) -> None:
        """What no command may do, whatever it meets."""
        if ran.code < 0:
            self.fault(f"ended by {signal.Signals(-ran.code).name}", about, ran)
        if "Traceback" in ran.err or "this is a bug" in ran.err:
            self.fault("bug", about, ran)
        said = ran.err
        if ran.out.startswith("{"):
            answer = ran.json()
            said += str(answer.get("degraded")) + str(answer.get("error"))
            said += "".join(str(finding["message"]) for finding in answer.get("findings", ()))
        if SECRET in said or "SELECT" in said or "with text" in said:
            self.fault("told a text", about, ran)


def flip(path: Path, chance: random.Random, *, text: bool) -> str:
    """Flip one bit of a file, with `text` the top bit of a letter in it; returns where."""
    data = bytearray(path.read_bytes())
    at, bit = chance.randrange(len(data)), chance.randrange(8)
    if text:
        places = [i for i in range(len(data) - 7) if data[i : i + 7] == SECRET.encode()]
        at, bit = chance.choice(places) + chance.randrange(7), 7
    data[at] ^= 1 << bit
    path.write_bytes(data)
    return f"{path.name} bit {bit} of byte {at}"


def flips(place: Place, base: Path, options: argparse.Namespace, *, vault_only: bool) -> Score:
    chance, score = random.Random(options.seed), Score()
    wanted, vectors = place.stored(), place.vectors()
    for number in range(options.runs):
        harmed = place.copy(base / f"flip{number}")
        files = sorted(p for p in harmed.home.rglob("*") if p.is_file() and p.stat().st_size > 0)
        large = [p for p in files if p.suffix in (".db", ".exact", ".snapshot", ".sketch")]
        path = harmed.vault if vault_only or chance.random() < 0.6 else chance.choice(large)
        about = flip(path, chance, text=path == harmed.vault and chance.random() < 0.2)
        remedy = ("doctor", "--fix") if number % 2 else ("index",)
        _one_flip(harmed, wanted, vectors, score, f"{about}, {remedy[0]}", remedy)
        shutil.rmtree(harmed.home)
    return score


def _one_flip(
    harmed: Place,
    wanted: list[Any],
    vectors: dict[Any, bytes],
    score: Score,
    about: str,
    remedy: tuple[str, ...],
) -> None:
    score.runs += 1
    changed = _changed(harmed, wanted, vectors)
    asked = harmed("search", f"{SECRET} payment retry", "--json")
    score.judge(asked, about)
    if asked.code != 0:
        score.fault("no answer", about, asked)
    findings = harmed.findings()
    score.judge(Ran(0, "", " ".join(finding.message for finding in findings)), about)
    score.seen += bool(findings)
    score.harmless += not changed
    if changed and not findings:
        score.fault("doctor sees nothing", f"{about}, {changed}")
    told = bool(asked.err) or (asked.out.startswith("{") and asked.json().get("degraded"))
    done = harmed(*remedy)
    score.judge(done, about)
    if done.code not in (0, 3):
        score.fault("no remedy", about, done)
    left = [finding for finding in harmed.findings() if finding.is_error]
    # `index` looks at what it meets, and at all of it once a search has met something.
    if left and (remedy[0] == "doctor" or told):
        score.fault("not repaired", f"{about}: {[finding.message for finding in left]}")
    if (remedy[0] == "doctor" or told) and (still := _changed(harmed, wanted, vectors)):
        score.fault("not as it was", f"{about}: {still}")


def _changed(place: Place, wanted: list[Any], vectors: dict[Any, bytes]) -> str:
    """What of the stored rows differs from what was stored, "" for nothing."""
    try:
        rows = place.stored()
    except sqlite3.Error as error:
        return str(error)[:60]
    if rows != wanted:
        different = [(a, b) for a, b in zip(rows, wanted, strict=False) if a != b]
        return f"rows: {len(rows)} for {len(wanted)}, {str(different[:1])[:300]}"
    try:
        return "" if place.vectors() == vectors else "vectors"
    except sqlite3.Error as error:
        return str(error)[:60]


SIGNALLED = (
    ("search", f"{SECRET} payment retry"),
    ("index", "--force"),
    ("recall", "what did we decide of payments"),
    ("remember", "-"),
    ("status",),
)


@dataclass
class Signals:
    """The signals of one number to one command."""

    place: Place
    command: tuple[str, ...]
    number: signal.Signals
    score: Score
    ended: Counter[str] = field(default_factory=Counter[str])
    acknowledged: list[str] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
        return subprocess.Popen(
            [sys.executable, "-m", "magray_server.cli.main", *self.command],
            cwd=self.place.root,
            env={**env, "MAGRAY_HOME": str(self.place.home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, text: str, seconds: float) -> None:
        self.score.runs += 1
        process = self.start()
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        process.stdin = None
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, self.number)
        out, err = (stream.decode() for stream in process.communicate(timeout=120))
        ran = Ran(process.returncode, out, err)
        about = f"{self.command[0]}, {self.number.name} after {seconds:.3f} s"
        if "Traceback" in err or "Fatal Python" in err or "KeyboardInterrupt" in err:
            if re.search(r'magray_(server|memory)/\S+", line \d+, in (?!<module>)', err):
                self.score.fault("traceback", about, ran)
            self.ended["python"] += 1
        elif ran.code == 0:
            self.acknowledged.append(text)
            self.ended["done"] += 1
            if not out:
                self.score.fault("0 without an answer", about, ran)
        else:
            self.ended["signal"] += 1
            if ran.code not in (-self.number, 128 + self.number):
                self.score.fault("another exit code", about, ran)

    def check(self) -> None:
        about = f"{self.command[0]}, {self.number.name}"
        if self.command[0] == "remember":
            there = [
                record["text"] for record in self.place("list", "-n", "1000", "--json").json()["records"]
            ]
            for text in self.acknowledged:
                if there.count(text) != 1:
                    self.score.fault("a lost record", f"{about}: {text}")
        if findings := [finding.message for finding in self.place.findings() if finding.is_error]:
            self.score.fault("damage", f"{about}: {findings}")


def signals(place: Place, options: argparse.Namespace) -> Score:
    """Signals at random moments of the whole run of a command."""
    chance, score = random.Random(options.seed), Score()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    print("| command | signal | runs | ended by it | at its end | in Python's own start | faults |")
    print("|---|---|---|---|---|---|---|")
    for command in SIGNALLED:
        for number in (signal.SIGINT, signal.SIGTERM):
            tried = Signals(place, command, number, score)
            faults = score.bad.total()
            began = time.monotonic()
            tried.start().communicate(b"the first of them")
            whole = time.monotonic() - began
            for turn in range(options.runs):
                tried.run(f"record {turn} of {number.name}", chance.uniform(0, whole))
            tried.check()
            how = [tried.ended[name] for name in ("signal", "done", "python")]
            figures = [options.runs, *how, score.bad.total() - faults]
            print(f"| `{command[0]}` | {number.name} | {' | '.join(map(str, figures))} |", flush=True)
    return score


def notebook(base: Path, options: argparse.Namespace) -> int:
    """Flips that change rows of truth in a notebook; returns the exit code."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))
    import notebook_flips

    chance = random.Random(options.seed)
    score = notebook_flips.flips(notebook_flips.fill(base, chance), base, chance, options.runs)
    print(
        f"{score.tried} flips, {score.changed} changed rows, {score.unreadable} of them made some unreadable"
    )
    print(f"not seen by the doctor: {dict(score.silent) or 'none'}; texts in messages: {len(score.quoted)}")
    return 1 if score.silent or score.quoted else 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("campaign", choices=("flips", "unseen", "notebook", "signals"))
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    options.runs = options.runs or (40 if options.campaign == "signals" else 110)
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="magray-prove-") as folder:
        base = Path(folder)
        if options.campaign == "notebook":
            sys.exit(notebook(base, options))
        place = template(base)
        if options.campaign == "signals":
            score = signals(place, options)
        else:
            score = flips(place, base, options, vault_only=options.campaign == "unseen")
            print(f"{score.runs} runs, {score.harmless} changed no row, the doctor saw {score.seen}")
    print(", ".join(f"{what}: {count}" for what, count in score.bad.items()) or "nothing bad")
    sys.exit(1 if score.bad else 0)


if __name__ == "__main__":
    main()
