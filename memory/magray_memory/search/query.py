"""Query: the text, the filters and the limits of one search.

`parse` is the only way from a line of text to a `SearchQuery`; the shell, the editor server and programs
share it, so that `lang:py` means the same everywhere. A broken filter is a `QueryError` in one sentence;
nothing else here fails.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast, get_args

import msgspec

from magray_memory.errors import QueryError
from magray_memory.search.inline_filters import split
from magray_memory.search.path_filter import read_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_memory.search.inline_filters import InlineFilter
    from magray_memory.search.time_span import TimeSpan

Mode = Literal["hybrid", "lexical", "semantic"]
Within = Literal["all", "workspace", "notes", "notebook"]
MODES: tuple[str, ...] = get_args(Mode)
WITHIN: tuple[str, ...] = get_args(Within)
LAYERS = ("interact", "insights", "assets")

DEFAULT_K = 10
MAX_K = 1_000
MAX_TEXT = 8_000
"""Characters of a query that are looked at: the model reads about 2,000 of them, more words only dilute BM25.
"""

_PHRASE = re.compile(r'"([^"]*)"')
_AGE = re.compile(r"(\d{1,6})([hdw])", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DATE_HINT = "2025-01-31, 2025-01-31T09:00, 3d, 2w or 6h"


class SearchQuery(msgspec.Struct, frozen=True):
    """One search. `text` is free of filters; `raw` is what was typed; times are aware and in UTC.

    A repeated tag means and; every other repeated filter means or. An empty tuple filters nothing. `folder`:
    what paths are relative to, besides the root. `loose` are those of the filters that stood among the words
    and may be text. `recall`: records and notes come before code. `span`: the time that is asked for, which
    filters nothing. `now`: the moment that the answer is of, in UTC seconds; None is the present.
    """

    text: str
    k: int = DEFAULT_K
    within: Within = "all"
    mode: Mode = "hybrid"
    layers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    explain: bool = False
    raw: str = ""
    folder: str | None = None
    loose: tuple[InlineFilter, ...] = ()
    recall: bool = False
    span: TimeSpan | None = None
    now: float | None = None

    @property
    def phrases(self) -> tuple[str, ...]:
        """The parts of the text that stood in double quotes and hold more than white space."""
        return tuple(p for p in _PHRASE.findall(self.text) if p.strip())

    @property
    def filtered(self) -> bool:
        """Whether anything but the text narrows the search."""
        return bool(
            self.layers or self.kinds or self.languages or self.paths or self.tags or self.since or self.until
        )


def _check_count(k: int) -> None:
    shown = f"-k {k}" if abs(k) < 10**9 else "-k"
    if k < 0:
        raise QueryError(shown, "the number of hits cannot be negative", "-k 10")
    if k > MAX_K:
        raise QueryError(shown, f"at most {MAX_K:,} hits are given", f"-k {MAX_K}")


def parse(
    text: str,
    *,
    k: int = DEFAULT_K,
    within: str = "all",
    mode: str = "hybrid",
    layers: Iterable[str] = (),
    kinds: Iterable[str] = (),
    languages: Iterable[str] = (),
    paths: Iterable[str] = (),
    tags: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    explain: bool = False,
    folder: Path | None = None,
    now: datetime | None = None,
) -> SearchQuery:
    """Reads the inline filters out of `text` and adds them to those given as options.

    `folder` is what paths are relative to, besides the root of a workspace; `now` the moment that ages such
    as `3d` count back from. Raises QueryError for a filter or an option that cannot be understood: an unknown
    layer, language, mode or date, an empty value, a path outside the root, a negative or absurd k.
    """
    _check_count(k)
    raw = _clean(text)
    now = now or datetime.now(UTC)
    here = None if folder is None else os.fspath(folder)
    given = {"kind": tuple(kinds), "tag": tuple(tags), "path": tuple(paths)}
    words, inline = split(raw, lambda name, value: _is_valid(name, value, here, now))

    def values(name: str, given: Iterable[str], check: Callable[[str], str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(check, _both(name, given, inline))))

    def moments(name: str, given: str | None) -> list[datetime]:
        typed = () if given is None else (given,)
        return [_moment(v, name, now) for v in _both(name, typed, inline)]

    loose = [p for p in inline if not p.sure and p.value not in given.get(p.name, (p.value,))]
    return SearchQuery(
        text=words[:MAX_TEXT],
        k=k,
        within=cast("Within", _one_of(within, "--in", WITHIN)),
        mode=cast("Mode", _one_of(mode, "--mode", MODES)),
        layers=values("layer", layers, lambda v: _one_of(v.lower(), "layer", LAYERS)),
        kinds=values("kind", given["kind"], _kind),
        languages=values("lang", languages, _language),
        paths=values("path", given["path"], lambda v: read_path(_some(v, "path"), here)),
        tags=values("tag", given["tag"], _tag),
        since=min(moments("since", since), default=None),
        until=max(moments("until", until), default=None),
        explain=explain,
        raw=raw,
        folder=here,
        loose=tuple(loose),
    )


def _both(name: str, given: Iterable[str], inline: Iterable[InlineFilter]) -> list[str]:
    """What was given for a filter as options, then in the text."""
    return [*map(_clean, given), *(part.value for part in inline if part.name == name)]


def read_moment(text: str, name: str, now: datetime) -> datetime:
    """The moment that a text means, in UTC and never in the future: an age, or the end of a day or of another
    time in words. Raises QueryError.
    """
    from magray_memory.search.time_span import moment

    if _AGE.fullmatch(text.strip()):
        return _moment(text.strip(), name, now)
    seconds = moment(_clean(text), now.timestamp())
    if seconds is None:
        raise QueryError(f"{name} {text[:60]}", "this is no day or time", _DATE_HINT)
    return datetime.fromtimestamp(seconds, UTC)


def without(query: SearchQuery, filters: Iterable[InlineFilter]) -> SearchQuery:
    """The query with these of its loose filters as text."""
    given = {(part.name, part.value) for part in filters}
    as_text = {part.written for part in filters}
    now = datetime.now(UTC)
    words, _ = split(query.raw, lambda name, value: _is_valid(name, value, query.folder, now), as_text)
    kinds = {_kind(value) for name, value in given if name == "kind"}
    tags = {_tag(value) for name, value in given if name == "tag"}
    paths = {read_path(value, query.folder) for name, value in given if name == "path"}
    return msgspec.structs.replace(
        query,
        text=words[:MAX_TEXT],
        kinds=tuple(kind for kind in query.kinds if kind not in kinds),
        tags=tuple(tag for tag in query.tags if tag not in tags),
        paths=tuple(path for path in query.paths if path not in paths),
        loose=(),
    )


def loose_name(part: InlineFilter, folder: str | None) -> tuple[str, str]:
    """A loose filter by its name and its value as a query keeps it."""
    read = {"kind": _kind, "tag": _tag}.get(part.name)
    return part.name, read_path(part.value, folder) if read is None else read(part.value)


def _is_valid(name: str, value: str, folder: str | None, now: datetime) -> bool:
    """Whether a filter takes a value."""
    try:
        if name in ("since", "until"):
            _moment(value, name, now)
        elif name == "path":
            read_path(_some(value, name), folder)
        elif name == "layer":
            _one_of(value.lower(), name, LAYERS)
        else:
            {"lang": _language, "kind": _kind, "tag": _tag}[name](value)
    except QueryError:
        return False
    return True


def _kind(value: str) -> str:
    return _some(value, "kind").lower()


def _tag(value: str) -> str:
    return _some(value.removeprefix("#").rstrip("/"), "tag").lower()


def _clean(text: str) -> str:
    """The text without what no tokenizer, database or JSON encoder takes: NULs and lone surrogates."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _some(value: str, name: str) -> str:
    if not value.strip():
        raise QueryError(
            name, "a filter needs a value right after the colon", f"{name}:VALUE, or quote the word"
        )
    return value.strip()


def _one_of(value: str, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        shown = f"{name} {value[:60]}" if value else name
        raise QueryError(shown, "there is no such choice", ", ".join(known))
    return value


def _language(value: str) -> str:
    from magray_memory.text.languages import canonical

    name = _some(value, "lang")
    known = canonical(name)
    if known is None:
        raise QueryError(
            f"lang {name[:60]}", "no language of that name is known", "python, js, c++, markdown"
        )
    return known


def _moment(value: str, name: str, now: datetime) -> datetime:
    """An age counted back from now, or an ISO date; a bare date means its whole day, in local time."""
    value = _some(value, name)
    age = _AGE.fullmatch(value)
    try:
        if age:
            return now - int(age[1]) * _UNITS[age[2].lower()]
        if len(value) <= 10:
            day = date.fromisoformat(value)
            moment = datetime(day.year, day.month, day.day)
            if name == "until":
                moment += timedelta(days=1, microseconds=-1)
        else:
            moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise QueryError(f"{name} {value[:60]}", "this is neither a date nor an age", _DATE_HINT) from None
