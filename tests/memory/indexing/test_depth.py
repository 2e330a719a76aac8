"""Embedding depth: nothing, the beginning or all of each passage; a change of it loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.config import EmbeddingSettings, ResourceSettings, Settings
from magray_memory.health.checks import HealthContext, vector_index
from magray_memory.health.integrity_index import check_pending, check_vectors
from magray_memory.health.repair import Repairer
from magray_memory.indexing.embedding_passes import (
    AT_REST,
    BUSY,
    LOOK_SECONDS,
    MINIMAL,
    ON_BATTERY,
    DepthChooser,
    Pass,
    passes_of,
)
from magray_memory.indexing.indexer import Indexer
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import load_model
from magray_memory.storage import vectors
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.pending import count_pending
from magray_memory.storage.vault_info import describe

if TYPE_CHECKING:
    from magray_memory.indexing.report import IndexReport

Workspace = Any

LONG = " ".join(f"The {word} of the harbour is older than its lighthouse." for word in "abcdefghijklmnop")


@pytest.fixture(scope="module")
def model() -> Embedder:
    return Embedder.open(load_model(BUNDLED / DEFAULT_ID))


def populate(ws: Workspace) -> None:
    ws.write("short.py", "def short():\n    return 1\n")
    ws.write("long.py", "def long():\n" + "".join(f"    value_{n} = compute_{n}()\n" for n in range(60)))
    ws.write("prose.md", f"# Harbour\n\n{LONG}\n")


def index(ws: Workspace, model: Embedder, depth: str) -> IndexReport:
    ws.settings = Settings(embedding=EmbeddingSettings(depth=depth))
    return ws.index(embedder=lambda: model)


def heads(ws: Workspace) -> set[str]:
    """The files with a passage whose vector is of its beginning."""
    with ws.vault.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT path FROM vector JOIN passage p ON p.id = passage_id"
            " JOIN document d ON d.id = document_id WHERE head = 1"
        )
        return {row[0] for row in rows}


def stored(ws: Workspace) -> dict[bytes, bytes]:
    with ws.vault.read() as connection:
        sql = "SELECT text_hash, data FROM vector JOIN passage ON passage.id = passage_id"
        return dict(connection.execute(sql).fetchall())


def forget(ws: Workspace, model: Embedder) -> None:
    with ws.vault.write():
        vectors.drop_vectors(ws.vault, model.key)


def test_a_short_text_has_its_own_vector_and_a_long_one_that_of_its_beginning(model: Embedder) -> None:
    made: dict[int, tuple[Any, bool]] = {}
    for at, rows, whole in model.heads(["a short text", LONG]):
        made |= dict(zip(at, zip(rows, whole, strict=True), strict=True))
    own: dict[int, Any] = {}
    for at, rows in model.passages(["a short text", LONG]):
        own |= dict(zip(at, rows, strict=True))
    assert (made[0][1], made[1][1]) == (True, False)
    assert made[0][0].tobytes() == own[0].tobytes()
    assert 0.5 < float(made[1][0] @ own[1]) < 0.9999


def test_heads_alone_leave_nothing_pending_and_are_counted(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    report = index(ws, model, "heads")
    assert report.embedded == report.passages
    assert heads(ws) == {"long.py", "prose.md"}
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    assert info is not None
    assert info.pending == 0
    assert info.as_json()["heads"] == info.heads > 0
    assert index(ws, model, "heads").embedded == 0


def test_prose_is_read_whole_and_code_stays_at_its_beginning(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    index(ws, model, "prose")
    assert heads(ws) == {"long.py"}
    assert index(ws, model, "prose").embedded == 0


def test_a_deeper_setting_gives_the_vectors_that_it_would_have_given_at_first(
    ws: Workspace, model: Embedder
) -> None:
    populate(ws)
    index(ws, model, "heads")
    before = stored(ws)
    index(ws, model, "full")
    deepened = stored(ws)
    assert heads(ws) == set()
    assert before != deepened
    ws.home.vectors.unlink()
    forget(ws, model)
    index(ws, model, "full")
    assert stored(ws) == deepened


def test_a_shallower_setting_takes_no_vector_away(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    index(ws, model, "full")
    before = stored(ws)
    for depth in ("heads", "static", "prose"):
        assert index(ws, model, depth).embedded == 0
        assert stored(ws) == before
        assert heads(ws) == set()


def test_the_cache_never_gives_a_beginning_for_a_whole_text(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    index(ws, model, "heads")
    at_heads = stored(ws)
    forget(ws, model)
    assert index(ws, model, "heads").embedded == 0
    assert stored(ws) == at_heads
    forget(ws, model)
    assert index(ws, model, "full").embedded > 0
    assert heads(ws) == set()
    forget(ws, model)
    index(ws, model, "heads")
    assert heads(ws) == set()  # the vectors of whole texts are known by now, and are better


def test_the_same_text_elsewhere_gets_what_is_known(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    index(ws, model, "heads")
    ws.write("copy.md", (ws.root / "prose.md").read_text())
    assert index(ws, model, "heads").embedded == 0
    assert "copy.md" in heads(ws)
    index(ws, model, "prose")
    assert heads(ws) == {"long.py"}


def test_static_runs_no_model_and_all_is_found_approximately(ws: Workspace) -> None:
    populate(ws)

    def no_model() -> Embedder:
        raise AssertionError("the model was opened")

    ws.settings = Settings(embedding=EmbeddingSettings(depth="static"))
    for name in ("first", "later"):
        ws.write(f"{name}.py", f"def {name}():\n    return soon\n")
        report = ws.index(embedder=no_model)
        info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
        assert info is not None
        assert info.pending == info.approximate == report.passages


class Machine:
    """A machine whose power and load the test sets."""

    def __init__(self, *, battery: bool = False, others: float = 0.0) -> None:
        self.battery = battery
        self.others = others
        self.now = 0.0

    def chooser(self, depth: str = "auto", profile: str = "balanced") -> DepthChooser:
        settings = Settings(
            embedding=EmbeddingSettings(depth=depth), resources=ResourceSettings(profile=profile)
        )
        return DepthChooser(settings, lambda: self.battery, lambda: self.others, lambda: self.now)


def test_auto_goes_by_power_and_load_and_says_why() -> None:
    at_rest = Machine()
    assert at_rest.chooser().now() == ("full", AT_REST)
    assert at_rest.chooser(profile="minimal").now() == ("heads", MINIMAL)
    assert Machine(battery=True).chooser().now() == ("heads", ON_BATTERY)
    assert Machine(others=0.9).chooser().now() == ("heads", BUSY)
    assert Machine(others=0.1).chooser().now() == ("full", AT_REST)


@pytest.mark.parametrize("depth", ["static", "heads", "prose", "full"])
def test_what_a_person_set_holds_on_any_machine(depth: str) -> None:
    assert Machine(battery=True, others=1.0).chooser(depth, "minimal").now() == (depth, "")


def test_the_machine_is_looked_at_now_and_then() -> None:
    machine = Machine()
    chooser = machine.chooser()
    chooser.now()
    machine.battery = True
    assert chooser.now().name == "full"
    machine.now += LOOK_SECONDS
    assert chooser.now() == ("heads", ON_BATTERY)
    machine.battery = False
    machine.now += LOOK_SECONDS
    assert chooser.now() == ("full", AT_REST)


def test_auto_makes_many_passages_well_found_before_it_reads_them_whole() -> None:
    depth = Machine().chooser().now()
    assert passes_of(depth, many=True) == (Pass(head=True), Pass(prose=True), Pass())
    assert passes_of(depth, many=False) == (Pass(),)
    assert passes_of(Machine(battery=True).chooser().now(), many=True) == (Pass(head=True),)


def run_with(ws: Workspace, model: Embedder, chooser: DepthChooser, **options: Any) -> Indexer:
    ws.settings = Settings(embedding=EmbeddingSettings(depth="auto"))
    indexer = Indexer(ws.vault, ws.home, ws.settings, lambda: model, depth=chooser, **options)
    indexer.run()
    return indexer


def status(ws: Workspace, depth: str = "auto") -> Any:
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    assert info is not None
    settings = Settings(embedding=EmbeddingSettings(depth=depth))
    return vector_index(HealthContext(ws.home, settings, [info], info, None, None, None))


def test_on_battery_the_rest_waits_for_the_adapter_and_status_says_so(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    machine = Machine(battery=True)
    indexer = run_with(ws, model, machine.chooser())
    assert indexer.depth == ("heads", ON_BATTERY)
    assert heads(ws) == {"long.py", "prose.md"}
    said = status(ws)
    assert said.detail["depth"] == {"requested": "auto", "actual": "heads", "reason": ON_BATTERY}
    assert ON_BATTERY in said.summary
    machine.battery = False
    assert run_with(ws, model, machine.chooser()).depth == ("full", AT_REST)
    assert heads(ws) == set()
    said = status(ws)
    assert said.detail["depth"] == {"requested": "auto", "actual": "full", "reason": AT_REST}
    assert AT_REST not in said.summary


def test_a_machine_that_is_unplugged_in_the_middle_stops_at_the_beginnings(
    ws: Workspace, model: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(ws)
    monkeypatch.setattr("magray_memory.indexing.embedding_phase.FEW_PASSAGES", 0)
    machine = Machine()
    chooser = machine.chooser()

    class Unplugged:
        """The model, whose machine is unplugged once it has made the beginnings."""

        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

        def heads(self, *args: Any) -> Any:
            yield from model.heads(*args)
            machine.battery = True
            machine.now += LOOK_SECONDS

    indexer = run_with(ws, Unplugged(), chooser)  # pyright: ignore[reportArgumentType]
    assert indexer.depth == ("heads", ON_BATTERY)
    assert heads(ws) == {"long.py", "prose.md"}
    machine.battery = False
    machine.now += LOOK_SECONDS
    run_with(ws, model, chooser)
    assert heads(ws) == set()


def test_static_is_a_state_and_no_fault(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    index(ws, model, "static")
    said = status(ws, "static")
    assert (said.severity.value, said.hint) == ("ok", "")
    assert list(check_pending(ws.vault)) == []
    index(ws, model, "full")
    with ws.vault.write() as connection:
        connection.execute("DELETE FROM vector WHERE passage_id = 1")
    assert [finding.check for finding in check_pending(ws.vault)] == ["vectors"]


DAMAGE = {
    "a flipped bit": "UPDATE static_vector SET data = CAST(x'7f' || substr(data, 2) AS BLOB)",
    "a number too few": "UPDATE static_vector SET data = substr(data, 2)",
    "other passages": "UPDATE static_vector SET ids = x'0900000000000000', checksum = NULL",
    "bytes of no text": "UPDATE static_vector SET data = x'ff' || substr(data, 2)",
    "no bytes": "UPDATE static_vector SET data = 'text', checksum = NULL",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_approximate_vectors_are_found_and_made_again(
    ws: Workspace, model: Embedder, damage: str
) -> None:
    populate(ws)
    index(ws, model, "static")
    assert list(check_vectors(ws.vault)) == []
    with ws.vault.write() as connection:
        connection.execute(f"{DAMAGE[damage]} WHERE document_id = 1")
    (found,) = check_vectors(ws.vault)
    assert "approximate" in found.message
    ws.vault.close()
    repairer = Repairer(ws.home, ws.root, ws.settings.vectors, ws.settings.redaction)
    repairer.apply(found)
    assert ws.root in repairer.to_index
    ws.vault = ws.open()
    index(ws, model, "static")
    assert list(check_vectors(ws.vault)) == []
    info = describe(ws.vault.path, VaultKind.WORKSPACE, ws.root)
    assert info is not None
    assert info.pending == info.approximate == info.passages


class _Killed(BaseException):
    pass


class Dying:
    """The model, which dies with its process after so many batches."""

    def __init__(self, model: Embedder, batches: int) -> None:
        self._model = model
        self._left = batches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def _until_killed(self, made: Any) -> Any:
        for batch in made:
            if self._left == 0:
                raise _Killed
            self._left -= 1
            yield batch

    def passages(self, *args: Any) -> Any:
        return self._until_killed(self._model.passages(*args))

    def heads(self, *args: Any) -> Any:
        return self._until_killed(self._model.heads(*args))


def test_killed_while_the_depth_changes_the_next_run_goes_on(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    for number in range(20):
        ws.write(f"notes/n{number}.md", f"# Note {number}\n\n{LONG} {number}\n")
    for depth, batches in (("heads", 5), ("full", 3), ("prose", 2), ("heads", 1), ("full", 4)):
        dying = Dying(model, batches)
        with pytest.raises(_Killed):
            index(ws, dying, depth)  # pyright: ignore[reportArgumentType]
        assert list(check_vectors(ws.vault)) == []
    index(ws, model, "full")
    assert heads(ws) == set()
    after = stored(ws)
    ws.home.vectors.unlink()
    forget(ws, model)
    index(ws, model, "full")
    assert stored(ws) == after


def test_two_processes_of_different_depths_at_one_vault_lose_nothing(ws: Workspace, model: Embedder) -> None:
    populate(ws)
    for number in range(80):
        ws.write(f"notes/n{number}.md", f"# Note {number}\n\n{LONG} {number}\n")
    ws.vault.close()
    depths = ("heads", "full", "static", "heads")
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(ws.home.path)]
    command += ["--workspace", str(ws.root), "index"]

    def index_at(depth: str) -> None:
        """Indexes as one process after the other does, until the vault was this one's once."""
        environ = {**os.environ, "MAGRAY_EMBEDDING__DEPTH": depth, "MAGRAY_EMBEDDING__DEVICE": "cpu"}
        while True:
            ended = subprocess.run(
                command, capture_output=True, text=True, env=environ, timeout=240, check=False
            )
            assert "Traceback" not in ended.stdout + ended.stderr
            if ended.returncode == 0:
                return
            assert "is being indexed already" in ended.stderr, ended.stderr
            time.sleep(0.05)

    with ThreadPoolExecutor(len(depths)) as together:
        list(together.map(index_at, depths))
    ws.vault = ws.open()
    assert list(check_vectors(ws.vault)) == []
    with ws.vault.read() as connection:
        assert count_pending(connection, model.key) == 0
    before = stored(ws)
    read_whole = {path: data for path, data in before.items() if path not in heads_of_texts(ws)}
    index(ws, model, "full")
    assert heads(ws) == set()
    after = stored(ws)
    assert {text: after[text] for text in read_whole} == read_whole
    ws.home.vectors.unlink()
    forget(ws, model)
    index(ws, model, "full")
    assert stored(ws) == after


def heads_of_texts(ws: Workspace) -> set[bytes]:
    with ws.vault.read() as connection:
        sql = "SELECT text_hash FROM vector JOIN passage ON passage.id = passage_id WHERE head = 1"
        return {row[0] for row in connection.execute(sql)}
