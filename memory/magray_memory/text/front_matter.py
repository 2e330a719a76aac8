"""Front matter: the block of metadata at the top of a note, YAML between `---`, TOML between `+++`.

Only title, tags and aliases are read, in English or Russian. Values are text as the person wrote it: YAML's
scalars are never resolved to dates, numbers or booleans; a plain `~` or `null` is no value. What people write
and no YAML parser takes (a title with a colon, a value that begins with `@`) is read by row. What cannot be
read is left out, never an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from magray_memory.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import Event, NodeEvent

    Values = dict[str, list[str]]

_MAX_ROWS = 300
_MAX_CHARS = 32_768
_MAX_DEPTH = 8
_CLOSERS = {"---": ("---", "..."), "+++": ("+++",)}
_FIELDS = {
    "title": "title",
    **dict.fromkeys(("tags", "tag", "keywords"), "tags"),
    **dict.fromkeys(("aliases", "alias"), "aliases"),
    **dict.fromkeys(("заголовок", "название"), "title"),
    **dict.fromkeys(("теги", "тег", "метки", "метка", "ключевые слова"), "tags"),
    **dict.fromkeys(("псевдонимы", "псевдоним"), "aliases"),
}
"""Key in lower case → what it states."""
NAMES_OF_TAGS = frozenset(key for key, field in _FIELDS.items() if field == "tags")
"""Keys, in lower case, under which tags stand."""
FIELD_ROW = re.compile(r"([\"']?[^\W\d_][\w -]{0,60}[\"']?)[ \t]*(?::(?=[\s\[\"']|$)|=)[ \t]*\[?")
"""A row of YAML or TOML that begins with a key: the key, and how its value begins."""
_RUSSIAN = "|".join(key for key in _FIELDS if not key.isascii())
_KEY = re.compile(rf"([A-Za-z][\w -]{{0,60}}|(?i:{_RUSSIAN})):(?:\s+(.*))?$")
_FIELD = re.compile(rf"[\"']?(?:{'|'.join(_FIELDS)})[\"']?\s*:", re.IGNORECASE)
_ITEM = re.compile(r"\s*-\s+(.*)$")
_HASH = re.compile(r"(\S[ \t]+)#(?=[^\s#])")
"""A `#` that begins a word behind other text: a comment to YAML, a tag or a number to people."""
_ESCAPED_HASH = "\ue023"
_NULLS = ("", "~", "null")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a note says of itself; the first `rows` rows of the text belong to it."""

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
    tags = (tag.lstrip("#").strip().lower() for tag in values.get("tags", []))
    aliases = tuple(values.get("aliases", []))
    return FrontMatter(end + 1, title, tuple(tag for tag in dict.fromkeys(tags) if tag), aliases)


def _yaml(body: list[str]) -> Values:
    """The values of YAML; of what is none, those that can be read by row."""
    if not any(map(_FIELD.match, body)):
        return {}
    text = "\n".join(body)
    values = None
    if "#" in text:
        rows = [row if row.lstrip()[:1] == "#" else _HASH.sub(rf"\1{_ESCAPED_HASH}", row) for row in body]
        values = _parsed("\n".join(rows))
    if values is None:
        values = _parsed(text)
    if values is None:
        values = _by_row(body)
    tags = values.get("tags", [])
    if len(tags) == 1 and "," not in tags[0]:
        values["tags"] = tags[0].split()  # `tags: work idea`
    return values


def _parsed(text: str) -> Values | None:
    """The values of well-formed YAML; None for any other, and where a field is more than text and lists."""
    if len(text) > _MAX_CHARS:
        return None
    import yaml  # only for notes whose front matter has one of the fields

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        # Events alone: nothing is constructed or resolved, and no alias is expanded.
        events = cast("Iterator[Event]", yaml.parse(text, loader))  # pyright: ignore[reportUnknownMemberType]
        return _read_events(events)
    except (yaml.YAMLError, ValueError):  # ValueError also for half a surrogate pair
        return None


