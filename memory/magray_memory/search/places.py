"""Places: the line of a hit that answers the query, and what it is called.

For a name that is the line of its definition; otherwise it is the line where the words of the query stand
thickest. What a hit is called is the definition or heading that this line belongs to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.declarations import declared_row
from magray_memory.search.definitions import names_alike
from magray_memory.search.query_terms import is_coded
from magray_memory.search.snippet import best_row, snippet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from magray_memory.search.named_symbols import AskedName
    from magray_memory.search.ranking import Ranked
    from magray_memory.storage.symbol_text import PassageSymbol
    from magray_memory.storage.symbols import LineRuns

NAMED = 0.6
"""How far a symbol and a query in words must say the same for the hit to lead to the symbol."""

LEAD_ROWS = 2
"""Rows below a definition or heading whose words belong to its beginning: a docstring, the first sentence."""


class Sought(NamedTuple):
    """A query as places see it: what each term is worth, and the names that may be asked for."""

    weights: Mapping[str, float]
    asked: Sequence[AskedName] = ()


class PassageParts(NamedTuple):
    """Texts, symbols and line runs by passage."""

    texts: Mapping[int, str]
    symbols: Mapping[int, tuple[PassageSymbol, ...]]
    line_runs: Mapping[int, LineRuns]


class Place(NamedTuple):
    """The line that a hit leads to, the lines shown from there on, and the symbol they belong to."""

    line: int
    snippet: str
    symbol: str | None


def place_of(found: Ranked, parts: PassageParts, sought: Sought) -> Place:
    """The place of a hit in its best passage, or in one that is merged into it and has the name asked for."""
    best: PassageSymbol | None = None
    best_sure, holder = 0.0, found
    for part in (found, *found.also):
        for symbol in parts.symbols.get(part.id[1], ()):
            sure = _sure(symbol, sought)
            if sure > best_sure:
                best, best_sure, holder = symbol, sure, part
    passage = holder.id[1]
    text, first = parts.texts[passage], holder.row.start_line
    runs = parts.line_runs.get(passage, ())
    symbols = parts.symbols.get(passage, ())
    row = _declared(text, sought.asked) if best is None else None
    if best is None and row is None:
        thickest = best_row(text, sought.weights)
        row = _mentioned(text, sought.asked, thickest)
        exact = row is not None
        row = row if exact else thickest
        # Nothing of the query stands there: the first thing that is defined says most.
        line = symbols[0].line if row is None and symbols else _line_of(row or 0, first, runs)
        around = _around(line, symbols)
        leads = around is not None and line - around.line <= LEAD_ROWS and not exact
        best = around if leads else None
    if best is not None:
        row = _row_of(best.line, first, runs)
    shown = snippet(text, sought.weights, row=row or 0)
    line = _line_of(shown.row, first, runs)
    named = best or _around(line, symbols) or _only(symbols)
    if named is not None:
        return Place(line, shown.text, named.qualified)
    # The symbol of several small definitions is all their names: no headline.
    return Place(line, shown.text, None if symbols else holder.row.symbol or None)


def _sure(symbol: PassageSymbol, sought: Sought) -> float:
    for name in sought.asked:
        if name.folded == symbol.folded and (sure := name.matches(symbol.name, symbol.container)) >= NAMED:
            return 1 + sure
    alike = names_alike(symbol.name, sought.weights)
    return alike if alike >= NAMED else 0.0


def _declared(text: str, asked: Sequence[AskedName]) -> int | None:
    """The row that declares the name asked for, where it is no symbol."""
    for name in asked:
        if name.whole and name.text.isidentifier():
            return declared_row(text, name.text)
    return None


def _mentioned(text: str, asked: Sequence[AskedName], thickest: int | None) -> int | None:
    """The row with a name that is asked for and no prose: of several `thickest`, where it has the name; of a
    longer query that row alone. None where there is none.
    """
    lines = text.split("\n")
    for name in asked:
        if " " in name.text or not (is_coded(name.text) or (name.whole and not name.text.isalpha())):
            continue
        word = re.compile(rf"(?<!\w){re.escape(name.text)}(?!\w)", re.IGNORECASE)
        if thickest is not None and word.search(lines[thickest]):
            return thickest
        found = word.search(text) if name.whole else None
        if found is not None:
            return text.count("\n", 0, found.start())
    return None


def _around(line: int, symbols: Sequence[PassageSymbol]) -> PassageSymbol | None:
    """The innermost symbol that a line belongs to."""
    holding = [symbol for symbol in symbols if symbol.line <= line <= symbol.end_line]
    return holding[-1] if holding else None


def _only(symbols: Sequence[PassageSymbol]) -> PassageSymbol | None:
    """The symbol that all others lie in, None without one."""
    if not symbols or any(symbol.line > symbols[0].end_line for symbol in symbols):
        return None
    return symbols[0]


def _row_of(line: int, first: int, runs: LineRuns) -> int:
    """The row of a passage's text that stands on a line of the file."""
    for row, start, end in runs:
        if start <= line <= end:
            return row + line - start
    return 0 if runs else line - first


def _line_of(row: int, first: int, runs: LineRuns) -> int:
    """The line of the file that a row of a passage's text stands on."""
    found = [run for run in runs if run[0] <= row]
    if not found:
        return first + row
    begins, start, end = found[-1]
    return min(start + row - begins, end)
