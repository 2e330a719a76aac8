#!/usr/bin/env python3
"""Writes docs/cli.md from the commands themselves, and docs/export.schema.json from the types of an export.

usage: build_docs.py [--check]

--check writes nothing and ends with 1 when a file is not what the program says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magray_memory.archive.exported_record import schema
from magray_server.cli.program import GROUPS, cli
from magray_server.cli.shell import global_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCS = Path(__file__).resolve().parents[1] / "docs"

INTRODUCTION = """\
# The command line

`magray [FLAGS] COMMAND`. The flags that every command takes work before and after its name.

stdout carries results only; progress, warnings and errors go to stderr. `--json` prints one JSON value;
commands that stream print one a line.

| exit code | |
|---|---|
| 0 | done; nothing found, or nothing to do, is done too |
| 1 | it failed |
| 2 | wrong usage, a path outside the workspace included |
| 3 | done in part: what was left out is named |
| 130 | interrupted (143: by SIGTERM) |

An error is one line, `error: WHAT: WHY (try: …)`. With `--json` it is also
`{"error": {"code": …, "message": …, "hint": …}}` on stdout.

This page is made by `scripts/build_docs.py` from the commands' own help.
"""


def page() -> str:
    """The whole page."""
    context = click.Context(cli, info_name="magray")
    parts = [INTRODUCTION, "## Flags of every command\n", *_options(global_options(), context)]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        for name in names:
            command = cli.get_command(context, name)
            assert command is not None
            parts += _command(command, context)
    return "\n".join(parts).rstrip() + "\n"


def _command(command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, parent, info_name=command.name)
    level = len(context.command_path.split()) + 1
    yield f"{'#' * level} {context.command_path}\n"
    if isinstance(command, click.Group):
        yield f"{_unwrapped(command.help or '')}\n"
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _command(child, context)
        return
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"```\n{usage}\n```\n"
    yield f"{_unwrapped(command.help or '')}\n"
    shared = {option.name for option in global_options()}
    yield from _options([p for p in command.params if p.name not in shared], context)
    example: str = getattr(command, "example", "").strip()
    if example:
        lines = "\n".join(line.strip() for line in example.splitlines())
        yield f"```\n{lines}\n```\n"


def _options(parameters: Iterable[click.Parameter], context: click.Context) -> Iterator[str]:
    options = (parameter for parameter in parameters if isinstance(parameter, click.Option))
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        rows = [f"| `{_cell(name)}` | {_cell(about)} |" for name, about in records]
        yield "\n".join(["| option | |", "|---|---|", *rows]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _unwrapped(text: str) -> str:
    """Paragraphs on a line each; click marks those that keep their line breaks with a backspace."""
    paragraphs = text.replace("\b\n", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def main(arguments: list[str]) -> int:
    code = 0
    made = {"cli.md": page(), "export.schema.json": json.dumps(schema(), indent=2) + "\n"}
    for name, fresh in made.items():
        path = DOCS / name
        if "--check" not in arguments:
            path.write_text(fresh, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != fresh:
            print(f"error: {name} is not what the program says (try: scripts/build_docs.py)", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
