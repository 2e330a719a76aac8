"""`config`: what is set, where it comes from, and changing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_memory import config, config_file
from magray_memory.errors import ConfigError
from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.memory import Memory


@options
class ConfigPath:
    """Print the path of your settings file."""


@options
class ConfigShow:
    """Print every setting, its value and its source."""


@options
class ConfigGet:
    """Print the value of one setting, such as index.ignore."""

    name: str = option("The setting, `section.key`.", positional=True, complete=config.names)


@options
class ConfigSet:
    """Change one setting in your settings file, or in the project's.

    A list takes several values.
    """

    name: str = option("The setting, `section.key`.", positional=True, complete=config.names)
    values: tuple[str, ...] = option("Its value.", default=(), positional=True, metavar="VALUE...")
    project: bool = option("Write the project's .magray.toml instead of your settings file.", default=False)
    unset: bool = option("Remove the setting from the file.", default=False)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The person's settings file, which need not be there."""

    path: str


@dataclass(frozen=True, slots=True)
class AllSettings:
    """Every setting by name, and where each comes from."""

    settings: dict[str, Any]
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, and where it comes from."""

    name: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting that was changed, or with None taken out, in a file."""

    name: str
    value: Any
    path: str


def path(context: Context, _: ConfigPath) -> SettingsFile:
    """Where the person's settings are."""
    return SettingsFile(str(config.config_path(context.memory.home.path)))


def show(context: Context, _: ConfigShow) -> AllSettings:
    """The settings that hold now."""
    memory = context.memory
    values = {name: memory.settings.get(name) for name in config.names()}
    return AllSettings(values, {name: memory.loaded_settings.sources.get(name, "default") for name in values})


def get(context: Context, wanted: ConfigGet) -> Setting:
    """One setting as it holds now. Raises ConfigError for a name that is none."""
    config.find_rule(wanted.name)
    memory = context.memory
    return Setting(
        wanted.name,
        memory.settings.get(wanted.name),
        memory.loaded_settings.sources.get(wanted.name, "default"),
    )


def set_(context: Context, wanted: ConfigSet) -> Changed:
    """Write one setting. Raises ConfigError before anything is written when it makes no sense."""
    name = wanted.name
    rule = config.find_rule(name)
    if wanted.project and not rule.workspace:
        raise ConfigError(
            f"setting '{name}'", "a workspace may not set it", f"magray config set {name} VALUE"
        )
    if wanted.unset == bool(wanted.values):
        raise ConfigError(
            f"setting '{name}'", "it takes a value, or --unset", f"magray config set {name} VALUE"
        )
    value = None if wanted.unset else _value(name, wanted.values)
    file = _file(context.memory, project=wanted.project)
    section, key = name.split(".")
    if wanted.unset:
        config_file.unset_value(file, section, key, follow_links=not wanted.project)
    else:
        config_file.set_value(file, section, key, value, follow_links=not wanted.project)
    if name == "usage.enabled" and value is False:
        context.memory.usage.erase()
    return Changed(name, value, str(file))


def _file(memory: Memory, *, project: bool) -> Path:
    return memory.root / config.WORKSPACE_FILE if project else config.config_path(memory.home.path)


def _value(name: str, values: tuple[str, ...]) -> Any:
    if len(values) == 1:
        return config.check(name, values[0])
    if not isinstance(config.Settings().get(name), tuple):
        raise ConfigError(f"setting '{name}'", "it takes one value")
    return config.check(name, values)


OPERATIONS = (
    Operation(
        name="config path",
        options=ConfigPath,
        run=path,
        shape=SettingsFile,
        examples="$EDITOR $(magray config path)",
    ),
    Operation(
        name="config show", options=ConfigShow, run=show, shape=AllSettings, examples="magray config show"
    ),
    Operation(
        name="config get", options=ConfigGet, run=get, shape=Setting, examples="magray config get search.k"
    ),
    Operation(
        name="config set",
        options=ConfigSet,
        run=set_,
        shape=Changed,
        examples="""
        magray config set search.k 20
        magray config set notes.folders ~/notes ~/wiki
        magray config set --project index.ignore "generated/" "*.min.js"
        """,
    ),
)
