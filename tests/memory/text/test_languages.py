"""A file's language is known by its name, and by its first lines where the name is not enough."""

from __future__ import annotations

import pytest

from magray_memory.text.grammars import GRAMMARS
from magray_memory.text.languages import LANGUAGES, canonical, detect, kind_of


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("SRC\\APP.PY", "python"),
        ("a.d.ts", "typescript"),
        ("a.tsx", "tsx"),
        ("a.jsx", "javascript"),
        ("a.mjs", "javascript"),
        ("Makefile", "makefile"),
        ("CMakeLists.txt", "cmake"),
        ("Dockerfile.dev", "dockerfile"),
        ("web.dockerfile", "dockerfile"),
        ("Gemfile", "ruby"),
        (".bashrc", "bash"),
        ("Cargo.lock", "toml"),
        ("page.html.j2", "html"),
        ("settings.py-tpl", "python"),
        ("config.yaml.example", "yaml"),
        ("notes.md", "markdown"),
        ("book.ipynb", "jupyter"),
        ("guide.rst", "restructuredtext"),
        ("README", "text"),
        ("a.unheard-of", "text"),
        ("", "text"),
        ("dir.py/", "text"),
        ("version.1", "text"),
        ("данные.sql", "sql"),
    ],
)
def test_by_name(path: str, language: str) -> None:
    assert detect(path) == language


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("run", "#!/usr/bin/env python3\n", "python"),
        ("run", "#!/usr/bin/env -S FOO=1 python3.11 -u\n", "python"),
        ("run", "#!/bin/sh\n", "bash"),
        ("run", "#!/usr/local/bin/node --harmony\n", "javascript"),
        ("run", "# vim: set ft=ruby sw=2 :\n", "ruby"),
        ("run", "/* -*- mode: C++; tab-width: 4 -*- */\n", "cpp"),
        ("run", "<?php echo 1;", "php"),
        ("run", "<!DOCTYPE html><p>", "html"),
        ("run", "plain words", "text"),
        ("a.h", "#include <stdio.h>\nint f(void);\n", "c"),
        ("a.h", "#pragma once\nnamespace a {\nclass B {\npublic:\n", "cpp"),
        ("a.h", "#ifndef A_H\nBEGIN_NS\nenum class color : uint32_t {\n  red = 1,\n};\n", "cpp"),
        ("a.h", "enum struct state { on };\n", "cpp"),
        ("a.h", "inline int f(void* p) noexcept;\n", "cpp"),
        ("a.h", "#define AS(x) static_cast<int>(x)\n", "cpp"),
        ("a.h", "#ifdef __cplusplus\n#define NOTHROW noexcept\n#endif\nint f(void);\n", "c"),
        ("a.h", "enum color { RED };\nstruct class_info { int static_cast; };\n", "c"),
        ("a.h", "#import <Foundation/Foundation.h>\n@interface A : NSObject\n", "objective-c"),
        ("a.m", "@implementation A\n- (void)run {}\n@end\n", "objective-c"),
        ("a.m", "function y = f(x)\n% doc\ny = x;\nend\n", "matlab"),
        ("a.pl", "use strict;\nmy $x = 1;\n", "perl"),
        ("a.pl", ":- module(a, [b/1]).\nb(X) :- c(X).\n", "prolog"),
        ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>', "xml"),
        ("a.txt", "Title\n=====\n\n.. note:: Read.\n", "restructuredtext"),
        ("a.txt", "Just words.\n", "text"),
        ("a.v", "Theorem t : True.\n", "coq"),
        ("a.v", "module top(input clk);\n", "verilog"),
        ("a.inc", "<?php\n", "php"),
        ("ci/build", "#!/bin/sh -e\nmake\n", "bash"),
        ("BUILD", 'cc_library(name = "a")\n', "python"),
    ],
)
def test_by_the_first_lines(path: str, head: str, language: str) -> None:
    assert detect(path, head) == language


def test_what_people_call_a_language() -> None:
    for name, language in {
        "py": "python", "C++": "cpp", ".rs": "rust", "ts": "typescript", "sh": "bash", "c#": "csharp",
        "golang": "go", "md": "markdown", "yml": "yaml", "F#": "fsharp", " Python ": "python",
    }.items():  # fmt: skip
        assert canonical(name) == language
    assert canonical("klingon") is None
    assert canonical("") is None


def test_every_language_is_its_own_name_and_has_a_kind() -> None:
    ids = [language.id for language in LANGUAGES]
    assert len(ids) == len(set(ids)) > 150
    assert set(GRAMMARS) <= set(ids)
    assert all(canonical(name) == name for name in ids)
    assert {kind_of(name) for name in ids} == {"code", "doc"}
    assert kind_of("markdown") == kind_of("text") == "doc"
    assert kind_of("python") == kind_of("unheard-of") == "code"


def test_no_extension_or_file_name_is_claimed_twice() -> None:
    for field in ("extensions", "filenames", "interpreters"):
        claims = [name for language in LANGUAGES for name in getattr(language, field)]
        twice = {name for name in claims if claims.count(name) > 1}
        assert not twice, field
