"""The command as such: help, global flags, errors and exit codes, streams that fail."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from magray_memory import __version__

if TYPE_CHECKING:
    from .conftest import Magray

ROOT = Path(__file__).parents[3]
COMMANDS = (
    *("index", "why", "coverage", "search", "related"),
    *("recall", "remember", "list", "show", "edit", "tag", "pin", "unpin", "forget"),
    *("promote", "clean", "trash", "export", "import"),
    *("stats", "status", "doctor", "backup", "restore", "optimize", "vault", "model", "config", "completion"),
)
WRITERS = ("magray_memory.records.store", "magray_memory.index.lexical", "magray_memory.indexing.parse")
NATIVE = (
    "numpy",
    "onnxruntime",
    "tokenizers",
    "hnswlib",
    "tree_sitter",
    "Stemmer",
    "rich",
    "tomlkit",
    "yaml",
    "msgspec",
)


def test_the_version_is_that_of_the_package(magray: Magray) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" not in project and project["dynamic"] == ["version"]
    assert metadata.version("magray") == __version__
    result = magray("--version")
    assert (result.code, result.out, result.err) == (0, f"magray {__version__}\n", "")


def test_help_names_every_command_and_shows_how(magray: Magray) -> None:
    result = magray("--help")
    assert result.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\S", result.out, re.MULTILINE)
    assert 'magray search "' in result.out


@pytest.mark.parametrize(
    "command",
    ["index", "search", "related", "status", "vault list", "vault drop", "config path", "config show",
     "config get", "config set", "completion"],
)  # fmt: skip
def test_every_command_has_an_example_in_its_help(magray: Magray, command: str) -> None:
    result = magray(*command.split(), "--help")
    assert result.code == 0
    example = result.out.partition("Example")[2]
    assert "magray" in example
    assert command.split()[-1] in example


@pytest.mark.parametrize("group", ["vault", "model", "config"])
def test_a_group_of_commands_shows_an_example_of_each(magray: Magray, group: str) -> None:
    example = magray(group, "--help").out.partition("Example")[2]
    assert example.count(f"magray {group} ") >= 2


def test_readme_names_every_command_and_no_other(magray: Magray) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    code = "\n".join(re.findall(r"`(magray [^`]*)`", readme) + re.findall(r"(?m)^magray .*$", readme))
    named = set(re.findall(r"(?m)^magray (?:--workspace \S+ )?([a-z]+)", code))
    assert set(COMMANDS) <= named
    assert named <= set(COMMANDS)


def test_without_a_command_it_helps_and_fails(magray: Magray) -> None:
    result = magray()
    assert (result.code, result.out) == (2, "")
    assert "Usage: magray" in result.err


@pytest.mark.parametrize(
    "line", ["--json status", "status --json", "memory --json status", "memory status --json"]
)
def test_global_flags_stand_anywhere_and_memory_is_the_same_set(magray: Magray, line: str) -> None:
    result = magray(*line.split())
    assert result.code == 0
    assert result.json["home"] == str(magray.home)


def test_home_and_workspace_after_the_command(magray: Magray, tmp_path: Path) -> None:
    home = tmp_path / "other"
    assert magray("config", "path", "--home", str(home)).out == f"{home / 'config.toml'}\n"
    assert magray("--home", str(home), "config", "path").out == f"{home / 'config.toml'}\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "serach x",
            "error: magray: there is no command 'serach'; did you mean 'search'? (try: magray --help)",
        ),
        ("search --nope x", "error: magray search: no such option"),
        ("search x -k many", "error: magray search: invalid value for '-k'"),
        ("search", "error: QUERY: there is nothing to search for"),
        ("search x --in attic", "error: magray search: invalid value for '--in'"),
        ("related", "error: magray related: missing argument"),
        (
            "--workspace /does/not/exist index",
            "error: /does/not/exist is not a workspace: there is no such folder",
        ),
        ("status --home=", "error: magray status: invalid value for '--home': it is empty"),
        ("config get search.kk", "error: setting 'search.kk': there is no such setting (try: search.k)"),
        ("completion powershell", "error: magray completion: invalid value"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(magray: Magray, line: str, message: str) -> None:
    result = magray(*line.split())
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(message)
    assert result.err.count("\n") == 1
    as_json = magray("--json", *line.split())
    assert as_json.code == 2
    assert set(as_json.json["error"]) == {"code", "message", "hint"}


def test_a_traceback_is_shown_only_on_request(magray: Magray) -> None:
    line = ("--workspace", "/does/not/exist", "index")
    assert "Traceback" not in magray(*line).err
    assert "Traceback" in magray(*line, "--verbose").err


def run_code(magray: Magray, code: str) -> subprocess.CompletedProcess[str]:
    """Runs Python code in a process of its own, where the command runs."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=magray.cwd,
        env=magray.environment(),
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    "line", [["--help"], ["--version"], ["status"], ["config", "show"], ["vault", "list"]]
)
def test_nothing_native_is_loaded_to_say_how_things_are(indexed: Magray, line: list[str]) -> None:
    code = (
        "import sys\nfrom magray_server.cli.program import run\n"
        f"run({line!r})\n"
        f"print('loaded:', [n for n in {NATIVE!r} if n in sys.modules], file=sys.stderr)\n"
    )
    done = run_code(indexed, code)
    assert "loaded: []" in done.stderr


