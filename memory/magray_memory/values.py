"""Value types: what rooms take and return, and the functions that go with them. Loaded on first use.

The server imports these names from here, besides `memory`, `session` and `errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from magray_memory.archive.backup import BackedUp
    from magray_memory.archive.backup_folder import Backup
    from magray_memory.archive.drill import Drilled
    from magray_memory.archive.export_run import Exported
    from magray_memory.archive.import_report import Imported
    from magray_memory.archive.passphrase import PASSPHRASE_VARIABLE, Passphrases
    from magray_memory.archive.restore_plan import Restored, RestorePlan
    from magray_memory.archive.retention import PrunedBackups
    from magray_memory.archive.verify import VerifiedBackups
    from magray_memory.config import Loaded, Settings
    from magray_memory.health.doctor import Diagnosis
    from magray_memory.health.findings import Finding
    from magray_memory.health.model_change import Change
    from magray_memory.health.report import Component, Severity
    from magray_memory.health.status import Status
    from magray_memory.ignore.paths import canonical_root, relative_path, spelled_on_disk, tail
    from magray_memory.ignore.workspace_root import indexed_unasked
    from magray_memory.indexing.coverage import Coverage, PathStanding, Standing
    from magray_memory.indexing.overlay import chunked
    from magray_memory.indexing.report import IndexReport, SkippedItem
    from magray_memory.maintenance.result import Cleaned, Optimized, Step
    from magray_memory.maintenance.room import start_daily_backup
    from magray_memory.maintenance.schedule import RUN_SECONDS, Schedule, begin_daily, begin_hourly
    from magray_memory.models.device import Placed
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.models.model import Model
    from magray_memory.models.room import ModelInfo, UsedModel, Verified
    from magray_memory.models.store import ModelOverrides
    from magray_memory.records.citation import Source, snippet
    from magray_memory.records.draft import Draft, record_time
    from magray_memory.records.followed_links import LinkChange
    from magray_memory.records.layers import Move, Moves
    from magray_memory.records.purge import Purged
    from magray_memory.records.record import Record, RecordDetails, RecordPage, Remembered, record_id
    from magray_memory.regular_file import read_below
    from magray_memory.resources import give_back, give_way
    from magray_memory.search.heading_rename import RenamedHeading
    from magray_memory.search.hits import Hit, SearchAnswer
    from magray_memory.search.note_links import NamedNote, Note, aliases, stem
    from magray_memory.search.note_rename import Edit, Renames
    from magray_memory.search.notes import Backlink, FileEdits, TagUse
    from magray_memory.search.query import SearchQuery, parse, read_moment
    from magray_memory.search.symbols import Symbol
    from magray_memory.storage.home import Home
    from magray_memory.storage.lock import IndexerLock
    from magray_memory.storage.record_lists import RecordFilter
    from magray_memory.storage.vault_info import VaultInfo
    from magray_memory.text.analyzer import query_tokens, tokens
    from magray_memory.text.chunk_types import ChunkSymbol
    from magray_memory.text.decode import Undecodable, decode
    from magray_memory.text.front_matter import front_matter
    from magray_memory.text.headings import Heading, headings
    from magray_memory.text.languages import LANGUAGES, detect
    from magray_memory.text.markdown import prose_lines
    from magray_memory.text.note_references import NoteReference, note_references
    from magray_memory.text.tag_places import TagPlace, begun_in_front_matter, is_below, tag_places
    from magray_memory.text.word_role import is_grammar_or_local
    from magray_memory.usage.statistics import Item, Query, Stats
    from magray_memory.user_path import absolute_path, expand_user, home_path

__all__ = [
    "LANGUAGES",
    "PASSPHRASE_VARIABLE",
    "RUN_SECONDS",
    "BackedUp",
    "Backlink",
    "Backup",
    "Change",
    "ChunkSymbol",
    "Cleaned",
    "Component",
    "Coverage",
    "DeviceChange",
    "Diagnosis",
    "Draft",
    "Drilled",
    "Edit",
    "Exported",
    "FileEdits",
    "Finding",
    "Heading",
    "Hit",
    "Home",
    "Imported",
    "IndexReport",
    "IndexerLock",
    "Item",
    "LinkChange",
    "Loaded",
    "Model",
    "ModelInfo",
    "ModelOverrides",
    "Move",
    "Moves",
    "NamedNote",
    "Note",
    "NoteReference",
    "Optimized",
    "Passphrases",
    "PathStanding",
    "Placed",
    "PrunedBackups",
    "Purged",
    "Query",
    "Record",
    "RecordDetails",
    "RecordFilter",
    "RecordPage",
    "Remembered",
    "RenamedHeading",
    "Renames",
    "RestorePlan",
    "Restored",
    "Schedule",
    "SearchAnswer",
    "SearchQuery",
    "Settings",
    "Severity",
    "SkippedItem",
    "Source",
    "Standing",
    "Stats",
    "Status",
    "Step",
    "Symbol",
    "TagPlace",
    "TagUse",
    "Undecodable",
    "UsedModel",
    "VaultInfo",
    "Verified",
    "VerifiedBackups",
    "absolute_path",
    "aliases",
    "begin_daily",
    "begin_hourly",
    "begun_in_front_matter",
    "canonical_root",
    "chunked",
    "decode",
    "detect",
    "expand_user",
    "front_matter",
    "give_back",
    "give_way",
    "headings",
    "home_path",
    "indexed_unasked",
    "is_below",
    "is_grammar_or_local",
    "note_references",
    "parse",
    "prose_lines",
    "query_tokens",
    "read_below",
    "read_moment",
    "record_id",
    "record_time",
    "relative_path",
    "snippet",
    "spelled_on_disk",
    "start_daily_backup",
    "stem",
    "tag_places",
    "tail",
    "tokens",
]

_MODULES = {
    "archive.backup": ("BackedUp",),
    "archive.backup_folder": ("Backup",),
    "archive.passphrase": ("PASSPHRASE_VARIABLE", "Passphrases"),
    "archive.drill": ("Drilled",),
    "archive.verify": ("VerifiedBackups",),
    "archive.restore_plan": ("RestorePlan", "Restored"),
    "archive.retention": ("PrunedBackups",),
    "archive.export_run": ("Exported",),
    "archive.import_report": ("Imported",),
    "config": ("Loaded", "Settings"),
    "health.doctor": ("Diagnosis",),
    "health.findings": ("Finding",),
    "health.model_change": ("Change",),
    "health.report": ("Component", "Severity"),
    "health.status": ("Status",),
    "ignore.paths": ("canonical_root", "relative_path", "spelled_on_disk", "tail"),
    "ignore.workspace_root": ("indexed_unasked",),
    "indexing.coverage": ("Coverage", "PathStanding", "Standing"),
    "indexing.overlay": ("chunked",),
    "indexing.report": ("IndexReport", "SkippedItem"),
    "maintenance.room": ("start_daily_backup",),
    "maintenance.result": ("Cleaned", "Optimized", "Step"),
    "maintenance.schedule": ("RUN_SECONDS", "Schedule", "begin_daily", "begin_hourly"),
    "models.device": ("Placed",),
    "models.fallback": ("DeviceChange",),
    "models.model": ("Model",),
    "models.room": ("ModelInfo", "UsedModel", "Verified"),
    "models.store": ("ModelOverrides",),
    "regular_file": ("read_below",),
    "records.citation": ("Source", "snippet"),
    "records.draft": ("Draft", "record_time"),
    "records.layers": ("Move", "Moves"),
    "records.purge": ("Purged",),
    "records.record": ("Record", "RecordDetails", "RecordPage", "Remembered", "record_id"),
    "resources": ("give_back", "give_way"),
    "search.hits": ("Hit", "SearchAnswer"),
    "search.note_links": ("NamedNote", "Note", "aliases", "stem"),
    "records.followed_links": ("LinkChange",),
    "search.heading_rename": ("RenamedHeading",),
    "search.note_rename": ("Edit", "Renames"),
    "search.notes": ("Backlink", "FileEdits", "TagUse"),
    "search.query": ("SearchQuery", "parse", "read_moment"),
    "search.symbols": ("Symbol",),
    "storage.home": ("Home",),
    "storage.lock": ("IndexerLock",),
    "storage.record_lists": ("RecordFilter",),
    "storage.vault_info": ("VaultInfo",),
    "text.analyzer": ("query_tokens", "tokens"),
    "text.chunk_types": ("ChunkSymbol",),
    "text.decode": ("Undecodable", "decode"),
    "text.front_matter": ("front_matter",),
    "text.headings": ("Heading", "headings"),
    "text.languages": ("LANGUAGES", "detect"),
    "text.redaction": ("redact",),
    "usage.statistics": ("Item", "Query", "Stats"),
    "user_path": ("absolute_path", "expand_user", "home_path"),
    "text.markdown": ("prose_lines",),
    "text.note_references": ("NoteReference", "note_references"),
    "text.tag_places": ("TagPlace", "begun_in_front_matter", "is_below", "tag_places"),
    "text.word_role": ("is_grammar_or_local",),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"magray_memory.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
