"""Records with secrets: stored, kept in the history, found and shown without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_secrets import issued, named

from magray_memory.config import RedactionSettings
from magray_memory.errors import RecordError
from magray_memory.index.lexical import LexicalIndex
from magray_memory.indexing.record_passages import redact_passages
from magray_memory.records.citation import Source
from magray_memory.records.draft import Draft
from magray_memory.storage.record_lists import RecordFilter
from magray_memory.storage.redactions import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.records.room import Records

KEY = issued()["github personal"]
LINE, WORD = named()["russian"]


def home_bytes(records: Records) -> bytes:
    vault = records.notebook(write=True)
    assert vault is not None
    vault.db.raw().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in vault.path.parent.rglob("*") if path.is_file())


def test_whatever_of_a_record_holds_a_secret_is_stored_without_it(records: Records) -> None:
    kept = records.remember(
        Draft(
            text=f"# The {KEY}\n\n{LINE}\n",
            title=f"of {KEY}",
            tags=("ops", KEY.lower(), KEY),
            project=f"p {KEY}",
            session=f"s {KEY}",
        )
    )
    assert kept.outcome == "created"
    assert kept.redacted["github token"] >= 4
    assert kept.as_json()["redacted"] == dict(kept.redacted)
    assert kept.record.stored.title == "of ‹redacted: github token›"
    assert kept.record.as_json()["redacted"] == {"github token": 2, "password": 1}
    stored = home_bytes(records)
    assert KEY.encode() not in stored
    assert WORD.encode() not in stored


def test_a_key_with_a_secret_is_refused_and_says_nothing_of_it(records: Records) -> None:
    with pytest.raises(RecordError) as refused:
        records.remember(Draft(text="x", key=KEY))
    assert KEY not in str(refused.value)


def test_the_same_text_with_another_secret_is_the_same_record(records: Records) -> None:
    one = records.remember(Draft(text=f"token {issued(1)['npm']}"))
    two = records.remember(Draft(text=f"token {issued(2)['npm']}"))
    assert (two.outcome, two.record.id) == ("duplicate", one.record.id)


def test_an_edit_and_an_update_are_stored_without_their_secrets(records: Records) -> None:
    kept = records.remember(Draft(text="The port is 8080.", key="port"))
    changed = records.edit(kept.record.id, text=f"It is {KEY}.", title=f"Of {KEY}")
    assert dict(changed.redacted) == {"github token": 2}
    assert changed.stored.text == "It is ‹redacted: github token›."
    again = records.edit(kept.record.id, text=changed.stored.text + "!")
    assert dict(again.redacted) == {}
    updated = records.remember(Draft(text=LINE, key="port"))
    assert dict(updated.redacted) == {"password": 1}
    history = records.show(kept.record.id).history
    assert len(history) >= 3
    assert KEY.encode() not in home_bytes(records)


def test_cited_lines_are_stored_without_their_secrets_and_still_hold(
    records: Records, workspace: Path
) -> None:
    file = workspace / "src" / "client.py"
    file.write_text(f'def client():\n    return Client("{KEY}")\n', "utf-8")
    kept = records.remember(Draft(text="", source=Source(file, (1, 2))))
    assert KEY not in kept.record.stored.text
    assert records.get(kept.record.id).as_json()["citation"] == "verified"
    assert KEY.encode() not in home_bytes(records)


def test_what_an_older_version_stored_is_shown_without_its_secrets(records: Records) -> None:
    kept = records.remember(Draft(text="It is TOKEN.", title="A title"))
    records.edit(kept.record.id, text="It is now TOKEN.")
    vault = records.notebook(write=True)
    assert vault is not None
    with vault.write() as connection:  # as it stands where no rule was yet
        connection.execute(
            "UPDATE document SET text = replace(text, 'TOKEN', ?), title = ?", (KEY, f"Of {KEY}")
        )
        connection.execute("UPDATE revision SET text = replace(text, 'TOKEN', ?)", (KEY,))
        connection.execute("UPDATE passage SET text = replace(text, 'TOKEN', ?)", (KEY,))
        LexicalIndex(vault).rebuild()
    details = records.show(kept.record.id)
    listed = records.list(RecordFilter()).records
    shown = [str(details.as_json()), str([record.as_json() for record in listed])]
    assert not any(KEY in text for text in shown)
    assert vault.meta(RULES) is None
    assert redact_passages(vault, RedactionSettings(), LexicalIndex(vault)) == 1
    with vault.read() as connection:
        held = connection.execute("SELECT symbol || text FROM passage").fetchall()
    assert not any(KEY in row[0] for row in held)
    assert redact_passages(vault, RedactionSettings(), LexicalIndex(vault)) == 0
    records.edit(kept.record.id, text="Something else.")
    assert not any(KEY in state.text for state in records.show(kept.record.id).history)
