"""Symbol names in JavaScript, TypeScript, HTML and CSS; `symbol_names` has those of the other languages.

One extractor per kind of node, as there.
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


# JavaScript and TypeScript

_JS_FUNCTIONS = frozenset(("arrow_function", "function_expression", "generator_function", "function"))
_JS_PREFIX = re.compile(r"^(?:module\.exports|exports|this|self|window|globalThis)\.|\.prototype(?=\.)")


def _js_value(name: str, value: Node | None, node: Node, source: bytes) -> Definition:
    """What a name bound to a value is: a function, a class, an import or a constant."""
    kind = value.type if value is not None else ""
    if value is None:
        return Definition(name, "variable", node)
    if kind in _JS_FUNCTIONS:
        return Definition(name, "function", value)
    if kind in {"class", "class_expression"}:
        return Definition(name, "class", value)
    if kind == "call_expression":
        if field_text(value, source, "function") == "require":
            return Definition("", "imports", node)
        arguments = value.child_by_field_name("arguments")
        holds_function = arguments is not None and first_of_type(arguments, *_JS_FUNCTIONS) is not None
        if holds_function and not _continues_call(value):
            return Definition(name, "function", node)
    return Definition(name, "constant", node)


def _continues_call(call: Node) -> bool:
    """Whether a call is one in a chain, as `a().then(…)`: that makes a value, `memo(…)` a function."""
    called = call.child_by_field_name("function")
    target = called.child_by_field_name("object") if called is not None else None
    return target is not None and target.type == "call_expression"


def js_variables(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`const name = …`: a function or class under its name, an import, or a constant."""
    declarator = first_of_type(node, "variable_declarator")
    if declarator is None:
        return None
    name = declarator.child_by_field_name("name")
    found = _js_value("", declarator.child_by_field_name("value"), node, source)
    if found.kind == "imports":
        return found
    if name is None or name.type != "identifier":  # a pattern: several names
        return None
    return found._replace(name=source_of(name, source), at=name)


def js_statement(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`exports.name = function …`, `describe("x", …)` and its kin, and the namespaces of TypeScript."""
    child = first_child(node)
    if child is None:
        return None
    if child.type == "assignment_expression":
        left = child.child_by_field_name("left")
        if left is None or left.type not in {"member_expression", "identifier"}:
            return None
        found = _js_value(source_of(left, source), child.child_by_field_name("right"), node, source)
        if found.kind not in {"function", "class"}:
            return None
        name = "" if found.name == "module.exports" else _JS_PREFIX.sub("", found.name)
        return found._replace(name=name, at=left.child_by_field_name("property") or left)
    if child.type == "call_expression":
        return _js_test(child, node, source)
    if child.type in {"internal_module", "module"}:
        return named_by(child.child_by_field_name("name"), child, source, "namespace")
    return None


def _js_test(call: Node, node: Node, source: bytes) -> Definition | None:
    """`describe("x", () => …)` and its kin."""
    if field_text(call, source, "function").partition(".")[0] not in TEST_WORDS:
        return None
    arguments = call.child_by_field_name("arguments")
    title = first_of_type(arguments, "string", "template_string") if arguments is not None else None
    if arguments is None or title is None:
        return None
    return Definition(
        source_of(title, source).strip("\"'`"),
        "test",
        first_of_type(arguments, *_JS_FUNCTIONS) or node,
        " > ",
        title,
    )


def js_member(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A field of a class or an entry of an object that holds a function."""
    name = (
        node.child_by_field_name("property")
        or node.child_by_field_name("name")
        or node.child_by_field_name("key")
    )
    value = node.child_by_field_name("value")
    if name is None or value is None or value.type not in _JS_FUNCTIONS:
        return None
    return Definition(source_of(name, source).strip("\"'"), "function", value, None, name)


# HTML and CSS

_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_ID = re.compile(r"""\bid\s*=\s*["']?([^\s"'>{]+)""")
_TAGS = re.compile(r"<[^>]*>|\{%.*?%\}")


def html_element(node: Node, source: bytes, _kind: str) -> Definition | None:
    """Headings by their text, other elements by their `id`."""
    tag = first_child(node)
    if tag is None:
        return None
    opening = source_of(tag, source, 400)
    name = opening[1:12].split(" ", 1)[0].rstrip("/>").lower()
    if name in _HEADINGS or name in {"title", "caption", "legend", "summary"}:
        text = " ".join(_TAGS.sub(" ", source_of(node, source, 300)).split())
        return Definition(text[:100], "section", node) if text else None
    marked = _ID.search(opening)
    return Definition(f"#{marked[1]}", "element", node, " ") if marked else None


def css_rule(node: Node, source: bytes, _kind: str) -> Definition | None:
    """A rule, by its selectors."""
    selectors = first_of_type(node, "selectors")
    return Definition(source_of(selectors, source, 100), "rule", node, " ") if selectors is not None else None


def css_at(node: Node, source: bytes, _kind: str) -> Definition | None:
    """`@media`, `@keyframes` and other at-rules, by all before the brace."""
    return Definition(" ".join(source_of(node, source, 100).partition("{")[0].split()), "at-rule", node, " ")
