"""Lexical index (FTS5, contentless): feeds it with tokens, in the transaction of what it describes.

A contentless table keeps no text: a row leaves it only when it is given again exactly the tokens it was fed.
So a row is removed by analysing the stored text again, which is right only while the analyzer is the one that
fed it. The vault's `analyzer_version` says which did; a writer that finds another builds the table again, in
its own transaction, and until that commits readers answer from the old one. The same repairs error 267 (a
damaged table): the index is derived, whatever happens to it is no damage of the vault. The names of symbols
have a table of their own, which is fed, made again and repaired with that of the words.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from magray_memory.storage import fts, schema
from magray_memory.storage.sqlite_errors import is_lexical_damage
from magray_memory.storage.symbol_text import names_in
from magray_memory.storage.vault import LEXICAL_VERSION, WORDS_REMOVED
from magray_memory.text.analyzer import ANALYZER_VERSION, analyze, analyze_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from magray_memory.storage.fts import LexicalRow
    from magray_memory.storage.vault import Vault


class LexicalIndex:
    """The writing side of a vault's lexical index; every method runs inside `vault.write()` or opens it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def add(self, rows: Iterable[LexicalRow]) -> None:
        """Make passages findable that are stored already."""
        with self._vault.write() as connection:
            if self.ensure_version():
                return  # building it again took in what is stored, these rows too
            listed = list(rows)
            try:
                fts.add_rows(connection, tokens_of(listed))
                fts.add_names(connection, names_of(listed))
            except sqlite3.DatabaseError as error:
                self._mend(connection, error)

    def remove(self, rows: Iterable[LexicalRow]) -> None:
        """Forget passages that are still stored as they were added: same symbol, path and text."""
        with self._vault.write() as connection:
            self.ensure_version()
            listed = list(rows)
            tokens, names = list(tokens_of(listed)), names_of(listed)
            if tokens and self._vault.meta(WORDS_REMOVED) is None:
                self._vault.set_meta(WORDS_REMOVED, "1")
            try:
                fts.remove_rows(connection, tokens)
                fts.remove_names(connection, names)
            except sqlite3.DatabaseError as error:
                self._mend(connection, error)
                fts.remove_rows(connection, tokens)
                fts.remove_names(connection, names)

    def ensure_version(self) -> bool:
        """Build the index again if another analyzer fed it; returns whether that was needed."""
        stored = self._vault.meta(LEXICAL_VERSION)
        if stored == str(ANALYZER_VERSION):
            return False
        with self._vault.write() as connection:
            self._rebuild(connection)
        return True

    def rebuild(self) -> None:
        """Build the index again from the passages."""
        with self._vault.write() as connection:
            self._rebuild(connection)

    def _mend(self, connection: sqlite3.Connection, error: sqlite3.DatabaseError) -> None:
        if not is_lexical_damage(error):
            raise error
        self._rebuild(connection)

    def _rebuild(self, connection: sqlite3.Connection) -> None:
        schema.create_fts(connection)
        schema.create_names(connection)
        fts.add_rows(connection, tokens_of(fts.stored_rows(connection)))
        fts.add_names(connection, fts.stored_names(connection))
        self._vault.set_meta(LEXICAL_VERSION, str(ANALYZER_VERSION))


def tokens_of(rows: Iterable[LexicalRow]) -> Iterator[fts.Tokens]:
    """The row of the table of words for each passage."""
    path, path_tokens = "", ""
    for row in rows:
        if row.analysed is not None:
            yield row.passage_id, *row.analysed[:3]
            continue
        if row.path != path:  # the passages of a file come together
            path, path_tokens = row.path, analyze_names(row.path)
        yield row.passage_id, analyze_names(row.symbol), path_tokens, analyze(row.text)


def names_of(rows: Iterable[LexicalRow]) -> list[fts.Names]:
    """The rows of the table of names, for passages that have any."""
    return [
        (row.passage_id, names_in(row.symbols) if row.analysed is None else row.analysed[3])
        for row in rows
        if row.symbols
    ]
