"""Code chunker: source code by what it defines, from a syntax tree; by lines where there is no grammar.

The text is tiled with row ranges, top down: a node that is too large is replaced by its children, a
definition's name is joined to the names around it, and whatever has no name of its own carries the name of
what it stands in. So a class of some size becomes its header with the fields, and its methods; a long
function becomes groups of its statements. Then small neighbours are merged. Everything between two tiles
(blank lines, closing brackets) belongs to the one before; comments, decorators and attributes right above a
definition belong to it.

Only the nodes of levels that are split are looked at, and never by recursion: depth of the source costs
nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.chunk_types import STRAY_CHARS, TARGET_CHARS
from magray_memory.text.definitions import CLASS_LIKE, MODULE_LIKE, WEAK, Role
from magray_memory.text.embedded_languages import (
    HOST_LANGUAGES,
    chunk_page,
    language_regions,
    with_small_regions,
)
from magray_memory.text.grammars import GRAMMARS, ParseError, parse
from magray_memory.text.line_chunker import append_chunk, chunk_lines, fit_names, long_lines_note, split_rows
from magray_memory.text.line_index import LineIndex, line_starts
from magray_memory.text.syntaxes import SYNTAXES, rules_for
from magray_memory.text.tree_symbols import source_symbols, tree_symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from magray_memory.text.chunk_types import Chunk
    from magray_memory.text.definitions import Definition, Rule

WHOLE_CHARS = 1_900
"""Characters up to which a function, a constant or a statement is one chunk; a class: `TARGET_CHARS`."""
MERGE_CHARS = 700
"""Characters up to which small definitions side by side share a chunk.

