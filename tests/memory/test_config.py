"""Settings: layers, what a workspace may not do, hostile files, and editing that keeps comments."""

from __future__ import annotations

import dataclasses
import os
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory import config, config_file
from magray_memory.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def load(home: Path, workspace: Path | None = None, env: dict[str, str] | None = None, **overrides: object):
    arguments = {name.replace("__", "."): value for name, value in overrides.items()}
    return config.load_settings(home, workspace, arguments, env or {})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "ws").mkdir()
    return tmp_path / "ws"


def test_every_default_passes_its_own_rule() -> None:
    for name in config.names():
        assert config.check(name, config.Settings().get(name)) == config.Settings().get(name)


def test_later_layers_win_and_sources_say_so(home: Path, workspace: Path) -> None:
    (home / "config.toml").write_text("[search]\nk = 3\nper_file = 2\n[index]\nhidden = true\n")
    (workspace / ".magray.toml").write_text("[search]\nk = 4\n")
    env = {"MAGRAY_SEARCH__K": "5", "MAGRAY_DEVICE": "cpu"}
    loaded = load(home, workspace, env, search__k=6, embedding__threads=None)
    assert loaded.warnings == ()
    assert (loaded.settings.search.k, loaded.settings.search.per_file) == (6, 2)
    assert loaded.settings.embedding.device == "cpu"
    assert loaded.sources["search.k"] == "argument"
    assert loaded.sources["index.hidden"] == str(home / "config.toml")
    assert loaded.sources["embedding.device"] == "environment MAGRAY_DEVICE"
    assert load(home, workspace).settings.search.k == 4
    assert load(home).settings.search.k == 3


@pytest.mark.parametrize(("engine", "library"), [("hnsw", "hnswlib"), ("annoy", "annoy")])
def test_an_engine_that_is_not_installed_is_ignored_and_says_what_brings_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, engine: str, library: str
) -> None:
    path = home / "config.toml"
    path.write_text(f"[vectors]\nengine = '{engine}'\n")
    monkeypatch.setitem(sys.modules, library, None)
    loaded = load(home)
    why = f'{engine} needs {library}, which `pip install "magray[native]"` brings'
    assert loaded.warnings == (f"setting 'vectors.engine' in {path}: {why}; it is ignored",)
    assert loaded.settings.vectors.engine == "auto"
    with pytest.raises(ConfigError, match=f"{engine} needs {library}"):
        config.check("vectors.engine", engine)


def test_another_file_can_stand_for_the_persons(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[search]\nk = 7\n")
    assert load(home, env={"MAGRAY_CONFIG": str(other)}).settings.search.k == 7
    missing = load(home, env={"MAGRAY_CONFIG": str(tmp_path / "none.toml")})
    assert "there is no such file" in missing.warnings[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[notes]\nfolders = ['/etc']\n", "notes.folders"),
        ("[embedding]\nmodel = '/evil'\n", "embedding.model"),
        ("[embedding]\ndevice = 'cuda'\n", "embedding.device"),
        ("[storage]\ndurability = 'high-performance'\n", "storage.durability"),
        ("[index]\nworkers = 64\n", "index.workers"),
        ("[index]\nmax_file_bytes = 100000000\n", "index.max_file_bytes"),
        ("[backup]\nfolder = '/tmp'\n", "backup.folder"),
    ],
)
def test_a_workspace_may_not_set_it_and_is_told_once(
    home: Path, workspace: Path, text: str, name: str
) -> None:
    (workspace / ".magray.toml").write_text(text)
    loaded = load(home, workspace)
    assert loaded.settings == config.Settings()
    assert len(loaded.warnings) == 1
    assert f"'{name}'" in loaded.warnings[0]


def test_a_workspace_may_set_its_own_indexing(home: Path, workspace: Path) -> None:
    (workspace / ".magray.toml").write_text(
        "[index]\nignore = ['gen/']\nmax_file_bytes = 1000\n[search]\nk=2\n"
    )
    loaded = load(home, workspace)
    assert loaded.warnings == ()
    assert loaded.settings.index.ignore == ("gen/",)
    assert loaded.settings.index.max_file_bytes == 1000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[search]\nk = 0\n", "from 1 to 1000"),
        ("[search]\nk = 'many'\n", "a whole number"),
        ("[search]\nk = true\n", "a whole number"),
        ("[search]\nk = [1]\n", "a whole number"),
        ("[search]\nk = 1.5\n", "a whole number"),
        ("[index]\nhidden = 3\n", "true or false"),
        ("[index]\nparse_seconds = nan\n", "from 0.01 to 60"),
        ("[index]\nignore = 3\n", "a list of texts"),
        ("[index]\nignore = ['a', 3]\n", "a list of texts"),
        ('[index]\nignore = ["a\\u0000b"]\n', "control character"),
        ("[index]\nignore = ['" + "a" * 2000 + "']\n", "longer than"),
        ("[notes]\nfolders = ['relative']\n", "must begin with"),
        ("[embedding]\ndevice = 'tpu'\n", "one of auto, cpu, cuda"),
        ("search = 3\n", "must be a table"),
        ("[search]\nkk = 1\n", "no such setting"),
        ("[nothing]\nk = 1\n", "no such section"),
        ("['evil\\u001b[31m']\nk = 1\n", "no such section"),
    ],
)
def test_a_bad_value_is_told_by_name_and_keeps_the_default(home: Path, text: str, why: str) -> None:
    (home / "config.toml").write_text(text)
    loaded = load(home)
    assert loaded.settings == config.Settings()
    assert len(loaded.warnings) == 1
    assert why in loaded.warnings[0]
    assert loaded.warnings[0].isprintable()


