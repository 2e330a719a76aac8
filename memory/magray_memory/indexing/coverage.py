"""Coverage: whether and how files are indexed, and by which rule they are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.lookup import LeftOut, find_fault, find_left_out, left_out_by_content
from magray_memory.indexing.skip import Skip, SkipReason
from magray_memory.indexing.walk import Tally, WalkOptions, walk
from magray_memory.regular_file import stamp_of, unchanged
from magray_memory.storage import documents, skipped_files, vector_spaces
from magray_memory.storage.redactions import redactions_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.config import IndexSettings
    from magray_memory.storage.skipped_files import SkippedFile
    from magray_memory.storage.vault import Vault


class Standing(StrEnum):
    """How a path stands to the index."""

    INDEXED = "indexed"
    CHANGED = "changed"
    """Indexed, and changed on disk since."""
    NOT_INDEXED = "not_indexed"
    """No rule leaves it out; the next run reads it."""
    LEFT_OUT = "left_out"
    SKIPPED = "skipped"
    GONE = "gone"
    """Indexed, and no longer there."""
    FOLDER = "folder"
    MISSING = "missing"
    """Neither there nor indexed."""
    OUTSIDE = "outside"
    """In no folder of the workspace."""


@dataclass(frozen=True, slots=True)
class PathStanding:
    """What is known of one path; of a folder, of the files in it."""

    path: str
    standing: Standing
    reason: str = ""
    """Why it is not indexed, a few words."""
    rule: str | None = None
    source: str = ""
    pattern: str = ""
    kind: str | None = None
    language: str | None = None
    files: int | None = None
    passages: int = 0
    embedded: int = 0
    left_out: dict[str, int] = field(default_factory=dict[str, int])
    redacted: dict[str, int] = field(default_factory=dict[str, int])
    """How many secrets were taken out, by kind."""
    hint: str = ""
    """What to try where nothing is known of it; not in the JSON."""

    def as_json(self) -> dict[str, Any]:
        """The fields with the names of the contract."""
        return {
            "path": self.path,
            "state": self.standing.value,
            "reason": self.reason,
            "rule": self.rule,
            "source": self.source,
            "pattern": self.pattern,
            "kind": self.kind,
            "language": self.language,
            "files": self.files,
            "passages": self.passages,
            "embedded": self.embedded,
            "left_out": self.left_out,
            "redacted": self.redacted,
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a workspace is indexed, and what is not. `entries`: those left out by the rules asked for."""

    root: Path
    files: int
    passages: int
    not_indexed: int
    left_out: dict[str, int]
    skipped: tuple[tuple[str, str], ...]
    entries: tuple[LeftOut, ...]

    def as_json(self) -> dict[str, Any]:
        """The fields with the names of the contract."""
        return {
            "root": str(self.root),
            "files": self.files,
            "passages": self.passages,
            "not_indexed": self.not_indexed,
            "left_out": self.left_out,
            "skipped": [{"path": path, "reason": reason} for path, reason in self.skipped],
            "entries": [
                {"path": e.path, "rule": e.rule.value, "reason": e.detail, "source": e.source}
                for e in self.entries
            ],
        }


