"""Walk of a workspace: every file that could be indexed, in a fixed order, without reading one.

Links, to files and to folders, are never followed: what they point to is either in the workspace anyway or
not a part of it (and may be anything, a key file or a loop). Pipes, sockets and devices are only ever looked
at, never opened. A name that is not valid Unicode cannot be stored or shown truthfully, so it is skipped with
a reason. A folder that cannot be listed is a problem, and what was indexed below it is not taken for deleted.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import WorkspaceError
from magray_memory.ignore import defaults
from magray_memory.ignore.gitdir import same_repository
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.rules import FolderRules, Verdict, root_rules
from magray_memory.indexing.skip import Skip, SkipReason
from magray_memory.regular_file import stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from magray_memory.ignore.lookup import LeftOut
    from magray_memory.regular_file import Stamp

MAX_DEPTH = 200
"""Folders deeper than this are a mistake of some tool, or an attack."""

_REPARSE_POINT = 0x400


class FoundFile(NamedTuple):
    """A file that the rules let in."""

    path: str
    """Relative to the root, `/` on every system."""
    stamp: Stamp
    wanted: bool
    """Asked for by `index.include` or a `!` pattern of ours: the defaults do not leave it out by its content
    either.
    """


@dataclass(slots=True)
class Tally:
    """What a walk saw besides files to index; filled while it runs."""

    ignored: Counter[IgnoreRule] = field(default_factory=lambda: Counter[IgnoreRule]())
    """Entries left out by each rule. A folder left out counts once: nobody looked into it."""
    listed: list[LeftOut] | None = None
    """The same one by one, where somebody wants them."""
    problems: dict[str, Skip] = field(default_factory=lambda: dict[str, Skip]())
    """By path, what should have been seen and could not."""
    unseen: list[str] = field(default_factory=lambda: list[str]())
    """Files, and folders as `a/b/` with all in them ("" is the root), of which nothing is known now."""
    warnings: list[str] = field(default_factory=lambda: list[str]())
    """What is wrong and leaves nothing out, a sentence each."""

    def leave_out(self, rule: IgnoreRule, path: str, rules: FolderRules) -> None:
        """Count an entry of the folder of `rules` that is left out; a folder's path ends with `/`."""
        self.ignored[rule] += 1
        if self.listed is not None:
            from magray_memory.ignore.lookup import left_out

            self.listed.append(left_out(rule, path, rules))


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """The settings that a walk obeys; see `Settings.index`."""

    ignore: Sequence[str] = ()
    include: Sequence[str] = ()
    hidden: bool = False


class _Folder(NamedTuple):
    prefix: str
    rules: FolderRules
    entries: list[os.DirEntry[str]]


def walk(
    root: Path,
    options: WalkOptions,
    tally: Tally,
    under: str = "",
    on_folder: Callable[[], None] = lambda: None,
) -> Iterator[FoundFile]:
    """The files below `root`, or only those at or below the path `under` (relative, `/`), sorted folder by
    folder.

    The rules of the folders above `under` hold. `on_folder()` is called for each folder, and may raise to
    stop. Raises WorkspaceError if the root itself cannot be listed.
    """
    steps = [step for step in under.split("/") if step]
    stack = [_top(root, options, tally)]
    while stack:
        prefix, rules, entries = stack.pop()
        on_folder()
        depth = prefix.count("/")
        if depth < len(steps):
            entries = [entry for entry in entries if entry.name == steps[depth]]
        folders: list[tuple[os.DirEntry[str], Verdict]] = []
        for entry in entries:
            found = _look(entry, prefix, rules, tally)
            if isinstance(found, FoundFile):
                yield found
            elif found is not None:
                folders.append((entry, found))
        for entry, verdict in reversed(folders):
            entered = _enter(entry, verdict, prefix, rules, tally)
            if entered is not None:
                stack.append(entered)


def folders(
    root: Path, options: WalkOptions, under: str, before: Callable[[str], None]
) -> Iterator[tuple[str, FolderRules | None]]:
    """The folders at and below `under` that a walk would enter, with the rules that hold in each.

    `before(path)` is called ahead of looking into a folder; rules None: on a look inside it was left out
    after all. Paths as in `walk`, the root is "". Raises WorkspaceError if the root itself cannot be listed.
    """
    steps = [step for step in under.split("/") if step]
    if not steps:
        before("")
    tally = Tally()
    top = _top(root, options, tally)
    if not steps:
        yield "", top.rules
    stack = [top]
    while stack:
        prefix, rules, entries = stack.pop()
        depth = prefix.count("/")
        for entry in entries:
            if depth < len(steps) and entry.name != steps[depth]:
                continue
            found = _look(entry, prefix, rules, tally)
            if not isinstance(found, Verdict):
                continue
            path = prefix + entry.name
            asked = depth + 1 >= len(steps)
            if asked:
                before(path)
            entered = _enter(entry, found, prefix, rules, tally)
            if entered is not None:
                stack.append(entered)
            if asked:
                yield path, None if entered is None else entered.rules


