"""First light: every passage of a new workspace is found by meaning before the model has begun."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from magray_memory.config import EmbeddingSettings, Settings
from magray_memory.errors import EmbeddingUnavailable
from magray_memory.index.open_vaults import OpenVault
from magray_memory.index.static_index import StaticIndex
from magray_memory.index.vector_store import VectorStore
from magray_memory.indexing import embedding_phase, static_phase
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model
from magray_memory.models.recipe import passage_text
from magray_memory.models.static_embedder import open_static
from magray_memory.models.static_table import table_of
from magray_memory.search.query import parse
from magray_memory.search.searcher import Searcher
from magray_memory.storage import static_vectors, vectors
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.pending import pending_ids
from magray_memory.storage.schema import STATIC_VECTORS
from magray_memory.storage.vault_info import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.search.hits import SearchAnswer

Workspace = Any

TOPICS = {
    "auth": "def hash_password(plain, salt):\n    return scrypt(plain.encode(), salt=salt)\n",
    "retry": "def backoff(attempt):\n    # longer after every failure\n    return min(60, 2 ** attempt)\n",
    "map": "def draw_route(canvas, start, end):\n    canvas.polyline(shortest_path(start, end))\n",
    "coffee": "def brew(grams):\n    water = heat(degrees=93)\n    pour(water, grams)\n",
}


@pytest.fixture(scope="module")
def model() -> Embedder:
    return Embedder.open(load_model(BUNDLED / DEFAULT_ID))


def populate(ws: Workspace, count: int = 90) -> None:
    for name, text in TOPICS.items():
        ws.write(f"src/{name}.py", text)
    for number in range(count):
        ws.write(f"other/m{number}.py", f"def value_{number}():\n    return table[{number}]\n")


def no_model() -> Embedder:
    raise EmbeddingUnavailable("the model cannot be opened now")


def search(ws: Workspace, model: Embedder, text: str, **options: Any) -> SearchAnswer:
    stores: dict[str, VectorStore] = {}

    def store(key: str) -> VectorStore:
        return stores.setdefault(key, VectorStore(ws.vault, key, ws.settings.vectors))

    searcher = Searcher([OpenVault(ws.vault, "workspace", ws.root, store)], lambda key: model)
    try:
        return searcher.search(parse(text, **options))
    finally:
        searcher.close()


def counts(ws: Workspace) -> tuple[int, int]:
    """Passages without a vector, and those of them with an approximate one."""
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    assert info is not None
    return info.pending, info.approximate


def test_all_is_found_by_meaning_before_the_model_has_begun(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    report = ws.index(embedder=no_model)
    assert report.embedded == 0
    assert counts(ws) == (report.passages, report.passages)
    answer = search(ws, model, "store secrets of users safely", mode="semantic")
    assert (answer.mode, answer.degraded, answer.pending) == ("semantic", None, report.passages)
    assert answer.hits[0].path == "src/auth.py"
    assert {hit.freshness for hit in answer.hits} == {"pending"}


def test_the_models_own_vectors_take_their_place(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(embedder=no_model)
    report = ws.index(embedder=lambda: model)
    assert report.embedded > 0
    assert counts(ws) == (0, 0)
    with ws.vault.read() as connection:
        assert not static_vectors.has_static(connection)
    assert {hit.freshness for hit in search(ws, model, "store secrets").hits} == {"fresh"}


def test_both_kinds_rank_together(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(embedder=no_model)
    waiting = {"src/retry.py", "src/coffee.py"}
    embed(ws, model, lambda path: path not in waiting)
    pending, approximate = counts(ws)
    assert 0 < pending == approximate < 10
    for question, path in {
        "hash a password": "src/auth.py",
        "delay before the next attempt": "src/retry.py",
        "line on a map": "src/map.py",
        "hot water": "src/coffee.py",
    }.items():
        found = {hit.path: hit.freshness for hit in search(ws, model, question, mode="semantic").hits[:3]}
        assert found.get(path) == ("pending" if path in waiting else "fresh"), question
    only = search(ws, model, "hot water", mode="semantic", paths=("src",))
    assert {hit.path for hit in only.hits} <= {f"src/{name}.py" for name in TOPICS}


def embed(ws: Workspace, model: Embedder, wanted: Callable[[str], bool]) -> None:
    with ws.vault.write() as connection:
        passages = vectors.pending_passages(ws.vault, pending_ids(connection, model.key, 1000))
        passages = [passage for passage in passages if wanted(passage.path)]
        texts = [passage_text(p.symbol, p.title, p.text, "code") for p in passages]
        for positions, made in model.passages(texts):
            vectors.put_vectors(ws.vault, model.key, [passages[at].id for at in positions], made)


def test_what_a_search_sees_follows_every_commit(ws: Workspace, model: Embedder) -> None:
    """One searcher, as an editor's server has it, while files come, are embedded and go."""
    populate(ws)
    ws.index(embedder=no_model)
    table = model.static_table
    assert table is not None
    index = StaticIndex(ws.vault, table)
    question = model.query("store secrets of users safely")
    everything = len(index.search(question, 10_000)[0])
    assert everything == counts(ws)[0]
    embed(ws, model, lambda path: path.startswith("src/"))
    ids, scores = index.search(question, 10_000)
    assert len(ids) == counts(ws)[0] < everything
    assert sorted(scores, reverse=True) == scores.tolist()
    few = ids[:5]
    assert set(index.search(question, 3, np.sort(few))[0]) <= set(few.tolist())
    for number in range(90):
        (ws.root / f"other/m{number}.py").unlink()
    ws.index(embedder=no_model)
    assert len(index.search(question, 10)[0]) == 0


