"""Presentation: from ranked passages to hits; text, tags and freshness are read for the few shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote

import msgspec

from magray_memory.regular_file import Unreadable, Vanished, content_hash, read_file, stamp_of, unchanged
from magray_memory.search.hits import Hit, Place, Source, iso_time, steps
from magray_memory.search.places import PassageParts, Sought, place_of
from magray_memory.search.record_ranking import facts_of
from magray_memory.search.vault_view import reading
from magray_memory.storage.document_id import DocumentId, format_document_id
from magray_memory.storage.passages import DocumentDetails, document_details, passage_texts
from magray_memory.storage.pending import embedded_among
from magray_memory.storage.record_facts import citations
from magray_memory.storage.redactions import rules_of
from magray_memory.storage.symbols import line_runs_of, symbols_of
from magray_memory.storage.tags import tags_of
from magray_memory.text.redaction import made_by_rules_of_now, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from magray_memory.search.ranking import Ranked
    from magray_memory.search.vault_view import VaultView
    from magray_memory.storage.record_facts import RecordFacts
    from magray_memory.storage.record_types import Citation

_COPIES = 10
"""Copies of a hit that are named."""


class CheckedSource(Protocol):
    """What has become of the source of a record: verified, moved, changed or gone, and where it is."""

    @property
    def state(self) -> str:
        """`verified`, `moved`, `changed` or `gone`."""
        ...

    @property
    def path(self) -> str:
        """Where it is now, relative to its root."""
        ...

    @property
    def start_line(self) -> int:
        """Its first line now, from 1."""
        ...

    @property
    def end_line(self) -> int:
        """Its last line now, inclusive."""
        ...


if TYPE_CHECKING:
    CheckSource = Callable[[Citation], CheckedSource]


class Presented(NamedTuple):
    """How hits are to be presented: `vaults` are the ids of all that are open, `now` is the moment that the
    answer is of, None for the present; `check` looks at the source of a record; `dated`: whether files have
    their date too.
    """

    sought: Sought
    vaults: Sequence[str | None]
    explain: bool = False
    now: float | None = None
    check: CheckSource | None = None
    dated: bool = False


class _Details(NamedTuple):
    documents: dict[int, DocumentDetails]
    tags: dict[int, list[str]]
    parts: PassageParts
    embedded: frozenset[int]
    records: dict[int, RecordFacts]
    citations: dict[int, Citation]
    redact: bool
    """Whether the vault was made by other rules of redaction than those of now."""


def present(ranked: Sequence[Ranked], views: Iterable[VaultView], how: Presented) -> list[Hit]:
    """The hits of a search, in the order of `ranked`."""
    by_number = {view.number: view for view in views}
    details = {n: _details(view, [r for r in ranked if r.id[0] == n]) for n, view in by_number.items()}
    return [
        _hit(rank, found, by_number[found.id[0]], details[found.id[0]], how)
        for rank, found in enumerate(ranked, 1)
    ]


@reading
def _details(view: VaultView, ranked: list[Ranked]) -> _Details:
    if not ranked:
        return _Details({}, {}, PassageParts({}, {}, {}), frozenset(), {}, {}, False)
    connection = view.connection
    other_rules = not made_by_rules_of_now(rules_of(connection))
    documents = [r.row.document for r in ranked]
    passages = [part.id[1] for r in ranked for part in (r, *r.also)]
    records = facts_of(view, documents)
    return _Details(
        document_details(connection, documents),
        tags_of(connection, documents),
        PassageParts(
            {
                passage: redact(text).text if other_rules else text
                for passage, text in passage_texts(connection, passages)
            },
            symbols_of(connection, passages),
            line_runs_of(connection, passages),
        ),
        embedded_among(connection, view.key or "", passages) | view.fresh,
        records,
        citations(connection, records) if records else {},
        other_rules,
    )


def _hit(
    rank: int,
    found: Ranked,
    view: VaultView,
    details: _Details,
    how: Presented,
) -> Hit:
    document = details.documents[found.row.document]
    vault = view.source
    score, parts = steps(found.changes)
    start, end = found.lines
    path = found.row.path
    file = vault.root / path if vault.root is not None and path is not None else None
    place = place_of(found, details.parts, how.sought)
    pending = any(part.id[1] not in details.embedded for part in (found, *found.also))
    return Hit(
        rank=rank,
        score=score,
        vault=vault.name,
        root=None if vault.root is None else str(vault.root),
        id=format_document_id(DocumentId(vault.id, document.id), how.vaults),
        passage=found.id[1],
        path=path,
        uri=None if file is None else _uri(file),
        start_line=start,
        end_line=end,
        symbol=redact(place.symbol).text if details.redact and place.symbol else place.symbol,
        kind=document.kind,
        language=document.language,
        layer=found.row.layer,
        tags=details.tags.get(document.id, []),
        title=redact(found.row.title).text if details.redact and found.row.title else found.row.title,
        key=document.key,
        snippet=place.snippet,
        snippet_line=place.line,
        freshness=freshness(file, document, pending=pending),
        confidence=round(found.confidence, 3),
        explain=parts if how.explain else msgspec.UNSET,
        copies=len(found.copies) or msgspec.UNSET,
        copy_paths=[copy.row.path for copy in found.copies[:_COPIES] if copy.row.path] or msgspec.UNSET,
        **_of_record(found, details, how),
    )


def _of_record(found: Ranked, details: _Details, how: Presented) -> dict[str, Any]:
    """The fields that records alone have; its date has every hit of a recall."""
    document = found.row.document
    record = details.records.get(document)
    if record is None:
        return {"updated": iso_time(found.row.when)} if how.dated else {}
    replaced = record.superseded_by is not None and (how.now is None or record.is_replaced(how.now))
    newer = DocumentId(None, record.superseded_by or 0)
    fields: dict[str, Any] = {
        "created": iso_time(record.created_at),
        "updated": iso_time(record.updated_at),
        "session": record.session,
        "project": record.project,
        "pinned": bool(record.pinned),
        "citation": None,
        "source": None,
        "superseded_by": format_document_id(newer, how.vaults) if replaced else None,
    }
    cited = details.citations.get(document)
    if cited is not None:
        fields["source"] = Source(cited.path, cited.start_line, cited.end_line, cited.commit)
        if how.check is not None:
            checked = how.check(cited)
            fields["citation"] = checked.state
            if checked.state == "moved":
                fields["moved_to"] = Place(checked.path, checked.start_line, checked.end_line)
    return fields


def _uri(file: Path) -> str:
    try:
        return file.as_uri()
    except UnicodeEncodeError:  # the locale has no such letters; the name on disk is UTF-8 all the same
        return "file://" + quote(file.as_posix().encode("utf-8", "surrogateescape"))


def freshness(file: Path | None, document: DocumentDetails, *, pending: bool) -> str:
    """`stale` when the file is not what was indexed, by its stamp and, where only times or the inode differ,
    by its content; else `pending` or `fresh`.
    """
    if file is not None:
        try:
            now = stamp_of(file.stat())
        except (OSError, ValueError):  # ValueError: the locale has no such letters
            return "stale"
        same = unchanged(document.stamp, now)
        if not same and not (now[0] == document.stamp[0] and _same_content(file, document)):
            return "stale"
    return "pending" if pending else "fresh"


def _same_content(file: Path, document: DocumentDetails) -> bool:
    size = document.stamp[0]
    try:
        contents = read_file(str(file), size)
    except (Vanished, Unreadable):
        return False
    return contents.stamp[0] == size and content_hash(contents.data) == document.hash
