"""Ranking weights: every tuned number of ranking, each with its effect.

Measured by `scripts/eval_quality.py SET --corpus DIR`: NDCG@10 of the hybrid mode, mean over six packages of
source code, .961 with these. Half or twice of any weight costs at most .008 (a third less or more of
`lexical`: .006); without a signal it is what stands at the signal. Scores before the signals lie in 0…1, so
a weight of .1 moves a passage by a tenth of the way from the worst to the best.
"""

from __future__ import annotations

from typing import NamedTuple


class Weights(NamedTuple):
    """The weights of fusion and of the signals. A signal is bounded by its weight; penalties are factors."""

    lexical: float = 0.45
    """Share of BM25 in the fused score of a query in words; vectors have the rest."""
    lexical_name: float = 0.6
    """The same for a query that is one name: what is written exactly so matters more."""
    lexical_approximate: float = 0.6
    """The same where meaning is known by approximate vectors alone."""
    coverage: float = 0.6
    """Part of a query's weight that the best lexical passage must hold for BM25 to have its full share."""
    definition: float = 0.4
    """For a passage that surely defines the name asked for; without .950."""
    definition_coded: float = 0.5
    """The same where the query is one name that only code has: nobody types `max_open_files` by chance."""
    phrase: float = 0.4
    """For a passage with the words in quotes as they stand; not in the set, bounded by `definition`."""
    path: float = 0.15
    file_name: float = 0.28
    """For all words of the query in the path (without .954), and for a file's name that says the same as the
    query (.938); without both .920.
    """
    same_file: float = 0.2
    """Of .5, .25 and .125 of the next passages of a file, added to its best one; without .952."""
    another_hit: float = 0.8
    """Factor of a file's second hit, again of its third: it is shown before what is that much worse. Of 170
    sections of documentation (`scripts/eval_passages.py`) ten hits by words hold 70 %, with .7 65 %, with .9
    71 %, with one hit a file 52 %; NDCG@10 of files is .730 in each case, but .724 with 1.
    """
    another_hit_code: float = 0.5
    """The same for code, whose questions have a file as their answer more often than a part of it."""
    recent: float = 0.02
    recent_days: float = 14.0
    layer_interact: float = 0.02
    layer_insights: float = 0.01
    test: float = 0.6
    """Factors of file roles that repeat the words of others; tests are not in the set, .02 on 18 others."""
    example: float = 0.7
    vendored: float = 0.6
    generated: float = 0.6
    data: float = 0.5
    """Rows and log lines hold every word of a project and say nothing about it."""
    history: float = 0.7
    """Changelogs name everything and explain nothing; axios, xmonad and jq led with them."""
    record_age: float = 0.03
    record_age_days: float = 30.0
    """For a record of now, halved every so many days. All that is added to a record for what it is, not for
    what it says, is less than what words and meaning tell apart: `scripts/eval_quality.py --records`.
    """
    record_use: float = 0.03
    record_used: int = 20
    record_use_days: float = 90.0
    """For a record that was shown so often or oftener, halved every so many days since the last time."""
    record_importance: float = 0.03
    """For importance 1, taken away for 0."""
    record_pinned: float = 0.02
    record_session: float = 0.08
    """For a record beside the best one in its session."""
    called: float = 1.0
    """For the record whose key or title is the whole query."""
    superseded: float = 0.5
    """Factor of a record that another replaces."""
    in_span: float = 0.25
    """For what is of the time that a question asks for."""
    in_span_alone: float = 1.25
    """The same where no record holds a word of the question: "what happened last week"."""
    tagged: float = 0.9
    """What a word of the query is worth that stands in a tag, to one in the text."""
    mentioned: float = 0.25
    """Power of these factors when the query speaks of such files without asking for them."""


WEIGHTS = Weights()


class ConfidenceFit(NamedTuple):
    """The weights of a logistic function of `confidence.Features`, in their order."""

    intercept: float
    cosine: float
    above: float
    standing: float
    words: float
    coverage: float
    called: float
    relative: float
    lead: float
    terms: float


