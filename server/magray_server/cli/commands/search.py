"""View of `magray search`, and of what answers like it: hits, and batches of queries."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from magray_memory.errors import QueryError
from magray_server.cli import render
from magray_server.cli.failures import DONE, FAILED, PARTLY, as_json, describe
from magray_server.cli.operation_command import Call, View
from magray_server.cli.terminal import flush
from magray_server.operations.paths import current_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from magray_memory.memory import Memory
    from magray_memory.values import SearchAnswer
    from magray_server.cli.batch_lines import Line
    from magray_server.cli.shell import Shell
    from magray_server.operations.search import Search

    Ask = Callable[[Memory, Any], SearchAnswer]

_LISTS = ("layer", "kind", "lang", "path", "tag")
_PLAIN = {"k": int, "in": str, "mode": str, "since": str, "until": str, "explain": bool, "as_of": str}
_MAX_BATCH_LINE = 1_000_000
_MAX_DIGITS = 40


def _search(memory: Memory, wanted: Search) -> SearchAnswer:
    return memory.search.query(wanted.as_query(memory.settings.search.k, folder=current_folder()))


def run_with(what: Literal["search", "recall"], ask: Ask, example: str) -> Callable[[Shell, Any], int | None]:
    """What refuses a query without words, and answers a batch line by line."""

    def run(shell: Shell, wanted: Search) -> int | None:
        if wanted.batch is not None:
            if wanted.query:
                raise QueryError("QUERY", "it cannot be given together with --batch")
            return _batch(shell, wanted.batch, wanted, what, ask)
        if not wanted.query.strip():
            raise QueryError("QUERY", "there is nothing to search for", example)
        return None

    return run


def hit_lines(call: Call[Any], answer: SearchAnswer) -> Iterator[str]:
    """The lines of an answer to a query."""
    return render.hits(answer, call.options.as_query(0, folder=current_folder()).text)


def query_notes(call: Call[Any], answer: SearchAnswer) -> None:
    """Say beside an answer to a query what the person should know about either."""
    if not call.options.as_query(0, folder=current_folder()).text:
        call.shell.note("beside filters a search needs words")
    answer_notes(call, answer)


def answer_notes(call: Call[Any], answer: SearchAnswer) -> None:
    """Say beside an answer what the person should know about it."""
    shell = call.shell
    missing = answer.pending - (answer.approximate or 0)
    if answer.degraded:
        shell.warn(answer.degraded)
    unmatched = answer.unmatched or ()
    for filtered in unmatched:
        shell.note(filtered.message)
    hint = call.memory.search.hint()
    if hint:
        shell.note(hint)
    elif not answer.hits and not unmatched and not answer.unreadable:
        shell.note("nothing found")
    elif missing > 0 and not answer.degraded:
        shell.note(f"{render.count(missing, 'passage')} cannot be found by meaning yet: run `magray index`")


def _batch(shell: Shell, file: str, wanted: Search, what: Literal["search", "recall"], ask: Ask) -> int:
    """A line of JSON out per line in, in order. A line that makes no sense gets its error, the rest go on."""
    answered = failed = 0
    incomplete = False
    said: set[str] = set()
    with shell.memory() as memory:
        for number, line in _lines(file):
            query_id: Any = number
            try:
                item = _item(line, number)
                query_id = item.pop("id", number)
                text = _text(item, number)
                answer = ask(memory, replace(wanted, query=text, **_options(item, number, wanted)))
            except Exception as error:  # whatever one line does, the later ones are answered
                failed += 1
                shell.value({"id": query_id, "error": as_json(describe(error))})
                continue
            answered += 1
            incomplete = incomplete or bool(answer.unreadable)
            memory.usage.note(what, answer)
            unmatched = answer.unmatched or []
            shell.value(
                {"id": query_id, "hits": answer.hits, **({"unmatched": unmatched} if unmatched else {})}
            )
            for text, say in [
                *([(answer.degraded, shell.warn)] if answer.degraded else []),
                *((part.message, shell.note) for part in unmatched),
            ]:
                if text not in said:
                    said.add(text)
                    say(text)
    if failed:
        shell.warn(f"{failed} of {answered + failed} queries could not be answered")
    if failed and not answered:
        return FAILED
    return PARTLY if failed or incomplete else DONE


def _lines(file: str) -> Iterator[Line]:
    """The lines, with what was answered flushed before more are waited for."""
    from magray_server.cli.batch_lines import groups

    for group in groups(file, _MAX_BATCH_LINE):
        yield from group
        flush()


def _item(line: bytes, number: int) -> dict[str, Any]:
    """One line of a batch, an object."""
    where = f"line {number} of the batch"
    if len(line) > _MAX_BATCH_LINE:
        raise QueryError(where, "it is longer than a megabyte")
    try:
        value = json.loads(line, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except OverflowError:
        raise QueryError(where, "a number in it is too large") from None
    except (ValueError, RecursionError):
        raise QueryError(where, "it is not JSON", '{"id": 1, "text": "…"}') from None
    if not isinstance(value, dict):
        raise QueryError(where, "it is no object with a text", '{"id": 1, "text": "…"}')
    return cast(dict[str, Any], value)


def _text(item: dict[str, Any], number: int) -> str:
    """The text of a batch's line, taken out of it."""
    text = item.pop("text", None)
    if not isinstance(text, str):
        raise QueryError(f"line {number} of the batch", "it has no text", '{"id": 1, "text": "…"}')
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isfinite(number):
        return number
    raise OverflowError


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise OverflowError
    return int(text)


def _options(item: dict[str, Any], number: int, wanted: Search) -> dict[str, Any]:
    """The options of a batch's line, under the names of the fields of the options."""
    where = f"line {number} of the batch"
    plain = {key: kind for key, kind in _PLAIN.items() if key == "in" or hasattr(wanted, key)}
    options = {key: _option(where, key, value, plain) for key, value in item.items()}
    if "in" in options:
        options["within"] = options.pop("in")
    return options


def _option(where: str, key: str, value: Any, plain: Mapping[str, type]) -> Any:
    if key in _LISTS:
        values = cast(list[Any], value if isinstance(value, list) else [value])
        if all(isinstance(part, str) for part in values):
            return tuple(values)
        raise QueryError(f"{where}, {key}", "it must be text or a list of texts")
    if key not in plain:
        known = ", ".join([*plain, *_LISTS])
        raise QueryError(f"{where}, {key[:60]}", "there is no such option", known)
    if not isinstance(value, plain[key]) or (key == "k" and isinstance(value, bool)):
        raise QueryError(
            f"{where}, {key}", f"it must be {'a whole number' if key == 'k' else 'text or true/false'}"
        )
    return value


_EXAMPLE = 'magray search "how does login work"'

VIEWS = {
    "search": View(run=run_with("search", _search, _EXAMPLE), lines=hit_lines, notes=query_notes),
}
