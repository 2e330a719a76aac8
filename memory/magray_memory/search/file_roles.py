"""File roles, by path: tests, examples, vendored and generated code, data, changelogs.

Such files repeat the words of what they test, show or copy: they rank lower unless the query speaks of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from magray_memory.text.row_kind import ROWS_KIND

_TEST_FOLDER = r"(?:tests?|specs?|__tests__|testdata|test-data|test_data|fixtures|e2e|mocks?|__mocks__)/"
_TEST_FILE = r"(?:test_[^/]*|conftest\.py|[^/]*[._-](?:tests?|spec)\.\w+)$"
_TEST_CLASS = r"[a-z0-9](?:Test|Tests|Spec|TestCase)\.\w+$"
_EXAMPLE_FOLDER = r"(?:examples?|samples?|demos?|tutorials?|benchmarks?|benches|bench)/"
_VENDORED_FOLDER = r"(?:_?vendor(?:ed)?|third[_-]?party|node_modules|externals?|bundled)/"
_GENERATED_FILE = r"(?:_pb2(?:_grpc)?\.pyi?|\.pb\.\w+|\.g\.\w+|[._]generated\.\w+|\.d\.[cm]?ts|\.min\.\w+)$"
_DATA_FILE = r"\.(?:jsonl|ndjson|csv|tsv|psv|log|geojson|har|arff|b64|base64)(?:[.-]\d[\d.-]*)?$"
_DATA_FOLDER = r"(?:data|datasets?|dumps?|fixtures|seeds?|testdata|__snapshots__)/(?:[^/]+/)*[^/]+"
_DATA_PATH = rf"{_DATA_FILE}|(?:^|/){_DATA_FOLDER}\.(?:json|ya?ml|xml|sql|txt|snap)$"
_PROSE = r"(?:\.(?:md|markdown|rst|txt|adoc|html))"
_HISTORY = r"(?:(?i:change[-_]?logs?|changes|releases|release[-_]?notes|whats?[-_]?new)|NEWS|HISTORY|History)"
_HISTORY_PATH = rf"{_HISTORY}(?:[-_.]?v?\d[\w.-]*)?{_PROSE}?$|{_HISTORY}(?:\.d)?/(?:[^/]+/)*[^/]+{_PROSE}$"


class _Role(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    words: frozenset[str]
    """Words of a query that ask for such files, as typed or as the analyzer's stems."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ROLES = (
    _Role(
        "test",
        re.compile(rf"(?:^|/)(?:{_TEST_FOLDER}|{_TEST_FILE})|{_TEST_CLASS}"),
        _words("test unittest pytest spec fixture fixtur mock e2e тест тестирован тестир"),
    ),
    _Role(
        "example",
        re.compile(rf"(?:^|/){_EXAMPLE_FOLDER}", re.IGNORECASE),
        _words("example exampl sample sampl demo tutorial benchmark bench пример бенчмарк"),
    ),
    _Role(
        "vendored",
        re.compile(rf"(?:^|/){_VENDORED_FOLDER}", re.IGNORECASE),
        _words("vendor vendored third-party external extern bundled bundl"),
    ),
    _Role(
        "generated",
        re.compile(rf"(?:^|/)(?:generated|dist|__generated__)/|{_GENERATED_FILE}"),
        _words("generated generat dist bundle bundl typings"),
    ),
    _Role(
        "data",
        re.compile(_DATA_PATH, re.IGNORECASE),
        _words(
            "csv tsv jsonl ndjson log dataset fixture fixtur dump seed row column лог журнал датасет выгрузк"
        ),
    ),
    _Role(
        "history",
        re.compile(rf"(?:^|/)(?:{_HISTORY_PATH})"),
        _words("changelog history histori news release releas version deprecated deprec выпуск версия верс"),
    ),
)
_DATA = frozenset(("data",))
ALL = frozenset(role.name for role in _ROLES)


@lru_cache(maxsize=50_000)
def roles_of(path: str) -> frozenset[str]:
    """`test`, `example`, `vendored`, `generated`, `data`, `history`, several or none of them."""
    return frozenset(role.name for role in _ROLES if role.pattern.search(path))


def passage_roles(path: str, part: str) -> frozenset[str]:
    """The roles of a file's passage: rows are data, whatever their file is called."""
    roles = roles_of(path)
    return roles | _DATA if part == ROWS_KIND else roles


def asked_for(words: frozenset[str]) -> frozenset[str]:
    """The roles that these words and stems of a query speak of."""
    return frozenset(role.name for role in _ROLES if words & role.words)
