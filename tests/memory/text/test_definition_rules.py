"""Definitions are symbols at their lines in languages that have no grammar here."""

from __future__ import annotations

import pytest

from magray_memory.text.chunk import chunk
from magray_memory.text.definition_rules import WEAK, definition_rules

SAMPLES: dict[str, tuple[str, str]] = {
    "dart": (
        """\
import 'dart:core';

class Basket extends Object {
  int itemTotal = 0;

  Basket.empty();

  void putItem(int n) {
    itemTotal += n;
  }

  Future<void> loadAll() async {
    await x();
  }

  int get heaviest => 3;
  set lightest(int v) { }
}

mixin Countable {
  int countAll() => 0;
}

extension BasketTools on Basket {
  void sweepOut() {}
}

enum Shade { red, blue }
typedef Handler = void Function(int);
void main() {
  print('x');
}
""",
        (
            "Basket:3 putItem:8 loadAll:12 heaviest:16 lightest:17 Countable:20 countAll:21 "
            "BasketTools:24 sweepOut:25 Shade:28 Handler:29 main:30"
        ),
    ),
    "fortran": (
        """\
module shop
  implicit none
contains
  subroutine open_till(x)
    integer :: x
  end subroutine open_till
  integer function count_coins(n)
    integer :: n
  end function
  pure elemental function weigh(n) result(r)
  end function
end module shop
program main
end program
      SUBROUTINE OLDSUB(A)
      END
""",
        "shop:1 open_till:4 count_coins:7 weigh:10 main:13 OLDSUB:15",
    ),
    "julia": (
        """\
module Shop
struct Coin
  worth::Int
end
mutable struct Purse
end
abstract type Money end
worth_of(c::Coin) = 3
function weigh_coin(c)
  1
end
macro coinage(x)
end
const LIMIT = 3
end
""",
        "Shop:1 Coin:2 Purse:5 Money:7 worth_of:8 weigh_coin:9 coinage:12 LIMIT:14",
    ),
    "hcl": (
        """\
resource "aws_s3_bucket" "ledger_store" {
  bucket = "x"
}
data "aws_ami" "base_image" {
}
variable "region_name" {
  default = "eu"
}
module "network_core" {
  source = "./x"
}
output "bucket_arn" {
  value = 1
}
locals {
  common = 1
}
""",
        "ledger_store:1 base_image:4 region_name:6 network_core:9 bucket_arn:12",
    ),
    "protobuf": (
        """\
syntax = "proto3";
package shop.v1;
message PriceRequest {
  string sku = 1;
  message Inner {
  }
}
enum Tint {
  RED = 0;
}
service PriceService {
  rpc FetchPrice (PriceRequest) returns (PriceRequest);
  rpc StreamPrices(PriceRequest) returns (stream PriceRequest) {}
}
""",
        "PriceRequest:3 Inner:5 Tint:8 PriceService:11 FetchPrice:12 StreamPrices:13",
    ),
    "pascal": (
        """\
unit Shop;
interface
type
  TTill = class(TObject)
  private
    FCount: Integer;
  public
    procedure OpenTill(X: Integer);
    function CountCoins: Integer;
    property Count: Integer read FCount;
  end;
implementation
procedure TTill.OpenTill(X: Integer);
begin
end;
function TTill.CountCoins: Integer;
begin
  Result := 1;
end;
constructor TTill.Create;
begin
end;
end.
""",
        "Shop:1 TTill:4 OpenTill:8/13 CountCoins:9/16",
    ),
    "ada": (
        """\
package body Shop is
   procedure Open_Till (X : Integer) is
   begin
      null;
   end Open_Till;
   function Count_Coins return Integer is
   begin
      return 1;
   end Count_Coins;
   type Coin is (Penny, Dime);
   task body Worker is
   begin null; end Worker;
end Shop;
""",
        "Shop:1 Open_Till:2 Count_Coins:6 Coin:10 Worker:11",
    ),
    "verilog": (
        """\
module till #(parameter W = 8) (
  input wire clk
);
  function automatic [7:0] add_coins(input [7:0] a);
    add_coins = a;
  endfunction
  task open_drawer;
  endtask
  always @(posedge clk) begin
  end
endmodule
interface bus_if;
endinterface
class Packet extends Base;
endclass
""",
        "till:1 add_coins:4 open_drawer:7 bus_if:12 Packet:14",
    ),
    "vhdl": (
        """\
entity till is
  port (clk : in std_logic);
end entity;
architecture rtl of till is
  signal counter : integer;
begin
  main_proc: process(clk)
  begin
  end process;
end architecture;
package shop_pkg is
  function add_coins(a : integer) return integer;
end package;
""",
        "till:1 rtl:4 shop_pkg:11 add_coins:12",
    ),
    "solidity": (
        """\
pragma solidity ^0.8;
contract Till {
  uint256 public total;
  event Opened(address who);
  error TooFew(uint n);
  modifier onlyOwner() { _; }
  struct Coin { uint v; }
  constructor() {}
  function openTill(uint x) external returns (uint) { return x; }
}
library Coins {
}
""",
        "Till:2 Opened:4 TooFew:5 onlyOwner:6 Coin:7 openTill:9 Coins:11",
    ),
    "groovy": (
        """\
class Till {
    int total
    def openTill(x) {
        x
    }
    static String nameOf(int a) {
        'x'
    }
    void closeTill() {
    }
}
task deployShop(type: Copy) {
}
def helper() { 1 }
""",
        "Till:1 openTill:3 nameOf:6 closeTill:9 deployShop:12 helper:14",
    ),
    "fsharp": (
        """\
module Shop.Till
type Coin =
    | Penny
    | Dime
let openTill x = x
let rec countCoins n =
    n
type Purse() =
    member this.AddCoins(n) = n
    static member Make() = Purse()
    abstract member Weigh : int -> int
""",
        "Coin:2 openTill:5 countCoins:6 Purse:8 AddCoins:9 Make:10 Weigh:11",
    ),
    "elm": (
        """\
module Till exposing (..)
type Coin = Penny | Dime
type alias Model =
    { total : Int }
openTill : Int -> Int
openTill x =
    x
update msg model =
    model
""",
        "Coin:2 Model:3 openTill:5/6 update:8",
    ),
    "crystal": (
        """\
module Shop
  class Till
    property total : Int32
    def open_till(x)
    end
    def self.make
    end
    macro coinage(x)
    end
  end
  struct Coin
  end
end
""",
        "Shop:1 Till:2 open_till:4 make:6 coinage:8 Coin:11",
    ),
    "nim": (
        """\
type
  Till* = object
    total: int
proc openTill*(x: int): int =
  x
func weigh(n: int): int = n
method close(t: Till) {.base.} =
  discard
template withTill(body: untyped) =
  body
iterator coins(t: Till): int =
  yield 1
const Limit = 3
""",
        "Till:2 openTill:4 weigh:6 close:7 withTill:9 coins:11",
    ),
    "d": (
        """\
module shop;
struct Till {
    int total;
    void openTill(int x) {
    }
}
class Purse : Base {
    override int weigh() { return 1; }
}
int countCoins(int n) {
    return n;
}
template Coins(T) {
}
""",
        "Till:2 openTill:4 Purse:7 weigh:8 countCoins:10 Coins:13",
    ),
    "emacs-lisp": (
        """\
(defvar till-total 0 "Doc.")
(defcustom till-limit 3 "Doc.")
(defun till-open (x)
  x)
(cl-defun till-close (&key a) a)
(defmacro with-till (&rest b) b)
(define-minor-mode till-mode "Doc.")
(cl-defstruct coin worth)
""",
        "till-total:1 till-limit:2 till-open:3 till-close:5 with-till:6 till-mode:7 coin:8",
    ),
    "lisp": (
        """\
(in-package :shop)
(defparameter *till-total* 0)
(defun open-till (x) x)
(defclass till () ())
(defgeneric weigh (x))
(defmethod weigh ((x till)) 1)
(defstruct coin worth)
""",
        "*till-total*:2 open-till:3 till:4 weigh:5/6 coin:7",
    ),
    "scheme": (
        """\
(define (open-till x) x)
(define total 3)
(define-syntax with-till (syntax-rules () ()))
(define-record-type coin (make-coin w) coin?)
""",
        "open-till:1 total:2 with-till:3 coin:4",
    ),
    "racket": (
        """\
#lang racket
(define (open-till x) x)
(struct coin (worth))
(define-syntax-rule (with-till b) b)
(define/contract (weigh x) any/c 1)
""",
        "open-till:2 coin:3 with-till:4 weigh:5",
    ),
    "tcl": (
        """\
proc open_till {x} {
  return $x
}
namespace eval shop {
  proc close_till {} {}
}
oo::class create Till {
  method weigh {} {}
}
""",
        "open_till:1 shop:4 close_till:5 Till:7 weigh:8",
    ),
    "vim": (
        """\
function! till#open(x) abort
endfunction
def CloseTill(x: number)
enddef
command! -nargs=1 OpenTill call till#open(<q-args>)
augroup shop_group
""",
        "till#open:1 CloseTill:3 OpenTill:5 shop_group:6",
    ),
    "matlab": (
        """\
function y = open_till(x)
y = x;
end
function [a, b] = count_coins(n)
end
classdef Till < handle
  methods
    function weigh(obj)
    end
  end
end
""",
        "open_till:1 count_coins:4 Till:6 weigh:8",
    ),
    "prolog": (
        """\
:- module(till, [open_till/2]).
open_till(X, X).
count_coins([], 0).
count_coins([_|T], N) :- count_coins(T, M), N is M + 1.
coin --> penny, dime.
""",
        "open_till:2 count_coins:3/4 coin:5",
    ),
    "gleam": (
        """\
pub type Coin {
  Penny
}
pub fn open_till(x: Int) -> Int {
  x
}
const limit = 3
""",
        "Coin:1 open_till:4 limit:7",
    ),
    "odin": (
        """\
package shop
Till :: struct {
  total: int,
}
open_till :: proc(x: int) -> int {
  return x
}
Coin :: enum { Penny }
""",
        "Till:2 open_till:5 Coin:8",
    ),
    "haxe": (
        """\
class Till {
  public var total:Int;
  public function openTill(x:Int):Int {
    return x;
  }
}
typedef Coin = { worth:Int }
enum Tint { Red; }
abstract Money(Int) {}
""",
        "Till:1 openTill:3 Coin:7 Tint:8 Money:9",
    ),
    "cmake": (
        """\
function(open_till arg)
endfunction()
macro(with_till)
endmacro()
add_library(shop_lib STATIC a.c)
add_executable(shop_app main.c)
option(SHOP_FAST "x" ON)
set(SHOP_VERSION 1.0)
""",
        "open_till:1 with_till:3 shop_lib:5 shop_app:6 SHOP_FAST:7 SHOP_VERSION:8",
    ),
    "makefile": (
        """\
SHOP_FLAGS := -O2
build-shop: a.c b.c
	cc a.c
.PHONY: build-shop
define shop_template
endef
%.o: %.c
	cc $<
""",
        "SHOP_FLAGS:1 build-shop:2 shop_template:5",
    ),
    "dockerfile": (
        """\
FROM debian:12 AS shop-builder
ARG SHOP_VERSION=1
ENV SHOP_HOME=/x
FROM scratch AS shop-final
COPY --from=shop-builder /a /b
""",
        "shop-builder:1 SHOP_VERSION:2 shop-final:4",
    ),
    "nix": (
        """\
{ pkgs, ... }:
let
  openTill = x: x;
in {
  services.shop.enable = true;
  shopPackage = pkgs.stdenv.mkDerivation { };
}
""",
        "openTill:3 shopPackage:6",
    ),
    "graphql": (
        """\
type Customer {
  fullName: String
}
interface Payable {
  due: Int
}
enum Tint { RED }
input OrderInput { id: ID }
union Result = A | B
scalar Money
directive @shop on FIELD
query FetchCustomer($id: ID) { customer(id: $id) { fullName } }
mutation SaveCustomer { x }
fragment CustomerParts on Customer { fullName }
extend type Query { shop: Int }
""",
        (
            "Customer:1 fullName:2 Payable:4 Tint:7 OrderInput:8 Result:9 Money:10 shop:11 "
            "FetchCustomer:12 SaveCustomer:13 CustomerParts:14"
        ),
    ),
    "prisma": (
        """\
model Customer {
  id Int @id
}
enum Tint {
  RED
}
datasource shop_db {
  provider = "x"
}
generator client_gen {
}
""",
        "Customer:1 Tint:4 shop_db:7 client_gen:10",
    ),
    "thrift": (
        """\
namespace py shop
struct Coin {
  1: i32 worth
}
exception TooFew {}
service TillService {
  i32 openTill(1: i32 x),
}
typedef i32 Money
""",
        "Coin:2 TooFew:5 TillService:6 openTill:7 Money:9",
    ),
    "powershell": (
        """\
function Get-ShopTotal {
    param($x)
}
filter Select-Coin { $_ }
class Till {
    [int] $Total
    [int] CountUp([int] $n) { return $n }
    Till() { }
}
enum Tint { Red }
""",
        "Get-ShopTotal:1 Select-Coin:4 Till:5 CountUp:7 Tint:10",
    ),
    "perl": (
        """\
package Shop::Till;
use strict;
sub open_till {
  my ($x) = @_;
}
sub _private { 1 }
use constant LIMIT => 3;
has total => (is => 'ro');
1;
""",
        "Shop::Till:1 open_till:3 _private:6 LIMIT:7",
    ),
    "r": (
        """\
open_till <- function(x) {
  x
}
count.coins = function(n) n
LIMIT <- 3
setClass("Till", representation(total = "numeric"))
setGeneric("weigh", function(x) standardGeneric("weigh"))
Purse <- R6Class("Purse", public = list(add_coins = function(n) n))
""",
        "open_till:1 count.coins:4 LIMIT:5 Till:6 weigh:7 Purse:8",
    ),
    "objective-c": (
        """\
@interface Register : NSObject
@property (nonatomic) int total;
- (void)openRegister:(int)x withKey:(int)y;
+ (instancetype)shared;
@end
@implementation Register
- (void)openRegister:(int)x withKey:(int)y {
}
static int countCoins(int n) {
    return n;
}
@end
""",
        "Register:1 openRegister:3/7 shared:4 countCoins:9",
    ),
    "vb": (
        """\
Public Class Till
    Public Sub OpenTill(x As Integer)
    End Sub
    Private Function CountCoins() As Integer
    End Function
    Public Property Total As Integer
    Public Enum Tint
    End Enum
End Class
Module Shop
End Module
""",
        "Till:1 OpenTill:2 CountCoins:4 Total:6 Tint:7 Shop:10",
    ),
    "clojure": (
        """\
(ns shop.till)
(defn open-till [x] x)
(defn- hidden [x] x)
(def limit 3)
(defmulti weigh :kind)
(defmethod weigh :coin [c] 1)
(defprotocol Payable (pay-later [this]))
(defrecord Coin [worth])
(deftype Purse [a])
(s/defn checked-open [x] x)
(deftest opens-well (is true))
(defonce state (atom nil))
""",
        (
            "shop.till:1 open-till:2 hidden:3 limit:4 weigh:5 Payable:7 Coin:8 Purse:9 "
            "checked-open:10 opens-well:11 state:12"
        ),
    ),
    "erlang": (
        """\
-module(till).
-record(coin, {worth}).
-define(LIMIT, 3).
open_till(X) ->
    X.
count_coins([]) -> 0;
count_coins([_|T]) -> 1 + count_coins(T).
-spec open_till(integer()) -> integer().
-type money() :: integer().
""",
        "till:1 coin:2 LIMIT:3 open_till:4 count_coins:6 money:9",
    ),
    "ocaml": (
        """\
module Till = struct
  type coin = Penny | Dime
  let open_till x = x
  let rec count n = n
  exception Too_few
end
module type PAYABLE = sig
  val pay_later : int -> int
end
class purse = object
  method weigh = 1
end
external c_open : int -> int = "c_open"
let ( +! ) a b = a
""",
        "Till:1 coin:2 open_till:3 count:4 Too_few:5 PAYABLE:7 pay_later:8 purse:10 weigh:11 c_open:13",
    ),
    "gdscript": (
        """\
class_name Till
extends Node
signal opened(x)
const LIMIT = 3
var total := 0
@export var price: int
enum Tint { RED }
func open_till(x: int) -> void:
    pass
class Inner:
    func weigh(): pass
""",
        "Till:1 opened:3 LIMIT:4 total:5 Tint:7 open_till:8 Inner:10 weigh:11",
    ),
    "glsl": (
        """\
uniform vec3 shopTint;
struct Light { vec3 pos; };
vec3 shadeTill(vec3 a) {
    return a;
}
void main() {
}
""",
        "shopTint:1 Light:2 shadeTill:3 main:6",
    ),
    "assembly": (
        """\
section .text
global open_till
open_till:
    mov eax, 1
    ret
count_coins:
.loop:
    dec ecx
%macro with_till 1
%endmacro
LIMIT equ 3
""",
        "open_till:3 count_coins:6 with_till:9 LIMIT:11",
    ),
    "cobol": (
        """\
       IDENTIFICATION DIVISION.
       PROGRAM-ID. SHOPTILL.
       PROCEDURE DIVISION.
       OPEN-TILL SECTION.
       COUNT-COINS.
           ADD 1 TO TOTAL.
""",
        "SHOPTILL:2 OPEN-TILL:4 COUNT-COINS:5",
    ),
    "lean": (
        """\
namespace Shop
structure Coin where
  worth : Nat
inductive Tint
  | red
def openTill (x : Nat) : Nat := x
theorem open_id (x : Nat) : openTill x = x := rfl
lemma helper_lemma : True := trivial
instance : Inhabited Coin := ⟨⟨0⟩⟩
abbrev Money := Nat
end Shop
""",
        "Shop:1 Coin:2 Tint:4 openTill:6 open_id:7 helper_lemma:8 Money:10",
    ),
    "coq": (
        """\
Module Shop.
Inductive tint := Red | Blue.
Definition open_till (x : nat) := x.
Fixpoint count (n : nat) := n.
Theorem open_id : forall x, open_till x = x.
Proof. reflexivity. Qed.
Lemma helper_lemma : True.
Record coin := { worth : nat }.
End Shop.
""",
        "Shop:1 tint:2 open_till:3 count:4 open_id:5 helper_lemma:7 coin:8",
    ),
    "awk": (
        """\
function open_till(x) {
  return x
}
BEGIN { total = 0 }
""",
        "open_till:1",
    ),
    "fish": (
        """\
function open_till --argument x
    echo $x
end
""",
        "open_till:1",
    ),
    "nushell": (
        """\
def open-till [x: int] { $x }
export def "shop close" [] { }
""",
        "open-till:1",
    ),
    "coffeescript": (
        """\
class Till
  openTill: (x) -> x
  @make: -> new Till
countCoins = (n) -> n
""",
        "Till:1 openTill:2 make:3 countCoins:4",
    ),
    "sml": (
        """\
structure Till = struct
  datatype coin = Penny | Dime
  fun openTill x = x
  val limit = 3
end
signature PAYABLE = sig end
functor Make (X : PAYABLE) = struct end
""",
        "Till:1 coin:2 openTill:3 limit:4 PAYABLE:6 Make:7",
    ),
    "just": (
        """\
default_shop := "x"
build-shop target:
    echo x
[private]
_hidden:
    echo
""",
        "default_shop:1 build-shop:2 _hidden:5",
    ),
    "starlark": (
        """\
def _till_impl(ctx):
    pass
till = rule(implementation = _till_impl)
cc_library(
    name = "shop_lib",
)
""",
        "_till_impl:1 till:3 shop_lib:5",
    ),
    "puppet": (
        """\
class shop::till (
  String $x,
) {
}
define shop::coin() {
}
node 'shop.example' {
}
""",
        "shop::till:1 shop::coin:5",
    ),
    "batch": (
        """\
@echo off
:open_till
echo x
goto :eof
""",
        "open_till:2",
    ),
    "wat": (
        """\
(module
  (func $open_till (param $x i32) (result i32)
    local.get $x)
)
""",
        "open_till:2",
    ),
    "llvm": (
        """\
define i32 @open_till(i32 %x) {
  ret i32 %x
}
""",
        "open_till:1",
    ),
    "stata": (
        """\
program define open_till
end
""",
        "open_till:1",
    ),
    "mathematica": (
        """\
OpenTill[x_] := x
countCoins[n_Integer] := n
""",
        "OpenTill:1 countCoins:2",
    ),
    "idris": (
        """\
module Shop
data Coin = Penny | Dime
openTill : Int -> Int
openTill x = x
record Purse where
  total : Int
""",
        "Coin:2 openTill:3/4 Purse:5",
    ),
    "purescript": (
        """\
module Shop where
data Coin = Penny | Dime
newtype Purse = Purse Int
openTill :: Int -> Int
openTill x = x
class Payable a where
  payLater :: a -> Int
""",
        "Coin:2 Purse:3 openTill:4/5 Payable:6 payLater:7",
    ),
    "reason": (
        """\
module Till = {
  type coin = Penny | Dime;
  let openTill = x => x;
};
let countCoins = (n) => n
""",
        "Till:1 coin:2 openTill:3 countCoins:5",
    ),
    "qml": (
        """\
import QtQuick
Item {
    id: shopRoot
    property int total: 0
    signal opened(int x)
    function openTill(x) { return x }
}
""",
        "shopRoot:3 total:4 opened:5 openTill:6",
    ),
    "rego": (
        """\
package shop
default allow_sale = false
allow_sale {
  input.x
}
count_coins(n) = m { m := n }
""",
        "allow_sale:2/3 count_coins:6",
    ),
    "move": (
        """\
module shop::till {
    struct Coin has key { v: u64 }
    public entry fun open_till(x: u64): u64 { x }
    const LIMIT: u64 = 3;
}
""",
        "Coin:2 open_till:3 LIMIT:4",
    ),
    "abap": (
        """\
CLASS zcl_till DEFINITION PUBLIC.
  PUBLIC SECTION.
    METHODS open_till IMPORTING x TYPE i.
ENDCLASS.
FORM count_coins.
ENDFORM.
""",
        "zcl_till:1 open_till:3 count_coins:5",
    ),
    "meson": (
        """\
project('shop', 'c')
shop_lib = library('shop', 'a.c')
executable('shop_app', 'main.c')
""",
        "shop_lib:2",
    ),
    "raku": (
        """\
unit module Shop;
class Till {
    has Int $.total;
    method open-till(Int $x) { $x }
}
sub count-coins($n) is export { $n }
multi sub weigh(Int $x) { 1 }
grammar Coins { token penny { 'p' } }
role Payable { }
""",
        "Till:2 open-till:4 count-coins:6 weigh:7 Coins:8 Payable:9",
    ),
}
"""By language: a text, and each name that it defines with its line, or the lines that all will do."""


