"""Symbol members: the fields, properties, constants and members of enums that a node declares.

They are symbols of their own and never name a chunk. One function per kind of node: it takes a node and gives
the nodes of the names in it, each with its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from magray_memory.text.definitions import MemberNames

_IMPORTS = frozenset(("call_expression", "await_expression"))


def by_field(kind: str, name_field: str = "name") -> MemberNames:
    """What stands in a field, of which there may be several."""

    def names(node: Node) -> Iterable[tuple[Node, str]]:
        return [(name, kind) for name in node.children_by_field_name(name_field) if name.is_named]

    return names


def by_type(kind: str, *types: str) -> MemberNames:
    """The first node of one of these types among the children."""

    def names(node: Node) -> Iterable[tuple[Node, str]]:
        return [(child, kind) for child in node.named_children if child.type in types][:1]

    return names


def js_declarator(node: Node) -> Iterable[tuple[Node, str]]:
    """`a = 1` of `const a = 1, b = 2`; not what is destructured or required."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "identifier":
        return ()
    function = value.child_by_field_name("function") if value is not None and value.type in _IMPORTS else None
    required = function is not None and function.text == b"require"
    return () if required else ((name, "constant"),)


def c_member(node: Node) -> Iterable[tuple[Node, str]]:
    """The fields and methods that a declaration in a struct or class names."""
    found: list[tuple[Node, str]] = []
    for declarator in node.children_by_field_name("declarator"):
        current: Node | None = declarator
        kind = "field"
        while current is not None and not current.type.endswith(("identifier", "_name")):
            if current.type == "function_declarator":
                kind = "method"
            inner = current.child_by_field_name("declarator")
            current = inner or (current.named_child(0) if current.named_child_count else None)
        if current is not None:
            found.append((current, kind))
    return found


def swift_pattern(kind: str) -> MemberNames:
    """The identifier in the pattern `var name`."""

    def names(node: Node) -> Iterable[tuple[Node, str]]:
        name = node.child_by_field_name("name")
        while name is not None and name.type != "simple_identifier":
            name = name.named_child(name.named_child_count - 1) if name.named_child_count else None
        return () if name is None else ((name, kind),)

    return names


def lua_field(node: Node) -> Iterable[tuple[Node, str]]:
    """A field of a table that holds a function."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    return ((name, "function"),) if name and value and value.type == "function_definition" else ()


def haskell_signature(node: Node) -> Iterable[tuple[Node, str]]:
    """The method that a class promises; at the top a signature only leads its function."""
    parent, name = node.parent, node.child_by_field_name("name")
    in_class = parent is not None and parent.type == "class_declarations"
    return ((name, "method"),) if in_class and name is not None else ()


def haskell_constructor(node: Node) -> Iterable[tuple[Node, str]]:
    """The constructor of a data type, whatever its form."""
    form = node.named_child(0) if node.named_child_count else None
    name = form.child_by_field_name("name") if form is not None else None
    return () if name is None else ((name, "constructor"),)