def _read_events(events: Iterator[Event]) -> Values:
    """The fields of the mapping that the stream consists of. Raises YAMLError or ValueError."""
    import yaml

    values: Values = {}
    _stream, _document, first = next(events), next(events), next(events, None)
    if not isinstance(first, yaml.MappingStartEvent):
        raise ValueError("no mapping")
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = [each.value for each in _leaves(event, events) if isinstance(each, yaml.ScalarEvent)]
        node = next(events)
        leaves = list(_leaves(node, events))
        field = _FIELDS.get(key[0].strip().lower()) if len(key) == 1 else None
        if field == "title" and not isinstance(node, yaml.ScalarEvent):
            raise ValueError("`[a]` and `{{ b }}` are text to people")
        if field is not None:
            texts = [text for text in map(_text_of, leaves) if text]
            if (
                isinstance(node, yaml.ScalarEvent)
                and field != "title"
                and (not node.style or field == "tags")
            ):
                texts = [part for text in texts for part in _listed(text)]
            values.setdefault(field, []).extend(texts)
    for _ in events:  # whatever is wrong behind the mapping is wrong with the whole
        pass
    return values


def _leaves(event: Event, events: Iterator[Event], depth: int = 0) -> Iterator[NodeEvent]:
    """The scalars and aliases of the node that an event begins, not those of mappings inside it."""
    import yaml

    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(event, yaml.CollectionStartEvent):
        is_list = isinstance(event, yaml.SequenceStartEvent)
        while not isinstance(child := next(events), yaml.CollectionEndEvent):
            leaves = list(_leaves(child, events, depth + 1))
            if is_list:
                yield from leaves
    elif isinstance(event, yaml.NodeEvent):
        yield event


def _text_of(leaf: NodeEvent) -> str:
    """The text of a scalar as it was written, "" for a null."""
    import yaml

    if not isinstance(leaf, yaml.ScalarEvent) or leaf.anchor or leaf.tag:
        raise ValueError("`*emphasis`, `&c` and `!important` are text to people")
    text = str(leaf.value).replace(_ESCAPED_HASH, "#")
    if not leaf.style and text in _NULLS:
        return ""
    return " ".join(text.split()) if "\n" in text else text.strip()


def _by_row(body: list[str]) -> Values:
    """The values that a reader of rows finds: `key: value`, `[a, b]`, `a, b` and `- a` lists, quotes."""
    values: Values = {}
    current: list[str] | None = None
    for row in body:
        key = _KEY.match(row)
        if key:
            field, value = _FIELDS.get(key[1].strip().lower(), ""), (key[2] or "").strip()
            current = values.setdefault(field, [])
            current.extend([_unquoted(value)] if field == "title" else _listed(value.strip("[]")))
        elif current is not None and (item := _ITEM.match(row)):
            current.append(_unquoted(item[1]))
        elif row and not row[0].isspace() and row[0] not in "]}#":
            current = None
        elif current is not None and row.strip(" ]}"):
            current.extend(_listed(row.strip().strip("[]")))  # a list in brackets that goes on
    return {field: [value for value in found if value] for field, found in values.items()}


def _listed(value: str) -> list[str]:
    return [part for part in map(_unquoted, re.split(r"[,\n]", value)) if part]


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return "" if value in (*_NULLS, "|", ">") else re.sub(r"\s#\s.*$", "", value)


def _toml(body: list[str]) -> Values:
    text = "\n".join(body)
    try:
        parsed = parse_toml(text) if len(text) <= _MAX_CHARS else {}
    except ValueError:
        return {}
    nested = [cast("dict[str, object]", table) for table in parsed.values() if isinstance(table, dict)]
    values: Values = {}
    for table in (parsed, *nested):  # Zola and Hugo: [taxonomies] tags = […]
        for key, value in table.items():
            found = cast("list[object]", value) if isinstance(value, list) else [value]
            field = _FIELDS.get(key.lower(), "")
            values.setdefault(field, []).extend(item for item in found if isinstance(item, str))
    return values
