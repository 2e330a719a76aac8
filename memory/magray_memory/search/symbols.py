"""Symbol search: definitions and headings by name, lexical only, on every keystroke of an editor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.storage import symbols
from magray_memory.text.analyzer import tokens
from magray_memory.text.folded_names import folded

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.storage.symbols import FoundSymbol

POOL = 400
"""Symbols looked at per vault and way of looking; by words: passages, of which each has a few."""
SCANNED_PASSAGES = 40_000
"""In a vault up to this size a name that does not begin so is looked for among all names (3 ms a 100,000)."""

_JOINT = re.compile(r"\s+>\s+|::|->|[.#]")


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition or heading: `line` (1-based) is where its name stands, `end_line` the last it covers.

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

    A name may stand with what it lies in ("App.run"). A vault that cannot be read is left out.
    """
    whole = folded(text.strip())
    *_, last = _JOINT.split(text)
    own, around = folded(last.strip()), folded(text[: len(text) - len(last)].rstrip(" >:-.#"))
    found: dict[tuple[Path, str, int, str], tuple[int, Symbol]] = {}
    for vault in vaults:
        if vault.root is None:
            continue
        hidden = vault.hidden()
        try:
            passages = vault.vault.counts()[1]
            rows = vault.vault.query(partial(_rows, whole=whole, own=own, passages=passages, limit=limit))
        except MagrayError:
            continue
        for row in rows:
            rank = _rank(row, whole, own, around)
            if rank is not None and row.path is not None and row.path not in hidden:
                place = (vault.root, row.path, row.line, row.name)
                found[place] = (
                    rank,
                    Symbol(row.name, row.container, row.kind, *place[:2], row.line, row.end_line),
                )
    closest = sorted(
        found.values(), key=lambda item: (item[0], len(item[1].name), item[1].path, item[1].line)
    )
    return [symbol for _, symbol in closest[:limit]]


def _rows(
    connection: sqlite3.Connection, whole: str, own: str, passages: int, limit: int
) -> list[FoundSymbol]:
    """Symbols that may match: by prefix, then by what stands inside names."""
    if not whole:
        return list(symbols.first_symbols(connection, limit))
    found: list[FoundSymbol] = []
    for ways in (_beginning(connection, whole, own), _inside(connection, whole, own, passages)):
        for rows in ways:
            found.extend(rows)
            if len(found) >= limit and own == whole:
                return found
    return found


def _beginning(connection: sqlite3.Connection, whole: str, own: str) -> Iterator[Iterable[FoundSymbol]]:
    for name in dict.fromkeys((whole, own)):
        if name:
            yield symbols.symbols_with_prefix(connection, name, POOL)


def _inside(
    connection: sqlite3.Connection, whole: str, own: str, passages: int
) -> Iterator[Iterable[FoundSymbol]]:
    if passages <= SCANNED_PASSAGES:
        yield from symbols.symbols_with_letters(connection, own or whole, POOL)
        return
    terms = tokens(own or whole)
    parts = [term for term in terms if "_" not in term and term != own] or terms
    if parts:
        words = " AND ".join(f'"{term}"*' for term in parts)
        yield symbols.symbols_with_terms(connection, f"{{symbol body}} : ({words})", POOL)


def _rank(row: FoundSymbol, whole: str, own: str, around: str) -> int | None:
    """0 for the very name, then prefix, inside, letters in order; None when it does not match."""
    name = folded(row.name)
    rank = _match_rank(name, whole)
    if around and own:
        qualified = _match_rank(name, own) if folded(row.container).endswith(around) else None
        rank = min((r for r in (rank, qualified) if r is not None), default=None)
    return rank


def _match_rank(name: str, wanted: str) -> int | None:
    if not wanted or name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if wanted in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted if not letter.isspace()) else None