@pytest.mark.parametrize("line", [["list"], ["show", "n1"]])
def test_nothing_that_writes_or_parses_is_loaded_to_show_records(magray: Magray, line: list[str]) -> None:
    assert magray("remember", "the gate opens at seven").code == 0
    code = (
        "import sys\nfrom magray_server.cli.program import run\n"
        f"run({line!r})\n"
        f"print('loaded:', [n for n in {WRITERS!r} if n in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=magray.cwd,
        env=magray.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "gate opens" in done.stdout
    assert "loaded: []" in done.stderr


UNNEEDED = ("peewee", "tempfile", "subprocess", "magray_memory.models.onnx.smoke_test")


@pytest.mark.parametrize(
    ("line", "unneeded", "databases"),
    [
        (["status"], (*UNNEEDED, "concurrent.futures"), ["workspace"]),
        (["search", "gate", "--mode", "lexical"], (*UNNEEDED, "numpy", "tomllib"), ["workspace", "usage.db"]),
        (["search", "gate"], (*UNNEEDED,), ["workspace", "usage.db"]),
    ],
)
def test_a_command_loads_and_opens_what_it_needs_and_each_database_once(
    indexed: Magray, line: list[str], unneeded: tuple[str, ...], databases: list[str]
) -> None:
    code = (
        "import json, sys\nopened = []\n"
        "sys.addaudithook(lambda event, args: event == 'sqlite3.connect' and opened.append(str(args[0])))\n"
        "from magray_server.cli.program import run\n"
        f"code = run({line!r})\n"
        f"loaded = [name for name in {unneeded!r} if name in sys.modules]\n"
        "print(json.dumps([code, loaded, opened]), file=sys.stderr)\n"
    )
    done = run_code(indexed, code)
    exit_code, loaded, opened = json.loads(done.stderr.splitlines()[-1])
    assert exit_code == 0, done.stderr
    assert loaded == []
    names = [Path(address.partition("?")[0]) for address in opened]
    assert ["workspace" if path.parent.name == "workspaces" else path.name for path in names] == databases


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_a_reader_that_leaves_is_no_error(magray: Magray) -> None:
    process = magray.start("config", "show", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_a_failure(magray: Magray) -> None:
    with Path("/dev/full").open("wb") as full:
        process = magray.start("config", "show", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith(b"error: the output cannot be written")


@pytest.mark.skipif(os.name == "nt", reason="a shell's redirection")
def test_closed_output_does_no_harm(magray: Magray) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *magray.command, "status"],
        cwd=magray.cwd,
        env=magray.environment(),
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a name that is no Unicode")
def test_without_stderr_a_strange_name_costs_no_exit_code(magray: Magray) -> None:
    (Path(os.fsdecode(bytes(magray.cwd) + b"/a\xff.txt"))).write_text("alpha")
    done = subprocess.run(
        ["sh", "-c", '"$@" 2>&-', "sh", *magray.command, "index", "--lexical"],
        cwd=magray.cwd,
        env=magray.environment(),
        check=False,
        stdout=subprocess.PIPE,
    )
    assert done.returncode == 3 and b"indexed" in done.stdout


def test_output_that_knows_only_ascii(indexed: Magray) -> None:
    env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    result = indexed("search", "ключи подписи".encode(), "--mode", "lexical", env=env)
    assert result.code == 0
    assert "\\u0417" in result.out
    as_json = indexed("--json", "search", "ключи подписи".encode(), "--mode", "lexical", env=env)
    assert "Ключи" in as_json.json["hits"][0]["snippet"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_is_130_and_quiet(magray: Magray) -> None:
    process = magray.start(
        "search", "--batch", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(magray: Magray, shell: str) -> None:
    result = magray("completion", shell)
    assert result.code == 0
    assert "_MAGRAY_COMPLETE" in result.out
    assert result.err == ""


def test_completion_completes_commands_and_options(magray: Magray) -> None:
    def complete(words: str, at: int) -> str:
        env = {"_MAGRAY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        return magray(env=env).out

    assert "plain,search" in complete("magray se", 1)
    assert "plain,--batch" in complete("magray search --b", 2)
    assert "plain,list" in complete("magray vault l", 2)
    assert complete("magray search --lang py", 3) == "plain,python\n"
    assert "plain,search.k" in complete("magray config get search.", 3)


def test_logging_goes_to_stderr_or_a_file(magray: Magray, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert magray("status", env={"MAGRAY_LOG": f"debug:{log}"}).code == 0
    assert log.exists()
    assert "names no level" in magray("status", env={"MAGRAY_LOG": "loud"}).err
