"""A text has one vector, however a workspace came to be indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model
from magray_memory.models.recipe import VECTOR_REVISION
from magray_memory.storage import vector_spaces, vectors
from magray_memory.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..conftest import Workspace

FILES = {
    "long.md": "# Long\n\n" + "The backup of the vault is copied to cold storage every night. " * 40,
    "short.md": "# S\n\nKey.\n",
    "сеть.md": "# Сеть\n\nПри ошибке сети запрос повторяется три раза, потом показывается сообщение.\n",
    "retry.py": "def next_delay(attempt):\n    return min(60.0, 2.0 ** attempt)\n",
    "wide.py": "".join(f"def part_{n}(value):\n    return value * {n} + other_{n}\n\n\n" for n in range(60)),
    "data.sql": "".join(f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, name TEXT);\n" for n in range(50)),
}


def made(ws: Workspace) -> dict[bytes, set[bytes]]:
    """Every stored vector, by the text that it is of."""
    found: dict[bytes, set[bytes]] = {}
    with ws.vault.read() as connection:
        for text, data in connection.execute(
            "SELECT text_hash, data FROM passage JOIN vector ON passage_id = passage.id"
        ):
            found.setdefault(text, set()).add(bytes(data))
    return found


@pytest.fixture(scope="module")
def opened() -> Callable[[], Embedder]:
    embedder = Embedder.open(load_model(BUNDLED / DEFAULT_ID), threads=2, many=True)
    return lambda: embedder


def test_order_and_company_change_no_vector(
    opened: Callable[[], Embedder], new_workspace: Callable[[Path], Workspace], tmp_path: Path
) -> None:
    shared = Embedder.open(load_model(BUNDLED / DEFAULT_ID), threads=3)
    results: list[dict[bytes, set[bytes]]] = []
    for number, order in enumerate((None, list(FILES), list(reversed(FILES)))):
        (tmp_path / str(number)).mkdir()
        ws = new_workspace(tmp_path / str(number))
        for path in FILES if order is None else ():
            ws.write(path, FILES[path])
        if order is None:
            ws.index(embedder=opened)
        for path in order or ():
            ws.write(path, FILES[path])
            ws.index(path, embedder=opened if path != "wide.py" else lambda: shared)
        results.append(made(ws))
    assert len(results[0]) > 8
    assert all(len(different) == 1 for result in results for different in result.values())
    assert results[0] == results[1] == results[2]


def test_vectors_of_an_earlier_revision_are_made_again_and_never_mixed(
    opened: Callable[[], Embedder], ws: Workspace
) -> None:
    key = opened().key
    old = key.replace(f"+r{VECTOR_REVISION}", f"+r{VECTOR_REVISION - 1}")
    for path, text in FILES.items():
        ws.write(path, text)
    ws.index(embedder=opened)
    expected = made(ws)
    ws.home.vectors.unlink()
    with ws.vault.write() as connection:
        connection.execute("UPDATE vector SET data = CAST(substr(data, 3) || substr(data, 1, 2) AS BLOB)")
        connection.execute("UPDATE embedding_key SET key = ?", (old,))
        ws.vault.set_meta(vector_spaces.SERVING, old)
    with VectorCache(ws.home.vectors, 1 << 30) as cache:
        for batch in vectors.iter_encoded(ws.vault, old):
            cache.put_many(old, batch)
    report = ws.index(embedder=opened)
    assert report.embedded == report.passages
    assert vector_spaces.serving(ws.vault) == key
    ws.index(embedder=opened)
    assert vector_spaces.populated(ws.vault) == [key]
    assert made(ws) == expected
