"""What counts as a definition in the syntax tree of each language, and what it is called.

A node of a tree is one of: a *definition* (function, class, …), a *wrapper* around one (export, decorator, template), a
*body* whose children stand for it (class body, block), a *lead* that belongs to the definition after it (comment,
attribute), or anything else. Most languages need only tables; where the name is not a field of the node, or the node's
type does not settle what it is, a small function looks closer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.grammars import source_of

if TYPE_CHECKING:
    from tree_sitter import Language, Node


class Found(NamedTuple):
    """What a node defines: name ("" for nothing that has one), kind, and the node to look into when it is large.

    `separator` joins the name to what it is defined in, where that differs from the language's usual one.
    """

    name: str
    kind: str
    node: Node
    separator: str | None = None


class Role(Enum):
    """What a type of node is for the chunker."""

    LEAD = auto()
    BODY = auto()
    WRAPPER = auto()
    DEFINITION = auto()


Look = Callable[["Node", bytes, str], Found | None]
"""Names a node, given the source and the kind that its rule states; None when it defines nothing after all."""


def named(node: Node, source: bytes, name: str = "name") -> str:
    """The text of a node's field, "" without it."""
    child = node.child_by_field_name(name)
    return source_of(child, source) if child is not None else ""


def _by_name(node: Node, source: bytes, kind: str) -> Found | None:
    return Found(named(node, source), kind, node)


class Rule(NamedTuple):
    """The role of a node type, and for a definition its kind and the function that names it."""

    role: Role
    kind: str = ""
    look: Look = _by_name


@dataclass(frozen=True, slots=True)
class Syntax:
    """The node types of a language that matter, by role, and the sign between the parts of a qualified name."""

    separator: str = "."
    define: Mapping[str, str] = field(default_factory=dict[str, str])
    look: Mapping[str, Look] = field(default_factory=dict[str, Look])
    wrap: str = ""
    body: str = ""
    lead: str = "comment"
    imports: str = ""
    method_separator: str | None = None


CLASS_LIKE = frozenset(
    "class struct interface trait impl object record enum extension actor protocol union instance".split()
)
"""Kinds whose functions are methods."""
WEAK = frozenset(("constant", "variable", "declaration"))
"""Kinds that name a passage only at the top of a file or a module, not inside functions and classes."""
MODULE_LIKE = frozenset(("code", "namespace", "module"))

_TEST_WORDS = frozenset("describe it test suite context specify feature scenario bench before after".split())


def _first(node: Node, *types: str) -> Node | None:
    for child in node.named_children:
        if child.type in types:
            return child
    return None


def _looks_for(field_name: str, kind: str) -> Look:
    def look(node: Node, source: bytes, _kind: str) -> Found | None:
        return Found(named(node, source, field_name), kind, node)

    return look


def _php_constant(node: Node, source: bytes, _kind: str) -> Found | None:
    element = _first(node, "const_element")
    name = element.named_child(0) if element is not None else None
    return Found(source_of(name, source), "constant", node) if name is not None else None


# Python

def _python_statement(node: Node, source: bytes, _kind: str) -> Found | None:
    child = node.named_child(0)
    if child is None or child.type != "assignment":
        return None
    left = child.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return None
    name = source_of(left, source)
    return Found(name, "constant" if name.isupper() else "variable", node)


# JavaScript and TypeScript

_JS_FUNCTIONS = frozenset(("arrow_function", "function_expression", "generator_function", "function"))
_JS_PREFIX = re.compile(r"^(?:module\.exports|exports|this|self|window|globalThis)\.|\.prototype(?=\.)")