def test_a_changed_file_has_those_of_its_passages_of_now(
    ws: Workspace, model: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_phase, "FEW_PASSAGES", 10)
    populate(ws)
    ws.index(embedder=no_model)
    ws.write("src/auth.py", "def brew_tea(leaves):\n    return steep(leaves, minutes=4)\n")
    for number in range(90):
        ws.write(f"other/m{number}.py", f"def changed_{number}():\n    return list[{number}]\n")
    ws.index(embedder=no_model)
    pending, approximate = counts(ws)
    assert pending == approximate
    hits = search(ws, model, "a hot drink from a plant", mode="semantic").hits
    assert "src/auth.py" in [hit.path for hit in hits[:2]]


def test_what_has_none_is_caught_up_with_before_the_model_begins(
    ws: Workspace, model: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_phase, "FEW_PASSAGES", 10)
    populate(ws)
    report = ws.index(lexical=True)
    assert counts(ws) == (report.passages, 0)
    ws.index(embedder=no_model)
    assert counts(ws) == (report.passages, report.passages)
    with ws.vault.write() as connection:
        connection.execute("UPDATE static_vector SET key = 'of another table'")
    assert search(ws, model, "secrets", mode="semantic").mode == "lexical"
    ws.index(embedder=no_model)
    assert search(ws, model, "secrets", mode="semantic").mode == "semantic"


