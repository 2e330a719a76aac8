"""Approximate vectors while a workspace is indexed: who makes them, and those that the parsers did not make.

Where many files are new, their parsers make them with the words, so that all can be found by meaning as soon
as by words. What an earlier run left without any, or another table made, is caught up with before the model
begins. A few passages are not worth it: the model has them in a second.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.models.recipe import passage_text
from magray_memory.resources import choose_profile, machine
from magray_memory.storage.passages import embedded_parts
from magray_memory.storage.pending import count_pending
from magray_memory.storage.static_vectors import (
    files_without_static,
    heads_without_static,
    passage_ids,
    put_static,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import Settings
    from magray_memory.models.static_embedder import StaticEmbedder
    from magray_memory.models.static_table import StaticTable
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

FEW_PASSAGES = 500
"""Fewer pending passages than these get no approximate vectors, where the model makes their own."""
_FILES_AT_ONCE = 50
_TRIAL_SECONDS = 60.0
_PACKAGES = str(Path(__file__).resolve().parents[2])
_TRIAL = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path;"
    "from magray_memory.models.static_embedder import open_static;"
    "embedder = open_static(Path(sys.argv[2]));"
    "sys.exit(embedder is None or len(embedder.rows(['def trial(): pass'])) != 1)"
)


class StaticModel:
    """The static table of the model of the settings: `folder` of the model, `words` to keep per process."""

    def __init__(self, folder: str, words: int, table: StaticTable) -> None:
        self.folder = folder
        self.words = words
        self.table = table


class StaticTrial:
    """A child process that makes one approximate vector: native code that ends it must not end a parser, for
    a file would be blamed for that.
    """

    def __init__(self, model: StaticModel) -> None:
        self.model = model
        self._child: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-c", _TRIAL, _PACKAGES, model.folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONFAULTHANDLER": "", "PYTHONWARNINGS": "ignore"},
            )

    def passed(self) -> bool:
        """Whether it came to its end, after at most a minute."""
        if self._child is None:
            return False
        try:
            return self._child.wait(_TRIAL_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.close()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()


def static_model(settings: Settings, home: Home) -> StaticModel | None:
    """The static table to index with; None where the model has none. Loads no native library."""
    from magray_memory.models.model import resolve_model
    from magray_memory.models.static_embedder import words_for
    from magray_memory.models.static_table import table_of

    try:
        model = resolve_model(settings.embedding.model, home.models)
    except MagrayError:
        return None
    table = table_of(model)
    words = words_for(choose_profile(settings.resources.profile, machine()).name)
    return None if table is None else StaticModel(str(model.place), words, table)


def catch_up(
    vault: Vault,
    model: StaticModel,
    durability: Durability,
    should_stop: Callable[[], bool],
    few: int,
) -> int:
    """Make the approximate vectors that pending passages lack, where these are at least `few`; returns of how
    many files.

    Each commit holds those of whole files. Ends early once `should_stop` is true; raises StorageError.
    """
    table = model.table
    with vault.read() as connection:
        if count_pending(connection, table.embedding_key) < few:
            return 0
        files = files_without_static(connection, table.key, table.embedding_key)
    return _make_all(vault, model, durability, should_stop, files)


def catch_up_with_heads(
    vault: Vault, model: StaticModel, durability: Durability, should_stop: Callable[[], bool]
) -> int:
    """Like `catch_up`, for prose that the model reads in part: few passages are worth it, for it will not
    read the rest.
    """
    table = model.table
    with vault.read() as connection:
        files = heads_without_static(connection, table.key, table.embedding_key)
    return _make_all(vault, model, durability, should_stop, files)


def _make_all(
    vault: Vault,
    model: StaticModel,
    durability: Durability,
    should_stop: Callable[[], bool],
    files: list[int],
) -> int:
    from magray_memory.models.static_embedder import open_static

    if not files or not StaticTrial(model).passed():
        return 0
    embedder = open_static(Path(model.folder), model.words)
    done = 0
    while embedder is not None and done < len(files) and not should_stop():
        began = time.monotonic()
        with vault.write():
            while done < len(files) and time.monotonic() - began < durability.interval:
                _make(vault, embedder, files[done : done + _FILES_AT_ONCE])
                done = min(len(files), done + _FILES_AT_ONCE)
    return done


def _make(vault: Vault, embedder: StaticEmbedder, files: list[int]) -> None:
    with vault.write() as connection:
        for document_id in files:
            ids = passage_ids(connection, document_id)
            parts = {part.passage: part for part in embedded_parts(connection, ids)}
            texts = [passage_text(p.symbol, p.title, p.text, p.kind) for p in map(parts.__getitem__, ids)]
            data = embedder.rows(texts).tobytes()
            put_static(connection, document_id, embedder.table.key, ids, data)
