"""Symbols: the definitions and headings that stand in each passage, and the lines that its text stands on.

Readers give nothing for a vault of a schema before symbols. Functions take a connection, inside the caller's
transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    StoredSymbols = tuple[tuple[str, str, str, str, int, int, str], ...]
    """Fields of PassageSymbol."""
    LineRuns = tuple[tuple[int, int, int], ...]


class PassageSymbol(NamedTuple):
    """A definition or heading: `folded` is what it is looked up by; lines are 1-based and inclusive; `joint`
    stands between its container and its name.
    """

    folded: str
    name: str
    container: str
    kind: str
    line: int
    end_line: int
    joint: str

    @property
    def qualified(self) -> str:
        """The name with what it lies in, in the language's own notation."""
        return f"{self.container}{self.joint}{self.name}" if self.container else self.name


class FoundSymbol(NamedTuple):
    """A symbol with its file."""

    path: str | None
    name: str
    container: str
    kind: str
    line: int
    end_line: int


class NamedPassage(NamedTuple):
    """A passage that has a symbol of a certain name."""

    passage: int
    name: str
    container: str
    kind: str


_COLUMNS = "folded, name, container, kind, line, end_line, joint"
_FOUND = "SELECT d.path, s.name, s.container, s.kind, s.line, s.end_line FROM "
_JOINED = "symbol s JOIN passage p ON p.id = s.passage_id JOIN document d ON d.id = p.document_id"
_LAST = "\U0010ffff"


def put_symbols(
    connection: sqlite3.Connection, passages: Iterable[tuple[int, StoredSymbols, LineRuns]]
) -> None:
    """Store the symbols and line runs of passages that have none."""
    listed = list(passages)
    symbols = [(passage, n, *s) for passage, found, _ in listed for n, s in enumerate(found)]
    runs = [(passage, *run) for passage, _, found in listed for run in found]
    if symbols:
        connection.executemany(
            f"INSERT INTO symbol(passage_id, ordinal, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", symbols
        )
    if runs:
        connection.executemany(
            "INSERT INTO line_run(passage_id, row, first_line, last_line) VALUES (?, ?, ?, ?)", runs
        )


def update_symbols(
    connection: sqlite3.Connection, passages: Iterable[tuple[int, StoredSymbols, LineRuns]]
) -> None:
    """Make these the symbols and line runs of passages that are stored already."""
    wanted = {passage: (symbols, runs) for passage, symbols, runs in passages}
    known, runs = symbols_of(connection, wanted), line_runs_of(connection, wanted)
    changed = [
        passage
        for passage, (symbols, lines) in wanted.items()
        if known.get(passage, ()) != symbols or runs.get(passage, ()) != lines
    ]
    for table in ("symbol", "line_run"):
        connection.executemany(f"DELETE FROM {table} WHERE passage_id = ?", [(p,) for p in changed])
    put_symbols(connection, [(passage, *wanted[passage]) for passage in changed])


def symbols_of(
    connection: sqlite3.Connection, passages: Iterable[int]
) -> dict[int, tuple[PassageSymbol, ...]]:
    """The symbols of these passages in their order; those without any are left out."""
    if not _known(connection):
        return {}
    found: dict[int, list[PassageSymbol]] = {}
    for passage, *columns in connection.execute(
        f"SELECT passage_id, {_COLUMNS} FROM symbol WHERE passage_id IN ({_list(passages)})"
        " ORDER BY passage_id, ordinal"
    ):
        found.setdefault(passage, []).append(PassageSymbol._make(columns))
    return {passage: tuple(symbols) for passage, symbols in found.items()}


def line_runs_of(connection: sqlite3.Connection, passages: Iterable[int]) -> dict[int, LineRuns]:
    """(row, first line, last line) for each run of these passages' texts; most texts are the file's lines and
    have none.
    """
    if not _known(connection):
        return {}
    found: dict[int, list[tuple[int, int, int]]] = {}
    for passage, *run in connection.execute(
        f"SELECT passage_id, row, first_line, last_line FROM line_run WHERE passage_id IN ({_list(passages)})"
        " ORDER BY passage_id, row"
    ):
        found.setdefault(passage, []).append((run[0], run[1], run[2]))
    return {passage: tuple(runs) for passage, runs in found.items()}


def passages_named(connection: sqlite3.Connection, names: Iterable[str], limit: int) -> list[NamedPassage]:
    """Passages with a symbol of one of these folded names, at most `limit` of each."""
    if not _known(connection):
        return []
    sql = "SELECT passage_id, name, container, kind FROM symbol WHERE folded = ? LIMIT ?"
    rows = [row for name in names for row in connection.execute(sql, (name, limit))]
    return list(map(NamedPassage._make, rows))


def first_symbols(connection: sqlite3.Connection, limit: int) -> Iterator[FoundSymbol]:
    """The first symbols by path and place in the file."""
    if not _known(connection):
        return iter(())
    sql = f"{_FOUND}{_JOINED} ORDER BY d.path, p.ordinal, s.ordinal LIMIT ?"
    return map(FoundSymbol._make, connection.execute(sql, (limit,)))


def symbols_with_prefix(connection: sqlite3.Connection, prefix: str, limit: int) -> Iterator[FoundSymbol]:
    """The symbols whose folded names begin so, in alphabetical order: the very name first."""
    if not _known(connection):
        return iter(())
    sql = f"{_FOUND}{_JOINED} WHERE s.folded >= ? AND s.folded < ? ORDER BY s.folded LIMIT ?"
    return map(FoundSymbol._make, connection.execute(sql, (prefix, prefix + _LAST, limit)))


def symbols_with_letters(
    connection: sqlite3.Connection, letters: Iterable[str], limit: int
) -> Iterator[FoundSymbol]:
    """The symbols whose folded names hold these pieces in order; reads every name."""
    if not _known(connection):
        return iter(())
    escaped = (letter.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for letter in letters)
    # Names alone are read, in the index; the rest only of those that fit.
    sql = (
        f"{_FOUND}{_JOINED} WHERE (s.passage_id, s.ordinal) IN"
        " (SELECT passage_id, ordinal FROM symbol WHERE folded LIKE ? ESCAPE '\\' LIMIT ?)"
    )
    return map(FoundSymbol._make, connection.execute(sql, (f"%{'%'.join(escaped)}%", limit)))


def symbols_with_terms(connection: sqlite3.Connection, expression: str, limit: int) -> Iterator[FoundSymbol]:
    """The symbols of the best passages that fit an FTS5 expression."""
    if not _known(connection):
        return iter(())
    sql = (
        f"{_FOUND}{_JOINED} WHERE p.id IN"
        " (SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT ?)"
    )
    return map(FoundSymbol._make, connection.execute(sql, (expression, limit)))


def _known(connection: sqlite3.Connection) -> bool:
    return connection.execute("PRAGMA user_version").fetchone()[0] >= schema.WITH_SYMBOLS


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