def _js_value(name: str, value: Node | None, node: Node, source: bytes) -> Found:
    """What a name bound to a value is: a function, a class, an import or a constant."""
    kind = value.type if value is not None else ""
    if value is None:
        return Found(name, "variable", node)
    if kind in _JS_FUNCTIONS:
        return Found(name, "function", value)
    if kind in {"class", "class_expression"}:
        return Found(name, "class", value)
    if kind == "call_expression":
        if named(value, source, "function") == "require":
            return Found("", "imports", node)
        arguments = value.child_by_field_name("arguments")
        if arguments is not None and _first(arguments, *_JS_FUNCTIONS) is not None:
            return Found(name, "function", node)
    return Found(name, "constant", node)


def _js_variables(node: Node, source: bytes, _kind: str) -> Found | None:
    declarator = _first(node, "variable_declarator")
    if declarator is None:
        return None
    name = declarator.child_by_field_name("name")
    found = _js_value("", declarator.child_by_field_name("value"), node, source)
    if found.kind == "imports":
        return found
    if name is None or name.type != "identifier":  # a pattern: several names
        return None
    return found._replace(name=source_of(name, source))


def _js_statement(node: Node, source: bytes, _kind: str) -> Found | None:
    child = node.named_child(0)
    if child is None:
        return None
    if child.type == "assignment_expression":
        left = child.child_by_field_name("left")
        if left is None or left.type not in {"member_expression", "identifier"}:
            return None
        found = _js_value(source_of(left, source), child.child_by_field_name("right"), node, source)
        if found.kind not in {"function", "class"}:
            return None
        return found._replace(name="" if found.name == "module.exports" else _JS_PREFIX.sub("", found.name))
    if child.type == "call_expression":
        return _js_test(child, node, source)
    if child.type in {"internal_module", "module"}:
        return Found(named(child, source), "namespace", child)
    return None


def _js_test(call: Node, node: Node, source: bytes) -> Found | None:
    """`describe("x", () => …)` and its kin."""
    if named(call, source, "function").partition(".")[0] not in _TEST_WORDS:
        return None
    arguments = call.child_by_field_name("arguments")
    title = _first(arguments, "string", "template_string") if arguments is not None else None
    if arguments is None or title is None:
        return None
    return Found(source_of(title, source).strip("\"'`"), "test", _first(arguments, *_JS_FUNCTIONS) or node, " > ")


def _js_member(node: Node, source: bytes, _kind: str) -> Found | None:
    """A field of a class or an entry of an object that holds a function."""
    name = node.child_by_field_name("property") or node.child_by_field_name("name") or node.child_by_field_name("key")
    value = node.child_by_field_name("value")
    if name is None or value is None or value.type not in _JS_FUNCTIONS:
        return None
    return Found(source_of(name, source).strip("\"'"), "function", value)


_JAVASCRIPT = Syntax(
    define={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "class_declaration": "class",
        "method_definition": "function",
    },
    look={
        "lexical_declaration": _js_variables,
        "variable_declaration": _js_variables,
        "expression_statement": _js_statement,
        "field_definition": _js_member,
        "pair": _js_member,
    },
    wrap="export_statement",
    body="class_body statement_block object parenthesized_expression",
    lead="comment decorator html_comment hash_bang_line",
    imports="import_statement",
)
_TYPESCRIPT = Syntax(
    define={
        **_JAVASCRIPT.define,
        "abstract_class_declaration": "class",
        "interface_declaration": "interface",
        "type_alias_declaration": "type",
        "enum_declaration": "enum",
        "function_signature": "function",
        "internal_module": "namespace",
        "module": "namespace",
    },
    look={**_JAVASCRIPT.look, "public_field_definition": _js_member},
    wrap="export_statement ambient_declaration",
    body=_JAVASCRIPT.body + " interface_body",
    lead=_JAVASCRIPT.lead,
    imports="import_statement import_alias",
)


# Go

_GO_RECEIVER = re.compile(rb"([^\W\d]\w*)\s*(?:\[[^\]]*\])?\s*\)$")


