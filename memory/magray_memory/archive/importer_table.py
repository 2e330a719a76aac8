"""Importer table: every format that can be imported, and how a source is known for one of them.

What a source holds decides, not what it is called; where two formats fit, the person is asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.source import Source

AUTO = "auto"


class Importer(NamedTuple):
    """A format. `about` is what a source of it is called in a sentence; `function`: `module:name`."""

    about: str
    function: str

    def load(self) -> Callable[[Source], Iterable[Incoming]]:
        """What reads a source."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(f"magray_memory.archive.importers.{module}"), name)


IMPORTERS = {
    "json": Importer("a JSON export of magray", "magray_json:items"),
    "markdown": Importer("Markdown notes", "notes:items"),
    "obsidian": Importer("an Obsidian vault", "notes:obsidian_items"),
    "basic-memory": Importer("notes of basic-memory", "notes:basic_memory_items"),
    "mem0": Importer("memories of mem0", "mem0:items"),
    "chatgpt": Importer("an export of ChatGPT", "chatgpt:items"),
    "claude": Importer("an export of Claude", "claude:items"),
    "mcp-memory": Importer("a memory file of MCP's reference server", "mcp_memory:items"),
    "jsonl": Importer("JSON lines with texts", "jsonl:items"),
    "magray-rust": Importer("records of the earlier magray in Rust", "magray_rust:items"),
}


def importer_for(source: Source, name: str) -> str:
    """The name of the importer for a source; `auto`: by what the source holds.

    Raises UsageError for a name that is none, and for a source of no or several known formats.
    """
    if name != AUTO:
        if name not in IMPORTERS:
            raise UsageError(f"{name!r} cannot be imported", "", f"--from {', '.join((AUTO, *IMPORTERS))}")
        return name
    from magray_memory.archive.detection import candidates

    found = candidates(source)
    if not found:
        raise UsageError(source.name, "it has no known format", f"--from {', '.join(IMPORTERS)}")
    if len(found) > 1:
        abouts = " or ".join(IMPORTERS[one].about for one in found)
        raise UsageError(source.name, f"it may be {abouts}", " or ".join(f"--from {one}" for one in found))
    return found[0]
