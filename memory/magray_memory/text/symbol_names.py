"""Symbol names: what a definition is called, where no field of the node says so.

One extractor per kind of node: it takes a node, the source and the kind that its rule states, and returns
what the node defines, or None. C, C++ and the languages of the web have files of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.definitions import (
    TEST_WORDS,
    Definition,
    field_text,
    first_child,
    first_of_type,
    named_by,
)
from magray_memory.text.grammars import source_of

if TYPE_CHECKING:
    from tree_sitter import Node


# Python


def python_statement(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`name = …` at the top or in a class: a constant in capitals, else a variable."""
    child = first_child(node)
    if child is None or child.type != "assignment":
        return None
    left = child.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return None
    name = source_of(left, source)
    return Definition(name, "constant" if name.isupper() else "variable", node, None, left)


# Go

_GO_RECEIVER = re.compile(rb"([^\W\d]\w*)\s*(?:\[[^\]]*\])?\s*\)$")


def go_method(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`func (r *Receiver) Name()` is Receiver.Name."""
    receiver = node.child_by_field_name("receiver")
    found = named_by(node.child_by_field_name("name"), node, source, "method")
    match = (
        _GO_RECEIVER.search(source[receiver.start_byte : receiver.end_byte]) if receiver is not None else None
    )
    return found._replace(name=f"{match[1].decode(errors='replace')}.{found.name}") if match else found


def go_type(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`type Name …`: a struct, an interface or another type."""
    value = node.child_by_field_name("type")
    kinds = {"struct_type": "struct", "interface_type": "interface"}
    kind = kinds.get(value.type, "type") if value is not None else "type"
    return named_by(node.child_by_field_name("name"), node, source, kind)


def go_constants(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`const` and `var`, by the first name of a group."""
    spec = first_of_type(node, "const_spec", "var_spec", "var_spec_list")
    if spec is not None and spec.type == "var_spec_list":
        spec = first_child(spec)
    kind = "constant" if node.type == "const_declaration" else "variable"
    return named_by(spec.child_by_field_name("name"), node, source, kind) if spec is not None else None


# Rust


def rust_impl(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`impl … for Type`, by the type without its arguments."""
    target = node.child_by_field_name("type")
    if target is None:
        return None
    base = target.child_by_field_name("type") if target.type == "generic_type" else target
    return named_by(base or target, node, source, "impl")


_RUST_MACRO = re.compile(r"\w+!\s*[(\[{]\s*(\w+)\s*,")


def rust_macro(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`rgtest!(name, …)`: macros at the top of a file mostly define what they name first."""
    match = _RUST_MACRO.match(source_of(node, source))
    return Definition(match[1], "declaration", node) if match else None


# C#


def csharp_operator(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`operator +`, and conversions by their type."""
    sign = node.child_by_field_name("operator") or node.child_by_field_name("type")
    found = named_by(sign, node, source, "function")
    return found._replace(name=f"operator {found.name}")


# Ruby

_RUBY_CALLS = TEST_WORDS | {
    "task",
    "namespace",
    "shared_examples",
    "shared_context",
    "describe",
    "let",
    "subject",
    "factory",
}


def ruby_call(node: Node, source: bytes, _kind: str) -> Definition | None:
    """Calls with a block that define, `task :name do` and `describe "…" do`; `require` is an import."""
    word = field_text(node, source, "method")
    if word in {"require", "require_relative", "load"}:
        return Definition("", "imports", node)
    block = node.child_by_field_name("block")
    if word not in _RUBY_CALLS or block is None:
        return None
    arguments = node.child_by_field_name("arguments")
    title = first_child(arguments) if arguments is not None else None
    name = source_of(title, source).strip("\"':") if title is not None else word
    return Definition(name, "test" if word in TEST_WORDS else "block", block, " > ", title)


def ruby_assignment(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`NAME = …`, a constant."""
    left = node.child_by_field_name("left")
    if left is None or left.type != "constant":
        return None
    return named_by(left, node, source, "constant")


def ruby_singleton(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`def self.name`, joined with a dot."""
    return named_by(node.child_by_field_name("name"), node, source, "method")._replace(separator=".")


# Kotlin, Swift, Scala

_KOTLIN_RECEIVER = re.compile(r"([\w.]+)(?:<[^>]*>)?\??\.$")


def kotlin_class(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A class, an interface or an enum, by the words before its name."""
    name = node.child_by_field_name("name")
    if name is None:
        return None
    words = source[node.start_byte : name.start_byte].decode(errors="replace").split()
    kind = "interface" if "interface" in words else "enum" if "enum" in words else "class"
    return named_by(name, node, source, kind)


def kotlin_function(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A function; an extension is Receiver.name."""
    name = node.child_by_field_name("name")
    if name is None:
        return None
    before = source[max(node.start_byte, name.start_byte - 80) : name.start_byte].decode(errors="replace")
    receiver = _KOTLIN_RECEIVER.search(before)
    text = source_of(name, source)
    return Definition(f"{receiver[1]}.{text}" if receiver else text, "function", node, None, name)


def kotlin_property(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`val` and `var`."""
    variable = first_of_type(node, "variable_declaration")
    child = first_child(variable) if variable is not None else None
    return named_by(child, node, source, "variable") if child is not None else None


def swift_class(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A class, struct, enum, actor or extension, by its keyword."""
    kind = field_text(node, source, "declaration_kind") or "class"
    return named_by(node.child_by_field_name("name"), node, source, kind)


def scala_given(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A `given`, by its name or else by its type."""
    name = node.child_by_field_name("name") or node.child_by_field_name("return_type")
    return named_by(name, node, source, "instance")


# Lua


def lua_assignment(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`name = function … end` and tables and values given to a name; `require` is an import."""
    assignment = node if node.type == "assignment_statement" else first_of_type(node, "assignment_statement")
    if assignment is None:
        return None
    names, values = first_of_type(assignment, "variable_list"), first_of_type(assignment, "expression_list")
    name = first_child(names) if names is not None else None
    value = first_child(values) if values is not None else None
    if name is None or value is None:
        return None
    if value.type == "function_definition":
        return named_by(name, value, source, "function")
    if value.type == "function_call" and source_of(value, source).startswith("require"):
        return Definition("", "imports", node)
    return named_by(name, node, source, "variable")


def lua_call(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`describe("x", function() … end)` and its kin."""
    arguments = node.child_by_field_name("arguments")
    title = first_of_type(arguments, "string") if arguments is not None else None
    if arguments is None or title is None or field_text(node, source) not in TEST_WORDS:
        return None
    body = first_of_type(arguments, "function_definition")
    return Definition(source_of(title, source).strip("\"'"), "test", body or node, " > ", title)


# Bash


def bash_variables(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`declare`, `export` and `local`, by the first variable that is given a value."""
    variable = first_of_type(node, "variable_assignment")
    if variable is None:
        return None
    return named_by(variable.child_by_field_name("name"), node, source, "variable")


# Haskell


def haskell_instance(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`instance Class Type`, by both."""
    found = named_by(node.child_by_field_name("name"), node, source, "instance")
    return found._replace(name=f"{found.name} {field_text(node, source, 'patterns')}".strip())


# Elixir

_ELIXIR = {
    "defmodule": "module",
    "defprotocol": "protocol",
    "defimpl": "impl",
    **dict.fromkeys(("def", "defp", "defdelegate"), "function"),
    **dict.fromkeys(("defmacro", "defmacrop", "defguard", "defguardp"), "macro"),
    **dict.fromkeys(("describe", "test", "property"), "test"),
}
_ELIXIR_LEADS = frozenset(["doc", "spec", "impl", "typedoc", "tag", "deprecated", "dialyzer", "since"])


def elixir_call(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`def`, `defmodule`, `test` and their like, which are calls to the grammar; `alias` is an import."""
    word = field_text(node, source, "target")
    if word in {"use", "alias", "import", "require"}:
        return Definition("", "imports", node)
    kind = _ELIXIR.get(word)
    arguments = first_of_type(node, "arguments")
    head = first_child(arguments) if arguments is not None else None
    if kind is None or arguments is None or head is None:
        return None
    while (
        head.type == "binary_operator" and field_text(head, source, "operator") == "when"
    ):  # def f(x) when …
        head = first_child(head) or head
    if head.type in {"binary_operator", "unary_operator"}:  # def left !== right
        head = head.child_by_field_name("operator") or head
    elif head.type == "call":
        head = head.child_by_field_name("target") or head
    name = source_of(head, source)
    name = name[1:-1] if name[:1] == name[-1:] == '"' else name
    if word == "defimpl" and (options := first_of_type(arguments, "keywords")) is not None:
        name = f"{name}, {source_of(options, source)}".replace(", for:", " for")
    body = first_of_type(node, "do_block") or node
    return Definition(name, kind, body, " > " if kind == "test" else None, head)


def elixir_attribute(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`@doc`, `@spec` and their like, which belong to what follows them."""
    operand = node.child_by_field_name("operand")
    if operand is not None and field_text(operand, source, "target") in _ELIXIR_LEADS:
        return Definition("", "lead", node)
    return None


# Zig

_ZIG_TYPES = {
    "struct_declaration": "struct",
    "enum_declaration": "enum",
    "union_declaration": "union",
    "opaque_declaration": "struct",
    "error_set_declaration": "enum",
}


def zig_variable(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`const Name = struct …` by what it holds, other constants, and `@import`."""
    name, value = first_of_type(node, "identifier"), first_of_type(node, *_ZIG_TYPES, "builtin_function")
    if name is None:
        return None
    if value is None or (
        value.type == "builtin_function" and not source_of(value, source).startswith("@import")
    ):
        return named_by(name, node, source, "constant")
    if value.type == "builtin_function":
        return Definition("", "imports", node)
    return named_by(name, value, source, _ZIG_TYPES[value.type])


def zig_test(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`test "title"`, or of a declaration by its name."""
    title = first_of_type(node, "string", "identifier")
    found = named_by(title, node, source, "test")
    return found._replace(name=found.name.strip('"') or "test")


# SQL


def sql_create(node: Node, source: bytes, _kind: str) -> Definition | None:
    """What a CREATE or ALTER statement makes: its name, and table, view, index, … as the kind."""
    what = node.type.removeprefix("create_").replace("_", " ")
    if what == "index":
        return named_by(node.child_by_field_name("column"), node, source, "index")
    name = first_of_type(node, "object_reference", "identifier")
    kind = "table" if what == "alter table" else what
    return named_by(name, node, source, kind) if name is not None else None


# PHP


def php_constant(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`const NAME = …`, by the first name."""
    element = first_of_type(node, "const_element")
    name = first_child(element) if element is not None else None
    return named_by(name, node, source, "constant") if name is not None else None
