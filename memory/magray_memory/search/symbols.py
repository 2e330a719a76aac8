"""Symbol search: definitions and headings by name, lexical only, on every keystroke of an editor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.storage import symbols
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.storage.symbols import SymbolRow

POOL = 400
"""Passages looked at per vault; a passage may hold several small definitions."""
SCANNED_PASSAGES = 20_000
"""In a vault up to this size a name that no word begins with is looked for in every symbol."""

_DEFINED = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:export|default|public|private|protected|internal|static|abstract|final|async"
    r"|inline|pub|override|open|sealed|const|unsafe)(?:\([^)\n]*\))?[ \t]+)*"
    r"(?P<word>def|defp|fn|func|fun|function|class|struct|enum|interface|trait|type|module)[ \t]+"
    r"(?:\([^)\n]*\)[ \t]*)?"
    r"(?P<name>[^\W\d]\w*)",
    re.MULTILINE,
)
"""A definition by its keyword: enough for the small ones that a passage holds beside what it is named for."""
_FUNCTIONS = frozenset(("def", "defp", "fn", "func", "fun", "function"))
_WORDS = {**dict.fromkeys(_FUNCTIONS, "function"), "type": "class"}
_LISTED = re.compile(r",\s+")
_JOINT = re.compile(r"\s+>\s+|::|[.#]")


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
            passages = vault.vault.counts()[1]
            rows = vault.vault.query(partial(_rows, wanted=wanted, text=text, passages=passages, limit=limit))
        except MagrayError:
            continue
        for symbol, kind, start, end, path, document_kind, body in rows:
            if path is None or path in hidden:
                continue
            for name, container, what, line in _definitions(symbol, kind, start, document_kind, body, wanted):
                rank = _match_rank(name.casefold(), wanted)
                if rank is None:
                    continue
                key = (rank, len(name), path, f"{line:09}")
                last = max(line, end)
                found.append((key, Symbol(name, container, what, vault.root, path, line, last)))
    found.sort(key=lambda item: item[0])
    unique = {(s.name, s.container, s.root, s.path): s for _, s in reversed(found)}
    return sorted(
        unique.values(),
        key=lambda s: (_match_rank(s.name.casefold(), wanted) or 0, len(s.name), s.path, s.line),
    )[:limit]


def _rows(
    connection: sqlite3.Connection, wanted: str, text: str, passages: int, limit: int
) -> list[SymbolRow]:
    if not wanted:
        return symbols.first_symbols(connection, limit)
    terms = _parts(text)
    found: dict[tuple[str | None, int], SymbolRow] = {}
    if terms:
        words = " AND ".join(f'"{term}"*' for term in terms)
        for columns in ("symbol", "{symbol body}"):
            for row in symbols.symbols_with_terms(connection, f"{columns} : ({words})", POOL):
                found.setdefault((row[4], row[2]), row)
    if len(found) < limit and passages <= SCANNED_PASSAGES:
        scanned = symbols.symbols_with_letters(connection, wanted, POOL)
        found |= {(row[4], row[2]): row for row in scanned}
    return list(found.values())


def _parts(text: str) -> list[str]:
    """The tokens of what is typed, without a whole identifier where its parts are there too."""
    terms = tokens(text)
    parts = [term for term in terms if "_" not in term and term != text.strip().casefold()]
    return parts or terms


def _definitions(
    symbol: str, kind: str, start: int, document_kind: str, body: str, wanted: str
) -> Iterator[tuple[str, str, str, int]]:
    """(name, container, kind, line) of what a passage is named for, and of what its lines define besides."""
    names = _LISTED.split(symbol) if document_kind == "code" else [symbol] if symbol else []
    seen: set[str] = set()
    for full in names:
        name, container = _named(full)
        seen.add(name)
        yield name, container, kind, _line(body, name, start)
    if document_kind != "code" or not wanted:
        return
    for match in _DEFINED.finditer(body):
        name = match["name"]
        if name not in seen:
            inside = bool(match["indent"]) and len(names) == 1
            what = (
                "method"
                if inside and match["word"] in _FUNCTIONS
                else _WORDS.get(match["word"], match["word"])
            )
            yield name, names[0] if inside else "", what, start + body.count("\n", 0, match.start("name"))


def _named(full: str) -> tuple[str, str]:
    """The last part of a qualified symbol, and what stands before it."""
    last = None
    for last in _JOINT.finditer(full):  # noqa: B007
        pass
    if last is None or not full[last.end() :].strip():
        return full.strip(), ""
    return full[last.end() :].strip(), full[: last.start()].strip()


def _match_rank(name: str, wanted: str) -> int | None:
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
