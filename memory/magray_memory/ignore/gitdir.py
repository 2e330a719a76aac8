"""Git directory: where a repository stores its ignore rules, found without running git.

Worktrees and submodules have a `.git` file that points elsewhere, and worktrees share `info/exclude` through
a common folder. The files that are read here may belong to an untrusted workspace: only regular files of a
sane size are opened, and includes have a budget. What is wrong with a file is said, never guessed around.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore.patterns import RuleSet, encoded, parse_rule
from magray_memory.user_path import expand_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_RULE_BYTES = 1_000_000
_MAX_DEPTH = 10
"""As in git."""
_MAX_FILES = 100
_MAX_CONFIG_BYTES = 2_000_000
"""Of all files of git's configuration for one repository."""


class RuleFile(NamedTuple):
    """The bytes of a rule or configuration file, and what is wrong with it, a sentence without a subject."""

    data: bytes = b""
    fault: str = ""
    lasting: bool = True
    """Whether the fault lies in the file; else the system refused, which may pass."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as far as ignoring is concerned."""

    top: Path
    """The folder that holds `.git`."""
    exclude_file: Path
    """`info/exclude` of this repository (of the main one, for a worktree)."""
    excludes_file: Path | None
    """`core.excludesFile`, or git's default place for it."""
    ignore_case: bool
    index: Path
    """The index, which names the files that git tracks."""
    hash_bytes: int
    """The size of an object's name in it."""
    fault: str = ""
    """What is wrong with git's configuration, as a sentence."""


def find_repository(folder: Path, environ: Mapping[str, str] | None = None) -> Repository | None:
    """The repository that `folder` is in, itself included; None outside of any."""
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / ".git"):
            return read_repository(candidate, environ)
    return None


def find_git_dir(folder: Path) -> Path | None:
    """Where git keeps the state of the working tree that `folder` is in, None outside of any."""
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / ".git"):
            return _git_dir(candidate)
    return None


def same_repository(outer: Path, worktree: Path) -> bool:
    """Whether the folder `worktree` is a linked worktree of the repository that `outer` is in."""
    if not (worktree / ".git").is_file():
        return False
    git_dir = find_git_dir(outer)
    return git_dir is not None and os.path.realpath(_common_dir(git_dir)) == os.path.realpath(
        _common_dir(_git_dir(worktree))
    )


def read_repository(top: Path, environ: Mapping[str, str] | None = None) -> Repository:
    """The repository whose `.git` stands in `top`, be it a folder, or the file of a worktree or submodule."""
    environ = os.environ if environ is None else environ
    git_dir = _git_dir(top)
    common = _common_dir(git_dir)
    reader = _ConfigReader(environ, git_dir)
    local = reader.read(common / "config")
    if local.get("extensions.worktreeconfig", "").lower() in _TRUE:
        local |= reader.read(git_dir / "config.worktree")
    return Repository(
        top=top,
        exclude_file=common / "info" / "exclude",
        excludes_file=_excludes_file(_person_config(reader, environ) | local, top, environ),
        ignore_case=local.get("core.ignorecase", "").lower() in _TRUE,
        index=git_dir / "index",
        hash_bytes=32 if local.get("extensions.objectformat", "").lower() == "sha256" else 20,
        fault=reader.fault,
    )


def person_excludes_file(folder: Path, environ: Mapping[str, str] | None = None) -> Path | None:
    """The person's own ignore file, for folders outside of any repository."""
    environ = os.environ if environ is None else environ
    return _excludes_file(_person_config(_ConfigReader(environ, None), environ), folder, environ)


