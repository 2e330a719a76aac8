"""Vector spaces of a vault: which one answers while another may be incomplete.

Changing the model makes a second set of vectors beside the first. The name of the set that serves is one row
of `meta`: searches read it in the transaction that they search in, so an answer is of one set, and the change
is one commit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from magray_memory.storage.pending import scan_pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.storage.vault import Vault

SERVING = "embedding_key"
"""The row of `meta` that names the set in use."""
_FORMER = "former_keys"


def serving(vault: Vault) -> str | None:
    """The embedding key whose vectors answer; None before the first vector.

    Where the vault does not say, as one of an earlier version, the key that the most passages have.
    """
    with vault.read() as connection:
        named = vault.meta(SERVING)
        rows = connection.execute("SELECT key, vectors FROM embedding_key").fetchall()
    return chosen(named, dict(rows))


def keys(vault: Vault) -> list[str]:
    """Every key of the vault, the oldest first."""
    with vault.read() as connection:
        return [row[0] for row in connection.execute("SELECT key FROM embedding_key ORDER BY id")]


def ever(vault: Vault) -> set[str]:
    """Every key that the vault has, or once had: the vector cache may have vectors of them all."""
    former = vault.meta(_FORMER)
    return {*keys(vault), *(json.loads(former) if former else ())}


def note_former(vault: Vault, key: str) -> None:
    """Note a key that is about to be dropped."""
    with vault.write():
        vault.set_meta(_FORMER, json.dumps(sorted(ever(vault) | {key})))


def populated(vault: Vault) -> list[str]:
    """Every key that has vectors here."""
    with vault.read() as connection:
        return [row[0] for row in connection.execute("SELECT key FROM embedding_key WHERE vectors > 0")]


def chosen(named: str | None, counts: Mapping[str, int]) -> str | None:
    """The key that serves, by what `meta` names and how many vectors each key has."""
    if named is not None and counts.get(named):
        return named
    most = max(counts, key=lambda key: counts[key], default=None)
    return most if most is not None and counts[most] else None


def others(vault: Vault) -> list[str]:
    """Every other key with vectors here."""
    with vault.read():
        kept = serving(vault)
        return [key for key in keys(vault) if key != kept]


def begin(vault: Vault, key: str) -> None:
    """Have `key` serve from its first vector on where nothing serves yet. Call before embedding."""
    if serving(vault) is None and vault.meta(SERVING) != key:
        vault.set_meta(SERVING, key)


def switch(vault: Vault, key: str) -> bool:
    """Have `key` serve, in one commit; False, and nothing changed, while a passage has no vector of it."""
    with vault.write() as connection:
        if scan_pending(connection, key):
            return False
        vault.set_meta(SERVING, key)
        return True
