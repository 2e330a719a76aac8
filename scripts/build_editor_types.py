#!/usr/bin/env python3
"""Writes the types of the language server's own requests for the editors: TypeScript and Lua annotations.

usage: build_editor_types.py [--check]

--check writes nothing and ends with 1 when a file is not what the operations say.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from magray_server.lsp import commands, params
from magray_server.lsp.features import record_changes, status
from magray_server.operations import registry
from magray_server.operations.schema import struct_of

EDITORS = Path(__file__).resolve().parents[1] / "editors"
TYPESCRIPT = EDITORS / "vscode" / "src" / "protocol" / "generated.ts"
LUA = EDITORS / "neovim" / "lua" / "magray" / "types.lua"

BESIDE_OPTIONS: dict[str, type[msgspec.Struct]] = {
    "search": params.Partial,
    "recall": params.Partial,
    "related": params.Target,
    "show": params.RecordUri,
    "edit": params.RecordUri,
}
"""What these requests take beside the options of their operation; the others take the folder."""
STANDS_FOR = {params.Target: "path", params.RecordUri: "id"}
"""The option that need not be given where these are."""
NOTIFICATIONS = {status.METHOD: status.ServerStatus, record_changes.METHOD: record_changes.RecordsChanged}
COMMANDS = {
    commands.REMEMBER: (params.Selection, "Remembered"),
    commands.SHOW_RECORDS: (params.RecordIds, None),
    commands.SHOW_RELATED: ("RelatedParams", None),
}
"""The server's commands that are no requests: their argument and what they answer."""
OWN_COMMANDS = {
    commands.OWN_REMEMBER: commands.REMEMBER,
    commands.OWN_SHOW_RECORDS: commands.SHOW_RECORDS,
    commands.OWN_RELATED: commands.SHOW_RELATED,
}
"""The commands that an editor may have of its own, and the server's that each takes the place of."""
LSP_TYPES = ("Position", "Range", "Location")
"""Types of the protocol itself."""
LSP_INTERFACES = """\
export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Location {
  uri: string;
  range: Range;
}
"""


@dataclass(frozen=True)
class Property:
    """One field of an object. `type` is a JSON schema."""

    name: str
    type: dict[str, Any]
    optional: bool
    about: str = ""


@dataclass(frozen=True)
class Shape:
    """An object by its name."""

    name: str
    about: str
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Protocol:
    """All that an editor and the server say to each other beside the protocol's own."""

    shapes: dict[str, Shape]
    requests: dict[str, list[tuple[str, str]]]
    """The params and the answer of each method; several where a request is a group of operations."""
    notifications: dict[str, str]
    commands: dict[str, tuple[str, str | None]]


def protocol() -> Protocol:
    """What the registry of operations and the params say."""
    shapes = _Shapes()
    requests: dict[str, list[tuple[str, str]]] = {}
    for name, entry in registry.REGISTRY.items():
        if not entry.request:
            continue
        group = registry.load(name)
        for operation in group:
            kind = struct_of(operation.options)
            called = kind.__name__.removesuffix("Options") + "Params"
            beside = BESIDE_OPTIONS.get(entry.request, params.Folder)
            sentence = operation.help.strip().split("\n\n")[0]
            own = list(shapes.properties(beside))
            if len(group) > 1:
                word = operation.name.rpartition(" ")[2]
                own.insert(0, Property("command", {"const": word}, optional=operation is group[0]))
            shapes.add_params(called, kind, sentence, own, STANDS_FOR.get(beside))
            answer = shapes.add(operation.shape_type())
            requests.setdefault(commands.method_of(entry.request), []).append((called, answer))
    notifications = {method: shapes.add(kind) for method, kind in NOTIFICATIONS.items()}
    arguments = {
        id_: (kind if isinstance(kind, str) else shapes.add(kind), answer)
        for id_, (kind, answer) in COMMANDS.items()
    }
    return Protocol(shapes.found, requests, notifications, arguments)