def test_bad_environment_and_arguments_are_told_too(home: Path) -> None:
    loaded = load(home, env={"MAGRAY_SEARCH__K": "x", "MAGRAY_NO__SUCH": "1"}, search__per_file=0)
    assert loaded.settings == config.Settings()
    assert len(loaded.warnings) == 3


HOSTILE = {
    "not UTF-8": b"\xff\xfe\xfa",
    "larger than": b"#" * 1_000_000,
    "nested too deeply": b"a = " + b"[" * 20_000,
    "not valid TOML": b"[search\nk = 1",
    "valid TOML (": b"k = " + b"9" * 5_000,
}


@pytest.mark.parametrize("why", HOSTILE)
def test_a_hostile_file_gives_one_sentence(home: Path, workspace: Path, why: str) -> None:
    (workspace / ".magray.toml").write_bytes(HOSTILE[why])
    loaded = load(home, workspace)
    assert loaded.settings == config.Settings()
    assert len(loaded.warnings) == 1
    assert "\n" not in loaded.warnings[0]
    assert len(loaded.warnings[0]) < 400
    assert why in loaded.warnings[0] or why == "valid TOML ("


def test_deep_dotted_keys_do_not_crash(home: Path, workspace: Path) -> None:
    (workspace / ".magray.toml").write_bytes(b"a" + b".a" * 20_000 + b" = 1\n")
    assert load(home, workspace).settings == config.Settings()


