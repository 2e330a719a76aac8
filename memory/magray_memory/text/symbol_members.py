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


_RUBY_ACCESSORS = frozenset(
    f"{owner}{kind}" for owner in ("attr", "mattr", "cattr") for kind in ("_reader", "_writer", "_accessor")
) | {"attr", "class_attribute"}


def ruby_accessors(node: Node) -> Iterable[tuple[Node, str]]:
    """What `attr_reader :a, :b`, `alias_method :new, :old`, `define_method(:a)`, `scope :a, -> …` define."""
    word, arguments = node.child_by_field_name("method"), node.child_by_field_name("arguments")
    if word is None or arguments is None or node.child_by_field_name("receiver") is not None:
        return ()
    called = (word.text or b"").decode(errors="replace")
    given = arguments.named_children
    if called in _RUBY_ACCESSORS:
        return [(name, "property") for name in map(_ruby_name, given) if name is not None]
    name = _ruby_name(given[0]) if given else None
    if name is None:
        return ()
    defines = called in {"define_method", "alias_method"} or (
        called == "scope" and len(given) > 1 and given[1].type == "lambda"
    )
    return ((name, "method"),) if defines else ()


def _ruby_name(node: Node) -> Node | None:
    """The node of the name in a symbol or a string; None for others, and where a part of it is computed."""
    if node.type == "simple_symbol":
        return node
    content = node.named_child(0) if node.type == "string" and node.named_child_count == 1 else None
    return content if content is not None and content.type == "string_content" else None


def ruby_alias(node: Node) -> Iterable[tuple[Node, str]]:
    """The new name of `alias new old`."""
    name = node.child_by_field_name("name")
    return () if name is None else ((name, "variable" if name.type == "global_variable" else "method"),)


_ELIXIR_ATTRIBUTES = {
    **dict.fromkeys((b"type", b"typep", b"opaque"), "type"),
    **dict.fromkeys((b"callback", b"macrocallback"), "method"),
}


def elixir_attribute(node: Node) -> Iterable[tuple[Node, str]]:
    """What `@type name :: …` and `@callback name(…) :: …` define."""
    call = node.child_by_field_name("operand")
    word = call.child_by_field_name("target") if call is not None else None
    kind = _ELIXIR_ATTRIBUTES.get(word.text or b"") if word is not None else None
    if call is None or kind is None:
        return ()
    given = next((each for each in call.named_children if each.type == "arguments"), None)
    name = given.named_child(0) if given is not None and given.named_child_count else None
    while name is not None and name.type == "binary_operator":
        operator = name.child_by_field_name("operator")
        if operator is None or operator.type not in ("::", "when"):
            return ()
        name = name.child_by_field_name("left")
    if name is not None and name.type == "call":
        name = name.child_by_field_name("target")
    if name is None or name.type != "identifier" or name.text == b"unquote":
        return ()
    return ((name, kind),)
