"""Query: the text, the filters and the limits of one search.

`parse` is the only way from a line of text to a `SearchQuery`; the shell, the editor server and programs
share it, so that `lang:py` means the same everywhere. A broken filter is a `QueryError` in one sentence;
nothing else here fails.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, cast, get_args

from magray_memory.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Mode = Literal["hybrid", "lexical", "semantic"]
Within = Literal["all", "workspace", "notebook"]
MODES: tuple[str, ...] = get_args(Mode)
WITHIN: tuple[str, ...] = get_args(Within)
LAYERS = ("interact", "insights", "assets")
FILTERS = ("lang", "path", "tag", "layer", "kind", "since", "until")

DEFAULT_K = 10
MAX_TEXT = 8_000
"""Characters of a query that are looked at: the model reads about 2,000 of them, more words only dilute BM25.
"""

_FILTER = re.compile(rf"({'|'.join(FILTERS)}):(?!:)", re.IGNORECASE)
_PHRASE = re.compile(r'"([^"]*)"')
_AGE = re.compile(r"(\d{1,6})([hdw])", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DATE_HINT = "2025-01-31, 2025-01-31T09:00, 3d, 2w or 6h"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One search. `text` is free of filters; `raw` is what was typed; times are aware and in UTC.

    A repeated tag means and; every other repeated filter means or. An empty tuple filters nothing. With
    `lines` each hit tells where its snippet begins.
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
    lines: bool = False
    raw: str = ""

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
    now: datetime | None = None,
) -> SearchQuery:
    """Reads the inline filters out of `text` and adds them to those given as options.

    `now` is the moment that ages such as `3d` count back from. Raises QueryError for a filter or an option
    that cannot be understood: an unknown layer, language, mode or date, an empty value, a path outside the
    root, a negative k.
    """
    if k < 0:
        raise QueryError(f"-k {k}", "the number of hits cannot be negative", "-k 10")
    raw = _clean(text)
    words, inline = _split(raw)
    now = now or datetime.now(UTC)

    def values(name: str, given: Iterable[str], check: Callable[[str], str]) -> tuple[str, ...]:
        both = [*(_clean(v) for v in given), *inline.get(name, ())]
        return tuple(dict.fromkeys(check(v) for v in both))

    def moments(name: str, given: str | None) -> list[datetime]:
        both = [*([_clean(given)] if given is not None else []), *inline.get(name, ())]
        return [_moment(v, name, now) for v in both]

    return SearchQuery(
        text=words,
        k=k,
        within=cast("Within", _one_of(within, "--in", WITHIN)),
        mode=cast("Mode", _one_of(mode, "--mode", MODES)),
        layers=values("layer", layers, lambda v: _one_of(v.lower(), "layer", LAYERS)),
        kinds=values("kind", kinds, lambda v: _some(v, "kind").lower()),
        languages=values("lang", languages, _language),
        paths=values("path", paths, _path),
        tags=values("tag", tags, lambda v: _some(v.removeprefix("#").rstrip("/"), "tag").lower()),
        since=min(moments("since", since), default=None),
        until=max(moments("until", until), default=None),
        explain=explain,
        raw=raw,
    )


def _clean(text: str) -> str:
    """The text without what no tokenizer, database or JSON encoder takes: NULs and lone surrogates."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _split(text: str) -> tuple[str, dict[str, list[str]]]:
    """The words that are no filter, as they stood, and the filters by name. Quoted text is never a filter,
    nor is a name with white space and more text after its colon.
    """
    words: list[str] = []
    found: dict[str, list[str]] = {}
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _FILTER.match(text, at)
        # "kind: Deployment" is a line of somebody's file; a filter has its value right behind the colon.
        if match and not (text[match.end() : match.end() + 1].isspace() and text[match.end() :].strip()):
            value, at = _value(text, match.end(), match.group())
            found.setdefault(match.group(1).lower(), []).append(value)
        elif text[at] == '"' and (end := text.find('"', at + 1)) > 0:
            words.append(text[at : end + 1])
            at = end + 1
        else:
            start = at
            while at < len(text) and not text[at].isspace():
                at += 1
            words.append(text[start:at])
    return " ".join(words)[:MAX_TEXT], found


def _value(text: str, at: int, shown: str) -> tuple[str, int]:
    """A filter's value at `at`, quoted or up to white space, and where it ends."""
    if at < len(text) and text[at] in "\"'":
        end = text.find(text[at], at + 1)
        if end < 0:
            raise QueryError(shown[:-1], "the quote after it is not closed", f'{shown}"two words"')
        return text[at + 1 : end], end + 1
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end], end


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


def _path(value: str) -> str:
    name = _some(value, "path")
    if os.sep == "\\":
        name = name.replace("\\", "/")
    name = composed(name.removeprefix("./"))
    if ".." in name.split("/"):
        raise QueryError(f"path {name[:60]}", "it leads outside the workspace", "a glob relative to its root")
    if name.startswith(("!", "#")):
        name = "\\" + name
    return name


def composed(text: str) -> str:
    """The text in NFC, which keyboards type; file names of old Mac disks and archives are decomposed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def path_matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """A test for paths relative to the root: true where a gitignore glob holds for the path or its parent.

    Globs are in NFC; paths may be in any Unicode form.
    """
    from magray_memory.ignore.patterns import RuleSet, encoded, parse_rule

    match = RuleSet(filter(None, (parse_rule(encoded(glob)) for glob in globs))).match

    @cache
    def folder_matches(folder: str) -> bool:
        """Of a folder, with its final slash."""
        parent, _, name = folder[:-1].rpartition("/")
        prefix = f"{parent}/" if parent else ""
        return bool(prefix and folder_matches(prefix)) or match(name, prefix, True) is True

    def matches(path: str) -> bool:
        path = composed(path)
        name = path.rpartition("/")[2]
        prefix = path[: len(path) - len(name)]
        return bool(prefix and folder_matches(prefix)) or match(name, prefix, False) is True

    return matches


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
