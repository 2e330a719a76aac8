"""What a language defines besides functions and types is a symbol too, and what only uses a name is none."""

from __future__ import annotations

import pytest

from magray_memory.text.chunk import chunk

RUBY = """\
class Till
  attr_reader :coins, :notes
  private attr_accessor("drawer")
  alias size count
  alias :total :sum
  alias_method :add, :push
  scope :open, -> { where(open: true) }
  define_method(:each) do |visitor|
    alias_target = visitor
    scopes(:hidden)
  end
  has_many :receipts
  before_action :check, only: :add

  def weigh(scope)
    attr_reader :local
    helper.define_method(:other)
    scope :inner
  end
end

routes.draw do
  scope :admin do
    get :index
  end
end
"""
ELIXIR = """\
defmodule Till do
  @typedoc "Coins"
  @type coins(kind) :: list(kind)
  @typep drawer :: map
  @opaque key :: binary
  @callback weigh(coins, integer) :: number
  @macrocallback tally(kind) :: Macro.t() when kind: var
  @limit 5
  @spec add(integer) :: integer
  defguard is_coin(value) when is_integer(value)
  defdelegate push(till, coin), to: Drawer
  defstruct [:coin]

  def add(n) do
    type = @limit
    weigh(type, n)
  end
end
"""
OBJECTIVE_C = """\
@interface Till : NSObject
@property (nonatomic, copy, getter=isOpen) NSString *label;
@property(nonatomic, weak, nullable) id<Drawer> drawer NS_AVAILABLE(10, 9);
@property (copy) void (^handler)(int coin, NSString *note);
@property NSInteger count;
@end
typedef NS_ENUM(NSInteger, Shade) {
    ShadeRed = 1,
    ShadeBlue,
};
struct Coin {
    int worth;
    char *mint[4];
};
@implementation Till
@synthesize label = _label;
- (void)weigh {
    int local = 3;
    self.label = @"x";
    return local;
}
@end
"""
PROTOBUF = """\
message Till {
  option deprecated = 1;
  reserved 4, 5;
  repeated .shop.Coin coins = 1;
  map<string, int32> notes = 2 [deprecated = true];
  oneof lid {
    string key = 3;
  }
  enum Shade {
    option allow_alias = true;
    RED = 0;
    BLUE = -1;
  }
  message Inner { optional bool set = 1; }
}
option java_package = "x";
service Tills {
  rpc Open (Till) returns (Till) {
    option (http) = { get: "/x" };
  }
}
"""
DART = """\
class Till extends Object
{
  static const int limit = 3;
  final Map<String, List<int>> coins;
  late String? label;
  var open = false;
  final void Function(int)? onTap;

  Till(this.coins);
  const Till.empty({
    int size = 0,
  }) : coins = const {};
  Till._(this.coins);

  void weigh(
    int first,
  ) {
    int local = 3;
    final other = Till.empty();
    Till.empty();
    label = 'x';
  }
}
enum Shade {
  red,
  blue(2);

  const Shade(this.n);
  final int n;
}
final till = build(
  int.parse('3'),
);
"""
SOLIDITY = """\
contract Till is
    Owned
{
    using Math for uint256;
    uint256 public constant LIMIT = 3;
    mapping(address => mapping(uint => bool)) private seen;
    address payable owner;
    event Opened(address who);
    error Closed(uint at);
    modifier onlyOwner() { _; }
    struct Coin {
        uint worth;
    }
    enum Shade {
        Red,
        Blue
    }
    function weigh(uint n) public {
        uint local = n;
        Coin memory coin;
        emit Opened(owner);
        revert Closed(n);
    }
}
"""
SCSS = """\
@use "sass:math";
$gap-size: 3px !default;
@mixin rounded($radius: 3px) {
  $local: $radius;
  border-radius: $local;
}
@function double($n) {
  @return $n * 2;
}
%card {
  color: red;
}
.till > .coin:hover {
  @include rounded($gap-size);
  width: double($gap-size);
}
@media (min-width: 3px) {
  @extend %card;
}
"""
LESS = """\
@import "x";
@gap: 3px;
@page :first {
}
.till {
  @local: @gap;
}
"""
GRAPHQL = """\
type Till {
  coins(
    first: Int
  ): [Coin!]!
  label: String
  size(unit: Unit = M): Int @deprecated
}
input Filter {
  kind: Kind = RED
}
enum Shade {
  RED
  BLUE @deprecated
}
query Find($n: Int) {
  till(n: $n) {
    label
    renamed: Label
  }
}
"""
POWERSHELL = """\
class Till {
    [string]$Label
    hidden [int[]] $Coins = @()
    static $Count
    [void] Weigh([int]$n) {
        [int]$local = 3
        $this.Label = 'x'
    }
}
enum Shade {
    Red
    Blue = 2
}
$outer = 3
function Open-Till {
    [string]$inner = 'x'
}
"""
SAMPLES: dict[str, tuple[str, str]] = {
    "ruby": (
        RUBY,
        """class Till 1, property coins 2, property notes 2, property drawer 3, method size 4, method total 5,
        method add 6, method open 7, method each 8, method weigh 15""",
    ),
    "elixir": (
        ELIXIR,
        """module Till 1, type coins 3, type drawer 4, type key 5, method weigh 6, method tally 7,
        macro is_coin 10, function push 11, function add 14""",
    ),
    "objective-c": (
        OBJECTIVE_C,
        """class Till 1, property label 2, property drawer 3, property handler 4, property count 5,
        enum Shade 7, enum member ShadeRed 8, enum member ShadeBlue 9, struct Coin 11, field worth 12,
        field mint 13, class Till 15, method weigh 17""",
    ),
    "protobuf": (
        PROTOBUF,
        """message Till 1, field coins 4, field notes 5, union lid 6, field key 7, enum Shade 9,
        enum member RED 11, enum member BLUE 12, message Inner 14, service Tills 17, method Open 18""",
    ),
    "dart": (
        DART,
        """class Till 1, field limit 3, field coins 4, field label 5, field open 6, field onTap 7,
        constructor Till 9, constructor empty 10, constructor _ 13, function weigh 15, enum Shade 24,
        enum member red 25, enum member blue 26, constructor Shade 28, field n 29""",
    ),
    "solidity": (
        SOLIDITY,
        """class Till 1, field LIMIT 5, field seen 6, field owner 7, event Opened 8, event Closed 9,
        function onlyOwner 10, struct Coin 11, field worth 12, enum Shade 14, enum member Red 15,
        enum member Blue 16, function weigh 18""",
    ),
    "scss": (
        SCSS,
        """variable $gap-size 2, macro rounded 3, function double 7, rule %card 10,
        rule .till > .coin:hover 13""",
    ),
    "graphql": (
        GRAPHQL,
        """type Till 1, property coins 2, property label 5, property size 6, type Filter 8, property kind 9,
        enum Shade 11, enum member RED 12, enum member BLUE 13, function Find 15""",
    ),
    "powershell": (
        POWERSHELL,
        """class Till 1, property Label 2, property Coins 3, property Count 4, method Weigh 5, enum Shade 10,
        enum member Red 11, enum member Blue 12, function Open-Till 15""",
    ),
}
"""By language: a text, and all that it defines: kind, name, line."""


