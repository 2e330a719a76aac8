"""Settings files: TOML read within limits, and edited with its comments and layout in place.

A workspace's `.magray.toml` comes with code from strangers, so reading has limits: a regular file, of modest
size, UTF-8, parsed without ever raising anything but `ConfigError` with one plain sentence. An edit changes
one value; the result is parsed again and compared before it replaces the file, so a file that cannot be
edited with certainty is left as it was.
"""

from __future__ import annotations

import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any, cast

from magray_memory.errors import ConfigError, StorageError
from magray_memory.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tomlkit import TOMLDocument
    from tomlkit.items import Table

MAX_BYTES = 65_536
"""A settings file larger than this is a mistake or an attack."""

_LONE_LF = re.compile(r"(?<!\r)\n")


def read_toml(path: Path, *, follow_links: bool = True) -> dict[str, Any] | None:
    """The table in `path`, or None when there is no such file. Raises ConfigError in one sentence."""
    text = _read_text(path, follow_links=follow_links)
    return None if text is None else _parse(text, path)


def set_value(path: Path, section: str, key: str, value: object, *, follow_links: bool = True) -> None:
    """Write `section.key = value` into the file, which is made when it is not there."""
    plain = list(cast(tuple[object, ...], value)) if isinstance(value, tuple) else value
    _edit(path, lambda document: _set(document, section, key, plain), section, key, plain, follow_links)


def unset_value(path: Path, section: str, key: str, *, follow_links: bool = True) -> bool:
    """Take `section.key` out of the file; False when it was not there."""
    table = read_toml(path, follow_links=follow_links)
    part = (table or {}).get(section)
    if not isinstance(part, dict) or key not in part:
        return False
    _edit(path, lambda document: _unset(document, section, key), section, key, None, follow_links)
    return True


def toml_literal(value: object) -> str:
    """`value` as TOML writes it; text, numbers, booleans and lists of text are all that settings hold."""
    # What JSON writes of these is TOML too, but for DEL; the import of tomlkit is for edits alone.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


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
    try:
        return parse_toml(text)
    except ValueError as error:  # tomllib.TOMLDecodeError, and numbers too long to convert
        reason = str(error).splitlines()[0][:120]
        raise ConfigError(f"settings file {path}", f"it is not valid TOML ({reason})") from error


def _edit(
    path: Path,
    change: Callable[[TOMLDocument], None],
    section: str,
    key: str,
    value: object,
    follow_links: bool,
) -> None:
    """Apply `change` to the file, prove that it did that and nothing else, and replace the file at once.

    Two that edit it at the same time do so one after the other, so that neither change is lost.
    """
    from magray_memory import atomic_file

    folder = path.resolve().parent
    try:
        atomic_file.make_private(folder)
        with atomic_file.one_editor(folder):
            _edit_alone(path, change, section, key, value, follow_links)
    except OSError as error:
        raise StorageError(
            f"settings file {path}", f"it cannot be written ({error.strerror or error})"
        ) from error


def _edit_alone(
    path: Path,
    change: Callable[[TOMLDocument], None],
    section: str,
    key: str,
    value: object,
    follow_links: bool,
) -> None:
    text = _read_text(path, follow_links=follow_links) or ""
    expected = _parse(text, path)
    part = expected.setdefault(section, {})
    hint = f"edit {path} in an editor"
    if not isinstance(part, dict):
        raise ConfigError(f"settings file {path}", f"'{section}' is not a table in it", hint)
    if value is None:
        del part[key]
    else:
        part[key] = value
    changed = _changed(text, change)
    try:
        sound = changed is not None and _without_empty(_parse(changed, path)) == _without_empty(expected)
    except ConfigError:
        sound = False
    if changed is None or not sound:
        raise ConfigError(
            f"settings file {path}",
            f"'{section}.{key}' is written in a form that cannot be edited automatically",
            hint,
        )
    _replace(path, changed, private=follow_links)  # that of a project is its group's too


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in table.items() if part != {}}


def _changed(text: str, change: Callable[[TOMLDocument], None]) -> str | None:
    """The text after `change`, with the line ends it had; None where tomlkit cannot do it."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    crlf = "\r\n" in text and not _LONE_LF.search(text)
    try:
        document = tomlkit.parse(text if not text or text.endswith("\n") else text + "\n")
        change(document)
        changed = document.as_string()
    except (TOMLKitError, RecursionError):
        return None
    return _LONE_LF.sub("\r\n", changed) if crlf else changed


def _set(document: TOMLDocument, section: str, key: str, value: object) -> None:
    import tomlkit
    from tomlkit.items import Table

    table = cast(dict[str, Any], document).get(section)
    if table is None:
        if document.as_string().splitlines()[-1:] > [""]:
            document.add(tomlkit.nl())
        document.add(section, tomlkit.table().add(key, value))
    elif key not in table and isinstance(table, Table):
        _append(table, key, value)
    else:
        table[key] = value


def _append(table: Table, key: str, value: object) -> None:
    """Add a key behind the last one: the blank lines and comments after that may belong to the next table."""
    body = table.value.body
    last = max((index for index, (name, _) in enumerate(body) if name is not None), default=-1)
    rest = [item for _, item in body[last + 1 :]]
    del body[last + 1 :]
    table.add(key, value)
    for item in rest:
        table.add(cast(Any, item))


def _unset(document: TOMLDocument, section: str, key: str) -> None:
    del cast(dict[str, Any], document[section])[key]


def _replace(path: Path, text: str, *, private: bool) -> None:
    from magray_memory import atomic_file

    target = path.resolve()
    atomic_file.remove_drafts(target)
    atomic_file.write_text(target, text, durable=True, private=private)
    atomic_file.sync_folder(target.parent)
