"""Passphrase of encrypted archives: from a file, the environment or a prompt; never from an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import PassphraseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSPHRASE_VARIABLE = "MAGRAY_PASSPHRASE"
_MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Passphrases:
    """Where a passphrase comes from, in this order: `file`, `variable` (a value), `ask`."""

    file: Path | None = None
    variable: str = ""
    ask: Callable[[], str] | None = None

    def get(self) -> str:
        """The passphrase. Raises PassphraseError where there is none."""
        found = self._found()
        if not found:
            raise PassphraseError(
                "the passphrase is empty", "", f"--passphrase-file FILE, or {PASSPHRASE_VARIABLE}"
            )
        return found

    def _found(self) -> str:
        if self.file is not None:
            try:
                with self.file.open("rb") as file:
                    data = file.read(_MOST_BYTES)
            except OSError as error:
                why = error.strerror or str(error)
                raise PassphraseError(f"the passphrase file {self.file} cannot be read", why) from error
            # Editors and `echo` end a line; what comes after it is no part of a passphrase.
            return data.decode("utf-8", "surrogateescape").partition("\n")[0].removesuffix("\r")
        if self.variable:
            return self.variable
        if self.ask is not None:
            return self.ask()
        raise PassphraseError(
            "the backup is encrypted",
            "no passphrase was given",
            f"--passphrase-file FILE, or {PASSPHRASE_VARIABLE}",
        )


NO_PASSPHRASE = Passphrases()
