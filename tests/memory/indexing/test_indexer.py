"""Indexing a workspace: what changed and nothing else, whatever the files are."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.errors import EmbeddingUnavailable, Interrupted, VaultLocked, WorkspaceError
from magray_memory.health.integrity_index import check_lexical, check_passages
from magray_memory.indexing.events import (
    Changed,
    Done,
    Failed,
    LexicalReady,
    Progress,
    SemanticReady,
    Start,
    Warned,
)
from magray_memory.indexing.parse_pool import ParsePool
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.storage import schema
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.row_checksums import seal
from magray_memory.storage.schema import SYMBOL_TEXTS
from magray_memory.storage.symbols import first_symbols, passages_named
from magray_memory.storage.vault_files import snapshot_files

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

Workspace = Any
"""The fixture's class lives in conftest.py, which tests cannot import by name."""


def populate(ws: Workspace, count: int = 12) -> None:
    for number in range(count):
        ws.write(f"src/m{number}.py", f"def function_{number}(value):\n    return value + {number}\n")
    ws.write("README.md", "# Title\n\nAbout zebras.\n\n## Use\n\nFeed them.\n")


def test_everything_is_found_by_words(ws: Workspace) -> None:
    populate(ws)
    report = ws.index(lexical=True)
    assert (report.files, report.skipped, report.removed) == (13, (), 0)
    assert ws.find("zebra") == ["README.md"]
    assert ws.find("function_7") == ["src/m7.py"]


def test_an_empty_workspace_is_no_error(ws: Workspace) -> None:
    report = ws.index(lexical=True)
    assert (report.files, report.passages) == (0, 0)


