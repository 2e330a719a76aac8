"""Looks at one vault from end to end, in a process of its own: `python -m magray_memory.health.integrity`.

A damaged file can end the process that reads it (native loaders, mapped files), and a large one takes long:
so the doctor starts this, gives it a time limit, and reads what it prints, a JSON line for each stage that
begins and each finding. Nothing is written, and all of it is of one moment of the vault.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.errors import LexicalDamaged, MagrayError, StorageError, VaultDamaged, VaultTooNew
from magray_memory.health.findings import Finding, Remedy
from magray_memory.health.report import Severity
from magray_memory.storage import schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAGES = ("file", "schema", "counters", "passages", "lexical", "vectors", "pending", "snapshots", "recall")
"""In this order; a stage is not reached when the file itself is unsound."""

_MOST_COMPLAINTS = 10
_INDEX_COMPLAINTS = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
_GROWING = ("passage", "document", "change")


def examine(
    path: Path, kind: VaultKind, skip: frozenset[str], tell: Callable[[dict[str, Any]], None]
) -> None:
    """Tell {"stage": …} when a stage begins and {"finding": …} for what it finds, then {"done": true}."""

    def report(findings: Iterator[Finding]) -> bool:
        errors = False
        for finding in findings:
            errors = errors or finding.remedy in (Remedy.RENEW, Remedy.SALVAGE)
            tell({"finding": finding.as_json()})
        return errors

    tell({"stage": "file"})
    if "file" not in skip and report(_file(path, kind)):
        tell({"done": True})
        return
    try:
        vault = Vault.find(path, kind=kind)
        if vault is not None:
            with vault, vault.read() as connection:
                for stage, look in _looks(vault, connection).items():
                    if stage not in skip:
                        tell({"stage": stage})
                        report(_guarded(stage, vault, look))
    except VaultTooNew as error:
        report(iter([_too_new(error, path)]))
    except StorageError as error:
        report(iter([Finding("file", Severity.CRITICAL, f"{error.message}.", str(path), error.hint)]))
    tell({"done": True})


def _looks(vault: Vault, connection: sqlite3.Connection) -> dict[str, Callable[[], Iterator[Finding]]]:
    from magray_memory.health import integrity_index as index

    return {
        "schema": lambda: _schema(vault, connection),
        "counters": lambda: _counters(vault, connection),
        "passages": lambda: index.passages(vault, connection),
        "lexical": lambda: index.lexical(vault, connection),
        "vectors": lambda: index.vectors(vault, connection),
        "pending": lambda: index.pending(vault, connection),
        "snapshots": lambda: index.snapshots(vault),
        "recall": lambda: index.recall(vault, connection),
    }


def _guarded(stage: str, vault: Vault, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a stage finds; an error of the database in the middle of it is a finding too."""
    try:
        yield from look()
    except LexicalDamaged as error:
        yield lexical_damage(vault.path, error.why)
    except (MagrayError, sqlite3.DatabaseError) as error:
        from magray_memory.storage.sqlite_errors import explain, is_lexical_damage

        if is_lexical_damage(error):
            yield lexical_damage(vault.path, str(error))
            return
        ours = error if isinstance(error, MagrayError) else explain(error, vault.path)
        remedy = wrecked(vault.kind) if isinstance(ours, VaultDamaged) else Remedy.NONE
        yield Finding(stage, Severity.CRITICAL, f"{ours.message}.", str(vault.path), ours.hint, remedy)


def lexical_damage(path: Path, why: str) -> Finding:
    """The finding that the lexical index must be made again."""
    return Finding(
        "lexical",
        Severity.CRITICAL,
        f"The lexical index of {path} is damaged: {why}.",
        str(path),
        "magray doctor --fix",
        Remedy.LEXICAL,
    )


def wrecked(kind: VaultKind) -> Remedy:
    """What is done about a database that SQLite cannot trust any more."""
    return Remedy.RENEW if kind.derived else Remedy.SALVAGE


def _too_new(error: VaultTooNew, path: Path) -> Finding:
    return Finding("file", Severity.CRITICAL, f"{error.message}.", str(path), error.hint)


