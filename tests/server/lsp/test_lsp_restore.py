"""Backup and restore beside programs that have the home open: they answer from the restored records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def _texts(found: dict[str, Any]) -> set[str]:
    return {hit["snippet"].strip() for hit in found["hits"]}


def _ask(client: Any, mode: str = "lexical") -> set[str]:
    return _texts(client.request("magray/search", {"query": "zebra", "in": "notebook", "mode": mode}))


def test_servers_and_sessions_notice_a_restore(connect, project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, second = connect(), connect()
    for client in (first, second):
        client.start(project)
    first.request("magray/remember", {"text": "a zebra before"})
    made = first.request("magray/backup", {})
    assert made["records"] == 1
    first.request("magray/remember", {"text": "a zebra after"})
    command = [sys.executable, "-m", "magray_server.cli.main", "search", "--batch", "-", "--mode", "lexical"]
    environ = {**os.environ, "MAGRAY_HOME": str(home), "MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}
    session = subprocess.Popen(
        command, cwd=project, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert session.stdin is not None and session.stdout is not None

    def by_session() -> set[str]:
        assert session.stdin is not None and session.stdout is not None
        print(json.dumps({"id": 1, "text": "zebra", "in": "notebook"}), file=session.stdin, flush=True)
        return _texts(json.loads(session.stdout.readline()))

    both = {"a zebra before", "a zebra after"}
    try:
        assert [_ask(first), _ask(second), by_session()] == [both, both, both]
        plan = second.request("magray/restore", {"archive": "latest", "dry_run": True})
        assert (plan["added"], plan["removed"], plan["safety"]) == (0, 1, None)
        assert [_ask(first), _ask(second)] == [both, both]
        done = second.request("magray/restore", {"archive": "latest", "yes": True})
        one = {"a zebra before"}
        assert [_ask(first), _ask(second), by_session()] == [one, one, one]
        kept = first.request("magray/remember", {"text": "a zebra later"})
        assert kept["id"] == "n3"
        assert [_ask(second), by_session()] == [one | {"a zebra later"}] * 2
        second.request("magray/restore", {"archive": done["safety"], "merge": True})
        assert [_ask(first), by_session()] == [both | {"a zebra later"}] * 2
    finally:
        session.stdin.close()
        session.wait(timeout=60)
        session.stdout.close()


def test_a_restore_without_consent_is_refused_in_a_sentence(connect, project: Path) -> None:
    client = connect()
    client.start(project)
    client.request("magray/remember", {"text": "a zebra"})
    client.request("magray/backup", {})
    error = client.error("magray/restore", {"archive": "latest"})
    assert "nobody can be asked" in error["message"]
