"""The passphrase of a backup, typed at a terminal: twice for a new one, once to open one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .conftest import Magray

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

_FIRST, _AGAIN = "Passphrase", "The same again"


def at_terminal(magray: Magray, arguments: Sequence[str], answers: Sequence[tuple[str, str]]) -> str:
    """What a terminal shows; each answer is typed once what it is the answer to was asked."""
    import pty

    parent, child = pty.openpty()
    process = magray.start(*arguments, stdin=child, stdout=child, stderr=child, start_new_session=True)
    os.close(child)
    shown, seen, waiting = "", 0, list(answers)
    try:
        while block := os.read(parent, 65536):
            shown += block.decode("utf-8", "replace")
            if waiting and waiting[0][0] in shown[seen:]:
                seen = len(shown)
                os.write(parent, f"{waiting.pop(0)[1]}\n".encode())
    except OSError:
        pass  # the other side is closed: all was read
    os.close(parent)
    assert process.wait(60) == 0, shown
    assert not waiting, shown
    return shown


def test_a_new_passphrase_is_typed_twice_and_one_that_opens_once(magray: Magray) -> None:
    pytest.importorskip("cryptography")
    assert magray("remember", "the retry budget is three").code == 0
    answers = [(_FIRST, "secret"), (_AGAIN, "secert"), (_FIRST, "secret"), (_AGAIN, "secret")]
    shown = at_terminal(magray, ["backup", "--encrypt"], answers)
    assert "do not match" in shown and ".zip.enc" in shown and "secret" not in shown
    assert magray("backup", "verify", env={"MAGRAY_PASSPHRASE": "secret"}).code == 0
    shown = at_terminal(magray, ["restore", "latest", "--dry-run"], [(_FIRST, "secret")])
    assert "nothing differs" in shown and _AGAIN not in shown
