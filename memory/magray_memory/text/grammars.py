"""Tree-sitter grammars: loaded one by one when first needed, and parsing that ends in time.

A grammar that cannot be imported (no wheel for this platform, another ABI) is remembered as missing, with the
reason; its language is then chunked by lines.
"""

from __future__ import annotations

import functools
import importlib
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
    """The syntax tree of a UTF-8 source.

    Raises ParseError when the grammar is missing or the time is over. The limit is checked by the parser's
    progress callback, which works only while it reads through a callable.
    """
    grammar = load(language)
    if isinstance(grammar, str):
        raise ParseError(grammar)
    from tree_sitter import Parser

    def read(offset: int, _point: Point) -> bytes:
        return source[offset : offset + _READ]

    deadline = monotonic() + seconds

    def out_of_time(_offset: int, _has_error: bool) -> bool:
        return monotonic() > deadline

    try:
        return grammar, Parser(grammar).parse(read, progress_callback=out_of_time)
    except ValueError:
        raise ParseError(f"parsing took longer than {seconds:g} s") from None


def source_of(node: Node, source: bytes, limit: int = 120) -> str:
    """The node's text on one line, at most `limit` bytes of it."""
    start, end = node.start_byte, node.end_byte
    text = source[start : end if end - start < limit else start + limit].decode(errors="replace")
    return " ".join(text.split()) if "\n" in text or "  " in text else text
