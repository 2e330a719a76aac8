"""The params of our own requests: the options of an operation, and the file or folder that they are about.

Names and meaning are those of the operation. Unknown keys are ignored, as in the rest of the protocol: a
client may be newer than the server. What does not fit is refused in one sentence that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec

from magray_server.lsp.errors import invalid
from magray_server.operations.schema import decode

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Target(msgspec.Struct):
    """What a request is about: a file by URI or by path, and the open folder that the path is relative to."""

    uri: str | None = None
    path: str | None = None
    workspace: str | None = None


class RecordIds(msgspec.Struct):
    """Records by their ids; `changed`: those whose source is not what it was."""

    ids: list[str]
    changed: list[str] = []


class Subcommand(msgspec.Struct):
    """Which operation of a group: `restore` of `trash restore`."""

    command: str | None = None


class RecordUri(msgspec.Struct):
    """A record by its URI instead of its id."""

    uri: str | None = None


class Position(msgspec.Struct):
    """A position of the protocol."""

    line: Annotated[int, msgspec.Meta(ge=0)]
    character: Annotated[int, msgspec.Meta(ge=0)]


class Range(msgspec.Struct):
    """A range of the protocol."""

    start: Position
    end: Position


class Selection(msgspec.Struct):
    """A selection in an open document, and how it is filed."""

    uri: str
    range: Range
    title: str | None = None
    tags: list[str] = []
    layer: str | None = None


class Folder(msgspec.Struct):
    """The open folder that a request is about, by URI or path; None where it names none."""

    workspace: str | None = None


class WorkDone(msgspec.Struct):
    """A request whose progress the client shows under this token."""

    token: int | str | None = msgspec.field(default=None, name="workDoneToken")


class Partial(msgspec.Struct):
    """A request whose first results may be sent ahead of the answer, under this token."""

    token: int | str | None = msgspec.field(default=None, name="partialResultToken")


def read(kind: type[T], params: Any) -> T:
    """The params as one of the structs above. Raises an InvalidParams error."""
    return _read(lambda given: msgspec.convert(given, kind), params)


def read_options(kind: type[T], params: Any, **changes: Any) -> T:
    """The params as the options of an operation, with `changes` of them. Raises an InvalidParams error."""
    return _read(lambda given: decode(kind, {**given, **changes} if changes else given), params)


def _read(convert: Callable[[Any], T], params: Any) -> T:
    # An empty list is an empty object: Lua has one table for both, and Neovim sends the list.
    given: Any = {} if params is None or params == [] else params
    if not isinstance(given, dict):
        raise invalid(f"The params do not fit: Expected `object`, got `{_kind(given)}`.")
    try:
        return convert(cast("dict[str, Any]", given))
    except msgspec.ValidationError as error:
        raise invalid(f"The params do not fit: {_plain(str(error))}.") from error


def _kind(value: object) -> str:
    kinds: dict[type, str] = {list: "array", str: "str", bool: "bool", int: "int", float: "float"}
    return kinds.get(type(value), type(value).__name__)


def _plain(text: str) -> str:
    return text.replace(" - at `$.", " at `").replace(" - at `$`", "")
