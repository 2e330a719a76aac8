"""Symbol names in C and C++; `symbol_names` has those of the other languages.

One extractor per kind of node, as there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.definitions import Definition, first_child, named_by
from magray_memory.text.grammars import source_of

if TYPE_CHECKING:
    from tree_sitter import Node

_C_NAMES = frozenset(
    [
        "identifier",
        "field_identifier",
        "type_identifier",
        "qualified_identifier",
        "destructor_name",
        "operator_name",
        "operator_cast",
        "template_function",
    ]
)
_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>(?=::)")


def _c_declarator(node: Node, source: bytes) -> tuple[str, Node | None, bool]:
    """The name inside a declarator with its node, and whether it declares a function."""
    function = False
    current = node.child_by_field_name("declarator")
    for _ in range(32):
        if current is None:
            break
        if current.type in _C_NAMES:
            name = source_of(current, source)
            if current.type == "operator_cast":
                name = name.partition("(")[0]
            return _TEMPLATE_ARGUMENTS.sub("", _TEMPLATE_ARGUMENTS.sub("", name)), current, function
        function = function or current.type == "function_declarator"
        current = current.child_by_field_name("declarator") or first_child(current)
    return "", None, function


_C_MACRO = re.compile(r"[A-Z][A-Z0-9_]{3,}$")
_C_GUARD = re.compile(r"(?:_[Hh]|_[Hh](?:PP|H|XX|pp|h|xx)|_INCLUDED|_INC)_*$")


def c_function(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A function with its body, by its declarator; one that a macro makes, by its arguments."""
    name, at, _ = _c_declarator(node, source)
    if node.child_by_field_name("type") is None and _C_MACRO.match(name):
        return Definition(
            _c_made_by_macro(name, node, source), "test" if "TEST" in name else "function", node
        )
    return Definition(name, "function", node, None, at)


def _c_made_by_macro(macro: str, node: Node, source: bytes) -> str:
    """`TEST_F(Suite, Name) { … }` is Suite.Name, `PYBIND11_MODULE(name, m) { … }` PYBIND11_MODULE(name)."""
    declarator = node.child_by_field_name("declarator")
    parameters = declarator.child_by_field_name("parameters") if declarator is not None else None
    names = (
        [source_of(child, source) for child in parameters.named_children] if parameters is not None else []
    )
    names = [name for name in names if name.isidentifier()]
    if not names:
        return macro
    return ".".join(names[:2]) if "TEST" in macro else f"{macro}({names[0]})"


def c_constant(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A macro without parameters; the guard of a header names nothing."""
    found = named_by(node.child_by_field_name("name"), node, source, "constant")
    guard = node.child_by_field_name("value") is None and _C_GUARD.search(found.name)
    return found._replace(name="") if guard else found


def c_declaration(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A declared function, or a variable."""
    name, at, function = _c_declarator(node, source)
    return Definition(name, "declaration" if function else "variable", node, None, at)


def c_typedef(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`typedef struct … name;`: the new name, with the kind of what it stands for."""
    target = node.child_by_field_name("type")
    kind = {
        "struct_specifier": "struct",
        "union_specifier": "union",
        "enum_specifier": "enum",
        "class_specifier": "class",
    }
    name, at, _ = _c_declarator(node, source)
    return Definition(
        name,
        kind.get(target.type, "type") if target is not None else "type",
        target if target is not None and target.type in kind else node,
        None,
        at,
    )


def c_type(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`struct x { … }`, but not the mere use of `struct x`."""
    if node.child_by_field_name("body") is None:
        return None
    kind = node.type.partition("_")[0]
    return named_by(node.child_by_field_name("name"), node, source, kind)
