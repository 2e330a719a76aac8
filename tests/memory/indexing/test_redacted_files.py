"""Files with secrets: nothing of one is stored, lines stay, and changed rules re-read what they touch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_secrets import issued, named, private_keys

from magray_memory.config import RedactionSettings
from magray_memory.indexing import redacted_again
from magray_memory.indexing.coverage import why
from magray_memory.indexing.overlay import Overlay
from magray_memory.storage.redactions import RULES, all_redactions
from magray_memory.storage.symbol_text import read_symbols
from magray_memory.storage.vault_info import list_vaults
from magray_memory.text import redaction

if TYPE_CHECKING:
    from ..conftest import Workspace

KEY = issued()["aws access key"]
LINE, WORD = named()["yaml"]


def populate(ws: Workspace) -> None:
    ws.write("shop/client.py", f'"""Connects."""\n\n\ndef connect(host):\n    return Client(host, "{KEY}")\n')
    ws.write("settings.yaml", f"database:\n{LINE}\n  port: 5432\n")
    ws.write(
        "notes/keys.md",
        f"---\ntags: [ops]\npassword: {WORD}\n---\n# Keys\n\n{private_keys()['rsa']}\n\nThe end.\n",
    )
    ws.write("plain.py", "def plain():\n    return 1\n")


def bytes_of(ws: Workspace) -> bytes:
    ws.vault.db.raw().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in Path(ws.home.path).rglob("*") if path.is_file())


def texts(ws: Workspace) -> str:
    return "\n".join(str(row) for row in ws.contents())


def test_no_byte_of_a_secret_reaches_the_home(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    stored = bytes_of(ws)
    for secret in (KEY, WORD, KEY.lower(), *private_keys()["rsa"].split("\n")[1:-1]):
        assert secret.encode() not in stored
    with ws.vault.read() as connection:
        assert all_redactions(connection) == {"password": 2, "aws key": 1, "private key": 1}
    (info,) = [info for info in list_vaults(ws.home) if info.root == ws.root]
    assert info.as_json()["redacted"] == {"password": 2, "aws key": 1, "private key": 1}


def test_lines_symbols_and_tags_are_those_of_the_file(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    with ws.vault.read() as connection:
        rows = [
            (symbol.name, symbol.line, symbol.end_line)
            for start, text in connection.execute("SELECT start_line, symbols FROM passage")
            for symbol in read_symbols(text, start)
        ]
        ends = dict(
            connection.execute(
                "SELECT path, max(end_line) FROM passage JOIN document d ON d.id = document_id GROUP BY path"
            )
        )
        tags = [row[0] for row in connection.execute("SELECT name FROM tag")]
    assert ("connect", 4, 5) in rows
    assert ends["notes/keys.md"] == len((ws.root / "notes/keys.md").read_text("utf-8").splitlines())
    assert tags == ["ops"]
    assert "‹redacted: aws key›" in texts(ws)


def test_a_file_with_a_secret_is_not_for_ever_changed(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    before = ws.contents()
    with ws.vault.read() as connection:
        indexed = connection.execute("SELECT path, indexed_at FROM document ORDER BY path").fetchall()
    ws.index(lexical=True)
    with ws.vault.read() as connection:
        assert connection.execute("SELECT path, indexed_at FROM document ORDER BY path").fetchall() == indexed
    assert ws.contents() == before
    standing = why(ws.root, "shop/client.py", ws.settings.index, ws.vault)
    assert standing is not None
    assert (standing.standing.value, standing.redacted) == ("indexed", {"aws key": 1})


@pytest.mark.parametrize("force", [False, True])
def test_other_rules_read_again_what_they_touch_and_nothing_else(ws: Workspace, force: bool) -> None:
    populate(ws)
    ws.settings = replace(ws.settings, redaction=RedactionSettings(enabled=False))
    ws.index(lexical=True)
    assert KEY in texts(ws)
    with ws.vault.read() as connection:
        times = dict(connection.execute("SELECT path, indexed_at FROM document").fetchall())
    ws.settings = replace(ws.settings, redaction=RedactionSettings())
    assert redacted_again.redacted_otherwise(ws.vault, ws.settings.redaction) == {
        "shop/client.py",
        "settings.yaml",
        "notes/keys.md",
    }
    ws.index(lexical=True, force=force)
    assert KEY not in texts(ws)
    assert WORD not in texts(ws)
    with ws.vault.read() as connection:
        now = dict(connection.execute("SELECT path, indexed_at FROM document").fetchall())
    assert (now["plain.py"] == times["plain.py"]) is not force
    stored = bytes_of(ws)
    assert not any(secret.encode() in stored for secret in (KEY, KEY.lower(), WORD, WORD.lower()))
    assert redacted_again.redacted_otherwise(ws.vault, ws.settings.redaction) == frozenset()


def test_a_vault_of_an_older_version_is_read_again_where_it_holds_a_secret(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(ws)
    ws.settings = replace(ws.settings, redaction=RedactionSettings(enabled=False))
    ws.index(lexical=True)
    ws.vault.remove_meta(RULES)
    ws.settings = replace(ws.settings, redaction=RedactionSettings())
    ws.index(lexical=True)
    assert KEY not in texts(ws)
    monkeypatch.setattr(redaction, "REDACTION_RULES_VERSION", redaction.REDACTION_RULES_VERSION + 1)
    found = redacted_again.redacted_otherwise(ws.vault, ws.settings.redaction)
    assert found == {"shop/client.py", "settings.yaml", "notes/keys.md"}


def test_a_file_that_moves_keeps_what_is_known_of_it(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    (ws.root / "shop/client.py").rename(ws.root / "shop/gateway.py")
    ws.index(lexical=True)
    standing = why(ws.root, "shop/gateway.py", ws.settings.index, ws.vault)
    assert standing is not None
    assert standing.redacted == {"aws key": 1}
    ws.write("shop/gateway.py", "def connect():\n    return 1\n")
    ws.index(lexical=True)
    standing = why(ws.root, "shop/gateway.py", ws.settings.index, ws.vault)
    assert standing is not None
    assert standing.redacted == {}


def test_an_open_buffer_is_searched_without_its_secrets(ws: Workspace) -> None:
    overlay = Overlay(ws.root, ws.settings)
    long_line = "x = 1\n" * 20_000
    for path, text in (
        ("a.py", f'key = "{KEY}"\n'),
        ("b.py", f'{long_line}key = "{KEY}"\n'),
        ("c.yaml", f"{LINE}\n"),
    ):
        assert overlay.put(path, text)
        assert not overlay.put(path, text)
    with overlay.source.vault.read() as connection:
        held = " ".join(row[0] for row in connection.execute("SELECT text FROM passage"))
    overlay.close()
    assert KEY not in held
    assert WORD not in held
    assert held.count("‹redacted: aws key›") == 2
