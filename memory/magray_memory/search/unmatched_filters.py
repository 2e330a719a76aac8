"""Unmatched filters: those that fit nothing in any vault, each with the nearest value that does."""

from __future__ import annotations

import difflib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.ignore.paths import relative_path
from magray_memory.search.hits import UnmatchedFilter
from magray_memory.search.path_filter import composed
from magray_memory.search.vault_view import reading
from magray_memory.storage.passage_filters import file_paths, known_values, span_of_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from magray_memory.search.query import SearchQuery
    from magray_memory.search.vault_view import VaultView

_WHY = {
    "kind": "no document is of this kind",
    "lang": "no file is in this language",
    "layer": "no document is in this layer",
    "tag": "no document has this tag",
    "path": "no file fits it",
}
_SHOWN = 5


def unmatched_filters(views: Sequence[VaultView], query: SearchQuery) -> list[UnmatchedFilter]:
    """The filters that no document of any vault fits; all of them together where each fits some."""
    full = [view for view in views if view.passages]
    if not query.filtered or not full:
        return []
    names = full[0].unmatched.intersection(*(view.unmatched for view in full))
    if not names and all(view.empty for view in full):
        return [UnmatchedFilter("all", "", None, "no document fits all of the filters together")]
    return [_described(name, value, full, query) for name, value in sorted(names)]


def _described(name: str, value: str, views: Sequence[VaultView], query: SearchQuery) -> UnmatchedFilter:
    if name in ("since", "until"):
        return _moment(name, float(value), views)
    if name == "path":
        near = _nearest_path(value, views, query.folder)
        known = _top_names(views)[:_SHOWN] if near is None else [near]
    else:
        values = [known for view in views for known in _known(view, name)]
        near = _nearest(value, values)
        known = [near] if near is not None else list(dict.fromkeys(values))[:_SHOWN]
    remedy = f" (try: {', '.join(known)})" if known else ""
    return UnmatchedFilter(name, value, near, f"{name} {value}: {_WHY[name]}{remedy}")


def _moment(name: str, moment: float, views: Sequence[VaultView]) -> UnmatchedFilter:
    spans = [span for span in map(_span, views) if span is not None]
    value = _time(moment)
    if name == "since":
        near = _time(max(last for _, last in spans)) if spans else None
        return UnmatchedFilter(name, value, near, f"since {value}: the last change is of {near}")
    near = _time(min(first for first, _ in spans)) if spans else None
    return UnmatchedFilter(name, value, near, f"until {value}: the first change is of {near}")


def _time(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).astimezone().isoformat(timespec="seconds")
    except (OSError, OverflowError, ValueError):  # a file of the year 30,000
        return f"{moment:.0f}"


@reading
def _known(view: VaultView, name: str) -> list[str]:
    return known_values(view.connection, name)


@reading
def _span(view: VaultView) -> tuple[float, float] | None:
    return span_of_changes(view.connection)


@reading
def _paths(view: VaultView) -> list[str]:
    return list(file_paths(view.connection).values())


def _nearest(value: str, known: Iterable[str]) -> str | None:
    """The known value that is written most like this one; None where none is much like it."""
    folded = {name.casefold(): name for name in reversed(list(known))}
    wanted = value.casefold()
    if wanted in folded:
        return folded[wanted]
    close = difflib.get_close_matches(wanted, folded, 1, 0.6)
    if close:
        return folded[close[0]]
    return next((folded[name] for name in folded if name.startswith(wanted) or wanted.startswith(name)), None)


def _nearest_path(value: str, views: Sequence[VaultView], folder: str | None) -> str | None:
    """The nearest file or folder, as it can be typed: relative to `folder` where that lies in the root."""
    for view in views:
        root = view.source.root
        if root is None:
            continue
        paths = [composed(path) for path in _paths(view)]
        here = None if folder is None else relative_path(root, Path(folder))
        wanted = _wanted(value, os.fspath(root))
        spelled = (
            [wanted] if here is None else [os.path.normpath(f"{here}/{wanted}").replace("\\", "/"), wanted]
        )
        for path in spelled:
            near = _walked(path.strip("/").split("/"), paths)
            if near is not None and not f"{here or ''}/".startswith(near):
                return near if not here else _relative(near, here)
    return None


def _top_names(views: Iterable[VaultView]) -> list[str]:
    """The files and folders at the roots, folders first."""
    found: set[str] = set()
    for view in views:
        for path in _paths(view):
            name, slash, _ = path.partition("/")
            found.add(name + slash)
    return sorted(found, key=lambda name: (not name.endswith("/"), name))


def _wanted(value: str, root: str) -> str:
    inside = value.removeprefix(root) if Path(value).is_absolute() else value
    return inside.removeprefix("./").removeprefix("\\")


def _relative(path: str, here: str) -> str:
    shown = os.path.relpath(path, here).replace("\\", "/")
    return f"{shown}/" if path.endswith("/") else shown


def _walked(wanted: list[str], paths: Iterable[str]) -> str | None:
    """The path that is reached by the nearest name at each level; else the place of the last name."""
    top: dict[str, Any] = {}
    for path in paths:
        folder = top
        for part in path.split("/"):
            folder = folder.setdefault(part, {})
    found: list[str] = []
    folder = top
    for part in wanted:
        name = part if part in folder else _nearest(part, folder)
        if name is None:
            break
        found.append(name)
        folder = folder[name]
    if not found or len(found) < len(wanted):
        elsewhere = _anywhere(wanted[-1], paths)
        if elsewhere is not None:
            return elsewhere
    return "/".join(found) + ("/" if folder else "") if found else None


def _anywhere(name: str, paths: Iterable[str]) -> str | None:
    """The first file or folder of this name, whatever its case, at any depth."""
    wanted = name.casefold()
    for path in paths:
        parts = path.split("/")
        for depth, part in enumerate(parts, 1):
            if part.casefold() == wanted:
                return "/".join(parts[:depth]) + ("/" if depth < len(parts) else "")
    return None
