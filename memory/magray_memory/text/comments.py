"""Comments of source code: where they stand, by the lexical rules of families of languages.

Enough for links and words in comments: strings are passed over, so that a mark inside one opens nothing. No
grammar is loaded; a language that is not known here has no comments.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOUBLE = r'"(?:\\.|[^"\\\n])*"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*'?"
_CHARACTER = r"'(?:\\.[^'\n]{0,8}|[^'\\\n])'"
_BACKTICK = r"`(?:\\.|[^`\\])*`?"
_SLASHES = r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"(?<![^\s;])#[^\n]*"
_DASHES = r"--[^\n]*"
_MARKUP = r"<!--[\s\S]*?(?:-->|\Z)"
_DOCSTRING = r'(?:(?<=\n)|\A)[ \t]*[rRuU]?(?:"""(?:\\.|[^\\])*?(?:"""|\Z)|\'\'\'(?:\\.|[^\\])*?(?:\'\'\'|\Z))'
_TRIPLE = r'"""(?:\\.|[^\\])*?(?:"""|\Z)|\'\'\'(?:\\.|[^\\])*?(?:\'\'\'|\Z)'
_LUA_LONG = r"\[(?P<bars>=*)\[[\s\S]*?(?:\](?P=bars)\]|\Z)"
_PARENTHESES = r"\(\*[\s\S]*?(?:\*\)|\Z)"

_FAMILIES = (
    # languages, comments, what else is passed over
    (
        """c cpp csharp java kotlin swift scala rust go zig objective-c d v protobuf thrift solidity glsl
        opencl dart cuda odin vala yacc antlr devicetree flatbuffers capnp openscad verilog pony chapel
        move cairo cue bicep""",
        _SLASHES,
        (_CHARACTER, _DOUBLE),
    ),
    (
        "javascript typescript tsx css scss json groovy haxe apex jsonnet prisma qml templ reason",
        _SLASHES,
        (_DOUBLE, _SINGLE, _BACKTICK),
    ),
    ("php hcl nix", f"{_SLASHES}|{_HASH}", (_DOUBLE, _SINGLE)),
    ("python starlark cython mojo vyper gdscript", rf"{_DOCSTRING}|#[^\n]*", (_TRIPLE, _DOUBLE, _SINGLE)),
    (
        """ruby bash yaml toml perl raku r julia elixir makefile cmake dockerfile powershell fish nushell awk
        sed tcl just meson ninja puppet graphql nim crystal coffeescript gleam bitbake gnuplot ignore
        requirements nginx apache caddy kconfig rego turtle sparql stan http""",
        _HASH,
        (_DOUBLE, _SINGLE),
    ),
    ("ini", r"(?:(?<=\n)|\A)[ \t]*[#;][^\n]*", ()),
    (
        "lua",
        r"--(?:\[(?P<level>=+)\[[\s\S]*?(?:\](?P=level)\]|\Z)|(?!\[=*\[)[^\n]*)",
        (_LUA_LONG, _DOUBLE, _SINGLE),
    ),
    ("sql", rf"{_DASHES}|/\*[\s\S]*?(?:\*/|\Z)", (_SINGLE, _DOUBLE)),
    ("haskell elm purescript agda idris dhall", rf"{_DASHES}|\{{-[\s\S]*?(?:-\}}|\Z)", (_CHARACTER, _DOUBLE)),
    ("ada vhdl applescript", _DASHES, (_DOUBLE,)),
    (
        "fennel lisp emacs-lisp scheme racket clojure assembly autohotkey",
        r";[^\n]*|#\|[\s\S]*?(?:\|#|\Z)",
        (_DOUBLE,),
    ),
    ("erlang matlab prolog", r"%[^\n]*", (_DOUBLE, _CHARACTER)),
    ("ocaml sml coq isabelle", _PARENTHESES, (_CHARACTER, _DOUBLE)),
    ("fsharp pascal", rf"{_PARENTHESES}|//[^\n]*", (_CHARACTER, _DOUBLE)),
    ("html xml", _MARKUP, ()),
    ("vue svelte astro", f"{_MARKUP}|{_SLASHES}", (_DOUBLE, _BACKTICK)),
    ("vb", r"'[^\n]*", (_DOUBLE,)),
    ("vim", r'(?:(?<=\n)|\A)[ \t]*"[^\n]*', ()),
    ("batch", r"(?im:^[ \t]*(?:@?rem\b|::)[^\n]*)", ()),
    ("fortran", r"![^\n]*", (_DOUBLE, _SINGLE)),
)


@cache
def _scanner(language: str) -> re.Pattern[str] | None:
    for languages, comments, others in _FAMILIES:
        if language in languages.split():
            return re.compile("|".join([f"(?P<comment>{comments})", *others]))
    return None


def comments(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Start and end of every comment of a source, docstrings included, in order."""
    scanner = _scanner(language)
    if scanner is not None:
        for match in scanner.finditer(text):
            if match.lastgroup == "comment" or match.group("comment") is not None:
                yield match.span()
