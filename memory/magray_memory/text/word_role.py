"""Word role: whether a word in a source is a name, or only grammar and what a function calls its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.text.grammars import GRAMMARS, ParseError, parse

if TYPE_CHECKING:
    from tree_sitter import Node

PARSE_SECONDS = 0.1
MAX_CHARACTERS = 64_000
_STEPS = 64
_PARAMETERS = ("parameters", "parameter", "receiver")


def is_grammar_or_local(text: str, language: str, row: int, column: int) -> bool:
    """Whether the word at a row and column (0-based, in characters) is a keyword or a parameter of a function
    around it.

    False where that cannot be told: no grammar, a large text, words of comments and strings.
    """
    if language not in GRAMMARS or len(text) > MAX_CHARACTERS:
        return False
    source = text.encode("utf-8", "surrogatepass")
    try:
        _, tree = parse(language, source, PARSE_SECONDS)
    except ParseError:
        return False
    lines = text.split("\n")
    if row >= len(lines):
        return False
    at = len("\n".join([*lines[:row], lines[row][:column]]).encode("utf-8", "surrogatepass"))
    leaf = tree.root_node.descendant_for_byte_range(at, at + 1)
    if leaf is None or leaf.child_count:
        return False
    word = source[leaf.start_byte : leaf.end_byte]
    # A keyword has no name in a grammar, or is called as it is spelled: `self`, `this`, `None`.
    if not leaf.is_named or leaf.type.encode() == word.lower():
        return True
    return leaf.type.endswith("identifier") and _is_parameter(leaf, word)


def _is_parameter(leaf: Node, word: bytes) -> bool:
    node = leaf.parent
    for _ in range(_STEPS):
        if node is None:
            return False
        for name in _PARAMETERS:
            declared = node.child_by_field_name(name)
            if declared is not None and word in _words(declared):
                return True
        node = node.parent
    return False


def _words(node: Node) -> set[bytes]:
    """The identifiers in the parameters of a function, their defaults and types left out."""
    found: set[bytes] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if part.type.endswith("identifier") and part.text is not None:
            found.add(part.text)
        skipped = (part.child_by_field_name("type"), part.child_by_field_name("value"))
        stack.extend(child for child in part.named_children if child not in skipped)
    return found
