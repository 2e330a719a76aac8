"""Secrets at the shell: taken out of what is stored, counted, told in a sentence, and never repeated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fake_secrets import issued, named

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Magray

KEY = issued()["stripe live"]
LINE, WORD = named()["yaml"]


def held(folder: Path, secret: str) -> list[str]:
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    ]


def test_remember_stores_a_text_without_its_secret_and_says_so(magray: Magray) -> None:
    kept = magray("remember", f"The key of the shop is {KEY}.", "--tag", "ops")
    assert (kept.code, kept.out) == (0, "n1  created  The key of the shop is ‹redacted: stripe key›.\n")
    assert kept.err == "note: a secret was taken out and not stored: 1 stripe key\n"
    again = magray("--json", "remember", "-", text=f"{KEY} and {LINE.strip()}")
    assert again.json["redacted"] == {"stripe key": 1, "password": 1}
    batch = "\n".join(json.dumps({"text": text}) for text in (f"one {KEY}", "two"))
    lines = [json.loads(line) for line in magray("remember", "--batch", "-", text=batch).out.splitlines()]
    assert [line.get("redacted") for line in lines] == [{"stripe key": 1}, None]
    edited = magray("edit", "n1", "--text", LINE.strip())
    assert edited.err == "note: a secret was taken out and not stored: 1 password\n"
    shown = magray("show", "n1", "--history")
    assert KEY not in shown.out
    assert WORD not in shown.out
    assert "redacted in notebook:" in magray("status").out
    (vault,) = magray("--json", "status").json["vaults"]
    assert vault["redacted"] == {"stripe key": 2, "password": 2}


def test_files_are_searched_and_counted_without_their_secrets(magray: Magray) -> None:
    (magray.cwd / "pay.py").write_text(f'def pay(shop):\n    return shop.charge("{KEY}")\n', "utf-8")
    (magray.cwd / "app.yaml").write_text(f"shop:\n{LINE}\n", "utf-8")
    assert magray("index", "--lexical").code == 0
    found = magray("search", "--mode", "lexical", "shop", "charge")
    assert "‹redacted: stripe key›" in found.out
    assert magray("--json", "search", "--mode", "lexical", KEY).json["query"] == "‹redacted: stripe key›"
    assert "redacted: 1 stripe key" in magray("why", "pay.py").out
    (standing,) = magray("--json", "why", "app.yaml").json["files"]
    assert standing["redacted"] == {"password": 1}
    assert held(magray.home, KEY) == held(magray.home, WORD) == []


def test_an_error_does_not_repeat_a_secret(magray: Magray) -> None:
    assert magray("remember", "A text.").code == 0
    for arguments in (
        ("show", KEY),
        ("remember", "x", "--key", KEY),
        ("remember", "x", "--kind", KEY),
        ("edit", "n1", "--kind", KEY),
        ("tag", "n1", f"+{KEY}"),
    ):
        refused = magray("--json", *arguments)
        assert refused.code != 0
        assert KEY not in refused.err + refused.out


def test_settings_switch_it_off_and_add_to_it(magray: Magray) -> None:
    assert magray("config", "set", "redaction.patterns", '["ITK-[0-9]{4}"]').code == 0
    assert "‹redacted: own pattern›" in magray("remember", "ticket ITK-1234").out
    assert magray("config", "set", "redaction.patterns", '["(a+)+"]').code == 2
    assert magray("config", "set", "redaction.patterns", '["(a"]').code == 2
    assert magray("config", "set", "redaction.enabled", "false").code == 0
    assert KEY in magray("remember", f"kept {KEY}").out
