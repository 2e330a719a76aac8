#!/usr/bin/env python3
"""Fits the confidence of hits and shows how well it holds on questions and languages that it has not seen.

usage: fit_confidence.py BENCH CODE [--home DIR] [--sample N]

BENCH has the sets `xquad-en`, `xquad-ru` and `code` as `eval_quality.py` reads them, CODE the packages of
the last, a folder each. The articles of xquad are split into two halves, each a folder of its own, and so are
the packages: a question is answered in its own half and has no answer in the other; Russian questions are
asked of the English articles too. The last paragraph of each article is left out, and what it answers is
asked all the same: the others of its article are near it, and few answer. Questions about code are asked of
encyclopedia articles and the other way round, and sentences that mean nothing of all. One half is for
fitting, the other for the tables: expected calibration error (ten bins), Brier score, the area under the
curve of answered and unanswered questions by their first hit, how many of these and of those have one below
`ANSWERED`, and how many of the questions about paragraphs that were left out have one of `SURE` or more. Each
fit is printed as its constant.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from magray_memory.memory import Memory
from magray_memory.search import confidence
from magray_memory.search.confidence import Features
from magray_memory.search.query import Mode, SearchQuery
from magray_memory.search.weights import ANSWERED, ConfidenceFit

NONSENSE = (
    "zzqx frobnicate blorp",
    "asdf qwer hjkl",
    "wug dax blicket fep",
    "шмякла кузявая бокра",
    "how long to boil an egg",
    "best recipe for tomato soup",
    "сколько варить гречку",
    "how to knit a scarf",
    "as tall as the moon is blue",
    "football results of yesterday",
    "какая завтра погода в Самаре",
    "cheap flights to Lisbon in May",
)
PACKAGES = (("click", "flask", "express"), ("requests", "redux", "starlette"))
NEAR = {"click": "redux", "redux": "click", "requests": "redux", "flask": "click", "express": "click"}
"""Another package, which does not answer what is asked of the first."""
BINS = 10
WORDS = ("words", "coverage", "called")
VECTORS = ("cosine", "above", "standing")
ACROSS = "ru over en"
"""The group that is rated only: its answers look like what is no answer in one language."""
PARAGRAPHS = 5
"""Paragraphs of an article."""
SURE = 0.5
FIRST = 5
"""How much more a first hit counts: it is what people look at, and what tells answered questions apart."""


class Hit(NamedTuple):
    """What is known of one hit, and whether it answers; `first`: it is the first one; `near`: of a question
    about a paragraph that was left out.
    """

    features: Features
    right: bool
    first: bool
    answerable: bool
    group: str
    near: bool = False


class Asked(NamedTuple):
    """A question, the documents that answer it in this folder, and the group that it is counted in."""

    text: str
    right: frozenset[str]
    group: str
    near: bool = False


def lines(path: Path) -> list[dict[str, str]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_set(folder: Path) -> tuple[list[dict[str, str]], dict[str, set[str]]]:
    """The questions of a set, and the documents that answer each."""
    right: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, _ = line.split("\t")
        right.setdefault(query, set()).add(document)
    return lines(folder / "queries.jsonl"), right


def halves(bench: Path, work: Path, sample: int) -> list[dict[Path, list[Asked]]]:
    """For each half the folders of it, and what is asked of each."""
    found: list[dict[Path, list[Asked]]] = [{}, {}]
    code = [q["text"] for q in lines(bench / "code" / "queries.jsonl")]
    articles: list[str] = []
    for name in ("xquad-en", "xquad-ru"):
        queries, right = read_set(bench / name)
        random.Random(1).shuffle(queries)
        articles += [q["text"] for q in queries[: sample // 4]]
        half_of, left_out = {}, set[str]()
        for number, document in enumerate(lines(bench / name / "corpus.jsonl")):
            half_of[document["id"]] = number // PARAGRAPHS % 2
            if number % PARAGRAPHS == PARAGRAPHS - 1:
                left_out.add(document["id"])
                continue
            path = work / f"{name}-{number // PARAGRAPHS % 2}" / document["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document["text"], encoding="utf-8")
        for half in (0, 1):
            inside = [q for q in queries if all(half_of[d] == half for d in right[q["id"]])]
            own = [q for q in inside if not right[q["id"]] & left_out][:sample]
            near = [q for q in inside if right[q["id"]] <= left_out][: sample // 2]
            others = [q for q in queries if all(half_of[d] != half for d in right[q["id"]])][:sample]
            asked = [Asked(q["text"], frozenset(f"{d}.md" for d in right[q["id"]]), name) for q in own]
            asked += [Asked(q["text"], frozenset(), name) for q in others]
            asked += [Asked(q["text"], frozenset(), name, near=True) for q in near]
            asked += [
                Asked(text, frozenset(), name) for text in (*NONSENSE[half::2], *code[half::2][: sample // 4])
            ]
            found[half][work / f"{name}-{half}"] = asked
    for half in (0, 1):
        in_english = found[half][work / f"xquad-en-{half}"]
        for one in found[half][work / f"xquad-ru-{half}"]:
            if one.group == "xquad-ru" and not one.near and one.text not in (*NONSENSE, *code):
                right = frozenset(path.replace("ru/", "en/") for path in one.right)
                in_english.append(Asked(one.text, right, ACROSS))
    add_code(bench, work, found, articles)
    return found


def add_code(bench: Path, work: Path, found: list[dict[Path, list[Asked]]], articles: list[str]) -> None:
    """The packages, each with its own questions, those of an unlike one, and some about other things."""
    queries, right = read_set(bench / "code")
    for half, packages in enumerate(PACKAGES):
        for package in packages:
            own = [q for q in queries if q["scope"] == package]
            others = [q for q in queries if q["scope"] == NEAR.get(package)]
            asked = [
                Asked(q["text"], frozenset(d.removeprefix(f"{package}/") for d in right[q["id"]]), "code")
                for q in own
            ]
            asked += [Asked(q["text"], frozenset(), "code") for q in others]
            asked += [
                Asked(text, frozenset(), "code") for text in (*NONSENSE[half::2], *articles[half::2][:12])
            ]
            found[half][work / "code" / package] = asked


def ask(memory: Memory, asked: Asked, mode: Mode, *, limit: int = 10) -> list[Hit]:
    """The hits of one question with their features."""
    seen: list[Features] = []

    def note(features: Features, fit: ConfidenceFit) -> float:
        seen.append(features)
        return 0.0

    former, confidence.probability = confidence.probability, note
    try:
        hits = memory.search.query(SearchQuery(asked.text, k=limit, mode=mode)).hits
    finally:
        confidence.probability = former
    return [
        Hit(features, hit.path in asked.right, number == 0, bool(asked.right), asked.group, asked.near)
        for number, (hit, features) in enumerate(zip(hits, seen, strict=True))
    ]


def fit(hits: list[Hit], used: tuple[bool, ...]) -> ConfidenceFit:
    """Weights by Newton's method, with a little shrinkage; each group counts as much as the others."""
    x = np.array([[1.0, *h.features] for h in hits]) * np.array([True, *used])
    y = np.array([h.right for h in hits], float)
    groups = [h.group for h in hits]
    weights = np.array([len(hits) / groups.count(group) for group in groups]) / len(set(groups))
    weights *= np.array([FIRST if hit.first else 1 for hit in hits])
    mean, spread = x[:, 1:].mean(0), x[:, 1:].std(0) + 1e-9
    scaled = np.hstack([np.ones((len(x), 1)), (x[:, 1:] - mean) / spread])
    beta = np.zeros(scaled.shape[1])
    shrink = np.diag([0.0, *[1.0] * (scaled.shape[1] - 1)])
    for _ in range(50):
        p = 1 / (1 + np.exp(-scaled @ beta))
        gradient = scaled.T @ (weights * (y - p)) - shrink @ beta
        hessian = (scaled * (weights * p * (1 - p))[:, None]).T @ scaled + shrink
        beta += np.linalg.solve(hessian, gradient)
    slopes = beta[1:] / spread * np.array(used)
    return ConfidenceFit(round(float(beta[0] - slopes @ mean), 2), *(round(float(s), 2) for s in slopes))


