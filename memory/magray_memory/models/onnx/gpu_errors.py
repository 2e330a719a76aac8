"""GPU errors: what CUDA and its libraries say, found in the runtime's reports."""

from __future__ import annotations

import re

_OUT_OF_MEMORY = re.compile(
    r"out of memory|failed to allocate|bad[_ ]alloc|CUDA_ERROR_OUT_OF_MEMORY|ALLOC_FAILED"
    r"|resource allocation failed|BFCArena",
    re.IGNORECASE,
)
_LIBRARY_FAILURE = re.compile(r"(?:CUDA|CUBLAS|CUDNN|CUDNN_FE|CURAND|CUFFT) failure \d+: [^;\n]{1,120}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device had no room for what it was to do."""
    return isinstance(error, MemoryError) or bool(_OUT_OF_MEMORY.search(str(error)))


def library_failure(text: str) -> str:
    """What a GPU's library said, without the templates, files and hosts around it; empty where none spoke."""
    found = _LIBRARY_FAILURE.search(text)
    return found[0].strip() if found else ""
