"""View of `magray remember`: what became of the text, and batches of texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from magray_memory.errors import MagrayError, RecordError
from magray_memory.values import Source
from magray_server.cli.batch_lines import groups
from magray_server.cli.failures import DONE, FAILED, PARTLY, as_json
from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import changed, from_stdin, redacted_note
from magray_server.cli.terminal import flush
from magray_server.operations.paths import user_path
from magray_server.operations.remember import Remember, draft_of
from magray_server.operations.schema import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Draft, Remembered
    from magray_server.cli.batch_lines import Line
    from magray_server.cli.shell import Shell

_MAX_LINE = 10_000_000


def _fields(_: Shell, fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("text") == "-":
        fields["text"] = from_stdin()
    if fields.get("source") is not None:
        fields["source"] = _from_here(fields["source"])
    return fields


def _from_here(text: str) -> str:
    """A source as it was typed in the current folder, from the root of the disk."""
    source = Source.parse(text)
    lines = "" if source.lines is None else f":{source.lines[0]}-{source.lines[1]}"
    return f"{user_path(str(source.path))}{lines}"


def _run(shell: Shell, wanted: Remember) -> int | None:
    if wanted.batch is None:
        return None
    if wanted.text:
        raise RecordError("TEXT", "it cannot be given together with --batch")
    return _batch(shell, wanted.batch)


def _lines(_: Call[Remember], done: Remembered) -> Iterator[str]:
    return changed(done.outcome, [done.record])


def _notes(call: Call[Remember], done: Remembered) -> None:
    if call.shell.json:
        return
    if done.redacted:
        call.shell.note(redacted_note(done.redacted))
    if done.outcome == "duplicate":
        more = "what was given beside it is added to that record"
        said = more if _says_more(call.options) else "nothing was added"
        call.shell.note(f"{done.record.id} has this text already; {said}")
    elif done.outcome == "restored":
        call.shell.note(f"{done.record.id} was in the trash, and is there again")
    for near in done.near:
        call.shell.note(
            f"n{near.record.id} says nearly the same ({near.similarity:.0%}): magray show n{near.record.id};"
            f" magray forget {done.record.id} undoes this"
        )


def _says_more(wanted: Remember) -> bool:
    """Whether something was given beside the text that a record which has it takes over."""
    stated = (wanted.title, wanted.kind, wanted.layer, wanted.session, wanted.source, wanted.importance)
    return bool(wanted.tag or wanted.pin or wanted.supersedes) or stated != (None,) * len(stated)


def _batch(shell: Shell, file: str) -> int:
    """A line of JSON out per line in, in order, once what it says is durable. A line that makes no sense gets
    its error, the rest go on.
    """
    stored = failed = 0
    with shell.memory() as memory:
        for group in groups(file, _MAX_LINE):
            items = [_draft(line) for line in group]
            kept = iter(
                memory.records.remember_all([item for item in items if not isinstance(item, MagrayError)])
            )
            for line, item in zip(group, items, strict=True):
                done = item if isinstance(item, MagrayError) else next(kept)
                failed += isinstance(done, MagrayError)
                stored += not isinstance(done, MagrayError)
                shell.value({"line": line.number, **_answer(done)})
            flush()
        if stored:
            memory.records.embed_in_background()
    if failed:
        shell.warn(f"{failed} of {stored + failed} lines could not be stored")
    return DONE if not failed else PARTLY if stored else FAILED


def _answer(done: Remembered | MagrayError) -> dict[str, Any]:
    if isinstance(done, MagrayError):
        return {"error": as_json(done)}
    near = {"near": done.near_as_json()} if done.near else {}
    redacted = {"redacted": dict(done.redacted)} if done.redacted else {}
    return {"id": done.record.id, "outcome": done.outcome, **near, **redacted}


def _draft(line: Line) -> Draft | MagrayError:
    try:
        return draft_of(_item(line.text, line.number))
    except MagrayError as error:
        return error


def _item(line: bytes, number: int) -> Remember:
    where = f"line {number} of the batch"
    if len(line) > _MAX_LINE:
        raise RecordError(where, f"it is longer than {_MAX_LINE // 1_000_000} MB")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise RecordError(where, "it is not JSON", '{"text": "…"}') from None
    if not isinstance(value, dict):
        raise RecordError(where, "it is no object", '{"text": "…"}')
    try:
        return decode(Remember, value)
    except msgspec.ValidationError as error:
        raise RecordError(where, str(error)) from None


VIEWS = {"remember": View(run=_run, lines=_lines, notes=_notes, fields=_fields)}