def rating(hits: list[Hit], fitted: ConfidenceFit) -> tuple[float, float, float, float]:
    """Expected calibration error and Brier score of all hits, the error of first hits alone, and the area
    under the curve of answered and unanswered questions.
    """
    p = np.array([confidence.probability(h.features, fitted) for h in hits])
    y = np.array([h.right for h in hits], float)
    first = np.array([h.first for h in hits])
    answerable = np.array([h.answerable for h in hits])
    near = np.array([h.near for h in hits])
    good, bad = p[first & answerable], p[first & ~answerable & ~near]
    area = float(np.mean([(good > value).mean() + (good == value).mean() / 2 for value in bad]))
    return _error(p, y), float(((p - y) ** 2).mean()), _error(p[first], y[first]), area


def below(hits: list[Hit], fitted: ConfidenceFit) -> tuple[float, float]:
    """The shares of questions with and without an answer whose first hit counts as none."""
    first = [hit for hit in hits if hit.first and not hit.near]
    low = np.array([confidence.probability(hit.features, fitted) < ANSWERED for hit in first])
    answerable = np.array([hit.answerable for hit in first])
    return float(low[answerable].mean()), float(low[~answerable].mean())


def sure_of_near(hits: list[Hit], fitted: ConfidenceFit) -> float:
    """The share of questions about paragraphs that were left out whose first hit seems to answer."""
    first = [confidence.probability(hit.features, fitted) for hit in hits if hit.first and hit.near]
    return sum(value >= SURE for value in first) / len(first) if first else float("nan")


