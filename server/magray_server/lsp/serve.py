"""Serves one client over a pair of streams: a thread reads, the event loop answers, a thread writes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO

from magray_memory.values import Home
from magray_server.host import process_exit
from magray_server.lsp.server import MagrayServer
from magray_server.lsp.transport import Reader, Writer

if TYPE_CHECKING:
    from pathlib import Path


def serve(
    incoming: BinaryIO, outgoing: BinaryIO, *, home: Path | None = None, log_file: Path | None = None
) -> None:
    """Serve one client until it, or its process, is gone. Never returns: the process ends with the exit
    code.
    """
    server = MagrayServer(Home(home) if home is not None else Home.default(), log_file)
    asyncio.run(_serve(server, incoming, outgoing))


async def _serve(server: MagrayServer, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    server.loop = loop = asyncio.get_running_loop()
    server.protocol.set_writer(Writer(outgoing))
    process_exit.on_signal(loop, server.leave)
    Reader(
        incoming,
        lambda message: loop.call_soon_threadsafe(server.protocol.receive, message) and None,
        lambda: server.ended(loop),
    ).start()
    await loop.create_future()
