"""The pages about use say what the program does: settings, filters, steps, languages, links."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from magray_memory import config
from magray_memory.memory import Memory
from magray_memory.search import file_roles
from magray_memory.search.fusion import Fused
from magray_memory.search.inline_filters import FILTERS
from magray_memory.search.named_symbols import NamedMatch
from magray_memory.search.query_terms import query_terms, term_prefixes
from magray_memory.search.ranking import RankingQuery, Signals, rank
from magray_memory.search.weights import WEIGHTS
from magray_memory.storage.passages import PassageRow
from magray_memory.text.grammars import GRAMMARS
from magray_memory.text.languages import LANGUAGES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_setting_stands_in_its_table_with_what_it_is_about() -> None:
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \|(.*)$", page("configuration.md"), re.MULTILINE))
    assert list(rows) == list(config.names())
    for name, row in rows.items():
        rule = config.find_rule(name)
        assert rule.about in row, name
        assert ("(*project*)" in row) is rule.workspace, name
        assert all(f"`{choice}`" in row for choice in rule.choices), name
        shown = row.split("|")[0].strip(" `")
        assert config.check(name, shown) == config.Settings().get(name), name


def test_the_page_of_the_command_line_is_what_the_commands_say() -> None:
    made = subprocess.run([sys.executable, ROOT / "scripts" / "build_docs.py", "--check"], timeout=60)
    assert made.returncode == 0


def test_every_filter_and_every_file_role_is_explained() -> None:
    text = page("search.md")
    assert all(f"`{name}:" in text for name in FILTERS)
    assert all(f"`{role}`" in text for role in file_roles.ALL)


def test_the_steps_of_a_score_are_explained() -> None:
    terms = query_terms("retry delay")
    worth = dict.fromkeys(terms.tokens, 1.0)
    query = RankingQuery(
        terms,
        worth,
        worth,
        term_prefixes(worth),
        {(0, 1): 1.0},
        {},
        {(0, 1): NamedMatch(1.0, 2)},
        path_filtered=False,
        now=0.0,
    )
    rows = {
        (0, at): PassageRow(
            at, 1, at * 9, at * 9, "Retry.delay", "retry/delay.py", None, "code", "interact", 0.0
        )
        for at in (1, 2)
    }
    hit, *_ = rank(
        {(0, 1): Fused(0.1, 0.1), (0, 2): Fused(0.5, 0.9)}, rows, Signals(query, WEIGHTS), per_file=1
    )
    steps = [step for step, _ in hit.changes]
    assert len(steps) == len(set(steps)) == 10
    assert all(f"`{step}`" in page("search.md") for step in steps)


def test_every_language_that_is_parsed_is_named() -> None:
    words = set(re.findall(r"\w+", page("languages.md")))
    assert set(GRAMMARS) <= words
    assert {language.id for language in LANGUAGES if language.kind == "doc"} - words <= {
        "textile",
        "subtitles",
    }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), target


def test_every_component_and_every_fault_is_in_the_pages(tmp_path: Path) -> None:
    from faults import FAULTS

    from magray_memory.health.status import read_status
    from magray_memory.storage.home import Home

    names = {part.name for part in read_status(Home(tmp_path), config.Settings(), None).components}
    assert all(f"| `{name}` |" in page("health.md") for name in names)
    text = page("models.md")
    packages = [
        fault for fault in FAULTS if fault.told.startswith(("onnxruntime", "the onnx", "cuda", "lib"))
    ]
    assert len(packages) > 4
    assert all(fault.told in text for fault in packages)


def test_the_example_of_the_library_runs_and_its_rooms_are_there(tmp_path: Path) -> None:
    text = page("library.md")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    project = tmp_path / "my-project"
    project.mkdir()
    (project / "retry.py").write_text("def retry_payment():\n    return 'a failed payment is tried again'\n")
    ran = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout.startswith("1 files, 1 passages\nretry.py:1 retry_payment "), ran.stderr
    with Memory.open(project, home=tmp_path / "my-home") as memory:
        for room, methods in re.findall(r"^\| `memory\.(\w+)` \| (.*) \|$", text, re.MULTILINE):
            for method in re.findall(r"`(\w+)`", methods):
                assert callable(getattr(getattr(memory, room), method)), room
