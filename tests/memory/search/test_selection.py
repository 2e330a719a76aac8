"""What is shown of what was ranked: one answer for each real file and each text, the best of each."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from magray_memory.search.query import parse
from magray_memory.search.searcher import Searcher

from .conftest import make_bench

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.models.embedder import Embedder

    from .conftest import Bench

FERRY = (
    "def cross_the_strait(ferry, tide):\n"
    '    """The ferry waits for the tide, then it crosses the strait."""\n'
    "    while not tide.high:\n        ferry.wait()\n    ferry.sail()\n"
)


def nested(tmp_path: Path, embedder: Embedder) -> tuple[Bench, Bench]:
    """A workspace, and a folder of it as another."""
    outer = make_bench(
        tmp_path / "outer", embedder, {"pkg/boat.py": FERRY, "top.md": "# Ferry\n\nThe tide.\n"}
    )
    inner = make_bench(tmp_path / "inner", embedder, {})
    inner.root.rmdir()
    inner.root = outer.root / "pkg"
    return outer, inner


def test_a_file_of_two_open_folders_belongs_to_the_inner_one(tmp_path: Path, embedder: Embedder) -> None:
    outer, inner = nested(tmp_path, embedder)
    both = [outer.opened(), inner.opened()]
    searcher = Searcher(both, lambda key: embedder)

    def found() -> set[tuple[str | None, str | None]]:
        hits = searcher.search(parse("ferry tide", mode="lexical")).hits
        assert len({(hit.root, hit.path) for hit in hits}) == len(hits)
        return {(hit.root, hit.path) for hit in hits}

    assert found() == {(str(outer.root), "pkg/boat.py"), (str(outer.root), "top.md")}
    inner.put("boat.py", FERRY)
    assert found() == {(str(outer.root), "top.md"), (str(inner.root), "boat.py")}
    inner.put("boat.py", "nothing of the kind\n")
    assert found() == {(str(outer.root), "top.md")}
    searcher.close()


def test_hard_links_to_one_file_are_one_answer(bench: Bench) -> None:
    bench.put("src/ferry.py", FERRY)
    bench.put("lib/ferry.py", FERRY)
    (bench.root / "lib/ferry.py").unlink()
    try:
        os.link(bench.root / "src/ferry.py", bench.root / "lib/ferry.py")
    except OSError:
        pytest.skip("no hard links here")
    hits = bench.search("ferry crosses the strait").hits
    assert sum(hit.path in ("src/ferry.py", "lib/ferry.py") for hit in hits) == 1
    assert not hits[0].copies


def test_the_same_text_is_one_hit_that_counts_its_copies(bench: Bench) -> None:
    for path in ("a/ferry.py", "b/ferry.py", "c/other.py"):
        bench.put(path, FERRY)
    bench.put("d/ferry.py", FERRY.replace("wait", "rest"))
    hits = bench.search("ferry crosses the strait", k=3).hits
    ferries = [hit for hit in hits if "rry" in hit.snippet]
    assert len(ferries) == 2
    counted = next(hit for hit in ferries if hit.copies)
    assert counted.copies == 2
    assert counted.copy_paths
    assert {counted.path, *counted.copy_paths} == {"a/ferry.py", "b/ferry.py", "c/other.py"}
    (bench.root / "b/ferry.py").unlink()
    assert next(hit for hit in bench.search("ferry crosses the strait").hits if hit.copies).copies == 1


def test_short_texts_are_no_copies(bench: Bench) -> None:
    bench.put("a.md", "Set sail.\n")
    bench.put("b.md", "Set sail.\n")
    assert {"a.md", "b.md"} <= set(bench.paths("set sail"))


def test_a_second_passage_of_a_file_is_shown_when_it_is_much_better(bench: Bench) -> None:
    filler = "\n".join(f"Line {n} of the timetable names a harbour and an hour." for n in range(60))
    text = f"# Ferry\n\nThe ferry crosses the strait at high tide.\n\n# Hours\n\n{filler}\n\n"
    bench.put("guide.md", f"{text}# Fares\n\nThe ferry across the strait costs more at high tide.\n")
    for n in range(4):
        bench.put(f"other{n}.md", f"# Harbour {n}\n\nA ferry is named once here, number {n}.\n")
    hits = bench.search("ferry across the strait at high tide", mode="lexical").hits
    assert [hit.path for hit in hits[:2]] == ["guide.md", "guide.md"]
    assert [hit.path for hit in hits].count("guide.md") <= 3
    assert len({(hit.start_line, hit.end_line) for hit in hits if hit.path == "guide.md"}) >= 2


def test_a_hit_of_prose_ends_at_the_next_heading(bench: Bench) -> None:
    body = "\n".join(
        f"The ferry number {n} crosses the strait at high tide, says the timetable." for n in range(24)
    )
    bench.put("guide.md", "\n".join(f"# Part {n}\n\n{body}\n" for n in range(3)))
    text = (bench.root / "guide.md").read_text().split("\n")
    for hit in bench.search("ferry crosses the strait at high tide").hits:
        if hit.path == "guide.md":
            inside = text[hit.start_line : hit.end_line]
            assert not [line for line in inside if line.startswith("# ")]


ROWS = {
    "export.jsonl": '{"event": "payment failed", "retry": true, "order": "ORD-29310"}\n' * 3,
    "export.csv": "event,retry,order\npayment failed,true,ORD-29311\n",
    "app.log": "2026-01-01 ERROR the failed payment is tried again, order ORD-29312 of Ivanov\n",
    "app.log.1": "2025-01-01 ERROR the failed payment is tried again, order ORD-29313 of Petrov\n",
    "tests/fixtures/pay.json": '{"payment": "failed", "again": "tried", "order": "ORD-29314"}\n',
    "data/pay.yaml": "payment: failed\ntried: again\norder: ORD-29315\n",
}


@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_prose_and_code_come_before_data_unless_data_is_asked_for(bench: Bench, mode: str) -> None:
    for path, text in ROWS.items():
        bench.put(path, text)
    bench.put("docs/pay.md", "# Payments\n\nWhen a payment has failed it is tried again after an hour.\n")
    question = "when is a failed payment tried again"
    assert bench.paths(question, mode=mode)[0] == "docs/pay.md"
    assert bench.paths(question, mode=mode, languages=["csv"])[0] == "export.csv"
    assert bench.paths(question, mode=mode, paths=["*.log"])[0] == "app.log"
    for number, path in enumerate(ROWS):
        assert bench.paths(f"ORD-2931{number}", mode=mode)[0] == path
    rows = [{"payment": "failed", "again": "tried", "when": n} for n in range(900)]
    bench.put("src/payments.json", json.dumps(rows, indent=1))
    assert bench.paths(question, mode=mode)[0] == "docs/pay.md"
    line = "the failed payment is tried again, order ORD-29312 of Ivanov"
    assert bench.paths(line, mode=mode)[0] == "app.log"
