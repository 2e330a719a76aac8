"""The client's settings: the engine's own tree plus a section `server` for what only an editor knows.

They come with initialize, are pulled with `workspace/configuration` or pushed; names are `section.key` in
snake_case or camelCase. A value that cannot be used is named in one warning, and its default stands.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from magray_memory import config
from magray_memory.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

SECTION = "magray"
_SERVER = "server"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What the server does by itself."""

    index: bool = True
    """Keep the open folders indexed."""
    hover: bool = True
    """Show related memory at the cursor."""
    code_lens: bool = False
    """Show "N related" above definitions."""
    record_lens: bool = True
    """Show "N memories" above the lines that records are about."""
    optimize: bool = True
    """Keep what is stored small and quick, at most once a day and only while nothing is asked or typed."""
    log_level: str = ""
    """`error`, `warning`, `info` or `debug`; empty: what MAGRAY_LOG says."""


NOTIFICATIONS = ("status", "recordsChanged")
LEVELS = ("error", "warning", "info", "debug")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Only what the client set: `own` by the names of `ServerSettings`, `engine` by `section.key`; `warnings`
    has a sentence for each value refused.
    """

    own: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    engine: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    warnings: tuple[str, ...] = ()

    @property
    def server(self) -> ServerSettings:
        """Our own section, with the defaults."""
        return ServerSettings(**self.own)

    def over(self, base: ClientSettings) -> ClientSettings:
        """These settings, and those of `base` where these say nothing."""
        warnings = tuple(dict.fromkeys((*base.warnings, *self.warnings)))
        return ClientSettings({**base.own, **self.own}, {**base.engine, **self.engine}, warnings)

    def environment(self, sections: Container[str] | None = None) -> dict[str, str]:
        """The engine's part, or these sections of it, as variables for a child process."""
        return {
            f"MAGRAY_{name.replace('.', '__').upper()}": value
            if isinstance(value, str)
            else json.dumps(value)
            for name, value in self.engine.items()
            if sections is None or name.partition(".")[0] in sections
        }

    def indexer_environment(self) -> dict[str, str]:
        """What an indexer goes by, as variables for its process."""
        return self.environment(config.INDEXER_SECTIONS)


def read(options: Any) -> ClientSettings:
    """The settings in any JSON value; never raises."""
    warnings: list[str] = []
    own: dict[str, Any] = {}
    engine: dict[str, Any] = {}
    options = _own_section(options)
    if options is not None and not isinstance(options, dict):
        return ClientSettings(warnings=("The settings of magray must be an object; they are ignored.",))
    for name, value in _flat(cast("dict[Any, Any]", options or {})):
        section, _, key = name.partition(".")
        try:
            if section == _SERVER:
                own[key] = _server_value(key, value)
            elif section in config.Settings.__dataclass_fields__:
                engine[name] = config.check(name, value)
            # Anything else is the extension's own (a path to the server, a trace level): not ours to judge.
        except ConfigError as error:
            warnings.append(
                f"Setting magray.{name[:60]}: {error.why or 'it cannot be used'}; the default is used."
            )
    return ClientSettings(own, engine, tuple(warnings))


def asked_for(options: Any) -> frozenset[str]:
    """The notifications that the options of initialize ask for: `status`, `recordsChanged`."""
    own = _own_section(options)
    if not isinstance(own, dict):
        return frozenset()
    return frozenset(name for name in NOTIFICATIONS if own.get(name) is True)  # pyright: ignore[reportUnknownMemberType]


def _own_section(options: Any) -> Any:
    if isinstance(options, dict) and isinstance(options.get(SECTION), dict):  # pyright: ignore[reportUnknownMemberType]
        return options[SECTION]  # pyright: ignore[reportUnknownVariableType]
    return options  # pyright: ignore[reportUnknownVariableType]


def _flat(options: dict[Any, Any]) -> list[tuple[str, Any]]:
    """(section.key, value) for every value that is given; null means "not set"."""
    found: list[tuple[str, Any]] = []
    for section, part in options.items():
        name = _snake(str(section))
        if isinstance(part, dict):
            pairs = cast("dict[Any, Any]", part).items()
            found += [(f"{name}.{_snake(str(key))}", value) for key, value in pairs if value is not None]
        elif part is not None:
            found.append((name, part))
    return found


def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()


def _server_value(key: str, value: Any) -> bool | str:
    known = {known.name: known.default for known in dataclasses.fields(ServerSettings)}
    if key not in known:
        raise ConfigError(f"server.{key}", "there is no such setting")
    if isinstance(known[key], str):
        if value not in ("", *LEVELS):
            raise ConfigError(f"server.{key}", f"it must be one of {', '.join(LEVELS)}")
        return value
    if not isinstance(value, bool):
        raise ConfigError(f"server.{key}", "it must be true or false")
    return value