def test_a_run_that_is_killed_goes_on_where_it_was(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_phase, "FEW_PASSAGES", 10)
    monkeypatch.setattr(static_phase, "_FILES_AT_ONCE", 5)
    populate(ws)
    report = ws.index(lexical=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    kept = static_phase.put_static
    made: list[int] = []

    def fail_later(*row: Any) -> None:
        made.append(1)
        (kept if len(made) < 20 else killed)(*row)

    monkeypatch.setattr(static_phase, "put_static", fail_later)
    with pytest.raises(KeyboardInterrupt):
        ws.index(embedder=no_model)
    monkeypatch.setattr(static_phase, "put_static", kept)
    ws.index(embedder=no_model)
    assert counts(ws) == (report.passages, report.passages)


@pytest.mark.parametrize("trial", ["import os; os.abort()", "import nothing_like_it", "raise SystemExit(1)"])
def test_native_code_that_fails_costs_the_approximate_vectors_alone(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, trial: str
) -> None:
    monkeypatch.setattr(static_phase, "_TRIAL", trial)
    monkeypatch.setattr(embedding_phase, "FEW_PASSAGES", 10)
    populate(ws)
    report = ws.index(embedder=no_model)
    assert report.skipped == ()
    assert counts(ws) == (report.passages, 0)


def test_a_few_files_wait_for_the_model(ws: Workspace) -> None:
    populate(ws, count=10)
    report = ws.index(embedder=no_model)
    assert counts(ws) == (report.passages, 0)


def test_words_alone_make_none(ws: Workspace) -> None:
    populate(ws)
    report = ws.index(lexical=True)
    assert counts(ws) == (report.passages, 0)


def test_a_row_that_does_not_fit_is_left_out(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    ws.index(embedder=no_model)
    with ws.vault.write() as connection:
        connection.execute("UPDATE static_vector SET data = substr(data, 1, 7) WHERE document_id % 2")
    answer = search(ws, model, "store secrets of users safely", mode="semantic")
    assert answer.degraded is None
    assert answer.hits


def test_a_vault_of_an_earlier_version_is_read_without_them(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    report = ws.index(lexical=True)
    with sqlite3.connect(ws.vault.path) as connection:
        connection.execute("DROP TABLE static_vector")
        connection.execute(f"PRAGMA user_version = {STATIC_VECTORS - 1}")
    connection.close()
    assert counts(ws) == (report.passages, 0)
    assert search(ws, model, "secrets").mode == "lexical"


def related(ws: Workspace, key: str, path: str) -> SearchAnswer:
    def no_question(_: object) -> Embedder:
        raise AssertionError("the model was asked for")

    store = VectorStore(ws.vault, key, ws.settings.vectors)
    vault = OpenVault(ws.vault, "workspace", ws.root, lambda _: store)
    table = table_of(load_model(BUNDLED / DEFAULT_ID))
    searcher = Searcher([vault], no_question, static_table=lambda: table)
    try:
        return searcher.related(ws.root, path)
    finally:
        searcher.close()
        store.close()


def test_what_is_related_is_found_before_the_model_has_begun_and_half_way(
    ws: Workspace, model: Embedder
) -> None:
    populate(ws)
    text = "def check_secret(given, stored):\n    return compare(digest(given), stored)\n"
    ws.write("src/secrets.py", text)
    ws.index(embedder=no_model)
    answer = related(ws, model.key, "src/secrets.py")
    assert (answer.mode, answer.degraded) == ("semantic", None)
    assert answer.hits[0].path == "src/auth.py"
    assert {hit.freshness for hit in answer.hits} == {"pending"}
    embed(ws, model, lambda path: path == "src/secrets.py")  # a vector of its own, among approximate ones
    assert related(ws, model.key, "src/secrets.py").hits[0].path == "src/auth.py"
    embed(ws, model, lambda path: path != "src/map.py")  # an approximate one, among vectors of the model
    assert related(ws, model.key, "src/map.py").mode == "semantic"


def test_a_row_of_the_table_is_a_vector_again(model: Embedder) -> None:
    static = open_static(BUNDLED / DEFAULT_ID)
    assert static is not None
    rows = static.rows(["store secrets of users safely", "hot water and coffee"])
    made = static.table.decode(rows)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-4)
    question = model.query("store secrets of users safely")
    assert int((made @ question).argmax()) == 0


SAME = " ".join(f"The {word} of the harbour is older than its lighthouse." for word in "abcdefghijklmnop")
ENDS = {
    "tea": "Green leaves are steeped in hot water for three minutes.",
    "ship": "The vessel left the port with a cargo of grain.",
    "tax": "What a company owes to the state is due in April.",
    "bees": "The swarm gathers nectar and makes honey of it.",
}


def test_prose_that_is_read_in_part_is_found_by_its_end_too(ws: Workspace, model: Embedder) -> None:
    ws.write("long.py", "def long():\n" + "".join(f"    value_{n} = compute_{n}()\n" for n in range(60)))
    for name, end in ENDS.items():
        ws.write(f"notes/{name}.md", f"# Notes\n\n{SAME}\n{end}\n")
    for depth in ("static", "heads"):
        ws.settings = Settings(embedding=EmbeddingSettings(depth=depth))
        ws.index(embedder=lambda: model)
    with ws.vault.read() as connection:
        sql = "SELECT DISTINCT kind FROM static_vector JOIN document ON document.id = document_id"
        assert connection.execute(sql).fetchall() == [("doc",)]
        assert len(static_vectors.prose_heads(connection, model.key)) >= len(ENDS)
    for question, name in {
        "how long leaves are in hot water": "tea",
        "what the ship carried": "ship",
        "when companies pay taxes": "tax",
        "who makes honey": "bees",
    }.items():
        hits = search(ws, model, question, mode="semantic", paths=("notes",)).hits
        ends = [hit.path for hit in hits if hit.path and Path(hit.path).stem in ENDS]
        assert ends[0] == f"notes/{name}.md", question
    ws.settings = Settings(embedding=EmbeddingSettings(depth="full"))
    ws.index(embedder=lambda: model)
    with ws.vault.read() as connection:
        assert not static_vectors.has_static(connection)


def test_prose_that_is_read_in_part_has_its_end_found_after_an_edit(ws: Workspace, model: Embedder) -> None:
    for name, end in ENDS.items():
        ws.write(f"notes/{name}.md", f"# Notes\n\n{SAME}\n{end}\n")
    ws.settings = Settings(embedding=EmbeddingSettings(depth="heads"))
    ws.index(embedder=lambda: model)
    ws.write("notes/tea.md", f"# Notes\n\n{SAME}\nA pot is enough. {ENDS['tea']}\n")
    ws.write("notes/bees.md", "")
    ws.index(embedder=lambda: model)
    ws.write("notes/bees.md", f"# Notes\n\n{SAME}\n{ENDS['bees']}\n")
    ws.index(embedder=lambda: model)
    table = table_of(load_model(BUNDLED / DEFAULT_ID))
    assert table is not None
    with ws.vault.read() as connection:
        assert static_vectors.prose_heads(connection, model.key)
        assert static_vectors.heads_without_static(connection, table.key, model.key) == []
    for question, name in {"how long leaves are in hot water": "tea", "who makes honey": "bees"}.items():
        assert search(ws, model, question, mode="semantic").hits[0].path == f"notes/{name}.md"
