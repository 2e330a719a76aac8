"""The static table: approximate vectors near the model's own, made of the same pieces, or none at all."""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.errors import ModelError
from magray_memory.models.model import ModelFile, load_model
from magray_memory.models.onnx.runtime import open_tokenizer
from magray_memory.models.recipe import embedding_key, space_of
from magray_memory.models.static_embedder import StaticEmbedder, open_static
from magray_memory.models.static_scores import Center
from magray_memory.models.static_table import FILE, StaticTable, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from magray_memory.models.embedder import Embedder
    from magray_memory.models.model import Model

TEXTS = {
    "how often is a failed call tried again": "class RetryPolicy : attempts = 5 def backoff ( attempt )",
    "where are passwords hashed": "def hash_password ( plain , salt ) : return scrypt ( plain . encode ( ) )",
    "как восстановить базу данных из копии": "Восстановление базы из резервной копии на другом сервере",
    "how hot should the water for coffee be": "Grind eighteen grams, water at ninety degrees",
    "draw a line on the map between two cities": "function drawRoute ( map , from , to ) { Polyline ( ) }",
}


@pytest.fixture(scope="module")
def static(bundled: Model) -> StaticEmbedder:
    made = open_static(bundled.folder)
    assert made is not None
    return made


def scores(
    static: StaticEmbedder, vector: NDArray[np.float32], rows: NDArray[np.uint8]
) -> NDArray[np.float32]:
    center = Center(static.table, rows)
    return center.ask(vector).cosines(center.centered(rows))


def test_it_gives_the_vectors_that_were_recorded_when_it_was_made(static: StaticEmbedder) -> None:
    for text, row in static.table.header["reference"]:
        assert static.rows([text]).tobytes() == base64.b64decode(row)


def test_a_question_finds_its_text_on_the_scale_of_the_models_cosines(
    static: StaticEmbedder, embedder: Embedder
) -> None:
    texts = list(TEXTS.values())
    own = np.zeros((len(texts), embedder.dim), np.float32)
    for positions, vectors in embedder.passages(texts):
        own[positions] = vectors
    for number, question in enumerate(TEXTS):
        vector = embedder.query(question)
        near = scores(static, vector, static.rows(texts))
        assert number in np.argsort(-near)[:2]
        assert np.abs(near - own @ vector).max() < 0.12


def test_words_are_cut_as_the_model_cuts_the_whole_text(static: StaticEmbedder, bundled: Model) -> None:
    tokenizer = open_tokenizer(bundled)
    drawn = random.Random(5)
    letters = "abcXYZ_019.,:;(){}\"'#$%&*+-/<=>?@[]^`|~ йцуЁйЯ é ß ﬁ ① Å 漢字 \u200b \u00a0 ́ 👍\U0001f468‍👩"
    for _ in range(400):
        text = "".join(drawn.choice(letters) for _ in range(drawn.randint(1, 60)))
        words = list(dict.fromkeys(text.split()))
        whole = [piece for word in words for piece in tokenizer.encode(word, add_special_tokens=False).ids]
        assert static._pieces(text) == whole


def test_a_text_has_one_vector_whatever_is_made_beside_it(static: StaticEmbedder) -> None:
    texts = [*TEXTS, *TEXTS.values(), "", " \n", "x" * 5000, "\ud800 half a pair", *(["word"] * 50)]
    together = static.rows(texts)
    alone = np.concatenate([static.rows([text]) for text in texts])
    assert together.shape == (len(texts), static.table.row_bytes)
    apart = np.abs(
        together[:, : static.table.rank].view(np.int8).astype(int)
        - alone[:, : static.table.rank].view(np.int8)
    )
    assert apart.max() <= 1  # the last digit of a sum, by the order in which it was made
    assert len({row.tobytes() for row in together[-50:]}) == 1


def test_forgetting_words_changes_no_vector(static: StaticEmbedder, bundled: Model) -> None:
    small = StaticEmbedder(static.table, open_tokenizer(bundled), most_words=3)
    texts = list(TEXTS.values())
    assert np.array_equal(small.rows(texts), static.rows(texts))


def test_the_table_leaves_the_vector_space_of_the_model_as_it_was(bundled: Model) -> None:
    without = bundled._replace(files={key: file for key, file in bundled.files.items() if key != FILE})
    assert space_of(without) == space_of(bundled) == bundled.id
    table = table_of(bundled)
    assert table is not None
    assert table.embedding_key == embedding_key(bundled)
    assert table.key != table.embedding_key


def test_a_table_of_another_model_or_a_broken_one_is_not_used(model_folder: Path) -> None:
    model = load_model(model_folder)
    whole = (model_folder / "static.bin").read_bytes()
    assert table_of(model) is not None
    other = model._replace(id="another", files={**model.files, "cpu": ModelFile("model.int8.onnx", "0", 1)})
    assert table_of(other) is None
    (model_folder / "static.bin").write_bytes(whole[: len(whole) // 2])
    assert table_of(model) is None
    with pytest.raises(ModelError, match="bytes instead of"):
        StaticTable(model_folder / "static.bin")
    for damaged in (b"", b"text", whole[:30] + b"\xff" * 40 + whole[70:]):
        (model_folder / "static.bin").write_bytes(damaged.ljust(len(whole), b"\0"))
        with pytest.raises(ModelError):
            StaticTable(model_folder / "static.bin")
        assert table_of(model) is None


def test_a_damaged_row_is_found_by_nothing_and_breaks_nothing(
    static: StaticEmbedder, embedder: Embedder
) -> None:
    rows = static.rows(list(TEXTS.values())).copy()
    rows[0, -4:] = 0xFF
    found = scores(static, embedder.query("retry"), rows)
    assert np.isfinite(found).all()
    assert int(found.argmax()) != 0


def test_a_question_in_another_language_and_a_text_itself_find_what_is_like_them(
    static: StaticEmbedder, embedder: Embedder
) -> None:
    texts = [
        "The castle was built in the twelfth century by monks, who kept a school and a library there.",
        "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen in the leaves of plants.",
        "The team lost the final in overtime after their goalkeeper had been sent off by the referee.",
        "The parliament passed a law that lowers taxes on imported goods for two years.",
        "Rivers carry sand and mud to the sea, where they settle in layers and turn into stone.",
    ]
    rows = static.rows(texts * 20)
    center = Center(static.table, rows)
    few = center.centered(rows[: len(texts)])
    for number, question in {
        1: "Что растения делают из света и воды?",
        2: "Почему команда проиграла финал?",
        3: "Какой закон принял парламент о налогах?",
    }.items():
        assert int(center.ask(embedder.query(question)).cosines(few).argmax()) == number
    vectors = static.table.decode(rows[: len(texts)])
    for number, vector in enumerate(vectors):
        assert int(center.ask(vector, passage=True).cosines(few).argmax()) == number


def test_a_center_of_no_text_one_or_equal_ones_is_no_error(
    static: StaticEmbedder, embedder: Embedder
) -> None:
    vector = embedder.query("retry")
    assert len(scores(static, vector, static.rows([]))) == 0
    for texts in ([""], ["word"], ["word"] * 500):
        found = scores(static, vector, static.rows(texts))
        assert np.isfinite(found).all()
        assert np.ptp(found) < 1e-4
