"""`magray promote` and `magray clean`: what moves, why, and when the rest will."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Magray

DAY = 86_400.0


def age(magray: Magray, seconds: float) -> None:
    """Make every record, and every mark, older."""
    with closing(sqlite3.connect(magray.home / "notebook.db")) as connection, connection:
        connection.execute(
            "UPDATE document SET age_from = age_from - ?, due_at = due_at - ?", (seconds, seconds)
        )


def test_a_record_leaves_after_its_notice_and_comes_back(magray: Magray) -> None:
    magray("remember", "The printer is on the second floor.")
    magray("remember", "kept", "--pin")
    assert magray("promote").code == 0
    age(magray, DAY)
    would = magray("clean", "--dry-run")
    assert would.code == 0
    assert "n1  interact -> trash from " in would.out
    assert "not used for 24 hours (interact keeps 24 hours)  The printer is on the second floor." in would.out
    first = magray("--json", "clean").json
    assert [(move["id"], move["to"], move["when"] is None) for move in first["moves"]] == [
        ("n1", "trash", False)
    ]
    assert "n1" in magray("list").out
    age(magray, DAY)
    done = magray("clean")
    assert "n1  interact -> trash  not used for 2 days" in done.out
    assert "magray trash restore ID brings a record back" in done.err
    assert [record["id"] for record in magray("--json", "trash", "list").json["records"]] == ["n1"]
    assert magray("trash", "restore", "n1").code == 0
    assert magray("--json", "clean").json["moves"] == []


def test_settings_are_checked_when_they_are_set(magray: Magray) -> None:
    assert magray("config", "set", "layers.profile", "tidy").code == 0
    assert "keep-most, balanced, tidy" in magray("config", "set", "layers.profile", "messy").err
    assert magray("config", "set", "layers.importance", "1.5").code != 0
    assert magray("config", "set", "layers.insights_days", "-1").code != 0
    assert magray("config", "get", "layers.profile").out == "tidy\n"
    magray("remember", "one", "--importance", "0.85")
    assert magray("--json", "promote", "--dry-run").json["moves"] == []


def test_a_command_about_records_leaves_the_hourly_run_behind(magray: Magray) -> None:
    automatic = {"MAGRAY_LAYERS__AUTOMATIC": "true"}
    magray("remember", "one", "--importance", "0.9")
    assert magray("list", env=automatic).code == 0
    deadline = time.monotonic() + 60
    while magray("--json", "list").json["records"][0]["layer"] != "insights":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    stamp = (magray.home / "layers").stat().st_mtime_ns
    magray("remember", "two", "--importance", "0.9", env=automatic)
    assert (magray.home / "layers").stat().st_mtime_ns == stamp, "at most once an hour"
    assert magray("--json", "show", "n2").json["layer"] == "interact"