CONFIDENCE = ConfidenceFit(-39.0, 40.13, 13.05, 0.0, 2.67, 1.46, 1.41, -0.56, 9.31, 0.37)
CONFIDENCE_OTHER_MODEL = ConfidenceFit(-8.52, 0.0, 0.0, 0.69, 4.83, 2.95, 1.59, 0.14, 7.93, 0.69)
CONFIDENCE_BY_VECTORS = ConfidenceFit(-49.3, 55.44, 23.43, 0.0, 0.0, 0.0, 0.0, -1.97, 10.87, -0.05)
CONFIDENCE_BY_WORDS = ConfidenceFit(-10.18, 0.0, 0.0, 0.0, 5.0, 3.61, 2.34, 2.75, 3.13, 1.47)
CONFIDENCE_RELATED = ConfidenceFit(-6.45, 0.0, 0.0, 4.11, 0.0, 0.0, 0.0, -0.05, 0.0, 0.0)
"""Fitted by `scripts/fit_confidence.py --sample 60` to one half of the articles of xquad and of the
packages, and rated on the other, with more questions that have no answer there than such that have one. The
paragraphs that answer some of these were left out, and others of their article are there, which a few of
them answer too:

|                                                  | English | Russian | code |
|---|---|---|---|
| area under the curve of answered and unanswered  | .998 | .997 | .992 |
| the same by words alone                          | .978 | .953 | .946 |
| the same without absolute cosines (other models) | .992 | .993 | .966 |
| calibration error of first hits                  | .04 | .04 | .05 |
| of all hits, and their Brier score               | .01, .006 | .01, .006 | .01, .038 |
| answer left out, others of its article there: .5 or more | .17 | .07 | |
| the same where the fit saw no such questions     | .20 | .10 | |

`CONFIDENCE_RELATED`, whether two paragraphs are of one article, is fitted with all paragraphs: calibration
error .03, Brier score .106. An answer in another language than its question is rated too low: its cosine is
that of an unanswered question in one language, and a fit that includes such questions takes these for
answered.
"""

ANSWERED = 0.2
"""Confidence of the first hit below which a question counts as one without an answer, in `stats`.

`scripts/fit_confidence.py --sample 60` prints how many are below it, of the half that was not fitted to:

|                                        | English | Russian | code |
|---|---|---|---|
| of questions with an answer            | .02 | .03 | .10 |
| of questions without one               | .98 | .98 | .98 |
| the same by words alone, with          | .03 | .12 | .18 |
| the same by words alone, without       | .91 | .95 | .95 |

The largest confidence of ten hits tells them apart less well: only that of first hits compares their scores.
"""

COLUMN_WEIGHTS = (2.0, 1.5, 1.0)
"""BM25 weights of the columns symbol, path and body."""

POOL = 100
"""Passages taken from each side, lexical and vectors, before fusion; at least ten times the hits asked for.
"""

POSTINGS = 30_000
"""Entries of the lexical index that one query may read: the rarest terms come first, what does not fit is
left out. A term that stands in most passages costs most and tells least; without a bound such words make the
slowest queries. Of the ten best of a query without bounds 99 % remain (34,759 passages), with 10,000 94 %."""

SCORED = 3_000
"""Passages of a vault that one query gives a BM25 score, those with its rarest terms: .5 µs each. With 1,000
98 % of the ten best remain, with 2,000 and 4,000 99 %."""
SCORED_MOST = 10_000
"""The same at most, where even the rarest term is common or a filter leaves few of them."""

MAX_TERMS = 48
"""Distinct terms of a query that are looked up, the rarest first: a pasted page is not a longer question."""

_STOPPED = """
a about all also am an and any are as at be been being but by can could did do does doing for from get
gets had has have having how i if in into is isn it its just me my of on or our should show so some tell
than that the their them then there these they this those through to us was we were what what's when where
where's which while who whom whose why will with would you your
а без бы был была были было быть в вам вас во вот все всё вы где да для до его ее если есть еще ещё её же
за и из или им их к как какая какие какими каких какого какое какой каком какому какую когда кого кому
которая которого которое которой которые который которых кто ли меня мне мы на над нам нас не него нее ней
нет неё ни них но о об он она они оно от по под почему при с сколько со так также такое там то того тоже
той только том ты у уже чего чей чем чему через что чтобы чья эта эти это этого этой этом этот я
"""
STOP_WORDS = frozenset(_STOPPED.split())
"""Words that make a text a question or hold it together. They are in the index, and counted for nothing in a
query.
"""
