"""A ledger of what a notebook must hold, kept outside of its home; and the check against it.

Whoever writes records says before each call what it is about to do, and after it whether that was
acknowledged or refused. A token, the first word of a text, names a record; its state is the number of its
text and whether it is in the trash. A killed writer leaves a call open: of that all happened or nothing.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from magray_memory.errors import MagrayError
from magray_memory.health.integrity import run_checks
from magray_memory.health.integrity_events import Found, IntegrityEvent
from magray_memory.storage.durability import Durability, VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

State = tuple[int, bool] | None
"""The number of the text, and whether the record is in the trash; None: it is not there."""
_TEXT = re.compile(r"(\S+) v(\d+)\b")
LONGEST_SENTENCE = 400


class Ledger:
    """The writing side. Each entry is one write to a file that is only appended to."""

    def __init__(self, path: Path, writer: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._writer = writer
        self._call = 0
        self.refused = list[str]()
        """What is wrong with how a call was refused."""

    @contextmanager
    def call(self, changes: Mapping[str, State]) -> Generator[None]:
        """A call that gives records these states. An error of ours is taken for the answer that it is."""
        self.begin(changes)
        try:
            yield
        except MagrayError as error:
            if "\n" in str(error) or len(str(error)) > LONGEST_SENTENCE:
                self.refused.append(f"not one sentence: {error}")
            self.note(failed=str(error))
            raise
        self.note(acknowledged=True)

    def begin(self, changes: Mapping[str, State]) -> int:
        """Note that a call is about to be made; returns its number, by which `note` says how it ended."""
        self._call += 1
        self.note(begun=changes)
        return self._call

    def note(self, **entry: Any) -> None:
        """Append an entry, of the last call that has begun unless it says which."""
        line = json.dumps({"writer": self._writer, "call": self._call, **entry}).encode() + b"\n"
        os.write(self._file, line)
        if "MAGRAY_DISK_TRACE" in os.environ:
            ctypes.CDLL(None).disk_note(line)

    def close(self) -> None:
        os.close(self._file)


@dataclass
class Account:
    """What the entries of a ledger say so far."""

    sure: dict[str, State] = field(default_factory=dict)
    """The state of each record by the last call that was acknowledged."""
    open: dict[tuple[str, int], Mapping[str, State]] = field(default_factory=dict)
    """What calls without an answer are about to do."""
    moving: set[str] = field(default_factory=set)
    """Records that something else may move to the trash at any time."""
    acknowledged: int = 0
    may_return: bool = False
    """What was refused may be there after all, whole, until the next call."""

    def take(self, line: bytes | str) -> None:
        """Add an entry."""
        entry = json.loads(line)
        call = entry["writer"], entry["call"]
        if "begun" in entry:
            self.open[call] = {
                token: None if state is None else (state[0], state[1])
                for token, state in entry["begun"].items()
            }
        elif "failed" in entry:
            if not self.may_return:
                self.open.pop(call)
        elif "moving" in entry:
            self.moving.update(entry["moving"])
        else:
            self.sure.update(self.open.pop(call))
            self.acknowledged += 1

    @classmethod
    def read(cls, path: Path, *, may_return: bool = False) -> Account:
        """The account of a whole ledger; a last line that is half there was not answered."""
        account = cls(may_return=may_return)
        for line in path.read_bytes().split(b"\n")[:-1]:
            account.take(line)
        return account

    def allowed(self, token: str) -> set[State]:
        """The states that a record may have."""
        states = {self.sure.get(token)}
        states.update(changes[token] for changes in self.open.values() if token in changes)
        if token in self.moving:
            states.update((state[0], True) for state in list(states) if state is not None)
        return states


def check(home: Path, account: Account, *, lossy: bool = False) -> list[str]:
    """What is wrong with the notebook of a home, by a ledger; [] for nothing.

    Opens it as a writer does, which migrates it. `lossy`: the last calls may be gone.
    """
    notebook = home / "notebook.db"
    if not notebook.exists():
        lost = sum(state is not None for state in account.sure.values())
        return [] if lossy or not lost else [f"no notebook, and {lost} records were acknowledged"]
    try:
        Vault.open(
            notebook, kind=VaultKind.NOTEBOOK, durability=Durability.HIGH_PERFORMANCE, write=True
        ).close()
        events = list[IntegrityEvent]()
        run_checks(notebook, VaultKind.NOTEBOOK, frozenset(), events.append)
    except MagrayError as error:
        return [f"it does not open: {error}"]
    findings = [event.finding for event in events if isinstance(event, Found)]
    faults = [f"doctor: {finding.message}" for finding in findings if finding.is_error]
    with closing(sqlite3.connect(notebook)) as connection:
        faults += _misplaced(connection)
        faults += [] if lossy else list(_differences(connection, account))
    return faults


def _differences(connection: sqlite3.Connection, account: Account) -> Iterable[str]:
    found = defaultdict[str, list[State]](list)
    former = defaultdict[str, Counter[int]](Counter)
    for text, trashed_at in connection.execute("SELECT text, trashed_at FROM document WHERE path IS NULL"):
        token, number = _named(text)
        found[token].append((number, trashed_at is not None))
    for (text,) in connection.execute("SELECT text FROM revision"):
        token, number = _named(text)
        former[token][number] += 1
    begun = {token for changes in account.open.values() for token in changes}
    for token in account.sure.keys() | begun | found.keys():
        allowed, states = account.allowed(token), found[token]
        if len(states) > 1:
            yield f"{token} is there {len(states)} times"
        elif (states[0] if states else None) not in allowed:
            yield f"{token} is {states}, and may be {sorted(map(str, allowed))}"
        elif states and states[0] and former[token] != Counter(range(states[0][0])):
            yield f"{token} has the history {dict(former[token])}, its text is v{states[0][0]}"


def _misplaced(connection: sqlite3.Connection) -> Iterable[str]:
    """Records that are found by nothing, or that are found in the trash."""
    rows = connection.execute(
        "SELECT text, trashed_at FROM document WHERE path IS NULL AND (trashed_at IS NULL) ="
        " NOT EXISTS (SELECT 1 FROM passage WHERE document_id = document.id)"
    )
    for text, trashed_at in rows:
        yield f"{_named(text)[0]} {'is in the trash with' if trashed_at else 'has no'} passages"
    lost = connection.execute("SELECT count(*) FROM vector WHERE passage_id NOT IN (SELECT id FROM passage)")
    for (count,) in lost:
        if count:
            yield f"{count} vectors without a passage"


def _named(text: str) -> tuple[str, int]:
    match = _TEXT.match(text)
    return (text[:40], -1) if match is None else (match[1], int(match[2]))
