"""The `magray-lsp` script of an installation: of this one, or of that of MAGRAY_TEST_BIN."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def test_the_installed_server_indexes_and_answers(connect, project) -> None:
    script = Path(os.environ.get("MAGRAY_TEST_BIN", sys.executable)).with_name("magray-lsp")
    client = connect(command=[str(script)])
    client.start(project)
    client.ready()
    assert client.request("magray/search", {"query": "retry failed payment", "k": 1})["hits"]
    assert client.stop() == 0
    assert client.trailing == b""
