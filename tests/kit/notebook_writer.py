#!/usr/bin/env python3
"""A program that writes to a notebook and to a ledger until it is killed, or has done what it should.

    notebook_writer.py HOME LEDGER NAME SEED [COUNT]

Everything that changes records, at random, each writer with records of its own. Now and then it closes the
notebook, so that the log is taken in and removed, as a command does at its end.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import Ledger

from magray_memory.context import Context
from magray_memory.errors import StorageError
from magray_memory.memory import Memory
from magray_memory.records.room import Records
from magray_memory.values import Draft

if TYPE_CHECKING:
    from ledger import State

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "omega"]
LAYERS = ["interact", "insights", "assets"]
OLD = 3 * 86_400.0
_REOPEN = 0.1
_PINNED = 0.5


class Writer:
    """One writer: it knows what it has been told to be there."""

    def __init__(self, home: Path, ledger: Ledger, name: str, chance: random.Random) -> None:
        self._home, self._ledger, self._name, self._chance = home, ledger, name, chance
        self.memory = Memory.open(home=home)
        self._ids = dict[str, str]()
        self._states = dict[str, "State"]()
        self._made = 0
        self._keyed = list[str]()

    def step(self) -> None:
        """One call. Raises StorageError where it was refused."""
        actions = [self.remember, self.batch, self.remember_old, self.promote, self.clean, self.upsert]
        if self._live():
            actions += [self.edit, self.edit, self.forget, self.tag, self.pin, self.rise]
        if self._trashed():
            actions += [self.restore, self.purge, self.empty]
        self._chance.choice(actions)()
        if self._chance.random() < _REOPEN:
            self.reopen()

    def reopen(self) -> None:
        self.memory.close()
        self.memory = Memory.open(home=self._home)

    def remember(self) -> None:
        token = self._token()
        with self._ledger.call({token: (0, False)}):
            done = self.memory.records.remember(self._draft(token, 0))
        self._keep(token, done.record.id, (0, False))

    def remember_old(self) -> None:
        """A record that is due to leave, so that any run of `clean` may take it to the trash."""
        token = self._token()
        self._ledger.note(moving=[token])
        with (
            closing(Context.open(home=self._home)) as context,
            closing(Records(context, lambda: time.time() - OLD)) as earlier,
            self._ledger.call({token: (0, False)}),
        ):
            earlier.remember(self._draft(token, 0))

    def promote(self) -> None:
        with self._ledger.call({}):
            self.memory.layers.promote()

    def clean(self) -> None:
        with self._ledger.call({}):
            self.memory.layers.clean(at_once=True)

    def batch(self) -> None:
        tokens = [self._token() for _ in range(self._chance.randint(2, 12))]
        with self._ledger.call(dict.fromkeys(tokens, (0, False))):
            done = self.memory.records.remember_all([self._draft(token, 0) for token in tokens])
            for one in done:
                if isinstance(one, Exception):
                    raise one
        for token, one in zip(tokens, done, strict=True):
            assert not isinstance(one, Exception)
            self._keep(token, one.record.id, (0, False))

    def edit(self) -> None:
        token = self._chance.choice(self._live())
        number = self._number(token) + 1
        with self._ledger.call({token: (number, False)}):
            self.memory.records.edit(self._ids[token], text=self._text(token, number))
        self._states[token] = (number, False)

    def forget(self) -> None:
        tokens = self._chance.sample(self._live(), min(2, len(self._live())))
        changes: dict[str, State] = {token: (self._number(token), True) for token in tokens}
        with self._ledger.call(changes):
            self.memory.records.forget([self._ids[token] for token in tokens])
        self._states.update(changes)

    def restore(self) -> None:
        token = self._chance.choice(self._trashed())
        change: State = (self._number(token), False)
        with self._ledger.call({token: change}):
            self.memory.records.restore(self._ids[token])
        self._states[token] = change

    def purge(self) -> None:
        token = self._chance.choice(self._trashed())
        with self._ledger.call({token: None}):
            self.memory.records.purge([self._ids[token]])
        self._states[token] = None

    def empty(self) -> None:
        tokens = self._trashed()
        with self._ledger.call(dict.fromkeys(tokens)):
            self.memory.records.empty_trash([self._ids[token] for token in tokens])
        self._states.update(dict.fromkeys(tokens))

    def tag(self) -> None:
        token = self._chance.choice(self._live())
        with self._ledger.call({token: self._states[token]}):
            self.memory.records.tag(self._ids[token], add=[self._chance.choice(WORDS)])

    def pin(self) -> None:
        token = self._chance.choice(self._live())
        with self._ledger.call({token: self._states[token]}):
            self.memory.records.pin(self._ids[token], pinned=self._chance.random() < _PINNED)

    def rise(self) -> None:
        token = self._chance.choice(self._live())
        with self._ledger.call({token: self._states[token]}):
            self.memory.layers.promote([self._ids[token]], self._chance.choice(LAYERS))

    def upsert(self) -> None:
        token = self._chance.choice(self._keyed) if self._keyed else self._token()
        number = self._number(token) + 1 if self._states.get(token) else 0
        with self._ledger.call({token: (number, False)}):
            done = self.memory.records.remember(replace(self._draft(token, number), key=f"key {token}"))
        self._keep(token, done.record.id, (number, False))
        self._keyed = [token]

    def _token(self) -> str:
        self._made += 1
        return f"{self._name}-{self._made}"

    def _draft(self, token: str, number: int) -> Draft:
        return Draft(text=self._text(token, number), tags=(self._chance.choice(WORDS),))

    def _text(self, token: str, number: int) -> str:
        length = self._chance.choice((3, 20, 20, 60, 900))
        return f"{token} v{number} " + " ".join(self._chance.choices(WORDS, k=length))

    def _keep(self, token: str, id_: str, state: State) -> None:
        self._ids[token], self._states[token] = id_, state

    def _number(self, token: str) -> int:
        state = self._states[token]
        assert state is not None
        return state[0]

    def _live(self) -> list[str]:
        return [token for token, state in self._states.items() if state is not None and not state[1]]

    def _trashed(self) -> list[str]:
        return [token for token, state in self._states.items() if state is not None and state[1]]


def main() -> None:
    home, path, name, seed, *count = sys.argv[1:]
    ledger = Ledger(Path(path), name)
    writer = Writer(Path(home), ledger, name, random.Random(seed))
    print("go", flush=True)
    done = 0
    while not count or done < int(count[0]):
        done += 1
        try:
            writer.step()
        except StorageError as error:
            print(error, file=sys.stderr)
    writer.memory.close()


if __name__ == "__main__":
    main()
