"""Tree symbols: every definition in a syntax tree, at any depth, with what it lies in.

A tree-sitter query finds the nodes; what they define is read by the rules of the chunker, and by the members
of the syntax (fields, properties, members of enums), which never name a chunk. Where a pattern can tell that
no definition is nested in a function, the bodies of functions are not looked at, which is most of a tree.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.chunk_types import ChunkSymbol
from magray_memory.text.definitions import CLASS_LIKE, MODULE_LIKE, WEAK, Role, field_text
from magray_memory.text.grammars import GRAMMARS, ParseError, parse, source_of
from magray_memory.text.line_index import line_starts
from magray_memory.text.syntaxes import SYNTAXES, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tree_sitter import Language, Node, Query

    from magray_memory.text.definitions import Definition, MemberNames, Rule, Syntax

MAX_NAME = 200
"""Characters of a name, and of what it lies in."""

_HEAD = 8
"""Bytes in which the keyword of a function begins; no other can begin in them."""
_BEFORE_KEYWORD = (b"", b"async")
"""What may stand on the line before the keyword of a function."""
_JOINTS = ("::", ".", ":")
_PHRASES = frozenset(("test", "section", "element", "rule", "at-rule", "block", "instance"))
"""Kinds whose names are phrases: a joint in them joins nothing."""
_CALLED = ("method", "property")
"""Kinds of members that are joined like methods."""
_NOTHING = frozenset(("imports", "lead"))
_WITH_ARGUMENTS = ("template_type", "template_function")
_OUTER = CLASS_LIKE | MODULE_LIKE | {"table", "type"}
"""Kinds in which a variable is a definition; inside a function it is local."""


class _Scope(NamedTuple):
    """What a definition may lie in, up to a byte of the source."""

    end: int
    symbol: str
    kind: str


class _Finder(NamedTuple):
    """What a language's definitions are found by: rules and members by the numbers of node types."""

    syntax: Syntax
    rules: dict[int, Rule]
    members: dict[int, MemberNames]
    anonymous: frozenset[int]
    entries: frozenset[int]
    with_arguments: frozenset[int]
    query: Query
    walk: _Walk


class _Walk(NamedTuple):
    """The node types that a walk over statements meets, by what it does with them."""

    functions: frozenset[int]
    bodies: frozenset[int]
    """Definitions whose bodies hold others."""
    opened: frozenset[int]
    """Statements whose children are looked at."""
    nested: frozenset[int]
    """Statements whose children are looked at in a function that holds more."""
    plain: frozenset[int]
    """Other statements that may define something."""


@functools.cache
def _finder(language: str, grammar: Language) -> _Finder:
    from tree_sitter import Query

    syntax = SYNTAXES[language]

    def numbers(names: Iterable[str]) -> dict[str, int]:
        found = {name: grammar.id_for_node_kind(name, True) for name in names}
        return {name: number for name, number in found.items() if number is not None}

    rules = {number: rule for number, rule in rules_for(language, grammar).items() if rule.kind != "imports"}
    members = {number: syntax.members[name] for name, number in numbers(syntax.members).items()}
    types = numbers([*syntax.define, *syntax.extract, *syntax.members, *syntax.scopes.split()])
    patterns = [syntax.patterns.get(name, f"({name})") for name in types]
    query = Query(grammar, "\n".join(f"{pattern} @found" for pattern in patterns))
    anonymous, entries = (
        frozenset(numbers(names.split()).values()) for names in (syntax.scopes, syntax.entries)
    )
    passed, nested = (frozenset(numbers(names.split()).values()) for names in (syntax.passed, syntax.nested))
    walk = _walk_of(rules, passed, nested)
    with_arguments = frozenset(numbers(_WITH_ARGUMENTS).values())
    return _Finder(syntax, rules, members, anonymous, entries, with_arguments, query, walk)


def _walk_of(rules: dict[int, Rule], passed: frozenset[int], nested: frozenset[int]) -> _Walk:
    functions, bodies, opened, plain = set[int](), set[int](), set(passed), set[int]()
    for number, rule in rules.items():
        if rule.role is Role.DEFINITION:
            kinds = plain if not rule.kind else functions if rule.kind == "function" else bodies
            kinds.add(number)
        elif rule.role is not Role.LEAD:
            opened.add(number)
    return _Walk(*map(frozenset, (functions, bodies, opened, nested, plain)))


def tree_symbols(
    root: Node,
    source: bytes,
    starts: Sequence[int],
    language: str,
    grammar: Language,
    known: Mapping[int, Definition | None] = MappingProxyType({}),
) -> list[ChunkSymbol]:
    """The definitions of a source by line.

    `starts` are the first bytes of its rows; `known`: what nodes define that have been read, by their ids.
    """
    finder = _finder(language, grammar)
    collector = _Collector(finder, source, starts)
    collector.collect(_nodes(root, source, finder), known)
    found = collector.found
    return [found[at] for at in sorted(found)]


