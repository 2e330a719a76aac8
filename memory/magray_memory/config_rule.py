"""Setting rules: what a setting accepts, who may set it, a value as the setting wants it, and the fields of a
section.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from magray_memory.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PATTERNS = 1_000
MAX_TEXT = 1_000
_NESTED = re.compile(r"""\((?:[^()\\]|\\.)*(?:[*+]|,\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d*,\})""")
"""A group with a repetition without a bound that is itself repeated without one."""


class Rule(NamedTuple):
    """What a setting accepts and who may set it. `low` and `high` are inclusive."""

    about: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    workspace: bool = False
    only_lower: bool = False
    """A workspace may make the value smaller, never larger."""
    folders: bool = False
    """The texts are folders: `~` is expanded, and a relative one is refused."""
    expressions: bool = False
    """The texts are regular expressions, whose time is proportional to what they read."""
    native: Mapping[str, str] = MappingProxyType({})
    """Choices whose library has no wheels, with the module that the extra `native` brings."""


class Fields:
    """A class of fields: made by their names or in their order, immutable, compared and shown by them.

    One set of methods for all: those that `dataclass` makes for each class cost every command 5 ms.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self.__dataclass_fields__
        given = dict(zip(fields, values, strict=False)) | named
        if len(given) < len(values) + len(named) or not given.keys() <= fields.keys():
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(fields)}, each once")
        self.__dict__.update(
            {name: given[name] if name in given else default_of(field) for name, field in fields.items()}
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"


by_fields = dataclasses.dataclass(init=False, repr=False, eq=False)


def default_of(field: dataclasses.Field[Any]) -> Any:
    """The value of a field that is not given."""
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def setting(default: Any, about: str, **rule: Any) -> Any:
    """A field with its default, what it is about, and what else its rule says."""
    return dataclasses.field(default=default, metadata={"rule": Rule(about, **rule)})


def convert(rule: Rule, default: Any, value: Any, label: str) -> Any:
    """`value` in the type of `default` and inside the rule. Raises ConfigError, with `label` as its subject.

    Text is read as the setting's own type: numbers, true/false, and lists as TOML or separated by commas.
    """
    if isinstance(default, bool):
        return _boolean(value, label)
    if isinstance(default, int | float):
        return _number(rule, default, value, label)
    if isinstance(default, tuple):
        return _texts(rule, value, label)
    if not isinstance(value, str):
        raise ConfigError(label, "it must be text")
    _check_text(value, label)
    if rule.choices and value not in rule.choices:
        raise ConfigError(label, f"it must be one of {', '.join(rule.choices)}")
    if value in rule.native and not installed(library := rule.native[value]):
        raise ConfigError(label, f'{value} needs {library}, which `pip install "magray[native]"` brings')
    return value


def installed(module: str) -> bool:
    """Whether a module could be imported, found out without importing it."""
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ValueError:  # it was imported and has no specification
        return False


def _boolean(value: Any, label: str) -> bool:
    if isinstance(value, bool):
        return value
    known = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise ConfigError(label, "it must be true or false")


def _number(rule: Rule, default: float, value: Any, label: str) -> float:
    whole = isinstance(default, int)
    kind = "a whole number" if whole else "a number"
    if isinstance(value, str):
        try:
            value = int(value) if whole else float(value)
        except ValueError:
            raise ConfigError(label, f"it must be {kind}") from None
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ConfigError(label, f"it must be {kind}")
    low, high = rule.low, rule.high
    # Written so that not-a-number is outside too.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise ConfigError(label, f"it must be from {low:g} to {high:.10g}")
    return value if whole else float(value)


def _texts(rule: Rule, value: Any, label: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _split(value, label)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        raise ConfigError(label, "it must be a list of texts")
    items: list[str] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    if len(items) > MAX_PATTERNS:
        raise ConfigError(label, f"it has more than {MAX_PATTERNS} items")
    for item in items:
        _check_text(item, label)
    if rule.expressions:
        for item in items:
            _check_expression(item, label)
    return tuple(_folder(item, label) for item in items) if rule.folders else tuple(items)


def _split(value: str, label: str) -> list[Any]:
    if not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    from magray_memory.toml_text import parse_toml

    try:
        return parse_toml(f"x = {value}")["x"]
    except ValueError as error:
        raise ConfigError(label, 'it must be a list such as ["a", "b"]') from error


def _check_text(value: str, label: str) -> None:
    if len(value) > MAX_TEXT:
        raise ConfigError(label, f"it is longer than {MAX_TEXT} characters")
    if not value.isprintable():
        raise ConfigError(label, "it has a control character in it")


def _check_expression(value: str, label: str) -> None:
    shown = value if len(value) <= 60 else value[:57] + "…"
    try:
        pattern = re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigError(label, f"{shown!r} is no regular expression ({error})") from error
    if pattern.match(""):
        raise ConfigError(label, f"{shown!r} matches an empty text")
    if _NESTED.search(value):
        raise ConfigError(label, f"{shown!r} repeats what is repeated in it, which may take for ever")


def _folder(value: str, label: str) -> str:
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:
        raise ConfigError(label, "the home folder of '~' is not known") from error
    if not path.is_absolute():
        raise ConfigError(label, "a folder must begin with '/', a drive or '~'")
    return str(path)
