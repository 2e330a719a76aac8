"""Golden files: the help of every command and its plain output on one small project, compared exactly.

After an intended change `UPDATE_GOLDEN=1 pytest tests/server/cli/test_golden.py` rewrites them, and the
difference is read and committed. What depends on the machine (paths, times, sizes, scores) is masked.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from magray_server.cli.program import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Magray

GOLDEN = Path(__file__).with_name("golden")

ON_AN_INDEXED_PROJECT = {
    "search": [
        "search 'where is a failed payment retried'",
        "search --explain -k 1 'failed payment'",
        "search refresh lang:py",
        "search --mode lexical -k 1 запрос",
        "search --mode lexical zzzzqq",
        "search --lang klingon x",
        "search --in notebook backups",
        "search",
    ],
    "related": ["related src/auth/session.py:2", "related -k 1 docs/guide.md", "related nowhere.py"],
    "why": ["why src/auth/session.py docs", "why nowhere.py", "why /", "why"],
    "coverage": ["coverage", "coverage --rule hidden", "coverage --rule nope"],
    "status": ["status", "status --deep", "status --workspace /nowhere"],
    "doctor": ["doctor", "doctor --fix"],
    "model": [
        "model list",
        "model show",
        "model show bge-m3",
        "model verify",
        "model pull nope",
        "model use nope",
    ],
    "completion": ["completion bash", "completion zsh", "completion fish", "completion csh"],
    "program": ["--version", "serch x", "memory vault drop /nowhere"],
}
"""What these commands print; they change nothing."""

ON_A_NEW_PROJECT = {
    "index": [
        "search retry",
        "status",
        "vault list",
        "index --lexical src",
        "index",
        "index",
        "index --force",
        "index docs/guide.md",
        "index nowhere.py",
        "index .gitignore",
        "index /",
        "-q index",
    ],
    "remember": [
        "remember 'Payments are retried three times.' --tag billing --kind decision --title Retries",
        "remember 'Payments are retried three times.'",
        "remember 'Payments are retried three times.' --tag ops --pin",
        "remember 'Payments are retried three times'",
        "remember '' --source src/auth/session.py:1-2 --layer assets --pin",
        "remember",
        "remember x --kind code",
        "remember x --source src/auth/session.py:90",
        "search --in notebook --mode lexical retried",
    ],
    "recall": [
        "remember 'Payments are retried three times.' --tag billing/retry --kind decision --title Retries",
        "remember 'Payments are retried five times.' --supersedes n1 --source src/auth/session.py:1-2",
        "recall --mode lexical 'retried payments yesterday'",
        "recall --mode lexical billing",
        "recall --mode lexical retried --as-of 2020-01-01",
        "recall x --as-of soon",
        "recall --explain --mode lexical five",
        "recall",
    ],
    "list": [
        "list",
        "remember one --tag ops",
        "remember two --pin --layer assets --kind todo",
        "list",
        "list --tag ops",
        "list --kind fact",
        "list -n 1",
        "list --after nowhere",
    ],
    "show": [
        "show n1",
        "remember one --tag ops --title 'The first' --key first --source src/auth/session.py:1-2",
        "remember 'Instead of [[The first]].' --supersedes n1",
        "show n1",
        "show n2",
        "show n99",
    ],
    "edit": [
        "remember one",
        "edit n1 --text two",
        "edit n1 --title 'A title' --kind fact",
        "edit n1 --text three --version old",
        "show n1 --history",
    ],
    "tag": ["remember one", "tag n1 +ops +draft", "tag n1 -draft", "tag n1 '+two words'", "tag n1 -ops"],
    "pin": ["remember one", "pin n1", "pin n1 n99"],
    "unpin": ["remember one --pin", "unpin n1"],
    "forget": [
        "remember one",
        "forget n1 n99",
        "forget n1",
        "forget n1",
        "show n1",
        "edit n1 --text x",
        "forget --purge n1 n99",
        "forget --purge n1",
        "show n1",
        "forget --purge n1",
    ],
    "stats": [
        "stats",
        "remember 'Payments are retried three times.' --tag billing",
        "search --mode lexical payments",
        "search --mode lexical zeppelin",
        "show n1",
        "stats",
        "stats --since nope",
    ],
    "promote": [
        "promote",
        "remember '# Ports\n\nThe port is 8080.' --importance 0.9",
        "remember two",
        "promote --dry-run",
        "promote",
        "promote n2 --layer assets",
        "promote n2",
        "promote n1 n99",
        "promote --layer assets",
        "promote n1 --layer attic",
    ],
    "clean": ["clean", "remember one", "clean --dry-run", "clean"],
    "trash": [
        "trash list",
        "remember one",
        "forget n1",
        "trash list",
        "trash restore n1",
        "list",
        "trash empty n1",
        "trash empty",
        "forget n1",
        "trash empty",
        "trash list",
        "show n1",
    ],
    "export": [
        "export out.json",
        "remember 'Payments are retried three times.' --tag billing --title 'Retries: how?'",
        "export out.json",
        "export docs/guide.md",
        "export notes --format markdown",
        "export notes",
        "export - --format markdown",
        "export out.json --tag none",
        "export",
    ],
    "import": [
        "remember 'Payments are retried three times.' --tag billing",
        "export out.json",
        "import out.json",
        "import docs --dry-run",
        "import docs --tag guide",
        "import docs --from auto",
        "import docs --from nope",
        "import src/auth/session.py",
        "import nowhere.json",
        "import",
    ],
    "backup": [
        "backup",
        "backup list",
        "remember 'Payments are retried three times.' --tag billing",
        "backup",
        "backup list",
        "backup prune",
        "backup verify",
        "backup verify nowhere.zip",
        "backup drill",
        "backup --output out.txt/x.zip",
        "backup --full list",
    ],
    "restore": [
        "restore latest",
        "remember 'Payments are retried three times.' --tag billing",
        "backup",
        "remember 'Refunds are not.'",
        "restore latest",
        "restore latest --dry-run",
        "restore latest --yes",
        "restore nowhere.zip --yes",
    ],
    "optimize": ["optimize", "index", "optimize --dry-run", "optimize", "optimize --dry-run"],
    "vault": ["index --lexical", "vault list", "vault drop /nowhere", "vault drop .", "vault list"],
    "config": [
        "config path",
        "config show",
        "config set search.k 20",
        "config get search.k",
        "config set search.k x",
        "config set search.k 0",
        "config set nope 1",
        "config get nope",
        "config set index.ignore '[\"*.log\"]'",
        "config show",
    ],
}
"""What these print one after the other."""

RECORDS = {
    "remember",
    "recall",
    "list",
    "show",
    "edit",
    "tag",
    "pin",
    "unpin",
    "forget",
    "promote",
    "clean",
    "stats",
    "trash",
}
"""Transcripts with the times of records."""

COLUMNS = {"model", "config", "completion", "program"}
"""Transcripts without a figure that depends on the machine: compared to the last blank."""


def check(name: str, text: str) -> None:
    """Compare with the golden file, or write it where UPDATE_GOLDEN says so."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is not there; UPDATE_GOLDEN=1 writes it"
    assert text == path.read_text(encoding="utf-8")


