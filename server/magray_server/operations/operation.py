"""Operation: one verb of the program, with typed options, what runs it and its typed result.

The shell's options, the params of the language server's requests, the tables of the pages and the schemas of
other programs are all made from an operation. Nothing heavy is imported here: the shell reads this on every
command.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from magray_memory.indexing.events import Event
    from magray_memory.memory import Memory
    from magray_memory.progress import Progress

T = TypeVar("T")
Options = TypeVar("Options")
Result = TypeVar("Result")
_KEY = "magray"


class Outcome(StrEnum):
    """How an operation ended that raised nothing."""

    DONE = "done"
    PARTLY = "partly"
    """Items that should have been handled were not."""
    FAILED = "failed"


def _silent() -> Progress:
    from magray_memory.progress import SILENT

    return SILENT


@dataclass(kw_only=True, eq=False, repr=False)
class Context:
    """What a run of an operation gets from its caller. Callbacks may be called in any thread."""

    memory: Memory
    progress: Progress = dataclasses.field(default_factory=_silent)
    """Gets what is being done, and says when to stop."""
    on_event: Callable[[Event], None] | None = None
    """Gets the events of an indexer."""
    on_warning: Callable[[str], None] | None = None
    """Gets the warnings of an indexer, where nothing gets its events."""
    confirm: Callable[[str], bool] | None = None
    """Asks the person a question before something is replaced; None where nobody can be asked."""
    ask_passphrase: Callable[[bool], str] | None = None
    """Asks the person for a passphrase, twice for a new one; None where nobody can be asked."""
    stdin: BinaryIO | None = None
    """What `-` reads; None where nobody can give anything."""
    folder: Path | None = None
    """What paths may be relative to besides the root of the workspace: the shell's current folder."""


@dataclass(kw_only=True, eq=False, repr=False)  # each method that is generated costs every command's start
class Spelling:
    """How the fields of one option are spelled and limited at the doors."""

    help: str = ""
    name: str = ""
    """The name in JSON; empty: the field's own."""
    flag: str = ""
    """The flag of the shell; empty: made from `name`."""
    metavar: str | None = None
    positional: bool = False
    """Whether the shell takes it by its place. A text may then stand in several arguments."""
    joined: bool = False
    """A positional text that several arguments make up."""
    path: bool = False
    """A path, which the shell takes relative to the current folder."""
    file: bool = False
    """A file of the shell's, as it was typed."""
    limits: tuple[int, int] | None = None
    """The least and the greatest number."""
    max_length: int | None = None
    engine_checks: bool = False
    """Whether the shell leaves the check of its choices or limits to the engine."""
    in_shell: bool = True
    """Whether the shell has it as an argument or flag of its own."""
    in_requests: bool = True
    """Whether other programs may give it; False for what is about the shell's own input and output."""
    complete: Callable[[], Iterable[str]] | None = None
    """The values that a shell completes."""


def option(sentence: str = "", /, default: Any = dataclasses.MISSING, **spelling: Any) -> Any:
    """A field of an operation's options; without `default` it is required. See `Spelling` for the rest."""
    return dataclasses.field(default=default, metadata={_KEY: Spelling(help=sentence, **spelling)})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def options(cls: type[T]) -> type[T]:
    """Makes a class of `option` fields the options of an operation; its docstring is the operation's help."""
    return dataclass(kw_only=True, repr=False)(cls)


@dataclass(eq=False, repr=False)
class Option:
    """One option as the doors see it. `type` is without None; `several`: a tuple of `type`."""

    field: str
    type: Any
    several: bool
    optional: bool
    """Whether it may be None, which then is its default."""
    required: bool
    default: Any
    spelling: Spelling

    @property
    def name(self) -> str:
        """The name in JSON."""
        return self.spelling.name or self.field

    @property
    def flag(self) -> str:
        """The flag of the shell."""
        return self.spelling.flag or f"--{self.name.replace('_', '-')}"

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values that it takes; empty where there are others."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()


def options_of(kind: type[Any]) -> Iterator[Option]:
    """Every option of a dataclass of options, in order."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        hint, optional = hints[field.name], False
        if get_origin(hint) in (Union, UnionType):
            optional = True
            hint = next(part for part in get_args(hint) if part is not type(None))
        several = get_origin(hint) is tuple
        required = field.default is dataclasses.MISSING
        yield Option(
            field=field.name,
            type=get_args(hint)[0] if several else hint,
            several=several,
            optional=optional,
            required=required,
            default=None if required else field.default,
            spelling=field.metadata[_KEY],
        )


def _done(_: object, __: object) -> Outcome:
    return Outcome.DONE


@dataclass(kw_only=True, eq=False, repr=False)
class Operation(Generic[Options, Result]):
    """One verb. The docstring of its `options` is its help: a sentence, then what else there is to know."""

    name: str
    """As the shell spells it: `search`, `vault drop`."""
    options: type[Options]
    run: Callable[[Context, Options], Result]
    """Raises MagrayError."""
    shape: type[Any] | str
    """The shape of the result in JSON: a type, or where it is defined (`module:Name`) when the shell need not
    import it.
    """
    outcome: Callable[[Options, Result], Outcome] = _done
    examples: str = ""
    """Lines of the shell."""
    activity: str = ""
    """What it does while it runs, as `cleaning`; empty for one that ends at once. One that has it shows its
    progress, ends at the next safe point when it is stopped, and has a language server to itself.
    """

    @property
    def help(self) -> str:
        """The docstring of the options."""
        return self.options.__doc__ or ""

    def shape_type(self) -> type[Any]:
        """The type that `shape` names."""
        if not isinstance(self.shape, str):
            return self.shape
        module, _, name = self.shape.partition(":")
        return getattr(import_module(module), name)


def as_json(result: Any) -> Any:
    """The result in the contract's shape: what it says itself, else its fields."""
    own = getattr(result, "as_json", None)
    if own is not None:
        return own()
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return result
