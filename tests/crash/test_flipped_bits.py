"""One flipped bit in what is stored: the question is answered all the same, no message quotes a text or a
statement, and the file is read anew.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.index.altered_rows import find_altered
from magray_memory.index.open_vaults import OpenVault
from magray_memory.search.symbols import find_symbols
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from .conftest import Box, Result

_WORD = b"kumquat"


def _flip(box: Box) -> None:
    """The top bit of a letter of every copy of a word."""
    with closing(sqlite3.connect(box.vault_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    data = bytearray(box.vault_path.read_bytes())
    at = data.index(_WORD)
    while at >= 0:
        data[at + 3] ^= 0x80
        at = data.find(_WORD, at + 1)
    box.vault_path.write_bytes(data)


def _assert_quotes_nothing(result: Result) -> None:
    said = result.err
    if result.out.startswith("{"):
        said += f"{result.json.get('degraded')}{result.json.get('error')}{result.json.get('findings')}"
    for quoted in ("SELECT", "UTF-8 column", "with text", "kumq", "Traceback", "bug in magray"):
        assert quoted not in said, said


@pytest.fixture
def harmed(box: Box) -> Box:
    box.populate(12, random.Random(1))
    (box.root / "fruit.py").write_text("def peel(kumquat):\n    return kumquat.skin\n")
    assert box("index", "--lexical").code == 0
    _flip(box)
    return box


def _whole(box: Box) -> None:
    answer = box("search", "kumquat", "--mode", "lexical", "--json").json
    assert [hit["path"] for hit in answer["hits"]][:1] == ["fruit.py"] and not answer["degraded"], answer
    assert "kumquat" in answer["hits"][0]["snippet"]
    box.assert_sound()


def test_a_search_answers_and_the_next_index_reads_the_file_anew(harmed: Box) -> None:
    asked = harmed("search", "peel skin", "--mode", "lexical", "--json")
    assert asked.code == 0
    assert [hit["path"] for hit in asked.json["hits"]] == ["fruit.py"]
    assert "some texts of the workspace are damaged" in asked.json["degraded"]
    _assert_quotes_nothing(asked)
    indexed = harmed("index", "--lexical")
    assert indexed.code == 0, indexed
    _assert_quotes_nothing(indexed)
    _whole(harmed)


@pytest.mark.parametrize("command", [("index", "--lexical", "--force"), ("doctor", "--fix")])
def test_each_remedy_by_itself(harmed: Box, command: tuple[str, ...]) -> None:
    done = harmed(*command)
    assert done.code == 0, done
    _assert_quotes_nothing(done)
    _whole(harmed)


def test_the_doctor_names_the_damage_without_a_word_of_it(harmed: Box) -> None:
    found = harmed("doctor", "--json")
    assert found.code == 1
    assert any("not what was stored" in finding["message"] for finding in found.json["findings"])
    _assert_quotes_nothing(found)


def test_a_file_that_changes_meanwhile_is_read_anew(harmed: Box) -> None:
    (harmed.root / "fruit.py").write_text("def peel(kumquat):\n    return kumquat.skin or kumquat.zest\n")
    done = harmed("index", "--lexical")
    assert done.code == 0, done
    _whole(harmed)


def test_symbols_are_listed_beside_a_damaged_text(harmed: Box) -> None:
    vault = Vault.find(harmed.vault_path, kind=VaultKind.WORKSPACE, root=harmed.root)
    assert vault is not None
    with vault:
        opened = OpenVault(vault, "workspace", harmed.root, lambda key: pytest.fail("no vectors"))
        assert [symbol.name for symbol in find_symbols([opened], "peel", 5)] == ["peel"]


def test_bytes_in_place_of_a_text_cost_the_vault_until_it_is_indexed(harmed: Box) -> None:
    assert harmed("index", "--lexical", "--force").code == 0
    with closing(sqlite3.connect(harmed.vault_path)) as connection, connection:
        connection.execute("UPDATE passage SET symbol = x'00ff', text = x'00ff' WHERE symbol = 'peel'")
    asked = harmed("search", "peel skin", "--mode", "lexical", "--json")
    assert asked.code == 0 and "damaged" in asked.json["degraded"], asked
    _assert_quotes_nothing(asked)
    assert harmed("index", "--lexical").code == 0
    _whole(harmed)


def _ruin_page(box: Box) -> None:
    """The head of each page of the table of passages that holds a word."""
    with closing(sqlite3.connect(box.vault_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(box.vault_path.read_bytes())
    pages = [at for at in range(size, len(data), size) if b"kumquat.skin" in data[at : at + size]]
    leaves = [at for at in pages if data[at] == 0x0D]
    assert leaves
    for at in leaves:
        data[at] = 0x07
    box.vault_path.write_bytes(data)


@pytest.mark.parametrize("asked", [("search", "peel skin", "--mode", "lexical"), ("related", "fruit.py")])
def test_a_damaged_page_that_a_search_has_met_is_mended_by_the_next_index(
    box: Box, asked: tuple[str, ...]
) -> None:
    box.populate(12, random.Random(1))
    (box.root / "fruit.py").write_text("def peel(kumquat):\n    return kumquat.skin\n")
    assert box("index", "--lexical").code == 0
    _ruin_page(box)
    assert "is damaged" in str(box(*asked, "--json"))
    indexed = box("index", "--lexical")
    assert indexed.code == 0 and "is rebuilt" in indexed.err, indexed
    _assert_quotes_nothing(indexed)
    _whole(box)


def test_whatever_is_done_to_files_every_row_fits_its_checksum(box: Box, rng: random.Random) -> None:
    box.populate(60, rng)
    for _ in range(4):
        box.index()
        box.change(rng)
    box.index()
    with Vault.open(box.vault_path, kind=VaultKind.WORKSPACE, root=box.root, write=True) as vault:
        assert not find_altered(vault)
        with vault.read() as connection:
            for table in ("document", "passage", "meta"):
                sql = f"SELECT count(*) FROM {table} WHERE checksum IS NULL"
                assert connection.execute(sql).fetchone() == (0,)
