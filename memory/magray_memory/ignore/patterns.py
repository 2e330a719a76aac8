"""Ignore patterns of git, as sets that answer in microseconds while a folder is walked.

This follows git's own matcher (`dir.c`) byte for byte, its oddities included: a literal beginning is cut off
before `**` is looked at. A pattern is only ever asked about one entry whose parents were let through, so
nothing here needs to match "everything below".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.ignore.wildmatch import glob_regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_FIRST_SPECIAL = re.compile(rb"[*?\[\\]")
_STAR = ord("*")
_BACKSLASH = ord("\\")


@dataclass(slots=True)
class Rule:
    """One pattern line. Exactly one of `literal`, `suffix` and `glob` says what it matches."""

    pattern: bytes
    """As it is written, without what a line may have around it."""
    line: int
    negated: bool
    directory_only: bool
    anchored: bool
    """Whether it is compared with the path from the rule file's folder; else with the entry's name alone."""
    literal: str | None
    suffix: str | None
    glob: bytes | None
    fixed: int
    """How many bytes at the beginning of `glob` stand for themselves."""
    fold: bool
    _compiled: re.Pattern[bytes] | None = None

    def matches(self, name: str, path: str) -> bool:
        """Whether an entry called `name`, at `path` from the rule file's folder, fits (its type is not looked
        at).
        """
        text = path if self.anchored else name
        if self.literal is not None:
            return text == self.literal
        if self.suffix is not None:
            return text.endswith(self.suffix)
        return self.regex.match(encoded(text)) is not None

    @property
    def regex(self) -> re.Pattern[bytes]:
        """The glob as a regular expression, made at its first use: files of rules can have thousands."""
        if self._compiled is None:
            self._compiled = glob_regex(self.glob or b"", self.fixed if self.anchored else 0, self.fold)
        return self._compiled


class RuleSet:
    """The rules of one ignore file, the last matching one deciding."""

    __slots__ = (
        "_anchored_any",
        "_index",
        "_literals",
        "_name_any",
        "_paths",
        "_suffixes",
        "file",
        "fold",
        "globs",
        "rules",
    )

    def __init__(self, rules: Iterable[Rule], *, fold: bool = False, file: Path | None = None) -> None:
        """`file`: where the rules stand."""
        self.rules = tuple(rules)
        self.fold = fold
        self.file = file
        self.globs = sum(rule.glob is not None for rule in self.rules)
        """Patterns that are neither a name nor an ending: each costs a regular expression."""
        self._index = _Index(self.rules) if len(self.rules) > _MANY else None
        few = () if self._index is not None else self.rules
        self._literals = {r.literal for r in few if r.literal is not None and not r.anchored}
        self._paths = {r.literal for r in few if r.literal is not None and r.anchored}
        self._suffixes = tuple({r.suffix for r in few if r.suffix is not None})
        self._name_any = _any_of(r.regex for r in few if r.glob is not None and not r.anchored)
        self._anchored_any = _any_of(r.regex for r in few if r.glob is not None and r.anchored)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def match(self, name: str, prefix: str, is_dir: bool) -> bool | None:
        """True: ignored; False: a `!` rule lets it in; None: no rule speaks of it.

        `prefix` is the path of the entry's folder from the folder of the rules, empty or ending in `/`.
        """
        rule = self.deciding(name, prefix, is_dir)
        return None if rule is None else not rule.negated

    def deciding(self, name: str, prefix: str, is_dir: bool) -> Rule | None:
        """The rule that decides about an entry, None where none speaks of it; see `match`."""
        if self.fold:
            name, prefix = _folded(name), _folded(prefix)
        path = prefix + name
        if self._index is not None:
            rules = self._index.candidates(name, path)
        elif self._touches(name, prefix):
            rules = reversed(self.rules)
        else:
            return None
        for rule in rules:
            if (is_dir or not rule.directory_only) and rule.matches(name, path):
                return rule
        return None

    def _touches(self, name: str, prefix: str) -> bool:
        if name in self._literals or name.endswith(self._suffixes):
            return True
        if self._name_any is not None and self._name_any.match(encoded(name)):
            return True
        if self._paths and prefix + name in self._paths:
            return True
        return self._anchored_any is not None and self._anchored_any.match(encoded(prefix + name)) is not None


_MANY = 256
"""Rules from which on an index of them is worth its making."""


class _Index:
    """Many rules by what a name or path must begin or end with, so that few of them are tried."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._names: dict[str, list[int]] = {}
        self._paths: dict[str, list[int]] = {}
        self._endings = _Ends(at_start=False)
        self._heads = (_Ends(at_start=True), _Ends(at_start=True))
        self._tails = (_Ends(at_start=False), _Ends(at_start=False))
        self._others: list[int] = []
        for number, rule in enumerate(rules):
            if rule.literal is not None:
                (self._paths if rule.anchored else self._names).setdefault(rule.literal, []).append(number)
            elif rule.suffix is not None:
                self._endings.add(rule.suffix, number)
            else:
                self._add_glob(rule, number)

    def candidates(self, name: str, path: str) -> Iterator[Rule]:
        """The rules that may match, the last one first."""
        found = {*self._names.get(name, ()), *self._paths.get(path, ()), *self._others}
        found.update(self._endings.find(name))
        for ends in (self._heads, self._tails):
            found.update(ends[False].find(name))
            found.update(ends[True].find(path))
        return (self._rules[number] for number in sorted(found, reverse=True))

    def _add_glob(self, rule: Rule, number: int) -> None:
        glob = rule.glob or b""
        if rule.fixed:
            self._heads[rule.anchored].add(_decoded(glob[: rule.fixed], rule.fold), number)
            return
        tail = _LITERAL_TAIL.search(glob)
        if tail is not None and tail[0]:
            self._tails[rule.anchored].add(_decoded(tail[0], rule.fold), number)
        else:
            self._others.append(number)


