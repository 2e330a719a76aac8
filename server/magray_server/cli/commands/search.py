"""`magray search`: one question, or a file of them."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import click

from magray_memory.errors import MagrayError, QueryError
from magray_server.cli import render
from magray_server.cli.failures import DONE, FAILED, PARTLY, ShellError, as_json
from magray_server.cli.shell import Shell, command, completing, user_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from magray_memory.memory import Memory
    from magray_memory.search.hits import SearchAnswer
    from magray_memory.search.query import SearchQuery

_LISTS = ("layer", "kind", "lang", "path", "tag")
_PLAIN = {"k": int, "in": str, "mode": str, "since": str, "until": str, "explain": bool}
_MAX_BATCH_LINE = 1_000_000


def _languages() -> list[str]:
    from magray_memory.text.languages import LANGUAGES

    return [language.id for language in LANGUAGES]


@command(
    "search",
    example="""
    magray search "where is the access token refreshed"
    magray search "retry after timeout" --lang python --path src/ -k 5
    magray search "lang:go path:cmd/ graceful shutdown"
    magray --json search "что делать при ошибке сети" | jq -r '.hits[].path'
    """,
)
@click.argument("query", nargs=-1)
@click.option("-k", type=int, metavar="N", help="How many hits (default 10).")
@click.option(
    "--in", "within", type=click.Choice(["workspace", "notebook", "all"]), help="Where to look (default all)."
)
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "lexical", "semantic"]),
    help="By words, by meaning, or both (default).",
)
@click.option(
    "--layer",
    multiple=True,
    metavar="LAYER",
    help="interact, insights or assets.",
    shell_complete=completing(lambda: ("interact", "insights", "assets")),
)
@click.option("--kind", multiple=True, metavar="KIND", help="code, doc, or a record's own kind.")
@click.option(
    "--lang",
    multiple=True,
    metavar="LANG",
    help="A programming language: python, js, c++ …",
    shell_complete=completing(_languages),
)
@click.option(
    "--path", multiple=True, metavar="GLOB", help="Paths as in .gitignore, from the root: src/, *.md"
)
@click.option("--tag", multiple=True, metavar="TAG", help="A tag; repeated, all of them.")
@click.option("--since", metavar="WHEN", help="Changed since: 2025-01-31, 3d, 2w, 6h.")
@click.option("--until", metavar="WHEN", help="Changed until then.")
@click.option("--explain", is_flag=True, help="Show what each step did to the score.")
@click.option(
    "--batch", type=click.Path(), metavar="FILE", help='A line {"id":…,"text":…} per query; - for stdin.'
)
def cli(shell: Shell, query: tuple[str, ...], batch: str | None, **options: Any) -> int:
    """Find passages by meaning and by words.

    QUERY is a question or some words, in English or Russian. Filters can stand in it too: lang:py path:src/
    tag:x layer:assets kind:doc since:2w. The index must be there: run `magray index` once.
    """
    if batch is not None and query:
        raise QueryError("QUERY", "it cannot be given together with --batch")
    if batch is not None:
        return _batch(shell, batch, options)
    text = _as_typed(" ".join(query))
    if not text.strip():
        raise QueryError("QUERY", "there is nothing to search for", 'magray search "how does login work"')
    with shell.memory() as memory:
        if options["mode"] != "lexical":
            memory.search.expect()
        question = _query(memory, text, options)
        if not question.text:
            shell.note("beside filters a search needs words")
        answer = memory.search.query(replace(question, lines=not shell.json))
        show(shell, memory, answer, question.text)
    return DONE


def _as_typed(text: str) -> str:
    """The text of an argument in UTF-8, which a locale such as C would have taken for something else."""
    if text.isascii() or os.name == "nt":
        return text
    return os.fsencode(text).decode("utf-8", "replace")


def show(shell: Shell, memory: Memory, answer: SearchAnswer, text: str) -> None:
    """Print an answer, and beside it what the person should know about it."""
    if shell.json:
        shell.value(answer)
    else:
        for line in render.hits(answer, text):
            shell.result(line)
    if answer.degraded:
        shell.warn(answer.degraded)
    hint = memory.search.hint()
    if hint:
        shell.note(hint)
    elif not answer.hits:
        shell.note("nothing found")
    elif answer.pending and not answer.degraded:
        shell.note(
            f"{render.count(answer.pending, 'passage')} cannot be found by meaning yet: run `magray index`"
        )


def _query(memory: Memory, text: str, options: dict[str, Any]) -> SearchQuery:
    """The typed query of one line; what was not given comes from the settings."""
    from magray_memory.search.query import parse

    def given(option: str) -> tuple[str, ...]:
        return tuple(options.get(option) or ())

    k = options.get("k")
    return parse(
        text,
        k=memory.settings.search.k if k is None else k,
        within=options.get("within") or "all",
        mode=options.get("mode") or "hybrid",
        since=options.get("since"),
        until=options.get("until"),
        explain=bool(options.get("explain")),
        layers=given("layer"),
        kinds=given("kind"),
        languages=given("lang"),
        paths=given("path"),
        tags=given("tag"),
    )


def _batch(shell: Shell, file: str, options: dict[str, Any]) -> int:
    """A line of JSON out per line in, in order. A line that makes no sense gets its error, the rest go on."""
    answered = failed = 0
    told: set[str] = set()
    with shell.memory() as memory:
        for number, line in _lines(file):
            query_id: Any = number
            try:
                item = _item(line, number)
                query_id = item.pop("id", number)
                text = item.pop("text")
                answer = memory.search.query(_query(memory, text, {**options, **_options(item, number)}))
            except MagrayError as error:
                failed += 1
                shell.value({"id": query_id, "error": as_json(error)})
                continue
            answered += 1
            shell.value({"id": query_id, "hits": answer.hits})
            if answer.degraded and answer.degraded not in told:
                told.add(answer.degraded)
                shell.warn(answer.degraded)
    if failed:
        shell.warn(f"{failed} of {answered + failed} queries could not be answered")
    return DONE if not failed else PARTLY if answered else FAILED


def _lines(file: str) -> Iterator[tuple[int, bytes]]:
    def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())

    if file == "-":
        yield from numbered(sys.stdin.buffer)
        return
    try:
        opened = user_path(file).open("rb")
    except OSError as error:
        raise ShellError(f"batch file {file}", error.strerror or str(error)) from error
    with opened:
        yield from numbered(opened)


def _item(line: bytes, number: int) -> dict[str, Any]:
    """One line of a batch: an object with a text."""
    where = f"line {number} of the batch"
    if len(line) > _MAX_BATCH_LINE:
        raise QueryError(where, "it is longer than a megabyte")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise QueryError(where, "it is not JSON", '{"id": 1, "text": "…"}') from None
    if not isinstance(value, dict) or not isinstance(cast(dict[str, Any], value).get("text"), str):
        raise QueryError(where, "it is no object with a text", '{"id": 1, "text": "…"}')
    return cast(dict[str, Any], value)


def _options(item: dict[str, Any], number: int) -> dict[str, Any]:
    """The options of a batch's line, under the names that `_query` knows."""
    where = f"line {number} of the batch"
    options = {key: _option(where, key, value) for key, value in item.items()}
    if "in" in options:
        options["within"] = options.pop("in")
    return options


def _option(where: str, key: str, value: Any) -> Any:
    if key in _LISTS:
        values = cast(list[Any], value if isinstance(value, list) else [value])
        if all(isinstance(part, str) for part in values):
            return tuple(values)
        raise QueryError(f"{where}, {key}", "it must be text or a list of texts")
    if key not in _PLAIN:
        known = ", ".join([*_PLAIN, *_LISTS])
        raise QueryError(f"{where}, {key[:60]}", "there is no such option", known)
    if not isinstance(value, _PLAIN[key]) or (key == "k" and isinstance(value, bool)):
        raise QueryError(
            f"{where}, {key}", f"it must be {'a whole number' if key == 'k' else 'text or true/false'}"
        )
    return value
