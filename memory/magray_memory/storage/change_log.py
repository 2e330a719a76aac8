"""Change log: the numbered changes of a vault's vectors, by which an index in memory follows the vault.

Triggers write it. What is trimmed away sends whoever is behind back to all vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.storage.vault import Vault


def max_seq(vault: Vault) -> int:
    """Number of the last change of a vector, 0 when there was none."""
    with vault.read() as connection:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return 0 if row is None else row[0]


def changes_after(vault: Vault, seq: int) -> list[tuple[int, int, int | None, str]] | None:
    """(seq, passage id, key id, 'add' or 'remove') after `seq`, in order; None when some are trimmed
    away.
    """
    with vault.read() as connection:
        if seq < changes_trimmed_to(vault):
            return None
        return connection.execute(
            "SELECT seq, passage_id, key_id, op FROM change WHERE seq > ? ORDER BY seq", (seq,)
        ).fetchall()


def changes_trimmed_to(vault: Vault) -> int:
    """Number of the last change that the log has forgotten, 0 where it has all of them."""
    return int(vault.meta("changes_trimmed_to", "0") or 0)


def trim_changes(vault: Vault, keep: int) -> int:
    """Forget all but the last `keep` changes; returns how many went."""
    with vault.write() as connection:
        upto = max_seq(vault) - keep
        if upto <= changes_trimmed_to(vault):
            return 0
        gone = connection.execute("DELETE FROM change WHERE seq <= ?", (upto,)).rowcount
        vault.set_meta("changes_trimmed_to", str(upto))
    return gone


def count_changes(vault: Vault) -> int:
    """How many changes the log holds."""
    with vault.read() as connection:
        return connection.execute("SELECT count(*) FROM change").fetchone()[0]