def by_rule(counts: Counter[IgnoreRule]) -> dict[str, int]:
    """Counts by the name of the rule, the greatest first."""
    return {rule.value: count for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def why(root: Path, path: str, settings: IndexSettings, vault: Vault | None) -> PathStanding | None:
    """How a path (relative, `/`; "" is the root) stands; None where nothing is there and nothing is known."""
    place = root / path
    if path:
        entry = find_left_out(
            root, path, ignore=settings.ignore, include=settings.include, hidden=settings.hidden
        )
        if entry is not None:
            return _left_out(path, entry)
        fault = find_fault(
            root, path, ignore=settings.ignore, include=settings.include, hidden=settings.hidden
        )
        if fault:
            return PathStanding(path, Standing.SKIPPED, Skip(SkipReason.RULES_UNKNOWN, fault).sentence)
    if not place.exists():
        known = vault is not None and documents.knows(vault, path)
        return PathStanding(path, Standing.GONE, "it is no longer there") if known else None
    if place.is_dir():
        return _folder(root, path, settings, vault)
    return _file(place, path, vault)


def coverage(
    root: Path,
    settings: IndexSettings,
    vault: Vault | None,
    rules: Sequence[str] = (),
    check: Callable[[], None] = lambda: None,
) -> Coverage:
    """What of a workspace is indexed; `rules`: by name, those whose entries are wanted. No file is read.

    `check()` is called for each folder, and may raise to stop.
    """
    tally = Tally(listed=[])
    files = {} if vault is None else documents.files(vault)
    skipped = {} if vault is None else skipped_files.skipped(vault)
    entries: list[LeftOut] = []
    failed: list[tuple[str, str]] = []
    seen = not_indexed = 0
    for found in walk(root, _options(settings), tally, on_folder=check):
        state = skipped.get(found.path)
        if found.path in files:
            seen += 1
        elif state is None or not unchanged(state.stamp, found.stamp):
            not_indexed += 1
        elif state.rule is not None:
            entries.append(left_out_by_content(found.path, IgnoreRule(state.rule), state.detail))
            tally.ignored[IgnoreRule(state.rule)] += 1
        else:
            failed.append((found.path, _skip(state).sentence))
    failed += [(path, skip.sentence) for path, skip in tally.problems.items()]
    wanted = set(rules)
    return Coverage(
        root,
        seen,
        0 if vault is None else vault.counts()[1],
        not_indexed,
        by_rule(tally.ignored),
        tuple(sorted(failed)),
        tuple(e for e in sorted([*(tally.listed or ()), *entries]) if e.rule.value in wanted),
    )


def _options(settings: IndexSettings) -> WalkOptions:
    return WalkOptions(settings.ignore, settings.include, settings.hidden)


def _left_out(path: str, entry: LeftOut) -> PathStanding:
    through = "" if entry.path.rstrip("/") == path else f", through {entry.path}"
    return PathStanding(
        path,
        Standing.LEFT_OUT,
        entry.sentence + through,
        entry.rule.value,
        entry.source,
        entry.pattern,
    )


def _folder(root: Path, path: str, settings: IndexSettings, vault: Vault | None) -> PathStanding:
    tally = Tally()
    indexed = waiting = 0
    stored = {} if vault is None else documents.files(vault)
    skipped = {} if vault is None else skipped_files.skipped(vault)
    for found in walk(root, _options(settings), tally, path):
        state = skipped.get(found.path)
        indexed += found.path in stored
        if state is not None and state.rule is not None:
            tally.ignored[IgnoreRule(state.rule)] += 1
        elif found.path not in stored:
            waiting += 1
    problem = tally.problems.get(f"{path}/" if path else "./")
    if problem is not None:
        return PathStanding(path or ".", Standing.SKIPPED, problem.sentence)
    reason = f"{waiting:,} files in it are not indexed" if waiting else ""
    counts = by_rule(tally.ignored)
    return PathStanding(path or ".", Standing.FOLDER, reason, files=indexed, left_out=counts)


def _file(place: Path, path: str, vault: Vault | None) -> PathStanding:
    if vault is None:
        return PathStanding(path, Standing.NOT_INDEXED, "the workspace was never indexed")
    stamp = stamp_of(place.lstat())
    state = skipped_files.skipped_file(vault, path)
    if state is not None and unchanged(state.stamp, stamp):
        if state.rule is None:
            return PathStanding(path, Standing.SKIPPED, _skip(state).sentence)
        return _left_out(path, left_out_by_content(path, IgnoreRule(state.rule), state.detail))
    stored = documents.file_state(vault, path)
    facts = documents.file_facts(vault, path, vector_spaces.serving(vault))
    if stored is None or facts is None:
        return PathStanding(path, Standing.NOT_INDEXED, "no run has read it yet")
    kind, language, passages, embedded = facts
    fresh = unchanged(stored.stamp, stamp)
    with vault.read() as connection:
        redacted = redactions_of(connection, stored.document_id)
    return PathStanding(
        path,
        Standing.INDEXED if fresh else Standing.CHANGED,
        "" if fresh else "it changed since it was indexed",
        kind=kind,
        language=language,
        passages=passages,
        embedded=embedded,
        redacted=redacted,
    )


def _skip(state: SkippedFile) -> Skip:
    return Skip(SkipReason(state.reason), state.detail)
