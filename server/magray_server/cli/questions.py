"""Questions to the person at a terminal, on stderr. Ctrl-C answers each of them at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Generator


def confirm(question: str) -> bool:
    """Whether the person says yes to the last line of a text. Raises click.Abort."""
    *lines, last = question.split("\n")
    for line in lines:
        click.echo(safe(line), err=True)
    with _interruptible():
        return click.confirm(safe(last), err=True)


def ask_passphrase(new: bool) -> str:
    """A passphrase that is typed unseen; a new one is typed twice. Raises click.Abort."""
    again = "The same again" if new else False
    with _interruptible():
        return click.prompt("Passphrase", hide_input=True, err=True, confirmation_prompt=again)


@contextmanager
def _interruptible() -> Generator[None]:
    """With Ctrl-C as it is by itself: a long run takes it for a wish to stop soon."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
