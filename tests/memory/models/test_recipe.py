"""The recipe: what of a passage is embedded, and the keys that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from magray_memory.models.recipe import (
    CODE_CHARACTERS,
    embedding_key,
    model_of,
    passage_text,
    space_in,
    space_of,
    text_hash,
)

if TYPE_CHECKING:
    from magray_memory.models.model import Model


def test_code_leads_with_its_symbol_and_says_each_word_once() -> None:
    text = "def run(self, path):\n    self.path = path\n    return self.path"
    assert passage_text("App.run", None, text, "code") == ("App.run def run ( self , path ): . = return")


def test_prose_is_whole_behind_its_title_and_headings() -> None:
    body = "Слова идут по порядку, и слова повторяются. " * 60
    text = passage_text("Guide > Install", "Guide", body, "doc")
    assert text.startswith("Guide Guide > Install Слова")
    assert text.endswith("повторяются.")
    assert len(text) > len(body)


def test_a_title_that_is_the_heading_stands_once() -> None:
    assert passage_text("Guide", "Guide", "body", "doc") == "Guide body"


@given(st.text(), st.text(max_size=20), st.sampled_from(["code", "doc"]))
def test_white_space_around_and_the_length_of_code_never_matter(text: str, symbol: str, kind: str) -> None:
    made = passage_text(symbol, None, text, kind)
    assert made == made.strip()
    if kind == "code":
        assert len(made) <= CODE_CHARACTERS


def test_reindented_code_is_the_same_text() -> None:
    flat = "if ready:\nstart(engine)"
    deep = "        if ready:\n            start(engine)"
    assert passage_text("go", None, flat, "code") == passage_text("go", None, deep, "code")


def test_the_hash_names_all_that_is_embedded() -> None:
    same = text_hash("App.run", None, "body", "code")
    assert len(same) == 16
    assert same == text_hash("App.run", "a title that code does not use", "body", "code")
    others = [
        ("App.stop", None, "body", "code"),
        ("App.run", None, "other", "code"),
        ("App.run", None, "body", "doc"),
    ]
    assert len({same, *(text_hash(*other) for other in others)}) == 4
    assert text_hash("", "Guide", "", "doc") != text_hash("Guide", "", "", "doc")
    assert len(text_hash(None, None, "lone \udcff surrogate", "code")) == 16


def test_the_key_names_model_and_revision(bundled: Model) -> None:
    assert embedding_key(bundled) == f"{bundled.id}+r2"


def test_another_model_under_the_same_name_is_another_space(bundled: Model) -> None:
    files = bundled.files | {"cpu": bundled.files["cpu"]._replace(sha256="0" * 64)}
    other = bundled._replace(files=files)
    assert embedding_key(other) != embedding_key(bundled)
    assert model_of(embedding_key(other)) == model_of(embedding_key(bundled)) == bundled.id
    assert space_in(embedding_key(other)) == space_of(other)
    for change in ({"pooling": "cls"}, {"passage_prefix": ""}, {"max_tokens": 64}, {"id": "x@y"}):
        assert space_of(other._replace(**change)) != space_of(other)
    assert model_of(embedding_key(other._replace(id="x@y"))) == "x@y"


def test_a_file_for_the_gpu_and_another_prefix_of_questions_leave_the_space(bundled: Model) -> None:
    both = bundled.files | {"cuda": bundled.files["cpu"]}
    assert embedding_key(bundled._replace(files=both, query_prefix="q: ")) == embedding_key(bundled)
