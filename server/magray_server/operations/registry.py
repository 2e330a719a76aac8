"""Registry of the operations: what every door offers, without importing any of it.

The module of a name (`magray_server.operations.NAME`) holds its `OPERATIONS`: one, or the several of a group
such as `vault list` and `vault drop`. It is imported when one of them is used.
"""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from magray_server.operations.operation import Operation

SEARCH, RECORDS, MAINTENANCE = "Search", "Records", "Maintenance"
SECTIONS = (SEARCH, RECORDS, MAINTENANCE)


class Entry(NamedTuple):
    """One operation, or a group of them. `summary` is its line in `magray --help`; `request` is its name as a
    request of the language server, empty where it is none.
    """

    summary: str
    section: str
    request: str = ""


REGISTRY: dict[str, Entry] = {
    "index": Entry("Index the workspace, or only some paths in it.", SEARCH, "index"),
    "why": Entry("Report whether a file is indexed, or which rule leaves it out.", SEARCH, "why"),
    "coverage": Entry("Count what is indexed and what is left out, by rule.", SEARCH, "coverage"),
    "search": Entry("Find passages by meaning and by words.", SEARCH, "search"),
    "related": Entry("Find passages similar to a location in a file.", SEARCH, "related"),
    "recall": Entry("Find what was remembered, as of now or of an earlier day.", RECORDS, "recall"),
    "remember": Entry("Store a text as a record.", RECORDS, "remember"),
    "list": Entry("List records.", RECORDS, "list"),
    "show": Entry("Show a record, its source and its history.", RECORDS, "show"),
    "edit": Entry("Change a record.", RECORDS, "edit"),
    "tag": Entry("Add and remove tags of a record.", RECORDS, "tag"),
    "pin": Entry("Keep records for good.", RECORDS, "pin"),
    "unpin": Entry("Let pinned records expire again.", RECORDS, "unpin"),
    "forget": Entry("Move records to the trash.", RECORDS, "forget"),
    "promote": Entry("Move records that are used to a higher layer.", RECORDS, "promote"),
    "clean": Entry("Move records that are no longer used to the trash.", RECORDS, "clean"),
    "trash": Entry("List the trash; restore records from it; empty it.", RECORDS, "trash"),
    "export": Entry("Write records to a JSON file or a folder of notes.", RECORDS, "export"),
    "import": Entry("Take records from files of magray and of other tools.", RECORDS, "import"),
    "stats": Entry("Count what is stored, asked, found and never used.", MAINTENANCE, "stats"),
    "status": Entry("Show storage, freshness and the state of the model.", MAINTENANCE, "health"),
    "doctor": Entry("Examine all stored data; repair it with --fix.", MAINTENANCE),
    "backup": Entry("Back up records and settings; list backups.", MAINTENANCE, "backup"),
    "restore": Entry("Restore records and settings from a backup.", MAINTENANCE, "restore"),
    "optimize": Entry("Reduce storage size and search time.", MAINTENANCE, "optimize"),
    "vault": Entry("List indexed workspaces; delete an index.", MAINTENANCE),
    "model": Entry("List, fetch, use and verify models.", MAINTENANCE),
    "config": Entry("Show and change settings.", MAINTENANCE),
}


def load(name: str) -> tuple[Operation[Any, Any], ...]:
    """The operations of an entry."""
    return import_module(f"magray_server.operations.{module_name(name)}").OPERATIONS


def module_name(name: str) -> str:
    """The module of an entry, in each package that has one: that of a word of Python ends with `_`."""
    return f"{name}_" if iskeyword(name) else name
