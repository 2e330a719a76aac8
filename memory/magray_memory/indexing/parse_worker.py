"""A parser process: reads tasks from its standard input, writes outcomes to its standard output, ends with
its parent.

Frames are a length (8 bytes, little-endian) and a `marshal` value: the other end is the same interpreter, and
nothing is faster for tuples of text. The first frame out is READY; the first in is the job, the following are
lists of tasks. Each outcome is sent at once and in order, so that the parent knows which file a dead worker
was at. Frames are read ahead in a thread, so the parent never waits for a worker to take what it is given.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import struct
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from magray_memory.indexing.parse import Job, Outcome, Task, clean, parse_file, skipped
from magray_memory.indexing.skip import Skip, SkipReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from magray_memory.text.chunk_types import ChunkedText

LENGTH = struct.Struct("<Q")
READY = "ready"


def send(pipe: BinaryIO, value: Any) -> None:
    """Write one frame and flush it."""
    data = marshal.dumps(value)
    pipe.write(LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[Any, int] | None:
    """Read one frame: its value and its bytes; None where the stream ends, even in mid-frame."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = pipe.read(length)
    return (marshal.loads(data), length) if len(data) == length else None


def serve(source: BinaryIO, sink: BinaryIO, chunk: Callable[..., ChunkedText]) -> None:
    """Answer tasks until the input ends."""
    frames: SimpleQueue[tuple[Any, int] | None] = SimpleQueue()
    threading.Thread(target=_read_ahead, args=(source, frames), daemon=True).start()
    send(sink, READY)
    first = frames.get()
    if first is None:
        return
    job = Job(*first[0])
    while (frame := frames.get()) is not None:
        for item in frame[0]:
            send(sink, tuple(parse_safely(Task(*item), job, chunk)))


def _read_ahead(source: BinaryIO, frames: SimpleQueue[tuple[Any, int] | None]) -> None:
    frame: tuple[Any, int] | None = (None, 0)
    while frame is not None:
        frame = receive(source)
        frames.put(frame)


def parse_safely(task: Task, job: Job, chunk: Callable[..., ChunkedText]) -> Outcome:
    """One file never ends the run, whatever it does to a parser written in Python."""
    try:
        return parse_file(task, job, chunk)
    except MemoryError:
        # As if it could not be read: it is tried again in the next run.
        reason = Skip(SkipReason.UNREADABLE, "there is not enough memory")
        return skipped(task.path, task.stamp, reason)
    except Exception as error:
        detail = clean(f"{type(error).__name__}: {error}"[:280])
        return skipped(task.path, task.stamp, Skip(SkipReason.UNPARSABLE, detail))


def open_pipes() -> tuple[BinaryIO, BinaryIO]:
    """This process's input and output as pipes; whatever a library prints goes to stderr instead."""
    source = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def main() -> None:
    """Run as a parser process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # there is a worker for every core already
    source, sink = open_pipes()
    from magray_memory.text.analyzer import analyze
    from magray_memory.text.chunk import chunk

    analyze("warm")
    # Parsing makes millions of objects and hardly a cycle: looking for some as often as usual takes 3 %.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        serve(source, sink, chunk)
    except BrokenPipeError:
        os._exit(0)  # the parent is gone: nobody is left to tell
