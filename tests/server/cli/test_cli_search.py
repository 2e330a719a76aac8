"""`magray search` and `magray related`: answers for people and programs, and senseless questions."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Magray, Result

ANSWER = {"query", "mode", "requested_mode", "device", "degraded", "took_ms", "pending", "hits"}
HIT = {
    "rank", "score", "vault", "root", "id", "passage", "path", "uri", "start_line", "end_line", "symbol",
    "kind", "language", "layer", "tags", "title", "key", "snippet",
    "snippet_line", "freshness", "confidence",
}  # fmt: skip


def paths(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [hit["path"] for hit in answer["hits"]]


def test_the_place_comes_first_on_its_line(indexed: Magray) -> None:
    result = indexed("search", "when is a failed charge tried again")
    assert result.code == 0
    assert result.err == ""
    first = result.out.splitlines()[0]
    assert first.startswith("src/payments/retry.py:")
    assert "RetryPolicy" in first
    assert "\x1b" not in result.out


def test_paths_are_shown_from_where_the_person_stands(indexed: Magray) -> None:
    result = indexed("search", "exponential backoff", "-k", "1", cwd=indexed.cwd / "src" / "auth")
    assert result.out.startswith(f"..{os.sep}payments{os.sep}retry.py:")


def test_json_has_exactly_the_shape_of_the_contract(indexed: Magray) -> None:
    answer = indexed("--json", "search", "refresh an access token").json
    assert set(answer) == ANSWER
    assert (answer["mode"], answer["requested_mode"], answer["device"]) == ("hybrid", "hybrid", "cpu")
    assert (answer["degraded"], answer["pending"]) == (None, 0)
    hit = answer["hits"][0]
    assert set(hit) == HIT
    assert hit["rank"] == 1
    assert hit["path"] == "src/auth/session.py"
    assert hit["root"] == os.path.realpath(indexed.cwd)
    assert hit["uri"].startswith("file:///")
    assert hit["vault"] == "workspace"
    assert hit["id"].startswith("w")
    assert (hit["kind"], hit["language"], hit["symbol"]) == ("code", "python", "refresh_access_token")
    assert (hit["layer"], hit["freshness"], hit["key"]) == ("assets", "fresh", None)


def test_explain_sums_to_the_score(indexed: Magray) -> None:
    for hit in indexed("--json", "search", "shopping cart", "--explain").json["hits"]:
        assert sum(step["change"] for step in hit["explain"]) == pytest.approx(hit["score"], abs=1e-3)
    assert "lexical" in indexed("search", "shopping cart", "--explain", "-k", "1").out


def test_russian_finds_english_and_russian(indexed: Magray) -> None:
    assert paths(indexed("--json", "search", "ночная копия базы данных").json)[0] == "docs/guide.md"
    assert paths(indexed("--json", "search", "подпись").json)[0] == "имя с пробелом 🎉.md"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["token", "--lang", "python"], {"src/auth/session.py", "src/payments/retry.py"}),
        (["lang:js item"], {"web/cart.js"}),
        (["item", "--path", "web/", "--path", "docs/"], {"web/cart.js", "docs/guide.md"}),
        (["database", "--kind", "doc", "--tag", "guide", "--tag", "ops"], {"docs/guide.md"}),
        (["database", "--tag", "guide", "--tag", "nope"], set()),
        (["item", "--in", "notebook"], set()),
        (["item", "--until", "2001-01-01"], set()),
        (["item", "--layer", "interact"], set()),
    ],
)
def test_filters(indexed: Magray, options: list[str], expected: set[str]) -> None:
    result = indexed("--json", "search", *options)
    assert result.code == 0
    assert set(paths(result.json)) <= expected
    assert bool(paths(result.json)) == bool(expected)


def test_k_and_modes(indexed: Magray) -> None:
    assert len(indexed("--json", "search", "item", "-k", "1").json["hits"]) == 1
    assert indexed("--json", "search", "item", "-k", "0").json["hits"] == []
    for mode in ("lexical", "semantic"):
        answer = indexed("--json", "search", "shopping cart", "--mode", mode).json
        assert answer["mode"] == mode
        assert paths(answer)[0] == "web/cart.js"


@pytest.mark.parametrize(
    "query",
    ["?!… --- ;;;", '"unbalanced', "NEAR(a, b) AND OR NOT *", "a* ^b {c} col:d",
     "' ; DROP TABLE passage; --", "\x1b[31m", "x" * 100_000, "слово " * 9_000],
    ids=["punctuation", "quote", "operators", "prefix", "sql", "escape", "100 kB", "90 kB"],
)  # fmt: skip
def test_any_text_is_a_query(indexed: Magray, query: str) -> None:
    result = indexed("--json", "search", "--", query)
    assert result.code == 0
    assert set(result.json) == ANSWER


def test_bytes_that_are_no_text(indexed: Magray) -> None:
    if os.name == "nt":
        pytest.skip("arguments are text there")
    assert indexed("search", b"caf\xe9 token").code == 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["lang:klingon x"], "lang klingon"),
        (["since:yesterdayish x"], "since yesterdayish"),
        (["x", "--path", "../etc"], "path ../etc"),
        (["x", "--layer", "attic"], "layer attic"),
        (['path:"open x'], "path"),
        (["x", "-k", "-1"], "-k -1"),
        (["x", "--batch", "nope.jsonl"], "QUERY"),
    ],
)
def test_a_broken_filter_is_one_sentence(indexed: Magray, options: list[str], named: str) -> None:
    result = indexed("search", *options)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(f"error: {named}")
    assert result.err.count("\n") == 1


def test_nothing_found_and_never_indexed(indexed: Magray, magray: Magray) -> None:
    result = indexed("search", "zzzzqqq", "--mode", "lexical")
    assert (result.code, result.out, result.err) == (0, "", "note: nothing found\n")
    result = magray("search", "anything")
    assert (result.code, result.out) == (0, "")
    assert "was never indexed: run `magray index`" in result.err
    assert not magray.home.exists()
    assert magray("--json", "search", "anything").json["hits"] == []


def test_the_line_shown_is_the_one_that_matched(magray: Magray) -> None:
    body = "".join(f"    step_{number} = {number}\n" for number in range(12))
    (magray.cwd / "deep.py").write_text(f"def dig():\n{body}    find_the_lost_spring()\n")
    magray("index", "--lexical")
    assert magray("search", "lost spring").out.startswith("deep.py:14  dig")
    hit = magray("--json", "search", "lost spring").json["hits"][0]
    assert (hit["start_line"], hit["end_line"]) == (1, 14)
    assert hit["snippet_line"] == 14


def test_what_was_searched_by_words_alone_is_said_once(magray: Magray) -> None:
    magray("index", "--lexical")
    result = magray("search", "shopping cart")
    assert "by words only" in result.err
    assert len(result.err.splitlines()) == 1
    assert "not embedded yet" not in result.out


def test_filters_alone_find_nothing_and_say_why(indexed: Magray) -> None:
    result = indexed("search", "lang:python")
    assert result.code == 0
    assert "needs words" in result.err


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        (".", ".", 4),
        ("docs", "guide.md", 1),
        ("docs", "../docs/guide.md", 1),
        ("docs", "docs/guide.md", 1),
        ("docs", "./guide.md", 1),
        ("src/auth", "..", 2),
        ("src/auth", "{root}/docs/", 1),
    ],
)
def test_a_path_is_seen_from_the_current_folder_and_from_the_root(
    indexed: Magray, folder: str, path: str, expected: int
) -> None:
    here = indexed.cwd / folder
    given = path.format(root=indexed.cwd)
    shell = indexed("--json", "search", "token database", "--path", given, cwd=here)
    batch = indexed(
        "search", "--batch", "-", cwd=here, text=f'{{"text": "token database", "path": "{given}"}}'
    )
    assert shell.code == batch.code == 0
    assert len(shell.json["hits"]) >= expected
    assert len(batch.json["hits"]) == len(shell.json["hits"])


def test_what_is_printed_can_be_given_back(indexed: Magray) -> None:
    here = indexed.cwd / "src" / "auth"
    printed = indexed("search", "shopping cart database", cwd=here).out
    places = [line.split("  ")[0] for line in printed.splitlines() if line and not line.startswith(" ")]
    in_json = paths(indexed("--json", "search", "shopping cart database", cwd=here).json)
    assert len(places) == len(in_json)
    for place in [*places, *in_json]:
        assert indexed("related", place, cwd=here).code == 0
        assert (
            len(indexed("--json", "search", "a cart database", "--path", place, cwd=here).json["hits"]) == 1
        )


def test_a_filter_that_fits_nothing_is_said(indexed: Magray) -> None:
    result = indexed("search", "item", "--kind", "docs", "--tag", "guides")
    assert (result.code, result.out) == (0, "")
    assert result.err.splitlines() == [
        "note: kind docs: no document is of this kind (try: doc)",
        "note: tag guides: no document has this tag (try: guide)",
    ]
    assert [
        part["nearest"] for part in indexed("--json", "search", "item", "--kind", "docs").json["unmatched"]
    ] == ["doc"]
    batch = indexed("search", "--batch", "-", text='{"text": "item", "lang": "rust"}\n' * 2)
    assert [line["unmatched"][0]["filter"] for line in batch.lines] == ["lang", "lang"]
    assert batch.err.count("lang rust") == 1
    outside = indexed("search", "item", "--path", "../elsewhere")
    assert outside.code == 2
    assert "outside" in outside.err


def test_batch_answers_line_by_line_in_order(indexed: Magray, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "text": "shopping cart", "k": 1},
        {"id": 7, "text": "lang:python token", "mode": "lexical"},
        {"id": None, "text": "backups", "path": ["docs/"], "in": "workspace"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", "utf-8")
    result = indexed("search", "--batch", str(file))
    assert result.code == 0
    assert [set(line) for line in result.lines] == [{"id", "hits"}] * 3
    assert [line["id"] for line in result.lines] == ["a", 7, None]
    assert [line["hits"][0]["path"] for line in result.lines] == [
        "web/cart.js",
        "src/auth/session.py",
        "docs/guide.md",
    ]
    assert indexed("search", "--batch", "-", text=file.read_bytes()).out.count("\n") == 3


def test_a_bad_line_of_a_batch_gets_its_error_and_the_rest_go_on(indexed: Magray) -> None:
    bad = ["{", "[]", '{"id": 2}', '{"id": 3, "text": "x", "nope": 1}', '{"id": 4, "text": "x", "k": "many"}',
           '{"id": 5, "text": "lang:klingon x"}', '{"id": 6, "text": "x", "tag": [1]}', "\\xff",
           "[" * 20_000]  # fmt: skip
    result = indexed("search", "--batch", "-", text="\n".join([*bad, '{"id": 9, "text": "cart"}']))
    assert result.code == 3
    assert [("error" in line) for line in result.lines] == [True] * len(bad) + [False]
    assert [line["id"] for line in result.lines] == [1, 2, 2, 3, 4, 5, 6, 8, 9, 9]
    assert indexed("search", "--batch", "-", text="{").code == 1
    missing = indexed("search", "--batch", "nope.jsonl")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("error: batch file nope.jsonl")


def test_related_finds_its_like_and_not_itself(indexed: Magray) -> None:
    answer = indexed("--json", "related", "src/payments/retry.py:7", "-k", "3")
    assert answer.code == 0
    assert set(answer.json) == ANSWER
    assert answer.json["hits"]
    assert "src/payments/retry.py" not in paths(answer.json)
    assert indexed("related", "guide.md", cwd=indexed.cwd / "docs").code == 0


@pytest.mark.parametrize(
    ("place", "message"),
    [("/etc/passwd", "lies outside"), ("../x.py:3", "lies outside"), ("web/cart.js:0", "counted from 1")],
)
def test_related_to_a_place_that_is_none(indexed: Magray, place: str, message: str) -> None:
    result = indexed("related", place)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1


def test_a_path_of_the_workspace_that_was_named_needs_no_folder_in_front(
    indexed: Magray, tmp_path: Path
) -> None:
    named = ("--workspace", str(indexed.cwd), "related", "src/payments/retry.py:7")
    assert indexed(*named, cwd=tmp_path).code == 0


def test_a_tilde_that_names_no_user_is_part_of_a_name(magray: Magray) -> None:
    (magray.cwd / "~draft.md").write_text("# Draft\n\nTomatoes are watered at dawn.\n")
    (magray.cwd / "~queries.txt").write_text('{"id": 1, "text": "tomatoes"}\n')
    (magray.cwd / "~home-of-nobody").mkdir()
    assert magray("--home", "~home-of-nobody", "index", "--lexical").code == 0
    assert (magray.cwd / "~home-of-nobody" / "workspaces").is_dir()
    assert magray("index", "--lexical", "~draft.md").code == 0
    for arguments in (
        ("related", "~draft.md:1"),
        ("search", "--batch", "~queries.txt"),
        ("vault", "drop", "~nobody"),
        ("model", "use", "~nobody"),
        ("--workspace", "~nobody", "status"),
    ):
        result = magray(*arguments)
        assert "bug in magray" not in result.err
        assert "RuntimeError" not in result.err
    assert magray("search", "--batch", "~queries.txt").code == 0
    assert magray("related", "~draft.md:1").code == 0


def test_a_home_of_nobody_is_refused_and_not_made_in_the_current_folder(magray: Magray) -> None:
    for arguments, env in (
        (("--home", "~nouser/x", "status"), {}),
        (("status",), {"MAGRAY_HOME": "~nouser/x"}),
        (("config", "set", "search.k", "5"), {"MAGRAY_HOME": "~nouser"}),
        (("--json", "search", "x"), {"MAGRAY_HOME": "~nouser/x"}),
    ):
        result = magray(*arguments, env=env)
        assert result.code == 1
        assert "there is no user nouser (try: give a full path)" in result.err
    assert not list(magray.cwd.glob("~*"))


@pytest.mark.parametrize("command", [("search", "cart"), ("related", "web/cart.js")])
@pytest.mark.parametrize("count", ["1001", "9" * 20, "9" * 400])
def test_an_absurd_number_of_hits_is_one_sentence(
    indexed: Magray, command: tuple[str, ...], count: str
) -> None:
    result = indexed("--json", *command, "-k", count)
    assert result.code == 2
    assert result.err.endswith(": at most 1,000 hits are given (try: -k 1000)\n")
    assert len(result.err) < 80
    assert result.json["error"]["code"] == "query"


def test_what_cannot_be_a_number_is_cut_in_the_sentence(indexed: Magray) -> None:
    result = indexed("search", "cart", "-k", "9" * 5000)
    assert result.code == 2
    assert len(result.err) < 500


def test_absurd_lines_of_a_batch_leave_the_others_alone(indexed: Magray) -> None:
    good = '{"id": %d, "text": "cart", "mode": "lexical"}'
    bad = [
        '{"text": "x", "k": 99999999999999999999}',
        '{"text": "x", "k": 1e400}',
        '{"text": "x", "k": %s}' % ("9" * 5000),
        '{"text": "x", "k": -1}',
        '{"text": "x", "since": "999999w"}',
        '{"id": 1e999, "text": "x"}',
        '{"id": NaN, "text": "x"}',
        '{"text": "x", "tag": "\\ud800", "in": "~nouser"}',
        "[" * 5000,
    ]
    lines = [line for number, line in enumerate(bad) for line in (line, good % number)]
    result = indexed("search", "--batch", "-", text="\n".join(lines))
    assert result.code == 3
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert len(answers) == len(lines)
    assert all("error" in answer for answer in answers[::2])
    assert [answer["id"] for answer in answers[1::2]] == list(range(len(bad)))
    assert all(answer["hits"] for answer in answers[1::2])


@pytest.mark.skipif(os.name == "nt", reason="a current folder cannot be deleted there")
def test_a_deleted_current_folder_matters_only_where_it_is_needed(indexed: Magray, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    named = ("--workspace", str(indexed.cwd))
    leave = replace(indexed, prefix=("sh", "-c", f'rmdir "{gone}" && exec "$@"', "sh"))

    def run(*arguments: str) -> Result:
        gone.mkdir()
        return leave(*arguments, cwd=gone)

    text = run(*named, "search", "shopping cart", "--mode", "lexical")
    assert text.code == 0
    assert text.out.startswith(str(indexed.cwd / "web/cart.js"))
    assert run(*named, "--json", "search", "shopping cart", "--mode", "lexical").json["hits"]
    assert run(*named, "related", str(indexed.cwd / "web/cart.js")).code == 0
    for arguments in (("index", "web/cart.js"), ("vault", "drop", "x"), ("related", "web/nowhere.js")):
        refused = run(*named, *arguments)
        assert refused.code == 2
        assert refused.err.startswith("error: the current folder cannot be used: ")
    assert run("search", "x").code == 0
    assert run("--json", "search", "x").code == 0


def test_names_typed_composed_find_decomposed_ones_on_disk(magray: Magray) -> None:
    folder = magray.cwd / unicodedata.normalize("NFD", "Мой проект")
    folder.mkdir()
    (folder / unicodedata.normalize("NFD", "Йод.md")).write_text("# Iodine\n\nTomatoes at dawn.\n")
    assert magray("index", "--lexical").code == 0
    for form in ("NFC", "NFD"):
        for glob in ("Мой проект/", "Йод.md", "*/Йод.md", "./Мой проект/*.md"):
            typed = unicodedata.normalize(form, glob)
            assert len(magray("--json", "search", "tomatoes", "--path", typed).json["hits"]) == 1
        inline = unicodedata.normalize(form, 'tomatoes path:"Мой проект/"')
        assert len(magray("--json", "search", inline).json["hits"]) == 1


def test_a_tag_includes_the_tags_below_it(magray: Magray) -> None:
    for name, tag in (("a", "project"), ("b", "project/alpha"), ("c", "projects"), ("d", "Project/Beta/x")):
        (magray.cwd / f"{name}.md").write_text(f"# Note\n\nTomatoes at dawn. #{tag}\n")
    (magray.cwd / "e.md").write_text("---\ntags: [проект/Альфа, my_project]\n---\nTomatoes.\n")
    assert magray("index", "--lexical").code == 0
    for tag, expected in {
        "project": ["a.md", "b.md", "d.md"],
        "#Project/": ["a.md", "b.md", "d.md"],
        "project/alpha": ["b.md"],
        "project/beta": ["d.md"],
        "proj": [],
        "project_": [],
        "project/%": [],
        "alpha": [],
        "Проект": ["e.md"],
    }.items():
        assert sorted(paths(magray("--json", "search", "tomatoes", "--tag", tag).json)) == expected
    inline = magray("--json", "search", "tomatoes tag:project").json
    assert sorted(paths(inline)) == ["a.md", "b.md", "d.md"]


def test_related_to_what_is_not_indexed(indexed: Magray) -> None:
    result = indexed("related", "src/nothing.py:3")
    assert result.code in (1, 2)
    assert result.err.startswith("error: ")


def test_notes_join_every_search(magray: Magray, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "garden.md").write_text("# Garden\n\nTomatoes are watered at dawn.\n")
    assert magray("config", "set", "notes.folders", str(notes)).code == 0
    magray("index", "--lexical")
    assert "were never indexed" in magray("search", "tomatoes").err
    assert magray("--workspace", str(notes), "index", "--lexical").code == 0
    hit = magray("--json", "search", "tomatoes").json["hits"][0]
    assert (hit["path"], hit["root"]) == ("garden.md", os.path.realpath(notes))


def test_notes_inside_the_workspace_are_part_of_it(magray: Magray) -> None:
    notes = magray.cwd / "docs" / "notes"
    notes.mkdir()
    (notes / "garden.md").write_text("# Garden\n\nTomatoes are watered at dawn.\n")
    assert magray("config", "set", "notes.folders", str(notes)).code == 0
    assert magray("--workspace", str(notes), "index", "--lexical").code == 0
    magray("index", "--lexical")
    (notes / "garden.md").write_text("# Garden\n\nTomatoes are watered at dusk.\n")
    magray("index", "--lexical")
    for place in ("all", "workspace"):
        found = magray("--json", "search", "tomatoes", "--in", place)
        hits = [(hit["path"], hit["vault"], hit["freshness"]) for hit in found.json["hits"]]
        assert hits == [("docs/notes/garden.md", "workspace", hits[0][2])]
        assert "dusk" in found.json["hits"][0]["snippet"]
        assert "never indexed" not in found.err
    (magray.cwd / ".gitignore").write_text("docs/notes\n")
    magray("index", "--lexical")
    (hit,) = magray("--json", "search", "tomatoes").json["hits"]
    assert (hit["path"], hit["vault"], hit["freshness"]) == ("garden.md", "notes", "stale")


def test_without_a_runtime_it_searches_by_words_and_says_so(magray: Magray, tmp_path: Path) -> None:
    (tmp_path / "broken" / "onnxruntime").mkdir(parents=True)
    (tmp_path / "broken" / "onnxruntime" / "__init__.py").write_text("")
    env = {"PYTHONPATH": str(tmp_path / "broken")}
    magray.embed_all()
    result = magray("index", env=env)
    assert result.code == 3
    assert "semantic search is not up to date" in result.err
    answer = magray("--json", "search", "shopping cart", env=env)
    assert answer.json["mode"] == "lexical"
    assert "words only" in answer.json["degraded"]
    assert paths(answer.json)[0] == "web/cart.js"
    device = magray("--json", "status", env=env).json["device"]
    assert device["actual"] is None
    assert "onnxruntime" in device["reason"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
class TestOnATerminal:
    def screen(self, magray: Magray, *arguments: str, columns: int = 80, **env: str) -> str:
        import fcntl
        import pty
        import struct
        import termios

        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        magray.env.pop("COLUMNS", None)
        terminal = {"COLUMNS": str(columns), "TERM": "xterm-256color", "NO_COLOR": "", **env}
        saved, magray.env = magray.env, {**magray.env, **terminal}
        try:
            process = magray.start(*arguments, stdin=child, stdout=child, stderr=child)
        finally:
            magray.env = saved
            os.close(child)
        shown = b""
        try:
            while block := os.read(parent, 65536):
                shown += block
        except OSError:
            pass  # the other side is closed: all was read
        os.close(parent)
        assert process.wait(60) == 0
        return shown.decode()

    def test_colour_and_highlighted_words(self, indexed: Magray) -> None:
        shown = self.screen(indexed, "search", "shopping carts")
        assert shown.startswith("\x1b[36mweb/cart.js:1\x1b[0m  \x1b[1maddToCart\x1b[0m")
        assert "\x1b[1;33mshopping\x1b[0m \x1b[1;33mcart\x1b[0m" in shown

    def test_a_long_line_shows_the_word_that_was_asked_for(self, magray: Magray) -> None:
        (magray.cwd / "long.txt").write_text("one\n\nfiller\n" + "dull words " * 20 + "the heron lands\n")
        magray("index", "--lexical")
        shown = self.screen(magray, "search", "heron", columns=50, NO_COLOR="1").splitlines()
        place = next(number for number, line in enumerate(shown) if line.startswith("long.txt:"))
        assert shown[place].startswith("long.txt:4")
        assert shown[place + 1].startswith("    …")
        assert "the heron lands" in shown[place + 1]

    def test_no_color(self, indexed: Magray) -> None:
        assert "\x1b" not in self.screen(indexed, "search", "shopping cart", NO_COLOR="1")

    def test_a_narrow_terminal(self, indexed: Magray) -> None:
        shown = self.screen(indexed, "search", "retry a failed payment", columns=40, NO_COLOR="1")
        assert max(len(line) for line in shown.splitlines()) <= 40

    def test_index_shows_progress_and_leaves_a_line(self, magray: Magray) -> None:
        shown = self.screen(magray, "index")
        assert "embedding" in shown
        *_, report, left_out = shown.rstrip().splitlines()
        assert report.strip().endswith(" s")
        assert left_out.strip() == "left out 1: 1 secret"