class _Collector:
    """Takes the nodes of a tree in order; `found` are the symbols by the first byte of their names."""

    def __init__(self, finder: _Finder, source: bytes, starts: Sequence[int]) -> None:
        self.found: dict[int, ChunkSymbol] = {}
        self._finder = finder
        self._source = source
        self._starts = starts
        self._scopes = [_Scope(len(source) + 1, "", "code")]

    def collect(self, nodes: Iterable[Node], known: Mapping[int, Definition | None]) -> None:
        """Add what the nodes define; an outer node comes before those in it."""
        source, scopes = self._source, self._scopes
        _, rules, members, anonymous, *_ = self._finder
        for node in nodes:
            start, number = node.start_byte, node.kind_id
            while scopes[-1].end <= start:
                scopes.pop()
            scope = scopes[-1]
            definition, rule = None, rules.get(number)
            if rule is not None:
                at = node.id
                definition = known[at] if at in known else rule.extract(node, source, rule.kind)
            if definition is not None and definition.name and definition.kind not in _NOTHING:
                self._define(node, start, definition, scope)
            elif number in members and scope.kind in _OUTER:
                self._add_members(node, members[number], scope)
            if number in anonymous:
                scopes.append(_Scope(node.end_byte, scope.symbol, "function"))

    def _add_members(self, node: Node, names: MemberNames, scope: _Scope) -> None:
        for name, kind in names(node):
            text = source_of(name, self._source, MAX_NAME)
            syntax = self._finder.syntax
            joint = syntax.method_separator if kind in _CALLED else None
            symbol = name.type == "simple_symbol"
            parts = scope.symbol, joint or syntax.separator, text.lstrip(":") if symbol else text
            self._add(name.start_byte, node.end_byte, parts, kind)

    def _define(self, node: Node, start: int, definition: Definition, scope: _Scope) -> None:
        name, kind, _, separator, at = definition
        if kind in WEAK:
            if scope.kind not in _OUTER:
                return
            kind = "field" if kind == "variable" and scope.kind in CLASS_LIKE else kind
        elif kind == "function" and scope.kind in CLASS_LIKE:
            kind = "method"
        elif kind == "function" and node.kind_id in self._finder.entries and scope.kind not in _OUTER:
            kind = "property"
        if at is not None:
            start = at.start_byte
            if at.kind_id in self._finder.with_arguments:
                name = field_text(at, self._source)
        joint, end = _joint(self._finder.syntax, separator, kind) if scope.symbol else "", node.end_byte
        self._add(start, end, (scope.symbol if joint else "", joint, name), kind)
        if kind not in WEAK or kind == "constant":
            symbol = f"{scope.symbol}{joint}{name}" if joint else name
            self._scopes.append(_Scope(end, symbol[:MAX_NAME], scope.kind if kind == "constant" else kind))

    def _add(self, at: int, end: int, parts: tuple[str, str, str], kind: str) -> None:
        """Add a definition unless its name has been found; `parts`: its scope, a joint, its written name."""
        if at in self.found:
            return
        scope, joint, name = parts
        if kind not in _PHRASES and ("." in name or ":" in name):
            for mark in _JOINTS:
                head, _, tail = name.rpartition(mark)
                if head and tail and (head[-1].isalnum() or head[-1] in "_)>]?!"):
                    scope, name, joint = f"{scope}{joint}{head}", tail, mark
                    break
        line = bisect_right(self._starts, at)
        last = bisect_left(self._starts, end, line)
        self.found[at] = ChunkSymbol(name[:MAX_NAME], scope[:MAX_NAME], kind, line, last, joint)


def source_symbols(text: str, language: str, seconds: float = 1.0) -> list[ChunkSymbol]:
    """The definitions of a source; none where its language has no grammar or it takes too long to parse."""
    if language not in GRAMMARS:
        return []
    source = text.encode("utf-8", "surrogatepass")
    try:
        grammar, tree = parse(language, source, seconds)
    except ParseError:
        return []
    starts = line_starts(map(len, source.split(b"\n")))
    return tree_symbols(tree.root_node, source, starts, language, grammar)


def _joint(syntax: Syntax, separator: str | None, kind: str) -> str:
    """What stands between a name and that of its scope, "" where names are not qualified."""
    if not syntax.separator:
        return ""
    usual = syntax.method_separator if kind == "method" else syntax.separator
    return separator or usual or syntax.separator


def _nodes(root: Node, source: bytes, finder: _Finder) -> Iterable[Node]:
    """The nodes that may define something, outer ones first."""
    if not finder.syntax.keywords:
        return sorted(_captured(finder.query, root), key=_place)
    return _at_statements(root, source, finder)


def _captured(query: Query, node: Node) -> list[Node]:
    from tree_sitter import QueryCursor

    return QueryCursor(query).captures(node).get("found", [])


def _place(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


def _at_statements(root: Node, source: bytes, finder: _Finder) -> list[Node]:
    """The nodes that may define something, in order, where statements alone do and a keyword begins them.

    The body of a function is looked at only where such a keyword stands in it.
    """
    functions, bodies, opened, nested, plain = finder.walk
    nodes: list[Node] = []
    stack = root.named_children
    stack.reverse()
    inside = 0  # before this byte, everything is in a function that holds more
    while stack:
        node = stack.pop()
        number = node.kind_id
        if number in functions:
            nodes.append(node)
            start, end = node.start_byte, node.end_byte
            if _holds_more(source, start + _HEAD, end, finder.syntax.keywords):
                inside = max(inside, end)
                _push_body(node, stack)
        elif number in bodies:
            nodes.append(node)
            _push_body(node, stack)
        elif number in opened or (number in nested and node.start_byte < inside):
            stack.extend(reversed(node.named_children))
        elif number in plain:
            nodes.append(node)
    return nodes


def _push_body(node: Node, stack: list[Node]) -> None:
    body = node.child_by_field_name("body")
    if body is not None:
        stack.append(body)


def _holds_more(source: bytes, start: int, end: int, keywords: Sequence[bytes]) -> bool:
    """Whether a keyword stands at the beginning of a line between two bytes."""
    for keyword in keywords:
        at = source.find(keyword, start, end)
        while at >= 0:
            line = source.rfind(b"\n", start, at)
            if source[line + 1 if line >= 0 else start : at].strip() in _BEFORE_KEYWORD:
                return True
            at = source.find(keyword, at + 1, end)
    return False
