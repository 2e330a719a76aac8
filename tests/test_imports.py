"""The packages import each other without a circle, imports inside functions included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = (ROOT / "memory" / "magray_memory", ROOT / "server" / "magray_server")


def modules() -> dict[str, Path]:
    """Every module by its dotted name; a package is its `__init__`."""
    found: dict[str, Path] = {}
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


class _Imports(ast.NodeVisitor):
    """The modules that a module imports when it runs; what stands under TYPE_CHECKING never does."""

    def __init__(self, name: str, is_package: bool, known: dict[str, Path]) -> None:
        self.package = name if is_package else name.rpartition(".")[0]
        self.known = known
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        checking = ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"
        for child in node.orelse if checking else [*node.body, *node.orelse]:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.update(alias.name for alias in node.names if alias.name in self.known)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        package = self.package.split(".")[: -(node.level - 1) or None] if node.level else []
        source = ".".join([*package, *([node.module] if node.module else [])])
        for alias in node.names:
            submodule = f"{source}.{alias.name}"
            if submodule in self.known:
                self.found.add(submodule)
            elif source in self.known:
                self.found.add(source)

    def visit_Call(self, node: ast.Call) -> None:
        """`import_module("package.module")` is an import too."""
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in {"import_module", "__import__"} and node.args and isinstance(node.args[0], ast.Constant):
            self.found.update({str(node.args[0].value)} & self.known.keys())
        self.generic_visit(node)


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    visitor = _Imports(name, path.name == "__init__.py", known)
    visitor.visit(ast.parse(path.read_text("utf-8"), path))
    return visitor.found - {name}


def test_there_is_no_import_circle() -> None:
    known = modules()
    graph = {name: imports(name, path, known) for name, path in known.items()}
    assert sum(map(len, graph.values())) > 500
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"these import each other: {' <- '.join(error.args[1])}") from None


def test_an_import_inside_a_function_counts_and_one_for_types_does_not(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.three import A\n"
        "def run():\n    from p import two\n    from .four import B\n"
    )
    known: dict[str, Path] = dict.fromkeys(("p", "p.one", "p.two", "p.three", "p.four"), path)
    assert imports("p.one", path, known) == {"p.two", "p.four"}


_PROSE = {"message", "hint", "degraded", "sentence", "summary", "what", "why"}
"""Fields that hold sentences for people."""


def _is_prose(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name in _PROSE
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id="error")]):
            return True
        case ast.Call(func=ast.Attribute(value=value)):
            return _is_prose(value)
    return False


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def test_no_code_looks_for_words_in_a_sentence() -> None:
    found: list[str] = []
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Compare(left=left, comparators=others):
                    sides = [left, *others]
                    looks = any(map(_is_prose, sides)) and any(map(_text, sides))
                case ast.Call(func=ast.Attribute(value=value, attr="startswith" | "endswith" | "find")):
                    looks = _is_prose(value)
                case _:
                    looks = False
            if looks:
                found.append(f"{name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}")
    assert not found
