"""TOML of strangers costs little, whatever it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.config import load_settings
from magray_memory.text.front_matter import front_matter
from magray_memory.toml_text import MAX_KEY_PARTS, parse_toml

if TYPE_CHECKING:
    from pathlib import Path

DEEP = ".".join(["a"] * 16_000)
HOSTILE = {
    "key": f"{DEEP}=1",
    "header": f"[{DEEP}]\n",
    "quoted": ".".join(['""'] * 16_000) + "=1",
    "spaced": " . ".join(["a"] * 10_000) + "=1",
    "inline table": f"index = {{{DEEP} = 1}}",
    "text that is read again": f'[index]\nignore = "[{{{DEEP}=1}}]"',
    "arrays": "a=" + "[" * 30_000,
    "tables": "a=" + "{a=" * 10_000,
    "digits": "a=" + "1" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(20)  # a parser without a limit needs gigabytes and a minute
def test_settings_of_a_hostile_project_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / ".magray.toml").write_text(HOSTILE[name])
    loaded = load_settings(tmp_path / "home", tmp_path, environ={})
    assert len(loaded.warnings) == 1
    assert loaded.sources == {}


@pytest.mark.timeout(20)
def test_front_matter_of_a_hostile_note_is_refused() -> None:
    assert front_matter(f'+++\ntitle = "x"\n{DEEP} = 1\n+++\ntext\n').title is None


def test_ordinary_keys_and_dots_are_read() -> None:
    key = ".".join(["a"] * MAX_KEY_PARTS)
    assert parse_toml(f'{key} = 1\n[x]\ny = "{"… " * 50}"\n# {"1.5 " * 50}\n')["x"] == {"y": "… " * 50}


def test_thousands_of_wrong_settings_are_a_few_warnings(tmp_path: Path) -> None:
    (tmp_path / ".magray.toml").write_text("".join(f"[t{n}]\n" for n in range(5000)))
    assert len(load_settings(tmp_path / "home", tmp_path, environ={}).warnings) == 21
