"""Tries the native libraries of the model in a process of their own before a long-lived program imports them.

A broken build or driver can abort the process that imports it, or hang it; a program that must not die with
it lets a child go first.
"""

from __future__ import annotations

import subprocess
import sys

from magray_memory.errors import EmbeddingUnavailable

SECONDS = 15.0
_CODE = "import numpy, onnxruntime, tokenizers"


def try_import(seconds: float = SECONDS) -> None:
    """Return when a child could import what the model needs. Raises EmbeddingUnavailable when it died or
    hung.

    An ordinary ImportError is not told here: the program that imports survives it and tells it better.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CODE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddingUnavailable(
            "no embedding runtime", f"loading it hangs (given up after {seconds:g} s)", _HINT
        ) from error
    except OSError:
        return
    if done.returncode not in (0, 1):
        raise EmbeddingUnavailable(
            "no embedding runtime", f"loading it ends the process (code {done.returncode})", _HINT
        )


_HINT = "pip install --force-reinstall onnxruntime"
