"""For every test: Ctrl-C means what it means at a terminal, also where the suite runs in the background."""

from __future__ import annotations

import signal

# A shell starts background jobs with SIGINT ignored, and every process they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
