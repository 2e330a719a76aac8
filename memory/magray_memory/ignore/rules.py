"""Ignore rules applied: which entries of a workspace are left out, and by which rule.

Asked from the strongest to the weakest, the first that speaks decides:

1. secrets and the stores of version control: always out;
2. `index.ignore` of the settings, then `.magrayignore` files, the nearest folder first; a `!` pattern here
   also wins back what the defaults below leave out;
3. git's rules: `.gitignore` files, nearest first, up to the top of the repository (above the workspace too),
   then `info/exclude`, then `core.excludesFile`; they count in folders outside of any repository as well, and
   say nothing about what git tracks all the same;
4. hidden names (unless `index.hidden`) and the default exclusions, which `index.include` wins back.

A file of rules that cannot be used (too large, unreadable, too many patterns) is a fault of its folder: what
it would hide is not known, so nothing below that folder is indexed.

A repository inside the workspace, a submodule or not, starts with git's rules of its own. What is inside a
folder that is left out is never looked at, so it cannot be won back: include the folder. Only what git tracks
in a folder that git's rules leave out is found without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore import defaults
from magray_memory.ignore.git_index import TrackedFiles
from magray_memory.ignore.gitdir import (
    find_repository,
    person_excludes_file,
    read_repository,
    read_rule_file,
)
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.patterns import RuleSet, parse_rules
from magray_memory.ignore.secret_names import SECRET_FOLDERS, is_secret

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path

    from magray_memory.ignore.gitdir import Repository

Scope = tuple[RuleSet, str]
"""Rules, and the path of the current folder from theirs: empty or ending in `/`."""


class Verdict(NamedTuple):
    """The rule that leaves an entry out, None when it stays, and whether it was asked for by name
    (`index.include` and the like).
    """

    rule: IgnoreRule | None
    wanted: bool = False
    only_tracked: bool = False
    """Of a folder: git's rules leave it out, and git tracks something in it."""


class RuleFault(NamedTuple):
    """Why the rules of a folder cannot be known; `lasting`: until the file changes, not only for now."""

    file: Path
    sentence: str
    lasting: bool


class Budget:
    """What the rules of one walk may cost; shared by all its folders."""

    def __init__(self) -> None:
        self.globs = MAX_GLOBS


MAX_GLOBS = 20_000
"""Patterns with wildcards inside them, over all ignore files of a walk: each costs a regular expression."""

KEEP = Verdict(None)
WANTED = Verdict(None, wanted=True)
IGNORED = Verdict(IgnoreRule.PATTERN)
SECRET = Verdict(IgnoreRule.SECRET)
HIDDEN = Verdict(IgnoreRule.HIDDEN)
DEFAULT = Verdict(IgnoreRule.DEFAULT)


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules that hold in one folder; each group nearest first."""

    folder: Path
    settings: Scope
    magray: tuple[Scope, ...]
    git: tuple[Scope, ...]
    include: Scope
    fold: bool
    hidden: bool
    budget: Budget
    tracked: TrackedFiles | None = None
    """The files that the repository around the folder tracks; None outside of any."""
    inside: str = ""
    """The path of the folder from the top of that repository, empty or ending in `/`."""
    only_tracked: bool = False
    """Whether git's rules leave the folder out, so that only what git tracks in it stays."""
    fault: RuleFault | None = None
    warning: str = ""
    """What is wrong with the configuration of the repository that begins here, as a sentence."""

    def fault_under(self, root: Path) -> str:
        """The fault, with its file as it is named in the workspace `root`; empty where there is none."""
        if self.fault is None:
            return ""
        file = self.fault.file
        named = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
        return f"{named}: {self.fault.sentence}"

    def judge(self, name: str, is_dir: bool) -> Verdict:
        """What becomes of the entry `name` of this folder."""
        if is_dir:
            if name in defaults.ALWAYS_LEFT_OUT:
                return DEFAULT
            if name.lower() in SECRET_FOLDERS:
                return SECRET
        elif is_secret(name):
            return SECRET
        asked = _first((self.settings, *self.magray), name, is_dir)
        if asked is not None:
            return IGNORED if asked else WANTED
        if self.only_tracked or _first(self.git, name, is_dir):  # `ignored_by_git` without a call
            if self.tracked is None or not self.tracked.holds(self.inside + name, is_dir):
                return IGNORED
            return self._judge_by_defaults(name, is_dir)._replace(only_tracked=is_dir)
        return self._judge_by_defaults(name, is_dir)

    def ignored_by_git(self, name: str, is_dir: bool) -> bool:
        """Whether git's rules name the entry `name` of this folder or a folder above it, tracked or not."""
        return self.only_tracked or bool(_first(self.git, name, is_dir))

    def _judge_by_defaults(self, name: str, is_dir: bool) -> Verdict:
        rules, prefix = self.include
        if rules and rules.match(name, prefix, is_dir):
            return WANTED
        if not self.hidden and name.startswith("."):
            return HIDDEN
        if (not is_dir and defaults.is_binary_name(name)) or defaults.default_rules().match(name, "", is_dir):
            return DEFAULT
        return KEEP

    def enter(self, name: str, listing: Container[str], verdict: Verdict) -> FolderRules:
        """The rules of the folder `name` of this one; `listing` are the names in it, `verdict` is what was
        judged of it.
        """
        step = f"{name}/"
        moved = FolderRules(
            self.folder / name,
            _moved(self.settings, step),
            tuple(_moved(scope, step) for scope in self.magray),
            tuple(_moved(scope, step) for scope in self.git),
            _moved(self.include, step),
            self.fold,
            self.hidden,
            self.budget,
            self.tracked,
            self.inside + step,
            verdict.only_tracked,
        )
        if ".git" in listing:
            repository = read_repository(moved.folder)
            reader = _ScopeReader(self.budget)
            git = reader.of_repository(repository, "")
            moved = replace(
                moved,
                git=git,
                fold=repository.ignore_case,
                tracked=_tracked(repository),
                inside="",
                only_tracked=False,
                fault=reader.fault,
                warning=repository.fault or reader.warning,
            )
        return _with_files(moved, listing)


