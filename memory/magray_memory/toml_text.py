"""TOML of strangers: read within limits, since a parser needs memory by the square of a key's depth.

64 kB of `a.a.a…` as one key cost tomllib 4 GB and ten seconds.
"""

from __future__ import annotations

import re
from typing import Any

MAX_KEY_PARTS = 32
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}")
"""Wherever it stands: a text of the same form is refused too, which nobody will miss."""


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text. Raises ValueError in a few words, whatever the text."""
    import tomllib

    if text.count(".") >= MAX_KEY_PARTS and _DEEP.search(text):
        raise ValueError(f"a key has more than {MAX_KEY_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
