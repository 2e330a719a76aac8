"""Records about a place: those whose source lies in a file, that link to the file, or that name a symbol."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.records.citation import Checked, CitedText, check
from magray_memory.records.record import Record
from magray_memory.storage import citations, record_lists, records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.storage.record_types import Citation, StoredRecord
    from magray_memory.storage.vault import Vault

    Read = Callable[[Citation, str], CitedText | None]
    Namesakes = Callable[[Citation], Sequence[str]]

_NAMESAKES = 20
"""Files of one name that are looked through for lines that left the file: an editor waits for the answer."""
_NAMING = 8


class OpenFile:
    """A file with the text that counts, which may be that of an editor. `path` is relative to `root`."""

    def __init__(self, root: Path, path: str, text: str, digest: bytes) -> None:
        self.root = root
        self.path = path
        self.place = root / path
        self.text = CitedText(text, path)
        self.digest = digest


def citing(vault: Vault, file: OpenFile, read: Read, namesakes: Namesakes) -> list[Record]:
    """The records whose source lies in the file now, in the order of their lines there.

    Lines that moved here from another file count, those that moved away do not. `read` and `namesakes` are
    those of `citation.check`, for other files.
    """
    name = file.path.rpartition("/")[2]
    places = _Places(file, read, namesakes)
    found: dict[int, Checked] = {}
    for document, citation in citations.citing_files(vault, name, file.digest):
        if not places.is_file(citation.root, citation.path) and (
            not file.text.begins(citation.first_hash) or not file.place.is_relative_to(citation.root)
        ):
            continue
        checked = check(citation, places.reading(citation), places.namesakes)
        if places.is_file(citation.root, checked.path):
            found[document] = checked
    return sorted((Record(stored, found[stored.id]) for stored in records.get(vault, found)), key=_line)


def naming(vault: Vault, word: str) -> list[StoredRecord]:
    """The records that say a name, the ones that are mostly about it first; superseded ones are left out."""
    from magray_memory.search.bm25 import bm25_best
    from magray_memory.storage import fts
    from magray_memory.storage.passages import passage_rows
    from magray_memory.text.analyzer import name_tokens

    terms = name_tokens(word)
    with vault.read() as connection:
        frequencies = fts.term_frequencies(connection, terms)
        if not frequencies:
            return []
        _, passages = vault.counts()
        best = bm25_best(connection, frequencies, passages, 4 * _NAMING)
        rows = passage_rows(connection, [passage for passage, _ in best])
    documents = dict.fromkeys(row.document for row in rows)
    spelled = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    return [
        stored
        for stored in records.get(vault, documents)
        if stored.superseded_by is None and spelled.search(f"{stored.title}\n{stored.text}")
    ][:_NAMING]


def linking(vault: Vault, path: str) -> list[StoredRecord]:
    """The records that link to a file, by its path, by an end of it, with or without the suffix."""
    parts = path.split("/")
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    stems = [tail[: tail.rindex(".")] for tail in tails if "." in tail.rpartition("/")[2][1:]]
    return records.get(vault, record_lists.linking_to(vault, [*tails, *stems]))


def named(vault: Vault, link: str) -> StoredRecord | None:
    """The record that a link means, by its id, key or title; one in the trash is none."""
    name = link.partition("|")[0].partition("#")[0].strip()
    number = re.fullmatch(r"[nN](\d{1,18})", name)
    by_key = records.find_key(vault, name)
    ids = [*([int(number[1])] if number else []), *([by_key] if by_key is not None else [])]
    for stored in records.get(vault, [*ids, *citations.titled(vault, name)] if name else []):
        if stored.trashed_at is None:
            return stored
    return None


class _Places:
    """The other files of one question, each looked for and read once: many records cite the same ones."""

    def __init__(self, file: OpenFile, read: Read, namesakes: Namesakes) -> None:
        self._file = file
        self._read = read
        self._namesakes = namesakes
        self._is_file: dict[tuple[str, str], bool] = {}
        self._texts: dict[tuple[str, str], CitedText | None] = {}
        self._alike: dict[tuple[str, str, bytes], Sequence[str]] = {}

    def is_file(self, root: str, path: str) -> bool:
        """Whether this is the file that is asked about."""
        key = root, path
        if key not in self._is_file:
            self._is_file[key] = Path(root) / path == self._file.place
        return self._is_file[key]

    def reading(self, citation: Citation) -> Callable[[str], CitedText | None]:
        """What gives the text of a file below the root of a citation."""

        def text_of(path: str) -> CitedText | None:
            if self.is_file(citation.root, path):
                return self._file.text
            key = citation.root, path
            if key not in self._texts:
                self._texts[key] = self._read(citation, path)
            return self._texts[key]

        return text_of

    def namesakes(self, citation: Citation) -> Sequence[str]:
        """The first files that the cited one may be now."""
        key = citation.root, citation.path.rpartition("/")[2], citation.file_hash
        if key not in self._alike:
            self._alike[key] = self._namesakes(citation)[:_NAMESAKES]
        return self._alike[key]


def _line(record: Record) -> tuple[int, int]:
    assert record.citation is not None
    return record.citation.start_line, record.citation.end_line
