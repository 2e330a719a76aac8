"""The lexical index says what the passages say, after anything that happened to them or to it."""

from __future__ import annotations

import contextlib
import tempfile
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.errors import LexicalDamaged
from magray_memory.index import lexical as lexical_module
from magray_memory.index.lexical import LexicalIndex
from magray_memory.storage import documents
from magray_memory.storage.documents import NewDocument, NewPassage
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault
from magray_memory.text.analyzer import analyze, analyze_names

_TEXTS = st.sampled_from(
    [
        "getUserByID(x)",
        "the users",
        "пользователи и ёжики",
        "HTTPServer2 http",
        "",
        "a_b a_b a_b",
        "naïve ﬁ 漢字漢",
        "x",
    ]
)
_PATHS = st.sampled_from(["src/app.py", "src/app_test.py", "docs/Ёлка.md", "a b/c'd\"e.txt"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _PATHS, st.lists(st.tuples(_TEXTS, _TEXTS), max_size=5)),
        st.tuples(st.just("rename"), _PATHS, _PATHS),
        st.tuples(st.just("remove"), _PATHS, st.just(None)),
    ),
    min_size=1,
    max_size=12,
)


def _passages(texts: list[tuple[str, str]]) -> list[NewPassage]:
    return [
        NewPassage(i, i, symbol, "code", text, blake2b(f"{symbol}\n{text}".encode(), digest_size=16).digest())
        for i, (symbol, text) in enumerate(texts, 1)
    ]


def _put(vault: Vault, index: LexicalIndex, path: str, texts: list[tuple[str, str]]) -> None:
    documents.put_file(
        vault, NewDocument(path, "code", None, None, (1, 1, 0, 0), b"h"), _passages(texts), index
    )


def _terms(vault: Vault) -> list[tuple[object, ...]]:
    """Every occurrence that the index holds: term, passage, column, position."""
    with vault.write() as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.seen USING fts5vocab(main, passage_fts, instance)")
        found = connection.execute(
            "SELECT term, doc, col, offset FROM temp.seen ORDER BY 2, 3, 4, 1"
        ).fetchall()
        connection.execute("DROP TABLE temp.seen")
    return found


def _search(vault: Vault, word: str) -> list[int]:
    with vault.read() as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank, rowid",
                (f'"{analyze(word)}"',),
            )
        ]


@settings(max_examples=40, deadline=None)
@given(_STEPS)
def test_after_any_edits_the_index_is_what_a_new_one_would_be(steps: list[tuple[str, str, object]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Vault.open(Path(folder) / "x.db", kind=VaultKind.WORKSPACE, write=True) as vault,
    ):
        index = LexicalIndex(vault)
        for what, path, more in steps:
            if what == "put":
                _put(vault, index, path, more)  # type: ignore[arg-type]
            elif what == "rename":
                documents.rename_file(vault, path, str(more), index)
            else:
                state = documents.files(vault).get(path)
                documents.remove_files(vault, [state.document_id] if state else [], index)
        kept = _terms(vault)
        with vault.write() as connection:
            # A row that was taken out with other tokens than it was put in with is seen by this alone.
            sizes = connection.execute("SELECT id, sz FROM passage_fts_docsize ORDER BY id").fetchall()
        index.rebuild()
        assert kept == _terms(vault)
        with vault.read() as connection:
            assert (
                sizes == connection.execute("SELECT id, sz FROM passage_fts_docsize ORDER BY id").fetchall()
            )
            assert vault.counts()[1] == connection.execute("SELECT count(*) FROM passage").fetchone()[0]


def test_tokens_made_elsewhere_count_as_made_here(tmp_path: Path) -> None:
    with Vault.open(tmp_path / "x.db", kind=VaultKind.WORKSPACE, write=True) as vault:
        index = LexicalIndex(vault)
        assert index.ensure_version()  # what is built again analyses by itself
        text = "def getUserByID(): pass"
        tokens = (analyze_names("getUserByID"), analyze_names("a"), analyze(text), "")
        passage = NewPassage(1, 1, "getUserByID", "code", text, b"0" * 16, analysed=tokens)
        put = documents.put_file(
            vault, NewDocument("a", "code", None, None, (1, 1, 0, 0), b"h"), [passage], index
        )
        assert _search(vault, "users") == list(put.added)
        documents.remove_files(vault, [put.document_id], index)
        assert _terms(vault) == []


def test_another_analyzer_makes_the_next_writer_build_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.db"
    with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
        index = LexicalIndex(vault)
        _put(vault, index, "a.py", [("one", "alpha"), ("two", "beta")])
        with monkeypatch.context() as later:
            later.setattr(lexical_module, "ANALYZER_VERSION", 10**6)
            later.setattr(lexical_module, "analyze", lambda text: analyze(text).upper() + " marker")
            assert _search(vault, "alpha") == [1]  # readers answer from what is there
            _put(vault, index, "a.py", [("one", "alpha"), ("two", "gamma")])
            assert _search(vault, "marker") == [1, 3]
            assert not index.ensure_version()
        assert index.ensure_version()
        kept = _terms(vault)
        index.rebuild()
        assert kept == _terms(vault) and _search(vault, "marker") == []


@pytest.mark.parametrize("through", ["reading", "writing"])
@pytest.mark.parametrize("harm", ["blocks", "structure", "config", "all"])
def test_a_damaged_index_is_no_damaged_vault_and_the_next_writer_mends_it(
    tmp_path: Path, harm: str, through: str
) -> None:
    path = tmp_path / "x.db"
    with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
        index = LexicalIndex(vault)
        for i in range(50):
            _put(vault, index, f"{i}.py", [("one", f"alpha beta w{i}"), ("two", "beta " * i)])
        with vault.write() as connection:
            if harm in ("blocks", "all"):
                connection.execute("UPDATE passage_fts_data SET block = zeroblob(7) WHERE id > 10")
            if harm in ("structure", "all"):
                connection.execute("UPDATE passage_fts_data SET block = x'ffffffffff' WHERE id = 10")
            if harm in ("config", "all"):
                connection.execute("DELETE FROM passage_fts_config")
    with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
        index = LexicalIndex(vault)
        if through == "reading" and harm != "blocks":  # emptied blocks say nothing to a reader
            with pytest.raises(LexicalDamaged, match="lexical index"):
                _search(vault, "alpha")
            assert index.ensure_version()
        assert vault.counts() == (50, 100)
        for i in range(50):
            # The damage may show in any statement; nothing is written then, and once more it succeeds.
            with contextlib.suppress(LexicalDamaged):
                _put(vault, index, f"{i}.py", [("one", f"alpha beta w{i}"), ("new", "gamma")])
                continue
            _put(vault, index, f"{i}.py", [("one", f"alpha beta w{i}"), ("new", "gamma")])
        kept = _terms(vault)
        index.rebuild()
        assert kept == _terms(vault)
        assert len(_search(vault, "alpha")) == len(_search(vault, "gamma")) == 50