def test_nothing_is_read_again_until_it_changes(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    before = ws.contents()
    ws.index(lexical=True, pool=no_pool)
    assert ws.contents() == before


def no_pool(size: int) -> ParsePool:
    """A pool whose workers cannot work: whoever uses it fails."""
    return ParsePool(size, command=(sys.executable, "-c", "raise SystemExit(1)"))


def test_an_edit_replaces_what_it_changed_and_keeps_the_rest(ws: Workspace) -> None:
    body = "".join(f"def f{n}():\n    return '{'word ' * 300}{n}'\n\n\n" for n in range(6))
    ws.write("a.py", body)
    ws.index(lexical=True)
    ids = passage_ids(ws)
    ws.write("a.py", "import os\n\n\n" + body.replace("return 'word", "return 'changed word", 1))
    ws.index(lexical=True)
    assert len(ids & passage_ids(ws)) >= 4
    assert ws.find("chang") == ["a.py"]


def passage_ids(ws: Workspace) -> set[int]:
    with ws.vault.read() as connection:
        return {row[0] for row in connection.execute("SELECT id FROM passage")}


def test_a_touched_file_keeps_its_passages(ws: Workspace) -> None:
    file = ws.write("a.py", "x = 1\n")
    ws.index(lexical=True)
    ids = passage_ids(ws)
    os.utime(file, ns=(1, 1))
    ws.index(lexical=True)
    assert passage_ids(ws) == ids
    ws.index(lexical=True, pool=no_pool)


def test_a_renamed_folder_keeps_ids_and_is_found_by_its_new_path(ws: Workspace) -> None:
    populate(ws)
    ws.write("src/empty.py")
    ws.write("src/void.py")
    ws.index(lexical=True)
    ids = passage_ids(ws)
    (ws.root / "src").rename(ws.root / "библиотека")
    report = ws.index(lexical=True)
    assert (report.files, report.removed) == (15, 0)
    assert passage_ids(ws) == ids
    assert ws.find("function_3") == ["библиотека/m3.py"]
    assert "библиотека/void.py" in ws.paths()


def test_copies_and_moves_of_one_content_are_told_apart(ws: Workspace) -> None:
    ws.write("a.py", "value = 1\n")
    ws.index(lexical=True)
    (ws.root / "a.py").unlink()
    for name in ("b.py", "c.py", "d.md"):
        ws.write(name, "value = 1\n")
    ws.index(lexical=True)
    assert ws.paths() == ["b.py", "c.py", "d.md"]
    assert ws.find("valu") == ["b.py", "c.py", "d.md"]


def test_a_deleted_file_is_gone_from_the_index(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    (ws.root / "README.md").unlink()
    assert ws.index(lexical=True).removed == 1
    assert ws.find("zebra") == []


def test_changed_rules_remove_and_add(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    ws.write(".gitignore", "src/\n")
    assert ws.index(lexical=True).removed == 12
    assert ws.paths() == ["README.md"]
    (ws.root / ".gitignore").unlink()
    assert ws.index(lexical=True).files == 13


def test_only_the_named_paths_are_looked_at(ws: Workspace) -> None:
    populate(ws)
    assert ws.index("src/m1.py", "README.md", lexical=True).files == 2
    ws.write("README.md", "changed")
    (ws.root / "src/m1.py").unlink()
    report = ws.index("src", lexical=True)
    assert (report.files, report.removed) == (12, 1)
    assert ws.find("zebra") == ["README.md"]


def test_a_path_outside_is_refused(ws: Workspace, tmp_path: Path) -> None:
    for path in ("..", "../elsewhere", str(tmp_path)):
        with pytest.raises(WorkspaceError):
            ws.index(path, lexical=True)
    assert ws.sent(Failed)[0].code == "workspace"


def test_a_bad_file_is_reported_once_or_when_named_and_tried_when_it_changes(ws: Workspace) -> None:
    ws.configure(max_file_bytes=1000)
    ws.write("good.py", "x = 1\n")
    ws.write("big.txt", "word " * 1000)
    expected = [("big.txt", "it has 5,000 bytes, the limit is 1,000 bytes")]
    report = ws.index(lexical=True)
    assert [(item.path, item.reason) for item in report.skipped] == expected
    assert ws.index(lexical=True).skipped == ()
    report = ws.index("big.txt", lexical=True)
    assert [(item.path, item.reason) for item in report.skipped] == expected
    ws.write("big.txt", "words " * 1000)
    assert [item.path for item in ws.index(lexical=True).skipped] == ["big.txt"]
    ws.configure(max_file_bytes=10_000)
    assert ws.index(lexical=True).skipped == ()
    assert ws.find("word") == ["big.txt"]


def test_a_file_that_turns_bad_is_no_longer_found(ws: Workspace) -> None:
    ws.write("a.txt", "zebra\n")
    ws.index(lexical=True)
    ws.write("a.txt", b"zebra\0")
    report = ws.index(lexical=True)
    assert (report.skipped, report.files, report.ignored) == ((), 0, 1)
    assert ws.find("zebra") == []
    assert ws.index(lexical=True, pool=no_pool).ignored == 1
    ws.write("a.txt", "zebra again\n")
    assert ws.index(lexical=True).files == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_that_cannot_be_read_keeps_what_is_known_of_it(ws: Workspace) -> None:
    file = ws.write("a.txt", "zebra\n")
    ws.index(lexical=True, pool=no_pool)
    file.write_text("other\n")
    file.chmod(0)
    with ordinary_user(ws):
        for _ in range(2):
            report = ws.index(lexical=True, pool=no_pool)
            assert [(item.path, item.reason) for item in report.skipped] == [
                ("a.txt", "it cannot be read: Permission denied")
            ]
    assert ws.find("zebra") == ["a.txt"]
    file.chmod(0o600)
    assert ws.index(lexical=True).skipped == ()
    assert ws.find("zebra") == []


@contextmanager
def ordinary_user(ws: Workspace) -> Iterator[None]:
    """Whom permissions stop, unlike root, who may run these tests."""
    if os.geteuid() != 0:
        yield
        return
    base = ws.root.parent
    for path in (base, *base.rglob("*")):
        os.chown(path, 65534, 65534)
    for parent in base.parents:
        if not parent.stat().st_mode & 1:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_bad_input_of_every_kind_is_survived(ws: Workspace) -> None:
    ws.write("deep.py", "(" * 50_000)
    ws.write("deep.json", "[" * 100_000)
    ws.write("line.txt", "x" * 1_900_000)
    ws.write("wide.js", "a = {" + "b: 1, " * 200_000 + "}")
    ws.write("half.md", b"# \xd0\n\xff\xfe text")
    ws.write(
        "surrogate.ipynb",
        '{"cells": [{"cell_type": "markdown", "source": ["\\ud800 alone"]}], "nbformat": 4}',
    )
    ws.write("empty.txt")
    ws.write("blank.py", "\n\n  \n")
    ws.write("name with\u2028break.py", "x = 1\n")
    report = ws.index(lexical=True)
    assert report.files + report.ignored == 9
    assert report.skipped == ()


def test_sources_in_encodings_before_unicode_are_found_by_their_comments(ws: Workspace) -> None:
    code = "int total(void);\n/* {} */\n"
    ws.write("dos.c", code.format("СУММА ЗАКАЗА").encode("cp866"))
    ws.write("windows.c", code.format("ОШИБКА ЧТЕНИЯ").encode("cp1251"))
    ws.write("unix.c", code.format("ВРЕМЕННОЕ РЕШЕНИЕ").encode("koi8-r"))
    ws.write("wide.c", code.format("без метки").encode("utf-16-le"))
    ws.write("noise.c", code.encode() + bytes(range(0x80, 0xA0)))
    report = ws.index(lexical=True)
    assert (report.files, report.ignored, report.skipped) == (5, 0, ())
    assert ws.find("заказ") == ["dos.c"]
    assert ws.find("чтен") == ["windows.c"]
    assert ws.find("решен") == ["unix.c"]
    assert ws.find("метк") == ["wide.c"]
    assert "noise.c" in ws.find("total")


def test_a_root_that_is_suddenly_empty_keeps_its_index(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    aside = ws.root.with_name("aside")
    ws.root.rename(aside)
    ws.root.mkdir()
    assert ws.index(lexical=True).files == 13
    assert "is empty now" in ws.sent(Warned)[0].message
    assert ws.index(lexical=True, force=True).files == 0
    ws.root.rmdir()
    with pytest.raises(WorkspaceError):
        ws.index(lexical=True)


def test_force_reads_everything_and_changes_nothing(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    before, ids = ws.contents(), passage_ids(ws)
    ws.index(lexical=True, force=True)
    assert (ws.contents(), passage_ids(ws)) == (before, ids)


def test_another_version_of_the_chunker_reads_everything_once(ws: Workspace) -> None:
    populate(ws)
    ws.index(lexical=True)
    ws.vault.set_meta("chunker_version", "0")
    with ws.vault.write() as connection:
        connection.execute("UPDATE passage SET end_line = 99")
    ws.index(lexical=True)
    assert all(row[8] != 99 for row in ws.contents())
    ws.index(lexical=True, pool=no_pool)


def test_a_second_indexer_is_told_who_is_at_work(ws: Workspace) -> None:
    with IndexerLock(ws.vault.path).acquire(), pytest.raises(VaultLocked, match=str(os.getpid())):
        ws.index(lexical=True)
    assert ws.sent(Failed)[0].code == "vault_locked"


def test_stopping_keeps_what_is_done_and_the_next_run_does_the_rest(ws: Workspace) -> None:
    populate(ws, 400)

    def should_stop() -> bool:
        return any(event.phase == "lexical" for event in ws.sent(Progress))

    with pytest.raises(Interrupted):
        ws.index(lexical=True, should_stop=should_stop)
    assert ws.events[-1].code == "interrupted"
    done = len(ws.paths())
    assert 0 < done < 401
    assert ws.index(lexical=True).files == 401
    assert ws.sent(Progress)[-1].total == 401 - done


def test_without_processes_the_files_are_parsed_here(ws: Workspace) -> None:
    populate(ws)
    report = ws.index(lexical=True, pool=no_pool)
    assert report.files == 13
    assert "parsed in this process" in ws.sent(Warned)[0].message


def test_events_tell_the_run_in_order(ws: Workspace) -> None:
    populate(ws)
    report = ws.index(lexical=True)
    kinds = [type(event) for event in ws.events]
    assert (kinds[0], kinds[-2:]) == (Start, [LexicalReady, Done])
    last = [event for event in ws.sent(Progress) if event.phase == "lexical"][-1]
    assert (last.done, last.total) == (13, 13)
    assert ws.sent(Changed)[-1].files == 13
    assert ws.events[-1].as_json() == report.as_json()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    pytest.importorskip("onnxruntime")
    return Embedder.open(resolve_model("", Path("none")), threads=1)


def vectors(ws: Workspace) -> dict[int, bytes]:
    with ws.vault.read() as connection:
        return dict(connection.execute("SELECT passage_id, data FROM vector").fetchall())


def test_every_passage_gets_the_vector_of_its_text(ws: Workspace, embedder: Embedder) -> None:
    from magray_memory.config import VectorSettings
    from magray_memory.index.vector_store import VectorStore

    populate(ws)
    report = ws.index(embedder=lambda: embedder)
    assert (report.embedded, report.reused, report.device) == (report.passages, 0, "cpu")
    assert report.model == embedder.model.id
    assert vectors(ws).keys() == passage_ids(ws)
    found, _ = VectorStore(ws.vault, embedder.key, VectorSettings()).search(embedder.query("animals"), 1)
    with ws.vault.read() as connection:
        row = connection.execute("SELECT text FROM passage WHERE id = ?", (int(found[0]),)).fetchone()
    assert "zebras" in row[0]
    assert [type(event) for event in ws.events][-2:] == [SemanticReady, Done]
    assert snapshot_files(ws.vault.path)


def test_symbols_of_an_earlier_version_are_made_again_and_vectors_stay(
    ws: Workspace, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What later versions added is there already.
    later = [lambda _: None] * (schema.LATEST - SYMBOL_TEXTS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:SYMBOL_TEXTS], *later))
    ws.write("a.py", "def kept():\n    return 1\n\n\ndef also():\n    return 2\n")
    ws.index(embedder=lambda: embedder)
    ids = passage_ids(ws)
    with ws.vault.write() as connection:
        vectors = connection.execute("SELECT * FROM vector ORDER BY passage_id").fetchall()
        assert vectors
        made_until_schema_15(connection, (min(ids), 0, "false_one", "false_one", "", "variable", 1, 1, "."))
    ws.vault.close()
    ws.vault = ws.open()
    with ws.vault.read() as connection:
        assert [row.name for row in first_symbols(connection, 9)] == ["false_one"]
        assert len(passages_named(connection, ["false_one"], 9)) == 1
    ws.index(embedder=lambda: embedder)
    with ws.vault.read() as connection:
        assert [row.name for row in first_symbols(connection, 9)] == ["kept", "also"]
        assert passages_named(connection, ["false_one"], 9) == []
        assert connection.execute("SELECT * FROM vector ORDER BY passage_id").fetchall() == vectors
    assert passage_ids(ws) == ids
    assert list(check_lexical(ws.vault)) == list(check_passages(ws.vault)) == []


def made_until_schema_15(connection: sqlite3.Connection, *symbols: tuple[object, ...]) -> None:
    """Make a vault what it was when each symbol was a row."""
    connection.execute("DROP TABLE name_vocab")
    connection.execute("DROP TABLE passage_name")
    connection.execute("UPDATE passage SET symbols = ''")
    seal(connection, "passage")
    connection.execute("ALTER TABLE passage DROP COLUMN symbols")
    connection.executemany("INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", symbols)
    connection.execute("UPDATE meta SET value = '8' || substr(value, 2) WHERE key = 'chunker_version'")
    connection.execute(f"PRAGMA user_version = {SYMBOL_TEXTS - 1}")


def test_a_known_text_is_never_embedded_twice(ws: Workspace, embedder: Embedder) -> None:
    populate(ws)
    ws.index(embedder=lambda: embedder)
    before = vectors(ws)

    def refuse() -> Embedder:
        raise AssertionError("the model was opened")

    report = ws.index(embedder=refuse)
    assert (report.embedded, report.reused) == (0, 0)
    (ws.root / "src/m1.py").rename(ws.root / "moved.py")
    ws.index(embedder=refuse)
    assert vectors(ws) == before
    ws.write("copy/m2.py", (ws.root / "src/m2.py").read_text())
    assert (report := ws.index(embedder=lambda: embedder)).embedded == 0
    assert report.reused == 1
    (ws.root / "copy/m2.py").unlink()
    gone = (ws.root / "README.md").read_text()
    (ws.root / "README.md").unlink()
    ws.index(embedder=refuse)
    ws.write("README.md", gone)  # a revert: its vectors are in the cache
    report = ws.index(embedder=lambda: embedder)
    assert report.embedded == 0
    assert report.reused > 0


def test_what_changed_last_is_embedded_first(ws: Workspace, embedder: Embedder) -> None:
    for number in range(3):
        file = ws.write(f"m{number}.md", f"Text number {number}.\n")
        os.utime(file, ns=(0, [5, 9, 1][number] * 10**9))
    ws.index(lexical=True)
    order: list[str] = []

    class Watching(Embedder):
        def __init__(self) -> None:
            vars(self).update(vars(embedder))

        def passages(self, texts: Any, should_stop: Any = None) -> Any:
            order.extend(texts)
            return super().passages(texts, should_stop)

    ws.index(embedder=Watching)
    assert [text[-2] for text in order] == ["1", "0", "2"]


def test_without_a_model_words_are_indexed_and_it_is_told(ws: Workspace) -> None:
    populate(ws)

    def fail() -> Embedder:
        raise EmbeddingUnavailable("no model", "there is no runtime")

    report = ws.index(embedder=fail)
    assert (report.files, report.embedded, report.device, report.model) == (13, 0, None, None)
    assert "there is no runtime" in ws.sent(Warned)[0].message


def test_stopping_in_the_second_phase_keeps_the_vectors_made(ws: Workspace, embedder: Embedder) -> None:
    for number in range(300):
        ws.write(f"m{number}.md", f"Text number {number} about something.\n")

    def should_stop() -> bool:
        return any(event.done > 0 for event in ws.sent(Progress) if event.phase == "semantic")

    with pytest.raises(Interrupted):
        ws.index(embedder=lambda: embedder, should_stop=should_stop)
    done = len(vectors(ws))
    assert 0 < done < 300
    assert ws.index(embedder=lambda: embedder).embedded == 300 - done
