"""URIs of files and paths, in one place: every other module sees paths only.

Clients spell the same file in several ways (`file:///c%3A/x`, `file:///C:/x`, percent-encoded Cyrillic or
not), so a URI is decoded once, at the edge, and never compared as text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

_DRIVE = re.compile(r"^/[A-Za-z]:")


def to_path(uri: str) -> Path | None:
    """The absolute path that a file URI means; None for any other URI, or one that no file system takes."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme.lower() != "file":
        return None
    # "?" and "#" are encoded in a URI that a client makes; one that is not belongs to the name.
    raw = (
        parts.path
        + (f"?{parts.query}" if parts.query else "")
        + (f"#{parts.fragment}" if parts.fragment else "")
    )
    try:
        path = os.fsdecode(unquote_to_bytes(raw))
    except UnicodeError:
        return None
    if "\0" in path or not path.startswith("/"):
        return None
    if os.name == "nt":
        if _DRIVE.match(path):
            path = path[1:]
        elif parts.netloc and parts.netloc.lower() != "localhost":
            path = f"//{parts.netloc}{path}"
    elif parts.netloc and parts.netloc.lower() != "localhost":
        return None
    try:
        return Path(os.path.normpath(path))
    except (OSError, ValueError):
        return None


def why_no_path(uri: str) -> str:
    """The sentence for a URI of which `to_path` makes nothing: what the document is, and what to do."""
    try:
        parts = urlsplit(uri)
        scheme, machine = parts.scheme.lower(), parts.netloc
    except ValueError:
        return "The URI of the document is not valid."
    if scheme == "untitled" or (scheme == "file" and not machine and parts.path in ("", "/")):
        return "The document has no file yet (try: save it first)."
    if scheme == "file" and machine and machine.lower() != "localhost":
        return f"The document lies on another machine ({machine}), and only files of this one are indexed."
    if scheme and scheme != "file":
        return f"A document of {scheme}: is no file of this machine (try: open the file itself)."
    return "The URI of the document is not valid."


def to_uri(path: Path | str) -> str:
    """The file URI of an absolute path."""
    text = os.fspath(path)
    if os.name == "nt":
        text = text.replace("\\", "/")
        text = text if text.startswith("//") else f"///{text}"
        return f"file:{quote(text, safe='/:')}"
    return f"file://{quote(os.fsencode(text))}"


def below(folder_uri: str, path: str) -> str:
    """The URI of a path relative to a folder, in the client's own spelling of that folder."""
    return f"{folder_uri.rstrip('/')}/{quote(path.encode('utf-8', 'surrogateescape'))}"
