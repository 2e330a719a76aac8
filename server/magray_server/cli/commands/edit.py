"""View of `magray edit`: the text in the person's editor, and the record as it is then."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magray_server.cli.failures import DONE, ShellError
from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed, from_stdin, redacted_note
from magray_server.operations.edit import run
from magray_server.operations.operation import Context

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from magray_memory.values import Record
    from magray_server.cli.shell import Shell
    from magray_server.operations.edit import Edit


def _fields(_: Shell, fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("text") == "-":
        fields["text"] = from_stdin()
    return fields


def _run(shell: Shell, wanted: Edit) -> int | None:
    if (wanted.text, wanted.title, wanted.kind) != (None, None, None):
        return None
    with shell.memory() as memory:
        former = memory.records.get(wanted.id)
        with _draft(shell, former.stored.text) as draft:
            text = _edited(draft, former.stored.text)
            if text == former.stored.text:
                shell.note(f"{former.id} is unchanged")
                return DONE
            version = wanted.version or former.as_json()["version"]
            record = run(Context(memory=memory), replace(wanted, text=text, version=version))
    if shell.json:
        shell.value(record.as_json())
    else:
        for line in changed("changed", [record]):
            shell.result(line)
        if record.redacted:
            shell.note(redacted_note(record.redacted))
    return DONE


@contextmanager
def _draft(shell: Shell, text: str) -> Generator[Path]:
    """A file with the text for an editor, which stays where what was written into it is not stored."""
    handle, name = tempfile.mkstemp(prefix="magray-", suffix=".md")
    path, written = Path(name), _in_file(text)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(written)
        yield path
    except BaseException:
        with suppress(OSError):
            if path.read_bytes() in (written, b""):
                path.unlink()
            else:
                shell.note(f"what you wrote is kept in {path}")
        raise
    path.unlink(missing_ok=True)


def _in_file(text: str) -> bytes:
    return (text if text.endswith("\n") else f"{text}\n").encode()  # editors want a line that ends


def _edited(draft: Path, text: str) -> str:
    """The text after the editor is closed."""
    try:
        click.edit(filename=str(draft))
        found = draft.read_bytes().decode("utf-8-sig")
    except click.ClickException as error:
        raise ShellError("the editor", error.format_message(), "set EDITOR, or give --text") from error
    except UnicodeDecodeError as error:
        raise ShellError("the editor", "what it saved is no UTF-8", "save it as UTF-8") from error
    except ValueError as error:  # quotes that are not closed in EDITOR
        raise ShellError("the editor", f"EDITOR is no command: {error}", "set EDITOR") from error
    except FileNotFoundError as error:
        raise ShellError(
            "the editor", "the file that it was given is gone", "save it where it was"
        ) from error
    found = found.replace("\r\n", "\n")
    return found if text.endswith("\n") else found.removesuffix("\n")


def _lines(_: Call[Edit], record: Record) -> Iterator[str]:
    return changed("changed", [record])


def _notes(call: Call[Edit], record: Record) -> None:
    if record.redacted and not call.shell.json:
        call.shell.note(redacted_note(record.redacted))


VIEWS = {"edit": View(run=_run, lines=_lines, notes=_notes, fields=_fields)}
