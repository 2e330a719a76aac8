"""Hits: the answer of a search, in exactly the shape that the contract gives to programs."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One change of a hit's score, in the order applied."""

    step: str
    change: float


class Place(msgspec.Struct, frozen=True):
    """Lines of a file, 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int


class Source(Place, frozen=True):
    """The lines that a record is about, as they were; `commit`: what git had checked out."""

    commit: str | None


class Hit(msgspec.Struct, frozen=True):
    """One ranked result. Lines are 1-based and inclusive; `path` is relative to `root`, `/` on every system.

    `id` names the document and its vault (see `storage/document_id.py`), `passage` the best passage of the
    lines shown. `freshness` is `fresh`, `stale` (the file changed since it was indexed) or `pending` (its
    vector is still to come). `snippet_line` is the line that the snippet begins with, which is the place to
    go: of the definition where a name was asked for; `symbol` is what that line belongs to. `explain` is
    there only when asked for; its changes sum to `score`. `copies` counts the places with the same text,
    `copy_paths` names the first of them, each below its root; both are there only where there are any.

    A record has in addition `created` and `updated` (in ISO 8601; the latter has every hit of a recall),
    `session`, `project`, `pinned`, `superseded_by` (the id of what replaces it), its `source`, and as
    `citation` whether that still holds: `verified`, `moved` (then `moved_to` says where to), `changed` or
    `gone`, null without a source.
    """

    rank: int
    score: float
    vault: str
    root: str | None
    id: str
    passage: int
    path: str | None
    uri: str | None
    start_line: int
    end_line: int
    symbol: str | None
    kind: str
    language: str | None
    layer: str
    tags: list[str]
    title: str | None
    key: str | None
    snippet: str
    snippet_line: int
    freshness: str
    confidence: float
    explain: list[Step] | msgspec.UnsetType = msgspec.UNSET
    copies: int | msgspec.UnsetType = msgspec.UNSET
    copy_paths: list[str] | msgspec.UnsetType = msgspec.UNSET
    updated: str | msgspec.UnsetType = msgspec.UNSET
    created: str | msgspec.UnsetType = msgspec.UNSET
    session: str | msgspec.UnsetType | None = msgspec.UNSET
    project: str | msgspec.UnsetType | None = msgspec.UNSET
    pinned: bool | msgspec.UnsetType = msgspec.UNSET
    citation: str | msgspec.UnsetType | None = msgspec.UNSET
    source: Source | msgspec.UnsetType | None = msgspec.UNSET
    moved_to: Place | msgspec.UnsetType = msgspec.UNSET
    superseded_by: str | msgspec.UnsetType | None = msgspec.UNSET


class AskedTime(msgspec.Struct, frozen=True):
    """The time that a question asks for, in ISO 8601."""

    since: str
    until: str


class UnmatchedFilter(msgspec.Struct, frozen=True):
    """A filter that fits no document. `nearest` is the value most like it that does; `message` a sentence.

    `filter` is `all` where each filter fits some documents, and all of them together none.
    """

    filter: str
    value: str
    nearest: str | None
    message: str


class SearchAnswer(msgspec.Struct, frozen=True):
    """What a search gave. `mode` is what was used, `requested_mode` what was asked for.

    `degraded` says in a sentence why the answer is less than it could be; `pending` counts passages without a
    vector, `approximate` those of them that took part by an approximate one, and is there only where there
    are any. `unreadable` says of each vault that could not be read why, `unmatched` of each filter that it
    fits nothing, both only where there are any; `time` is there where the question names one, `as_of` where
    the answer is of an earlier moment.
    """

    query: str
    mode: str
    requested_mode: str
    device: str | None
    degraded: str | None
    took_ms: float
    pending: int
    hits: list[Hit]
    approximate: int | msgspec.UnsetType = msgspec.UNSET
    unreadable: list[str] | msgspec.UnsetType = msgspec.UNSET
    unmatched: list[UnmatchedFilter] | msgspec.UnsetType = msgspec.UNSET
    time: AskedTime | msgspec.UnsetType = msgspec.UNSET
    as_of: str | msgspec.UnsetType = msgspec.UNSET


def iso_time(seconds: float) -> str:
    """UTC seconds in ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def steps(changes: list[tuple[str, float]]) -> tuple[float, list[Step]]:
    """The score and the steps that lead to it, rounded so that the steps still sum to the score.

    Every running total is rounded, never a change alone, so that no error builds up; steps without effect are
    left out.
    """
    total = 0.0
    shown = 0.0
    steps_shown: list[Step] = []
    for name, change in changes:
        total += change
        rounded = round(total, 4)
        if rounded != shown:
            steps_shown.append(Step(name, round(rounded - shown, 4)))
            shown = rounded
    return shown, steps_shown
