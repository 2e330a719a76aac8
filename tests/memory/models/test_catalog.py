"""The catalog, and models of other people's making: what their graphs want and give, and what is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tiny_model import make_model

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models import store
from magray_memory.models.catalog import CATALOG, WINDOW, find
from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model, resolve_model, write_model
from magray_memory.models.onnx.graph_io import POOLINGS
from magray_memory.models.store import ModelOverrides
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.models.model import Model


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = Home(tmp_path / "home")
    home.ensure()
    return home.path


def test_the_catalog_names_what_was_promised() -> None:
    assert {entry.id for entry in CATALOG} >= {
        DEFAULT_ID,
        "all-MiniLM-L6-v2",
        "multilingual-e5-small",
        "multilingual-e5-base",
        "bge-small-en-v1.5",
        "bge-m3",
        "jina-embeddings-v2-base-code",
        "Qwen3-Embedding-0.6B",
    }


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.id)
def test_an_entry_is_whole(entry) -> None:
    assert entry.pooling in POOLINGS
    assert 0 < entry.max_tokens <= min(entry.window, WINDOW)
    assert "en" in entry.languages
    assert entry.megabytes["cpu"] > 0
    assert find(entry.id.upper()) is entry
    if entry.bundled:
        return
    assert re.fullmatch(r"[0-9a-f]{40}", entry.revision)
    assert find(entry.repository) is entry
    names = [path.rpartition("/")[2] for device in ("cpu", "cuda") for path in entry.artifact(device).paths]
    both = entry.artifacts.get("cuda")
    assert len(set(names)) == (len(names) if both else len(names) // 2), "files would overwrite each other"


def test_the_bundled_model_is_what_the_catalog_says(bundled: Model) -> None:
    entry = find(DEFAULT_ID)
    assert entry is not None
    for fact in ("dim", "pooling", "query_prefix", "passage_prefix", "languages", "licence", "max_tokens"):
        assert getattr(entry, fact) == getattr(bundled, fact)


def test_a_name_that_can_be_pulled_is_told_so(home: Path) -> None:
    with pytest.raises(ModelError, match="magray model pull bge-m3"):
        resolve_model("bge-m3", home / "models")


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("fixed", [True, False])
def test_states_of_tokens_become_one_vector(tmp_path: Path, home: Path, pooling: str, fixed: bool) -> None:
    folder = make_model(tmp_path / "mine", fixed=fixed)
    model = store.install_from_folder(folder, home, ModelOverrides(pooling=pooling))
    assert (model.dim, model.pooling, model.folder) == (32, pooling, folder)
    embedder = Embedder.open(model)
    texts = ["short", "a rather longer text about cats", "x"]
    found = np.full((3, 32), np.nan, np.float32)
    for positions, vectors in embedder.passages(texts):
        found[positions] = vectors
    for text, vector in zip(texts, found, strict=True):
        tokens = embedder._tokenizer.encode(text).ids
        import onnxruntime

        session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        ids = np.array([tokens], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        names = {entry.name for entry in session.get_inputs()}
        states = np.asarray(session.run(None, {name: feeds[name] for name in names})[0])[0]
        expected = {"mean": states.mean(axis=0), "cls": states[0], "last": states[-1]}[pooling]
        assert vector @ (expected / np.linalg.norm(expected)) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_positions_are_given_where_they_are_asked_for(tmp_path: Path, home: Path) -> None:
    inputs = ("input_ids", "attention_mask", "position_ids")
    folder = make_model(tmp_path / "mine", inputs=inputs)
    embedder = Embedder.open(store.install_from_folder(folder, home, ModelOverrides(pooling="last")))
    assert float(embedder.query("ab") @ embedder.query("ab ab")) < 1 - 1e-6


def test_a_folder_says_itself_how_it_is_used(tmp_path: Path, home: Path) -> None:
    folder = make_model(tmp_path / "mine")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
    prompts = '{"prompts": {"query": "find: ", "document": "text: "}}'
    (folder / "config_sentence_transformers.json").write_text(prompts, "utf-8")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}', "utf-8")
    model = store.install_from_folder(folder, home, ModelOverrides())
    said = (model.pooling, model.query_prefix, model.passage_prefix, model.max_tokens)
    assert said == ("cls", "find: ", "text: ", 64)
    again = resolve_model(model.id, home / "models")
    assert again == model._replace(place=again.place)
    assert store.verify(again) == pytest.approx(1, abs=1e-3)


def test_the_id_of_a_folder_changes_with_what_makes_its_vectors(tmp_path: Path, home: Path) -> None:
    folder = make_model(tmp_path / "mine")
    ids = {
        store.install_from_folder(folder, home, ModelOverrides()).id,
        store.install_from_folder(folder, home, ModelOverrides()).id,
        store.install_from_folder(folder, home, ModelOverrides(pooling="cls")).id,
        store.install_from_folder(make_model(folder, seed=2), home, ModelOverrides()).id,
    }
    assert len(ids) == 3


def damage_graph(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"\x08\x07garbage" * 50)


def cut_graph(folder: Path) -> None:
    data = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(data[: len(data) // 2])


FAULTS = {
    "damaged": (damage_graph, {}, "damaged, or no ONNX file"),
    "cut": (cut_graph, {}, "damaged, or no ONNX file"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), {}, "no tokenizer.json"),
    "broken tokenizer": (
        lambda folder: (folder / "tokenizer.json").write_text("{", "utf-8"),
        {},
        "tokenizer.json cannot be loaded",
    ),
    "no graph": (lambda folder: (folder / "model.onnx").unlink(), {}, "no ONNX file"),
    "opset": (lambda folder: None, {"opset": 99}, "it needs opset 99"),
    "output": (lambda folder: None, {"output": "logits"}, "none of the outputs"),
    "input": (lambda folder: None, {"inputs": ("input_ids", "tokens_b")}, "tokens_b"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_used_is_told_before_anything_changes(tmp_path: Path, home: Path, fault: str) -> None:
    damage, options, told = FAULTS[fault]
    folder = make_model(tmp_path / "mine", **options)
    damage(folder)
    with pytest.raises(EmbeddingUnavailable, match=re.escape(told)) as error:
        store.install_from_folder(folder, home, ModelOverrides())
    assert "\n" not in str(error.value)
    assert not list((home / "models").glob("*"))


def test_a_dimension_that_model_toml_does_not_say_is_told(tmp_path: Path, home: Path) -> None:
    model = store.install_from_folder(make_model(tmp_path / "mine"), home, ModelOverrides())
    wrong = model._replace(dim=48)
    write_model(wrong)
    with pytest.raises(ModelError, match=r"vectors of 32 numbers, model\.toml says 48"):
        store.smoke_test(load_model(wrong.place))


def test_a_file_that_changed_is_another_model_and_told(tmp_path: Path, home: Path) -> None:
    folder = make_model(tmp_path / "mine")
    model = store.install_from_folder(folder, home, ModelOverrides())
    make_model(folder, seed=9)
    with pytest.raises(ModelError, match=r"checksum.*magray model use"):
        store.verify(model)


def test_a_copy_of_the_default_model_with_a_file_for_the_gpu_is_preferred_while_it_is_whole(
    home: Path, bundled: Model
) -> None:
    place = home / "models" / DEFAULT_ID
    place.mkdir(parents=True)
    for file in bundled.files.values():
        (place / file.name).write_bytes((bundled.folder / file.name).read_bytes())
    write_model(bundled._replace(folder=place, place=place))
    assert resolve_model("", home / "models").folder == place
    (place / "tokenizer.json").unlink()
    assert resolve_model("", home / "models").folder == bundled.folder
