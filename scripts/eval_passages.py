#!/usr/bin/env python3
"""Measures whether search finds the right part of a page: recall@10 and MRR@10 of sections, on documentation.

usage: eval_passages.py DIR [--mode MODE …] [--per-file N …] [--sample N]

DIR holds pages (`.md`, `.rst`) at any depth, cut by their headings by rules of this script's own.
A question is the first sentence of a section, and is taken out of the page before that is indexed: what is to
be found is the rest of its section. A hit counts when its lines meet those of the section. Of files the same
hits are scored as they are given: NDCG@10 with a file at its first place. `sections` is how many sections a
hit spans, on average.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from magray_memory.memory import Memory
from magray_memory.search.query import MODES, Mode, SearchQuery

K = 10
_SENTENCE = re.compile(r"\s*((?:[A-Z][^.\n]*(?:\n(?!\n)[^.\n]*)*)\.)(?:\s|$)")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+])\1{2,}\s*$")
_WORDS = range(7, 41)
_LEAST_BODY = 300


@dataclass(frozen=True)
class Question:
    text: str
    path: str
    start_line: int
    end_line: int


def cut(text: str, markdown: bool) -> list[str]:
    """The sections of a page, each from its heading on; together they are the page."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    fenced = False
    for row, line in enumerate(lines):
        if markdown:
            fenced ^= line.lstrip().startswith(("```", "~~~"))
            if row and not fenced and re.match(r"#{1,6} \S", line):
                starts.append(row)
        elif (
            row > 1 and _UNDERLINE.match(line) and lines[row - 1].strip() and not lines[row - 1][0].isspace()
        ) and len(line.strip()) >= len(lines[row - 1].strip()):
            starts.append(row - 1)
    ends = [*starts[1:], len(lines)]
    return ["".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]


def held_out(section: str, markdown: bool) -> tuple[str, str] | None:
    """The first sentence of a section and the section without it; None where it has none to spare."""
    head = section.split("\n", 1 if markdown else 2)
    body = head[-1].lstrip("\n")
    if len(head) < 2 or len(body) < _LEAST_BODY:
        return None
    match = _SENTENCE.match(body)
    sentence = " ".join(match[1].split()) if match else ""
    if match is None or len(sentence.split()) not in _WORDS or re.search(r"[`:|<>{}\[\]]", sentence):
        return None
    return sentence, "\n".join([*head[:-1], "", body[match.end(1) :].lstrip()])


def lay_out(pages: Path, out: Path, sample: int) -> list[Question]:
    """Writes the pages without their questions below `out`."""
    questions: list[Question] = []
    for page in sorted([*pages.rglob("*.md"), *pages.rglob("*.rst")]):
        text = page.read_text(encoding="utf-8", errors="replace")
        path = page.relative_to(pages)
        if re.search(r"(?i)change|history|news|release", path.name):
            continue
        whole = ""
        for section in cut(text, page.suffix == ".md"):
            start = whole.count("\n") + 1
            taken = held_out(section, page.suffix == ".md")
            # Every other one, by its own text: the same whatever pages stand beside it.
            if taken is not None and hashlib.blake2b(taken[0].encode()).digest()[0] % 2:
                section = taken[1] if taken[1].endswith("\n") else taken[1] + "\n"
                end = start + section.count("\n") - 1
                questions.append(Question(taken[0], path.as_posix(), start, end))
            whole += section
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(whole, encoding="utf-8")
    return questions[:: max(1, len(questions) // sample)] if sample else questions


def spanned(out: Path, path: str, start: int, end: int) -> int:
    """How many sections of a page these lines meet."""
    row = count = 0
    for section in cut((out / path).read_text(encoding="utf-8"), path.endswith(".md")):
        first, row = row + 1, row + section.count("\n")
        count += first <= end and row >= start
    return max(1, count)


def measure(memory: Memory, out: Path, questions: list[Question], mode: Mode) -> str:
    recall = mrr = ndcg = 0.0
    spans: list[int] = []
    for question in questions:
        hits = memory.search.query(SearchQuery(question.text, within="workspace", mode=mode, k=K)).hits
        right = [
            place
            for place, hit in enumerate(hits)
            if hit.path == question.path
            and hit.start_line <= question.end_line
            and hit.end_line >= question.start_line
        ]
        of_file = [place for place, hit in enumerate(hits) if hit.path == question.path]
        recall += bool(right)
        mrr += 1 / (right[0] + 1) if right else 0.0
        ndcg += 1 / math.log2(of_file[0] + 2) if of_file else 0.0
        spans += [spanned(out, hit.path, hit.start_line, hit.end_line) for hit in hits if hit.path]
    n = len(questions)
    return (
        f"recall@10 {recall / n:.3f}  mrr@10 {mrr / n:.3f}  files ndcg@10 {ndcg / n:.3f}"
        f"  sections {sum(spans) / max(1, len(spans)):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("pages", type=Path, metavar="DIR", help="folder of documentation pages")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=["lexical", "hybrid"])
    parser.add_argument("--per-file", nargs="+", type=int, default=[1, 3], metavar="N")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="about N questions, evenly taken")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "magray-eval")
    args = parser.parse_args()
    os.environ.pop("MAGRAY_CONFIG", None)
    name = hashlib.blake2b(str(args.pages.resolve()).encode(), digest_size=6).hexdigest()
    out = args.home / "pages" / name
    questions = lay_out(args.pages, out, args.sample)
    if not questions:
        sys.exit(f"{args.pages}: no section of a page begins with a sentence that could be a question")
    for per_file in args.per_file:
        with Memory.open(out, home=args.home, overrides={"search.per_file": per_file}) as memory:
            memory.index.run(lexical=args.mode == ["lexical"])
            for mode in args.mode:
                print(f"{mode:<9} per_file {per_file}  {len(questions)} questions  ", end="")
                print(measure(memory, out, questions, mode), flush=True)


if __name__ == "__main__":
    main()
