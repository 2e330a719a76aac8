"""A model folder is found, whole and unchanged, or said to be otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import Model, load_model, resolve_model

if TYPE_CHECKING:
    from pathlib import Path


def test_the_bundled_model_is_whole(bundled: Model) -> None:
    bundled.verify()
    assert bundled.covers("en") and bundled.covers("ru") and bundled.covers("code")
    assert (bundled.folder / "NOTICE").is_file()


def test_the_bundled_model_keeps_the_package_small(bundled: Model) -> None:
    assert sum(path.stat().st_size for path in bundled.folder.iterdir()) < 66_000_000


def test_a_setting_names_a_model_by_nothing_by_id_or_by_folder(model_folder: Path, tmp_path: Path) -> None:
    homes = tmp_path / "models"
    assert resolve_model("", homes).folder == BUNDLED / DEFAULT_ID
    assert resolve_model(DEFAULT_ID, homes).folder == BUNDLED / DEFAULT_ID
    assert resolve_model(str(model_folder), homes).folder == model_folder
    homes.mkdir()
    model_folder.rename(homes / DEFAULT_ID)
    assert resolve_model(DEFAULT_ID, homes).folder == homes / DEFAULT_ID


def test_a_model_that_is_nowhere_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        resolve_model("no-such-model", tmp_path)


def test_a_truncated_file_is_seen_at_once(model_folder: Path) -> None:
    path = model_folder / "model.int8.onnx"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="bytes instead of"):
        Embedder.open(load_model(model_folder))


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_a_missing_file_is_told_by_name(model_folder: Path, name: str) -> None:
    (model_folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        Embedder.open(load_model(model_folder))


def test_a_changed_byte_is_found_by_verify(model_folder: Path) -> None:
    path = model_folder / "tokenizer.json"
    damaged = bytearray(path.read_bytes())
    damaged[1000] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ModelError, match="checksum"):
        load_model(model_folder).verify()


def test_rubbish_of_the_right_size_is_a_model_error(model_folder: Path) -> None:
    path = model_folder / "model.int8.onnx"
    size = path.stat().st_size
    path.unlink()
    path.write_bytes(b"\0" * size)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Embedder.open(load_model(model_folder))


def test_a_wrong_dimension_is_told(model_folder: Path) -> None:
    toml = model_folder / "model.toml"
    toml.write_text(toml.read_text("utf-8").replace("dim = 384", "dim = 512"), "utf-8")
    with pytest.raises(ModelError, match="384"):
        Embedder.open(load_model(model_folder))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dim = 384", "dim = 0", "dim"),
        ("dim = 384", "dim = true", "dim"),
        ('pooling = "mean"', "", "pooling"),
        ('languages = ["en", "ru", "code"]', 'languages = "en"', "languages"),
        ('name = "model.int8.onnx"', 'name = "../model.int8.onnx"', "outside"),
        ("[files.tokenizer]", "[files.other]", "tokenizer"),
        ("dim = 384", "dim == 384", "TOML"),
    ],
)
def test_an_impossible_model_toml_is_told(model_folder: Path, old: str, new: str, told: str) -> None:
    toml = model_folder / "model.toml"
    text = toml.read_text("utf-8")
    assert old in text
    toml.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ModelError, match=told):
        load_model(model_folder)


def test_a_folder_without_model_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingUnavailable, match=r"model\.toml"):
        load_model(tmp_path)


def test_a_device_without_a_file_is_told(bundled: Model) -> None:
    with pytest.raises(ModelError, match="cuda"):
        bundled.path("cuda")
