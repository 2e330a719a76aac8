"""Ignore patterns of git, as sets that answer in microseconds while a folder is walked.

This follows git's own matcher (`wildmatch.c` and `dir.c`) byte for byte, its oddities included: `?` is one
byte, a literal beginning is cut off before `**` is looked at, an unterminated class matches nothing. A
pattern is only ever asked about one entry whose parents were let through, so nothing here needs to match
"everything below". Every pattern becomes a regular expression without nested backtracking: no pattern of a
hostile file can hang a walk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_FIRST_SPECIAL = re.compile(rb"[*?\[\\]")
_NOTHING = re.compile(rb"(?!)")
_SLASH = ord("/")
_STAR = ord("*")
_BACKSLASH = ord("\\")
_SPACES = frozenset(b" \t\n\r\v\f")
_GRAPH = frozenset(range(33, 127))
_ALPHA = frozenset(range(65, 91)) | frozenset(range(97, 123))
_DIGIT = frozenset(range(48, 58))
_CLASSES = {
    b"alnum": _ALPHA | _DIGIT,
    b"alpha": _ALPHA,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset(range(32)) | {127},
    b"digit": _DIGIT,
    b"graph": _GRAPH,
    b"lower": frozenset(range(97, 123)),
    b"print": _GRAPH | {32},
    b"punct": _GRAPH - _ALPHA - _DIGIT,
    b"space": _SPACES,
    b"upper": frozenset(range(65, 91)),
    b"xdigit": _DIGIT | frozenset(b"abcdefABCDEF"),
}


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
            self._compiled = _regex(self.glob or b"", self.fixed if self.anchored else 0, self.fold)
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


def _regex(glob: bytes, head: int, fold: bool) -> re.Pattern[bytes]:
    """The regular expression of a glob whose first `head` bytes stand for themselves."""
    body = _translated(glob[head:], fold)
    if body is None:  # it can never match
        return _NOTHING
    start = glob[:head].lower() if fold else glob[:head]
    return re.compile(re.escape(start) + body + rb"\Z", re.DOTALL)


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


def _translated(pattern: bytes, fold: bool) -> bytes | None:
    """The pattern as a regular expression, or None if it can never match.

    Stars are matched shortest first and never tried again (atomic groups), all but the last: what stands
    between two stars has a fixed length, or a fixed number of folders, so the first place where it fits is as
    good as any later.
    """
    pieces: list[tuple[bytes, bytes]] = [(b"", b"")]  # (the star in front, what follows it)
    i, end = 0, len(pattern)
    while i < end:
        byte = pattern[i]
        if byte == _STAR:
            star, i = _star(pattern, i)
            pieces.append((star, b""))
            continue
        if byte == ord("["):
            chars, i = _class(pattern, i, fold)
            if chars is None:
                return None
            atom = _one_of(chars)
        elif byte == ord("?"):
            atom, i = b"[^/]", i + 1
        else:
            i += byte == _BACKSLASH
            if i == end:
                return None
            character = pattern[i : i + 1]
            atom, i = re.escape(character.lower() if fold else character), i + 1
        star, text = pieces[-1]
        pieces[-1] = (star, text + atom)
    return _joined(pieces)


_ANY_FOLDERS = b"(?:.*?/)??"
_ANYTHING = b".*?"
_IN_FOLDER = b"[^/]*?"


def _star(pattern: bytes, start: int) -> tuple[bytes, int]:
    """What the star or stars at `start` stand for, and where the pattern goes on."""
    i = start
    while i < len(pattern) and pattern[i] == _STAR:
        i += 1
    opens = start == 0 or pattern[start - 1] == _SLASH
    if i - start > 1 and opens:
        if i < len(pattern) and pattern[i] == _SLASH:
            return _ANY_FOLDERS, i + 1
        if i == len(pattern) or pattern[i : i + 2] == b"\\/":
            return _ANYTHING, i
    return _IN_FOLDER, i


def _joined(pieces: list[tuple[bytes, bytes]]) -> bytes:
    """Between two `**` everything is one atomic group, inside it every star but the last is one."""
    groups: list[list[tuple[bytes, bytes]]] = [[]]
    for star, text in pieces:
        if star in (_ANY_FOLDERS, _ANYTHING):
            groups.append([])
        groups[-1].append((star, text))
    out = b""
    for number, group in enumerate(groups):
        last = number == len(groups) - 1
        body = b""
        for place, (star, text) in enumerate(group):
            final = place == len(group) - 1 or not star or star != _IN_FOLDER
            body += star + text if final else b"(?>" + star + text + b")"
        out += body if last or number == 0 else b"(?>" + body + b")"
    return out


def _class(pattern: bytes, start: int, fold: bool) -> tuple[frozenset[int] | None, int]:
    """The bytes that the class at `start` matches (None: it is malformed) and where the pattern goes on."""
    end = len(pattern)
    i = start + 1
    negated = i < end and pattern[i] in b"!^"
    i += negated
    chars: set[int] = set()
    previous = 0  # what a range could begin with
    first = True
    while i < end and (first or pattern[i] != ord("]")):
        first = False
        if pattern[i] == ord("-") and previous and i + 1 < end and pattern[i + 1] != ord("]"):
            last, i = _escaped(pattern, i + 1)
            between = bytes(range(previous, last + 1))
            found, previous = frozenset(between + between.lower() if fold else between), 0
        elif pattern[i : i + 2] == b"[:":
            found, previous, i = _named_class(pattern, i, fold)
        else:
            previous, i = _escaped(pattern, i)
            found = frozenset((previous,))
        if found is None:
            return None, end
        chars |= found
    if i >= end:
        return None, end
    matched = frozenset(range(1, 256)) - chars if negated else frozenset(chars)
    return matched - {_SLASH}, i + 1


def _escaped(pattern: bytes, at: int) -> tuple[int, int]:
    """The byte at a place, a backslash before it left out, and where the pattern goes on: past its end when
    there is none.
    """
    at += pattern[at] == _BACKSLASH
    return (pattern[at] if at < len(pattern) else 0), at + 1


def _named_class(pattern: bytes, start: int, fold: bool) -> tuple[frozenset[int] | None, int, int]:
    """The bytes of the `[:name:]` at `start` (None: it is malformed), what a range after it could begin
    with, and where the pattern goes on.
    """
    close = pattern.find(b"]", start + 2)
    if close < 0:
        return None, 0, len(pattern)
    if close - start < 3 or pattern[close - 1] != ord(":"):
        return frozenset((pattern[start],)), pattern[start], start + 1
    name = pattern[start + 2 : close - 1]
    return _CLASSES.get(b"alpha" if fold and name == b"upper" else name), 0, close + 1


def _one_of(chars: frozenset[int]) -> bytes:
    if not chars:
        return b"(?!)"
    return b"[" + b"".join(b"\\x%02x" % c for c in sorted(chars)) + b"]"
