"""Integrity checks of one vault, in a process of their own: `python -m magray_memory.health.integrity`.

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
from typing import TYPE_CHECKING

from magray_memory.config import RedactionSettings
from magray_memory.errors import (
    LexicalDamaged,
    MagrayError,
    RowsDamaged,
    SchemaMismatch,
    StorageError,
    VaultDamaged,
)
from magray_memory.health.findings import FIX, Finding, Remedy
from magray_memory.health.integrity_events import Finished, Found, IntegrityEvent, StageBegun, encode
from magray_memory.health.report import Severity
from magray_memory.storage import counters, integrity_checks
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.integrity_checks import Part
from magray_memory.storage.row_checksums import BY_DAMAGED_ROWS
from magray_memory.storage.sqlite_errors import explain
from magray_memory.storage.vault import Vault
from magray_memory.text.redaction import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def run_checks(
    path: Path,
    kind: VaultKind,
    skip: frozenset[str],
    emit: Callable[[IntegrityEvent], None],
    redaction: RedactionSettings = DEFAULT,
) -> None:
    """Emit the stages as they begin and what each finds, and `Finished` at the end."""

    def report(findings: Iterator[Finding]) -> bool:
        unsound = False
        for finding in findings:
            unsound = unsound or finding.remedy.replaces_vault
            emit(Found(finding))
        return unsound

    emit(StageBegun("file"))
    if "file" not in skip and report(_check_file(path, kind)):
        emit(Finished())
        return
    try:
        vault = Vault.find(path, kind=kind)
        if vault is not None:
            vault.db.read_leniently()
            with vault, vault.read():
                for stage, check in _checks(vault, redaction).items():
                    if stage not in skip:
                        emit(StageBegun(stage))
                        report(_guarded(stage, vault, check))
    except StorageError as error:
        report(iter([_unusable(error, path)]))
    emit(Finished())


def _checks(vault: Vault, redaction: RedactionSettings) -> dict[str, Callable[[], Iterator[Finding]]]:
    from magray_memory.health import integrity_index as index

    checks = {
        "schema": lambda: _check_schema(vault),
        "counters": lambda: _check_counters(vault),
        "passages": lambda: index.check_passages(vault),
        "finished": lambda: index.check_finished(vault),
        "lexical": lambda: index.check_lexical(vault),
        "vectors": lambda: index.check_vectors(vault),
        "pending": lambda: index.check_pending(vault),
        "snapshots": lambda: index.check_snapshots(vault),
        "recall": lambda: index.check_recall(vault),
    }
    if not vault.kind.derived:  # of files the next run of the indexer takes them out
        checks["records"] = lambda: _check_records(vault)
        checks["secrets"] = lambda: _check_secrets(vault, redaction)
    return checks


def _check_records(vault: Vault) -> Iterator[Finding]:
    """Whether every record that is not in the trash can be found."""
    from magray_memory.storage.record_lists import without_passages

    lost = without_passages(vault)
    if lost:
        message = (
            f"Nothing finds {len(lost):,} of the records in {vault.path}: no passages of them are there."
        )
        yield Finding("records", Severity.WARNING, message, str(vault.path), FIX, Remedy.RECORDS)


def _check_secrets(vault: Vault, redaction: RedactionSettings) -> Iterator[Finding]:
    """Whether records hold what the rules of now take out."""
    from magray_memory.records.raw_secrets import find_raw_secrets

    found = find_raw_secrets(vault, redaction)
    if found:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.counts.items()))
        where = f"{len(found.records)} records and {len(found.former)} former texts"
        message = f"Former rules left secrets in {where} of {vault.path} ({kinds})."
        yield Finding("secrets", Severity.WARNING, message, str(vault.path), FIX, Remedy.REDACT)


def _guarded(stage: str, vault: Vault, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a stage; an error of the database in the middle of it is a finding too."""
    try:
        yield from check()
    except LexicalDamaged:
        yield _lexical_damage(vault.path)
    except BY_DAMAGED_ROWS:
        yield _row_damage(stage, vault)
    except (MagrayError, sqlite3.DatabaseError) as error:
        ours = error if isinstance(error, MagrayError) else explain(error, vault.path)
        if isinstance(ours, LexicalDamaged):
            yield _lexical_damage(vault.path)
        elif isinstance(ours, RowsDamaged):
            yield _row_damage(stage, vault)
        else:
            unsound = isinstance(ours, VaultDamaged | SchemaMismatch)
            remedy = _remedy_of_damage(vault.kind) if unsound else Remedy.NONE
            yield Finding(stage, Severity.CRITICAL, f"{ours.message}.", str(vault.path), ours.hint, remedy)


