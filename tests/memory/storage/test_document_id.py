"""Ids of documents: printed and read back, whatever else is open."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.errors import QueryError
from magray_memory.storage.document_id import DocumentId, format_document_id, parse_document_id

FIRST, SECOND, ALIKE = "3f9a2c1b00000001", "77aa2c1b00000001", "3f9a2c1bffffffff"
DIGITS = st.text("0123456789abcdef", min_size=16, max_size=16)
NUMBERS = st.integers(1, 2**63 - 1)


def test_the_notebook_is_a_letter_and_a_folder_eight_digits_of_its_vault() -> None:
    assert format_document_id(DocumentId(None, 17), [None, FIRST]) == "n17"
    assert format_document_id(DocumentId(FIRST, 17), [None, FIRST, SECOND]) == "w3f9a2c1b.17"


def test_folders_that_share_eight_digits_are_told_apart_by_all_sixteen() -> None:
    vaults = [FIRST, ALIKE, SECOND]
    assert format_document_id(DocumentId(FIRST, 1), vaults) == f"w{FIRST}.1"
    assert format_document_id(DocumentId(ALIKE, 1), vaults) == f"w{ALIKE}.1"
    assert format_document_id(DocumentId(SECOND, 1), vaults) == "w77aa2c1b.1"
    with pytest.raises(QueryError, match="several"):
        parse_document_id("w3f9a2c1b.1", vaults)


@given(st.lists(DIGITS, min_size=1, unique=True), st.lists(NUMBERS, min_size=2, max_size=2, unique=True))
def test_every_printed_id_names_its_document_and_no_other(vaults: list[str], numbers: list[int]) -> None:
    documents = [DocumentId(vault, number) for vault in [None, *vaults] for number in numbers]
    printed = [format_document_id(document, vaults) for document in documents]
    assert [parse_document_id(text, vaults) for text in printed] == documents
    assert len(set(printed)) == len(documents)


@pytest.mark.parametrize("length", range(8, 17))
def test_any_longer_part_of_the_vault_s_id_is_read_too(length: int) -> None:
    assert parse_document_id(f" W{FIRST[:length].upper()}.5 ", [None, FIRST, SECOND]) == (FIRST, 5)


@pytest.mark.parametrize(
    "text",
    ["", "n", "w", "17", "n0", "n017", "n-1", "n1.5", "n 1", "n١", "N1x", "w17", "wa1", "f1", "w.1",
     "w3f9a2c1.1", "w3f9a2c1b", "w3f9a2c1b.", "w3f9a2c1b.0", "w3f9a2c1b.01", "w3f9a2c1b.1.1", "w3f9a2c1b-1",
     "w3f9a2c1g.1", f"w{FIRST}0.1", "n9223372036854775808", "n" + "9" * 400, "x3f9a2c1b.1"],
)  # fmt: skip
def test_what_is_no_id_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(QueryError, match=re.escape(f"{text!r} is no id of a document")):
        parse_document_id(text, [None, FIRST])


def test_a_folder_that_is_not_open_is_not_guessed() -> None:
    with pytest.raises(QueryError, match="no open folder"):
        parse_document_id("w77aa2c1b.1", [None, FIRST])
