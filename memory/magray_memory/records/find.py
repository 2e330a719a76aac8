"""Record finding: the record of an id. Reading one loads nothing of what writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import RecordNotFound
from magray_memory.records.record import record_id
from magray_memory.storage import records
from magray_memory.storage.document_id import parse_document_id

if TYPE_CHECKING:
    from magray_memory.storage.record_types import StoredRecord
    from magray_memory.storage.vault import Vault


def find_record(vault: Vault, id_: str, *, trashed: bool = False) -> StoredRecord:
    """The record of an id, as `n17` or `17`. Raises RecordNotFound, for one in the trash too unless
    `trashed`.
    """
    number = id_.strip().lower()
    document = parse_document_id(f"n{number}" if number.isdecimal() else number, ())
    (found, *_) = records.get(vault, [document.number]) or [None]
    if found is None:
        raise RecordNotFound(f"no record has the id {id_}", "", "magray list")
    if found.trashed_at is not None and not trashed:
        name = record_id(found.id)
        raise RecordNotFound(f"{name} is in the trash", "", f"magray trash restore {name}")
    return found