def _go_method(node: Node, source: bytes, _kind: str) -> Found | None:
    receiver = node.child_by_field_name("receiver")
    name = named(node, source)
    match = _GO_RECEIVER.search(source[receiver.start_byte : receiver.end_byte]) if receiver is not None else None
    return Found(f"{match[1].decode(errors='replace')}.{name}" if match else name, "method", node)


def _go_type(node: Node, source: bytes, _kind: str) -> Found | None:
    value = node.child_by_field_name("type")
    kinds = {"struct_type": "struct", "interface_type": "interface"}
    return Found(named(node, source), kinds.get(value.type, "type") if value is not None else "type", node)


def _go_constants(node: Node, source: bytes, _kind: str) -> Found | None:
    spec = _first(node, "const_spec", "var_spec", "var_spec_list")
    if spec is not None and spec.type == "var_spec_list":
        spec = spec.named_child(0)
    kind = "constant" if node.type == "const_declaration" else "variable"
    return Found(named(spec, source), kind, node) if spec is not None else None


# Rust

def _rust_impl(node: Node, source: bytes, _kind: str) -> Found | None:
    target = node.child_by_field_name("type")
    if target is None:
        return None
    base = target.child_by_field_name("type") if target.type == "generic_type" else target
    return Found(source_of(base or target, source), "impl", node)


# C and C++

_C_NAMES = frozenset(
    "identifier field_identifier type_identifier qualified_identifier destructor_name operator_name operator_cast "
    "template_function".split()
)
_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>(?=::)")


def _c_declarator(node: Node, source: bytes) -> tuple[str, bool]:
    """The name inside a declarator, and whether it declares a function."""
    function = False
    current = node.child_by_field_name("declarator")
    for _ in range(32):
        if current is None:
            break
        if current.type in _C_NAMES:
            name = source_of(current, source)
            if current.type == "operator_cast":
                name = name.partition("(")[0]
            return _TEMPLATE_ARGUMENTS.sub("", _TEMPLATE_ARGUMENTS.sub("", name)), function
        function = function or current.type == "function_declarator"
        current = current.child_by_field_name("declarator") or current.named_child(0)
    return "", function


