"""FTS5, the lexical index: every statement that feeds or asks the table `passage_fts`.

The table is contentless: a row leaves it only when it is given again exactly the tokens that it was fed.
Which terms are worth asking for, and when the table is built again, is policy: `search/bm25.py` and
`index/lexical.py`. Functions here take a connection, inside the caller's transaction.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

Tokens = tuple[int, str, str, str]
"""A row of the table: passage id, and the tokens of its symbol, path and body."""

_ADD = "INSERT INTO passage_fts(rowid, symbol, path, body) VALUES (?, ?, ?, ?)"
_REMOVE = "INSERT INTO passage_fts(passage_fts, rowid, symbol, path, body) VALUES ('delete', ?, ?, ?, ?)"
_STORED = (
    "SELECT passage.id, symbol, coalesce(path, ''), passage.text FROM passage"
    " JOIN document ON document.id = document_id"
)


class LexicalRow(NamedTuple):
    """What the lexical index is fed for a passage, as it is stored.

    `analysed`: the tokens of symbol, path and text when a worker has made them (exactly what `analyze` of
    this program gives), None to analyse here.
    """

    passage_id: int
    symbol: str
    path: str
    text: str
    analysed: tuple[str, str, str] | None = None


def add_rows(connection: sqlite3.Connection, rows: Iterable[Tokens]) -> None:
    """Feed the table with the tokens of passages."""
    connection.executemany(_ADD, rows)


def remove_rows(connection: sqlite3.Connection, rows: Iterable[Tokens]) -> None:
    """Take passages out of the table, given the very tokens that were added."""
    connection.executemany(_REMOVE, rows)


def stored_rows(
    connection: sqlite3.Connection, document_ids: Sequence[int] | None = None
) -> Iterator[LexicalRow]:
    """What the table is fed for the passages of these documents; of all, ascending by id, without any."""
    if document_ids is None:
        return starmap(LexicalRow, connection.execute(f"{_STORED} ORDER BY passage.id"))
    marks = ",".join("?" * len(document_ids))
    found = connection.execute(f"{_STORED} WHERE document_id IN ({marks})", document_ids)
    return starmap(LexicalRow, found)


def sample_rows(connection: sqlite3.Connection, count: int) -> list[LexicalRow]:
    """What the table is fed for so many passages, drawn at random."""
    drawn = f"{_STORED} WHERE passage.id IN (SELECT id FROM passage ORDER BY random() LIMIT ?)"
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
