#!/usr/bin/env python3
"""Measures how good search is: runs a retrieval set through the public API; NDCG@10, recall@10 and MRR.

usage: eval_quality.py SET [--corpus DIR | --records] [--queries-from SET] [--mode MODE …] [--sample N]
                       [--by-scope]

SET is a folder with `queries.jsonl` {"id","text","scope"?}, `qrels.tsv` (query id, document id, relevance)
and `corpus.jsonl` {"id","path","text"}, whose documents are written as files; with --corpus DIR the files are
there already, one folder per scope, and a document id is SCOPE/PATH. Each scope is a workspace of its own,
and a query is searched only in its scope. --queries-from asks the questions of another set, whose ids differ
in the prefix only (`ru/p000` for `en/p000`). --records remembers each document as a record, and asks
`recall`: once of records that are alike but for their text, and once of records that were lived with (written
within two years, of any importance, some used and pinned, by chance and not by what is asked): what these
cost is what the signals of records may cost at most.

The home is kept between runs (by default in the temporary folder): only what changed is embedded again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from magray_memory.context import Context
from magray_memory.indexing.notebook import embed_notebook
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.search.query import MODES, Mode, SearchQuery

DEPTH = 20
"""Hits asked for; a file counts once, at its best rank."""
WHOLE = ""
"""The scope of a set without scopes."""
MEASURES = ("ndcg@10", "recall@10", "mrr@10")


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    scope: str


def read_lines(path: Path) -> list[dict[str, str]]:
    """The objects of a JSON lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def read_questions(folder: Path) -> tuple[list[Question], dict[str, set[str]]]:
    """The questions of a set and the documents that answer each."""
    questions = [
        Question(q["id"], q["text"], q.get("scope") or WHOLE) for q in read_lines(folder / "queries.jsonl")
    ]
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        question, document, relevance = line.split("\t")
        if int(relevance) > 0:
            relevant.setdefault(question, set()).add(document)
    return questions, relevant


def lay_out(folder: Path, out: Path) -> dict[str, str]:
    """Writes the documents of `corpus.jsonl` as files below `out`; returns path → document id.

    A file that is there with the same text is left as it is, so that its index stays good.
    """
    ids: dict[str, str] = {}
    for document in read_lines(folder / "corpus.jsonl"):
        path = PurePosixPath(document.get("path") or document["id"])
        if path.is_absolute() or ".." in path.parts:
            sys.exit(f"{folder}: the path of document {document['id']} leads outside the corpus")
        if not path.suffix:
            path = path.with_suffix(".md")
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != document["text"]:
            file.write_text(document["text"], encoding="utf-8")
        ids[path.as_posix()] = document["id"]
    return ids


def score(ranked: list[str], relevant: set[str]) -> dict[str, float]:
    """Binary NDCG@10, recall@10 and MRR@10 of one question."""
    places = [
        place for place, document in enumerate(dict.fromkeys(ranked)) if document in relevant and place < 10
    ]
    best = sum(1 / math.log2(i + 2) for i in range(min(10, len(relevant))))
    return {
        "ndcg@10": sum(1 / math.log2(place + 2) for place in places) / best,
        "recall@10": len(places) / len(relevant),
        "mrr@10": 1 / (places[0] + 1) if places else 0.0,
    }


def mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(row[name] for row in rows) / len(rows) for name in MEASURES}


def show(name: str, row: dict[str, float], count: int) -> None:
    print(f"{name:<34}{count:>6}  " + "  ".join(f"{key} {row[key]:.3f}" for key in MEASURES), flush=True)


class Corpus:
    """The workspaces of a set, by scope; indexed when they are opened."""

    def __init__(self, folder: Path, files: Path | None, home: Path) -> None:
        self.home = home
        self.ids: dict[str, str] | None = None
        if files is None:
            files = home / "corpora" / folder.resolve().name
            self.ids = lay_out(folder, files)
        self.files = files
        self.prefix = next(iter(self.ids.values())).partition("/")[0] if self.ids else ""

    def open(self, scope: str) -> Memory:
        memory = Memory.open(self.files / scope, home=self.home)
        report = memory.index.run()
        print(
            f"{scope or self.files.name}: {report.files} files, {report.passages} passages", file=sys.stderr
        )
        return memory

    def document(self, scope: str, path: str) -> str:
        return f"{scope}/{path}" if self.ids is None else self.ids.get(path, path)