def _row_damage(stage: str, vault: Vault) -> Finding:
    message = f"Rows of {vault.path} are not what was stored."
    remedy = Remedy.REREAD if vault.kind.derived else Remedy.NONE
    return Finding(stage, Severity.CRITICAL, message, str(vault.path), FIX if remedy else "", remedy)


def _lexical_damage(path: Path, why: str = "") -> Finding:
    message = f"The lexical index of {path} is damaged{why and ': '}{why}."
    return Finding("lexical", Severity.CRITICAL, message, str(path), FIX, Remedy.LEXICAL)


def _remedy_of_damage(kind: VaultKind) -> Remedy:
    """What is done about a database that SQLite cannot trust any more."""
    return Remedy.REBUILD if kind.derived else Remedy.SALVAGE


def _unusable(error: StorageError, path: Path) -> Finding:
    return Finding("file", Severity.CRITICAL, f"{error.message}.", str(path), error.hint)


def _check_file(path: Path, kind: VaultKind) -> Iterator[Finding]:
    """Whether it is a sound database at all."""
    try:
        vault = Vault.find(path, kind=kind)
        if vault is None:
            return
        with vault:
            found = integrity_checks.complaints(vault)
    except VaultDamaged as error:
        yield _damage(path, kind, error.why)
        return
    except LexicalDamaged:
        yield _lexical_damage(path)
        return
    except StorageError as error:
        yield _unusable(error, path)
        return
    by_part = {part: [text for about, text in found if about is part] for part in Part}
    if by_part[Part.FILE]:
        first = next(text for about, text in found if about is not Part.LEXICAL)
        yield _damage(path, kind, first.splitlines()[-1])
    elif by_part[Part.INDEXES]:
        message = f"The database indexes of {path} do not fit its tables: {by_part[Part.INDEXES][0]}."
        yield Finding("file", Severity.CRITICAL, message, str(path), FIX, Remedy.REINDEX)
    if by_part[Part.LEXICAL]:
        yield _lexical_damage(path, by_part[Part.LEXICAL][0])


def _damage(path: Path, kind: VaultKind, why: str) -> Finding:
    message = f"The {kind.value} vault {path} is damaged: {why}."
    return Finding("file", Severity.CRITICAL, message, str(path), FIX, _remedy_of_damage(kind))


def _check_schema(vault: Vault) -> Iterator[Finding]:
    """Whether every table, index and trigger is there as this version makes it."""
    different = integrity_checks.schema_difference(vault)
    if different is None:
        return
    if different.tables:
        yield _damage(vault.path, vault.kind, f"its table {different.tables[0]} is not what it was made as")
    elif different.lexical_tables:
        yield _lexical_damage(vault.path, "a table of it is missing")
    elif different.others:
        message = f"{', '.join(different.others)} of {vault.path} must be rebuilt."
        yield Finding("schema", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.SCHEMA)


def _check_counters(vault: Vault) -> Iterator[Finding]:
    """Whether counters say what there is, and whether rows refer to rows that exist."""
    dangling = integrity_checks.dangling_table(vault)
    if dangling is not None:
        yield _damage(vault.path, vault.kind, f"rows of {dangling} belong to nothing")
        return
    wrong = counters.wrong_counters(vault)
    if wrong:
        message = f"The counters of {vault.path} are wrong ({', '.join(wrong)})."
        yield Finding("counters", Severity.CRITICAL, message, str(vault.path), FIX, Remedy.COUNTERS)


def main() -> None:
    """The child: one argument, the request as JSON; the answers on stdout, which libraries may not touch."""
    request = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: IntegrityEvent) -> None:
        out.write(encode(event) + "\n")
        out.flush()

    stated = request["redaction"]
    redaction = RedactionSettings(stated["enabled"], tuple(stated["patterns"]), tuple(stated["allow"]))
    run_checks(Path(request["path"]), VaultKind(request["kind"]), frozenset(request["skip"]), emit, redaction)


if __name__ == "__main__":
    main()
