"""Ignore rules: the closed list of reasons for which an entry of a workspace is left out without a fault."""

from __future__ import annotations

from enum import StrEnum


class IgnoreRule(StrEnum):
    """The rule that left an entry out; the values are stored, counted and shown."""

    PATTERN = "ignore rule"
    """`index.ignore`, a `.magrayignore` or git's ignore files."""
    SECRET = "secret"
    HIDDEN = "hidden"
    DEFAULT = "default exclusion"
    LINK = "link"
    SPECIAL_FILE = "special file"
    """A pipe, a socket or a device."""
    DATA_DUMP = "data dump"
    CACHE = "cache or environment"
    """A folder that says of itself that it is a cache or a virtual environment."""
    WORKTREE = "worktree"
    """A linked worktree of the same repository: the same files again."""
    BINARY = "binary"
    GENERATED = "generated"
    MINIFIED = "minified"