def root_rules(
    root: Path,
    listing: Container[str],
    *,
    ignore: Sequence[str] = (),
    include: Sequence[str] = (),
    hidden: bool = False,
    environ: Mapping[str, str] | None = None,
) -> FolderRules:
    """The rules of a workspace's root: the settings', the repository's around it, and those of its own files.

    `ignore` and `include` are patterns relative to `root`; `listing` are the names in it.
    """
    repository = find_repository(root, environ)
    reader = _ScopeReader(Budget())
    git: tuple[Scope, ...] = ()
    fold, inside = False, ""
    if repository is None:
        git = reader.of_person(person_excludes_file(root, environ))
    else:
        fold = repository.ignore_case
        between = root.relative_to(repository.top).parts
        inside = "".join(f"{part}/" for part in between)
        git = reader.of_repository(repository, inside)
        for depth in range(len(between)):
            folder = repository.top.joinpath(*between[:depth])
            prefix = "".join(f"{part}/" for part in between[depth:])
            git = (*reader.read(folder / ".gitignore", prefix, fold=fold, follow=False), *git)
    rules = FolderRules(
        folder=root,
        settings=_written(ignore),
        magray=(),
        git=git,
        include=_written(include),
        fold=fold,
        hidden=hidden,
        budget=reader.budget,
        tracked=None if repository is None else _tracked(repository),
        inside=inside,
        fault=reader.fault,
        warning=(repository.fault if repository is not None else "") or reader.warning,
    )
    return _with_files(rules, listing)


def _tracked(repository: Repository) -> TrackedFiles:
    return TrackedFiles(repository.index, repository.hash_bytes, fold=repository.ignore_case)


def _first(scopes: tuple[Scope, ...], name: str, is_dir: bool) -> bool | None:
    for rules, prefix in scopes:
        answer = rules.match(name, prefix, is_dir)
        if answer is not None:
            return answer
    return None


def _moved(scope: Scope, step: str) -> Scope:
    return scope[0], scope[1] + step


def _with_files(rules: FolderRules, listing: Container[str]) -> FolderRules:
    """With the rule files that lie in the folder itself, which come before those from above."""
    reader = _ScopeReader(rules.budget)
    if ".gitignore" in listing:
        found = reader.read(rules.folder / ".gitignore", fold=rules.fold, follow=False)
        rules = replace(rules, git=(*found, *rules.git))
    if ".magrayignore" in listing:
        found = reader.read(rules.folder / ".magrayignore", follow=False)
        rules = replace(rules, magray=(*found, *rules.magray))
    return rules if reader.fault is None else replace(rules, fault=rules.fault or reader.fault)


class _ScopeReader:
    """Reads files of rules; `fault` is the first that was wrong with one, `warning` what it does without."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.fault: RuleFault | None = None
        self.warning = ""

    def of_repository(self, repository: Repository, prefix: str) -> tuple[Scope, ...]:
        """The rules of a repository besides its `.gitignore` files."""
        fold = repository.ignore_case
        return (
            *self.read(repository.exclude_file, prefix, fold=fold),
            *self.of_person(repository.excludes_file, prefix, fold=fold),
        )

    def of_person(self, file: Path | None, prefix: str = "", *, fold: bool = False) -> tuple[Scope, ...]:
        """The person's own rules; like git, do without them where the system refuses to read them."""
        before, scopes = self.fault, self.read(file, prefix, fold=fold)
        if before is None and self.fault is not None and not self.fault.lasting:
            self.warning = f"{self.fault.file} is ignored: {self.fault.sentence}"
            self.fault = None
        return scopes

    def read(
        self, file: Path | None, prefix: str = "", *, fold: bool = False, follow: bool = True
    ) -> tuple[Scope, ...]:
        """The rules of a file, or nothing when it has none. Git follows no links to rule files inside a
        repository.
        """
        if file is None:
            return ()
        found = read_rule_file(file, follow=follow)
        if found.fault:
            self.fault = self.fault or RuleFault(file, found.fault, found.lasting)
            return ()
        rules = parse_rules(found.data, fold=fold, file=file)
        if rules.globs > self.budget.globs:
            sentence = f"its patterns with wildcards exceed the {MAX_GLOBS:,} that all ignore files may have"
            self.fault = self.fault or RuleFault(file, sentence, lasting=True)
            return ()
        self.budget.globs -= rules.globs
        return ((rules, prefix),) if rules else ()


def _written(patterns: Sequence[str]) -> Scope:
    return parse_rules("\n".join(patterns).encode("utf-8", "replace")), ""