def transcript(shell: Magray, name: str, lines: list[str]) -> str:
    parts = []
    # A machine that is busy with tests takes longer; only `config` shows it.
    env = {} if name == "config" else {"MAGRAY_EMBEDDING__PROBE_SECONDS": "120"}
    for line in lines:
        result = shell(*shlex.split(line), env=env)
        parts.append(f"$ magray {line}\n{result.out}")
        parts.extend(f"! {said}\n" for said in result.err.splitlines())
        parts.append(f"= {result.code}\n\n")
    text = "".join(parts)
    text = text.replace(str(shell.home), "HOME").replace(str(shell.cwd), "PROJECT")
    text = re.sub(r"\S+/(?=models/bundled/)", "PACKAGE/", text)
    text = re.sub(r"[0-9a-f]{16}(?=\.db)", "VAULT", text)
    text = re.sub(r"reference text \d\.\d+", "reference text N", text)
    text = re.sub(r"(?m)^magray \d\S*", "magray VERSION", text)
    if name in COLUMNS:
        return text
    if name in RECORDS:
        text = re.sub(r"\b20\d\d-\d\d-\d\d(?: \d\d:\d\d)?\b", "DATE", text)
        text = re.sub(r"\b\d{10}\.\d+,", "POSITION,", text)
    text = re.sub(r"\b(?:\d+\.\d|\d\d+) s\b", "N s", text)
    text = re.sub(r"\b[\d.,]+ (B|kB|MB|GB)\b", "SIZE", text)
    text = re.sub(r"\b\d+ ms\b", "N ms", text)
    text = re.sub(r"magray-\d{8}T\d{6}Z", "magray-TIME", text)
    text = re.sub(r"made \d{4}-\S+", "made TIME", text)
    text = re.sub(r"just now|\d+ \w+ ago", "AGE", text)
    text = re.sub(r"(?m)(?<=  )-?\d+\.\d\d(?=  |$)", "SCORE", text)
    text = re.sub(r"(?<= )[+-]\d+\.\d{3}\b", "STEP", text)
    text = re.sub(r"\bconfidence [01]\.\d\d\b", "confidence SHARE", text)
    # The width of a column depends on what was masked.
    return re.sub(r"(?<=\S) {2,}", "  ", text)


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names that lead to each command."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, (*path, name))


PATHS = list(walk(cli))
NAMES = ["-".join(("magray", *path)) for path in PATHS]


@pytest.mark.parametrize(("path", "name"), list(zip(PATHS, NAMES, strict=True)), ids=NAMES)
def test_the_help_of_every_command(path: tuple[str, ...], name: str) -> None:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*path, "--help"], prog_name="magray")
    check(f"help/{name}", result.output)


@pytest.mark.parametrize("name", ON_AN_INDEXED_PROJECT)
def test_what_a_command_prints_of_an_indexed_project(name: str, indexed: Magray) -> None:
    check(name, transcript(indexed, name, ON_AN_INDEXED_PROJECT[name]))


@pytest.mark.parametrize("name", ON_A_NEW_PROJECT)
def test_what_a_command_prints_of_a_new_project(name: str, magray: Magray) -> None:
    magray.embed_all()
    check(name, transcript(magray, name, ON_A_NEW_PROJECT[name]))


def test_every_command_has_a_transcript_and_every_golden_file_its_command() -> None:
    golden = {path.stem for path in GOLDEN.glob("*.txt")}
    assert golden == {*ON_AN_INDEXED_PROJECT, *ON_A_NEW_PROJECT}
    assert golden - {"program"} == set(cli.list_commands(click.Context(cli)))
    assert {path.stem for path in (GOLDEN / "help").glob("*.txt")} == set(NAMES)