def _c_function(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(_c_declarator(node, source)[0], "function", node)


def _c_declaration(node: Node, source: bytes, _kind: str) -> Found | None:
    name, function = _c_declarator(node, source)
    return Found(name, "declaration" if function else "variable", node)


def _c_typedef(node: Node, source: bytes, _kind: str) -> Found | None:
    target = node.child_by_field_name("type")
    kind = {"struct_specifier": "struct", "union_specifier": "union", "enum_specifier": "enum", "class_specifier": "class"}
    return Found(
        _c_declarator(node, source)[0],
        kind.get(target.type, "type") if target is not None else "type",
        target if target is not None and target.type in kind else node,
    )


def _c_type(node: Node, source: bytes, _kind: str) -> Found | None:
    """`struct x { … }`, but not the mere use of `struct x`."""
    if node.child_by_field_name("body") is None:
        return None
    return Found(named(node, source), node.type.partition("_")[0], node)


_C = Syntax(
    define={
        "preproc_function_def": "macro",
        "preproc_def": "constant",
    },
    look={
        "function_definition": _c_function,
        "declaration": _c_declaration,
        "type_definition": _c_typedef,
        **dict.fromkeys(("struct_specifier", "union_specifier", "enum_specifier", "class_specifier"), _c_type),
    },
    body="preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef compound_statement linkage_specification "
    "declaration_list field_declaration_list",
    imports="preproc_include",
)
_CPP = Syntax(
    separator="::",
    define={
        **_C.define,
        "namespace_definition": "namespace",
        "alias_declaration": "type",
        "concept_definition": "type",
    },
    look=_C.look,
    wrap="template_declaration",
    body=_C.body,
    imports="preproc_include using_declaration import_declaration",
)


# C#

def _csharp_operator(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(f"operator {named(node, source, 'operator') or named(node, source, 'type')}", "function", node)


# Ruby

_RUBY_CALLS = _TEST_WORDS | {"task", "namespace", "shared_examples", "shared_context", "describe", "let", "subject", "factory"}


def _ruby_call(node: Node, source: bytes, _kind: str) -> Found | None:
    word = named(node, source, "method")
    if word in {"require", "require_relative", "load"}:
        return Found("", "imports", node)
    block = node.child_by_field_name("block")
    if word not in _RUBY_CALLS or block is None:
        return None
    arguments = node.child_by_field_name("arguments")
    title = arguments.named_child(0) if arguments is not None else None
    name = source_of(title, source).strip("\"':") if title is not None else word
    return Found(name, "test" if word in _TEST_WORDS else "block", block, " > ")


def _ruby_assignment(node: Node, source: bytes, _kind: str) -> Found | None:
    left = node.child_by_field_name("left")
    if left is None or left.type != "constant":
        return None
    return Found(source_of(left, source), "constant", node)


def _ruby_singleton(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(named(node, source), "method", node, ".")


# Kotlin, Swift, Scala

_KOTLIN_RECEIVER = re.compile(r"([\w.]+)(?:<[^>]*>)?\??\.$")


def _kotlin_class(node: Node, source: bytes, _kind: str) -> Found | None:
    name = node.child_by_field_name("name")
    if name is None:
        return None
    words = source[node.start_byte : name.start_byte].decode(errors="replace").split()
    kind = "interface" if "interface" in words else "enum" if "enum" in words else "class"
    return Found(source_of(name, source), kind, node)


def _kotlin_function(node: Node, source: bytes, _kind: str) -> Found | None:
    name = node.child_by_field_name("name")
    if name is None:
        return None
    before = source[max(node.start_byte, name.start_byte - 80) : name.start_byte].decode(errors="replace")
    receiver = _KOTLIN_RECEIVER.search(before)
    text = source_of(name, source)
    return Found(f"{receiver[1]}.{text}" if receiver else text, "function", node)


def _kotlin_property(node: Node, source: bytes, _kind: str) -> Found | None:
    variable = _first(node, "variable_declaration")
    child = variable.named_child(0) if variable is not None else None
    return Found(source_of(child, source), "variable", node) if child is not None else None


def _swift_class(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(named(node, source), named(node, source, "declaration_kind") or "class", node)


def _fixed(name: str, kind: str) -> Look:
    def look(node: Node, _source: bytes, _kind: str) -> Found | None:
        return Found(name, kind, node)

    return look


def _scala_given(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(named(node, source) or named(node, source, "return_type"), "instance", node)


# Lua

def _lua_assignment(node: Node, source: bytes, _kind: str) -> Found | None:
    assignment = node if node.type == "assignment_statement" else _first(node, "assignment_statement")
    if assignment is None:
        return None
    names, values = _first(assignment, "variable_list"), _first(assignment, "expression_list")
    name = names.named_child(0) if names is not None else None
    value = values.named_child(0) if values is not None else None
    if name is None or value is None:
        return None
    if value.type == "function_definition":
        return Found(source_of(name, source), "function", value)
    if value.type == "function_call" and source_of(value, source).startswith("require"):
        return Found("", "imports", node)
    return Found(source_of(name, source), "variable", node)


# Bash

def _bash_variables(node: Node, source: bytes, _kind: str) -> Found | None:
    variable = _first(node, "variable_assignment")
    return Found(named(variable, source), "variable", node) if variable is not None else None


# Haskell

def _haskell_instance(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(f"{named(node, source)} {named(node, source, 'patterns')}".strip(), "instance", node)


# Elixir

_ELIXIR = {
    "defmodule": "module", "def": "function", "defp": "function", "defmacro": "macro", "defmacrop": "macro",
    "defguard": "macro", "defguardp": "macro", "defdelegate": "function", "defprotocol": "protocol", "defimpl": "impl",
    "describe": "test", "test": "test", "property": "test",
}  # fmt: skip
_ELIXIR_LEADS = frozenset("doc spec impl typedoc tag deprecated dialyzer since".split())


def _elixir_call(node: Node, source: bytes, _kind: str) -> Found | None:
    word = named(node, source, "target")
    if word in {"use", "alias", "import", "require"}:
        return Found("", "imports", node)
    kind = _ELIXIR.get(word)
    arguments = _first(node, "arguments")
    head = arguments.named_child(0) if arguments is not None else None
    if kind is None or arguments is None or head is None:
        return None
    if head.type == "binary_operator":  # def f(x) when …
        head = head.named_child(0) or head
    if head.type == "call":
        head = head.child_by_field_name("target") or head
    name = source_of(head, source).strip('"')
    if word == "defimpl" and (options := _first(arguments, "keywords")) is not None:
        name = f"{name}, {source_of(options, source)}".replace(", for:", " for")
    return Found(name, kind, _first(node, "do_block") or node, " > " if kind == "test" else None)


def _elixir_attribute(node: Node, source: bytes, _kind: str) -> Found | None:
    operand = node.child_by_field_name("operand")
    if operand is not None and named(operand, source, "target") in _ELIXIR_LEADS:
        return Found("", "lead", node)
    return None


# Zig

_ZIG_TYPES = {
    "struct_declaration": "struct", "enum_declaration": "enum", "union_declaration": "union", "opaque_declaration": "struct",
    "error_set_declaration": "enum",
}  # fmt: skip


def _zig_variable(node: Node, source: bytes, _kind: str) -> Found | None:
    name, value = _first(node, "identifier"), _first(node, *_ZIG_TYPES, "builtin_function")
    if name is None:
        return None
    if value is None or (value.type == "builtin_function" and not source_of(value, source).startswith("@import")):
        return Found(source_of(name, source), "constant", node)
    if value.type == "builtin_function":
        return Found("", "imports", node)
    return Found(source_of(name, source), _ZIG_TYPES[value.type], value)


def _zig_test(node: Node, source: bytes, _kind: str) -> Found | None:
    title = _first(node, "string", "identifier")
    return Found(source_of(title, source).strip('"') if title is not None else "test", "test", node)


# SQL

def _sql_create(node: Node, source: bytes, _kind: str) -> Found | None:
    what = node.type.removeprefix("create_").replace("_", " ")
    if what == "index":
        return Found(named(node, source, "column"), "index", node)
    name = _first(node, "object_reference", "identifier")
    return Found(source_of(name, source), "table" if what == "alter table" else what, node) if name is not None else None


_SQL_CREATES = (
    "create_table create_view create_materialized_view create_function create_index create_trigger create_type create_schema "
    "create_sequence create_database create_role create_extension create_procedure create_policy"
).split()


# HTML and CSS

_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_ID = re.compile(r"""\bid\s*=\s*["']?([^\s"'>{]+)""")
_TAGS = re.compile(r"<[^>]*>|\{%.*?%\}")


def _html_element(node: Node, source: bytes, _kind: str) -> Found | None:
    tag = node.named_child(0)
    if tag is None:
        return None
    opening = source_of(tag, source, 400)
    name = opening[1:12].split(" ", 1)[0].rstrip("/>").lower()
    if name in _HEADINGS or name in {"title", "caption", "legend", "summary"}:
        text = " ".join(_TAGS.sub(" ", source_of(node, source, 300)).split())
        return Found(text[:100], "section", node) if text else None
    marked = _ID.search(opening)
    return Found(f"#{marked[1]}", "element", node, " ") if marked else None


def _css_rule(node: Node, source: bytes, _kind: str) -> Found | None:
    selectors = _first(node, "selectors")
    return Found(source_of(selectors, source, 100), "rule", node, " ") if selectors is not None else None


def _css_at(node: Node, source: bytes, _kind: str) -> Found | None:
    return Found(" ".join(source_of(node, source, 100).partition("{")[0].split()), "at-rule", node, " ")


def _same(kind: str, types: str) -> dict[str, str]:
    return dict.fromkeys(types.split(), kind)


SYNTAXES: dict[str, Syntax] = {
    "python": Syntax(
        define={"function_definition": "function", "class_definition": "class"},
        look={"expression_statement": _python_statement, "type_alias_statement": _looks_for("left", "type")},
        wrap="decorated_definition",
        body="block",
        imports="import_statement import_from_statement future_import_statement",
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _TYPESCRIPT,
    "tsx": _TYPESCRIPT,
    "go": Syntax(
        define={"function_declaration": "function", "type_alias": "type"},
        look={
            "method_declaration": _go_method,
            "type_spec": _go_type,
            "const_declaration": _go_constants,
            "var_declaration": _go_constants,
        },
        body="type_declaration block statement_list",
        imports="import_declaration package_clause",
    ),
    "rust": Syntax(
        separator="::",
        define={
            **_same("function", "function_item function_signature_item"),
            "struct_item": "struct",
            "enum_item": "enum",
            "union_item": "union",
            "trait_item": "trait",
            "mod_item": "module",
            "const_item": "constant",
            "static_item": "constant",
            "type_item": "type",
            "macro_definition": "macro",
        },
        look={"impl_item": _rust_impl},
        body="declaration_list block foreign_mod_item",
        lead="line_comment block_comment attribute_item",
        imports="use_declaration extern_crate_declaration",
    ),
    "java": Syntax(
        define={
            "class_declaration": "class",
            "record_declaration": "record",
            "enum_declaration": "enum",
            **_same("interface", "interface_declaration annotation_type_declaration"),
            **_same("function", "method_declaration constructor_declaration compact_constructor_declaration"),
        },
        body="class_body interface_body enum_body enum_body_declarations annotation_type_body block constructor_body",
        lead="line_comment block_comment",
        imports="import_declaration package_declaration",
    ),
    "kotlin": Syntax(
        define={"object_declaration": "object"},
        look={
            "class_declaration": _kotlin_class,
            "function_declaration": _kotlin_function,
            "property_declaration": _kotlin_property,
            "type_alias": _looks_for("type", "type"),
        },
        body="class_body enum_class_body companion_object function_body block",
        lead="line_comment block_comment annotation",
        imports="import package_header",
    ),
    "c": _C,
    "cpp": _CPP,
    "csharp": Syntax(
        define={
            "class_declaration": "class",
            "interface_declaration": "interface",
            "struct_declaration": "struct",
            "record_declaration": "record",
            "enum_declaration": "enum",
            "delegate_declaration": "type",
            **_same("function", "method_declaration constructor_declaration local_function_statement"),
        },
        look={
            "operator_declaration": _csharp_operator,
            "conversion_operator_declaration": _csharp_operator,
            "indexer_declaration": _fixed("this[]", "function"),
        },
        body="namespace_declaration declaration_list block global_statement preproc_if preproc_else preproc_region",
        imports="using_directive file_scoped_namespace_declaration",
    ),
    "ruby": Syntax(
        separator="::",
        method_separator="#",
        define={"class": "class", "module": "module", "method": "method"},
        look={"singleton_method": _ruby_singleton, "call": _ruby_call, "assignment": _ruby_assignment},
        body="body_statement singleton_class begin_block do_block block",
    ),
    "php": Syntax(
        separator="::",
        define={
            "class_declaration": "class",
            "interface_declaration": "interface",
            "trait_declaration": "trait",
            "enum_declaration": "enum",
            **_same("function", "function_definition method_declaration"),
        },
        look={"const_declaration": _php_constant},
        body="declaration_list enum_declaration_list compound_statement",
        imports="namespace_use_declaration declare_statement php_tag",
    ),
    "swift": Syntax(
        define={**_same("function", "function_declaration init_declaration"), "typealias_declaration": "type"},
        look={
            "class_declaration": _swift_class,
            "protocol_declaration": _looks_for("name", "protocol"),
            "deinit_declaration": _fixed("deinit", "function"),
            "subscript_declaration": _fixed("subscript", "function"),
            "property_declaration": _looks_for("name", "variable"),
        },
        body="class_body enum_class_body protocol_body function_body statements",
        lead="comment multiline_comment",
        imports="import_declaration",
    ),
    "scala": Syntax(
        define={
            "class_definition": "class",
            "trait_definition": "trait",
            "enum_definition": "enum",
            **_same("object", "object_definition package_object"),
            **_same("function", "function_definition function_declaration"),
            "type_definition": "type",
        },
        look={
            "given_definition": _scala_given,
            "val_definition": _looks_for("pattern", "variable"),
            "var_definition": _looks_for("pattern", "variable"),
        },
        body="template_body with_template_body enum_body extension_definition block indented_block",
        lead="comment block_comment annotation",
        imports="import_declaration package_clause",
    ),
    "lua": Syntax(
        define={"function_declaration": "function"},
        look={"variable_declaration": _lua_assignment, "assignment_statement": _lua_assignment},
        body="block",
    ),
    "bash": Syntax(
        define={"function_definition": "function", "variable_assignment": "variable"},
        look={"declaration_command": _bash_variables},
        body="compound_statement subshell",
    ),
    "haskell": Syntax(
        define={
            **_same("function", "function bind"),
            **_same("type", "data_type newtype type_synonym type_synomym data_family type_family"),
            "class": "class",
        },
        look={"instance": _haskell_instance},
        body="declarations imports class_declarations instance_declarations",
        lead="comment haddock pragma signature",
        imports="import header",
    ),
    "elixir": Syntax(
        look={"call": _elixir_call, "unary_operator": _elixir_attribute},
        body="do_block",
    ),
    "zig": Syntax(
        define={"function_declaration": "function"},
        look={"variable_declaration": _zig_variable, "test_declaration": _zig_test},
        body="block",
    ),
    "sql": Syntax(
        look={**dict.fromkeys(_SQL_CREATES, _sql_create), "alter_table": _sql_create},
        wrap="statement",
        lead="comment marginalia",
    ),
    "html": Syntax(
        separator="",
        look={"element": _html_element},
    ),
    "css": Syntax(
        separator=" ",
        look={
            "rule_set": _css_rule,
            **dict.fromkeys(("media_statement", "keyframes_statement", "supports_statement", "at_rule"), _css_at),
        },
        body="block keyframe_block_list",
        imports="import_statement charset_statement namespace_statement",
    ),
}


def compile_rules(syntax: Syntax, language: Language) -> dict[int, Rule]:
    """The rules of a syntax by the numbers that the grammar gives its node types."""
    rules: dict[str, Rule] = {name: Rule(Role.DEFINITION, kind) for name, kind in syntax.define.items()}
    rules.update((name, Rule(Role.DEFINITION, look=look)) for name, look in syntax.look.items())
    rules.update((name, Rule(Role.DEFINITION, look=_imports)) for name in syntax.imports.split())
    for role, names in ((Role.LEAD, syntax.lead), (Role.BODY, syntax.body + " ERROR"), (Role.WRAPPER, syntax.wrap)):
        rules.update((name, Rule(role)) for name in names.split())
    compiled: dict[int, Rule] = {}
    for number in range(language.node_kind_count):
        name = language.node_kind_for_id(number)
        if name in rules and language.node_kind_is_named(number):
            compiled[number] = rules[name]
    compiled[0xFFFF] = rules["ERROR"]
    return compiled


def _imports(node: Node, _source: bytes, _kind: str) -> Found | None:
    return Found("", "imports", node)


@functools.cache
def rules_for(language: str, grammar: Language) -> dict[int, Rule]:
    """The compiled rules of a language."""
    return compile_rules(SYNTAXES[language], grammar)
