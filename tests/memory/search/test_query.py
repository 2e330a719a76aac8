"""What a line of text asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.errors import QueryError
from magray_memory.search.query import MAX_TEXT, parse

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)


def test_inline_filters_leave_the_text() -> None:
    query = parse("lang:py retry path:src/ after tag:ops timeout layer:assets kind:note", now=NOW)
    assert query.text == "retry after timeout"
    assert (query.languages, query.paths, query.tags) == (("python",), ("src/",), ("ops",))
    assert (query.layers, query.kinds) == (("assets",), ("note",))
    assert query.raw.startswith("lang:py")


def test_options_and_inline_filters_add_up() -> None:
    query = parse("tag:a x", tags=["b"], languages=["js", "go"])
    assert query.tags == ("b", "a")
    assert query.languages == ("javascript", "go")


@pytest.mark.parametrize(
    "text",
    [
        "http://x/y",
        "std::vector",
        r"C:\x",
        "lang::Object",
        "12:30",
        "foo:bar",
        "a:",
        "apiVersion: v1 kind: Deployment",
        "no such path: /tmp/x",
        "since: when",
    ],
)
def test_what_only_looks_like_a_filter_is_text(text: str) -> None:
    query = parse(text)
    assert query.text == text
    assert not query.filtered


def test_quoted_text_is_never_a_filter_and_a_phrase() -> None:
    query = parse('"lang:py is text" more')
    assert query.phrases == ("lang:py is text",)
    assert not query.filtered


def test_a_filter_takes_a_quoted_value() -> None:
    assert parse("path:\"my folder/\" tag:'two words' x").paths == ("my folder/",)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("since:3d", NOW - timedelta(days=3)),
        ("since:2w", NOW - timedelta(weeks=2)),
        ("since:6h", NOW - timedelta(hours=6)),
        ("since:2025-01-31T09:00:00+00:00", datetime(2025, 1, 31, 9, tzinfo=UTC)),
        ("since:3d since:1w", NOW - timedelta(weeks=1)),
    ],
)
def test_times(text: str, since: datetime) -> None:
    assert parse(text, now=NOW).since == since


def test_a_day_as_the_end_is_the_whole_day() -> None:
    start, end = parse("since:2025-01-31 until:2025-01-31").since, parse("until:2025-01-31").until
    assert start is not None
    assert end is not None
    assert timedelta(hours=23) < end - start < timedelta(hours=26)


@pytest.mark.parametrize(
    "text",
    [
        "lang:",
        "lang:klingon-2000",
        "path:",
        "path:../x",
        "since:yesterday",
        "since:10m",
        "since:99999999d",
        "until:2025-13-01",
        "layer:hot",
        'tag:"open',
        'tag:""',
        "kind:",
    ],
)
def test_a_broken_filter_is_one_sentence(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_options_are_checked_too() -> None:
    for options in ({"mode": "magic"}, {"within": "moon"}, {"k": -1}, {"layers": ["x"]}, {"since": ""}):
        with pytest.raises(QueryError):
            parse("x", **options)  # type: ignore[arg-type]


def test_what_no_tokenizer_takes_is_gone() -> None:
    assert parse("a\0b \udcff c").text == "a b ? c"


def test_a_huge_query_is_cut() -> None:
    assert len(parse("word " * 20_000).text) <= MAX_TEXT


@given(st.text())
def test_any_text_is_a_query_or_a_sentence(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert len(str(error)) < 300
    else:
        query.raw.encode("utf-8")
