"""The ignore rules agree with git's on random trees, and add ours in the order that the module says."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from magray_memory.ignore.patterns import parse_rules
from magray_memory.ignore.rules import KEEP, FolderRules, root_rules
from magray_memory.indexing.walk import Tally, WalkOptions, walk

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = [
    "a",
    "b",
    "ab",
    "ж",
    "A",
    "a.b",
    "b.txt",
    "[x]",
    "foo",
    "foobar",
    "#d",
    "!e",
    "x-y",
    "a b",
    " c",
    "c ",
]
if os.name != "nt":
    NAMES += ["a\\b", "f\nx"]
ATOMS = [
    "a",
    "b",
    "*",
    "**",
    "?",
    "[ab]",
    "[!a]",
    "[^b]",
    "\\a",
    "\\",
    ".",
    "[a-c]",
    "[]-b]",
    "[[:alpha:]]",
    "[[:x:]]",
    "[",
    "ж",
    "foo",
    "/",
    "/",
    "**/",
    "/**",
    "/**/",
    "!",
    "#",
    "-",
    "bar",
    "txt",
    "***",
    "[a",
    "[\\]a]",
    "[--z]",
    "[a/b]",
    "[[:digit:][:upper:]]",
    "[:alpha:]",
    "A",
    "\\*",
    "x/y",
    "B-b",
    "[A-Z]",
    "a**",
    " ",
    "\\ ",
    "\r",
    "\t",
]


def git(folder: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "HOME": str(folder.parent / "home"), "GIT_CONFIG_NOSYSTEM": "1"}
    environment.pop("XDG_CONFIG_HOME", None)
    command = ["git", "-c", "core.quotepath=off", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True).stdout


def pattern(rng: random.Random) -> str:
    text = "".join(rng.choice(ATOMS) for _ in range(rng.randint(1, 5)))
    text = ("!" if rng.random() < 0.2 else "") + ("/" if rng.random() < 0.2 else "") + text
    return text + ("/" if rng.random() < 0.2 else "") + ("  " if rng.random() < 0.1 else "")


def patterns(rng: random.Random) -> bytes:
    end = rng.choice(["\n", "\n", "\r\n"])
    return end.join(pattern(rng) for _ in range(rng.randint(1, 5))).encode()


def random_tree(rng: random.Random, base: Path) -> Path:
    root, home = base / "repo", base / "home"
    root.mkdir()
    home.mkdir()
    git(root, "init", "-q")
    folders = [root]
    for _ in range(rng.randint(1, 9)):
        folder = rng.choice(folders) / rng.choice(NAMES)
        folder.mkdir(exist_ok=True)
        folders.append(folder)
    for _ in range(25):
        file = rng.choice(folders) / rng.choice(NAMES)
        if not file.exists():
            file.write_text("x")
    for folder in {root, *rng.sample(folders, min(2, len(folders)))}:
        (folder / ".gitignore").write_bytes(patterns(rng))
    if rng.random() < 0.3:
        (root / ".git/info").mkdir(exist_ok=True)
        (root / ".git/info/exclude").write_bytes(patterns(rng))
    if rng.random() < 0.3:
        (home / ".gitconfig").write_text('[core] ; mine\n\texcludesFile = "~/my ign" # here\n')
        (home / "my ign").write_bytes(patterns(rng))
    elif rng.random() < 0.3:
        (home / ".config/git").mkdir(parents=True)
        (home / ".config/git/ignore").write_bytes(patterns(rng))
    if rng.random() < 0.2:
        git(root, "config", "core.ignorecase", "true")
    return root


def let_in(root: Path) -> set[str]:
    """The files that git's rules, as read here, leave in."""
    found: set[str] = set()

    def visit(folder: Path, rules: FolderRules, prefix: str) -> None:
        for entry in os.scandir(folder):
            is_dir = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or any_match(rules, entry.name, is_dir):
                continue
            if is_dir:
                names = {item.name for item in os.scandir(entry.path)}
                visit(Path(entry.path), rules.enter(entry.name, names, KEEP), f"{prefix}{entry.name}/")
            else:
                found.add(prefix + entry.name)

    names = {entry.name for entry in os.scandir(root)}
    visit(root, root_rules(root, names, environ={"HOME": str(root.parent / "home")}), "")
    return found


def any_match(rules: FolderRules, name: str, is_dir: bool) -> bool:
    for scope, prefix in rules.git:
        answer = scope.match(name, prefix, is_dir)
        if answer is not None:
            return answer
    return False


