"""Definitions and headings by name, by words alone: what an editor's symbol search asks on every keystroke."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.search.candidates import OpenVault

POOL = 400
"""Passages looked at per vault; a passage may hold several small definitions."""
SCANNED_PASSAGES = 20_000
"""In a vault up to this size a name that no word begins with is looked for in every symbol."""

_LISTED = re.compile(r",\s+")
_JOINT = re.compile(r"\s+>\s+|::|[.#]")
_COLUMNS = (
    "SELECT p.symbol, p.kind, p.start_line, p.end_line, d.path, d.kind, p.text"
    " FROM passage p JOIN document d ON d.id = p.document_id"
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition or heading: `line` (1-based) is where its name stands, `end_line` the passage's last.

    `container` is what it lies in ("App" for "App.run", "Guide" for "Guide > Install"), "" at the top.
    """

    name: str
    container: str
    kind: str
    root: Path
    path: str
    line: int
    end_line: int


def find_symbols(vaults: Iterable[OpenVault], text: str, limit: int) -> list[Symbol]:
    """Symbols whose name holds the letters of `text` in order, the closest first; all of them for no text.

    A vault that cannot be read is left out.
    """
    wanted = text.strip().casefold()
    found: list[tuple[tuple[int, int, str, str], Symbol]] = []
    for vault in vaults:
        if vault.root is None:
            continue
        hidden = vault.hidden()
        try:
            with vault.vault.read() as connection:
                rows = _rows(connection, wanted, text, vault.vault.counts()[1], limit)
        except MagrayError:
            continue
        for symbol, kind, start, end, path, document_kind, body in rows:
            if path is None or path in hidden:
                continue
            for full in _LISTED.split(symbol) if document_kind == "code" else [symbol]:
                name, container = _named(full)
                closeness = _closeness(name.casefold(), wanted)
                if closeness is None:
                    continue
                line = _line(body, name, start)
                key = (closeness, len(name), path, f"{line:09}")
                found.append((key, Symbol(name, container, kind, vault.root, path, line, max(line, end))))
    found.sort(key=lambda item: item[0])
    unique = {(s.name, s.container, s.root, s.path): s for _, s in reversed(found)}
    return sorted(
        unique.values(),
        key=lambda s: (_closeness(s.name.casefold(), wanted) or 0, len(s.name), s.path, s.line),
    )[:limit]


def _rows(
    connection: sqlite3.Connection, wanted: str, text: str, passages: int, limit: int
) -> list[tuple[str, str, int, int, str | None, str, str]]:
    if not wanted:
        sql = f"{_COLUMNS} WHERE p.symbol <> '' ORDER BY d.path, p.ordinal LIMIT ?"
        return connection.execute(sql, (limit,)).fetchall()
    terms = tokens(text)
    found: dict[tuple[str | None, int], tuple[str, str, int, int, str | None, str, str]] = {}
    if terms:
        match = "symbol : (" + " AND ".join(f'"{term}"*' for term in terms) + ")"
        sql = (
            _COLUMNS.replace("FROM passage p", "FROM passage_fts f JOIN passage p ON p.id = f.rowid")
            + " WHERE passage_fts MATCH ? ORDER BY f.rank LIMIT ?"
        )
        found = {(row[4], row[2]): row for row in connection.execute(sql, (match, POOL))}
    if len(found) < limit and passages <= SCANNED_PASSAGES:
        pattern = "%" + "%".join(c if c not in "%_\\" else f"\\{c}" for c in wanted) + "%"
        sql = f"{_COLUMNS} WHERE p.symbol LIKE ? ESCAPE '\\' LIMIT ?"
        found |= {(row[4], row[2]): row for row in connection.execute(sql, (pattern, POOL))}
    return list(found.values())


def _named(full: str) -> tuple[str, str]:
    """The last part of a qualified symbol, and what stands before it."""
    last = None
    for last in _JOINT.finditer(full):  # noqa: B007
        pass
    if last is None or not full[last.end() :].strip():
        return full.strip(), ""
    return full[last.end() :].strip(), full[: last.start()].strip()


def _closeness(name: str, wanted: str) -> int | None:
    """0 for the very name, then prefix, inside, letters in order; None when it does not match."""
    if not wanted or name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if wanted in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted if not letter.isspace()) else None


def _line(body: str, name: str, start: int) -> int:
    """The first line of the passage that holds the name as a word; the passage's first without one."""
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", body)
    return start + body.count("\n", 0, match.start()) if match else start
