"""An open file goes first: the server orders what the model has not read of it, and forgets nothing of it."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from magray_memory.storage import wanted
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_opened_is_ordered_first_and_one_that_is_read_is_not(
    connect: Any, project: Path, tmp_path: Path, processes: Any
) -> None:
    _, _, eventually = processes
    home = tmp_path / "home"
    waiting = {"MAGRAY_EMBEDDING__DEPTH": "static"}
    client = connect(home=home, environ=waiting)
    client.start(project)
    client.ready()
    place = Home(home).vault_path(project)
    uri = client.open(project / "src/payment.py")
    assert eventually(lambda: ordered(place, "src/payment.py"), 30.0)
    client.change(uri, {"text": "def typed_now():\n    return 1\n"})
    client.close_document(uri)
    assert client.stop() == 0

    client = connect(home=home)  # now the model reads all of it
    client.start(project)
    client.ready()
    assert eventually(lambda: unread(place) == 0, 60.0)
    wanted.take(place)
    client.open(project / "src/payment.py")
    client.request("magray/search", {"query": "retry a payment"})
    assert not wanted.wanted_file(place).exists()


def rows(place: Path, sql: str, *given: str) -> list[tuple[int]]:
    with contextlib.closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, given).fetchall()


def unread(place: Path) -> int:
    sql = "SELECT id FROM passage WHERE NOT EXISTS (SELECT 1 FROM vector WHERE passage_id = passage.id)"
    return len(rows(place, sql))


def ordered(place: Path, path: str) -> bool:
    """Whether all passages of a file are among those that somebody waits for."""
    file = wanted.wanted_file(place)
    data = file.read_bytes() if file.exists() else b""
    ids = {int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data) - 7, 8)}
    sql = "SELECT p.id FROM passage p JOIN document d ON d.id = document_id WHERE path = ?"
    own = {row[0] for row in rows(place, sql, path)}
    return bool(own) and own <= ids
