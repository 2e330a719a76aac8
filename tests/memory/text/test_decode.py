"""Bytes become text in the encoding they are in, or it is said why they are not text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.text.decode import Undecodable, decode

RUSSIAN = "Проверка кодировки: обычный русский текст, в котором есть и English words.\n# комментарий к коду\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251", "koi8-r", "cp866"]
)  # fmt: skip
def test_russian_text_is_read_in_the_encodings_it_comes_in(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding)) == RUSSIAN


def test_one_russian_comment_in_a_long_source_is_enough() -> None:
    text = "int main() { return 0; }\n" * 400 + "// возвращает количество записей\n"
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_the_byte_order_mark_is_not_part_of_the_text(mark: str) -> None:
    assert decode("\ufeffabc".encode(mark)) == "abc"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_text_is_read(encoding: str) -> None:
    text = "déjà vu, naïve café, Größe\nx = 1\n"
    assert decode(text.encode(encoding)) == text


def test_one_broken_byte_does_not_change_the_encoding() -> None:
    assert decode(RUSSIAN.encode() + b"\xff\n") == RUSSIAN + "\ufffd\n"
    assert decode(b"x = 1\n" * 1000 + b"# caf\xe9\n").endswith(("café\n", "caf\ufffd\n"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "NUL"),
        (b"text with one \0 in it", "NUL"),
        (bytes(random.Random(1).randbytes(4000)).replace(b"\0", b"a"), "binary"),
        (bytes(random.Random(1).choices(range(128, 256), k=4000)), "not UTF-8"),
        (b"\xff\xfe\x00\xd8", "UTF-16"),
    ],
)
def test_what_is_not_text_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as error:
        decode(data)
    assert reason in error.value.reason


def test_a_stray_nul_far_behind_the_head_costs_nothing_else() -> None:
    text = "größer\n" * 2000
    assert decode(text.encode() + b"a\0b") == text + "a b"
    assert decode(text.encode("cp1252") + b"a\0b") == text + "a b"
    with pytest.raises(Undecodable) as error:
        decode(text.encode() + b"a\0b\0" * 50)
    assert error.value.binary


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_stray_nul_behind_a_byte_order_mark_costs_nothing_else(encoding: str) -> None:
    text = "größer\n" * 2000
    assert decode(f"{text}a\0b".encode(encoding)) == text + "a b"
    for other in (f"a\0b{text}", text + "a\0b\0" * 50):
        with pytest.raises(Undecodable):
            decode(other.encode(encoding))


def test_a_program_behind_a_long_script_is_no_text() -> None:
    script, program = b"#!/bin/sh\necho unpacking\n" * 8000, random.Random(1).randbytes(20_000)
    with pytest.raises(Undecodable) as error:
        decode(script + program)
    assert error.value.binary


def test_nothing_is_a_text() -> None:
    assert decode(b"") == ""


@given(st.binary(max_size=600))
def test_any_bytes_are_text_that_can_be_stored_or_refused(data: bytes) -> None:
    try:
        text = decode(data)
    except Undecodable as error:
        assert error.reason
    else:
        assert "\0" not in text
        text.encode()


@given(st.text().filter(lambda text: "\0" not in text))
def test_utf_8_comes_back_unless_it_is_mostly_control_characters(text: str) -> None:
    try:
        assert decode(text.encode()) == text.removeprefix("\ufeff")
    except Undecodable as error:
        assert "control" in error.reason