Question → file on six packages of Python, JavaScript and TypeScript, NDCG@10 of BM25, of the default model
(600 characters of each chunk embedded) and of both, half and half: 1,400 → .837, .868, .892;
1,000 → .844, .872, .893; 700 → .854, .873, .895.
"""
MAX_SYMBOL = 200
"""Characters of a qualified name."""
MAX_DEPTH = 200
"""Levels of the tree that are split; what is still too large below is cut by lines."""
NAMED_BY_CONTENT = MODULE_LIKE - {"code"}
"""Kinds that are called after what stands in them when they are small."""
MAX_ERROR_SHARE = 0.5
"""Share of the text that the parser could not understand, above which its tree is not used."""


# Asked for each node: what an enum holds is looked up slowly.
_BODY, _DEFINITION, _LEAD, _WRAPPER = Role.BODY, Role.DEFINITION, Role.LEAD, Role.WRAPPER


class _Tile(NamedTuple):
    """Rows `[start, end)` and what they are; `node` is what to split them by.

    Tiles of one group may be merged. An `owner` has the name of what it stands in, not being its beginning.
    """

    start: int
    end: int
    symbol: str
    kind: str
    group: int
    node: Node | None = None
    depth: int = 0
    owner: bool = False


@dataclass(slots=True)
class _Item:
    """A child on its way to a tile: where it begins, what it is, how many bytes its node has."""

    start: int
    symbol: str
    kind: str
    named: bool = False
    node: Node | None = None
    size: int = 0

    def absorb(self, other: _Item) -> None:
        """Take in an item that begins on a row of this one: a named one counts most, then the larger."""
        if (other.named, other.size) > (self.named, self.size):
            self.symbol, self.kind, self.named = other.symbol, other.kind, other.named
            self.node, self.size = other.node, other.size


def chunk_code(text: str, language: str, parse_seconds: float) -> tuple[list[Chunk], str | None]:
    """The chunks of any source text, and a note about what could not be done as usual."""
    if language not in HOST_LANGUAGES:
        return _chunk_one(text, language, parse_seconds)
    regions = language_regions(text, language)
    if len(regions) > 1:
        chunks, note = chunk_page(text, regions, lambda part, inner: _chunk_one(part, inner, parse_seconds))
    else:
        chunks, note = _chunk_one(text, regions[0].language, parse_seconds)
    return with_small_regions(text, chunks, language, source_symbols), note


def _chunk_one(text: str, language: str, seconds: float) -> tuple[list[Chunk], str | None]:
    if language not in GRAMMARS:
        return chunk_lines(text, language)
    try:
        return _chunk_tree(text, language, seconds)
    except ParseError as error:
        chunks, note = chunk_lines(text)
        return chunks, "; ".join(filter(None, (f"chunked by lines: {error}", note)))


def _chunk_tree(text: str, language: str, seconds: float) -> tuple[list[Chunk], str | None]:
    source = text.encode("utf-8", "surrogatepass")
    grammar, tree = parse(language, source, seconds)
    lines = LineIndex(text)
    tiler = _Tiler(lines, source, language, rules_for(language, grammar))
    root = tree.root_node  # once: a node keeps its children
    tiles = tiler.run(root)
    symbols = tree_symbols(root, source, tiler.starts, language, grammar, tiler.definitions)
    chunks: list[Chunk] = []
    first = 0
    for run in _merge(lines, tiles, tiler.target_sizes):
        symbol, kind = _symbol_and_kind(lines, run)
        end, last = run[-1].end, first
        while last < len(symbols) and symbols[last].line <= end:
            last += 1
        append_chunk(lines, (run[0].start, end), symbol, kind, chunks, symbols[first:last])
        first = last
    return chunks, long_lines_note(lines)


class _Tiler:
    """Splits one tree into tiles; `target_sizes`: up to which nameless tiles of each group are merged;
    `definitions`: what each node that was looked at defines, by its id.
    """

    def __init__(self, lines: LineIndex, source: bytes, language: str, rules: dict[int, Rule]) -> None:
        self.lines = lines
        self.source = source
        self.rules = rules
        self.syntax = SYNTAXES[language]
        self.target_sizes = [MERGE_CHARS]
        self.symbols = [""]
        self.definitions: dict[int, Definition | None] = {}
        self.starts = lines.starts  # in bytes, which are the characters of most sources
        if len(source) != len(lines.text):
            self.starts = line_starts(map(len, source.split(b"\n")))

    def run(self, root: Node) -> list[_Tile]:
        """Tiles of the whole text in order, only single rows over `MAX_CHARS`.

        Raises ParseError when most of the text cannot be parsed.
        """
        lines, starts, tiles = self.lines, self.lines.starts, list[_Tile]()
        stack = self._split(_Tile(0, lines.count, "", "code", 0, root))
        if root.has_error and not self.syntax.tolerant:
            self._check_errors(root, stack)
        stack.reverse()
        while stack:
            tile = stack.pop()
            start, end = tile.start, tile.end
            if starts[end] - starts[start] - 1 <= (TARGET_CHARS if tile.kind in CLASS_LIKE else WHOLE_CHARS):
                symbol = self._symbol_of(tile)
                tiles.append(tile if symbol is tile.symbol else tile._replace(symbol=symbol))
                continue
            parts = self._split(tile) if end - start > 1 and tile.depth < MAX_DEPTH else []
            if parts:
                stack.extend(reversed(parts))
            else:
                tiles.extend(
                    tile._replace(start=first, end=last) for first, last in split_rows(lines, start, end)
                )
        return tiles

    def _symbol_of(self, tile: _Tile) -> str:
        """The symbol of a tile that is not split: of a small module or namespace, what it contains.

        A module with functions of its own keeps its name too.
        """
        if tile.kind not in NAMED_BY_CONTENT or tile.owner or tile.depth >= MAX_DEPTH:
            return tile.symbol
        inner = [part for part in self._split(tile) if not part.owner and part.symbol != tile.symbol]
        inner = [part for part in inner if part.kind not in WEAK] or inner
        named = [part for part in inner if part.kind in CLASS_LIKE or part.kind in NAMED_BY_CONTENT]
        if tile.kind == "namespace":
            named = inner
        if not named:
            return tile.symbol
        own = [] if len(named) == len(inner) or tile.kind == "namespace" else [tile.symbol]
        names = list(dict.fromkeys([*own, *map(self._symbol_of, named)]))
        return ", ".join(fit_names(names, names))

    def _check_errors(self, root: Node, tiles: list[_Tile]) -> None:
        """Raise ParseError when most of the text is errors in which no definitions were recognised."""
        errors = [root] if root.is_error else [child for child in root.named_children if child.is_error]
        broken = sum(error.end_byte - error.start_byte for error in errors)
        sound = sum(self.lines.size(tile.start, tile.end) for tile in tiles if tile.symbol)
        if broken > MAX_ERROR_SHARE * len(self.source) and sound < (1 - MAX_ERROR_SHARE) * len(
            self.lines.text
        ):
            raise ParseError("most of it cannot be parsed")

    def _split(self, tile: _Tile) -> list[_Tile]:
        """Tiles of the node's children, together covering the same rows; none when it has no children."""
        items = self._items(tile, tile.node) if tile.node is not None else []
        if not items:
            return [tile._replace(node=None, depth=1)] if tile.depth == 0 else []
        group, depth = self._group(tile), tile.depth + 1
        starts = [item.start for item in items]
        starts[0] = tile.start
        starts.append(tile.end)
        return [
            _Tile(
                starts[index],
                starts[index + 1],
                item.symbol,
                item.kind,
                group,
                item.node,
                depth,
                not item.named and index > 0,
            )
            for index, item in enumerate(items)
        ]

    def _group(self, tile: _Tile) -> int:
        """The group for the parts of a tile: its own, or a new one when it has its own name."""
        if tile.symbol == self.symbols[tile.group]:
            return tile.group
        target_size = MERGE_CHARS
        if tile.kind not in CLASS_LIKE and tile.kind not in MODULE_LIKE:  # parts of about the same size
            size = self.lines.size(tile.start, tile.end)
            target_size = int(size / ceil(size / TARGET_CHARS) * 1.15)
        self.target_sizes.append(target_size)
        self.symbols.append(tile.symbol)
        return len(self.target_sizes) - 1

    def _children(self, node: Node) -> Iterator[tuple[Node, Rule | None]]:
        """The children of a node in order, those of bodies in their index, with their rules."""
        rules = self.rules
        stack = node.named_children
        stack.reverse()
        while stack:
            child = stack.pop()
            rule = rules.get(child.kind_id)
            if rule is not None and rule.role is _BODY:
                stack.extend(reversed(child.named_children))
            else:
                yield child, rule

    def _items(self, tile: _Tile, node: Node) -> list[_Item]:
        """What the children of a node make, each with the leads right above it."""
        starts, end = self.starts, tile.end
        items: list[_Item] = []
        rest = _Item(0, tile.symbol, tile.kind)  # what a child without a name is
        lead: tuple[int, int] | None = None
        covered = tile.start
        for child, rule in self._children(node):
            first, last = child.start_byte, child.end_byte
            if first == last:
                continue
            row = bisect_right(starts, first) - 1
            last_row = min(bisect_left(starts, last, row), end)
            leads = rule is not None and rule.role is _LEAD
            found = None if rule is None or leads else self._find(child, rule)
            if lead is not None and row > lead[1]:  # a blank line below it: it stands for itself
                items.append(_Item(lead[0], rest.symbol, rest.kind))
                covered, lead = lead[1], None
            if leads or (found is not None and found.kind == "lead"):
                if row >= covered:
                    lead = (lead[0] if lead else row, last_row)
                else:  # behind something on the same row
                    covered = max(covered, last_row)
                continue
            item = self._item(tile, rest, found, child)
            item.size = last - first
            item.start, lead = lead[0] if lead else row, None
            if items and item.start < covered:
                items[-1].absorb(item)
            else:
                items.append(item)
            covered = max(covered, last_row)
            if item.kind == "section":  # of HTML: what follows is under this heading
                rest = item
        if lead is not None:
            items.append(_Item(lead[0], rest.symbol, rest.kind))
        return items

    def _find(self, node: Node, rule: Rule) -> Definition | None:
        """What a node defines, looking through wrappers."""
        while rule.role is _WRAPPER:
            for inner in node.named_children:
                inner_rule = self.rules.get(inner.kind_id)
                if inner_rule is not None and inner_rule.role in (_DEFINITION, _WRAPPER):
                    node, rule = inner, inner_rule
                    break
            else:
                return None
        definition = self.definitions[node.id] = rule.extract(node, self.source, rule.kind)
        return definition

    def _item(self, tile: _Tile, rest: _Item, found: Definition | None, child: Node) -> _Item:
        """The item for a child: under its qualified name, or as a nameless part of what it stands in."""
        if found is None or not found.name:
            top = found is not None and found.kind == "imports" and tile.kind in MODULE_LIKE
            kind = "imports" if top else rest.kind
            return _Item(0, rest.symbol, kind, False, found.node if found is not None else child)
        around, kind = tile.kind, found.kind
        if kind in WEAK and around not in MODULE_LIKE:
            return _Item(0, rest.symbol, rest.kind, False, found.node)
        if kind == "function" and around in CLASS_LIKE:
            kind = "method"
        symbol = found.name
        if tile.symbol and self.syntax.separator:
            separator = self.syntax.method_separator if kind == "method" else self.syntax.separator
            symbol = f"{tile.symbol}{found.separator or separator or self.syntax.separator}{symbol}"
        return _Item(0, symbol[:MAX_SYMBOL], kind, True, found.node)


