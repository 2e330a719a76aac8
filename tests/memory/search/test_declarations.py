"""What declares a name, and what only uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.search.declarations import declares

if TYPE_CHECKING:
    from .conftest import Bench


@pytest.mark.parametrize(
    "line",
    [
        "  int max_open = 1000;",
        "static const int max_open;",
        "  max_open: int | None = None,",
        "    max_open?: number;",
        "max_open: Option<String>,",
        "  , max_open   :: !Int",
        '  "max_open": 3,',
        "max_open: 3",
        "    max_open = 7",
        "max_open=7",
        "\tmax_open\n",
        "  max_open,  // the limit",
        "enum Limit { min_open = 0, max_open = 1 };",
    ],
)
def test_declarations(line: str) -> None:
    assert declares(f"struct A {{\n{line}\n}}", "max_open") >= 0.5


@pytest.mark.parametrize(
    "line",
    [
        "  opt->max_open = n;",
        "  self.max_open = n",
        "    return max_open;",
        "  x = max_open;",
        "  if (a == max_open)",
        "  max_open == 3",
        "  case max_open:",
        "    call(max_open=5)",
        "        max_open=5,",
        "  call(a, max_open, b)",
        "# max_open = 3",
        "  int max_open_files = 3;",
    ],
)
def test_uses(line: str) -> None:
    assert declares(f"def f():\n{line}\n", "max_open") == 0


def test_members_of_enums_in_capitals() -> None:
    assert declares("  NAME_UP(By.NAME),", "NAME_UP") > 0
    assert declares("OP(FORK_OPT, BRANCH, 0)", "FORK_OPT") > 0
    assert declares("  call(now),", "call") == 0


@given(st.text(max_size=300), st.text("abc_.*(\\", min_size=1, max_size=6))
def test_any_text_is_answered(text: str, name: str) -> None:
    assert 0 <= declares(text, name) <= 1


def test_a_field_is_found_where_it_is_declared(bench: Bench) -> None:
    bench.put("src/options.h", "struct Options {\n  int block_size = 4096;\n  int max_open = 1000;\n};\n")
    bench.put("src/use.cc", "void Open(Options* o) {\n  o->max_open = o->max_open + 1; // max_open\n}\n")
    assert bench.paths("max_open")[0] == "src/options.h"
    assert bench.paths("max_open", mode="lexical")[0] == "src/options.h"
