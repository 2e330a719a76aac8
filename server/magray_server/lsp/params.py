"""The params of our own requests as typed values; what does not fit is refused in one sentence that names it.

Names and meaning are those of the command line's options. Unknown fields are left alone, as in the rest of
the protocol: a client may be newer than the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from magray_server.lsp.errors import invalid

if TYPE_CHECKING:
    from magray_memory.search.query import SearchQuery

T = TypeVar("T")

MAX_QUERY = 200_000
"""Characters of a query that are taken at all; the engine looks at the first few thousand."""

Texts = list[str] | str | None
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000)]


class SearchParams(msgspec.Struct, rename={"within": "in"}):
    """`magray/search`. A text stands for a list of one wherever a list is wanted."""

    query: Annotated[str, msgspec.Meta(max_length=MAX_QUERY)]
    k: Count | None = None
    within: str = "all"
    mode: str = "hybrid"
    layer: Texts = None
    kind: Texts = None
    lang: Texts = None
    path: Texts = None
    tag: Texts = None
    since: str | None = None
    until: str | None = None
    explain: bool = False
    partial_result_token: int | str | None = msgspec.field(default=None, name="partialResultToken")

    def as_query(self, default_k: int, **changes: Any) -> SearchQuery:
        """The engine's query. Raises QueryError."""
        from magray_memory.search.query import parse

        options: dict[str, Any] = {
            "k": default_k if self.k is None else self.k,
            "within": self.within,
            "mode": self.mode,
            "layers": _list(self.layer),
            "kinds": _list(self.kind),
            "languages": _list(self.lang),
            "paths": _list(self.path),
            "tags": _list(self.tag),
            "since": self.since,
            "until": self.until,
            "explain": self.explain,
        }
        return parse(self.query, **{**options, **changes})


class RelatedParams(msgspec.Struct):
    """`magray/related`: a file as a URI, or a path relative to `workspace`; `line` is 1-based like every
    line of ours.
    """

    uri: str | None = None
    path: str | None = None
    line: Annotated[int, msgspec.Meta(ge=1)] | None = None
    k: Count | None = None
    workspace: str | None = None


class IndexParams(msgspec.Struct):
    """`magray/index`: every open folder, or the one that `workspace` names; `paths` are relative to it or
    URIs.
    """

    paths: list[str] | None = None
    force: bool = False
    lexical: bool = False
    workspace: str | None = None


class OptimizeParams(msgspec.Struct):
    """`magray/optimize`: the whole home."""

    dry_run: bool = False


class HealthParams(msgspec.Struct):
    """`magray/health`."""

    workspace: str | None = None


def read(kind: type[T], params: Any) -> T:
    """The params as `kind`. Raises an InvalidParams error.

    An empty list is an empty object: Lua has one table for both, and Neovim sends the list.
    """
    try:
        return msgspec.convert({} if params is None or params == [] else params, kind)
    except msgspec.ValidationError as error:
        raise invalid(f"The params do not fit: {_plain(str(error))}.") from error


def _plain(text: str) -> str:
    return text.replace(" - at `$.", " at `").replace(" - at `$`", "")


def _list(value: Texts) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value
