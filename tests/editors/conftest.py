"""What the tests of all editors share: the trial of the model, once for all homes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PACKAGES = ("pluggy", "iniconfig", "click")
"""Real packages, of which the editors' workspaces are made."""


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What was found out about this installation by running the model once, and the vectors of the packages:
    files of a home, the same for every home.
    """
    folder = tmp_path_factory.mktemp("trial")
    for name in PACKAGES:
        source = Path(sysconfig.get_path("purelib")) / name
        shutil.copytree(source, folder / "root" / name, ignore=shutil.ignore_patterns("__pycache__"))
    home = folder / "home"
    command = [str(Path(sys.executable).parent / "magray"), "--home", str(home), "index"]
    environment = {**os.environ, "MAGRAY_EMBEDDING__PROBE_SECONDS": "120"}
    subprocess.run(
        [*command, "--workspace", str(folder / "root")],
        env=environment,
        check=True,
        capture_output=True,
        timeout=240,
    )
    return {name: (home / name).read_bytes() for name in ("probes.json", "vectors.db")}
