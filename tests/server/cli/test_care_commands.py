"""`magray doctor` and `magray optimize` as a person types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Magray


def test_doctor_says_what_is_wrong_and_mends_it(magray: Magray) -> None:
    assert magray("doctor").out.endswith("no problems found\n")
    magray("index", "--lexical")
    vault = next((magray.home / "workspaces").glob("*.db"))
    vault.write_bytes(b"not a database at all" * 999)
    found = magray("doctor")
    assert (found.code, found.err) == (1, "")
    assert (
        found.out.startswith("critical  The workspace vault ") and "(try: magray doctor --fix)" in found.out
    )
    assert magray("--json", "doctor").json["errors"] == 1
    fixed = magray("doctor", "--fix")
    assert fixed.code == 0 and fixed.out.startswith("repaired  The workspace vault "), fixed
    assert "web/cart.js" in magray("search", "shopping cart", "--mode", "lexical").out
    after = magray("--json", "doctor").json
    assert (after["errors"], after["severity"], after["vaults"]) == (0, "info", 1)
    assert set(after) == {"home", "severity", "errors", "findings", "mended", "lost", "vaults", "seconds"}


def test_optimize_tells_what_it_would_do_and_what_it_did(magray: Magray) -> None:
    assert magray("optimize").out == "there is nothing to optimize\n"
    magray("index", "--lexical")
    tried = magray("--json", "optimize", "--dry-run").json
    assert tried["dry_run"] and {step["what"] for step in tried["steps"]} == {"statistics"}
    done = magray("optimize")
    assert done.code == 0 and "table statistics updated" in done.out
    assert magray("optimize").out == "there is nothing to optimize\n"


def test_optimize_tells_a_parent_program_all_as_json_lines(magray: Magray) -> None:
    magray("index", "--lexical")
    tried = magray("optimize", "--events", "--dry-run")
    *steps, last = tried.lines
    assert (tried.code, last["event"]) == (0, "result")
    assert steps and all(line["event"] == "step" and line["message"] for line in steps)
    assert last["value"].keys() == magray("--json", "optimize", "--dry-run").json.keys()
    assert {step["what"] for step in last["value"]["steps"]} == {"statistics"}
