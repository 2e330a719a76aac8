"""Transport: frames of the base protocol over two byte streams, in threads of their own.

The event loop never waits for the editor: a client that stops reading fills a queue, one that sends half a
frame keeps only the reader thread. Both threads are daemons, so nothing here can delay the end of the
process.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FRAME_BYTES = 256 << 20
"""A larger frame is skipped and answered with an error."""
MAX_HEADER_BYTES = 16 << 10
_SKIP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes that are no message; `why` is one plain sentence."""

    why: str


def read_frame(stream: BinaryIO) -> bytes | BadFrame | None:
    """The next body, or what is wrong with it; None at the end of the stream."""
    length: int | None = None
    seen = 0
    while True:
        line = stream.readline(MAX_HEADER_BYTES)
        if not line:
            return None
        seen += len(line)
        if line in (b"\r\n", b"\n"):
            if seen == len(line):
                seen = 0
                continue  # blank lines between frames are harmless
            break
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            with contextlib.suppress(ValueError):
                length = int(value)
    if length is None or length < 0:
        return BadFrame("A message came without a Content-Length header.")
    if length > MAX_FRAME_BYTES:
        while length > 0:
            piece = stream.read(min(length, _SKIP_BYTES))
            if not piece:
                return None
            length -= len(piece)
        return BadFrame(f"A message is larger than {MAX_FRAME_BYTES >> 20} MB.")
    body = stream.read(length)
    return body if len(body) == length else None


def parse(body: bytes | BadFrame) -> Any:
    """The JSON value of a body, or a BadFrame. Never raises."""
    if isinstance(body, BadFrame):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return BadFrame("A message is not valid JSON.")


class Reader(threading.Thread):
    """Hands every message to `receive` and calls `ended` once, at the end of the stream or when it breaks."""

    def __init__(self, stream: BinaryIO, receive: Callable[[Any], None], ended: Callable[[], None]) -> None:
        super().__init__(name="magray-read", daemon=True)
        self._stream = stream
        self._receive = receive
        self._ended = ended

    def run(self) -> None:
        try:
            while (body := read_frame(self._stream)) is not None:
                self._receive(parse(body))
        except (OSError, ValueError):
            pass  # the stream was closed or reset: the same as its end
        finally:
            self._ended()


class Writer:
    """pygls' writer: queues whole frames, so any thread may write and none waits for the editor."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="magray-write", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._frames.put(data)

    def close(self) -> None:
        """Nothing more will be written; what is queued still goes out."""
        self._frames.put(None)

    def drain(self, seconds: float) -> None:
        """Close and wait so long for the editor to take what is queued."""
        self.close()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while (frame := self._frames.get()) is not None:
                self._stream.write(frame)
                self._stream.flush()
        except (OSError, ValueError):
            return  # the editor is gone: the reader's end says so
