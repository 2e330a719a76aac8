"""View of `magray config`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from magray_memory import config, config_file
from magray_memory.errors import UsageError
from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from magray_server.operations.config import AllSettings, ConfigGet, ConfigShow, Setting


def _all(_: Call[ConfigShow], found: AllSettings) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for name, value in found.settings.items():
        source = found.sources[name]
        shown = "" if source == "default" else source
        rows.append((name, safe(config_file.toml_literal(value)), safe(shown)))
    return render.table(rows)


def _one(_: Call[ConfigGet], found: Setting) -> Iterator[str]:
    value = found.value
    if isinstance(value, tuple):
        yield from map(safe, cast(tuple[str, ...], value))
    else:
        yield safe(value) if isinstance(value, str) else config_file.toml_literal(value)


def _check(arguments: Sequence[str]) -> None:
    """Refuse `--workspace` in its earlier meaning: a flag that chose the file to write."""
    if "--workspace" not in arguments:
        return
    given = arguments[arguments.index("--workspace") + 1 :]
    rest = [part for part in arguments[: len(arguments) - len(given) - 1] if not part.startswith("-")]
    follows = given[0] if given else ""
    values = [*rest, *(part for part in given[1:] if not part.startswith("-"))]
    unset = "--unset" in arguments
    if not follows or follows.startswith("-") or follows in config.names() or (len(values) < 2 and not unset):
        raise UsageError(
            "config set",
            "--workspace names a folder; the workspace's own file is written with --project",
            "magray config set --project NAME VALUE",
        )


VIEWS = {
    "config path": View(lines=lambda _, file: [safe(file.path)]),
    "config show": View(lines=_all),
    "config get": View(lines=_one),
    "config set": View(lines=lambda _, __: (), check=_check),
}
