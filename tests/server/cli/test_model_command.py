"""`magray model`, as a person types it."""

from __future__ import annotations

import hashlib
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from hub_server import Hub
from tiny_model import make_model

from magray_memory.models.catalog import CATALOG
from magray_memory.models.default_model import DEFAULT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Magray


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model(tmp_path / "my model")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    published = make_model(tmp_path / "published", dim=384)
    server = Hub(
        {
            "tokenizer.json": (published / "tokenizer.json").read_bytes(),
            "onnx/model.onnx": (published / "model.onnx").read_bytes(),
        }
    )
    yield server
    server.stop()


def test_the_list_shows_the_catalog_and_marks_the_model_in_use(magray: Magray) -> None:
    found = magray("model", "list", "--json")
    models = {model["id"]: model for model in found.json["models"]}
    assert set(models) == {entry.id for entry in CATALOG}
    assert [name for name, model in models.items() if model["active"]] == [DEFAULT_ID]
    assert [name for name, model in models.items() if model["installed"]] == [DEFAULT_ID]
    assert magray("model", "list").out.count("(to pull)") == len(CATALOG) - 1


def test_show_tells_what_is_known(magray: Magray) -> None:
    facts = magray("model", "show", "--json").json
    assert (facts["id"], facts["dim"], facts["active"]) == (DEFAULT_ID, 384, True)
    facts = magray("model", "show", "qwen3-embedding-0.6b", "--json").json
    assert (facts["pooling"], facts["installed"]) == ("last", False)
    assert magray("model", "show", "nothing").code == 1


def test_a_folder_is_used_verified_and_left_again(magray: Magray, folder: Path) -> None:
    used = magray("model", "use", str(folder), "--pooling", "cls", "--json")
    assert used.code == 0, used.err
    name = used.json["id"]
    assert used.json["vaults"] == 0
    settings = tomllib.loads((magray.home / "config.toml").read_text("utf-8"))
    assert settings["embedding"]["model"] == name
    assert magray("index", "--json").json["model"] == name
    verified = magray("model", "verify", "--json").json
    assert verified["ok"]
    assert verified["cosine"] == pytest.approx(1, abs=1e-3)
    left = magray("model", "use", DEFAULT_ID)
    assert left.code == 0
    assert f"run `magray --workspace {magray.cwd} index`" in left.err
    assert magray("index", "--json").json["model"] == DEFAULT_ID


def test_a_model_that_cannot_be_used_changes_nothing(magray: Magray, folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no graph")
    refused = magray("model", "use", str(folder))
    assert refused.code == 1
    assert "model.onnx" in refused.err
    assert refused.err.count("\n") == 1
    assert not (magray.home / "config.toml").exists()
    assert magray("model", "use", "bge-m3").err.endswith("(try: magray model pull bge-m3)\n")


def test_pulling_through_a_mirror_of_the_settings(magray: Magray, hub: Hub) -> None:
    assert magray("config", "set", "hub.endpoint", hub.endpoint).code == 0
    pulled = magray("model", "pull", "bge-small-en-v1.5", "--json")
    assert pulled.code == 0, pulled.err
    files = pulled.json["files"]
    assert files["cpu"][2] == hashlib.sha256(hub.files["onnx/model.onnx"]).hexdigest()
    assert files["cuda"] == files["cpu"]
    assert magray("model", "use", "bge-small-en-v1.5").code == 0
    assert magray("model", "show", "--json").json["active"]


def test_a_workspace_names_no_hub(magray: Magray, hub: Hub) -> None:
    settings = f'[hub]\nendpoint = "{hub.endpoint}"\n'
    (magray.cwd / ".magray.toml").write_text(settings, encoding="utf-8")
    pulled = magray("model", "pull", "bge-small-en-v1.5", env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert pulled.code == 1
    assert "a workspace may not set it" in pulled.err
    assert "http://127.0.0.1:9 cannot be reached" in pulled.err
    assert hub.requests == []


def test_offline_is_one_line(magray: Magray) -> None:
    told = magray("model", "pull", "bge-m3", env={"HF_HUB_OFFLINE": "1"})
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "HF_HUB_OFFLINE forbids the network" in told.err


def test_building_without_onnx_names_the_extra(magray: Magray, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "onnx.py").write_text("raise ImportError('not here')", encoding="utf-8")
    told = magray("model", "build", env={"PYTHONPATH": str(blocked)})
    assert told.code == 1
    assert 'pip install "magray[build]"' in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
def test_listing_loads_nothing_heavy(magray: Magray) -> None:
    code = (
        "import sys; from magray_server.cli.program import run; run(['model', 'list', '--quiet']);"
        "sys.exit(bool({'numpy', 'onnxruntime', 'huggingface_hub', 'tokenizers'} & sys.modules.keys()))"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], env=magray.environment({}), capture_output=True)
    assert done.returncode == 0


def test_vaults_on_different_models_are_told_and_brought_along(magray: Magray, folder: Path) -> None:
    notes = magray.cwd.parent / "notes"
    notes.mkdir()
    (notes / "apples.md").write_text("# Apples\n\nThey are pressed in autumn.\n", encoding="utf-8")
    magray("config", "set", "notes.folders", str(notes))
    for place in (magray.cwd, notes):
        assert magray("--workspace", str(place), "index").code == 0
    name = magray("model", "use", str(folder), "--json").json["id"]
    listed = magray("vault", "list", "--json").json["vaults"]
    assert [vault["change"]["to"] for vault in listed] == [name, name]
    assert magray("search", "apples").err == ""  # both are on the old model, which answers
    assert magray("index").code == 0
    told = magray("search", "apples")
    assert "the notes was searched by words only" in told.err
    shown = magray("status").out
    assert f"{notes}: still of {DEFAULT_ID}" in shown
    assert f"(try: magray --workspace {notes} index)" in shown
    assert magray("--workspace", str(notes), "index").code == 0
    assert magray("search", "apples").err == ""
    assert "still of" not in magray("status").out
    assert {vault["model"] for vault in magray("vault", "list", "--json").json["vaults"]} == {name}
