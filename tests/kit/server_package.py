"""A package index of one wheel: a `magray` whose server is the one under test."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """import os, sys


def main():
    os.execv({program!r}, [{program!r}, *sys.argv[1:]])
"""
METADATA = "Metadata-Version: 2.1\nName: magray\nVersion: 9.9.0\nProvides-Extra: cpu\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SCRIPTS = "[console_scripts]\nmagray-lsp = magray_under_test:main\n"


def make_index(folder: Path, program: str) -> dict[str, str]:
    """Write the wheel; returns the environment in which pip finds it, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "magray_under_test.py": MAIN.format(program=program),
        "magray-9.9.0.dist-info/METADATA": METADATA,
        "magray-9.9.0.dist-info/WHEEL": WHEEL,
        "magray-9.9.0.dist-info/entry_points.txt": SCRIPTS,
    }
    record = "".join(f"{name},,\n" for name in [*files, "magray-9.9.0.dist-info/RECORD"])
    with zipfile.ZipFile(folder / "magray-9.9.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, "magray-9.9.0.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
