"""FTS5, the lexical index: every statement that feeds or asks the tables `passage_fts`, of words, and
`passage_name`, of the folded names of symbols.

Both are contentless: a row leaves one only when it is given again exactly the tokens that it was fed.
Which terms are worth asking for, and when the table is built again, is policy: `search/bm25.py` and
`index/lexical.py`. Functions here take a connection, inside the caller's transaction.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage.schema import has_symbol_texts
from magray_memory.storage.symbol_text import names_in

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

Tokens = tuple[int, str, str, str]
"""A row of the table of words: passage id, and the tokens of its symbol, path and body."""
Names = tuple[int, str]
"""A row of the table of names: passage id, and the folded names of its symbols, a line for each."""

_ADD = "INSERT INTO passage_fts(rowid, symbol, path, body) VALUES (?, ?, ?, ?)"
_REMOVE = "INSERT INTO passage_fts(passage_fts, rowid, symbol, path, body) VALUES ('delete', ?, ?, ?, ?)"
_ADD_NAMES = "INSERT INTO passage_name(rowid, names) VALUES (?, ?)"
_REMOVE_NAMES = "INSERT INTO passage_name(passage_name, rowid, names) VALUES ('delete', ?, ?)"
_STORED = (
    "SELECT passage.id, symbol, coalesce(path, ''), passage.text, {} FROM passage"
    " JOIN document ON document.id = document_id"
)
_LAST = "\U0010ffff"


class LexicalRow(NamedTuple):
    """What the lexical index is fed for a passage, as it is stored.

    `symbols`: of a SymbolText. `analysed`: the tokens of symbol, path and text when a worker has made them
    (exactly what `analyze` of this program gives), and the names of a SymbolText; None to analyse here.
    """

    passage_id: int
    symbol: str
    path: str
    text: str
    symbols: str = ""
    analysed: tuple[str, str, str, str] | None = None


def add_rows(connection: sqlite3.Connection, rows: Iterable[Tokens]) -> None:
    """Feed the table of words with the tokens of passages."""
    connection.executemany(_ADD, rows)


def remove_rows(connection: sqlite3.Connection, rows: Iterable[Tokens]) -> None:
    """Take passages out of the table of words, given the very tokens that were added."""
    connection.executemany(_REMOVE, rows)


def add_names(connection: sqlite3.Connection, rows: Iterable[Names]) -> None:
    """Feed the table of names with those of passages that have any."""
    connection.executemany(_ADD_NAMES, rows)


def remove_names(connection: sqlite3.Connection, rows: Iterable[Names]) -> None:
    """Take names out of their table, given as they were added."""
    connection.executemany(_REMOVE_NAMES, rows)


def stored_names(connection: sqlite3.Connection) -> Iterator[Names]:
    """What the table of names is fed, ascending by passage."""
    rows = connection.execute("SELECT id, symbols FROM passage WHERE symbols <> '' ORDER BY id")
    return ((passage, names_in(symbols)) for passage, symbols in rows)


def passages_with_name(connection: sqlite3.Connection, name: str, limit: int) -> list[int]:
    """The first passages with a symbol of this folded name, ascending."""
    if not name or "\0" in name or "\n" in name:
        return []
    quoted = name.replace('"', '""')
    sql = "SELECT rowid FROM passage_name WHERE passage_name MATCH ? LIMIT ?"
    return [row[0] for row in connection.execute(sql, (f'"{quoted}"', limit))]


def names_with_prefix(connection: sqlite3.Connection, prefix: str) -> Iterator[str]:
    """The folded names that begin so, in alphabetical order."""
    sql = "SELECT term FROM name_vocab WHERE term >= ? AND term < ?"
    return (row[0] for row in connection.execute(sql, (prefix, prefix + _LAST)))


def names_with_letters(connection: sqlite3.Connection, letters: Iterable[str]) -> Iterator[str]:
    """The folded names that hold these pieces in order, in alphabetical order; reads every name."""
    escaped = (letter.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for letter in letters)
    sql = "SELECT term FROM name_vocab WHERE term LIKE ? ESCAPE '\\'"
    return (row[0] for row in connection.execute(sql, (f"%{'%'.join(escaped)}%",)))


def stored_rows(
    connection: sqlite3.Connection, document_ids: Sequence[int] | None = None
) -> Iterator[LexicalRow]:
    """What the table is fed for the passages of these documents; of all, ascending by id, without any."""
    if document_ids is None:
        return starmap(LexicalRow, connection.execute(f"{_stored(connection)} ORDER BY passage.id"))
    marks = ",".join("?" * len(document_ids))
    found = connection.execute(f"{_stored(connection)} WHERE document_id IN ({marks})", document_ids)
    return starmap(LexicalRow, found)


def _stored(connection: sqlite3.Connection) -> str:
    return _STORED.format("symbols" if has_symbol_texts(connection) else "''")


def sample_rows(connection: sqlite3.Connection, count: int) -> list[LexicalRow]:
    """What the table is fed for so many passages, drawn at random."""
    drawn = f"{_stored(connection)} WHERE passage.id IN (SELECT id FROM passage ORDER BY random() LIMIT ?)"
    return list(starmap(LexicalRow, connection.execute(drawn, (count,))))


def match_expression(terms: Iterable[str], joint: str) -> str:
    """An FTS5 expression of terms joined by ` OR ` or ` AND `.

    In quotes nothing is an operator; the analyzer leaves no quote in a token.
    """
    return joint.join(f'"{term}"' for term in terms)


def term_frequencies(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    """The number of passages with each term; terms that none holds are left out."""
    marks = ",".join("?" * len(terms))
    rows = connection.execute(f"SELECT term, doc FROM passage_vocab WHERE term IN ({marks})", terms)
    return dict(rows.fetchall())


def bm25_scores(
    connection: sqlite3.Connection,
    expression: str,
    weights: Sequence[float],
    limit: int,
    *,
    ids: Sequence[int] | None = None,
    samples: Sequence[tuple[str, int]] = (),
) -> list[tuple[int, float]]:
    """BM25 of the `limit` best passages that fit an expression, best first: passage id, score.

    `weights` are those of the columns symbol, path and body. Only passages in `ids` are scored, or those that
    one of `samples` finds: an expression, and how many passages of it at most.
    """
    condition, values = "", list[object]()
    # The + keeps SQLite from asking the index once for each id, and from sorting inside of FTS5, which takes
    # as long again as BM25 itself.
    if ids is not None:
        condition = f"AND +rowid IN ({','.join(map(str, ids))})"
    elif samples:
        part = "SELECT rowid FROM (SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? LIMIT ?)"
        condition = f"AND +rowid IN ({' UNION '.join([part] * len(samples))})"
        values = [value for sample in samples for value in sample]
    sql = (
        "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH ? AND rank MATCH ? "
        f"{condition} ORDER BY +rank, rowid LIMIT ?"
    )
    rank = f"bm25({', '.join(map(str, weights))})"
    return connection.execute(sql, (expression, rank, *values, limit)).fetchall()


def best_texts(connection: sqlite3.Connection, expression: str, limit: int) -> Iterator[tuple[int, str]]:
    """Passage id and text of the `limit` best passages that fit an expression."""
    return connection.execute(
        "SELECT p.id, p.text FROM passage_fts f JOIN passage p ON p.id = f.rowid "
        "WHERE passage_fts MATCH ? ORDER BY f.rank LIMIT ?",
        (expression, limit),
    )
