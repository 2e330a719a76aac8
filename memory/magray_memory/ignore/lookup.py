"""Lookup of left-out paths: which rule leaves an entry out, where that rule stands, and what it says.

A walk only counts; this is for whoever asks about one path, or for a list of them.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore import defaults
from magray_memory.ignore.gitdir import same_repository
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.rules import Verdict, root_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from magray_memory.ignore.patterns import Rule, RuleSet
    from magray_memory.ignore.rules import FolderRules


class LeftOut(NamedTuple):
    """An entry that is left out; `path` ends with `/` for a folder, which stands for all that is in it."""

    path: str
    rule: IgnoreRule
    detail: str
    """A few words for a person."""
    source: str = ""
    """Where the rule stands, as `.gitignore:3`, or the setting; empty where it is built in."""
    pattern: str = ""

    @property
    def sentence(self) -> str:
        """The reason for a person, in lower case and without a full stop."""
        return f"left out by {_NAMES[self.rule]}: {self.detail}"


_NAMES = {
    IgnoreRule.PATTERN: "an ignore rule",
    IgnoreRule.SECRET: "the rule for secrets",
    IgnoreRule.HIDDEN: "the rule for hidden names",
    IgnoreRule.DEFAULT: "a default exclusion",
    IgnoreRule.LINK: "the rule for links",
    IgnoreRule.SPECIAL_FILE: "the rule for special files",
    IgnoreRule.DATA_DUMP: "the rule for data dumps",
    IgnoreRule.CACHE: "the rule for caches and environments",
    IgnoreRule.BINARY: "the rule for binary files",
    IgnoreRule.GENERATED: "the rule for generated files",
    IgnoreRule.MINIFIED: "the rule for minified files",
    IgnoreRule.WORKTREE: "the rule for worktrees",
}
_CONTENT = {
    IgnoreRule.BINARY: "it is no text",
    IgnoreRule.GENERATED: "it says that a tool wrote it",
    IgnoreRule.MINIFIED: "most of its lines are longer than anybody writes them",
    IgnoreRule.SECRET: "it holds a secret",
}


def left_out_by_content(path: str, rule: IgnoreRule, seen: str) -> LeftOut:
    """The entry of a file that its content left out; `seen` is what was seen in it."""
    detail = _CONTENT.get(rule, str(rule))
    return LeftOut(path, rule, f"{detail}: {seen}" if seen else detail)


def left_out(rule: IgnoreRule, path: str, rules: FolderRules) -> LeftOut:
    """The entry at `path` (a folder's ends with `/`), which `rule` leaves out of the folder of `rules`."""
    is_dir = path.endswith("/")
    name = path.rstrip("/").rpartition("/")[2]
    place = rules.folder / name
    root = rules.folder
    for _ in range(path.rstrip("/").count("/")):
        root = root.parent
    if rule is IgnoreRule.PATTERN:
        return _by_pattern(path, rules, name, is_dir, root)
    if rule is IgnoreRule.DEFAULT:
        found = defaults.default_rules().deciding(name, "", is_dir)
        if found is None:
            detail = "version control keeps its data there" if is_dir else "files of this ending are no text"
            return LeftOut(path, rule, detail)
        pattern = _text(found.pattern)
        return LeftOut(path, rule, f"{pattern} (index.include overrides it)", "", pattern)
    return LeftOut(path, rule, _detail(rule, place, is_dir=is_dir))


def _detail(rule: IgnoreRule, place: Path, *, is_dir: bool) -> str:
    """What is said of an entry that a rule of its own leaves out."""
    if rule is IgnoreRule.LINK:
        return f"it is a link to {_target(place)}, and links are not followed"
    if rule is IgnoreRule.SECRET:
        return "secrets lie in folders of this name" if is_dir else "its name is that of a secret"
    if rule is IgnoreRule.HIDDEN:
        return "its name begins with a dot (index.hidden and index.include override it)"
    if rule is IgnoreRule.DATA_DUMP:
        limit = defaults.DATA_BYTES // 1024
        return f"a data file over {limit} kB counts as a dump (index.include overrides it)"
    if rule is IgnoreRule.CACHE:
        mark = next((mark for mark in sorted(defaults.MARKERS) if (place / mark).exists()), "a file in it")
        return f"{mark} says that it is one (index.include overrides it)"
    if rule is IgnoreRule.WORKTREE:
        return "it is a linked worktree of this repository, the same files again (index.include overrides it)"
    return "it is a pipe, a socket or a device"


def find_left_out(
    root: Path,
    path: str,
    *,
    ignore: Sequence[str] = (),
    include: Sequence[str] = (),
    hidden: bool = False,
) -> LeftOut | None:
    """The rule that leaves out the entry at `path` (relative, `/`), or a folder that it lies in; None when
    none does by names, or nothing is there. Content is not looked at.
    """
    rules = root_rules(root, _Names(root), ignore=ignore, include=include, hidden=hidden)
    for step in _steps(rules, path):
        if step.verdict.rule is not None:
            return left_out(step.verdict.rule, *_entry(step.rules, step.prefix, step.name))
    return None


def find_fault(
    root: Path,
    path: str,
    *,
    ignore: Sequence[str] = (),
    include: Sequence[str] = (),
    hidden: bool = False,
) -> str:
    """Why it is not known whether the file at `path` may be indexed: an ignore file of a folder that it lies
    in, and what is wrong with it; empty where nothing is.
    """
    rules = root_rules(root, _Names(root), ignore=ignore, include=include, hidden=hidden)
    faults = (step.rules.fault_under(root) for step in _steps(rules, path))
    return next(filter(None, faults), "")


class _Step(NamedTuple):
    prefix: str
    name: str
    rules: FolderRules
    verdict: Verdict


def _steps(rules: FolderRules, path: str) -> Iterator[_Step]:
    """Each entry on the way to a path, with the rules of the folder that it stands in."""
    prefix = ""
    for name in filter(None, path.split("/")):
        verdict = _judged(rules, name)
        yield _Step(prefix, name, rules, verdict)
        place = rules.folder / name
        if not place.is_dir():
            return
        rules = rules.enter(name, _Names(place), verdict)
        prefix += f"{name}/"


def _judged(rules: FolderRules, name: str) -> Verdict:
    place = rules.folder / name
    try:
        status = place.lstat()
    except OSError:
        return Verdict(None)
    if stat.S_ISLNK(status.st_mode):
        return Verdict(IgnoreRule.LINK)
    is_dir = stat.S_ISDIR(status.st_mode)
    verdict = rules.judge(name, is_dir)
    if verdict.rule is not None:
        return verdict
    if is_dir:
        rule = None if verdict.wanted else _rule_by_content(rules.folder, place)
        return verdict if rule is None else Verdict(rule)
    if not stat.S_ISREG(status.st_mode):
        return Verdict(IgnoreRule.SPECIAL_FILE)
    dump = defaults.is_dump(name, status.st_size) and not verdict.wanted
    return Verdict(IgnoreRule.DATA_DUMP) if dump else verdict


def _rule_by_content(outer: Path, folder: Path) -> IgnoreRule | None:
    """The rule that leaves out a folder for what stands in it."""
    if any((folder / mark).exists() for mark in defaults.MARKERS):
        return IgnoreRule.CACHE
    return IgnoreRule.WORKTREE if same_repository(outer, folder) else None


def _entry(rules: FolderRules, prefix: str, name: str) -> tuple[str, FolderRules]:
    place = rules.folder / name
    is_dir = place.is_dir() and not place.is_symlink()
    return f"{prefix}{name}/" if is_dir else prefix + name, rules


class _Names:
    """The names in a folder, looked at when one is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and os.path.lexists(self._folder / name)


def _by_pattern(path: str, rules: FolderRules, name: str, is_dir: bool, root: Path) -> LeftOut:
    for scope, prefix in (rules.settings, *rules.magray):
        rule = scope.deciding(name, prefix, is_dir)
        if rule is not None:
            return _said(path, rule, scope.file, root)
    levels = range(rules.inside.count("/"), -1, -1) if rules.only_tracked else (0,)
    for up in levels:  # the entry itself is 0; of a folder that is left out, the outermost decides
        for scope, prefix in rules.git:
            rule = _deciding_above(scope, prefix, name, is_dir, up)
            if rule is None:
                continue
            if not rule.negated:
                return _said(path, rule, scope.file, root)
            break
    return LeftOut(path, IgnoreRule.PATTERN, "a pattern")


def _deciding_above(scope: RuleSet, prefix: str, name: str, is_dir: bool, up: int) -> Rule | None:
    """The rule that decides about the folder so many levels up from an entry; 0 is the entry."""
    if up == 0:
        return scope.deciding(name, prefix, is_dir)
    parts = prefix.split("/")[:-1]
    if up > len(parts):
        return None
    *above, folder = parts[: len(parts) - up + 1]
    return scope.deciding(folder, "".join(f"{part}/" for part in above), True)


def _said(path: str, rule: Rule, file: Path | None, root: Path) -> LeftOut:
    source = "index.ignore"
    if file is not None:
        inside = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
        source = f"{inside}:{rule.line}"
    pattern = _text(rule.pattern)
    return LeftOut(path, IgnoreRule.PATTERN, f"{pattern} ({source})", source, pattern)


def _target(place: Path) -> str:
    try:
        return os.readlink(place)  # noqa: PTH115 - as it is written
    except OSError:
        return "another place"


def _text(pattern: bytes) -> str:
    return pattern.decode("utf-8", "replace")
