"""Exported record: the documented shape of a record in an export, version 1, and its way to and from storage.

`docs/export.schema.json` is made from these types. Times are ISO 8601 in UTC with microseconds, so that what
was read and is written again has the same bytes. Fields that are at their default are left out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from magray_memory.errors import RecordError
from magray_memory.storage.record_states import Origin, RecordState
from magray_memory.storage.record_types import Citation, Revision, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "magray-records"
VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253402300799.0

Time = Annotated[str, msgspec.Meta(description="ISO 8601 in UTC", examples=["2026-03-03T12:30:00.000000Z"])]
Uid = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="The same in every notebook")]
Hash = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2})*$", description="Hexadecimal digits")]


class ExportedRevision(msgspec.Struct, rename={"since": "from"}, omit_defaults=True):
    """A former state of a record."""

    since: Time
    until: Time
    text: str
    kind: str
    title: str | None = None
    tags: list[str] = []


class ExportedSource(msgspec.Struct, omit_defaults=True):
    """The lines of a file that a record is about; hashes are of the lines, the first one, and the file."""

    root: str
    path: str
    start_line: int
    end_line: int
    text_hash: Hash
    first_hash: Hash
    file_hash: Hash
    commit: str | None = None


class ExportedOrigin(msgspec.Struct):
    """An item of another tool that a record was imported from; `version`: when the record was changed."""

    key: str
    hash: Hash
    version: Time


class ExportedRecord(msgspec.Struct, omit_defaults=True):
    """One record. `id` is its name in the notebook that it was exported from, taken again where it is free;
    `superseded_by` the uid of the record of this export that replaces it. `used_on` is a day.
    """

    id: Annotated[str, msgspec.Meta(pattern="^n[0-9]{1,18}$")]
    uid: Uid
    text: str
    kind: str
    layer: str
    created: Time
    updated: Time
    layer_since: Time
    title: str | None = None
    tags: list[str] = []
    links: list[str] = []
    project: str | None = None
    session: str | None = None
    key: str | None = None
    importance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    pinned: bool = False
    access_count: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    last_access: Time | None = None
    days_used: Annotated[int, msgspec.Meta(ge=0, le=10**6)] = 0
    used_on: str | None = None
    trashed: Time | None = None
    superseded_by: Uid | None = None
    source: ExportedSource | None = None
    history: list[ExportedRevision] = []
    origins: list[ExportedOrigin] = []


class Export(msgspec.Struct):
    """A whole export. `count` of the records stands at the end: a file that was cut off has none."""

    format: Annotated[str, msgspec.Meta(pattern=f"^{FORMAT}$")]
    version: Annotated[int, msgspec.Meta(ge=1)]
    records: list[ExportedRecord]
    count: Annotated[int, msgspec.Meta(ge=0)]


def exported(state: RecordState) -> ExportedRecord:
    """A record as an export has it."""
    record = state.record
    return ExportedRecord(
        id=f"n{record.id}",
        uid=record.uid,
        text=record.text,
        kind=record.kind,
        layer=record.layer,
        created=iso(record.created_at),
        updated=iso(record.updated_at),
        layer_since=iso(record.layer_at),
        title=record.title,
        tags=list(record.tags),
        links=list(state.links),
        project=record.project,
        session=record.session,
        key=record.key,
        importance=record.importance,
        pinned=record.pinned,
        access_count=record.access_count,
        last_access=_iso_or_none(record.last_access_at),
        days_used=state.days_used,
        used_on=_day(state.used_on),
        trashed=_iso_or_none(record.trashed_at),
        superseded_by=state.superseded_by,
        source=None if record.citation is None else _source(record.citation),
        history=[
            ExportedRevision(
                since=iso(former.from_at),
                until=iso(former.until_at),
                text=former.text,
                kind=former.kind,
                title=former.title,
                tags=list(former.tags),
            )
            for former in state.history
        ],
        origins=[
            ExportedOrigin(key=origin.key, hash=origin.hash.hex(), version=iso(origin.version))
            for origin in state.origins
        ],
    )


def read_record(item: object) -> RecordState:
    """The record of an item of an export. Raises RecordError, which says what is wrong with which field."""
    try:
        return _state(msgspec.convert(item, ExportedRecord))
    except msgspec.ValidationError as error:
        raise RecordError("this is no record of an export", str(error)) from None
    except (ValueError, OverflowError) as error:
        raise RecordError("this is no record of an export", str(error)[:200]) from None


def schema() -> Mapping[str, Any]:
    """The JSON schema of an export."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Export)}


def iso(at: float) -> str:
    """UTC seconds in ISO 8601; a time that no calendar has is the nearest one that it has."""
    moment = datetime.fromtimestamp(min(max(at, -62135596800.0), _LATEST), UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def seconds(text: str) -> float:
    """UTC seconds of a time. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return (moment - _EPOCH).total_seconds()


def _iso_or_none(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _seconds_or_none(text: str | None) -> float | None:
    return None if text is None else seconds(text)


def _day(number: int | None) -> str | None:
    return date.fromordinal(number).isoformat() if number and number <= date.max.toordinal() else None


def _source(citation: Citation) -> ExportedSource:
    return ExportedSource(
        root=citation.root,
        path=citation.path,
        start_line=citation.start_line,
        end_line=citation.end_line,
        text_hash=citation.text_hash.hex(),
        first_hash=citation.first_hash.hex(),
        file_hash=citation.file_hash.hex(),
        commit=citation.commit,
    )


def _citation(source: ExportedSource) -> Citation:
    return Citation(
        root=source.root,
        path=source.path,
        start_line=source.start_line,
        end_line=source.end_line,
        commit=source.commit,
        text_hash=bytes.fromhex(source.text_hash),
        first_hash=bytes.fromhex(source.first_hash),
        file_hash=bytes.fromhex(source.file_hash),
    )


def _state(read: ExportedRecord) -> RecordState:
    record = StoredRecord(
        id=int(read.id[1:]),
        uid=read.uid,
        text=read.text,
        title=read.title,
        kind=read.kind,
        layer=read.layer,
        tags=tuple(read.tags),
        project=read.project,
        session=read.session,
        key=read.key,
        created_at=seconds(read.created),
        updated_at=seconds(read.updated),
        layer_at=seconds(read.layer_since),
        last_access_at=_seconds_or_none(read.last_access),
        access_count=read.access_count,
        importance=read.importance,
        pinned=read.pinned,
        trashed_at=_seconds_or_none(read.trashed),
        superseded_by=None,
        citation=None if read.source is None else _citation(read.source),
    )
    return RecordState(
        record,
        tuple(read.links),
        tuple(
            Revision(
                seconds(former.since),
                seconds(former.until),
                former.kind,
                former.title,
                tuple(former.tags),
                former.text,
            )
            for former in read.history
        ),
        tuple(
            Origin(origin.key, bytes.fromhex(origin.hash), seconds(origin.version)) for origin in read.origins
        ),
        read.days_used,
        None if read.used_on is None else date.fromisoformat(read.used_on).toordinal(),
        read.superseded_by,
    )
