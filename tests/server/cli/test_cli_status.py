"""`magray status`, `vault` and `config`: true in every state that a home can be in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Magray

COMPONENTS = [
    "storage", "lexical_index", "vector_index", "model", "device", "vector_cache", "indexer", "memory",
    "disk",
]  # fmt: skip


def component(status: dict[str, list[dict[str, str]]], name: str) -> dict[str, str]:
    return next(part for part in status["components"] if part["name"] == name)


def test_status_of_an_indexed_workspace(indexed: Magray) -> None:
    result = indexed("--json", "status")
    assert result.code == 0
    status = result.json
    assert set(status) == {"version", "home", "severity", "components", "vaults", "device"}
    assert [part["name"] for part in status["components"] if part["name"] != "memory"] == [
        name for name in COMPONENTS if name != "memory"
    ]
    assert all(
        set(part) == {"name", "severity", "summary", "detail", "hint"} for part in status["components"]
    )
    (vault,) = status["vaults"]
    facts = {
        "kind",
        "root",
        "files",
        "passages",
        "pending",
        "approximate",
        "heads",
        "bytes",
        "last_indexed",
        "model",
        "change",
        "redacted",
    }
    assert set(vault) == facts
    assert (vault["model"], vault["change"]) == ("multilingual-e5-small-enru", None)
    assert (vault["kind"], vault["root"]) == ("workspace", os.path.realpath(indexed.cwd))
    assert (vault["files"], vault["pending"]) == (5, 0)
    assert vault["bytes"] > 10_000
    assert vault["last_indexed"].endswith("+00:00")
    device = status["device"]
    assert (device["requested"], device["actual"], device["reason"]) == ("auto", "cpu", None)
    assert device["observed_at"].endswith("+00:00")


def test_status_for_people(indexed: Magray) -> None:
    result = indexed("status")
    assert (result.code, result.err) == (0, "")
    first, _, vault, *_rest = result.out.splitlines()
    assert first.startswith("magray ")
    assert first.endswith(str(indexed.home))
    assert "5 files" in vault
    assert "just now" in vault or "ago" in vault
    for name in ("storage", "model", "device"):
        assert f"  {name} " in result.out


def test_status_without_a_home_makes_none(magray: Magray) -> None:
    result = magray("--json", "status")
    assert result.code == 0
    assert result.json["vaults"] == []
    assert result.json["device"]["actual"] is None
    assert component(result.json, "storage")["summary"] == "nothing is stored yet"
    assert not magray.home.exists()


def test_status_works_where_no_workspace_can_be(magray: Magray, tmp_path: Path) -> None:
    assert magray("status", cwd=tmp_path, env={"HOME": str(tmp_path)}).code == 0


def test_status_when_the_home_is_a_file(magray: Magray) -> None:
    magray.home.write_text("not a folder")
    result = magray("--json", "status")
    assert (result.code, result.json["severity"]) == (0, "fatal")
    failed = magray("index")
    assert failed.code == 1
    assert failed.err.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 5000])
def test_status_with_a_damaged_vault(magray: Magray, content: bytes) -> None:
    magray("index", "--lexical")
    next((magray.home / "workspaces").glob("*.db")).write_bytes(content)
    result = magray("--json", "status")
    assert result.code == 0
    assert component(result.json, "storage")["severity"] == "critical"
    assert "cannot be read" in magray("status").out
    assert "?" in magray("vault", "list").out


def test_a_broken_device_note_is_no_trouble(magray: Magray) -> None:
    magray.home.mkdir()
    for text in ("", "[]", '{"requested":1}', '{"requested":"a","actual":null,"observed_at":1e99}', "\0"):
        (magray.home / "device.json").write_text(text)
        result = magray("--json", "status")
        assert (result.code, result.json["device"]["actual"]) == (0, None)


@pytest.mark.skipif(os.name == "nt", reason="permissions work differently there")
def test_a_read_only_home_is_searched_and_told(magray: Magray, unprivileged: Magray) -> None:
    magray("index")
    parts = [magray.home, *magray.home.rglob("*")]
    for path in parts:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        found = unprivileged("search", "shopping cart")
        assert (found.code, found.err) == (0, "")
        assert found.out.startswith("web/cart.js:1")
        status = unprivileged("status")
        assert status.code == 0
        assert "read-only" in status.out
        (magray.cwd / "new.py").write_text("x = 1\n")
        failed = unprivileged("index")
        assert failed.code == 1
        assert failed.err.startswith("error: ")
        assert failed.err.count("\n") == 1
        kept = unprivileged("config", "set", "search.k", "3")
        assert (kept.code, "it cannot be written" in kept.err) == (1, True)
        assert unprivileged("doctor").code == 0
    finally:
        for path in parts:
            path.chmod(0o755)


def test_vaults_are_listed_and_dropped(magray: Magray, tmp_path: Path) -> None:
    magray("index", "--lexical")
    (tmp_path / "second" / ".git").mkdir(parents=True)
    (tmp_path / "second" / "a.md").write_text("# A\n\ntext\n")
    magray("index", "--lexical", cwd=tmp_path / "second")
    listed = magray("--json", "vault", "list").json["vaults"]
    assert [vault["root"] for vault in listed] == sorted(
        os.path.realpath(path) for path in (magray.cwd, tmp_path / "second")
    )
    tried = magray("vault", "drop", "project", "--dry-run", cwd=tmp_path)
    assert tried.out.startswith("would drop ")
    dropped = magray("vault", "drop", "project", cwd=tmp_path)
    assert dropped.code == 0
    assert dropped.out.startswith(f"dropped {os.path.realpath(magray.cwd)}")
    assert (magray.cwd / "web" / "cart.js").exists()
    again = magray("vault", "drop", "project", cwd=tmp_path)
    assert again.code == 2
    assert "it has no vault" in again.err
    (tmp_path / "second").rename(tmp_path / "moved")
    assert "the folder is gone" in magray("vault", "list").out
    assert component(magray("--json", "status").json, "storage")["hint"] == "magray vault drop --gone"
    gone = magray("--json", "vault", "drop", "--gone").json
    assert [vault["root"] for vault in gone["dropped"]] == [os.path.realpath(tmp_path / "second")]
    assert list((magray.home / "workspaces").glob("*.db*")) == []
    assert "there is nothing to drop" in magray("vault", "drop", "--gone").err


def test_drop_must_be_told_what(magray: Magray) -> None:
    assert magray("vault", "drop").code == 2


def test_config_is_set_shown_and_unset(magray: Magray) -> None:
    assert magray("config", "path").out == f"{magray.home / 'config.toml'}\n"
    assert magray("config", "set", "search.k", "3").code == 0
    assert magray("config", "get", "search.k").out == "3\n"
    shown = magray("--json", "config", "show").json
    assert shown["settings"]["search.k"] == 3
    assert shown["sources"]["search.k"] == str(magray.home / "config.toml")
    assert shown["sources"]["search.per_file"] == "default"
    assert magray("config", "get", "search.k", env={"MAGRAY_SEARCH__K": "4"}).out == "4\n"
    assert magray("config", "set", "search.k", "--unset").code == 0
    assert magray("config", "get", "search.k").out == "10\n"


def test_config_of_the_workspace(magray: Magray) -> None:
    assert magray("config", "set", "--project", "index.ignore", "docs/", "*.js").code == 0
    assert (magray.cwd / ".magray.toml").read_text() == '[index]\nignore = ["docs/", "*.js"]\n'
    assert magray("config", "get", "index.ignore").out == "docs/\n*.js\n"
    refused = magray("config", "set", "--project", "notes.folders", "/etc")
    assert refused.code == 2
    assert "a workspace may not set it" in refused.err


def test_config_set_takes_the_workspace_like_every_command(magray: Magray, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    line = ("config", "set", "--project", "--workspace", str(other), "index.ignore", "docs/")
    assert magray(*line).code == 0
    assert (other / ".magray.toml").read_text() == '[index]\nignore = ["docs/"]\n'
    assert not (magray.cwd / ".magray.toml").exists()


@pytest.mark.parametrize(
    "line",
    [
        "--workspace index.ignore docs/",
        "index.ignore docs/ --workspace",
        "index.ignore --workspace docs/",
        "--unset --workspace index.ignore",
    ],
)
def test_the_earlier_spelling_of_project_names_the_new_one(magray: Magray, line: str) -> None:
    refused = magray("config", "set", *line.split())
    assert refused.code == 2
    assert refused.err == (
        "error: config set: --workspace names a folder; the workspace's own file is written with --project"
        " (try: magray config set --project NAME VALUE)\n"
    )
    assert not magray.home.exists()
    assert not (magray.cwd / ".magray.toml").exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("search.k 0", "from 1 to 1000"),
        ("search.k", "it takes a value, or --unset"),
        ("search.k 1 2", "it takes one value"),
        ("embedding.device tpu", "one of auto, cpu, cuda"),
        ("index.hidden maybe", "true or false"),
    ],
)
def test_config_refuses_what_makes_no_sense(magray: Magray, line: str, why: str) -> None:
    result = magray("config", "set", *line.split())
    assert result.code == 2
    assert why in result.err
    assert not magray.home.exists()
