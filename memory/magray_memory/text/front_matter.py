"""The block of metadata at the top of a note: YAML between `---`, TOML between `+++`.

Only title, tags and aliases are wanted, so YAML is read by a few rules instead of a parser: `key: value`,
`[a, b]`, `a, b` and `- a` lists, quotes. What cannot be read is left out, never an error.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import cast

_MAX_ROWS = 300
_CLOSERS = {"---": ("---", "..."), "+++": ("+++",)}
_KEY = re.compile(r"([A-Za-z][\w -]{0,60}):(?:\s+(.*))?$")
_ITEM = re.compile(r"\s*-\s+(.*)$")
_TAG_KEYS = ("tags", "tag", "keywords")
_ALIAS_KEYS = ("aliases", "alias")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a note says of itself; `rows` lines of the text, from the first, belong to it."""

    rows: int = 0
    title: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def front_matter(text: str) -> FrontMatter:
    """The front matter at the very top of a text; without rows if there is none or no end of it."""
    opener = text[:3]
    if opener not in _CLOSERS:
        return FrontMatter()
    rows = [row.rstrip() for row in text.split("\n", _MAX_ROWS)[:_MAX_ROWS]]
    if rows[0] != opener:
        return FrontMatter()
    end = next((row for row in range(1, len(rows)) if rows[row] in _CLOSERS[opener]), 0)
    body = rows[1:end]
    # A thematic break at the top, then prose, then another one, is no front matter.
    if not end or (opener == "---" and any(body) and not any(map(_KEY.match, body))):
        return FrontMatter()
    values = _toml(body) if opener == "+++" else _yaml(body)
    title = next(iter(values.get("title", [])), None)
    tags = [tag for key in _TAG_KEYS for tag in values.get(key, [])]
    if opener == "---" and len(tags) == 1 and "," not in tags[0]:
        tags = tags[0].split()  # `tags: work idea`
    aliases = [alias for key in _ALIAS_KEYS for alias in values.get(key, [])]
    named = (tag.lstrip("#").strip().lower() for tag in tags)
    return FrontMatter(end + 1, title, tuple(tag for tag in dict.fromkeys(named) if tag), tuple(aliases))


def _yaml(body: list[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    current: list[str] | None = None
    for row in body:
        key = _KEY.match(row)
        if key:
            name, value = key[1].strip().lower(), (key[2] or "").strip()
            current = values.setdefault(name, [])
            current.extend([_unquoted(value)] if name == "title" else _listed(value))
        elif current is not None and (item := _ITEM.match(row)):
            current.append(_unquoted(item[1]))
        elif row and not row[0].isspace() and row[0] not in "]}#":
            current = None
        elif current is not None and row.strip(" ]}"):
            current.extend(_listed(row))  # a list in brackets that goes on
    return {name: [value for value in found if value] for name, found in values.items()}


def _listed(value: str) -> list[str]:
    return [_unquoted(part) for part in value.strip().strip("[]").split(",")]


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return "" if value in ("|", ">", "~", "null") else re.sub(r"\s#\s.*$", "", value)


def _toml(body: list[str]) -> dict[str, list[str]]:
    try:
        parsed = tomllib.loads("\n".join(body))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    nested = [cast("dict[str, object]", table) for table in parsed.values() if isinstance(table, dict)]
    values: dict[str, list[str]] = {}
    for table in (parsed, *nested):  # Zola and Hugo: [taxonomies] tags = […]
        for key, value in table.items():
            found = cast("list[object]", value) if isinstance(value, list) else [value]
            values.setdefault(key.lower(), []).extend(item for item in found if isinstance(item, str))
    return values