def read_rule_file(path: Path, *, follow: bool = True) -> RuleFile:
    """A rule or configuration file; without bytes where it is absent, or no regular file as git takes it."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except ValueError:
        return RuleFile()
    except OSError as error:
        return RuleFile() if error.errno in _ABSENT else _refused(error)
    with os.fdopen(descriptor, "rb") as file:
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return RuleFile()
            if status.st_size > MAX_RULE_BYTES:
                limit = f"{MAX_RULE_BYTES / 1e6:.0f} MB"
                return RuleFile(fault=f"it has {status.st_size / 1e6:.2f} MB, the limit is {limit}")
            return RuleFile(file.read(MAX_RULE_BYTES))
        except OSError as error:
            return _refused(error)


_ABSENT = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENAMETOOLONG, errno.EMLINK)
)
"""Nothing is there, or something that is no rule file: a link where none is followed, a socket, a folder."""


def _refused(error: OSError) -> RuleFile:
    return RuleFile(fault=f"it cannot be read: {error.strerror or error}", lasting=False)


_TRUE = frozenset(("true", "yes", "on", "1"))


def _git_dir(top: Path) -> Path:
    dot_git = top / ".git"
    if dot_git.is_dir():
        return dot_git
    text = os.fsdecode(read_rule_file(dot_git).data).strip()
    return top / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else dot_git


def _common_dir(git_dir: Path) -> Path:
    text = os.fsdecode(read_rule_file(git_dir / "commondir").data).strip()
    return git_dir / text if text else git_dir


def _home(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) if home else None


def _xdg(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("XDG_CONFIG_HOME")
    home = _home(environ)
    return Path(named) / "git" if named else home / ".config" / "git" if home else None


def _person_config(reader: _ConfigReader, environ: Mapping[str, str]) -> dict[str, str]:
    """System and personal configuration, the later files winning."""
    files: list[Path] = []
    if environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in _TRUE:
        files.append(Path(environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"))
    if environ.get("GIT_CONFIG_GLOBAL"):
        files.append(Path(environ["GIT_CONFIG_GLOBAL"]))
    else:
        xdg, home = _xdg(environ), _home(environ)
        files += [xdg / "config"] if xdg else []
        files += [home / ".gitconfig"] if home else []
    values: dict[str, str] = {}
    for file in files:
        values |= reader.read(file)
    return values


def _excludes_file(values: Mapping[str, str], top: Path, environ: Mapping[str, str]) -> Path | None:
    named = values.get("core.excludesfile")
    if named is not None:
        return top / _expanded(named, environ) if named else None
    xdg = _xdg(environ)
    return xdg / "ignore" if xdg else None


def _expanded(path: str, environ: Mapping[str, str]) -> Path:
    home = _home(environ)
    if path.startswith("~/") and home:
        return home / path[2:]
    return expand_user(path) if path.startswith("~") else Path(path)


class _ConfigReader:
    """Reads git's configuration for one repository, within a budget of files and bytes for all of it."""

    def __init__(self, environ: Mapping[str, str], git_dir: Path | None) -> None:
        self._environ = environ
        self._git_dir = git_dir
        self._files = 0
        self._bytes = 0
        self._open: list[str] = []
        self.fault = ""

    def read(self, path: Path) -> dict[str, str]:
        """`section.key` in lower case → value. `[include]` is followed, `[includeIf]` where its `gitdir`
        fits.
        """
        values: dict[str, str] = {}
        for key, value in _config_lines(self._text(path)):
            if key == "include.path" or (key.startswith(_IF) and key.endswith(".path")):
                condition = key.removeprefix(_IF).removesuffix(".path") if key.startswith(_IF) else ""
                if value and (not condition or _holds(condition, path, self._git_dir, self._environ)):
                    values |= self._included(path, path.parent / _expanded(value, self._environ))
            else:
                values[key] = value
        return values

    def _included(self, path: Path, further: Path) -> dict[str, str]:
        if self._files >= _MAX_FILES or self._bytes >= _MAX_CONFIG_BYTES:
            self.fault = self.fault or f"git's configuration {path} includes too many files"
            return {}
        place = os.path.realpath(path)
        if len(self._open) >= _MAX_DEPTH or os.path.realpath(further) in (*self._open, place):
            self.fault = self.fault or f"git's configuration {path} includes itself, or too deeply"
            return {}
        self._open.append(place)
        try:
            return self.read(further)
        finally:
            self._open.pop()

    def _text(self, path: Path) -> str:
        found = read_rule_file(path)
        self._files += 1
        self._bytes += len(found.data)
        if found.fault:
            self.fault = self.fault or f"git's configuration {path} is ignored: {found.fault}"
        return os.fsdecode(found.data)


_IF = "includeif "


def _holds(condition: str, config: Path, git_dir: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether a `"gitdir:…"` or `"gitdir/i:…"` of a configuration file means this repository.

    The other conditions (`onbranch`, `hasconfig`) choose by what changes or by the network, and never hold.
    """
    kind, _, pattern = condition.strip().strip('"').replace("\\\\", "\\").partition(":")
    if git_dir is None or kind not in ("gitdir", "gitdir/i") or not pattern:
        return False
    home = _home(environ)
    if pattern.startswith("~/") and home is not None:
        pattern = _literal(home) + pattern[1:]
    elif pattern.startswith("./"):
        pattern = _literal(config.parent) + pattern[1:]
    elif not pattern.startswith("/"):
        pattern = f"**/{pattern}"
    rule = parse_rule(encoded(f"{pattern}**" if pattern.endswith("/") else pattern), fold=kind == "gitdir/i")
    if rule is None or rule.negated:
        return False
    rules = RuleSet((rule,), fold=kind == "gitdir/i")
    places = {os.path.realpath(git_dir), os.path.abspath(git_dir)}  # noqa: PTH100 - one with links, one without
    split = [place.replace(os.sep, "/").lstrip("/").rpartition("/") for place in places]
    return any(rules.match(name, f"{folder}/", is_dir=True) for folder, _, name in split)


def _literal(folder: Path) -> str:
    """A folder as a pattern that means it alone."""
    return "".join(f"\\{c}" if c in "*?[\\" else c for c in folder.as_posix())


def _config_lines(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    lines = iter(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"))
    for line in lines:
        line = line.strip()
        if line.startswith("["):
            head, _, line = line[1:].partition("]")
            section = head.strip()
            name = section.partition(" ")[0].lower()
            section = name + section[len(name) :] if name == _IF.strip() else section.lower()
            line = line.strip()
        if not line or line[0] in "#;":
            continue
        name, equals, value = line.partition("=")
        parts = [value]
        while parts[-1].endswith("\\") and not parts[-1].endswith("\\\\"):
            parts[-1] = parts[-1][:-1]
            parts.append(next(lines, ""))
        yield f"{section}.{name.strip().lower()}", _config_value("".join(parts)) if equals else "true"


_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def _config_value(text: str) -> str:
    """Quotes taken off, escapes resolved, comments and outer blanks dropped."""
    out: list[str] = []
    quoted = False
    kept = 0
    characters = iter(text.strip())
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            out.append(_ESCAPES.get(following, following))
            kept = len(out)
        elif character == '"':
            quoted = not quoted
            kept = len(out)
        elif character in "#;" and not quoted:
            break
        else:
            out.append(character)
            if quoted or not character.isspace():
                kept = len(out)
    return "".join(out[:kept])
