"""Runs the real `magray` command in processes of its own, each test with the home and folder it needs.

They are forked from one that has loaded the program, where the system can do so. MAGRAY_TEST_BIN names
another installation to test, as `scripts/test` does with the wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from ended import end
from forked_command import MAGRAY, can_fork

from magray_memory.models.device import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_NAMED = os.environ.get("MAGRAY_TEST_BIN")
VECTORS = "vectors.db"
COMMAND = [_NAMED] if _NAMED else [sys.executable, "-m", "magray_server.cli.main"]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Magray:
    """The command with a home and a current folder."""

    home: Path
    cwd: Path
    env: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    learned: dict[str, bytes] = field(default_factory=dict)
    """Files of another home, for this one when it is first indexed: what was found out about this machine's
    devices, and the vectors of the project's texts.
    """
    started: list[subprocess.Popen[Any]] = field(default_factory=list)
    """Processes that end with the test."""

    def teach(self, arguments: Sequence[str | bytes]) -> None:
        if "index" in arguments and self.learned and not self.home.exists():
            self.home.mkdir(mode=0o700)
            for name, data in self.learned.items():
                (self.home / name).write_bytes(data)
                (self.home / name).chmod(0o600)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
        plain = {
            "MAGRAY_HOME": str(self.home),
            # No process outlives its test unless the test wants it.
            "MAGRAY_RECORDS__EMBED_AT_ONCE": "false",
            "MAGRAY_LAYERS__AUTOMATIC": "false",
            "PYTHONUTF8": "1",
            "COLUMNS": "80",
        }
        return {**kept, **plain, **self.env, **(extra or {})}

    def __call__(
        self,
        *arguments: str | bytes,
        env: Mapping[str, str] | None = None,
        text: str | bytes = b"",
        cwd: Path | None = None,
    ) -> Result:
        self.teach(arguments)
        environment, given = self.environment(env), text.encode() if isinstance(text, str) else text
        if not _NAMED and not self.prefix and can_fork(environment):
            done = MAGRAY.run(arguments, cwd=cwd or self.cwd, env=environment, given=given, seconds=120)
        else:
            done = subprocess.run(
                [*self.prefix, *COMMAND, *arguments],
                cwd=cwd or self.cwd,
                env=environment,
                input=given,
                capture_output=True,
                timeout=120,
                check=False,
            )
        return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def embed_all(self) -> None:
        """Have the next index of a new home embed every text itself."""
        self.learned.pop(VECTORS, None)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[Any]:
        """A process that the test watches, feeds or stops itself."""
        self.teach(arguments)
        process = subprocess.Popen([*COMMAND, *arguments], cwd=self.cwd, env=self.environment(), **options)
        self.started.append(process)
        return process

    @property
    def command(self) -> list[str]:
        return list(COMMAND)


FILES = {
    "src/payments/retry.py": '''"""Decides when a failed charge is tried again."""


class RetryPolicy:
    """Exponential backoff with a limit."""

    def next_delay(self, attempt: int) -> float:
        """Seconds to wait before a failed payment is retried."""
        return min(60.0, 2.0**attempt)
''',
    "src/auth/session.py": '''def refresh_access_token(session, clock):
    """Replace an access token that is about to expire."""
    if session.expires_at - clock.now() < 30:
        session.token = session.client.exchange(session.refresh_token)
    return session.token
''',
    "web/cart.js": """export function addToCart(cart, item) {
  // Merge the same item into one line of the shopping cart.
  return [...cart, item];
}
""",
    "docs/guide.md": """---
tags: [guide, ops]
---

# Guide

## Backups

Every night the database is copied to cold storage and verified.

## Сеть

При ошибке сети запрос повторяется три раза, потом показывается сообщение.
""",
    "имя с пробелом 🎉.md": "# Заметка\n\nКлючи подписи меняются каждый квартал.\n",
    ".env": "SECRET=swordfish\n",
}


def write_files(root: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / ".git").mkdir(exist_ok=True)
    return root


@pytest.fixture
def magray(tmp_path: Path, indexed: Magray) -> Iterator[Magray]:
    """A fresh home, not made yet, and a small project that is not indexed."""
    learned = {name: (indexed.home / name).read_bytes() for name in (VERDICTS, VECTORS)}
    shell = Magray(tmp_path / "home", write_files(tmp_path / "project"), learned=learned)
    yield shell
    end(shell.started)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Magray:
    """A project that was indexed with the real model. Tests that use it change nothing."""
    folder = tmp_path_factory.mktemp("indexed")
    shell = Magray(folder / "home", write_files(folder / "project"))
    result = shell("index")
    assert result.code == 0, result.err
    return shell


@pytest.fixture
def unprivileged(magray: Magray) -> Magray:
    """The same command by someone whom permissions hold back, which they do not for root."""
    if os.name == "nt" or os.geteuid() != 0:
        return magray
    prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
    if shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"], check=False).returncode != 0:
        pytest.skip("root cannot lay down its privileges here")
    return replace(magray, prefix=prefix)
