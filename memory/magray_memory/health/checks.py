"""Health checks: one function per component, which says what is there now, cheaply and truthfully.

None of them loads a native library, writes, or waits for another process. A part of the program whose
feature does not exist yet has no component.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.config_rule import installed
from magray_memory.errors import ModelError
from magray_memory.health.disk_space import free_space
from magray_memory.health.model_change import Change, change_of
from magray_memory.health.report import Component, Severity
from magray_memory.index import planner
from magray_memory.models.model import Model, resolve_model
from magray_memory.models.recipe import embedding_key
from magray_memory.resources import Level, Pressure, available_memory, choose_profile, machine
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.unfinished import how_far
from magray_memory.storage.vault_info import VaultInfo, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.models.device_observation import Observation
    from magray_memory.storage.home import Home

_MEGABYTE = 1_000_000
_LITTLE_MEMORY = 300 * _MEGABYTE


class HealthContext(NamedTuple):
    """What the checks look at, gathered once. `current` is the vault of the workspace at hand, if any."""

    home: Home
    settings: Settings
    vaults: Sequence[VaultInfo]
    current: VaultInfo | None
    model: Model | None
    model_problem: ModelError | None
    device: Observation | None

    @property
    def key(self) -> str | None:
        """The embedding key in use, None when the model cannot be found."""
        return None if self.model is None else embedding_key(self.model)


def find_model(settings: Settings, home: Home) -> tuple[Model | None, ModelError | None]:
    """The model that the settings name with its files in place, or why there is none."""
    try:
        model = resolve_model(settings.embedding.model, home.models)
    except ModelError as error:
        return None, error
    try:
        for key in model.needed("cpu"):
            model.path(key)
    except ModelError as error:
        return model, error
    return model, None


def storage(context: HealthContext) -> Component:
    """The home and every vault in it."""
    path = context.home.path
    damaged = [vault for vault in context.vaults if vault.problem]
    total = sum(vault.bytes for vault in context.vaults)
    gone = sum(vault.gone for vault in context.vaults)
    detail = {
        "vaults": len(context.vaults),
        "bytes": total,
        "damaged": [str(vault.path) for vault in damaged],
        "gone": gone,
        "durability": context.settings.storage.durability,
        "sqlite": sqlite3.sqlite_version,
    }
    if path.exists() and not path.is_dir():
        why = f"the home {path} is not a folder"
        return Component("storage", Severity.FATAL, why, detail, "set MAGRAY_HOME or --home to a folder")
    if not path.exists():
        return Component("storage", Severity.INFO, "nothing is stored yet", detail, "magray index")
    notebook = next((vault for vault in damaged if not vault.kind.derived), None)
    if notebook is not None:
        why = f"the notebook cannot be read: {notebook.problem}"
        return Component("storage", Severity.CRITICAL, why, detail, "magray doctor --fix")
    if damaged:
        why = f"{len(damaged)} of {len(context.vaults)} vaults cannot be read: {damaged[0].problem}"
        severity = Severity.CRITICAL if context.current in damaged else Severity.WARNING
        return Component("storage", severity, why, detail, "magray index in its workspace rebuilds it")
    if any(vault.unseen_changes for vault in context.vaults):
        why = "the home is read-only, and its last changes cannot be seen from here"
        return Component("storage", Severity.WARNING, why, detail, f"make {path} writable once")
    if not os.access(path, os.W_OK):
        return Component("storage", Severity.WARNING, f"the home {path} is read-only", detail)
    others = _open_to_others(path)
    if others:
        why = f"other people of this machine can read {others}"
        return Component("storage", Severity.WARNING, why, detail, f"chmod 700 {path}")
    if gone:
        why = f"{gone} of {len(context.vaults)} vaults belong to folders that are gone"
        return Component("storage", Severity.INFO, why, detail, "magray vault drop --gone")
    return Component(
        "storage",
        Severity.OK,
        f"{len(context.vaults)} vault{'s' * (len(context.vaults) != 1)} in {path}",
        detail,
    )


def _open_to_others(home: Path) -> str:
    """What of the home more people than its owner may enter; empty on Windows, whose rights are others."""
    if sys.platform == "win32" or not home.stat().st_mode & 0o077:
        return ""
    return f"the home {home}"


def lexical_index(context: HealthContext) -> Component:
    """Whether the words of this workspace can be searched, and by the tokens that this version makes."""
    from magray_memory.text.analyzer import ANALYZER_VERSION

    vault = context.current
    if vault is None or vault.problem:
        return Component("lexical_index", Severity.INFO, "this workspace is not indexed", hint="magray index")
    version = vault.facts.get("analyzer_version")
    detail = {"passages": vault.passages, "analyzer_version": version}
    if version is not None and version != str(ANALYZER_VERSION):
        why = f"it was made by another version of the analyzer ({version}, now {ANALYZER_VERSION})"
        return Component("lexical_index", Severity.WARNING, why, detail, "magray index")
    if vault.unfinished is not None:
        return _unfinished(vault, vault.unfinished, detail)
    return Component("lexical_index", Severity.OK, f"{vault.passages:,} passages", detail)


def _unfinished(vault: VaultInfo, expected: int, detail: dict[str, Any]) -> Component:
    """An index that lacks files, for its run is under way or never came to its end."""
    detail = {**detail, "files": vault.files, "expected_files": expected or None}
    far = how_far(vault.files, expected)
    if IndexerLock(vault.path).holder() is not None:
        return Component("lexical_index", Severity.INFO, f"being indexed: {far}", detail)
    why = f"indexing was not finished: {far}"
    return Component("lexical_index", Severity.WARNING, why, detail, "magray index")


def vector_index(context: HealthContext) -> Component:
    """How much of this workspace can be found by meaning, by which model, and what a change to another has
    come to.
    """
    vault = context.current
    if vault is None or vault.problem:
        return Component("vector_index", Severity.INFO, "this workspace is not indexed", hint="magray index")
    pending, change = vault.pending, change_of(vault, context.key, context.home)
    others = _other_models(context)
    detail = {
        "vectors": vault.passages - pending,
        "pending": pending,
        "approximate": vault.approximate,
        "heads": vault.heads,
        "depth": {
            "requested": context.settings.embedding.depth,
            "actual": vault.depth.name,
            "reason": vault.depth.why or None,
        },
        "key": vault.serving or context.key,
        "engine": context.settings.vectors.engine,
        "change": None if change is None else change.as_json(),
        "other_models": {str(other.root or other.path): was for other, was in others},
    }
    if change is not None:
        return _changing(context, change, detail)
    if pending and vault.stands_in:
        why = (
            f"{vault.approximate:,} approximate vectors stand in for those of the model, as the settings say"
        )
        return Component("vector_index", Severity.OK, why, detail)
    if pending:
        why = f"{pending:,} of {vault.passages:,} passages are not embedded yet"
        if vault.approximate:
            why += f"; approximate vectors stand in for {vault.approximate:,}"
        return Component("vector_index", Severity.INFO, why, detail, "magray index")
    if others:
        other, was = others[0]
        more = f" and {len(others) - 1} more vaults" if len(others) > 1 else ""
        why = f"{vault.passages:,} vectors; {other.root or other.kind.value}{more}: still of {was}"
        hint = "" if other.root is None else f"magray --workspace {other.root} index"
        return Component("vector_index", Severity.INFO, why, detail, hint)
    why = f"{vault.passages:,} vectors{_of_heads(vault)}"
    return Component("vector_index", Severity.OK, why, detail, _graph_hint(context))


def _of_heads(vault: VaultInfo) -> str:
    """How many vectors are only of the beginning of a text, and why."""
    if not vault.heads:
        return ""
    why = f": {vault.depth.why}" if vault.depth.why and vault.depth.name == "heads" else ""
    return f", {vault.heads:,} of them of the beginning of a text{why}"


def _graph_hint(context: HealthContext) -> str:
    """What a graph needs, where an editor would have one if its library were installed."""
    vault, vectors = context.current, context.settings.vectors
    if (
        vault is None
        or vectors.engine != "auto"
        or vault.passages <= planner.EXACT_UP_TO
        or installed("hnswlib")
    ):
        return ""
    return 'pip install "magray[native]" for a graph, which answers editors a little sooner'


def _changing(context: HealthContext, change: Change, detail: dict[str, Any]) -> Component:
    vault = context.current
    busy = vault is not None and IndexerLock(vault.path).holder() is not None
    made = f"{change.share:.0%} of {change.to} is embedded"
    hint = "" if busy else "magray index"
    if change.was == change.to and not change.lost:
        made = f"{change.share:.0%} is embedded again; the vectors of an older version answer until then"
        return Component("vector_index", Severity.INFO, made, detail, hint)
    if change.lost:
        why = (
            f"{made}; search is by words only until then: the vectors are of {change.was}, and {change.lost}"
        )
        return Component("vector_index", Severity.WARNING, why, detail, hint)
    return Component("vector_index", Severity.INFO, f"{made}; {change.was} answers until then", detail, hint)


def _other_models(context: HealthContext) -> list[tuple[VaultInfo, str]]:
    """Vaults besides the one at hand that are not on the model of the settings, and what they are on."""
    changes = [(vault, change_of(vault, context.key, context.home)) for vault in context.vaults]
    return [(vault, change.was) for vault, change in changes if change and vault is not context.current]


def vector_cache(context: HealthContext) -> Component:
    """The bounded cache of vectors already made."""
    used = size_of(context.home.vectors)
    limit = context.settings.storage.vector_cache_mb * _MEGABYTE
    detail = {"bytes": used, "limit": limit}
    return Component(
        "vector_cache", Severity.OK, f"{used / _MEGABYTE:,.0f} of {limit / _MEGABYTE:,.0f} MB", detail
    )


def indexer(context: HealthContext) -> Component:
    """Who is indexing now."""
    busy: dict[str, int] = {}
    for vault in context.vaults:
        holder = IndexerLock(vault.path).holder() if vault.kind.derived else None
        if holder is not None:
            busy[str(vault.root or vault.path)] = holder
    if not busy:
        return Component("indexer", Severity.OK, "idle", {"running": {}})
    root, pid = next(iter(busy.items()))
    more = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    return Component("indexer", Severity.OK, f"indexing {root} (process {pid}){more}", {"running": busy})


def memory(context: HealthContext) -> Component | None:
    """Memory that is free for a model and an index, and what the program allows itself; None where the system
    does not tell.
    """
    free, here = available_memory(), machine()
    if free is None:
        return None
    wanted = context.settings.resources.profile
    profile = choose_profile(wanted, here)
    level = Pressure(lambda: free, here.memory).level
    detail = {
        "available": free,
        "total": here.memory,
        "cores": here.cores,
        "pressure": level.name.lower(),
        "requested_profile": wanted,
        "profile": profile.as_json(),
    }
    summary = f"{free / _MEGABYTE:,.0f} MB available, profile {profile.name}"
    if level is Level.PAUSE:
        why = f"{summary}; embedding waits for more"
        return Component("memory", Severity.CRITICAL, why, detail, "close other programs")
    if free < _LITTLE_MEMORY or level >= Level.SMALL_BATCHES:
        return Component("memory", Severity.WARNING, summary, detail, "close other programs before indexing")
    return Component("memory", Severity.OK, summary, detail)


def disk(context: HealthContext) -> Component | None:
    """Free space where the home is, or will be."""
    free = free_space(context.home.path)
    if free is None:
        return None
    detail = {
        "free": free.bytes,
        "used_by_magray": sum(v.bytes for v in context.vaults) + size_of(context.home.vectors),
    }
    summary = f"{free.bytes / _MEGABYTE:,.0f} MB free"
    hint = "" if free.severity is Severity.OK else "free some space"
    return Component("disk", free.severity, summary, detail, hint)
