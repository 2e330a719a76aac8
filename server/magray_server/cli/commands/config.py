"""`magray config`: what is set, where it comes from, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from magray_memory import config, config_file
from magray_memory.errors import ConfigError
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Group, Shell, command, completing
from magray_server.cli.terminal import safe

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.memory import Memory


@click.group(cls=Group, name="config", help="Show and change settings.", no_args_is_help=True)
def cli() -> None:
    pass


@command("path", example="$EDITOR $(magray config path)")
def path(shell: Shell) -> int:
    """Print the path of the person's settings file."""
    with shell.memory() as memory:
        file = config.config_path(memory.home.path)
    shell.value({"path": str(file)}) if shell.json else shell.result(safe(str(file)))
    return DONE


@command("show", example="magray config show")
def show(shell: Shell) -> int:
    """Print every setting, its value and where that comes from."""
    with shell.memory() as memory:
        values = {name: memory.settings.get(name) for name in config.names()}
        sources = memory.sources
    if shell.json:
        shell.value({"settings": values, "sources": {name: sources.get(name, "default") for name in values}})
        return DONE
    rows = [(name, config_file.toml_literal(value), sources.get(name, "")) for name, value in values.items()]
    for line in render.table([(name, safe(value), safe(source)) for name, value, source in rows]):
        shell.result(line)
    return DONE


@command("get", example="magray config get search.k")
@click.argument("name", shell_complete=completing(config.names))
def get(shell: Shell, name: str) -> int:
    """Print the value of one setting, such as index.ignore."""
    config.find_rule(name)
    with shell.memory() as memory:
        value = memory.settings.get(name)
        source = memory.sources.get(name, "default")
    if shell.json:
        shell.value({"name": name, "value": value, "source": source})
    elif isinstance(value, tuple):
        for item in cast(tuple[str, ...], value):
            shell.result(safe(item))
    else:
        shell.result(safe(value) if isinstance(value, str) else config_file.toml_literal(value))
    return DONE


@command(
    "set",
    without=("workspace",),
    example="""
    magray config set search.k 20
    magray config set notes.folders ~/notes ~/wiki
    magray config set --workspace index.ignore "generated/" "*.min.js"
    """,
)
@click.argument("name", shell_complete=completing(config.names))
@click.argument("values", nargs=-1, metavar="VALUE...")
@click.option(
    "--workspace", "here", is_flag=True, help="Write the workspace's .magray.toml, not your own file."
)
@click.option("--unset", is_flag=True, help="Take the setting out of the file.")
def set_(shell: Shell, name: str, values: tuple[str, ...], here: bool, unset: bool) -> int:
    """Change one setting in your settings file, or in the workspace's.

    A list takes several values. To name another workspace, put it first: magray --workspace DIR config set
    --workspace NAME VALUE.
    """
    rule = config.find_rule(name)
    if here and not rule.workspace:
        raise ConfigError(
            f"setting '{name}'", "a workspace may not set it", f"magray config set {name} VALUE"
        )
    if unset == bool(values):
        raise ConfigError(
            f"setting '{name}'", "it takes a value, or --unset", f"magray config set {name} VALUE"
        )
    value = None if unset else _value(name, values)
    with shell.memory() as memory:
        file = _file(memory, here=here)
        section, key = name.split(".")
        if unset:
            config_file.unset_value(file, section, key, follow_links=not here)
        else:
            config_file.set_value(file, section, key, value, follow_links=not here)
    if shell.json:
        shell.value({"name": name, "value": value, "path": str(file)})
    return DONE


def _file(memory: Memory, *, here: bool) -> Path:
    return memory.root / config.WORKSPACE_FILE if here else config.config_path(memory.home.path)


def _value(name: str, values: tuple[str, ...]) -> Any:
    if len(values) == 1:
        return config.check(name, values[0])
    if not isinstance(config.Settings().get(name), tuple):
        raise ConfigError(f"setting '{name}'", "it takes one value")
    return config.check(name, values)


for _command in (path, show, get, set_):
    cli.add_command(_command)