def _error(p: np.ndarray, y: np.ndarray) -> float:
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(BINS)) / len(p))


def related(memory: Memory, folder: Path) -> list[Hit]:
    """The hits of a whole paragraph; those of the same article are right."""
    found: list[Hit] = []
    for file in sorted(folder.rglob("*.md"))[::3]:
        path, article = file.relative_to(folder).as_posix(), int(file.stem[1:]) // PARAGRAPHS
        seen: list[Features] = []

        def note(features: Features, fit: ConfidenceFit, seen: list[Features] = seen) -> float:
            seen.append(features)
            return 0.0

        former, confidence.probability = confidence.probability, note
        hits = memory.search.related(folder / path, k=10).hits
        confidence.probability = former
        for number, (hit, features) in enumerate(zip(hits, seen, strict=True)):
            right = hit.path is not None and int(Path(hit.path).stem[1:]) // PARAGRAPHS == article
            found.append(Hit(features, right, number == 0, True, folder.name))
    return found


def main() -> int:
    """Fit on one half, rate on the other, and print both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("bench", type=Path)
    parser.add_argument("code", type=Path)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "magray-confidence")
    parser.add_argument("--sample", type=int, default=200)
    args = parser.parse_args()
    work = args.home / "corpora"
    if not (work / "code").exists():
        shutil.copytree(args.code, work / "code")
    both = halves(args.bench, work, args.sample)
    names = Features._fields
    modes: list[tuple[str, Mode, tuple[bool, ...]]] = [
        ("CONFIDENCE", "hybrid", tuple(name != "standing" for name in names)),
        ("CONFIDENCE_OTHER_MODEL", "hybrid", tuple(name not in ("cosine", "above") for name in names)),
        ("CONFIDENCE_BY_VECTORS", "semantic", tuple(name not in (*WORDS, "standing") for name in names)),
        ("CONFIDENCE_BY_WORDS", "lexical", tuple(name not in VECTORS for name in names)),
    ]
    hits: dict[str, list[list[Hit]]] = {name: [[], []] for name, *_ in modes}
    alike: list[list[Hit]] = [[], []]
    for half, folders in enumerate(both):
        for folder, questions in folders.items():
            with Memory.open(folder, home=args.home) as memory:
                memory.index.run()
                for name, mode, _ in modes:
                    hits[name][half] += [hit for one in questions for hit in ask(memory, one, mode)]
                if folder.name.startswith("xquad"):
                    alike[half] += related(memory, folder)
    columns = f"{'hits':>6} {'ece':>6} {'brier':>6} {'ece, first':>10} {'auc':>6} {'below':>12} {'near':>6}"
    print(f"{'':22} {'group':10} {columns}")
    for name, _, used in modes:
        fitted = fit([hit for hit in hits[name][0] if hit.group != ACROSS], used)
        for group in ("xquad-en", "xquad-ru", ACROSS, "code"):
            held = [hit for hit in hits[name][1] if hit.group == group]
            if not any(hit.first and hit.answerable for hit in held):  # by words alone
                continue
            error, brier, first, area = rating(held, fitted)
            rated = f"{len(held):6} {error:6.3f} {brier:6.3f} {first:10.3f} {area:6.3f}"
            answered, unanswered = below(held, fitted)
            none = f"{answered:6.3f} {unanswered:5.3f} {sure_of_near(held, fitted):6.2f}"
            print(f"{name:22} {group:10} {rated} {none}")
        print(f"{name} = ConfidenceFit{tuple(fitted)}")
    fitted = fit(alike[0], tuple(n in ("standing", "relative") for n in names))
    p = np.array([confidence.probability(h.features, fitted) for h in alike[1]])
    y = np.array([h.right for h in alike[1]], float)
    print(f"CONFIDENCE_RELATED ece {_error(p, y):.3f} brier {((p - y) ** 2).mean():.3f}")
    print(f"CONFIDENCE_RELATED = ConfidenceFit{tuple(fitted)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
