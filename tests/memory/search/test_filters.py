"""Filters: what a path means from where the person stands, what fits nothing, and what is only text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.errors import QueryError
from magray_memory.search.query import parse

if TYPE_CHECKING:
    from .conftest import Bench

PLACES = (
    "src/app.py",
    "pkg/src/app.py",
    "pkg/top.py",
    "app/[id]/page.tsx",
    "docs/[a]*.md",
    "docs/read me.md",
)


@pytest.fixture
def places(bench: Bench) -> Bench:
    for path in PLACES:
        bench.put(path, "The ferry crosses at noon.\n", embed=False)
    return bench


def found(bench: Bench, folder: str | None, *paths: str, text: str = "ferry") -> set[str | None]:
    here = None if folder is None else bench.root / folder
    return set(bench.paths(text, paths=paths, folder=here, mode="lexical"))


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("", ".", set(PLACES)),
        (None, ".", set(PLACES)),
        (None, "./src/app.py", {"src/app.py"}),
        ("", "./src", {"src/app.py"}),
        ("pkg", ".", {"pkg/src/app.py", "pkg/top.py"}),
        ("pkg", "..", set(PLACES)),
        ("pkg", "top.py", {"pkg/top.py"}),
        ("pkg", "top.py:12", {"pkg/top.py"}),
        ("pkg", "src/app.py", {"pkg/src/app.py"}),
        ("pkg", "src/app.py:3:1", {"pkg/src/app.py"}),
        ("pkg", "docs/*.md", {"docs/[a]*.md", "docs/read me.md"}),
        ("pkg", "../src/", {"src/app.py"}),
        ("pkg", "../s*/a?p.py", {"src/app.py"}),
        ("pkg", "pkg/top.py", {"pkg/top.py"}),
        ("pkg", "/src", {"src/app.py"}),
        ("pkg/src", "../../docs/read me.md", {"docs/read me.md"}),
        ("", "app/[id]/", {"app/[id]/page.tsx"}),
        ("", "app/[id]/*.tsx", {"app/[id]/page.tsx"}),
        ("", r"app/\[id\]/page.tsx", {"app/[id]/page.tsx"}),
        ("app/[id]", "page.tsx", {"app/[id]/page.tsx"}),
        ("app/[id]", "./*.tsx", {"app/[id]/page.tsx"}),
        ("app/[id]", "../[id]", {"app/[id]/page.tsx"}),
        ("", "docs/[a]*.md", {"docs/[a]*.md"}),
        ("docs", "./*.md", {"docs/[a]*.md", "docs/read me.md"}),
    ],
)
def test_a_path_means_the_same_from_the_current_folder_and_from_the_root(
    places: Bench, folder: str | None, path: str, expected: set[str]
) -> None:
    assert found(places, folder, path) == expected


def test_an_absolute_path_and_a_uri_mean_what_lies_there(places: Bench, tmp_path: Path) -> None:
    src = places.root / "src"
    assert found(places, None, str(src)) == {"src/app.py"}
    assert found(places, "pkg", f"{src}/*.py") == {"src/app.py"}
    assert found(places, None, str(places.root)) == set(PLACES)
    assert found(places, None, str(places.root.parent)) == set(PLACES)
    assert found(places, None, (places.root / "app/[id]").as_uri()) == {"app/[id]/page.tsx"}
    assert found(places, None, (places.root / "docs/read me.md").as_uri()) == {"docs/read me.md"}
    link = tmp_path / "link"
    link.symlink_to(places.root)
    assert found(places, None, f"{link}/src") == {"src/app.py"}
    assert found(places, None, text=f"ferry path:{src}/") == {"src/app.py"}


@pytest.mark.parametrize(
    ("options", "name", "nearest"),
    [
        ({"kinds": ["docs"]}, "kind docs", "doc"),
        ({"kinds": ["CODES"]}, "kind codes", "code"),
        ({"tags": ["opps"]}, "tag opps", "ops"),
        ({"tags": ["zzz"]}, "tag zzz", None),
        ({"languages": ["rust"]}, "lang rust", None),
        ({"layers": ["interact"]}, "layer interact", None),
        ({"paths": ["SRC/"]}, "path SRC/", "src/"),
        ({"paths": ["src/retri.py"]}, "path src/retri.py", "src/retry.py"),
        ({"paths": ["somewhere/deploy.md"]}, "path somewhere/deploy.md", "notes/deploy.md"),
        ({"paths": ["src/*.rs"]}, "path src/*.rs", None),
        ({"since": "2099-01-01"}, "since 2099-01-01", None),
        ({"until": "1971-01-01"}, "until 1971-01-01", None),
    ],
)
def test_a_filter_that_fits_nothing_is_said_with_the_nearest_that_does(
    shared: Bench, options: dict[str, Any], name: str, nearest: str | None
) -> None:
    answer = shared.search("retry", **options)
    assert answer.hits == []
    assert answer.unmatched
    (part,) = answer.unmatched
    assert part.message.startswith(name)
    if nearest is not None:
        assert part.nearest == nearest
        assert nearest in part.message


def test_each_filter_is_looked_at_for_itself(shared: Bench) -> None:
    answer = shared.search("retry", paths=["src/", "nowhere/"], tags=["ops"], languages=["js", "py"])
    assert answer.unmatched
    assert [(part.filter, part.value) for part in answer.unmatched] == [
        ("lang", "javascript"),
        ("path", "nowhere/"),
    ]
    together = shared.search("retry", languages=["go"], tags=["ops"])
    assert together.unmatched
    assert [part.filter for part in together.unmatched] == ["all"]
    assert not shared.search("retry", languages=["go"]).unmatched
    assert not shared.search("retry").unmatched


def test_the_nearest_path_is_spelled_as_it_can_be_typed_from_here(places: Bench) -> None:
    answer = places.search("ferry", paths=["SRC/app.py"], folder=places.root / "pkg")
    assert answer.unmatched
    assert answer.unmatched[0].nearest == "src/app.py"
    answer = places.search("ferry", paths=["Docs/"], folder=places.root / "pkg")
    assert answer.unmatched
    assert answer.unmatched[0].nearest == "../docs/"


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion:apps/v1 kind:Deployment metadata:web",
        "level:error kind:timeout msg:refused tag:db-1",
        "def save(self, path:str, kind:int, tag:str) -> None:",
        'export interface Shape { kind:"circle"; tag:string }',
        "const f = (kind:string) => tag:number",
        "case class File(path:String, layer:u8)",
        "kind:Deployment\nmetadata:\n  name: web",
        "Traceback\n  tag:v1 lang:en\npath:/usr/lib",
        "one\ttag:two\tkind:three",
        "match x { layer:hot => 1 }",
        "image tag:latest, kind:none; end",
        "the unknown value of kind:",
        "a sentence with lang:klingon in its midst",
        "{kind:'x', tag:'y'}",
    ],
)
def test_filters_inside_pasted_text_are_text(text: str) -> None:
    query = parse(text)
    assert not query.filtered
    assert query.text.split() == text.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind:doc foo:bar", "foo:bar"),
        ("TypeError: x is not a function kind:doc", "TypeError: x is not a function"),
        ("http://host:80/x kind:doc", "http://host:80/x"),
        ("std::vector kind:doc", "std::vector"),
        ("foo(bar) kind:doc", "foo(bar)"),
        ("retry kind:doc after timeout", "retry after timeout"),
        ('kind:"doc" one', "one"),
        ("  kind:doc one\n", "one"),
    ],
)
def test_filters_beside_the_words_are_filters(text: str, words: str) -> None:
    query = parse(text)
    assert (query.text, query.kinds) == (words, ("doc",))


def test_a_filter_among_the_words_that_fits_nothing_is_text(shared: Bench) -> None:
    assert shared.paths("retry kind:xylophone of attempts", mode="lexical")[0] == "src/retry.py"
    assert shared.paths("retry tag:latest of path:no/where attempts", mode="lexical")[0] == "src/retry.py"
    assert set(shared.paths("retry kind:doc of attempts")) <= set(shared.paths("retry of attempts kind:doc"))
    assert shared.paths("retry of attempts kind:xylophone") == []
    assert shared.paths("retry kind:nope x", kinds=["nope"]) == []


def test_a_path_that_climbs_out_is_an_error_without_a_folder() -> None:
    for path in ("../x", "a/../../b", "*/../x"):
        with pytest.raises(QueryError):
            parse("x", paths=[path])
    with pytest.raises(QueryError):
        parse("x", paths=["*/../x"], folder=Path.cwd())


@pytest.mark.parametrize(
    "word",
    ["水", "喝", "的", "猫", "が", "ネ", "물", "한국", "IO", "ai", "42", "8080", "C++", "c++", "C#", "g++"],
)
def test_a_short_word_is_found_by_words_where_it_stands(bench: Bench, word: str) -> None:
    sentence = {
        "水": "我们喝水。", "喝": "我们喝水。", "的": "这是好的书", "猫": "黒猫が眠る", "が": "黒猫が眠る",
        "ネ": "トンネル", "물": "찬물을 마신다", "한국": "한국어를 배운다",
    }.get(word, f"We read {word} all day")  # fmt: skip
    bench.put("notes/there.md", f"# There\n\n{sentence}\n", embed=False)
    bench.put(
        "notes/c.md", "# C\n\nc and C and c: the letter of the day. 我們飲茶。 ねこ 고양이\n", embed=False
    )
    assert bench.paths(word, mode="lexical")[0] == "notes/there.md"