def symbols_of(text: str, language: str) -> list[tuple[str, int]]:
    return [
        (each.name, each.line) for part in chunk("x", text, language=language).chunks for each in part.symbols
    ]


@pytest.mark.parametrize("language", SAMPLES)
def test_every_definition_is_a_symbol_at_its_line(language: str) -> None:
    text, expected = SAMPLES[language]
    found = symbols_of(text, language)
    missing = [
        each
        for each in expected.split()
        if not any(
            (each.rpartition(":")[0], int(line)) in found for line in each.rpartition(":")[2].split("/")
        )
    ]
    assert not missing, found


@pytest.mark.parametrize("language", SAMPLES)
def test_windows_line_ends_and_tabs_change_no_symbol(language: str) -> None:
    text, _ = SAMPLES[language]
    assert symbols_of(text.replace("\n", "\r\n"), language) == symbols_of(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "dart",
            "  return openTill(x);\n  await closeTill(y);\n  if (open(x)) {\n  } else if (close(y)) {\n",
        ),
        ("d", "    return weigh(x);\n    assert(is(T));\n    foreach (coin; coins) {\n"),
        ("groovy", "    println open(x)\n    return weigh(y)\n    if (a) {\n"),
        ("fortran", "end subroutine open_till\nend module shop\ncall open_till(x)\n"),
        ("vb", "    End Sub\n    Exit Function\n    OpenTill(3)\n"),
        ("glsl", "    return shade(x);\n    float y = shade(x);\n"),
        ("julia", "    weigh(x) == 3\n    total = weigh(c)\n"),
        ("makefile", "\tcc -o x: y\n.PHONY: all\n"),
        ("perl", "    open_till($x);\n    return sub { 1 };\n"),
        ("erlang", "    open_till(X),\n    case X of\n"),
        ("ocaml", "  let _ = open_till 3 in\n  let () = close () in\n"),
    ],
)
def test_what_only_uses_a_name_defines_none(language: str, text: str) -> None:
    assert symbols_of(text, language) == []


def test_a_value_in_a_function_is_no_symbol_and_one_beside_it_is() -> None:
    text = "const LIMIT = 3\nfunc weigh():\n    const inner = 1\n    var other = 2\n"
    assert symbols_of(text, "gdscript") == [("LIMIT", 1), ("weigh", 2)]


def test_clauses_of_one_function_are_one_symbol() -> None:
    text = "count([]) -> 0;\ncount([_|T]) -> 1 + count(T).\nother(X) -> X.\n"
    assert symbols_of(text, "erlang") == [("count", 1), ("other", 3)]


def test_overloads_are_symbols_of_their_own() -> None:
    text = "class Till {\n  void add(int a) {}\n  void add(double a) {}\n}\n"
    assert symbols_of(text, "d") == [("Till", 1), ("add", 2), ("add", 3)]


def test_a_language_without_rules_goes_by_words_that_most_have() -> None:
    assert definition_rules("smalltalk") is None
    (part,) = chunk("x", "class Till\nfunction open(x)\n", language="smalltalk").chunks
    assert [(each.name, each.kind) for each in part.symbols] == [("Till", "class"), ("open", "function")]
    assert WEAK not in {each.kind for each in part.symbols}