@pytest.mark.parametrize("language", SAMPLES)
def test_all_that_is_defined_is_a_symbol_and_nothing_else(language: str) -> None:
    text, expected = SAMPLES[language]
    found = [
        f"{each.kind} {each.name} {each.line}"
        for part in chunk("x", text, language=language).chunks
        for each in part.symbols
    ]
    assert found == [" ".join(each.split()) for each in expected.split(",")]


def test_a_variable_of_less_is_a_symbol_at_the_margin() -> None:
    symbols = [each for part in chunk("a.less", LESS).chunks for each in part.symbols]
    assert [(each.name, each.kind, each.line) for each in symbols] == [
        ("@gap", "variable", 2),
        (".till", "rule", 5),
    ]


@pytest.mark.parametrize(
    ("language", "text", "name", "qualified"),
    [
        ("ruby", RUBY, "notes", "Till#notes"),
        ("ruby", RUBY, "add", "Till#add"),
        ("elixir", ELIXIR, "weigh", "Till.weigh"),
    ],
)
def test_a_member_is_qualified_like_a_method(language: str, text: str, name: str, qualified: str) -> None:
    symbols = [each for part in chunk("x", text, language=language).chunks for each in part.symbols]
    assert qualified in {f"{each.container}{each.joint}{each.name}" for each in symbols if each.name == name}


