"""Tree symbols: every definition in a syntax tree, at any depth, with what it lies in.

A tree-sitter query finds the nodes; what they define is read by the rules of the chunker, and by the members
of the syntax (fields, properties, members of enums), which never name a chunk. Where a pattern can tell that
no definition is nested in a function, the bodies of functions are not looked at, which is most of a tree.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.chunk_types import ChunkSymbol
from magray_memory.text.definitions import CLASS_LIKE, MODULE_LIKE, WEAK, Role, field_text
from magray_memory.text.grammars import GRAMMARS, ParseError, parse, source_of
from magray_memory.text.line_index import line_starts
from magray_memory.text.syntaxes import SYNTAXES, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tree_sitter import Language, Node, Query

    from magray_memory.text.definitions import Definition, MemberNames, Rule, Syntax

MAX_NAME = 200
"""Characters of a name, and of what it lies in."""

_HEAD = 8
"""Bytes in which the keyword of a function begins; no other can begin in them."""
_JOINTS = ("::", ".", ":")
_PHRASES = frozenset(("test", "section", "element", "rule", "at-rule", "block", "instance"))
"""Kinds whose names are phrases: a joint in them joins nothing."""
_NOTHING = frozenset(("imports", "lead"))
_WITH_ARGUMENTS = frozenset(("template_type", "template_function"))
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
    passed: frozenset[int]
    anonymous: frozenset[int]
    query: Query


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
    passed = frozenset(numbers(syntax.passed.split()).values())
    anonymous = frozenset(numbers(syntax.scopes.split()).values())
    return _Finder(syntax, rules, members, passed, anonymous, query)


def tree_symbols(
    root: Node, source: bytes, starts: Sequence[int], language: str, grammar: Language
) -> list[ChunkSymbol]:
    """The definitions of a source by line; `starts` are the first bytes of its rows."""
    finder = _finder(language, grammar)
    collector = _Collector(finder, source, starts)
    for node in _nodes(root, source, finder):
        collector.visit(node)
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

    def visit(self, node: Node) -> None:
        start, number = node.start_byte, node.kind_id
        finder, scopes = self._finder, self._scopes
        while scopes[-1].end <= start:
            scopes.pop()
        scope = scopes[-1]
        rule = finder.rules.get(number)
        definition = rule.extract(node, self._source, rule.kind) if rule is not None else None
        if definition is not None and definition.name and definition.kind not in _NOTHING:
            self._define(node, start, definition, scope)
        elif number in finder.members and scope.kind in _OUTER:
            for name, kind in finder.members[number](node):
                text = source_of(name, self._source, MAX_NAME)
                parts = scope.symbol, finder.syntax.separator, text
                self._add(name.start_byte, node.end_byte, parts, kind)
        if number in finder.anonymous:
            scopes.append(_Scope(node.end_byte, scope.symbol, "function"))

    def _define(self, node: Node, start: int, definition: Definition, scope: _Scope) -> None:
        kind, at = definition.kind, definition.at
        if kind in WEAK:
            if scope.kind not in _OUTER:
                return
            kind = "field" if kind == "variable" and scope.kind in CLASS_LIKE else kind
        elif kind == "function" and scope.kind in CLASS_LIKE:
            kind = "method"
        name, joint = definition.name, ""
        if at is not None:
            start = at.start_byte
            if at.type in _WITH_ARGUMENTS:
                name = field_text(at, self._source)
        if scope.symbol:
            joint = _joint(self._finder.syntax, definition, kind)
        end = node.end_byte
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
        last = max(bisect_left(self._starts, end), line)
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


def _joint(syntax: Syntax, definition: Definition, kind: str) -> str:
    """What stands between a name and that of its scope, "" where names are not qualified."""
    if not syntax.separator:
        return ""
    usual = syntax.method_separator if kind == "method" else syntax.separator
    return definition.separator or usual or syntax.separator


def _nodes(root: Node, source: bytes, finder: _Finder) -> Iterable[Node]:
    """The nodes that may define something, outer ones first."""
    if not finder.syntax.keywords:
        return sorted(_captured(finder.query, root), key=_place)
    nodes, functions = _outside_functions(root, finder)
    nested = _functions_with_more(functions, source, finder.syntax.keywords)
    if nested:
        for function in nested:
            nodes.extend(node for node in _captured(finder.query, function) if node != function)
        nodes.sort(key=_place)
    return nodes


def _captured(query: Query, node: Node) -> list[Node]:
    from tree_sitter import QueryCursor

    return QueryCursor(query).captures(node).get("found", [])


def _place(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


def _outside_functions(root: Node, finder: _Finder) -> tuple[list[Node], list[Node]]:
    """The nodes that may define something and are not in a function, in order; the functions among them."""
    rules, passed = finder.rules, finder.passed
    nodes: list[Node] = []
    functions: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        rule = rules.get(node.kind_id)
        if rule is not None and rule.role is Role.DEFINITION:
            nodes.append(node)
            if rule.kind == "function":
                functions.append(node)
            elif rule.kind:
                body = node.child_by_field_name("body")
                if body is not None:
                    stack.append(body)
        elif (rule is not None and rule.role is not Role.LEAD) or node.kind_id in passed or node is root:
            stack.extend(reversed(node.named_children))
    return nodes, functions


def _functions_with_more(functions: Sequence[Node], source: bytes, keywords: Sequence[bytes]) -> list[Node]:
    """The functions in which a keyword stands that does not begin them."""
    begins = [function.start_byte for function in functions]
    found: dict[int, Node] = {}
    for keyword in keywords:
        at = source.find(keyword)
        while at >= 0:
            number = bisect_right(begins, at) - 1
            # "async" may stand before the keyword that begins it.
            if number >= 0 and at - begins[number] > _HEAD and at < functions[number].end_byte:
                found[number] = functions[number]
            at = source.find(keyword, at + 1)
    return [found[number] for number in sorted(found)]
