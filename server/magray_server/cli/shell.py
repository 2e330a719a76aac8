"""What every command shares: the global flags, wherever they stand on the line, and what they choose."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from magray_server.cli.terminal import coloured, emit, reserve_stdout, style, to_json
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from magray_memory.memory import Memory

_KEY = "magray.{}"


@dataclass(frozen=True, slots=True)
class Shell:
    """The global flags of one run, and the few ways in which a command speaks."""

    home: str | None
    workspace: str | None
    json: bool
    quiet: bool
    verbose: bool

    @classmethod
    def of(cls, context: click.Context) -> Shell:
        """The flags of this command line, before and after the command's name."""
        meta = context.meta

        def flag(name: str) -> Any:
            return meta.get(_KEY.format(name))

        return cls(
            flag("home"), flag("workspace"), bool(flag("json")), bool(flag("quiet")), bool(flag("verbose"))
        )

    def memory(self, overrides: Mapping[str, object] | None = None) -> Memory:
        """The engine for this home and workspace. Says what is wrong with the settings, opens nothing yet."""
        from magray_memory.memory import Memory

        reserve_stdout()
        memory = Memory.open(
            workspace=None if self.workspace is None else Path(self.workspace),
            home=None if self.home is None else Path(self.home),
            overrides=overrides,
        )
        for warning in memory.loaded_settings.warnings:
            self.warn(warning)
        return memory

    def result(self, text: str) -> None:
        """A line of what was asked for."""
        emit(text)

    def value(self, value: Any) -> None:
        """The one JSON value of a command."""
        emit(to_json(value))

    def warn(self, text: str) -> None:
        """Something that the person should know, and that stops nothing."""
        self._message("warning:", "yellow", text)

    def note(self, text: str) -> None:
        """A hint on what to do next."""
        self._message("note:", "cyan", text)

    def _message(self, label: str, kind: str, text: str) -> None:
        if not self.quiet:
            print(style(label, kind, colour=coloured(sys.stderr)), safe(text), file=sys.stderr)


def _store(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and value is not False:
        context.meta[_KEY.format(parameter.name)] = value


def _folder(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value == "":
        raise click.BadParameter("it is empty", ctx=context, param=parameter)
    _store(context, parameter, value)


def global_options() -> list[click.Option]:
    """Fresh options for one command; they stand in the context and are never passed to the function."""
    options = [
        click.Option(
            ["--home"],
            type=click.Path(),
            metavar="DIR",
            callback=_folder,
            help="Folder of vaults and settings.",
        ),
        click.Option(
            ["--workspace"],
            type=click.Path(),
            metavar="DIR",
            callback=_folder,
            help="The project to work on.",
        ),
        click.Option(["--json"], is_flag=True, callback=_store, help="Print one JSON value."),
        click.Option(["-q", "--quiet"], is_flag=True, callback=_store, help="No progress, no hints."),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            callback=_store,
            help="Show more details and tracebacks of errors.",
        ),
    ]
    for option in options:
        option.expose_value = False
    return options


class Command(click.Command):
    """A command that takes the global flags after its name too, and shows its example as it is written."""

    def __init__(
        self,
        *args: Any,
        example: str = "",
        check: Callable[[Sequence[str]], None] | None = None,
        rewrite: Callable[[list[str]], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self._check = check
        self._rewrite = rewrite
        self._own = len(self.params)
        self.params.extend(global_options())

    @property
    def own_parameters(self) -> list[click.Parameter]:
        """What it takes besides the global flags."""
        return self.params[: self._own]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after the command's own check and rewriting of them."""
        if self._check is not None and not ctx.resilient_parsing:
            self._check(args)
        return super().parse_args(ctx, args if self._rewrite is None else self._rewrite(args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's options: its own, then the global flags."""
        write_options(self, self._own, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's example."""
        write_example(self.example, formatter)


class Group(click.Group):
    """A command that has commands of its own, and takes the global flags between its name and theirs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's examples: the first of each command."""
        examples = [c.example.strip() for c in self.commands.values() if isinstance(c, Command)]
        write_example("\n".join(example.partition("\n")[0] for example in examples if example), formatter)


class DefaultGroup(Group):
    """A group that does something itself when none of its commands is named."""

    def __init__(self, *args: Any, default: Command, **kwargs: Any) -> None:
        own = default.own_parameters
        super().__init__(*args, params=own, invoke_without_command=True, callback=self._call, **kwargs)
        self._default = default

    def _call(self, **values: Any) -> Any:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            return self._default.callback(**values) if self._default.callback else None
        given = [name for name in values if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        if given:
            flag = f"--{given[0].replace('_', '-')}"
            raise click.UsageError(f"{flag} is no option of '{context.invoked_subcommand}'", context)
        return None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's options, those of the default command, and the commands."""
        write_options(self, len(self._default.own_parameters), ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's example, that of the default command."""
        write_example(self._default.example, formatter)


def write_options(
    command: click.Command, own: int, context: click.Context, formatter: click.HelpFormatter
) -> None:
    """The first `own` options of a help page, then the global flags."""
    first, shared = _records(context, command.params[:own]), _records(context, command.params[own:])
    helping = command.get_help_option(context)
    shared += _records(context, [helping] if helping else [])
    for title, rows in (("Options", first), ("Everywhere", shared)):
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def write_example(example: str, formatter: click.HelpFormatter) -> None:
    """The example of a help page, each line as it is typed."""
    if example:
        with formatter.section("Examples" if "\n" in example.strip() else "Example"):
            for line in example.strip().splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")


def _records(context: click.Context, parameters: list[click.Parameter]) -> list[tuple[str, str]]:
    options = [parameter for parameter in parameters if isinstance(parameter, click.Option)]
    records = [option.get_help_record(context) for option in options]
    return [record for record in records if record]


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Makes a function that takes a `Shell` first into a command of this program."""

    def decorate(function: Callable[..., Any]) -> Command:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(Shell.of(click.get_current_context()), *args, **kwargs)

        return click.command(name, cls=Command, example=example)(call)

    return decorate


def completing(known: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    """How a shell completes a value: with those of `known` that begin with what was typed."""

    def complete(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
        return [value for value in known() if value.startswith(typed)]

    return complete
