"""`magray-lsp`: speaks the language server protocol on stdio, or on a loopback port.

Everything that costs time (numpy, ONNX Runtime, the tokenizer, SQLite) is imported after the client has its
answer to initialize. Before anything else, file descriptor 1 is taken away from every library: it is the
protocol's alone.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from magray_memory.errors import HomeError, MagrayError, WorkspaceError
from magray_memory.values import absolute_path, home_path
from magray_server.lsp.transport import is_header
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from pathlib import Path

USAGE = """usage: magray-lsp [--stdio | --tcp HOST:PORT] [--home DIR] [--log-file FILE] [--version]

The language server of magray. Editors start it with --stdio, which is also the default.

  --stdio           speak on stdin and stdout
  --tcp HOST:PORT   wait for one client on a loopback address; port 0 takes a free one and prints it on stderr
  --home DIR        folder of vaults and settings (default: MAGRAY_HOME, else the system's data folder)
  --log-file FILE   write the log there (default: logs/lsp.log in the home)
  --version         print the version
"""


_FIRST_LINE_BYTES = 1024
_HALF_LINE_SECONDS = 0.01


@dataclass(slots=True)
class Options:
    """The command line. `address` is None for stdio."""

    address: tuple[str, int] | None = None
    home: Path | None = None
    log_file: Path | None = None


class MisuseError(Exception):
    """The command line makes no sense; the text is one sentence."""


def parse(arguments: list[str]) -> Options:
    """The options of a command line. Raises MisuseError."""
    options = Options()
    rest = iter(arguments)
    for argument in rest:
        name, joined, value = argument.partition("=")
        if name == "--stdio" and not joined:
            continue
        if name.startswith("--clientProcessId"):
            continue  # VS Code's client adds it; initialize says the same
        if name not in ("--tcp", "--home", "--log-file"):
            raise MisuseError(f"there is no option {argument}")
        if not joined:
            value = next(rest, "")
        if not value:
            raise MisuseError(f"{name} needs a value")
        if name == "--tcp":
            options.address = _address(value)
        elif name == "--home":
            options.home = home_path(value, "--home")
        else:
            options.log_file = absolute_path(value)
    return options


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise MisuseError(f"--tcp {text}: only a loopback address is allowed, such as 127.0.0.1:0")
    if not port.isdecimal() or int(port) > 65_535:
        raise MisuseError(f"--tcp {text}: a port is a number up to 65535")
    return host, int(port)


def _own_stdio() -> tuple[BinaryIO, BinaryIO]:
    """The client's streams; from now on whatever prints to stdout prints to stderr, natively or not."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing


def _one_client(address: tuple[str, int]) -> tuple[BinaryIO, BinaryIO]:
    family = socket.AF_INET6 if address[0] == "::1" else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        print(f"listening on {address[0]}:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        connection = first_client(listener)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection.makefile("rb"), connection.makefile("wb")


def first_client(listener: socket.socket) -> socket.socket:
    """The first connection that begins as a client does; others, such as a browser, are closed unread."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                connection = cast("socket.socket", key.fileobj)
                verdict = _speaks_lsp(connection)
                if verdict is None:
                    time.sleep(_HALF_LINE_SECONDS)  # the selector would say at once that it can be read
                    continue
                selector.unregister(connection)
                if verdict:
                    for other in list(selector.get_map().values()):
                        if other.fileobj is not listener:
                            cast("socket.socket", other.fileobj).close()
                    return connection
                connection.close()


def _speaks_lsp(connection: socket.socket) -> bool | None:
    """Whether the first line of a connection is a header of the protocol; None while it is incomplete."""
    try:
        begun = connection.recv(_FIRST_LINE_BYTES, socket.MSG_PEEK).lstrip(b"\r\n")
    except OSError:
        return False
    line, end, _ = begun.partition(b"\n")
    if end:
        return is_header(line + end)
    return None if begun and len(begun) < _FIRST_LINE_BYTES else False


def main() -> None:
    """Serve one client; never returns."""
    arguments = sys.argv[1:]
    if "--version" in arguments:
        from magray_memory import __version__

        print(f"magray-lsp {__version__}")
        return
    if "--help" in arguments or "-h" in arguments:
        print(USAGE, end="")
        return
    try:
        options = parse(arguments)
        if options.address is None:
            incoming, outgoing = _own_stdio()
        else:
            incoming, outgoing = _one_client(options.address)
    except (MisuseError, OSError) as error:
        print(f"error: magray-lsp: {safe(str(error))} (try: magray-lsp --help)", file=sys.stderr)
        sys.exit(2 if isinstance(error, MisuseError) else 1)
    except MagrayError as error:
        _fail(error)
    # What is loaded lives to the end: looking through it for garbage takes a tenth of the start.
    gc.disable()
    from magray_server.lsp.serve import serve

    gc.freeze()
    gc.enable()
    try:
        serve(incoming, outgoing, home=options.home, log_file=options.log_file)
    except (HomeError, WorkspaceError) as error:  # of MAGRAY_HOME
        _fail(error)


def _fail(error: MagrayError) -> NoReturn:
    print(f"error: magray-lsp: {safe(str(error))}", file=sys.stderr)
    sys.exit(1)
