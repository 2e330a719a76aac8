"""What a line of text asks for."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.errors import QueryError
from magray_memory.search.path_filter import path_matcher
from magray_memory.search.query import MAX_TEXT, parse

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize(
    ("glob", "matching"),
    [
        ("src/", {"src/app.py", "src/lib/util.py", "lib/src/x.c"}),
        ("/src", {"src/app.py", "src/lib/util.py"}),
        ("*.py", {"src/app.py", "src/lib/util.py"}),
        ("src/*.py", {"src/app.py"}),
        ("src/**/*.py", {"src/app.py", "src/lib/util.py"}),
        ("**/lib", {"src/lib/util.py", "lib/src/x.c"}),
        ("./docs/заметки.md", {"docs/заметки.md"}),
        ("[a-z]*.md", set[str]()),
        ("!important", {"!important"}),
        ("#note#", {"#note#"}),
        ("/", set[str]()),
        ("[", set[str]()),
    ],
)
def test_a_path_filter_is_a_gitignore_glob(glob: str, matching: set[str]) -> None:
    paths = ("src/app.py", "src/lib/util.py", "lib/src/x.c", "docs/заметки.md", "!important", "#note#")
    matches = path_matcher(parse("", paths=[glob]).paths)
    assert {path for path in paths if matches(path)} == matching


def test_one_of_several_path_filters_is_enough() -> None:
    matches = path_matcher(parse("path:src/ path:*.md").paths)
    assert [matches(path) for path in ("src/a.c", "notes/b.md", "lib/a.c")] == [True, True, False]


GLOB = st.lists(
    st.sampled_from(["a", "b", "ж", "*", "**", "?", "[ab]", "[!a]", "\\a", ".", "/", "/", ".py", "[", " "]),
    min_size=1,
    max_size=6,
).map("".join)
PATHS = [
    f"{folder}{name}"
    for folder in ("", "a/", "b/", "a/b/", "b/a/ж/", "ab/")
    for name in ("x.py", "b b", "a.b")
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_any_path_filter_means_what_git_says(tmp_path: Path) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    git = ["git", "-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)

    @settings(max_examples=80, deadline=None)
    @given(GLOB)
    def check(glob: str) -> None:
        try:
            (wanted,) = parse("", paths=[glob]).paths
        except QueryError:
            return
        listing = ["ls-files", "--others", "--ignored", "-z", f"--exclude={wanted}"]
        listed = subprocess.run([*git, *listing], cwd=tmp_path, check=True, capture_output=True).stdout
        matches = path_matcher((wanted,))
        assert {path for path in PATHS if matches(path)} == {*filter(None, listed.decode().split("\0"))}, (
            wanted
        )

    check()