@needs_git
@pytest.mark.parametrize("block", range(4))
def test_random_rules_on_random_trees_mean_what_git_says(tmp_path: Path, block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        base = tmp_path / str(seed)
        base.mkdir()
        root = random_tree(random.Random(seed), base)
        listed = git(root, "ls-files", "-co", "--exclude-standard", "-z")
        expected = {os.fsdecode(path) for path in listed.split(b"\0") if path}
        assert let_in(root) == expected, f"seed {seed}"


def files(root: Path, **options: Any) -> list[str]:
    return [found.path for found in walk(root, WalkOptions(**options), Tally())]


def make(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")


def test_rules_of_folders_above_a_workspace_hold_up_to_its_repository(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore", "repo/sub/a.py", "repo/sub/b.log2", "repo/sub/deep/c.tmp")
    (tmp_path / ".gitignore").write_text("*.py\n")
    (tmp_path / "repo/.git").mkdir()
    (tmp_path / "repo/.gitignore").write_text("/sub/*.log2\nsub/deep/*.tmp\n")
    assert files(tmp_path / "repo/sub") == ["a.py"]


def test_a_repository_inside_has_rules_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, "inner/kept.txt", "inner/own.txt", "outer.txt")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*.txt\n")
    (tmp_path / "inner/.git").mkdir()
    (tmp_path / "inner/.gitignore").write_text("own.txt\n")
    assert files(tmp_path) == ["inner/kept.txt"]


@needs_git
def test_a_worktree_shares_the_exclude_file_of_its_repository(tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    (main / ".git/info").mkdir(exist_ok=True)
    (main / ".git/info/exclude").write_text("private*\n")
    make(tmp_path / "tree", "private.py", "public.py")
    assert files(tmp_path / "tree") == ["public.py"]


def test_git_configuration_is_followed_through_includes(tmp_path: Path) -> None:
    make(tmp_path / "ws", "a.x", "a.y")
    (tmp_path / "ws/.git").mkdir()
    (tmp_path / "ws/.git/config").write_text("[include]\n\tpath = ../../more\n")
    (tmp_path / "more").write_text("[Core]\nExcludesFile = ../\\\nlists/x\n")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/x").write_text("*.x\n")
    assert files(tmp_path / "ws") == ["a.y"]


@needs_git
@pytest.mark.parametrize(
    "condition",
    [
        "gitdir:~/work/",
        "gitdir:~/Work/",
        "gitdir/i:~/WORK/",
        "gitdir:work/one/.git",
        "gitdir:one/",
        "gitdir:ne/",
        "gitdir:./work/**",
        "gitdir:/nowhere/",
        "gitdir:{home}/work/o?e/.git",
        "onbranch:none",
    ],
)
def test_git_configuration_for_some_repositories_is_followed_like_git_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    root = tmp_path / "work" / "one"
    make(root, "a.x", "a.y")
    git(root, "init", "-q")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    condition = condition.format(home=tmp_path)
    (tmp_path / ".gitconfig").write_text(f'[includeIf "{condition}"]\n\tpath = other\n')
    (tmp_path / "other").write_text("[core]\nexcludesFile = ~/mine\n")
    (tmp_path / "mine").write_text("*.x\n")
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True
    ).stdout
    assert files(root) == sorted(os.fsdecode(listed).split())


def test_our_files_come_before_gits_and_the_settings_before_both(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b.txt", "c.txt", "sub/d.txt")
    (tmp_path / ".gitignore").write_text("*.txt\n")
    (tmp_path / ".magrayignore").write_text("!a.txt\n!b.txt\n")
    (tmp_path / "sub/.magrayignore").write_text("!*.txt\n")
    assert files(tmp_path) == ["a.txt", "b.txt", "sub/d.txt"]
    assert files(tmp_path, ignore=("/b.txt", "sub/")) == ["a.txt"]


def test_defaults_leave_out_rubbish_and_include_wins_it_back(tmp_path: Path) -> None:
    rubbish = [
        "node_modules/m/index.js",
        "ru.po",
        "app.min.js",
        "yarn.lock",
        "x.js.map",
        "Form.Designer.cs",
        "Texte.PO",
        ".hidden/a.py",
        "logo.svg",
    ]
    make(tmp_path, "app.js", *rubbish)
    assert files(tmp_path) == ["app.js"]
    wanted = files(tmp_path, include=("*.po", "/node_modules/", "*.min.js", ".hidden/"))
    assert wanted == ["app.js", "app.min.js", "ru.po", ".hidden/a.py", "node_modules/m/index.js"]


def test_include_does_not_win_over_what_git_ignores(tmp_path: Path) -> None:
    make(tmp_path, "a.po", "b.po")
    (tmp_path / ".gitignore").write_text("a.po\n")
    assert files(tmp_path, include=("*.po",)) == ["b.po"]


def test_caches_and_environments_are_known_by_their_mark(tmp_path: Path) -> None:
    make(tmp_path, "target/CACHEDIR.TAG", "target/a.rs", "env/pyvenv.cfg", "env/lib/b.py", "build/c.py")
    assert files(tmp_path) == ["build/c.py"]


def test_secrets_stay_out_whatever_the_settings_say(tmp_path: Path) -> None:
    secrets = [
        ".env",
        ".env.local",
        "id_rsa",
        ".ssh/config",
        "x.pem",
        "x.pem.old",
        "ssh_host_rsa_key",
        ".bash_history",
    ]
    make(tmp_path, *secrets, ".env.example", "id_rsa.pub")
    (tmp_path / ".magrayignore").write_text("!*\n")
    found = files(tmp_path, include=("*",), hidden=True)
    assert set(found) == {".env.example", ".magrayignore", "id_rsa.pub"}


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("*a" * 40 + "b", "a" * 255),
        ("**/a/" * 40 + "b", "a/" * 500 + "c"),
        ("a**" * 50 + "/b", "a" * 4000),
        ("*?[ab]" * 40 + "z", "a" * 250),
        ("x/" + "*a*/" * 10 + "z", "x/" + ("a" * 200 + "/") * 10 + "c"),
    ],
)
@pytest.mark.timeout(60)  # a matcher that goes back and forth needs longer than the universe has been there
def test_no_pattern_can_hang_the_walk(rule: str, path: str) -> None:
    folder, _, name = path.rpartition("/")
    assert parse_rules(rule.encode()).match(name, f"{folder}/" if folder else "", False) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_rule_file_that_is_a_pipe_or_a_link_is_not_opened(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "rules")
    (tmp_path / "rules").write_text("*\n")
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / ".magrayignore").symlink_to("rules")
    assert files(tmp_path) == ["a.py", "rules"]
