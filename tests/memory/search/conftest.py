"""A small workspace with the real model: code, notes in English and Russian, tests, and a vault of each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from magray_memory.config import VectorSettings
from magray_memory.index.lexical import LexicalIndex
from magray_memory.index.open_vaults import OpenVault
from magray_memory.index.vector_store import VectorStore
from magray_memory.models import recipe
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.regular_file import stamp_of
from magray_memory.search.query import parse
from magray_memory.search.searcher import Searcher
from magray_memory.storage import documents
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.fts import LexicalRow
from magray_memory.storage.pending import pending_ids
from magray_memory.storage.vault import Vault
from magray_memory.storage.vectors import pending_passages, put_vectors
from magray_memory.text.chunk import chunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from magray_memory.search.hits import SearchAnswer

FILES = {
    "src/retry.py": '''"""Calling again what failed for a moment."""

import time


class RetryPolicy:
    """How often and how long to wait between attempts."""

    attempts = 5

    def backoff(self, attempt):
        """Exponential delay with a ceiling of one minute."""
        return min(60, 2**attempt)


def call_with_retry(action, policy):
    """Run an action until it succeeds or the attempts are used up."""
    for attempt in range(policy.attempts):
        try:
            return action()
        except OSError:
            time.sleep(policy.backoff(attempt))
    raise TimeoutError
''',
    "src/session.py": '''"""Sessions of people who are logged in."""


class SessionStore:
    def create_session(self, user_id):
        """Make a signed cookie for a user."""
        return sign({"user": user_id})

    def expire_session(self, token):
        self.revoked.add(token)
''',
    "src/retry.go": """package retry

// Backoff returns the delay before the next attempt.
func Backoff(attempt int) int {
	return attempt * 2
}
""",
    "tests/test_retry.py": """from retry import RetryPolicy, call_with_retry


def test_call_with_retry_gives_up_after_all_attempts():
    policy = RetryPolicy()
    call_with_retry(lambda: 1, policy)
""",
    "notes/deploy.md": """---
tags: [ops, release]
---
# Deploying

Run the smoke tests, then move the load balancer to the new machines one by one.
If the error rate rises, move it back: the old machines stay for a day.
""",
    "notes/резервные-копии.md": """---
tags: [ops]
---
# Резервные копии

База данных сохраняется каждую ночь в три часа. Копии хранятся месяц, потом удаляются.
Восстановление проверяем раз в неделю на отдельном сервере.
""",
    "notes/coffee.md": "# Coffee\n\nGrind eighteen grams, water at ninety-three degrees, thirty seconds.\n",
}


@dataclass
class Bench:
    """A vault on disk that can be fed and searched."""

    root: Path
    vault: Vault
    embedder: Embedder
    name: str = "workspace"

    def put(self, path: str, text: str, *, embed: bool = True, mtime: float | None = None) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if mtime is not None:
            os.utime(file, (mtime, mtime))
        stat = file.stat()
        made = chunk(path, text)
        passages = [
            documents.NewPassage(
                part.start_line,
                part.end_line,
                part.symbol,
                part.kind,
                part.text,
                recipe.text_hash(part.symbol, made.title, part.text, made.kind),
            )
            for part in made.chunks
        ]
        document = documents.NewDocument(
            path=path,
            kind=made.kind,
            language=made.language,
            title=made.title,
            stamp=stamp_of(stat),
            hash=b"",
            tags=made.tags,
        )
        with self.vault.write():
            documents.put_file(self.vault, document, passages, LexicalIndex(self.vault))
        if embed:
            self.embed()

    def embed(self) -> None:
        with self.vault.write() as connection:
            waiting = pending_passages(self.vault, pending_ids(connection, self.embedder.key, 1000))
            texts = [
                recipe.passage_text(w.symbol, w.title, w.text, "doc" if w.path.endswith(".md") else "code")
                for w in waiting
            ]
            for places, vectors in self.embedder.passages(texts):
                put_vectors(self.vault, self.embedder.key, [waiting[place].id for place in places], vectors)

    def remember(
        self, text: str, *, kind: str = "note", layer: str = "assets", key: str | None = None
    ) -> None:
        """A record, as the notebook keeps it."""
        with self.vault.write() as connection:
            (document,) = connection.execute(
                "INSERT INTO document(kind, layer, created_at, updated_at, indexed_at, text, key)"
                " VALUES (?, ?, 1e9, 1e9, 1e9, ?, ?) RETURNING id",
                (kind, layer, text, key),
            ).fetchone()
            (passage,) = connection.execute(
                "INSERT INTO passage"
                "(document_id, ordinal, start_line, end_line, symbol, kind, text, text_hash)"
                " VALUES (?, 0, 1, 1, '', 'text', ?, ?) RETURNING id",
                (document, text, recipe.text_hash("", None, text, "note")),
            ).fetchone()
            connection.execute("UPDATE tally SET value = value + 1 WHERE name = 'passage'")
            LexicalIndex(self.vault).add([LexicalRow(passage, "", "", text)])
        self.embed()

    def opened(self) -> OpenVault:
        stores: list[VectorStore] = []

        def store(key: str) -> VectorStore:
            if not stores:
                stores.append(VectorStore(self.vault, key, VectorSettings()))
            return stores[0]

        root = self.root if self.vault.kind is VaultKind.WORKSPACE else None
        return OpenVault(self.vault, self.name, root, store)

    def search(self, text: str, **options: object) -> SearchAnswer:
        searcher = Searcher([self.opened()], lambda key: self.embedder)
        try:
            return searcher.search(parse(text, **options))  # type: ignore[arg-type]
        finally:
            searcher.close()

    def paths(self, text: str, **options: object) -> list[str | None]:
        return [hit.path for hit in self.search(text, **options).hits]


def make_bench(folder: Path, embedder: Embedder, files: Mapping[str, str]) -> Bench:
    root = folder / "project"
    root.mkdir(parents=True)
    vault = Vault.open(folder / "vault.db", kind=VaultKind.WORKSPACE, root=root, write=True)
    bench = Bench(root, vault, embedder)
    for path, text in files.items():
        bench.put(path, text, embed=False)
    bench.embed()
    return bench


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return Embedder.open(resolve_model("", tmp_path_factory.mktemp("models")), threads=1)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Bench:
    """The small workspace; tests that change files take `bench` instead."""
    bench = make_bench(tmp_path_factory.mktemp("shared"), embedder, FILES)
    bench.put("notes/coffee.md", FILES["notes/coffee.md"], mtime=1_600_000_000)
    return bench


@pytest.fixture
def bench(tmp_path: Path, embedder: Embedder) -> Bench:
    """A workspace of its own with two files."""
    return make_bench(tmp_path, embedder, {p: FILES[p] for p in ("src/retry.py", "notes/deploy.md")})


@pytest.fixture
def notebook(tmp_path: Path, embedder: Embedder) -> Bench:
    vault = Vault.open(tmp_path / "notebook.db", kind=VaultKind.NOTEBOOK, write=True)
    return Bench(tmp_path, vault, embedder, "notebook")
