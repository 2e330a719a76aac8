"""From an exception to what the person sees: one line on stderr, an exit code, JSON where it is wanted."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

import click

from magray_memory.errors import Interrupted, MagrayError, UsageError
from magray_server.cli.terminal import coloured, results, style, to_json
from magray_server.interrupts import INTERRUPTED
from magray_server.safe_text import safe, safe_lines, without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 300
"""Characters of a sentence of the parser of arguments, which repeats whatever it was given."""
DONE, FAILED, WRONG_USAGE, PARTLY = 0, 1, 2, 3


class ShellError(MagrayError):
    """An error of the shell itself: what is printed cannot be written, a file of queries cannot be read."""

    code = "io"


class CommandLineError(UsageError):
    """The command line makes no sense."""


def describe(error: BaseException) -> MagrayError:
    """Any exception as one of ours, in one sentence."""
    if isinstance(error, MagrayError):
        return error
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "magray"
        what = error.format_message().rstrip(".")
        what = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}…"
        return CommandLineError(command, what[:1].lower() + what[1:], f"{command} --help")
    if isinstance(error, click.ClickException):
        return ShellError(error.format_message())
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Interrupted("interrupted")
    if isinstance(error, OSError):
        name = f" {error.filename}" if error.filename else ""
        return ShellError(f"the system refused{name}", error.strerror or str(error))
    return MagrayError(
        "this is a bug in magray", f"{type(error).__name__}: {error}", "--verbose for the details to report"
    )


def report(error: BaseException, *, json: bool, verbose: bool) -> int:
    """Print `error` on the standard streams; returns the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr)
        return WRONG_USAGE
    ours = describe(error)
    if verbose and not isinstance(error, KeyboardInterrupt | click.ClickException | click.Abort):
        print(
            safe_lines(without_secrets("".join(traceback.format_exception(error)).rstrip())), file=sys.stderr
        )
    if isinstance(ours, Interrupted):
        print(safe(str(ours)), file=sys.stderr)
    else:
        said = safe(without_secrets(str(ours)))
        print(style("error:", "red", colour=coloured(sys.stderr)), said, file=sys.stderr)
    if json:
        print(to_json({"error": as_json(ours)}), file=results())
    return exit_code(ours)


def as_json(error: MagrayError) -> dict[str, str]:
    """The error as programs read it."""
    return {"code": error.code, "message": without_secrets(error.message), "hint": error.hint}


def exit_code(error: MagrayError) -> int:
    """The exit code of the contract for an error."""
    if isinstance(error, Interrupted):
        return INTERRUPTED
    return WRONG_USAGE if isinstance(error, UsageError) else FAILED


def wants(arguments: Sequence[str], flag: str) -> bool:
    """Whether a flag stands among arguments that may not even parse."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return flag in arguments[:end]
