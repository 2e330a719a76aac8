#!/usr/bin/env python3
"""Makes each write of each call fail in turn, in one process that the library of `disk.py` watches.

    fault_sweep.py BASE ERRNO ACTION… [--step N] [--lasting]

BASE/disk is the folder that is watched. After each failure the notebook is compared with the ledger: what
was refused left everything as it was, what was acknowledged is there; and the next call, on a sound disk,
succeeds. Where it was the sync that failed, what was refused may be there after all, whole: it is in the log.
Prints a JSON object: points, calls acknowledged and refused, and the faults that were found.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import json
import random
import shutil
import sys
from pathlib import Path

from ledger import Account, Ledger, check
from notebook_writer import Writer

from magray_memory.errors import MagrayError

ALWAYS = 2**63 - 1
_SHIM = ctypes.CDLL(None)
_SHIM.disk_calls.restype = ctypes.c_long
_SHIM.disk_fault.argtypes = (ctypes.c_int, ctypes.c_long, ctypes.c_long)


class Sweep:
    """One kind of failure at one call after the other."""

    def __init__(self, base: Path, error: int, *, lasting: bool) -> None:
        self._base, self._error, self._lasting = base, error, lasting
        self.points = self.acknowledged = self.refused = 0
        self.faults = list[str]()

    def run(self, action: str, step: int) -> None:
        """Fail the first write of an action, then another, until one is not reached."""
        at = 1
        while self._fail(action, at):
            at += step

    def _fail(self, action: str, at: int) -> bool:
        about = f"{action}, {errno.errorcode[self._error]} at {at}{'+' * self._lasting}"
        home, path = self._base / "disk" / "home", self._base / "ledger"
        shutil.rmtree(home, ignore_errors=True)
        path.unlink(missing_ok=True)
        ledger = Ledger(path, "w")
        writer = Writer(home, ledger, "w", random.Random(at))
        if action != "first":
            for _ in range(3):
                writer.remember()
            writer.remember_old()
            writer.upsert()
            writer.forget()
            writer.reopen()
        begun = _SHIM.disk_calls()
        _SHIM.disk_fault(self._error, at, ALWAYS if self._lasting else at)
        try:
            (writer.remember if action == "first" else getattr(writer, action))()
            writer.reopen()
        except MagrayError:
            self.refused += 1
        except Exception as error:
            self.faults.append(f"{about}: {type(error).__name__}: {error}")
            ledger.note(failed="bug")
        reached = _SHIM.disk_calls() - begun >= at
        synced = chr(_SHIM.disk_failed()) != "S"
        _SHIM.disk_fault(0, 0, 0)
        try:
            writer.remember()
        except MagrayError as error:
            self.faults.append(f"{about}: the next call fails: {error}")
        writer.memory.close()
        ledger.close()
        account = Account.read(path, may_return=not synced)
        self.faults += [f"{about}: {fault}" for fault in (*ledger.refused, *check(home, account))]
        self.points += 1
        self.acknowledged += account.acknowledged
        return reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("error", choices=("ENOSPC", "EIO", "EROFS"))
    parser.add_argument("actions", nargs="+")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--lasting", action="store_true")
    options = parser.parse_args()
    sweep = Sweep(options.base, getattr(errno, options.error), lasting=options.lasting)
    for action in options.actions:
        sweep.run(action, options.step)
    json.dump(vars(sweep) | {"_base": None}, sys.stdout)


if __name__ == "__main__":
    main()
