"""The `magray` command: finds the one command that is meant, runs it, and turns whatever happens into an
exit code.

A command's module is imported only when that command runs, so that `magray --help`, `--version` and
`status` start at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from magray_memory import __version__
from magray_server.cli.failures import DONE, FAILED, report, wants
from magray_server.cli.shell import global_options, write_example
from magray_server.cli.terminal import prepare_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "index": "Index the workspace, or only some paths in it.",
    "search": "Find passages by meaning and by words.",
    "related": "Find passages like a place in a file.",
    "status": "Show what is stored, how fresh it is, and what runs.",
    "vault": "List what is indexed; drop what is gone.",
    "config": "Show and change settings.",
    "completion": "Print the completion script of a shell.",
}
"""Every command with its line in `magray --help`; the module of the same name holds it as `cli`."""

GROUPS = {"Search": ("index", "search", "related"), "Care": ("status", "vault", "config", "completion")}

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
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "memory" and self._memory:
            return Program("memory", memory=False, help="The same commands under their older name.")
        if cmd_name not in COMMANDS:
            return None
        return import_module(f"magray_server.cli.commands.{cmd_name}").cli

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not (name == "memory" and self._memory) and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(name[:100], COMMANDS, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"there is no command '{name[:100]}'{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name]) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
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
    pass


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. All output has been flushed."""
    prepare_streams()
    verbose = wants(arguments, "--verbose") or wants(arguments, "-v")
    _start_logging(os.environ.get("MAGRAY_LOG", ""), verbose=verbose)
    try:
        try:
            code = cli.main(list(arguments), prog_name="magray", standalone_mode=False)
            sys.stdout.flush()
        except click.exceptions.Exit as stop:
            code = stop.exit_code
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            code = report(error, json=wants(arguments, "--json"), verbose=verbose)
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough (`| head`); what is left in the buffers has nowhere to go.
        _discard_output()
        return DONE
    except OSError as error:
        with contextlib.suppress(OSError):
            print(f"error: the output cannot be written: {error.strerror}", file=sys.stderr)
        _discard_output()
        return FAILED
    return code if isinstance(code, int) else DONE


def main() -> None:
    """Entry point of the `magray` script."""
    code = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    logging.shutdown()
    # Taking the interpreter and the model's runtime apart piece by piece costs a tenth of a second and
    # frees nothing that the system does not free anyway. Everything was closed and flushed.
    os._exit(code)


def _discard_output() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _start_logging(wanted: str, *, verbose: bool) -> None:
    """MAGRAY_LOG is a level, or LEVEL:FILE; without it only warnings are shown, with --verbose more."""
    name, _, file = wanted.partition(":")
    level = logging.getLevelNamesMapping().get(name.upper()) if name else None
    if level is None:
        level = logging.INFO if verbose else logging.ERROR
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file:
        with contextlib.suppress(OSError):
            handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace", delay=False)
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler]
    )
    if name and name.upper() not in logging.getLevelNamesMapping():
        logging.getLogger("magray").warning("MAGRAY_LOG=%s names no level", name)


if __name__ == "__main__":
    main()
