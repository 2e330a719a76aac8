"""The recipe for Kakoune, as the page gives it, in a real Kakoune."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "editors" / "kakoune.md").read_text(encoding="utf-8")
KAKOUNE = shutil.which("kak")
SECONDS = 120
WALK = """
hook -once global BufCloseFifo .* %{
  execute-keys -client client0 gg
  evaluate-commands -client client0 %{
    write -force hits
    grep-jump
    echo -to-file place "%val{bufname}:%val{cursor_line}"
  }
  evaluate-commands -client client0 quit!
}
"""


@pytest.mark.skipif(
    KAKOUNE is None and not os.environ.get("MAGRAY_REQUIRE_EDITORS"), reason="no Kakoune was found"
)
def test_a_question_lists_the_hits_and_return_opens_one(tmp_path: Path) -> None:
    assert KAKOUNE is not None, "no Kakoune was found (try: apt-get install kakoune)"
    notes = tmp_path / "notes"
    (notes / ".git").mkdir(parents=True)
    (notes / "ports.md").write_text("# Ports\n\nIt listens on 8080.\n", encoding="utf-8")
    (notes / "deploy.md").write_text("# Deploy\n\nWe ship on Tuesday, never on Friday.\n", encoding="utf-8")
    (recipe,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "kakrc").write_text(recipe + WALK, encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "MAGRAY_HOME": str(tmp_path / "home"),
        "MAGRAY_EMBEDDING__PROBE_SECONDS": "120",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(["magray", "index"], cwd=notes, env=environment, check=True, capture_output=True)
    ask = f"source '{tmp_path}/kakrc'; magray-search on which day do we ship"
    done = subprocess.run(
        [KAKOUNE, "-ui", "dummy", "-e", ask],
        cwd=notes,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    hits = (notes / "hits").read_text(encoding="utf-8")
    assert hits.startswith("deploy.md:"), hits
    place = (notes / "place").read_text(encoding="utf-8")
    assert re.fullmatch(r"deploy\.md:\d+", place), place
