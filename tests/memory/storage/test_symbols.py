"""Symbols: kept with their passages, found by name, and taken over from vaults that had a row for each."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.index.lexical import LexicalIndex
from magray_memory.storage import documents, schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.row_checksums import altered_rows, checksum
from magray_memory.storage.symbol_text import names_in, read_symbols
from magray_memory.storage.symbols import (
    first_symbols,
    passages_named,
    symbols_of,
    symbols_with_letters,
    symbols_with_prefix,
)
from magray_memory.storage.vault import Vault
from magray_memory.text.chunk_types import Chunk, ChunkSymbol
from magray_memory.text.stored_symbols import stored_symbols

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

ODD = (
    "plain",
    "Straße",
    "İstanbul",
    'say "hi"',
    "it's",
    "a > b :: c.d#e",
    "@decorated",
    "$scope",
    "operator []",
    "100% _sure_\\",
    "two\twords",
    "broken\nline",
    "ключ",
    "设置",
    "half \ud800 pair",
    "bell \x07 \x0b",
    "{curly} (round) [square]",
    "-",
)


def chunk_of(*names: str, start: int = 1) -> Chunk:
    symbols = [
        ChunkSymbol(name, "Outer", "function", start + n, start + n + 1, "::") for n, name in enumerate(names)
    ]
    return Chunk(start, start + 50, "", "code", "text", tuple(symbols))


@pytest.fixture
def vault(tmp_path: Path) -> Generator[Vault]:
    with Vault.open(tmp_path / "x.db", kind=VaultKind.WORKSPACE, root=tmp_path, write=True) as opened:
        yield opened


def put(vault: Vault, path: str, *chunks: Chunk) -> documents.PutResult:
    passages = [
        documents.NewPassage(
            chunk.start_line,
            chunk.end_line,
            "",
            "code",
            f"{path} {n}",
            bytes([n]) * 16,
            stored_symbols(chunk).text,
        )
        for n, chunk in enumerate(chunks)
    ]
    document = documents.NewDocument(path, "code", "python", None, (1, 1, 1, 1), b"hash")
    return documents.put_file(vault, document, passages, LexicalIndex(vault))


@pytest.mark.parametrize("name", ODD)
def test_any_name_comes_back_as_it_was_and_finds_its_passage(vault: Vault, name: str) -> None:
    put(vault, "a.py", chunk_of("first", name, start=7), chunk_of("other"))
    with vault.read() as connection:
        (passage, symbols), _ = sorted(symbols_of(connection, [1, 2]).items())
        found = symbols[1]
        spoken = name.replace("\t", " ").replace("\n", " ").encode("utf-8", "replace").decode()
        assert (found.name, found.container, found.line, found.end_line, found.joint) == (
            spoken,
            "Outer",
            8,
            9,
            "::",
        )
        rows = passages_named(connection, [found.folded], 10)
        assert [(row.passage, row.name) for row in rows] == [(passage, spoken)]
        assert spoken in [row.name for row in symbols_with_prefix(connection, found.folded[:3], 10)]
        holding, lettered = symbols_with_letters(connection, found.folded, 10)
        assert spoken in [row.name for row in holding] and spoken in [row.name for row in lettered]


def test_names_are_listed_in_their_order(vault: Vault) -> None:
    put(vault, "b.py", chunk_of("later", "load"), chunk_of("load_all", "unload", start=60))
    put(vault, "a.py", chunk_of("Load"))
    with vault.read() as connection:
        listed = [(row.path, row.name) for row in first_symbols(connection, 3)]
        assert listed == [("a.py", "Load"), ("b.py", "later"), ("b.py", "load")]
        prefixed = [(row.path, row.name) for row in symbols_with_prefix(connection, "load", 3)]
        assert prefixed == [("b.py", "load"), ("a.py", "Load"), ("b.py", "load_all")]
        holding, lettered = symbols_with_letters(connection, "load", 2)
        assert [row.name for row in holding] == ["load", "Load"]
        holding, lettered = symbols_with_letters(connection, "u ad", 9)
        assert (list(holding), [row.name for row in lettered]) == ([], ["unload"])
        assert [row.passage for row in passages_named(connection, ["load"], 1)] == [1]
        assert passages_named(connection, ["", "lo", "load\nload_all", "a\0b", '"', "load OR later"], 9) == []


def test_a_passage_that_moves_keeps_its_symbols_and_one_that_goes_takes_its_names_along(vault: Vault) -> None:
    first = put(vault, "a.py", chunk_of("alpha"), chunk_of("beta", start=60))
    moved = put(vault, "a.py", chunk_of("alpha"), chunk_of("beta", start=80))
    assert moved.unchanged == first.added
    with vault.read() as connection:
        assert [symbol.line for symbol in symbols_of(connection, first.added)[first.added[1]]] == [80]
    renamed = put(vault, "a.py", chunk_of("alpha"), chunk_of("gamma", start=80))
    assert renamed.unchanged == first.added
    with vault.read() as connection:
        assert passages_named(connection, ["beta"], 9) == []
        assert [row.passage for row in passages_named(connection, ["gamma"], 9)] == [first.added[1]]
        assert altered_rows(connection, "passage") == []
    put(vault, "a.py", chunk_of("alpha"))
    with vault.read() as connection:
        assert connection.execute("SELECT term FROM name_vocab").fetchall() == [("alpha",)]


def test_damaged_symbols_are_passed_over_and_seen(vault: Vault) -> None:
    put(vault, "a.py", chunk_of("alpha", "beta"))
    with vault.write() as connection:
        (text,) = connection.execute("SELECT symbols FROM passage").fetchone()
        for damaged in (text.replace("\t0\t", "\tx\t"), text.replace("\t", " ", 1), f"\n{text}\t"):
            connection.execute("UPDATE passage SET symbols = ?", (damaged,))
            assert len(symbols_of(connection, [1])[1]) == 1
            assert altered_rows(connection, "passage") == [1]


def test_rows_of_an_earlier_schema_become_texts(tmp_path: Path) -> None:
    chunk = chunk_of(*ODD[:9])
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        for migration in schema.MIGRATIONS[: schema.SYMBOL_TEXTS - 1]:
            migration(connection)
        connection.execute(
            "INSERT INTO document(id, path, kind, layer, created_at, updated_at, indexed_at)"
            " VALUES (1, 'a.py', 'code', 'assets', 0, 0, 0)"
        )
        for passage, start in ((5, 1), (20_006, 90), (20_007, 200)):
            fields = (1, passage, start, start + 50, "", "code", bytes(16))
            connection.execute(
                "INSERT INTO passage(id, document_id, ordinal, start_line, end_line, symbol, kind, text_hash,"
                " checksum, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'text')",
                (passage, *fields, checksum(*fields) if passage != 20_006 else 1),
            )
        for passage, start in ((5, 1), (20_006, 90)):
            for n, symbol in enumerate(read_symbols(stored_symbols(chunk).text, start)):
                connection.execute(
                    "INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (passage, n, *symbol)
                )
        assert symbols_of(connection, [5]) == {}
        assert altered_rows(connection, "passage") == [20_006]
        schema.MIGRATIONS[schema.SYMBOL_TEXTS - 1](connection)
        connection.execute(f"PRAGMA user_version = {schema.SYMBOL_TEXTS}")
        moved = symbols_of(connection, [5, 20_006, 20_007])
        assert moved[5] == tuple(read_symbols(stored_symbols(chunk).text, 1))
        assert moved[20_006] == tuple(read_symbols(stored_symbols(chunk).text, 90))
        assert 20_007 not in moved
        assert [row.passage for row in passages_named(connection, ["strasse"], 9)] == [5, 20_006]
        assert connection.execute("SELECT count(*) FROM symbol").fetchone() == (0,)
        # What was sound before is sound, and what was not is not.
        assert altered_rows(connection, "passage") == [20_006]


def test_the_names_of_a_text_are_those_that_are_stored() -> None:
    found = stored_symbols(chunk_of(*ODD))
    assert names_in(found.text) == found.names
