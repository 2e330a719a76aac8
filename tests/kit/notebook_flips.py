"""Single bits flipped in a notebook: which rows of truth they change, and what the doctor says of it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from magray_memory.health.integrity import run_checks
from magray_memory.health.integrity_events import Found, IntegrityEvent
from magray_memory.memory import Memory
from magray_memory.records.citation import Source
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.record_states import Origin, put_origin
from magray_memory.storage.redactions import set_redactions
from magray_memory.storage.schema import TABLES, TableRole
from magray_memory.storage.vault import Vault
from magray_memory.values import Draft

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from magray_memory.health.findings import Finding

SECRET = "kumquat"
"""A word of every text, which stands in no message."""
UNUSED = {"link": ("target_document_id", "passage_id")}
"""Columns that nothing reads."""
_KEPT = [name for name, role in TABLES.items() if role is not TableRole.DERIVED]

Rows = dict[str, list[dict[str, Any]]]


def fill(base: Path, chance: random.Random) -> Path:
    """A notebook whose every table of truth has rows; returns its path."""
    root, words = base / "ws", ["payment", "retry", "ledger", "queue", "счёт", "платёж", "印章", "worker"]
    root.mkdir(parents=True, exist_ok=True)
    (root / "pay.py").write_text("def pay():\n    return 1\n")

    def text(number: int) -> str:
        body = " ".join(chance.choices(words, k=40))
        return (
            f"# Note {number}\n\n{SECRET} {body} #tag{number % 5}\n\n## Part\n\n[[Note {number // 2}]] {body}"
        )

    with Memory.open(root, home=base / "home") as memory:
        drafts = [
            Draft(
                text=text(number),
                tags=(f"t{number % 3}",),
                key=f"key{number}" if number % 4 == 0 else None,
                session=f"s{number % 2}",
                importance=0.25 * (number % 4),
                source=Source(root / "pay.py", (1, 2)) if number % 5 == 0 else None,
                pinned=number % 7 == 0,
            )
            for number in range(40)
        ]
        ids = [kept.record.id for kept in map(memory.records.remember, drafts)]
        for turn in range(3):
            for id_ in ids[::3]:
                memory.records.edit(id_, text=f"{SECRET} turn {turn} of {id_}, {chance.random()}")
        for id_ in ids[::4]:
            memory.records.tag(id_, add=["late"], remove=["t0"])
        for id_ in ids[1::6]:
            memory.records.show(id_)
        memory.records.remember(Draft(text="It replaces another.", supersedes=ids[8]))
        memory.records.forget(ids[5:7])
        memory.records.purge(ids[9:12])
    path = base / "home" / "notebook.db"
    with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault, vault.write() as connection:
        for number in (1, 2, 3):
            put_origin(connection, number, Origin(f"tool:{number}", bytes([number] * 16), 1.5 * number))
            set_redactions(connection, number, {"password": number})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path


def rows(path: Path) -> Rows:
    """Every row that is not derived, damaged texts as bytes. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        connection.row_factory = sqlite3.Row
        return {
            table: [
                {name: value for name, value in row.items() if name not in UNUSED.get(table, ())}
                for row in map(_named, connection.execute(f"SELECT * FROM {table}"))
            ]
            for table in _KEPT
        }


def _named(row: sqlite3.Row) -> dict[str, Any]:
    return dict(zip(row.keys(), row, strict=True))


def changed_columns(found: Rows, wanted: Rows) -> set[str]:
    """`table.column` of all that differs, checksums apart; `table` alone where rows are more or fewer."""
    different = set[str]()
    for table, before in wanted.items():
        after = found[table]
        if len(after) != len(before):
            different.add(table)
        for a, b in zip(after, before, strict=False):
            different |= {
                f"{table}.{name}" for name in b if a.get(name) != b[name] and "checksum" not in name
            }
    return different


def findings(path: Path) -> list[Finding]:
    """What the doctor finds in a notebook, in this process."""
    found: list[Finding] = []

    def emit(event: IntegrityEvent) -> None:
        if isinstance(event, Found):
            found.append(event.finding)

    run_checks(path, VaultKind.NOTEBOOK, frozenset(), emit)
    return found


@dataclass
class Flips:
    """What a campaign counted: flips that changed rows, or made them unreadable; by column, those that the
    doctor did not see.
    """

    tried: int = 0
    unreadable: int = 0
    changed: int = 0
    silent: Counter[str] = field(default_factory=Counter[str])
    quoted: list[str] = field(default_factory=list[str])


def flips(notebook: Path, base: Path, chance: random.Random, changes: int) -> Flips:
    """Flip single bits of copies until so many have changed rows."""
    score, wanted, data = Flips(), rows(notebook), notebook.read_bytes()
    while score.changed < changes:
        score.tried += 1
        copy = base / f"flipped{score.tried}.db"
        harmed = bytearray(data)
        harmed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        copy.write_bytes(harmed)
        try:
            different = changed_columns(rows(copy), wanted)
        except (sqlite3.Error, UnicodeDecodeError):
            score.unreadable += 1
            different = {"unreadable"}
        if different:
            score.changed += 1
            found = findings(copy)
            if not found:
                score.silent.update(sorted(different))
            said = [one.message for one in found]
            score.quoted += [message for message in said if SECRET in message or "SELECT" in message]
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return score
