"""Tree-sitter grammars: loaded one by one when first needed, and parsing that ends in time.

A grammar that cannot be imported (no wheel for this platform, another ABI) is remembered as missing, with the
reason; its language is then chunked by lines.
"""

from __future__ import annotations

import functools
import importlib
import re
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Point, Tree

GRAMMARS: dict[str, tuple[str, str]] = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "css": ("tree_sitter_css", "language"),
    "elixir": ("tree_sitter_elixir", "language"),
    "go": ("tree_sitter_go", "language"),
    "haskell": ("tree_sitter_haskell", "language"),
    "html": ("tree_sitter_html", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "kotlin": ("tree_sitter_kotlin", "language"),
    "lua": ("tree_sitter_lua", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "scala": ("tree_sitter_scala", "language"),
    "sql": ("tree_sitter_sql", "language"),
    "swift": ("tree_sitter_swift", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "zig": ("tree_sitter_zig", "language"),
}
"""Language id → module and function of its grammar."""

_READ = 1 << 16
_DIRECTIVES = {"swift": re.compile(rb"^[ \t]*#(?:if|elseif|else|endif)\b[^\n]*", re.MULTILINE)}
"""Conditional compilation of languages whose grammar knows it between whole statements only: in the midst of
one, all the rest of a file ends as one error. (C's and C#'s gain nothing from blanks, and lose macros.)
"""


class ParseError(Exception):
    """A text was not parsed; the message says why in a few words."""


@functools.cache
def load(language: str) -> Language | str:
    """The grammar of a language, or why it cannot be used."""
    module, function = GRAMMARS[language]
    try:
        from tree_sitter import Language

        grammar: object = getattr(importlib.import_module(module), function)()
        return Language(grammar)
    except (ImportError, AttributeError, OSError, ValueError, TypeError) as error:
        return f"the grammar for {language} cannot be loaded ({error})"


def parse(language: str, source: bytes, seconds: float) -> tuple[Language, Tree]:
    """The syntax tree of a UTF-8 source; its offsets are the source's.

    Where directives of conditional compilation break it, they are read as blanks. Raises ParseError when the
    grammar is missing or the time is over.
    """
    grammar = load(language)
    if isinstance(grammar, str):
        raise ParseError(grammar)
    deadline = monotonic() + seconds
    try:
        tree = _tree(grammar, source, deadline)
        if language in _DIRECTIVES and tree.root_node.has_error:
            blanked = _DIRECTIVES[language].sub(lambda found: b" " * len(found[0]), source)
            if blanked != source:
                tree = min(tree, _tree(grammar, blanked, deadline), key=_broken)
    except ValueError:
        raise ParseError(f"parsing took longer than {seconds:g} s") from None
    return grammar, tree


def _tree(grammar: Language, source: bytes, deadline: float) -> Tree:
    """The tree of a source; ValueError when the time is over."""
    from tree_sitter import Parser

    def read(offset: int, _point: Point) -> bytes:
        return source[offset : offset + _READ]

    def out_of_time(_offset: int, _has_error: bool) -> bool:
        return monotonic() > deadline

    # The progress callback is called only while the parser reads through a callable.
    return Parser(grammar).parse(read, progress_callback=out_of_time)


def _broken(tree: Tree) -> int:
    """Bytes of a tree that are errors, the largest ones of them."""
    broken = 0
    nodes = [tree.root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error:
            broken += node.end_byte - node.start_byte
        elif node.has_error:
            nodes.extend(node.children)
    return broken


def source_of(node: Node, source: bytes, limit: int = 120) -> str:
    """The node's text on one line, at most `limit` bytes of it."""
    start, end = node.start_byte, node.end_byte
    text = source[start : end if end - start < limit else start + limit].decode(errors="replace")
    return " ".join(text.split()) if "\n" in text or "  " in text else text
