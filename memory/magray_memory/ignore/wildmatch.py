"""Wildmatch: globs of git as regular expressions over bytes, after `wildmatch.c`, its oddities included.

`?` is one byte, an unterminated class matches nothing. The expressions have no nested backtracking: no
pattern of a hostile file can hang a walk.
"""

from __future__ import annotations

import re

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


def glob_regex(glob: bytes, head: int, fold: bool) -> re.Pattern[bytes]:
    """The regular expression of a glob whose first `head` bytes stand for themselves."""
    body = _translated(glob[head:], fold)
    if body is None:  # it can never match
        return _NOTHING
    start = glob[:head].lower() if fold else glob[:head]
    return re.compile(re.escape(start) + body + rb"\Z", re.DOTALL)


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
