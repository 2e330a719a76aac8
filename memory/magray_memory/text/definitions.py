"""Definition rules: what counts as a definition in a syntax tree, and what it is called.

A node of a tree is one of: a *definition* (function, class, …), a *wrapper* around one (export, decorator,
template), a *body* whose children stand for it (class body, block), a *lead* that belongs to the definition
after it (comment, attribute), or anything else. Most languages need only tables; where the name is not a
field of the node, or the node's type does not settle what it is, a small function reads it: an *extractor*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.grammars import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node


class Definition(NamedTuple):
    """What a node defines: its name ("" for none), kind, and the node to split when it is large.

    `separator` joins the name to what it is defined in, where that differs from the language's usual one.
    `at` is the node of the name, where the definition does not begin with it.
    """

    name: str
    kind: str
    node: Node
    separator: str | None = None
    at: Node | None = None


class Role(Enum):
    """What a type of node is for the chunker."""

    LEAD = auto()
    BODY = auto()
    WRAPPER = auto()
    DEFINITION = auto()


Extractor = Callable[["Node", bytes, str], Definition | None]
"""Names a node, given the source and the kind that its rule states; None when it defines nothing."""

MemberNames = Callable[["Node"], "Iterable[tuple[Node, str]]"]
"""The nodes of the names that a member declares, each with its kind."""


def field_text(node: Node, source: bytes, name: str = "name") -> str:
    """The text of a node's field, "" without it."""
    child = node.child_by_field_name(name)
    return source_of(child, source) if child is not None else ""


def _by_name(node: Node, source: bytes, kind: str) -> Definition | None:
    return named_by(node.child_by_field_name("name"), node, source, kind)


def named_by(name: Node | None, node: Node, source: bytes, kind: str) -> Definition:
    """A definition that is called what stands in the node of its name; nameless without one."""
    return Definition(source_of(name, source) if name is not None else "", kind, node, None, name)


class Rule(NamedTuple):
    """The role of a node type, and for a definition its kind and the function that names it."""

    role: Role
    kind: str = ""
    extract: Extractor = _by_name


@dataclass(frozen=True, slots=True)
class Syntax:
    """The node types of a language that matter, by role, and the sign between the parts of a qualified name.

    Without a separator names are not qualified.
    """

    separator: str = "."
    define: Mapping[str, str] = field(default_factory=dict[str, str])
    extract: Mapping[str, Extractor] = field(default_factory=dict[str, Extractor])
    wrap: str = ""
    body: str = ""
    lead: str = "comment"
    imports: str = ""
    method_separator: str | None = None
    tolerant: bool = False
    """Any text is sound in this language, so a tree full of errors is still the best there is."""
    members: Mapping[str, MemberNames] = field(default_factory=dict[str, MemberNames])
    """Node types that are symbols and never name a chunk."""
    scopes: str = ""
    """Functions without a name: variables in them are local."""
    entries: str = ""
    """Entries of objects: one with a function defines it, but inside a function it is a value like others."""
    patterns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Query patterns for node types of which only some define anything."""
    keywords: tuple[bytes, ...] = ()
    """What begins every function and class, at the start of a line: a function without them in its body has
    none nested. Where they are given, statements alone define something.
    """
    passed: str = ""
    """Statements at the top or in a class that may hold definitions, where `keywords` are given."""
    nested: str = ""
    """Further statements that may hold definitions in a function."""


CLASS_LIKE = frozenset(
    [
        "class",
        "struct",
        "interface",
        "trait",
        "impl",
        "object",
        "record",
        "enum",
        "extension",
        "actor",
        "protocol",
        "union",
        "instance",
    ]
)
"""Kinds whose functions are methods."""
WEAK = frozenset(("constant", "variable", "declaration"))
"""Kinds that name a passage only at the top of a file or a module, not inside functions and classes."""
MODULE_LIKE = frozenset(("code", "namespace", "module"))

TEST_WORDS = frozenset(
    [
        "describe",
        "it",
        "test",
        "suite",
        "context",
        "specify",
        "feature",
        "scenario",
        "bench",
        "before",
        "after",
    ]
)


def first_child(node: Node) -> Node | None:
    """The first named child of a node, None without one."""
    return node.named_child(0) if node.named_child_count else None


def first_of_type(node: Node, *types: str) -> Node | None:
    """The first named child of one of these types, None without one."""
    for child in node.named_children:
        if child.type in types:
            return child
    return None


def by_field(field_name: str, kind: str) -> Extractor:
    """An extractor of definitions whose name stands in a field of the node."""

    def extract(node: Node, source: bytes, _kind: str) -> Definition | None:
        return named_by(node.child_by_field_name(field_name), node, source, kind)

    return extract


def fixed_name(name: str, kind: str) -> Extractor:
    """For what is always called the same: by the keyword that the name begins with."""
    keyword = name.partition("[")[0]

    def extract(node: Node, _source: bytes, _kind: str) -> Definition | None:
        at = next((child for child in node.children if child.type == keyword), None)
        return Definition(name, kind, node, None, at)

    return extract


def as_imports(node: Node, _source: bytes, _kind: str) -> Definition | None:
    """An import: it defines nothing, and its lines stay with what they serve."""
    return Definition("", "imports", node)
