"""What is defined in a source file is found by its qualified name, in every language with a grammar.

The samples are small, so the sizes are set low: then each definition makes its own chunk.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from magray_memory.text import code_chunker, embedded_languages
from magray_memory.text.chunk import chunk
from magray_memory.text.grammars import GRAMMARS, load
from magray_memory.text.line_chunker import MAX_SYMBOLS_SIZE

SAMPLES = Path(__file__).parent / "samples"

EXPECTED = {
    "app.py": """
        imports -, constant DEFAULT_TIMEOUT, variable handlers, function register, class App, method
        App.__init__, method App.path, method App.run, function App.run.inner, class App.Meta, type Pair""",
    "widget.js": """
        imports -, constant LIMIT, function add, function double, function ids, class Counter, method
        Counter.onClick, method Counter.constructor, method Counter.value, method Counter.load, function
        Counter.reset, function helper, function go, function save, function hidden, test Counter, test
        Counter > counts up""",
    "View.jsx": "imports -, function Button, function View, function View.onClick",
    "store.ts": """
        imports -, interface State, type Id, enum Color, interface Window, namespace Shapes, class Store,
        method Store.constructor, method Store.get, method Store.create, function reduce, function
        selectItems, function mapItems, function external""",
    "page.tsx": "interface Props, function Page, function Footer",
    "server.go": """
        imports -, constant Version, constant StateIdle, variable ErrClosed, struct Server, interface
        Handler, type ID, function New, method Server.Close, method Map.Get""",
    "lib.rs": """
        imports -, constant MAX, constant NAME, struct Point, enum Shape, trait Area, method Area::area,
        method Area::name, impl Point, method Point::new, impl Shape, method Shape::area, type Table, macro
        square, module inner, function inner::deep, module tests, function tests::it_works""",
    "UserService.java": """
        imports -, class UserService, method UserService.UserService, method UserService.find, class
        UserService.Cache, method UserService.Cache.put, interface Finder, method Finder.find, record Pair,
        interface Marker""",
    "Repo.kt": """
        imports -, variable LIMIT, class User, method User.greet, method User.of, interface Repo, method
        Repo.find, object Registry, method Registry.add, enum Color, class Result, class Result.Ok, function
        String.shout, type Users, function Screen""",
    "list.c": """
        imports -, constant MAX_ITEMS, macro SQUARE, struct node_t, struct list, enum color, type
        compare_fn, variable counter, declaration list_len, function list_push, function list_dump""",
    "list.hpp": """
        imports -, namespace acme, namespace acme::detail, function acme::detail::helper, class acme::List,
        method acme::List::List, method acme::List::~List, method acme::List::operator[], method
        acme::List::make, struct acme::Point, enum acme::Color, type acme::Points, function
        acme::List::clear, type acme::Small, function acme::List::size, declaration c_api""",
    "Service.cs": """
        imports -, class UserService, method UserService.UserService, method UserService.Find, method
        UserService.this[], method UserService.operator ==, interface IService, record Person, struct Point,
        enum Color, type Handler""",
    "model.rb": """
        imports -, module Acme, constant Acme::LIMIT, class Acme::User, method Acme::User#initialize, method
        Acme::User.find, method Acme::User#create, method Acme::User#secret?, class Acme::Error, method
        helper, test Acme::User > has a name, block build""",
    "User.php": """
        imports -, constant LIMIT, class User, method User::__construct, method User::find, interface
        HasName, trait SoftDeletes, function helper""",
    "View.swift": """
        imports -, variable limit, struct User, method User.init, method User.rename, class Store, method
        Store.deinit, method Store.subscript, method Store.make, protocol Named, enum Color, extension User,
        actor Counter, type Users, function helper""",
    "Repo.scala": """
        imports -, class User, method User.greet, object User, method User.of, trait Repo, method Repo.find,
        enum Color, instance Ordering[User], function shout, type Users, object util, method util.helper""",
    "mod.lua": """
        variable M, imports -, variable M.limit, function M.add, function M:method, function hidden,
        function M.run""",
    "build.sh": "variable ROOT, variable VERSION, function log, function build",
    "Tree.hs": """
        imports -, type Tree, type Wrapper, type Forest, class Container, instance Functor Tree, method
        Functor Tree.fmap, function insert, function limit""",
    "user.ex": """
        module Acme.User, function Acme.User.find, function Acme.User.secret, macro Acme.User.deffoo, test
        Acme.UserTest > find/1 > finds""",
    "main.zig": """
        imports -, constant limit, struct Point, method Point.init, enum Color, union Value, function main,
        test adds""",
    "schema.sql": """
        table public.users, index users_name_idx, view active_users, function add_user, trigger t, table
        users""",
    "page.html": "section Guide, element #menu, section Install, element #usage, section Usage",
    "style.css": """
        imports -, rule :root, at-rule @media (max-width: 600px), at-rule @keyframes spin,
        at-rule @font-face""",
    "Card.vue": "section {{ title }}, element #card, constant title, function save, rule .card",
    "List.svelte": "function remove",
}


@pytest.fixture
def one_chunk_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TARGET_CHARS", "WHOLE_CHARS", "MERGE_CHARS"):
        monkeypatch.setattr(code_chunker, name, 10)
    for module in (code_chunker, embedded_languages):
        monkeypatch.setattr(module, "STRAY_CHARS", 0)


@pytest.mark.usefixtures("one_chunk_for_each")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_definitions_have_their_kind_and_qualified_name(name: str) -> None:
    result = chunk(name, (SAMPLES / name).read_text(encoding="utf-8"))
    found = {f"{part.kind} {part.symbol or '-'}" for part in result.chunks}
    wanted = {" ".join(entry.split()) for entry in EXPECTED[name].split(",")}
    assert not wanted - found, found
    assert result.note is None


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_every_grammar_loads(language: str) -> None:
    assert not isinstance(load(language), str)


def test_a_grammar_that_cannot_be_loaded_means_lines_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRAMMARS, "cobol", ("tree_sitter_no_such_module", "language"))
    result = chunk("a.cob", "DISPLAY 'hello'.\n")
    assert [part.text for part in result.chunks] == ["DISPLAY 'hello'."]
    assert result.note is not None
    assert "cannot be loaded" in result.note
    load.cache_clear()


def _python_method(name: str, statements: int) -> str:
    body = "".join(f"        self.value_{number} = compute(self, {number})\n" for number in range(statements))
    return f"    @cached\n    def {name}(self):\n{body}"


def test_a_large_class_becomes_its_header_and_its_methods() -> None:
    text = (
        '# What it is for.\n@final\nclass App:\n    """An application."""\n\n    debug = False\n\n'
        + _python_method("run", 20) + "\n" + _python_method("stop", 22)
    )  # fmt: skip
    chunks = chunk("app.py", text).chunks
    assert [part.symbol for part in chunks] == ["App, App.run", "App.stop"]
    assert chunks[0].start_line == 1
    assert chunks[1].text.startswith("    @cached\n    def stop")
    assert {part.kind for part in chunks} == {"method"}


def test_a_long_function_is_split_between_statements_and_every_part_has_its_name() -> None:
    block = "    for item in items:\n" + "        item.update()\n" * 30
    chunks = chunk("a.py", "def work(items):\n" + block * 8).chunks
    assert len(chunks) > 2
    assert {part.symbol for part in chunks} == {"work"}
    assert all(part.text.lstrip().startswith(("def work", "for item")) for part in chunks)


def test_small_neighbours_share_a_chunk_that_names_them() -> None:
    text = "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\nclass Three:\n    pass\n"
    assert [(part.symbol, part.start_line, part.end_line) for part in chunk("a.py", text).chunks] == [
        ("one, two, Three", 1, 10)
    ]


def test_comments_right_above_belong_to_what_follows_and_distant_ones_stand_alone() -> None:
    filler = "    // " + "x" * 70 + "\n"
    text = (
        "// Licence.\n\n// Starts it.\n// Twice.\nfunc Start() {\n" + filler * 12 + "}\n"
        "\n// Stops it.\nfunc Stop() {\n" + filler * 12 + "}\n"
    )  # fmt: skip
    chunks = chunk("a.go", text).chunks
    assert [part.symbol for part in chunks] == ["Start", "Stop"]
    assert chunks[1].text.startswith("// Stops it.\nfunc Stop()")


def test_scripts_in_a_page_are_chunked_in_their_own_language_at_their_own_lines() -> None:
    body = "".join(f"  total += {number};\n" for number in range(100))
    text = f"<h1>Shop</h1>\n<script>\nfunction add() {{\n{body}}}\n</script>\n<p>Bye</p>\n"
    found = {part.symbol: part for part in chunk("shop.html", text).chunks}
    assert found["add"].start_line >= 3
    assert found["add"].kind == "function"


def test_a_small_component_is_one_chunk_with_what_its_script_defines() -> None:
    text = "<script>\n  export function scale(v) {\n    return v;\n  }\n</script>\n<p>Bye</p>\n"
    assert [(p.start_line, p.end_line, p.symbol) for p in chunk("A.svelte", text).chunks] == [(1, 6, "scale")]
    long = text.replace("return v;", "return v;\n" * 40)
    assert chunk("A.svelte", long).chunks[0].start_line == 1


def test_html_has_the_title_of_the_page() -> None:
    assert chunk("a.html", "<html><title>\n The Guide </title></html>").title == "The Guide"
    assert chunk("a.html", "<html><title>{{ name }}</title></html>").title is None


@pytest.mark.parametrize(
    ("path", "text", "symbol"),
    [
        ("a.rb", "module A\n  module B\n    class Strict\n    end\n  end\nend\n", "A::B::Strict"),
        ("b.rb", "module Util\n  def a\n  end\n  class Lost < Error\n  end\nend\n", "Util, Util::Lost"),
        ("a.cc", "namespace db {\nint help() { return 1; }\nclass Cache {};\n}\n", "db::help, db::Cache"),
        ("a.ts", "namespace N {\n  export class Bar {}\n  export function baz() {}\n}\n", "N.Bar, N.baz"),
        ("a.rs", "mod tests {\n  fn one() {}\n}\n", "tests"),
    ],
)  # fmt: skip
def test_a_small_module_is_called_after_what_stands_in_it(path: str, text: str, symbol: str) -> None:
    assert [part.symbol for part in chunk(path, text).chunks] == [symbol]


@pytest.mark.parametrize(
    ("path", "text", "symbol"),
    [
        ("t.cc", "TEST_F(EnvTest, TestClose) {\n  int x = 1;\n}\n", "EnvTest.TestClose"),
        ("m.cc", "PYBIND11_MODULE(fast, m) {\n  m.def(1);\n}\n", "PYBIND11_MODULE(fast)"),
        ("t.rs", "rgtest!(null_data, |dir: Dir| {\n    run();\n});\n", "null_data"),
        ("t.lua", 'describe("upload", function()\n  it("works", function() end)\nend)\n', "upload"),
        ("c.sh", "_conf() {\n    local a\n} && complete -F _conf conf\n", "_conf"),
        ("a.ex", "defmodule A do\n  def left !== right, do: 1\nend\n", "A.!=="),
        ("a.h", "#ifndef DB_H_\n#define DB_H_\n#define LIMIT 7\n#endif\n", "LIMIT"),
    ],
)
@pytest.mark.usefixtures("one_chunk_for_each")
def test_what_macros_and_operators_define_has_its_name(path: str, text: str, symbol: str) -> None:
    assert symbol in {part.symbol for part in chunk(path, text).chunks}
    assert not any("_H_" in part.symbol for part in chunk(path, text).chunks)


def test_every_constant_of_a_settings_file_is_named() -> None:
    names = [f"LIMIT_{letter}" for letter in "ABCDEFGHIJ"]
    text = "".join(f"{name} = {number}\n" for number, name in enumerate(names))
    assert chunk("settings.py", text).chunks[0].symbol.split(", ") == names


def test_names_of_one_chunk_stay_readable() -> None:
    text = "".join(f"CONSTANT_WITH_A_LONG_NAME_{number} = 1\n" for number in range(20))
    assert all(len(part.symbol) <= MAX_SYMBOLS_SIZE for part in chunk("a.py", text).chunks)
