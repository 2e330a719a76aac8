"""View of `magray edit`: the text in the person's editor, and the record as it is then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from magray_server.cli.failures import DONE, ShellError
from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed, from_stdin, redacted_note
from magray_server.operations.edit import run
from magray_server.operations.operation import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        text = _edited(former.stored.text)
        if text is None or text == former.stored.text:
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


def _edited(text: str) -> str | None:
    """The text after the editor is closed, None when it was not saved."""
    try:
        edited = click.edit(text, extension=".md")
    except click.ClickException as error:
        raise ShellError("the editor", error.format_message(), "set EDITOR, or give --text") from error
    if edited is None or text.endswith("\n"):
        return edited
    return edited.removesuffix("\n")  # the file that editors get ends with a line


def _lines(_: Call[Edit], record: Record) -> Iterator[str]:
    return changed("changed", [record])


def _notes(call: Call[Edit], record: Record) -> None:
    if record.redacted and not call.shell.json:
        call.shell.note(redacted_note(record.redacted))


VIEWS = {"edit": View(run=_run, lines=_lines, notes=_notes, fields=_fields)}
