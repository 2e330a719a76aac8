"""The `magray` command: finds the one command that is meant, runs it, and turns whatever happens into an
exit code.

A command's module is imported only when that command runs, so that `magray --help`, `--version` and
`status` start at once.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from magray_memory import __version__
from magray_server import interrupts
from magray_server.cli.failures import DONE, FAILED, report, wants
from magray_server.cli.shell import global_options, write_example
from magray_server.cli.terminal import OutputLostError, flush, prepare_streams, results
from magray_server.operations.registry import MAINTENANCE, REGISTRY, SECTIONS
from magray_server.safe_text import SafeFormatter, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    **{name: entry.summary for name, entry in REGISTRY.items()},
    "completion": "Print the completion script of a shell.",
}
"""Every command with its line in `magray --help`."""

GROUPS = {
    section: tuple(name for name, entry in REGISTRY.items() if entry.section == section)
    for section in SECTIONS
}
GROUPS[MAINTENANCE] += ("completion",)

EXAMPLE = """
cd ~/my-project && magray index
magray search "where do we retry a failed payment"
magray search "как проверяется подпись" --lang python -k 5
magray related src/app.py:120
"""


class Program(click.Group):
    """A group that knows the names of its commands and imports each on use; global flags work everywhere."""

    def __init__(self, *args: Any, memory: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())
        self._memory = memory

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, for click."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now; None for an unknown one."""
        if cmd_name == "memory" and self._memory:
            return Program("memory", memory=False, help="Alias of the commands below.")
        if cmd_name not in COMMANDS:
            return None
        if cmd_name == "completion":
            from magray_server.cli.commands.completion import cli as completion

            return completion
        from magray_server.cli.operation_command import command_of_entry

        return command_of_entry(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; a usage error names a similar one."""
        name = args[0]
        if name not in COMMANDS and not (name == "memory" and self._memory) and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(name[:100], COMMANDS, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"there is no command '{name[:100]}'{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's commands, in groups."""
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name]) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help page's examples."""
        write_example(EXAMPLE, formatter)


@click.group(
    "magray",
    cls=Program,
    memory=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Search code and notes by meaning, offline, in English and Russian.\n\n"
    "Index a project once, then ask in your own words. Nothing leaves this machine.",
)
@click.version_option(__version__, prog_name="magray", message="%(prog)s %(version)s")
def cli() -> None:
    """The program; its commands do the work."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. All output has been flushed."""
    try:
        with interrupts.raising():
            code = _run(arguments)
    except KeyboardInterrupt:  # beside the command itself
        code = interrupts.INTERRUPTED
    return interrupts.exit_code(code)


def _run(arguments: Sequence[str]) -> int:
    prepare_streams()
    verbose = wants(arguments, "--verbose") or wants(arguments, "-v")
    quiet = wants(arguments, "--quiet") or wants(arguments, "-q")
    _start_logging(os.environ.get("MAGRAY_LOG", ""), verbose=verbose, quiet=quiet)
    code: object = DONE
    try:
        try:
            code = _dispatch(arguments)
            flush()
        except click.exceptions.Exit as stop:
            code = stop.exit_code
            flush()
        except (BrokenPipeError, OutputLostError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            # What is caught as another error can be what has become of an interrupt.
            what = KeyboardInterrupt() if interrupts.was_raised() else error
            code = report(what, json=wants(arguments, "--json"), verbose=verbose)
            flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough (`| head`); what is left in the buffers has nowhere to go.
        _discard_output()
    except (OSError, OutputLostError) as error:
        with contextlib.suppress(OSError):
            why = error.strerror if isinstance(error, OSError) else error
            print(f"error: the output cannot be written: {why}", file=sys.stderr)
        _discard_output()
        return FAILED
    return code if isinstance(code, int) else DONE


def _dispatch(arguments: Sequence[str]) -> object:
    """What the command returned. Not `cli.main`, which would turn a reader that left into a failure."""
    instruction = os.environ.get("_MAGRAY_COMPLETE")
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "magray", "_MAGRAY_COMPLETE", instruction)
    with cli.make_context("magray", list(arguments)) as context:
        return cli.invoke(context)


def main() -> None:
    """Run the command line of this process; never returns."""
    # Nearly all that a command makes lives until it ends, and the rest goes by counting references.
    gc.set_threshold(50_000, 20, 50)
    code = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    logging.shutdown()
    # Taking the interpreter and the model's runtime apart piece by piece costs a tenth of a second and
    # frees nothing that the system does not free anyway. Everything was closed and flushed.
    os._exit(code)


def _discard_output() -> None:
    with contextlib.suppress(OSError, ValueError):  # not a descriptor is left: then nothing is written anyway
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, results().fileno())
        finally:
            os.close(null)


def _start_logging(wanted: str, *, verbose: bool, quiet: bool) -> None:
    """MAGRAY_LOG is a level, or LEVEL:FILE. Without it our own warnings are shown, with --verbose more."""
    name, _, file = wanted.partition(":")
    level = logging.getLevelNamesMapping().get(name.upper())
    if name and level is None:
        print(f"warning: MAGRAY_LOG={safe(name)} names no level", file=sys.stderr)
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file:
        try:
            handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            print(f"warning: the log {safe(file)} cannot be written: {error.strerror}", file=sys.stderr)
    if level is None:
        handler.setFormatter(SafeFormatter("warning: %(message)s"))
        logging.basicConfig(level=logging.ERROR, handlers=[handler])
        ours = logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING
        logging.getLogger("magray_memory").setLevel(ours)
    else:
        handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=level, handlers=[handler])