_LITERAL_TAIL = re.compile(rb"[^*?\[\]\\/]*\Z")


class _Ends:
    """Numbers by the beginning, or the end, of a text."""

    def __init__(self, *, at_start: bool) -> None:
        self._at_start = at_start
        self._by_text: dict[str, list[int]] = {}
        self._lengths: set[int] = set()

    def add(self, text: str, number: int) -> None:
        self._by_text.setdefault(text, []).append(number)
        self._lengths.add(len(text))

    def find(self, text: str) -> Iterator[int]:
        for length in self._lengths:
            if length <= len(text):
                part = text[:length] if self._at_start else text[len(text) - length :]
                yield from self._by_text.get(part, ())


def parse_rules(data: bytes, *, fold: bool = False, file: Path | None = None) -> RuleSet:
    """Read the bytes of an ignore file; `fold` compares without case, as `core.ignoreCase` asks."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    rules: list[Rule] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"#"):
            continue
        pattern = _trimmed(line.removesuffix(b"\r").split(b"\0")[0])
        rule = parse_rule(pattern, fold=fold, line=number) if pattern else None
        if rule is not None:
            rules.append(rule)
    return RuleSet(rules, fold=fold, file=file)


def parse_rule(pattern: bytes, *, fold: bool = False, line: int = 0) -> Rule | None:
    """One pattern as git reads it, or None if it is empty."""
    written = pattern
    negated = pattern.startswith(b"!")
    if negated:
        pattern = pattern[1:]
    directory_only = pattern.endswith(b"/")
    if directory_only:
        pattern = pattern[:-1]
    if not pattern:
        return None
    anchored = b"/" in pattern
    if anchored and pattern.startswith(b"/"):
        pattern = pattern[1:]
    special = _FIRST_SPECIAL.search(pattern)
    literal: str | None = None
    suffix: str | None = None
    glob: bytes | None = None
    fixed = len(pattern) if special is None else special.start()
    if special is None:
        literal = _decoded(pattern, fold)
    elif not anchored and pattern[0] == _STAR and not _FIRST_SPECIAL.search(pattern, 1):
        suffix = _decoded(pattern[1:], fold)
    else:
        glob = pattern
    return Rule(written, line, negated, directory_only, anchored, literal, suffix, glob, fixed, fold)


def encoded(text: str) -> bytes:
    """The bytes that git compares; names that are no valid UTF-8 keep theirs."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair, possible in Windows names only
        return text.encode("utf-8", "surrogatepass")


def _decoded(pattern: bytes, fold: bool) -> str:
    return (pattern.lower() if fold else pattern).decode("utf-8", "surrogateescape")


def _folded(text: str) -> str:
    """Git folds the case of ASCII letters alone."""
    return text.lower() if text.isascii() else encoded(text).lower().decode("utf-8", "surrogateescape")


def _any_of(patterns: Iterable[re.Pattern[bytes]]) -> re.Pattern[bytes] | None:
    sources = [b"(?:" + p.pattern + b")" for p in patterns]
    return re.compile(b"|".join(sources), re.DOTALL) if sources else None


def _trimmed(line: bytes) -> bytes:
    """Without trailing spaces, except those that a backslash protects."""
    if not line.endswith(b" "):
        return line
    end = kept = 0
    while end < len(line):
        if line[end] == _BACKSLASH:
            end += 1
            if end == len(line):
                return line
            kept = end + 1
        elif line[end] != ord(" "):
            kept = end + 1
        end += 1
    return line[:kept]
