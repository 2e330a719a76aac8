"""Syntaxes of languages with a grammar: what their node types are, and how qualified names are written."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from magray_memory.text import symbol_members, symbol_names, symbol_names_c
from magray_memory.text.definitions import Role, Rule, Syntax, as_imports, by_field, fixed_name
from magray_memory.text.syntaxes_web import CSS, HTML, JAVASCRIPT, TYPESCRIPT

if TYPE_CHECKING:
    from tree_sitter import Language

_C = Syntax(
    define={
        "preproc_function_def": "macro",
    },
    extract={
        "preproc_def": symbol_names_c.c_constant,
        "function_definition": symbol_names_c.c_function,
        "declaration": symbol_names_c.c_declaration,
        "type_definition": symbol_names_c.c_typedef,
        **dict.fromkeys(
            ("struct_specifier", "union_specifier", "enum_specifier", "class_specifier"),
            symbol_names_c.c_type,
        ),
    },
    body="preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef compound_statement "
    "linkage_specification declaration_list field_declaration_list",
    imports="preproc_include",
    members={
        "field_declaration": symbol_members.c_member,
        "enumerator": symbol_members.by_field("enum member"),
    },
)
_CPP = Syntax(
    separator="::",
    define={
        **_C.define,
        "namespace_definition": "namespace",
        "alias_declaration": "type",
        "concept_definition": "type",
    },
    extract=_C.extract,
    wrap="template_declaration",
    body=_C.body,
    imports="preproc_include using_declaration import_declaration",
    members={**_C.members, "namespace_alias_definition": symbol_members.by_field("namespace")},
    scopes="lambda_expression",
)


_SQL_CREATES = [
    "create_table",
    "create_view",
    "create_materialized_view",
    "create_function",
    "create_index",
    "create_trigger",
    "create_type",
    "create_schema",
    "create_sequence",
    "create_database",
    "create_role",
    "create_extension",
    "create_procedure",
    "create_policy",
]


def _same(kind: str, types: str) -> dict[str, str]:
    return dict.fromkeys(types.split(), kind)


SYNTAXES: dict[str, Syntax] = {
    "python": Syntax(
        define={"function_definition": "function", "class_definition": "class"},
        extract={
            "expression_statement": symbol_names.python_statement,
            "type_alias_statement": by_field("left", "type"),
        },
        wrap="decorated_definition",
        body="block",
        imports="import_statement import_from_statement future_import_statement",
        keywords=(b"def ", b"class "),
        passed="if_statement elif_clause else_clause try_statement except_clause finally_clause"
        " with_statement",
        nested="for_statement while_statement match_statement case_clause except_group_clause",
    ),
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": TYPESCRIPT,
    "go": Syntax(
        define={"function_declaration": "function", "type_alias": "type"},
        extract={
            "method_declaration": symbol_names.go_method,
            "type_spec": symbol_names.go_type,
            "const_declaration": symbol_names.go_constants,
            "var_declaration": symbol_names.go_constants,
        },
        body="type_declaration block statement_list",
        imports="import_declaration package_clause",
        members={
            "field_declaration": symbol_members.by_field("field"),
            "method_elem": symbol_members.by_field("method"),
            "const_spec": symbol_members.by_field("constant"),
            "var_spec": symbol_members.by_field("variable"),
        },
        scopes="func_literal",
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
        extract={"impl_item": symbol_names.rust_impl, "macro_invocation": symbol_names.rust_macro},
        wrap="expression_statement",
        body="declaration_list block foreign_mod_item",
        lead="line_comment block_comment attribute_item",
        imports="use_declaration extern_crate_declaration",
        members={
            "field_declaration": symbol_members.by_field("field"),
            "enum_variant": symbol_members.by_field("enum member"),
            "associated_type": symbol_members.by_field("type"),
        },
        scopes="closure_expression",
    ),
    "java": Syntax(
        define={
            "class_declaration": "class",
            "record_declaration": "record",
            "enum_declaration": "enum",
            **_same("interface", "interface_declaration annotation_type_declaration"),
            **_same("function", "method_declaration constructor_declaration compact_constructor_declaration"),
        },
        body="class_body interface_body enum_body enum_body_declarations annotation_type_body block "
        "constructor_body",
        lead="line_comment block_comment",
        imports="import_declaration package_declaration",
        members={
            "variable_declarator": symbol_members.by_field("field"),
            "enum_constant": symbol_members.by_field("enum member"),
            "annotation_type_element_declaration": symbol_members.by_field("method"),
        },
        scopes="lambda_expression static_initializer",
    ),
    "kotlin": Syntax(
        define={"object_declaration": "object"},
        extract={
            "class_declaration": symbol_names.kotlin_class,
            "function_declaration": symbol_names.kotlin_function,
            "property_declaration": symbol_names.kotlin_property,
            "type_alias": by_field("type", "type"),
        },
        body="class_body enum_class_body companion_object function_body block",
        lead="line_comment block_comment annotation",
        imports="import package_header",
        members={
            "enum_entry": symbol_members.by_type("enum member", "identifier", "simple_identifier"),
            "companion_object": symbol_members.by_field("object"),
        },
        scopes="lambda_literal anonymous_function anonymous_initializer getter setter",
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
        extract={
            "operator_declaration": symbol_names.csharp_operator,
            "conversion_operator_declaration": symbol_names.csharp_operator,
            "indexer_declaration": fixed_name("this[]", "function"),
        },
        body="namespace_declaration declaration_list block global_statement preproc_if preproc_else "
        "preproc_region",
        imports="using_directive file_scoped_namespace_declaration",
        members={
            "variable_declarator": symbol_members.by_field("field"),
            "property_declaration": symbol_members.by_field("property"),
            "event_declaration": symbol_members.by_field("property"),
            "enum_member_declaration": symbol_members.by_field("enum member"),
            "destructor_declaration": symbol_members.by_field("method"),
            "namespace_declaration": symbol_members.by_field("namespace"),
            "file_scoped_namespace_declaration": symbol_members.by_field("namespace"),
        },
        scopes="lambda_expression anonymous_method_expression accessor_declaration",
    ),
    "ruby": Syntax(
        separator="::",
        method_separator="#",
        define={"class": "class", "module": "module", "method": "method"},
        extract={
            "singleton_method": symbol_names.ruby_singleton,
            "call": symbol_names.ruby_call,
            "assignment": symbol_names.ruby_assignment,
        },
        body="body_statement singleton_class begin_block do_block block",
        members={"call": symbol_members.ruby_accessors, "alias": symbol_members.ruby_alias},
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
        extract={"const_declaration": symbol_names.php_constant},
        body="declaration_list enum_declaration_list compound_statement namespace_definition",
        imports="namespace_use_declaration declare_statement php_tag",
        members={
            "property_element": symbol_members.by_field("property"),
            "property_promotion_parameter": symbol_members.by_field("property"),
            "enum_case": symbol_members.by_field("enum member"),
            "const_element": symbol_members.by_type("constant", "name"),
            "namespace_definition": symbol_members.by_field("namespace"),
        },
        scopes="anonymous_function anonymous_function_creation_expression arrow_function",
    ),
    "swift": Syntax(
        define={
            **_same("function", "function_declaration init_declaration"),
            "typealias_declaration": "type",
        },
        extract={
            "class_declaration": symbol_names.swift_class,
            "protocol_declaration": by_field("name", "protocol"),
            "deinit_declaration": fixed_name("deinit", "function"),
            "subscript_declaration": fixed_name("subscript", "function"),
            "property_declaration": by_field("name", "variable"),
        },
        body="class_body enum_class_body protocol_body function_body statements",
        lead="comment multiline_comment",
        imports="import_declaration",
        members={
            "protocol_function_declaration": symbol_members.by_field("method"),
            "protocol_property_declaration": symbol_members.swift_pattern("property"),
            "enum_entry": symbol_members.by_field("enum member"),
            "associatedtype_declaration": symbol_members.by_field("type"),
        },
        scopes="lambda_literal",
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
        extract={
            "given_definition": symbol_names.scala_given,
            "val_definition": by_field("pattern", "variable"),
            "var_definition": by_field("pattern", "variable"),
        },
        body="template_body with_template_body enum_body extension_definition block indented_block",
        lead="comment block_comment annotation",
        imports="import_declaration package_clause",
        members={
            "simple_enum_case": symbol_members.by_field("enum member"),
            "full_enum_case": symbol_members.by_field("enum member"),
            "val_declaration": symbol_members.by_field("field"),
            "var_declaration": symbol_members.by_field("field"),
        },
        scopes="lambda_expression",
    ),
    "lua": Syntax(
        define={"function_declaration": "function"},
        extract={
            "variable_declaration": symbol_names.lua_assignment,
            "assignment_statement": symbol_names.lua_assignment,
            "function_call": symbol_names.lua_call,
        },
        body="block",
        members={"field": symbol_members.lua_field},
        scopes="function_definition",
    ),
    "bash": Syntax(
        define={"function_definition": "function", "variable_assignment": "variable"},
        extract={"declaration_command": symbol_names.bash_variables},
        wrap="list redirected_statement",
        body="compound_statement subshell",
    ),
    "haskell": Syntax(
        define={
            **_same("function", "function bind"),
            **_same("type", "data_type newtype type_synonym type_synomym data_family type_family"),
            "class": "class",
        },
        extract={"instance": symbol_names.haskell_instance},
        body="declarations imports class_declarations instance_declarations",
        lead="comment haddock pragma signature",
        imports="import header",
        members={
            "signature": symbol_members.haskell_signature,
            "data_constructor": symbol_members.haskell_constructor,
            "newtype_constructor": symbol_members.by_field("constructor"),
            "field": symbol_members.by_field("field"),
        },
    ),
    "elixir": Syntax(
        extract={"call": symbol_names.elixir_call, "unary_operator": symbol_names.elixir_attribute},
        body="do_block",
        members={"unary_operator": symbol_members.elixir_attribute},
    ),
    "zig": Syntax(
        define={"function_declaration": "function"},
        extract={
            "variable_declaration": symbol_names.zig_variable,
            "test_declaration": symbol_names.zig_test,
        },
        body="block",
        members={"container_field": symbol_members.by_field("field")},
    ),
    "sql": Syntax(
        extract={
            **dict.fromkeys(_SQL_CREATES, symbol_names.sql_create),
            "alter_table": symbol_names.sql_create,
        },
        wrap="statement",
        lead="comment marginalia",
        members={"column_definition": symbol_members.by_field("column")},
    ),
    "html": HTML,
    "css": CSS,
}


def compile_rules(syntax: Syntax, language: Language) -> dict[int, Rule]:
    """The rules of a syntax by the numbers that the grammar gives its node types."""
    rules: dict[str, Rule] = {name: Rule(Role.DEFINITION, kind) for name, kind in syntax.define.items()}
    rules.update((name, Rule(Role.DEFINITION, extract=extract)) for name, extract in syntax.extract.items())
    rules.update((name, Rule(Role.DEFINITION, extract=as_imports)) for name in syntax.imports.split())
    for role, names in (
        (Role.LEAD, syntax.lead),
        (Role.BODY, syntax.body + " ERROR"),
        (Role.WRAPPER, syntax.wrap),
    ):
        rules.update((name, Rule(role)) for name in names.split())
    compiled: dict[int, Rule] = {}
    for number in range(language.node_kind_count):
        name = language.node_kind_for_id(number)
        if name in rules and language.node_kind_is_named(number):
            compiled[number] = rules[name]
    compiled[0xFFFF] = rules["ERROR"]
    return compiled


@functools.cache
def rules_for(language: str, grammar: Language) -> dict[int, Rule]:
    """The compiled rules of a language."""
    return compile_rules(SYNTAXES[language], grammar)
