"""Start of a process: until everything is imported, signals end it as they end any program.

Imports `signal` alone: an interrupt that comes before `end_at_once` has run is answered with a traceback.
"""

import signal


def end_at_once() -> None:
    """Have Ctrl-C end the process without a traceback, even in the middle of an import.

    Where it is ignored (of a script's job in the background), it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
