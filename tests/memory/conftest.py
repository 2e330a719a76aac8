"""Workspaces, homes and indexers for the tests of this folder; no model unless a test asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from magray_memory.config import IndexSettings, Settings
from magray_memory.indexing.event_sender import EventSender
from magray_memory.indexing.indexer import Indexer, IndexReport
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.indexing.events import Event

E = TypeVar("E")


class Workspace:
    """A folder of files, its vault and what the last run told."""

    def __init__(self, base: Path) -> None:
        self.root = base / "ws"
        self.root.mkdir()
        self.home = Home(base / "home").ensure()
        self.settings = Settings()
        self.events: list[Event] = []
        self.vault = self.open()

    def open(self) -> Vault:
        path = self.home.vault_path(self.root)
        return Vault.open(path, kind=VaultKind.WORKSPACE, root=self.root, write=True)

    def configure(self, **index: Any) -> None:
        self.settings = Settings(index=IndexSettings(**index))

    def write(self, path: str, content: str | bytes = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def index(self, *paths: str, **options: Any) -> IndexReport:
        self.events = []
        embedder, pool = options.pop("embedder", None), options.pop("pool", None)
        stop = options.pop("should_stop", None)
        more = {} if pool is None else {"pool": pool}
        sender = EventSender(self.events.append)
        indexer = Indexer(self.vault, self.home, self.settings, embedder, sender, stop, **more)
        return indexer.run([self.root / path for path in paths] or None, **options)

    def paths(self) -> list[str]:
        with self.vault.read() as connection:
            return [row[0] for row in connection.execute("SELECT path FROM document ORDER BY path")]

    def contents(self) -> list[tuple[Any, ...]]:
        """All that a clean index of the same files must equal: documents and passages without their ids."""
        with self.vault.read() as connection:
            return connection.execute(
                "SELECT path, document.kind, language, hash, size, mtime_ns, ordinal, start_line, end_line,"
                " symbol, passage.kind, passage.text, text_hash FROM document LEFT JOIN passage"
                " ON document_id = document.id ORDER BY path, ordinal"
            ).fetchall()

    def find(self, term: str) -> list[str]:
        """Paths of the files whose passages have this token."""
        with self.vault.read() as connection:
            rows = connection.execute(
                "SELECT DISTINCT d.path FROM passage_fts JOIN passage p ON p.id = passage_fts.rowid"
                " JOIN document d ON d.id = document_id WHERE passage_fts MATCH ? ORDER BY d.path",
                (f'"{term}"',),
            )
            return [row[0] for row in rows]

    def sent(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def new_workspace() -> Callable[[Path], Workspace]:
    """Makes workspaces for tests that need several."""
    return Workspace