def test_a_folder_a_link_and_a_pipe_are_refused(home: Path, workspace: Path, tmp_path: Path) -> None:
    file = workspace / ".magray.toml"
    file.mkdir()
    assert len(load(home, workspace).warnings) == 1
    file.rmdir()
    secret = tmp_path / "secret.toml"
    secret.write_text("[search]\nk = 2\n")
    try:
        file.symlink_to(secret)
    except OSError:
        pytest.skip("no symbolic links here")
    loaded = load(home, workspace)
    assert "symbolic link" in loaded.warnings[0]
    assert loaded.settings.search.k == 10
    if hasattr(os, "mkfifo"):
        file.unlink()
        os.mkfifo(file)
        assert "not a regular file" in load(home, workspace).warnings[0]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_stop_the_program(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile"
    folder.mkdir(exist_ok=True)
    (folder / ".magray.toml").write_bytes(data)
    settings = config.load_settings(folder, folder, {}, {}).settings
    assert settings.index.max_file_bytes <= config.Settings().index.max_file_bytes
    assert settings.embedding == config.Settings().embedding


def test_lists_read_from_text(home: Path) -> None:
    assert config.check("index.ignore", "a, b") == ("a", "b")
    assert config.check("index.ignore", '["a,b", "c"]') == ("a,b", "c")
    with pytest.raises(ConfigError):
        config.check("index.ignore", "[1")
    with pytest.raises(ConfigError, match=r"search\.k"):
        config.check("search.kk", "1")


EDITED = """# mine
[search]  # how I like it
k = 10  # ten
# per_file next

[index]
ignore = [
  "a",  # first
  "b",
]

[storage]
durability = "balanced"
"""


def test_set_changes_one_value_and_keeps_every_comment(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EDITED)
    config_file.set_value(path, "search", "k", 5)
    assert path.read_text() == EDITED.replace("k = 10", "k = 5")
    config_file.set_value(path, "search", "per_file", 2)
    assert "k = 5  # ten\nper_file = 2\n# per_file next\n" in path.read_text()
    config_file.set_value(path, "index", "ignore", ("x", 'q"uote'))
    config_file.set_value(path, "notes", "folders", ("/n",))
    table = tomllib.loads(path.read_text())
    assert table["index"]["ignore"] == ["x", 'q"uote']
    assert table["notes"]["folders"] == ["/n"]
    assert table["storage"] == {"durability": "balanced"}
    assert config_file.unset_value(path, "search", "k")
    assert not config_file.unset_value(path, "search", "k")
    assert "# mine" in path.read_text()


def test_set_makes_the_file_and_edits_dotted_keys(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    config_file.set_value(path, "search", "k", 5)
    assert path.read_text() == "[search]\nk = 5\n"
    path.write_text("search.k = 5\n")
    config_file.set_value(path, "search", "k", 6)
    assert tomllib.loads(path.read_text()) == {"search": {"k": 6}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("search = {k = 5}  # one line\n", "search = {k = 6}  # one line\n"),
        ('[search]\n"k" = 5\n', '[search]\n"k" = 6\n'),
        ("[search]\n  k=5 # five\n", "[search]\n  k=6 # five\n"),
        ("search.k = 5\nindex.hidden = true\n", "search.k = 6\nindex.hidden = true\n"),
        ('x = """\n[search]\nk = 1\n"""\n', 'x = """\n[search]\nk = 1\n"""\n\n[search]\nk = 6\n'),
        ("[index]\nhidden = true", "[index]\nhidden = true\n\n[search]\nk = 6\n"),
        ("[search]\n\n# of the index\n[index]\n", "[search]\nk = 6\n\n# of the index\n[index]\n"),
        ("# mine\r\n[search]\r\nper_file = 2\r\n", "# mine\r\n[search]\r\nper_file = 2\r\nk = 6\r\n"),
        ("\ufeff[search]\nk = 5\n", "[search]\nk = 6\n"),
        ("[[x]]\na = 1\n[[x]]\n[search]\nk = 5\n", "[[x]]\na = 1\n[[x]]\n[search]\nk = 6\n"),
    ],
)
def test_a_value_is_edited_however_it_is_written(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(before.encode())
    config_file.set_value(path, "search", "k", 6)
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("text", ["search = 1\n", "[[search]]\nk = 5\n", "[bad", "[search]\nk = 1\nk = 2\n"])
def test_what_cannot_be_edited_with_certainty_is_left_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        config_file.set_value(path, "search", "k", 6)
    assert path.read_text() == text
    assert [p.name for p in tmp_path.iterdir()] == ["config.toml"]


PARTS = (
    "# a comment", "", "  ", "[search]", "[search]  # mine", "[index]", "[index.sub]", "[[list]]",
    "k = 1  # one", "'per_file' = 2", "search.k = 3", "search . per_file = 4", "index.hidden = false",
    "search = { k = 5, per_file = 2 }", "ignore = [\n  'a', # first\n\n  'b',\n]  # last",
    'text = """\n[search]\nk = 9\n"""', "when = 2025-01-01",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([("search", "k", 7), ("search", "k", None), ("index", "ignore", ("x", "y"))]),
)
def test_an_edit_changes_one_value_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], end: str, edit: tuple[str, str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "edited.toml"
    text = end.join(parts).replace("\r\n", "\n").replace("\n", end)
    path.write_bytes(text.encode())
    section, key, value = edit
    try:
        if value is None:
            config_file.unset_value(path, section, key)
        else:
            config_file.set_value(path, section, key, value)
    except ConfigError:
        assert path.read_bytes().decode() == text
        return
    changed = path.read_bytes().decode()
    before, after = (tomllib.loads(each.replace("\r\n", "\n")) for each in (text, changed))
    before.setdefault(section, {}).pop(key, None)
    found = after.setdefault(section, {}).pop(key, None)
    assert found == (list(value) if isinstance(value, tuple) else value)
    assert before == after
    assert {row.strip() for row in text.splitlines() if row.startswith("#")} <= set(changed.splitlines())
    assert ("\r\n" in changed) == ("\r\n" in text) or "\r\n" not in text or not changed


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_any_text_survives_the_round_trip(text: str) -> None:
    assert tomllib.loads(f"x = {config_file.toml_literal(text)}")["x"] == text


def test_settings_are_immutable_values() -> None:
    made = config.SearchSettings(5, per_file=1)
    assert (made.k, made.per_file) == (5, 1)
    assert made == dataclasses.replace(config.SearchSettings(), k=5, per_file=1)
    assert made != config.SearchSettings()
    assert hash(made) == hash(config.SearchSettings(5, 1))
    assert repr(made) == "SearchSettings(k=5, per_file=1)"
    assert config.Settings() == config.Settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.k = 7
    for given_twice_or_unknown in ({"k": 1}, {"limit": 1}):
        with pytest.raises(TypeError, match="SearchSettings has the fields k, per_file"):
            config.SearchSettings(5, **given_twice_or_unknown)