def _file(path: Path, kind: VaultKind) -> Iterator[Finding]:
    """Whether it is a sound database at all."""
    try:
        vault = Vault.find(path, kind=kind)
        if vault is None:
            return
        with vault, vault.read() as connection:
            rows = connection.execute(f"PRAGMA integrity_check({_MOST_COMPLAINTS})").fetchall()
            complaints = [str(row[0]) for row in rows if row[0] != "ok"]
    except VaultTooNew as error:
        yield _too_new(error, path)
        return
    except VaultDamaged as error:
        yield _wreck(path, kind, error.why)
        return
    except LexicalDamaged as error:
        yield lexical_damage(path, error.why)
        return
    except StorageError as error:
        yield Finding("file", Severity.CRITICAL, f"{error.message}.", str(path), error.hint)
        return
    own = [text for text in complaints if "fts5" not in text.lower()]
    if own and all(any(known in text for known in _INDEX_COMPLAINTS) for text in own):
        message = f"The database indexes of {path} do not fit its tables: {own[0]}."
        yield Finding("file", Severity.CRITICAL, message, str(path), "magray doctor --fix", Remedy.REINDEX)
    elif own:
        yield _wreck(path, kind, own[0].splitlines()[-1])
    if len(own) < len(complaints):
        yield lexical_damage(path, next(text for text in complaints if text not in own))


def _wreck(path: Path, kind: VaultKind, why: str) -> Finding:
    message = f"The {kind.value} vault {path} is damaged: {why}."
    return Finding("file", Severity.CRITICAL, message, str(path), "magray doctor --fix", wrecked(kind))


def _schema(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether every table, index and trigger is there as this version makes it."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != schema.LATEST:
        return
    wanted, found = reference_schema(), schema_objects(connection)
    for table in sorted(name for (kind, name) in wanted if kind == "table" and (kind, name) not in found):
        if table.startswith(("passage_fts", "passage_vocab")):
            yield lexical_damage(vault.path, f"its table {table} is missing")
        else:
            yield _wreck(vault.path, vault.kind, f"its table {table} is missing")
        return
    other = [
        name
        for key, sql in wanted.items()
        if (name := key[1]) and found.get(key) != sql and key[0] != "table"
    ]
    if other:
        message = f"{', '.join(sorted(other))} of {vault.path} must be made again."
        yield Finding(
            "schema", Severity.CRITICAL, message, str(vault.path), "magray doctor --fix", Remedy.SCHEMA
        )


def reference_schema() -> dict[tuple[str, str], str]:
    """The statements that make a new vault, by (kind, name)."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for migration in schema.MIGRATIONS:
            migration(memory)
        return schema_objects(memory)
    finally:
        memory.close()


def schema_objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """The statements of a database's tables, indexes and triggers, by (kind, name)."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows if not name.startswith("sqlite_stat")}


def _counters(vault: Vault, connection: sqlite3.Connection) -> Iterator[Finding]:
    """Whether what is counted along is what there is, and whether rows belong to rows that exist."""
    dangling = connection.execute("PRAGMA foreign_key_check").fetchmany(1)
    if dangling:
        yield _wreck(vault.path, vault.kind, f"rows of {dangling[0][0]} belong to nothing")
        return
    wrong = [
        name
        for name in ("document", "passage")
        if connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] != _tally(connection, name)
    ]
    counts = connection.execute(
        "SELECT e.key, e.vectors, (SELECT count(*) FROM vector WHERE key_id = e.id) FROM embedding_key e"
    )
    wrong += [f"vectors of {key}" for key, told, there in counts if told != there]
    for table in _GROWING:
        highest = connection.execute(f"SELECT coalesce(max({_key(table)}), 0) FROM {table}").fetchone()[0]
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        if highest > (row[0] if row else 0):
            wrong.append(f"ids of {table}")
    if wrong:
        message = f"The counters of {vault.path} are wrong ({', '.join(wrong)})."
        yield Finding(
            "counters", Severity.CRITICAL, message, str(vault.path), "magray doctor --fix", Remedy.COUNTERS
        )


def _key(table: str) -> str:
    return "seq" if table == "change" else "id"


def _tally(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM tally WHERE name = ?", (name,)).fetchone()
    return row[0] if row else -1


def main() -> None:
    """The child: one argument, the request as JSON; the answers on stdout, which libraries may not touch."""
    request = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(line: dict[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    examine(Path(request["path"]), VaultKind(request["kind"]), frozenset(request["skip"]), tell)


if __name__ == "__main__":
    main()
