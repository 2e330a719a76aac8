"""Hints for a person in an editor: what the engine would have typed in a shell, as an editor can do it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath

from magray_server.operations.registry import REGISTRY

_TERMINAL = ("--fix", "--deep", "--force")
"""Options that no request takes, or that nobody wants by a command without params."""


def in_editor(text: str) -> str:
    """The text with each command of the shell replaced by the server's own, or marked as of a terminal."""
    if "magray " not in text:
        return text
    text = text.replace("magray --workspace FOLDER …", "open its folder in the editor")
    return _commands().sub(_as_done_here, text)


@cache
def _commands() -> re.Pattern[str]:
    """A command of the shell as hints spell it, in backticks or not."""
    verbs = "|".join(REGISTRY)
    words = r"(?: (?!(?:in|or|and|to)\b)[^\s,;)`]+)*"  # until the sentence goes on
    flags = r"(?: --?[\w-]+)*"
    asked = "|".join(name for name, entry in REGISTRY.items() if entry.request)
    return re.compile(
        rf"`magray (?:--workspace (?P<folder>\S+) )?(?P<verb>{verbs})\b(?P<more>[^`]*)`"
        rf"|\bmagray (?:--workspace (?P<folder2>\S+) )?"
        rf"(?:(?P<verb2>{asked})\b(?P<more2>{flags})|(?P<verb3>{verbs})\b{words})"
    )


def _as_done_here(match: re.Match[str]) -> str:
    verb = match["verb"] or match["verb2"] or match["verb3"]
    more, folder = match["more"] or match["more2"] or "", match["folder"] or match["folder2"]
    request = REGISTRY[verb].request
    if request and not any(option in more for option in _TERMINAL):
        place = f" in {PurePath(folder).name}" if folder else ""
        return f"the command magray.server.{request}{place}"
    shown = match.group().strip("`")
    return f"`{shown}` in a terminal"