def _merge(lines: LineIndex, tiles: list[_Tile], target_sizes: list[int]) -> list[list[_Tile]]:
    """Runs of tiles, each for one chunk: small neighbours together, then what is left alone and tiny."""
    starts = lines.starts
    runs: list[list[_Tile]] = []
    begin, group, symbol = 0, -1, ""
    for tile in tiles:
        target_size = target_sizes[group] if tile.symbol == symbol else MERGE_CHARS
        if tile.group == group and starts[tile.end] - begin <= target_size:
            runs[-1].append(tile)
        else:
            runs.append([tile])
            begin, group = starts[tile.start], tile.group
        symbol = tile.symbol
    merged: list[list[_Tile]] = []
    for run in runs:
        if merged:
            before = merged[-1]
            size, other = lines.size(run[0].start, run[-1].end), lines.size(before[0].start, before[-1].end)
            if min(size, other) < STRAY_CHARS and size + other < _limit(before[-1], run[0]):
                before.extend(run)
                continue
        merged.append(run)
    return merged


def _limit(tile: _Tile, following: _Tile) -> int:
    """Characters up to which a stray tile may join its neighbour: more, the more they have in common."""
    if tile.symbol == following.symbol:
        return WHOLE_CHARS
    if tile.group == following.group or (tile.symbol and following.symbol.startswith(tile.symbol)):
        return TARGET_CHARS
    return MERGE_CHARS


def _symbol_and_kind(lines: LineIndex, run: list[_Tile]) -> tuple[str, str]:
    """Symbol and kind of a run: the names of its most important tiles in order, the kind of the largest."""
    if len(run) == 1:
        return run[0].symbol, run[0].kind
    sizes: dict[str, int] = {}
    largest, largest_size = run[0], -1
    for tile in run:
        size = lines.size(tile.start, tile.end)
        sizes[tile.symbol] = sizes.get(tile.symbol, 0) + size
        if (tile.symbol != "", size) > (largest.symbol != "", largest_size):
            largest, largest_size = tile, size
    sizes.pop("", None)
    for tile in run:  # "namespace a {" says nothing beside what it holds
        if tile.kind == "namespace" and len(sizes) > 1:
            sizes.pop(tile.symbol, None)
    own = {tile.symbol for tile in run if not tile.owner}
    names = [name for name in sizes if name in own or sizes[name] >= STRAY_CHARS] or list(sizes)
    weak = {tile.symbol for tile in run if tile.kind in WEAK}
    by_weight = sorted(names, key=lambda name: (name not in weak, sizes[name]), reverse=True)
    return ", ".join(fit_names(names, by_weight)), largest.kind
