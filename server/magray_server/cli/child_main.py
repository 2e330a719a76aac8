"""Runs the shell's command in a process that ends with the server: `python -m magray_server.cli.child_main
index …`. Other processes go before it from its first moment on: the server answers while it starts.

The server holds the other end of this process's stdin and never writes to it. When the server is gone,
however it went, stdin ends; then this process and every one that it started end too.
"""

from __future__ import annotations

import os
import signal
import sys

from magray_server.host.process_exit import when_stdin_ends


def _end() -> None:
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Run a command line as a child process, which ends when its stdin does."""
    # The server's signals are meant, whatever the shell that started the editor ignores.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    when_stdin_ends(_end)
    from magray_memory.values import give_way

    give_way()
    from magray_server.cli.program import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
