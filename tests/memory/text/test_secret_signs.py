"""Secret signs: one pass over a text finds those that searches for each would find."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from fake_secrets import issued, named, private_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.text import secret_finder
from magray_memory.text.secret_finder import find_secrets
from magray_memory.text.secret_signs import sign_finder
from magray_memory.text.secret_values import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

SIGNS = (b"pass", b"passwd", b"otp", b"totp", b" -p", b"<<<", b"x=", b"secret")
FAKES = (
    *issued().values(),
    *(line for line, _ in named().values()),
    *private_keys().values(),
    *(
        "echo hunter22x | sudo -S ls",
        "net use X: \\\\s\\d Tr0ub4dor",
        "PIN: 4821",
        "пароль: Мойпар0ль",
        "hasło: Kot3kBury",
    ),
    *(
        "curl -u bob:Tr0ub4dor https://h",
        "kind: Secret\ndata:\n  a: c2VjcmV0c2VjcmV0\n",
        "cookie: sid=a1b2c3d4e5f6g7h8",
    ),
)


class _Strict:
    """A text that may be asked for these signs alone."""

    def __init__(self, signs: frozenset[bytes], text: bytes) -> None:
        self._signs = signs
        self._text = text

    def __contains__(self, sign: object) -> bool:
        assert sign in self._signs
        return isinstance(sign, bytes) and sign in self._text


def _strict(signs: Iterable[bytes]) -> Callable[[bytes], Container[bytes]]:
    known = frozenset(signs)
    return lambda text: _Strict(known, text)


def _forget() -> None:
    secret_finder.signs_in.cache_clear()
    secret_finder.foreign_signs_in.cache_clear()


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(SIGNS), st.binary(max_size=3)), max_size=12).map(b"".join))
def test_the_signs_of_a_text_are_those_that_stand_in_it(text: bytes) -> None:
    found = sign_finder(SIGNS)(text)
    assert [sign for sign in SIGNS if sign in found] == [sign for sign in SIGNS if sign in text]


def test_without_the_automaton_a_text_is_searched_for_each_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    found = sign_finder(SIGNS)(b"my passwd and a totp")
    assert [sign for sign in SIGNS if sign in found] == [b"pass", b"passwd", b"otp", b"totp"]


@pytest.mark.parametrize("style", Style)
def test_what_is_found_is_what_searches_for_each_sign_find(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"a\n{fake}\nb\n" for fake in FAKES] + ["\n".join(FAKES)]
    by_automaton = [sorted(find_secrets(text, style)) for text in texts]
    with monkeypatch.context() as patched:
        patched.setattr(secret_finder, "sign_finder", _strict)
        _forget()
        by_search = [sorted(find_secrets(text, style)) for text in texts]
    _forget()
    assert by_automaton == by_search
