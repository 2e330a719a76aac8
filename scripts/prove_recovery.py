#!/usr/bin/env python3
"""Campaigns of damage: what every command says of it, and whether everything is whole again afterwards.

    prove_recovery.py flips  [--runs 110] [--seed N]   one bit of a vault, a snapshot or the cache of vectors
    prove_recovery.py unseen [--runs 110] [--seed N]   the same, in what SQLite's own checks do not see

Each run harms a copy of a home, asks a question, and then runs one remedy: `magray index` or `magray doctor
--fix`. Counted: crashes, tracebacks, SQL or text in a message, silent losses, what no remedy repairs. Exits
with 1 where one of these is not 0.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("campaign", choices=("flips", "unseen"))
    parser.add_argument("--runs", type=int, default=110)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="magray-prove-") as folder:
        base = Path(folder)
        place = template(base)
        score = flips(place, base, options, vault_only=options.campaign == "unseen")
    print(f"{score.runs} runs, {score.harmless} changed no row, the doctor saw {score.seen}")
    print(", ".join(f"{what}: {count}" for what, count in score.bad.items()) or "nothing bad")
    sys.exit(1 if score.bad else 0)


if __name__ == "__main__":
    main()
