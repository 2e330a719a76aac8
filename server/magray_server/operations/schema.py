"""Options from JSON, and the JSON schemas of options and results."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, Union, cast

import msgspec

from magray_server.operations.operation import Option, options_of

if TYPE_CHECKING:
    from magray_server.operations.operation import Operation

T = TypeVar("T")


def decode(options: type[T], value: Any) -> T:
    """Options from a JSON object; a text stands for a list of one. `dryRun` and `dry-run` are `dry_run`; a
    list is known by its singular and its plural. Unknown keys are ignored: the other side may be newer.
    Raises msgspec.ValidationError, which names the key.
    """
    given = msgspec.convert(_renamed(options, value), struct_of(options))
    fields: dict[str, Any] = {}
    for option in _from_json(options):
        part = getattr(given, option.field)
        if option.several:
            if part is None:
                continue
            part = (part,) if isinstance(part, str) else tuple(part)
        fields[option.field] = part
    for option in options_of(options):
        if option.required:
            fields.setdefault(option.field, () if option.several else "")
    return options(**fields)


def _renamed(options: type[Any], value: Any) -> Any:
    """The object with the names of options as they are spelled here."""
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    names = {option.name for option in _from_json(options)}
    spellings = _spellings(options)
    renamed = {
        key: spellings[_letters(key)] for key in given if key not in names and _letters(key) in spellings
    }
    found = {renamed[key]: part for key, part in given.items() if key in renamed}
    return found | {key: part for key, part in given.items() if key not in renamed}


@cache
def _spellings(options: type[Any]) -> dict[str, str]:
    """The name of each option by its letters alone; of one that is a list also as one, and as several."""
    found = {_letters(option.name): option for option in _from_json(options)}
    lists = [(letters, option.name) for letters, option in found.items() if option.several]
    singular = {letters.removesuffix("s"): name for letters, name in lists}
    plural = {f"{letters}s": name for letters, name in lists}
    return singular | plural | {letters: option.name for letters, option in found.items()}


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def options_schema(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The JSON schema of an operation's options."""
    return msgspec.json.schema(struct_of(operation.options))


def result_schema(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The JSON schema of an operation's result."""
    return msgspec.json.schema(operation.shape_type())


@cache
def struct_of(options: type[Any]) -> type[msgspec.Struct]:
    """A msgspec Struct of the options that JSON can name, under the names, limits and sentences of the
    dataclass.
    """
    found = list(_from_json(options))
    fields: list[Any] = [
        (option.field, _annotated(option))
        if option.required
        else (option.field, _annotated(option), None if option.several else option.default)
        for option in found
    ]
    names = {option.field: option.name for option in found}
    return msgspec.defstruct(options.__name__, fields, rename=names, kw_only=True)


def _from_json(options: type[Any]) -> list[Option]:
    return [option for option in options_of(options) if option.spelling.in_requests]


def _annotated(option: Option) -> Any:
    spelling = option.spelling
    limits: dict[str, Any] = {}
    if spelling.limits:
        limits["ge"], limits["le"] = spelling.limits
    if spelling.max_length:
        limits["max_length"] = spelling.max_length
    about: dict[str, Any] = {"description": spelling.help} if spelling.help else {}
    kind: Any = option.type
    if option.choices and spelling.engine_checks:
        kind, about["examples"] = str, list(option.choices)
    if limits:
        kind = Annotated[kind, msgspec.Meta(**limits)]
    if option.several:
        kind = Union[list[kind], kind, None]  # noqa: UP007  # pyright: ignore
    elif option.optional:
        kind = Optional[kind]  # noqa: UP045
    return Annotated[kind, msgspec.Meta(**about)]
