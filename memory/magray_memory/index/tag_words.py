"""Tag words: which tags of a vault hold a word: `project` finds what is filed under `project/alpha`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.storage.tags import tags_after

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class TagWords:
    """The words of a vault's tags, kept between searches: only tags that are new are read.

    A tag keeps its id and its name for as long as it is there, and no other one ever gets that id.
    """

    def __init__(self) -> None:
        self._vault_id = ""
        self._last = 0
        self._tags: dict[str, list[int]] = {}

    def find(
        self, connection: sqlite3.Connection, vault_id: str, terms: Iterable[str]
    ) -> dict[int, frozenset[str]]:
        """The tags with one of these terms, each with those that it holds."""
        if vault_id != self._vault_id:
            self._vault_id, self._last, self._tags = vault_id, 0, {}
        fresh = tags_after(connection, self._last)
        if fresh:
            self._add(fresh)
        found: dict[int, set[str]] = {}
        for term in terms:
            for tag in self._tags.get(term, ()):
                found.setdefault(tag, set()).add(term)
        return {tag: frozenset(held) for tag, held in found.items()}

    def _add(self, fresh: list[tuple[int, str]]) -> None:
        from magray_memory.text.analyzer import name_tokens

        for tag, name in fresh:
            for word in dict.fromkeys(name_tokens(name)):
                tags = self._tags.setdefault(word, [])
                if tag not in tags[-1:]:
                    tags.append(tag)
        self._last = fresh[-1][0]