class Records:
    """The documents of a set as records of a notebook; `lived`: of any age, importance and use."""

    def __init__(self, folder: Path, home: Path, *, lived: bool) -> None:
        self.name = f"{'lived' if lived else 'records'}-{folder.resolve().name}"
        self.home = home / self.name
        self.lived = lived
        self.documents = read_lines(folder / "corpus.jsonl")
        self.prefix = self.documents[0]["id"].partition("/")[0]

    def open(self) -> Memory:
        workspace = self.home / "empty"
        workspace.mkdir(parents=True, exist_ok=True)
        memory = Memory.open(workspace, home=self.home)
        if not memory.home.notebook.exists():
            self._fill(memory)
            embed_notebook(Context.open(workspace, home=self.home))
        print(f"{self.name}: {len(self.documents)} records", file=sys.stderr)
        return memory

    def _fill(self, memory: Memory) -> None:
        chance, now = random.Random(5), time.time()
        for number, document in enumerate(self.documents, 1):
            draft = Draft(text=document["text"], key=document["id"])
            if self.lived:
                written = now - chance.uniform(0, 730 * 86_400)
                draft = replace(draft, created_at=written, importance=chance.random())
                draft = replace(draft, pinned=chance.random() < 0.1, session=f"s{number // 8}")
            memory.records.remember(draft)
            memory.records.uses.note([number] * (chance.randrange(20) * self.lived), "shown")

    def run(self, memory: Memory, questions: list[Question], mode: Mode) -> dict[str, list[str]]:
        """The documents that each question finds, best first."""
        found: dict[str, list[str]] = {}
        for question in questions:
            query = SearchQuery(question.text, within="notebook", mode=mode, k=DEPTH)
            hits = memory.recall.query(query).hits
            found[question.id] = [hit.key for hit in hits if hit.key]
        return found


def measure_records(args: argparse.Namespace) -> None:
    for lived in (False, True):
        records = Records(args.set, args.home, lived=lived)
        questions, relevant = asked_of(args, records.prefix)
        with records.open() as memory:
            for mode in args.mode:
                found = records.run(memory, questions, mode)
                rows = [score(found[q.id], relevant[q.id]) for q in questions if q.id in relevant]
                show(f"{records.name} {mode}", mean(rows), len(rows))


def asked_of(args: argparse.Namespace, prefix: str) -> tuple[list[Question], dict[str, set[str]]]:
    """The questions, as many as are wanted, and the documents of the corpus that answer each."""
    questions, relevant = read_questions(args.queries_from or args.set)
    if args.queries_from:
        relevant = {q: {with_prefix(d, prefix) for d in found} for q, found in relevant.items()}
    if args.sample:
        questions = questions[:: max(1, len(questions) // args.sample)]
    return questions, relevant


def with_prefix(document: str, prefix: str) -> str:
    """The same document in a parallel corpus: `ru/p000` as `en/p000`."""
    return f"{prefix}/{document.partition('/')[2]}"


def run(memory: Memory, corpus: Corpus, questions: list[Question], mode: Mode) -> dict[str, list[str]]:
    """The documents that each question finds, best first."""
    found: dict[str, list[str]] = {}
    for question in questions:
        # Not `parse`: the set's texts are plain, and a word with a colon in them is no filter.
        answer = memory.search.query(SearchQuery(question.text, within="workspace", mode=mode, k=DEPTH))
        if answer.degraded:
            print(f"{question.id}: {answer.degraded}", file=sys.stderr)
        found[question.id] = [corpus.document(question.scope, hit.path) for hit in answer.hits if hit.path]
    return found


def measure(args: argparse.Namespace) -> None:
    corpus = Corpus(args.set, args.corpus, args.home)
    questions, relevant = asked_of(args, corpus.prefix)
    scopes = sorted({question.scope for question in questions})
    scores: dict[str, dict[str, list[dict[str, float]]]] = {mode: {} for mode in args.mode}
    for scope in scopes:
        asked = [question for question in questions if question.scope == scope]
        with corpus.open(scope) as memory:
            for mode in args.mode:
                found = run(memory, corpus, asked, mode)
                scores[mode][scope] = [score(found[q.id], relevant[q.id]) for q in asked if q.id in relevant]
    name = args.set.resolve().name + (f" ← {args.queries_from.resolve().name}" if args.queries_from else "")
    for mode, by_scope in scores.items():
        every = [row for rows in by_scope.values() for row in rows]
        show(f"{name} {mode}", mean(every), len(every))
        if len(scopes) > 1:
            show("  mean over scopes", mean([mean(rows) for rows in by_scope.values()]), len(scopes))
            for scope, rows in by_scope.items() if args.by_scope else ():
                show(f"    {scope}", mean(rows), len(rows))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, metavar="SET", help="folder of the retrieval set")
    parser.add_argument(
        "--corpus", type=Path, metavar="DIR", help="folder of source files, a folder per scope"
    )
    parser.add_argument("--records", action="store_true", help="remember the documents, and ask recall")
    parser.add_argument("--queries-from", type=Path, metavar="SET", help="ask the questions of this set")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=["lexical", "semantic", "hybrid"])
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="about N questions, evenly taken")
    parser.add_argument("--by-scope", action="store_true", help="a line for each scope too")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "magray-eval")
    args = parser.parse_args()
    os.environ.pop("MAGRAY_CONFIG", None)
    if args.records:
        measure_records(args)
    else:
        measure(args)


if __name__ == "__main__":
    main()
