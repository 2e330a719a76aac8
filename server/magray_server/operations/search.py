"""`search`: passages by meaning and by words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import SearchAnswer, SearchQuery

MAX_QUERY = 200_000
"""Characters of a query that are taken at all; the engine looks at the first few thousand."""
MAX_HITS = 1_000


def _languages() -> list[str]:
    from magray_memory.values import LANGUAGES

    return [language.id for language in LANGUAGES]


@options
class Search:
    """Find passages by meaning and by words.

    QUERY is a question or some words, in English or Russian. It may contain filters: lang:py path:src/
    tag:x layer:assets kind:doc since:2w. The workspace must be indexed: run `magray index` once.
    """

    query: str = option("A question or some words.", positional=True, joined=True, max_length=MAX_QUERY)
    k: int | None = option(
        "Number of hits (default 10).",
        default=None,
        flag="-k",
        metavar="N",
        limits=(0, MAX_HITS),
        engine_checks=True,
    )
    within: Literal["workspace", "notes", "notebook", "all"] = option(
        "Which vaults to search (default all).", default="all", name="in", engine_checks=True
    )
    mode: Literal["hybrid", "lexical", "semantic"] = option(
        "Lexical, semantic, or both (default).", default="hybrid", engine_checks=True
    )
    layer: tuple[str, ...] = option(
        "interact, insights or assets.",
        default=(),
        metavar="LAYER",
        complete=lambda: ("interact", "insights", "assets"),
    )
    kind: tuple[str, ...] = option("code, doc, or a record's own kind.", default=(), metavar="KIND")
    lang: tuple[str, ...] = option(
        "A programming language: python, js, c++ …", default=(), metavar="LANG", complete=_languages
    )
    path: tuple[str, ...] = option(
        "Paths as in .gitignore, from here or the root: src/, *.md", default=(), metavar="GLOB"
    )
    tag: tuple[str, ...] = option("A tag; if repeated, all must match.", default=(), metavar="TAG")
    since: str | None = option("Changed since: 2025-01-31, 3d, 2w, 6h.", default=None, metavar="WHEN")
    until: str | None = option("Changed until then.", default=None, metavar="WHEN")
    explain: bool = option("Show how each step changed the score.", default=False)
    batch: str | None = option(
        'A file with one {"id":…,"text":…} per line; - for stdin.',
        default=None,
        metavar="FILE",
        file=True,
        in_requests=False,
    )

    def as_query(self, default_k: int, **changes: Any) -> SearchQuery:
        """The engine's query, with `changes` of it. Raises QueryError."""
        from magray_memory.values import parse

        given: dict[str, Any] = {
            "k": default_k if self.k is None else self.k,
            "within": self.within,
            "mode": self.mode,
            "layers": self.layer,
            "kinds": self.kind,
            "languages": self.lang,
            "paths": self.path,
            "tags": self.tag,
            "since": self.since,
            "until": self.until,
            "explain": self.explain,
        }
        return parse(self.query, **{**given, **changes})


def run(context: Context, wanted: Search) -> SearchAnswer:
    """Ranked hits; the answer says what could not be used. Raises QueryError."""
    memory = context.memory
    if wanted.mode != "lexical":
        memory.search.expect()
    answer = memory.search.query(wanted.as_query(memory.settings.search.k, folder=context.folder))
    memory.usage.note("search", answer)
    return answer


def outcome(_: object, answer: SearchAnswer) -> Outcome:
    """Partly done where a vault could not be read."""
    return Outcome.PARTLY if answer.unreadable else Outcome.DONE


OPERATIONS = (
    Operation(
        name="search",
        options=Search,
        run=run,
        shape="magray_memory.values:SearchAnswer",
        outcome=outcome,
        examples="""
        magray search "where is the access token refreshed"
        magray search "retry after timeout" --lang python --path src/ -k 5
        magray search "lang:go path:cmd/ graceful shutdown"
        magray --json search "что делать при ошибке сети" | jq -r '.hits[].path'
        """,
    ),
)
