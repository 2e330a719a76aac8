"""Every operation has typed options and results that all doors share, and a schema for each."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click
import msgspec
import pytest
from click.testing import CliRunner

from magray_memory.memory import Memory
from magray_server.cli.program import cli
from magray_server.lsp.errors import Refused
from magray_server.lsp.server import MagrayServer
from magray_server.operations import registry
from magray_server.operations.operation import Context, Operation, as_json, option, options, options_of
from magray_server.operations.registry import REGISTRY, load
from magray_server.operations.schema import decode, options_schema, result_schema

if TYPE_CHECKING:
    from pathlib import Path

ALL = {operation.name: operation for name in REGISTRY for operation in load(name)}


@pytest.mark.parametrize("name", ALL)
def test_options_and_results_have_schemas(name: str) -> None:
    operation = ALL[name]
    about: Any = options_schema(operation)["$defs"][operation.options.__name__]["properties"]
    named = {o.name for o in options_of(operation.options) if o.spelling.in_requests}
    assert set(about) == named
    assert all("description" in part for part in about.values()), about
    assert result_schema(operation)


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_is_for(name: str) -> None:
    assert re.match(r"[A-Z].*\.\s*(\n|$)", ALL[name].help)
    assert all(o.spelling.help for o in options_of(ALL[name].options))


@pytest.fixture
def memory(tmp_path: Path) -> Any:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("def payment():\n    return retry\n")
    with Memory.open(root, home=tmp_path / "home") as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("search", {"query": "payment", "mode": "lexical"}),
        ("status", {}),
        ("doctor", {}),
        ("optimize", {"dry_run": True}),
        ("vault list", {}),
        ("vault drop", {"gone": True}),
        ("model list", {}),
        ("model show", {}),
        ("config path", {}),
        ("config show", {}),
        ("config get", {"name": "search.k"}),
        ("config set", {"name": "search.k", "values": "7"}),
    ],
)
def test_results_are_what_their_schema_says(memory: Memory, name: str, given: Any) -> None:
    (index,) = load("index")
    report = index.run(Context(memory=memory), decode(index.options, {"lexical": True}))
    msgspec.convert(as_json(report), index.shape_type())
    operation = ALL[name]
    result: Any = msgspec.to_builtins(
        as_json(operation.run(Context(memory=memory), decode(operation.options, given)))
    )
    shape = operation.shape_type()
    if issubclass(shape, msgspec.Struct):
        assert msgspec.to_builtins(msgspec.convert(result, shape)) == result, "nothing is left out"
    else:
        msgspec.convert(result, shape)


def test_a_text_stands_for_a_list_of_one_and_null_for_nothing_given() -> None:
    search = ALL["search"].options
    assert decode(search, {"query": "x", "lang": "py", "in": "notebook"}) == search(
        query="x", lang=("py",), within="notebook"
    )
    assert decode(search, {"query": "x", "lang": None, "k": None}) == search(query="x")
    for wrong in ({}, {"query": "x", "k": -1}, {"query": "x", "k": 1001}, {"query": "x", "lang": [1]}):
        with pytest.raises(msgspec.ValidationError):
            decode(search, wrong)


@pytest.mark.parametrize("name", ["dry_run", "dryRun", "dry-run", "DryRun"])
def test_an_option_is_known_by_other_spellings_of_its_name(name: str) -> None:
    promote = ALL["promote"].options
    assert decode(promote, {name: True}) == promote(dry_run=True)
    assert decode(promote, {name: True, "dry_run": False}).dry_run is False
    with pytest.raises(msgspec.ValidationError, match="dry_run"):
        decode(promote, {name: "yes"})


def test_a_list_is_known_by_its_singular_and_its_plural() -> None:
    remember, forget = ALL["remember"].options, ALL["forget"].options
    assert decode(remember, {"text": "x", "tags": ["a", "b"]}) == remember(text="x", tag=("a", "b"))
    assert decode(forget, {"id": "n1"}) == forget(ids=("n1",))
    assert decode(remember, {"text": "x", "unheard": 1}) == remember(text="x")


@options
class _Greeting:
    """Say hello."""

    whom: str = option("Who is greeted.", positional=True)
    times: int = option("How often.", default=1, limits=(1, 3))


@dataclass(frozen=True, slots=True)
class _Greeted:
    text: str
    root: str


def _greet(context: Context, wanted: _Greeting) -> _Greeted:
    return _Greeted(f"hello {wanted.whom} " * wanted.times, str(context.memory.root))


def test_a_new_operation_is_a_command_at_once(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("magray_server.operations.greet")
    greet = Operation(name="greet", options=_Greeting, run=_greet, shape=_Greeted, examples="magray greet me")
    module.OPERATIONS = (greet,)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry.REGISTRY, "greet", registry.Entry("Say hello.", registry.SEARCH))
    from magray_server.cli.operation_command import command_of_entry

    command = command_of_entry("greet")
    place = ["--home", str(memory.home.path), "--workspace", str(memory.root)]
    shown = CliRunner().invoke(command, ["you", "--times", "2", *place], standalone_mode=False)
    assert shown.output == f"text  hello you hello you\nroot  {memory.root}\n"
    told = CliRunner().invoke(command, ["you", "--json", *place], standalone_mode=False)
    assert msgspec.json.decode(told.output) == {"text": "hello you ", "root": str(memory.root)}
    helped = CliRunner().invoke(command, ["--help"])
    assert "--times INTEGER RANGE" in helped.output and "Example:\n  magray greet me" in helped.output
    with pytest.raises(click.BadParameter):
        CliRunner().invoke(command, ["you", "--times", "4"], standalone_mode=False, catch_exceptions=False)


def test_a_new_operation_is_a_request_of_the_language_server_at_once(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("magray_server.operations.greet")
    module.OPERATIONS = (Operation(name="greet", options=_Greeting, run=_greet, shape=_Greeted),)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry.REGISTRY, "greet", registry.Entry("Say hello.", registry.SEARCH, "greet"))
    server = MagrayServer(memory.home)
    server.folders.add([memory.root.as_uri()])
    greet = server.requests()["greet"]

    async def ask(given: Any) -> Any:
        return await greet(given)

    assert asyncio.run(ask({"whom": "you"})) == {"text": "hello you ", "root": str(memory.root)}
    for wrong in ({}, {"whom": "you", "times": 4}, {"whom": "you", "workspace": "/nowhere"}):
        with pytest.raises(Refused):
            asyncio.run(ask(wrong))


def test_every_command_of_the_shell_is_an_operation() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert name in REGISTRY or name == "completion"
