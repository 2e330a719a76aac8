"""Real processes, killed and starved; workspaces small enough that hundreds of runs take seconds."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from ended import end
from forked_command import MAGRAY, can_fork
from seeds import know_machine

from magray_memory.config import Settings, StorageSettings
from magray_memory.health.doctor import check_vault
from magray_memory.indexing.indexer import Indexer
from magray_memory.indexing.parse_pool import WorkersUnavailable
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "omega"]
SEED = int(os.environ.get("MAGRAY_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
_CONTENTS = (
    "SELECT path, document.kind, language, hash, size, mtime_ns, ordinal, start_line, end_line, symbol,"
    " passage.kind, passage.text, text_hash FROM document LEFT JOIN passage ON document_id = document.id"
    " WHERE path IS NOT NULL ORDER BY path, ordinal"
)


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Here:
    """Parses in this process: starting parsers would be most of what a small run takes."""

    def prepare(self, count: int) -> None:
        raise WorkersUnavailable("not in this test", "")

    def run(self, *args: object) -> Any:
        raise WorkersUnavailable("not in this test", "")

    def close(self) -> None:
        pass


@dataclass
class Box:
    """A home, a workspace, and the command that works on them."""

    base: Path
    prefix: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    place: Path | None = None
    knows: bool = True
    """Whether a home that is made by indexing knows already that the model runs here."""
    started: list[subprocess.Popen[Any]] = field(default_factory=list)
    """Processes that end with the test."""

    @property
    def root(self) -> Path:
        return self.place or self.base / "ws"

    @property
    def home(self) -> Home:
        return Home(self.base / "home")

    @property
    def vault_path(self) -> Path:
        return self.home.vault_path(self.root)

    def populate(self, count: int, rng: random.Random) -> None:
        (self.root / ".git").mkdir(parents=True, exist_ok=True)
        for number in range(count):
            folder = self.root / f"d{number % 7}"
            folder.mkdir(exist_ok=True)
            body = self.words(rng, rng.randint(5, 60))
            (folder / f"f{number}.py").write_text(f"def f{number}():\n    return '''{body}'''\n")

    def change(self, rng: random.Random, most: int = 20) -> None:
        """A storm: edits, renames, deletions, new files."""
        files = sorted(self.root.rglob("*.py"))
        for file in rng.sample(files, min(len(files), most)):
            what = rng.random()
            if what < 0.4:
                file.write_text(file.read_text() + f"\nextra = {rng.random()}\n")
            elif what < 0.7:
                file.rename(file.with_name(f"r{rng.randrange(10**9)}.py"))
            elif what < 0.85:
                file.unlink()
            else:
                (self.root / f"n{rng.randrange(10**9)}.py").write_text(f"new = {rng.random()}\n")

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAGRAY_")}
        return {**kept, "MAGRAY_HOME": str(self.home.path), "PYTHONUTF8": "1", **self.env}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[Any]:
        self._know_machine(arguments)
        command = [*self.prefix, sys.executable, "-m", "magray_server.cli.main", *arguments]
        place: dict[str, Any] = {"cwd": self.root, "env": self.environment(), **options}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **place)
        self.started.append(process)
        return process

    def __call__(self, *arguments: str, **options: Any) -> Result:
        self._know_machine(arguments)
        environment = self.environment()
        if not self.prefix and not options and can_fork(environment):
            done = MAGRAY.run(arguments, cwd=self.root, env=environment, seconds=120)
            return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=120)
        return Result(process.returncode, out.decode(), err.decode())

    def _know_machine(self, arguments: tuple[str, ...]) -> None:
        if "index" in arguments and self.knows:
            know_machine(self.home.path)

    def index(
        self, home: Home | None = None, should_stop: Callable[[], bool] | None = None, **options: Any
    ) -> None:
        """Index by words, in this process, in small commits."""
        settings = replace(Settings(), storage=StorageSettings(durability="high-reliability"))
        home = (home or self.home).ensure()
        path = home.vault_path(self.root)
        with Vault.open(path, kind=VaultKind.WORKSPACE, root=self.root, write=True) as vault:
            indexer = Indexer(vault, home, settings, should_stop=should_stop, pool=lambda count: Here())  # type: ignore[arg-type,return-value]
            indexer.run(lexical=True, **options)

    def contents(self, home: Home | None = None) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect((home or self.home).vault_path(self.root))) as connection:
            return connection.execute(_CONTENTS).fetchall()

    def clean(self) -> list[tuple[Any, ...]]:
        """What an index made from nothing holds."""
        home = Home(self.base / f"clean{random.randrange(10**9)}")
        self.index(home)
        try:
            return self.contents(home)
        finally:
            shutil.rmtree(home.path)

    def assert_sound(self) -> None:
        """The index is that of what is on disk, and the doctor finds nothing wrong with it."""
        found, wanted = self.contents(), self.clean()
        assert len(found) == len(wanted)
        assert found == wanted
        assert [f for f in check_vault(self.vault_path, VaultKind.WORKSPACE) if f.is_error] == []

    def remember(self, texts: Mapping[str, str]) -> None:
        """Records in the notebook, as rows."""
        from magray_memory.index.lexical import LexicalIndex
        from magray_memory.models.recipe import text_hash
        from magray_memory.storage.fts import LexicalRow

        self.home.ensure()
        with (
            Vault.open(self.home.notebook, kind=VaultKind.NOTEBOOK, write=True) as vault,
            vault.write() as connection,
        ):
            for key, text in texts.items():
                (document,) = connection.execute(
                    "INSERT INTO document(kind, layer, created_at, updated_at, indexed_at, key, text)"
                    " VALUES ('note', 'assets', 1, 1, 1, ?, ?) RETURNING id",
                    (key, text),
                ).fetchone()
                (passage,) = connection.execute(
                    "INSERT INTO passage(document_id, ordinal, start_line, end_line, symbol, kind, text,"
                    " text_hash) VALUES (?, 0, 1, 1, '', 'note', ?, ?) RETURNING id",
                    (document, text, text_hash("", None, text, "note")),
                ).fetchone()
                connection.execute("UPDATE tally SET value = value + 1 WHERE name = 'passage'")
                LexicalIndex(vault).add([LexicalRow(passage, "", "", text)])

    def records(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.home.notebook)) as connection:
            return dict(
                connection.execute("SELECT key, text FROM document WHERE text IS NOT NULL").fetchall()
            )

    @staticmethod
    def kill_later(process: subprocess.Popen[bytes], seconds: float) -> bool:
        """SIGKILL after a while; returns whether the process was still at work."""
        time.sleep(seconds)
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return alive

    @staticmethod
    def words(rng: random.Random, count: int) -> str:
        return " ".join(rng.choices(WORDS, k=count))

    def copy(self, base: Path) -> Box:
        """The home once more, for the same workspace."""
        shutil.copytree(self.home.path, base / "home")
        return replace(self, base=base, place=self.root)

    def unprivileged(self) -> Box:
        """The same by someone whom permissions hold back, which they do not for root."""
        if os.name == "nt" or os.geteuid() != 0:
            return self
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
        if shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"], check=False).returncode != 0:
            pytest.skip("root cannot lay down its privileges here")
        return replace(self, prefix=prefix)


@pytest.fixture
def rng() -> random.Random:
    print(f"MAGRAY_CRASH_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture(scope="session")
def make_box() -> type[Box]:
    return Box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    made.root.mkdir()
    yield made
    end(made.started)
