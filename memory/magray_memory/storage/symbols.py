"""Symbols: the definitions and headings that stand in each passage, and the lines that its text stands on.

A passage keeps its symbols as one text (`storage/symbol_text.py`); the table of names says which passages
have a symbol of a name. Readers give nothing for a vault of an earlier schema. Functions take a connection,
inside the caller's transaction.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage import fts
from magray_memory.storage.schema import has_symbol_texts
from magray_memory.storage.symbol_text import PassageSymbol, read_symbols

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    LineRuns = tuple[tuple[int, int, int], ...]


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


_PLACED = "SELECT d.path, p.start_line, p.symbols FROM passage p JOIN document d ON d.id = p.document_id"


def put_line_runs(connection: sqlite3.Connection, passages: Iterable[tuple[int, LineRuns]]) -> None:
    """Store the line runs of passages that have none."""
    runs = [(passage, *run) for passage, found in passages for run in found]
    if runs:
        connection.executemany(
            "INSERT INTO line_run(passage_id, row, first_line, last_line) VALUES (?, ?, ?, ?)", runs
        )


def update_line_runs(connection: sqlite3.Connection, passages: Iterable[tuple[int, LineRuns]]) -> None:
    """Make these the line runs of passages that are stored already."""
    wanted = dict(passages)
    known = line_runs_of(connection, wanted)
    changed = [passage for passage, runs in wanted.items() if known.get(passage, ()) != runs]
    connection.executemany("DELETE FROM line_run WHERE passage_id = ?", [(p,) for p in changed])
    put_line_runs(connection, [(passage, wanted[passage]) for passage in changed])


def symbols_of(
    connection: sqlite3.Connection, passages: Iterable[int]
) -> dict[int, tuple[PassageSymbol, ...]]:
    """The symbols of these passages in their order; those without any are left out."""
    if not has_symbol_texts(connection):
        return {}
    rows = connection.execute(
        f"SELECT id, start_line, symbols FROM passage WHERE id IN ({_list(passages)}) AND symbols <> ''"
    )
    return {passage: tuple(read_symbols(text, start)) for passage, start, text in rows}


def line_runs_of(connection: sqlite3.Connection, passages: Iterable[int]) -> dict[int, LineRuns]:
    """(row, first line, last line) for each run of these passages' texts; most texts are the file's lines and
    have none.
    """
    if not has_symbol_texts(connection):
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
    if not has_symbol_texts(connection):
        return []
    found: list[NamedPassage] = []
    for name in names:
        passages = fts.passages_with_name(connection, name, limit)
        rows = (
            NamedPassage(passage, symbol.name, symbol.container, symbol.kind)
            for passage, symbols in sorted(symbols_of(connection, passages).items())
            for symbol in symbols
            if symbol.folded == name
        )
        found += islice(rows, limit)
    return found


def first_symbols(connection: sqlite3.Connection, limit: int) -> Iterator[FoundSymbol]:
    """The first symbols by path and place in the file."""
    if not has_symbol_texts(connection):
        return iter(())
    rows = connection.execute(f"{_PLACED} WHERE p.symbols <> '' ORDER BY d.path, p.ordinal LIMIT ?", (limit,))
    return islice((found for row in rows for found in _read(*row)), limit)


def symbols_with_prefix(connection: sqlite3.Connection, prefix: str, limit: int) -> Iterator[FoundSymbol]:
    """The symbols whose folded names begin so, in alphabetical order: the very name first."""
    if not has_symbol_texts(connection):
        return iter(())
    return _with_names(connection, fts.names_with_prefix(connection, prefix), limit)


def symbols_with_letters(
    connection: sqlite3.Connection, text: str, limit: int
) -> Iterator[Iterator[FoundSymbol]]:
    """The symbols whose folded names hold this text, then those that hold its letters in order; reads every
    name, once.
    """
    if has_symbol_texts(connection):
        names = list(fts.names_with_letters(connection, "".join(text.split())))
        yield _with_names(connection, [name for name in names if text in name], limit)
        yield _with_names(connection, names, limit)


def symbols_with_terms(connection: sqlite3.Connection, expression: str, limit: int) -> Iterator[FoundSymbol]:
    """The symbols of the best passages that fit an FTS5 expression."""
    if not has_symbol_texts(connection):
        return iter(())
    sql = (
        f"{_PLACED} WHERE p.id IN"
        " (SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT ?)"
    )
    rows = connection.execute(sql, (expression, limit))
    return (found for row in rows for found in _read(*row))


def _with_names(connection: sqlite3.Connection, names: Iterable[str], limit: int) -> Iterator[FoundSymbol]:
    """At most so many symbols of these folded names, a name after the other."""
    left = limit
    for name in names:
        passages = fts.passages_with_name(connection, name, left)
        rows = connection.execute(f"{_PLACED} WHERE p.id IN ({_list(passages)}) ORDER BY p.id").fetchall()
        for row in rows:
            for folded, found in _named(*row):
                if folded == name:
                    yield found
                    left -= 1
                    if not left:
                        return


def _read(path: str | None, start_line: int, text: str) -> Iterator[FoundSymbol]:
    return (found for _, found in _named(path, start_line, text))


def _named(path: str | None, start_line: int, text: str) -> Iterator[tuple[str, FoundSymbol]]:
    """Each symbol of a passage, with its folded name."""
    for folded, name, container, kind, line, end_line, _ in read_symbols(text, start_line):
        yield folded, FoundSymbol(path, name, container, kind, line, end_line)


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