class _Shapes:
    """Collects every object that is reached from those that are added."""

    def __init__(self) -> None:
        self.found: dict[str, Shape] = {}

    def add(self, kind: Any) -> str:
        """Add a type and what it consists of; returns its name."""
        (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
        for name, part in components.items():
            if _short(name) in LSP_TYPES:
                continue
            self._keep(Shape(_short(name), _sentence(part), self._of_schema(part)))
        return _short(schema["$ref"])

    def add_params(
        self, name: str, kind: Any, about: str, beside: list[Property], stands_for: str | None
    ) -> None:
        """Add the params of a request: its options and what comes `beside` them."""
        named = {part.name for part in beside}
        own = [part for part in self.properties(kind) if part.name not in named]
        own = [
            Property(part.name, part.type, part.optional or part.name == stands_for, part.about)
            for part in own
        ]
        self._keep(Shape(name, " ".join(about.split()), (*own, *beside)))

    def properties(self, kind: Any) -> tuple[Property, ...]:
        """The fields of a struct."""
        (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
        return self._of_schema(components[schema["$ref"]])

    def _of_schema(self, schema: dict[str, Any]) -> tuple[Property, ...]:
        required = schema.get("required", ())
        found = tuple(
            Property(name, part, name not in required, part.get("description", ""))
            for name, part in schema.get("properties", {}).items()
        )
        if schema.get("title") == "Hit":
            place = {"anyOf": [{"$ref": "Location"}, {"type": "null"}]}
            found += (Property("location", place, False, "Where to go; null for what cannot be opened."),)
        return found

    def _keep(self, shape: Shape) -> None:
        other = self.found.setdefault(shape.name, shape)
        if {part.name for part in other.properties} != {part.name for part in shape.properties}:
            raise SystemExit(f"error: two different types are called {shape.name}")


def _short(name: str) -> str:
    """The name of a component without its module."""
    return name.rpartition(".")[2]


def _sentence(schema: dict[str, Any]) -> str:
    return " ".join(schema.get("description", "").split("\n\n")[0].split())


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return schema.get("anyOf") or [schema]


# TypeScript


def typescript(found: Protocol) -> str:
    """The TypeScript module."""
    lines = [
        "// The language server's own requests. Made by scripts/build_editor_types.py: do not edit.",
        "",
        *LSP_INTERFACES.splitlines(),
        "",
    ]
    for shape in found.shapes.values():
        lines += [*_ts_about(shape.about), f"export interface {shape.name} {{"]
        for part in shape.properties:
            lines += _ts_about(part.about, "  ")
            lines.append(f"  {part.name}{'?' if part.optional else ''}: {_ts(part.type)};")
        lines += ["}", ""]
    lines += ["/** Params and answer of each request. */", "export interface Requests {"]
    for method, pairs in found.requests.items():
        given = " | ".join(dict.fromkeys(given for given, _ in pairs))
        answer = " | ".join(dict.fromkeys(answer for _, answer in pairs))
        lines.append(f"  '{method}': [{given}, {answer}];")
    lines += ["}", "", "/** Params of each notification from the server. */"]
    lines.append("export interface Notifications {")
    lines += [f"  '{method}': {kind};" for method, kind in found.notifications.items()]
    lines += ["}", "", "/** Argument and answer of each of the server's commands that is no request. */"]
    lines.append("export interface Commands {")
    lines += [f"  '{id_}': [{given}, {answer or 'null'}];" for id_, (given, answer) in found.commands.items()]
    lines += ["}", "", "/** Commands that an editor may have of its own, and the argument of each. */"]
    lines.append("export interface OwnCommands {")
    lines += [f"  '{own}': {found.commands[server][0]};" for own, server in OWN_COMMANDS.items()]
    lines += ["}", ""]
    return "\n".join(lines)


def _ts(schema: dict[str, Any]) -> str:
    return " | ".join(dict.fromkeys(_ts_part(part) for part in _parts(schema)))


def _ts_part(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _short(schema["$ref"])
    if "const" in schema or "enum" in schema:
        return " | ".join(f"'{value}'" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "string" and "examples" in schema:
        return " | ".join(f"'{value}'" for value in schema["examples"])
    if schema.get("type") == "array":
        item = _ts(schema.get("items", {}))
        return f"({item})[]" if " " in item else f"{item}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", {})
        return f"{{ [name: string]: {_ts(values) if isinstance(values, dict) else 'unknown'} }}"
    plain = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean"}
    return {**plain, "null": "null"}.get(schema.get("type", ""), "unknown")


def _ts_about(text: str, indent: str = "") -> list[str]:
    return [f"{indent}/** {text.replace('*/', '* /')} */"] if text else []


# Lua


def lua(found: Protocol) -> str:
    """The file of LuaCATS annotations."""
    lines = [
        "---@meta",
        "-- The language server's own requests. Made by scripts/build_editor_types.py: do not edit.",
        "",
    ]
    for shape in found.shapes.values():
        lines += [f"---{shape.about}"] if shape.about else []
        lines.append(f"---@class magray.{shape.name}")
        for part in shape.properties:
            name = part.name if re.fullmatch(r"[a-z_A-Z]\w*", part.name) else f'["{part.name}"]'
            if name in ("end", "in", "from"):
                name = f'["{name}"]' if name != "from" else name
            kinds, nullable = _lua(part.type)
            mark = "?" if part.optional or nullable else ""
            lines.append(f"---@field {name}{mark} {kinds} {part.about}".rstrip())
        lines.append("")
    lines.append("---The methods of the requests.")
    lines += _alias("magray.Method", found.requests)
    lines += ["", "---The server's commands that are no requests."]
    lines += _alias("magray.ServerCommand", found.commands)
    lines += ["", "---Commands that an editor may have of its own."]
    lines += _alias("magray.OwnCommand", OWN_COMMANDS)
    return "\n".join([*lines, ""])


def _alias(name: str, values: Any) -> list[str]:
    return [f"---@alias {name}", *(f"---| '{value}'" for value in values)]


def _lua(schema: dict[str, Any]) -> tuple[str, bool]:
    """The type, and whether it may be nil."""
    parts = [_lua_part(part) for part in _parts(schema) if part.get("type") != "null"]
    return "|".join(dict.fromkeys(parts)) or "any", len(parts) < len(_parts(schema))


def _lua_part(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = _short(schema["$ref"])
        return f"lsp.{name}" if name in LSP_TYPES else f"magray.{name}"
    if "const" in schema or "enum" in schema:
        return "|".join(f"'{value}'" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "string" and "examples" in schema:
        return "|".join(f"'{value}'" for value in schema["examples"])
    if schema.get("type") == "array":
        item = _lua(schema.get("items", {}))[0]
        return f"({item})[]" if "|" in item else f"{item}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", {})
        return f"table<string, {_lua(values)[0] if isinstance(values, dict) else 'any'}>"
    plain = {"integer": "integer", "number": "number", "string": "string", "boolean": "boolean"}
    return plain.get(schema.get("type", ""), "any")


def main(arguments: list[str]) -> int:
    found = protocol()
    stale: list[Path] = []
    for file, text in ((TYPESCRIPT, typescript(found)), (LUA, lua(found))):
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            stale.append(file)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for file in stale:
        name = file.relative_to(EDITORS.parent)
        print(
            f"error: {name} is not what the operations say (try: scripts/build_editor_types.py)",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
