"""`unpin`: lets pinned records expire again."""

from __future__ import annotations

from magray_server.operations.operation import options
from magray_server.operations.pin import Pin, pinning


@options
class Unpin(Pin):
    """Let pinned records expire again, as others do."""


OPERATIONS = (pinning("unpin", Unpin, pinned=False),)
