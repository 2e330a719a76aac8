"""Reads and edits one TOML settings file, whoever wrote it and whatever is in it.

A workspace's `.magray.toml` comes with code from strangers, so reading has limits: a regular file, of modest
size, UTF-8, parsed without ever raising anything but `ConfigError` with one plain sentence. Editing changes
the one value it was asked for and keeps every comment and blank line; a file it cannot edit with certainty is
left as it was.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING, Any, cast

from magray_memory.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 65_536
"""A settings file larger than this is a mistake or an attack; tomllib is quadratic in places."""

_HEADER = re.compile(r"^\s*\[(?!\[)\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?$")
_ANY_HEADER = re.compile(r"^\s*\[")


def read_toml(path: Path, *, follow_links: bool = True) -> dict[str, Any] | None:
    """The table in `path`, or None when there is no such file. Raises ConfigError in one sentence."""
    text = _read_text(path, follow_links=follow_links)
    return None if text is None else _parse(text, path)


def set_value(path: Path, section: str, key: str, value: object, *, follow_links: bool = True) -> None:
    """Write `section.key = value` into the file, which is made when it is not there."""
    line = f"{key} = {toml_literal(value)}"
    _edit(path, lambda text: _with_value(text, section, key, line), section, key, value, follow_links)


def unset_value(path: Path, section: str, key: str, *, follow_links: bool = True) -> bool:
    """Take `section.key` out of the file; False when it was not there."""
    table = read_toml(path, follow_links=follow_links)
    part = (table or {}).get(section)
    if not isinstance(part, dict) or key not in part:
        return False
    _edit(path, lambda text: _with_value(text, section, key, None), section, key, None, follow_links)
    return True


def toml_literal(value: object) -> str:
    """`value` as TOML writes it; text, numbers, booleans and lists of text are all that settings hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_quoted(str(item)) for item in cast(list[object], value)) + "]"
    raise TypeError(f"settings do not hold {type(value).__name__}")


def _quoted(text: str) -> str:
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return (
        '"' + "".join(named.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'
    )


def _read_text(path: Path, *, follow_links: bool) -> str | None:
    what = f"settings file {path}"
    # Non-blocking, so that a pipe put in the file's place cannot hang the program.
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    if not follow_links and path.is_symlink():
        raise ConfigError(what, "it is a symbolic link, which is not followed in a workspace")
    try:
        fd = os.open(path, flags | (0 if follow_links else getattr(os, "O_NOFOLLOW", 0)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(what, f"it cannot be read ({error.strerror or error})") from error
    try:
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode):
            raise ConfigError(what, "it is not a regular file")
        if state.st_size > MAX_BYTES:
            raise ConfigError(what, f"it is larger than {MAX_BYTES // 1024} kB")
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(what, f"it cannot be read ({error.strerror or error})") from error
    finally:
        os.close(fd)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(what, "it is not UTF-8 text") from error


def _parse(text: str, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"settings file {path}", "it is nested too deeply") from error
    except ValueError as error:  # tomllib.TOMLDecodeError, and numbers too long to convert
        reason = str(error).splitlines()[0][:120]
        raise ConfigError(f"settings file {path}", f"it is not valid TOML ({reason})") from error


def _edit(
    path: Path,
    change: Callable[[str], str],
    section: str,
    key: str,
    value: object,
    follow_links: bool,
) -> None:
    """Apply `change` to the text, prove that it did that and nothing else, and replace the file at once."""
    text = _read_text(path, follow_links=follow_links) or ""
    expected = _parse(text, path)
    part = expected.setdefault(section, {})
    by_hand = f"edit {path} by hand"
    if not isinstance(part, dict):
        raise ConfigError(f"settings file {path}", f"'{section}' is not a table in it", by_hand)
    if value is None:
        del part[key]
    else:
        part[key] = list(value) if isinstance(value, tuple) else value  # type: ignore[arg-type]
    changed = change(text)
    try:
        sound = _without_empty(_parse(changed, path)) == _without_empty(expected)
    except ConfigError:
        sound = False
    if not sound:
        raise ConfigError(
            f"settings file {path}",
            f"'{section}.{key}' is written in a way that only a person can edit",
            by_hand,
        )
    _replace(path, changed)


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in table.items() if part != {}}


def _with_value(text: str, section: str, key: str, line: str | None) -> str:
    """The text with `line` as the value of section.key (None: without that value)."""
    lines = text.splitlines()
    current, end, found = "", None, None
    for number, raw in enumerate(lines):
        header = _HEADER.match(raw)
        if header or _ANY_HEADER.match(raw):
            current = header[1] if header else "\0"
            if current == section:
                end = number
            continue
        if current == section and raw.strip() and not raw.lstrip().startswith("#"):
            end = number
        names = key if current == section else f"{section}.{key}" if not current else None
        if names and found is None and re.match(rf"\s*{re.escape(names)}\s*=", raw):
            found = (number, names)
    if found is not None:
        number, names = found
        new = [] if line is None else [line.replace(key, names, 1) + _comment(lines[number])]
        lines[number : number + _extent(lines, number)] = new
    elif line is not None and end is not None:
        lines.insert(end + 1, line)
    elif line is not None:
        lines += ([""] if lines and lines[-1].strip() else []) + [f"[{section}]", line]
    return "\n".join(lines) + "\n"


def _extent(lines: list[str], number: int) -> int:
    """How many lines the value that begins at `number` takes: the fewest that parse."""
    import tomllib

    for count in range(1, len(lines) - number + 1):
        with contextlib.suppress(ValueError, RecursionError):
            tomllib.loads("\n".join(lines[number : number + count]))
            return count
    return 1


def _comment(line: str) -> str:
    """The remark after a value on one line, when it is plainly one."""
    match = re.match(r"""^[^"'#\[]*[^"'#\[\s](\s+#.*)$""", line)
    return match[1] if match else ""


def _replace(path: Path, text: str) -> None:
    from magray_memory import atomic_file

    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.remove_drafts(target)
        atomic_file.write_text(target, text, durable=True)
    except OSError as error:
        raise StorageError(
            f"settings file {path}", f"it cannot be written ({error.strerror or error})"
        ) from error
