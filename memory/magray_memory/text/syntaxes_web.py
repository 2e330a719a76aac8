"""Syntaxes of JavaScript, TypeScript, HTML and CSS; `syntaxes` has the others."""

from __future__ import annotations

from magray_memory.text import symbol_members, symbol_names_web
from magray_memory.text.definitions import Syntax

JAVASCRIPT = Syntax(
    define={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "class_declaration": "class",
        "method_definition": "function",
    },
    extract={
        "lexical_declaration": symbol_names_web.js_variables,
        "variable_declaration": symbol_names_web.js_variables,
        "expression_statement": symbol_names_web.js_statement,
        "field_definition": symbol_names_web.js_member,
        "pair": symbol_names_web.js_member,
    },
    wrap="export_statement",
    body="class_body statement_block object parenthesized_expression",
    lead="comment decorator html_comment hash_bang_line",
    imports="import_statement",
    members={
        "variable_declarator": symbol_members.js_declarator,
        "field_definition": symbol_members.by_field("field", "property"),
    },
    scopes="arrow_function function_expression generator_function",
    entries="pair",
    patterns={
        "expression_statement": "(expression_statement [(assignment_expression) (call_expression)])",
    },
)
TYPESCRIPT = Syntax(
    define={
        **JAVASCRIPT.define,
        "abstract_class_declaration": "class",
        "interface_declaration": "interface",
        "type_alias_declaration": "type",
        "enum_declaration": "enum",
        "function_signature": "function",
        "internal_module": "namespace",
        "module": "namespace",
    },
    extract={**JAVASCRIPT.extract, "public_field_definition": symbol_names_web.js_member},
    wrap="export_statement ambient_declaration",
    body=JAVASCRIPT.body + " interface_body",
    lead=JAVASCRIPT.lead,
    imports="import_statement import_alias",
    members={
        "variable_declarator": symbol_members.js_declarator,
        "public_field_definition": symbol_members.by_field("field"),
        "property_signature": symbol_members.by_field("property"),
        "method_signature": symbol_members.by_field("method"),
        "abstract_method_signature": symbol_members.by_field("method"),
        "enum_body": symbol_members.by_field("enum member"),
        "enum_assignment": symbol_members.by_field("enum member"),
    },
    scopes=JAVASCRIPT.scopes,
    entries=JAVASCRIPT.entries,
    patterns={
        "expression_statement": "(expression_statement [(assignment_expression) (call_expression)"
        " (internal_module)])",
    },
)
HTML = Syntax(
    separator="",
    extract={"element": symbol_names_web.html_element},
    tolerant=True,
)
CSS = Syntax(
    separator=" ",
    extract={
        "rule_set": symbol_names_web.css_rule,
        **dict.fromkeys(
            ("media_statement", "keyframes_statement", "supports_statement", "at_rule"),
            symbol_names_web.css_at,
        ),
    },
    body="block keyframe_block_list",
    imports="import_statement charset_statement namespace_statement",
)
