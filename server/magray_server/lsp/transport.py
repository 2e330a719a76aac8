"""Transport: frames of the base protocol over two byte streams, in threads of their own.

The event loop never waits for the editor: a client that stops reading fills a queue, one that sends half a
frame keeps only the reader thread. Both threads are daemons, so nothing here can delay the end of the
process.
"""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FRAME_BYTES = 256 << 20
"""A larger frame is skipped and answered with an error."""
MAX_HEADER_BYTES = 16 << 10
"""The header of a frame is not larger."""
_SKIP_BYTES = 1 << 20
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*")
_LENGTH = re.compile(rb"[ \t]*\d{1,18}[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes that are no message; `why` is one plain sentence."""

    why: str


class NotLspError(Exception):
    """The other side speaks something else, such as HTTP: where its next message begins nobody knows."""


def is_header(line: bytes) -> bool:
    """Whether a line can stand in the header of a frame."""
    name, colon, value = line.partition(b":")
    if not colon or not line.endswith(b"\n") or _NAME.fullmatch(name) is None:
        return False
    return name.strip().lower() != b"content-length" or _LENGTH.fullmatch(value) is not None


def read_frame(stream: BinaryIO) -> bytes | BadFrame | None:
    """The next body, or what is wrong with it; None at the end of the stream. Raises NotLspError."""
    header = _read_header(stream)
    if header is None:
        return None
    length = header.get(b"content-length")
    if length is None:
        return BadFrame("A message came without a Content-Length header.")
    left = int(length)
    if left > MAX_FRAME_BYTES:
        while left > 0:
            piece = stream.read(min(left, _SKIP_BYTES))
            if not piece:
                return None
            left -= len(piece)
        return BadFrame(f"A message is larger than {MAX_FRAME_BYTES >> 20} MB.")
    body = stream.read(left)
    return body if len(body) == left else None


def _read_header(stream: BinaryIO) -> dict[bytes, bytes] | None:
    """The fields before a body, names in lower case; None at the end of the stream. Raises NotLspError."""
    fields: dict[bytes, bytes] = {}
    seen = 0
    while line := stream.readline(MAX_HEADER_BYTES):
        if line in (b"\r\n", b"\n"):
            if fields:
                return fields
            continue  # blank lines between frames are harmless
        seen += len(line)
        if not is_header(line) or seen > MAX_HEADER_BYTES:
            raise NotLspError("the client sent a line that is no header of the language server protocol")
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value
    return None


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
        """Read until the stream ends or breaks; what is no LSP closes the connection."""
        try:
            while (body := read_frame(self._stream)) is not None:
                self._receive(parse(body))
        except NotLspError as error:
            why = safe(str(error))
            print(f"error: magray-lsp: {why}; the connection is closed", file=sys.stderr, flush=True)
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
        """Queue a whole frame."""
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
