"""Text of strangers reaches no terminal, log or script with characters that act or cannot be seen."""

from __future__ import annotations

import json
import logging
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_server.safe_text import SafeFormatter, safe, safe_json

if TYPE_CHECKING:
    from .conftest import Magray

SEEN = {0x200C, 0x200D, *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
"""Of category Cf, yet needed for writing: joiners, and signs of Arabic, Syriac and Kaithi with a shape."""
HIEROGLYPHS = range(0x13430, 0x13456)
HOSTILE = (
    "\x1b\x7f\x85\x9b\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\U000e0041"
)
WRITTEN = "Ключ مفتاح कुंजी 👩‍👩‍👧 می‌خواهم 鍵 ﷺ é"


def test_whatever_has_no_shape_is_escaped() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        unseen = unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
        if unseen and code not in SEEN and code not in HIEROGLYPHS:
            assert safe(character) != character, hex(code)
            assert character not in safe_json(json.dumps(character, ensure_ascii=False)), hex(code)
    assert safe(WRITTEN) == WRITTEN
    assert safe_json(WRITTEN) == WRITTEN


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_json_says_the_same(text: str) -> None:
    assert json.loads(safe_json(json.dumps({text: [text]}, ensure_ascii=False))) == {text: [text]}


def test_a_log_line_is_one_line() -> None:
    formatter = SafeFormatter("%(levelname)s: %(message)s")
    try:
        raise ValueError(f"a\n{HOSTILE}")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 1, "in %s\nERROR: forged", (HOSTILE,), sys.exc_info()
        )
    shown = formatter.format(record)
    assert not set(HOSTILE) & set(shown)
    assert "forged" in shown.split("\n")[0]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names are possible on Linux")
def test_no_door_lets_them_out(magray: Magray) -> None:
    name = f"pay{HOSTILE}.md"
    (magray.cwd / name).write_text(
        f"---\ntitle: Ledger{HOSTILE.replace(chr(0x85), '')}\ntags: [a{HOSTILE[7]}b]\n---\n\n"
        f"# Ledger {HOSTILE}\n\nLedger entries {HOSTILE} are {WRITTEN} read.\n"
    )
    (magray.cwd / f"bad{HOSTILE}.bin.md").write_bytes(b"\0\1" * 40)
    root = magray.cwd.with_name(f"ws{HOSTILE}")
    magray.cwd.rename(root)
    magray.cwd = root
    assert magray("index", "--lexical", "-v").code == 0
    runs = [
        ("index", "--lexical", "--events"),
        ("index", "--lexical", f"bad{HOSTILE}.bin.md"),
        ("search", "ledger entries"),
        ("--json", "search", "ledger entries"),
        ("search", "ledger entries", "--explain", "--verbose"),
        ("related", name),
        ("--json", "related", name),
        ("status",), ("--json", "status"), ("vault", "list"), ("--json", "vault", "list"),
        ("doctor",), ("--json", "config", "show"), ("config", "show"),
        ("related", f"nothing{HOSTILE}"), ("--json", "related", f"nothing{HOSTILE}"),
        ("search", "x", "--mode", HOSTILE), ("--json", "search", "x", "--lang", HOSTILE),
        ("--verbose", "vault", "drop", HOSTILE), (HOSTILE,), ("config", "get", HOSTILE),
        ("--json", "config", "get", HOSTILE), ("model", "use", HOSTILE),
    ]  # fmt: skip
    for arguments in runs:
        result = magray(*arguments, env={"MAGRAY_LOG": "debug"})
        shown = result.out + result.err
        assert shown
        assert not set(HOSTILE) & set(shown), (arguments, [hex(ord(c)) for c in set(HOSTILE) & set(shown)])
    found = magray("--json", "search", "ledger entries").json["hits"][0]
    assert found["path"] == name
    assert WRITTEN in found["snippet"]