def _top(root: Path, options: WalkOptions, tally: Tally) -> _Folder:
    try:
        entries = _listed(str(root))
    except OSError as error:
        raise WorkspaceError(f"{root} cannot be read", error.strerror or str(error)) from error
    names = {entry.name for entry in entries}
    rules = root_rules(root, names, ignore=options.ignore, include=options.include, hidden=options.hidden)
    return _usable("", rules, entries, tally)


def _usable(prefix: str, rules: FolderRules, entries: list[os.DirEntry[str]], tally: Tally) -> _Folder:
    """The folder; without entries where its rules cannot be known."""
    if rules.warning and rules.warning not in tally.warnings:
        tally.warnings.append(rules.warning)
    fault = rules.fault
    if fault is None:
        return _Folder(prefix, rules, entries)
    root = rules.folder
    for _ in range(prefix.count("/")):
        root = root.parent
    tally.problems[prefix or "./"] = Skip(SkipReason.RULES_UNKNOWN, rules.fault_under(root))
    if not fault.lasting:
        tally.unseen.append(prefix)
    return _Folder(prefix, rules, [])


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=_name)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _look(
    entry: os.DirEntry[str], prefix: str, rules: FolderRules, tally: Tally
) -> FoundFile | Verdict | None:
    """A file to index, the verdict on a folder to enter, None for neither."""
    name = entry.name
    try:
        is_dir = entry.is_dir(follow_symlinks=False)
        if not is_dir and entry.is_symlink():
            tally.leave_out(IgnoreRule.LINK, prefix + name, rules)
            return None
        if is_dir and name in defaults.ALWAYS_LEFT_OUT:
            return None  # no part of the workspace, so nobody misses it
        verdict = rules.judge(name, is_dir)
        if verdict.rule is not None:
            tally.leave_out(verdict.rule, f"{prefix}{name}/" if is_dir else prefix + name, rules)
            return None
        if not _printable(name):
            tally.problems[prefix + name] = Skip(SkipReason.INVALID_NAME)
            return None
        return verdict if is_dir else _file(entry, prefix + name, verdict, rules, tally)
    except FileNotFoundError:
        return None
    except OSError as error:
        tally.problems[prefix + name] = Skip(SkipReason.UNSEEN, error.strerror or str(error))
        tally.unseen += (prefix + name, f"{prefix}{name}/")
        return None


def _file(
    entry: os.DirEntry[str], path: str, verdict: Verdict, rules: FolderRules, tally: Tally
) -> FoundFile | None:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        tally.leave_out(IgnoreRule.SPECIAL_FILE, path, rules)
        return None
    if not verdict.wanted and defaults.is_dump(entry.name, status.st_size):
        tally.leave_out(IgnoreRule.DATA_DUMP, path, rules)
        return None
    return FoundFile(path, stamp_of(status), verdict.wanted)


def _enter(
    entry: os.DirEntry[str], verdict: Verdict, prefix: str, rules: FolderRules, tally: Tally
) -> _Folder | None:
    inner = f"{prefix}{entry.name}/"
    if prefix.count("/") >= MAX_DEPTH:
        tally.problems[inner] = Skip(SkipReason.TOO_DEEP, str(MAX_DEPTH))
        return None
    try:
        if _is_junction(entry):
            tally.leave_out(IgnoreRule.LINK, inner, rules)
            return None
        entries = _listed(entry.path)
    except FileNotFoundError:
        return None
    except OSError as error:
        tally.problems[inner] = Skip(SkipReason.FOLDER_UNREADABLE, error.strerror or str(error))
        tally.unseen.append(inner)
        return None
    names = {item.name for item in entries}
    if not defaults.MARKERS.isdisjoint(names) and not verdict.wanted:
        tally.leave_out(IgnoreRule.CACHE, inner, rules)
        return None
    if ".git" in names and same_repository(rules.folder, Path(entry.path)) and not verdict.wanted:
        tally.leave_out(IgnoreRule.WORKTREE, inner, rules)
        return None
    return _usable(inner, rules.enter(entry.name, names, verdict), entries, tally)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows alone has folders that are links and do not say so (Python tells from 3.12 on only)."""
    if os.name != "nt":
        return False
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & _REPARSE_POINT)


def _printable(name: str) -> bool:
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
