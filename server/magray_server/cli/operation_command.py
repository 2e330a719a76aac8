"""Click command of an operation: its options become parameters, its result what a view prints."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from magray_server.cli import render
from magray_server.cli.failures import DONE, FAILED, PARTLY
from magray_server.cli.shell import Command, DefaultGroup, Group, Shell, completing
from magray_server.operations.operation import (
    Context,
    Operation,
    Option,
    Outcome,
    as_json,
    options_of,
)
from magray_server.operations.paths import STREAM, current_folder, user_path
from magray_server.operations.registry import RECORDS, REGISTRY, load, module_name
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from magray_memory.memory import Memory
    from magray_memory.progress import Progress

Options = TypeVar("Options")
Result = TypeVar("Result")

EXIT_CODES = {Outcome.DONE: DONE, Outcome.PARTLY: PARTLY, Outcome.FAILED: FAILED}


@dataclass(eq=False, repr=False)
class Call(Generic[Options]):
    """One run of an operation by the shell."""

    shell: Shell
    options: Options
    memory: Memory


def _rows(_: Call[Any], result: Any) -> Iterable[str]:
    """A line for each fact of a result that has no view of its own."""
    facts: Any = as_json(result)
    if not isinstance(facts, dict):
        import msgspec

        facts = msgspec.to_builtins(facts)
    return render.table([(str(name), safe(str(value))) for name, value in facts.items()])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _nothing(_: Call[Any], __: Any) -> None:
    pass


@dataclass(kw_only=True, eq=False, repr=False)
class View(Generic[Options, Result]):
    """How the shell shows an operation. `cli/commands/NAME.py` may have a dictionary `VIEWS` of them."""

    lines: Callable[[Call[Options], Result], Iterable[str]] = _rows
    """The lines on stdout, where no JSON is wanted."""
    notes: Callable[[Call[Options], Result], None] = _nothing
    """Says on stderr what the person should know beside the result."""
    run: Callable[[Shell, Options], int | None] | None = None
    """Runs the operation in a way of its own, as one that streams does; returns the exit code, None to have
    it run like any other.
    """
    fields: Callable[[Shell, dict[str, Any]], dict[str, Any]] | None = None
    """Turns the parameters into the fields of the options, where the two differ."""
    check: Callable[[Sequence[str]], None] | None = None
    """Refuses arguments before they are parsed."""
    rewrite: Callable[[list[str]], list[str]] | None = None
    """Spells arguments for the parser that a person spells in a way of the command's own."""


def command_of_entry(name: str) -> click.Command:
    """The command, or the group of commands, of an entry of the registry."""
    operations = load(name)
    views = _views(name)
    if len(operations) == 1 and operations[0].name == name:
        return _command(operations[0], views.get(name, View()))
    own = next((operation for operation in operations if operation.name == name), None)
    if own is None:
        group = Group(name=name, help=REGISTRY[name].summary, no_args_is_help=True)
    else:
        alone = _command(own, views.get(name, View()))
        group = DefaultGroup(name=name, help=own.help, default=alone)
    for operation in operations:
        if operation is not own:
            group.add_command(_command(operation, views.get(operation.name, View())))
    return group


def _views(name: str) -> dict[str, View[Any, Any]]:
    module = f"magray_server.cli.commands.{module_name(name)}"
    return import_module(module).VIEWS if importlib.util.find_spec(module) is not None else {}


def _command(operation: Operation[Any, Any], view: View[Any, Any]) -> Command:
    options = tuple(options_of(operation.options))

    def call(**values: Any) -> int:
        shell = Shell.of(click.get_current_context())
        fields = {
            option.field: _value(option, values.pop(option.field))
            for option in options
            if option.field in values
        }
        if view.fields is not None:
            fields = view.fields(shell, fields)
        return _run(shell, operation, view, operation.options(**fields))

    return Command(
        operation.name.rpartition(" ")[2],
        callback=call,
        params=[_parameter(option) for option in options if option.spelling.in_shell],
        help=operation.help,
        example=operation.examples,
        check=view.check,
        rewrite=view.rewrite,
    )


def _run(shell: Shell, operation: Operation[Any, Any], view: View[Any, Any], options: Any) -> int:
    code = None if view.run is None else view.run(shell, options)
    if code is not None:
        return code
    with shell.memory() as memory, _progress(shell, operation) as progress:
        context = Context(memory=memory, progress=progress, folder=current_folder())
        context.stdin = None if sys.stdin is None else sys.stdin.buffer
        if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
            from magray_server.cli.questions import ask_passphrase, confirm

            context.confirm, context.ask_passphrase = confirm, ask_passphrase
        result = operation.run(context, options)
        call = Call(shell, options, memory)
        if shell.json:
            shell.value(as_json(result))
        else:
            for line in view.lines(call, result):
                shell.result(line)
        view.notes(call, result)
        if REGISTRY[operation.name.partition(" ")[0]].section == RECORDS:
            memory.maintenance.run_layers_in_background()
        if operation.name != "restore":
            memory.maintenance.back_up_in_background()
    return EXIT_CODES[operation.outcome(options, result)]


def _progress(shell: Shell, operation: Operation[Any, Any]) -> AbstractContextManager[Progress]:
    if operation.activity:
        from magray_server.cli.long_run import long_run

        return long_run(shell)
    from magray_memory.progress import SILENT, Progress

    if not shell.verbose:
        return nullcontext(SILENT)
    from magray_server.cli.long_run import notes

    return nullcontext(Progress(notes(shell)))


def _parameter(option: Option) -> click.Parameter:
    spelling = option.spelling
    shared: dict[str, Any] = {"type": _type(option), "metavar": spelling.metavar}
    if spelling.complete is not None:
        shared["shell_complete"] = completing(spelling.complete)
    if spelling.positional:
        nargs = -1 if option.several or spelling.joined else 1
        return click.Argument(
            [option.field], nargs=nargs, required=option.required and not spelling.joined, **shared
        )
    if option.type is bool:
        return click.Option([option.flag, option.field], is_flag=True, help=spelling.help)
    return click.Option(
        [option.flag, option.field],
        help=spelling.help,
        multiple=option.several,
        default=None if option.several else option.default,
        **shared,
    )


def _type(option: Option) -> Any:
    spelling = option.spelling
    if option.choices:
        return click.Choice(option.choices)
    if spelling.path or spelling.file:
        return click.Path()
    if option.type is int and spelling.limits and not spelling.engine_checks:
        return click.IntRange(*spelling.limits)
    return option.type


def _value(option: Option, value: Any) -> Any:
    """A parameter's value as the options have it."""
    if option.spelling.joined:
        return _as_typed(" ".join(value))
    if option.spelling.path and value is not None:
        value = tuple(map(_path, value)) if option.several else _path(value)
    return None if option.optional and value == () else value


def _path(text: str) -> str:
    return text if text == STREAM else str(user_path(text))


def _as_typed(text: str) -> str:
    """The text of an argument in UTF-8, which a locale such as C would have taken for something else."""
    if text.isascii() or os.name == "nt":
        return text
    return os.fsencode(text).decode("utf-8", "replace")