@pytest.mark.parametrize(
    ("language", "text", "name", "container"),
    [
        ("protobuf", PROTOBUF, "key", "lid"),
        ("dart", DART, "empty", "Till"),
        ("solidity", SOLIDITY, "worth", "Coin"),
        ("graphql", GRAPHQL, "size", "Till"),
    ],
)
def test_a_member_lies_in_what_it_is_a_member_of(language: str, text: str, name: str, container: str) -> None:
    symbols = [each for part in chunk("x", text, language=language).chunks for each in part.symbols]
    assert container in {each.container for each in symbols if each.name == name}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("dart", "class Till {\n  /* int a = 1;\n  int b = 2; */\n  int c = 3;\n}\n", ["Till 1", "c 4"]),
        (
            "protobuf",
            "message Till {\n  /*\n  string a = 1;\n  */\n  /* b */\n  // int32 d = 2;\n  int32 c = 3;\n}\n",
            ["Till 1", "c 7"],
        ),
        (
            "graphql",
            'type Till {\n  """\n  Note: Text\n  """\n  """One: Line"""\n  label: String\n}\n',
            ["Till 1", "label 6"],
        ),
        (
            "powershell",
            "class Till {\n    <#\n    $Old\n    #>\n    [int]$New\n}\n",
            ["Till 1", "New 5"],
        ),
    ],
)
def test_what_stands_in_a_comment_defines_nothing(language: str, text: str, expected: list[str]) -> None:
    symbols = [each for part in chunk("x", text, language=language).chunks for each in part.symbols]
    assert [f"{each.name} {each.line}" for each in symbols] == expected


def test_what_stands_behind_a_text_of_several_lines_is_defined() -> None:
    text = (
        'class Till {\n  final String help = """\nTake it.\n""";\n  int coins() => 1;\n}\n\nclass Lid {\n}\n'
    )
    chunks = chunk("a.dart", text).chunks
    assert [each.name for part in chunks for each in part.symbols] == ["Till", "help", "coins", "Lid"]
    assert [part.symbol for part in chunks] == ["Till, Lid"]


COMPUTED = {
    "ruby": (
        """\
class Till
  attr_reader :coins, "note_#{kind}", "#{kind}", ""
  define_method("add_#{kind}") { }
  alias_method name, :coins
  alias_method "total", "coins"
end
""",
        ["Till", "coins", "total"],
    ),
    "elixir": (
        """\
defmodule Till do
  @type unquote(name) :: term
  @callback left + right :: term
  @callback total :: term
end
""",
        ["Till", "total"],
    ),
}


@pytest.mark.parametrize("language", COMPUTED)
def test_a_name_that_is_computed_is_none(language: str) -> None:
    text, expected = COMPUTED[language]
    symbols = [each for part in chunk("x", text, language=language).chunks for each in part.symbols]
    assert [each.name for each in symbols] == expected


@pytest.mark.parametrize("language", SAMPLES)
def test_fields_do_not_name_a_passage(language: str) -> None:
    text, _ = SAMPLES[language]
    names = {part.symbol for part in chunk("x", text, language=language).chunks}
    assert not names & {"coins", "field", "RED", "worth", "label"}


def test_a_member_far_below_the_head_of_its_type_is_one_too() -> None:
    fields = "".join(f"  string field_{number} = {number};\n" for number in range(1, 400))
    chunks = chunk("a.proto", f"message Till {{\n{fields}}}\n").chunks
    assert len(chunks) > 1
    found = [each for part in chunks for each in part.symbols if each.kind == "field"]
    assert [each.line for each in found] == list(range(2, 401))
    assert {each.container for each in found} == {"Till"}
