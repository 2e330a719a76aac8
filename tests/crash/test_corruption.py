"""Every file of a home in turn: gone, cut, one bit flipped, a folder in its place, unreadable.

Search answers or says plainly why not, and `doctor --fix` brings everything back that was derived. One harm a
file by default, another with each seed; MAGRAY_CRASH_FULL=1 does all of them (a few minutes).
"""

from __future__ import annotations

import os
import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Box

HARMS = ("gone", "cut", "flip", "folder", "unreadable")
RECORDS = {f"k{n}": f"the record number {n} about alpha and omega" for n in range(40)}
WEIGHTY = ("notebook.db", "vault.db", "vectors.db", "exact.snapshot", "exact", "ann", "ids", "workspaces")
LIGHT = ("device.json", "probes.json", "config.toml", "vault.db.lock", "vault.db.snapshot.lock", "creating")
FULL = os.environ.get("MAGRAY_CRASH_FULL") == "1"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions work differently there")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, make_box: type[Box]) -> Iterator[Box]:
    """A home with everything in it, made once."""
    from magray_memory.config import VectorSettings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.durability import VaultKind
    from magray_memory.storage.vault import Vault

    box = make_box(tmp_path_factory.mktemp("template"))
    box.populate(12, random.Random(1))
    assert box("index").code == 0
    box.remember(RECORDS)
    (box.home.path / "config.toml").write_text("[search]\nk = 7\n")
    with Vault.open(box.vault_path, kind=VaultKind.WORKSPACE, write=True) as vault:
        with vault.read() as connection:
            (key,) = connection.execute("SELECT key FROM embedding_key").fetchone()
        store = VectorStore(vault, key, VectorSettings())
        assert store.seal()
        store.close()
    yield box


def _files(box: Box) -> dict[str, Path]:
    """Every file by its name without what differs from run to run."""
    stem = box.vault_path.stem
    found = {"workspaces": box.home.workspaces}
    for path in box.home.path.rglob("*"):
        if path.is_file() and not path.name.endswith(("-wal", "-shm")):
            parts = path.name.split(".")
            if parts[0] != stem:
                found[path.name.lstrip(".")] = path
            elif parts[1] == "db":
                found[".".join(["vault", *parts[1:]])] = path
            else:
                found[".".join(parts[-2:]) if parts[-1] == "snapshot" else parts[-1]] = path
    return found


def _harm(path: Path, harm: str, rng: random.Random) -> bool:
    """Do it; False where it cannot be done to this file."""
    data = b"" if path.is_dir() else path.read_bytes()
    if harm == "unreadable":
        path.chmod(0)
        return True
    if harm in ("cut", "flip") and not data:
        return False
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    if harm == "cut":
        path.write_bytes(data[: rng.randrange(len(data))])
    elif harm == "flip":
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
    elif harm == "folder" and path.name == "workspaces":
        path.write_text("a file")
    elif harm == "folder":
        path.mkdir()
    return True


def _cases() -> list[tuple[str, str]]:
    seed = int(os.environ.get("MAGRAY_CRASH_SEED", "0")) or int(time.time()) // 3600
    chance = random.Random(seed)
    chosen: list[tuple[str, str]] = []
    for kind in (*WEIGHTY, *LIGHT) if FULL else (*WEIGHTY, *chance.sample(LIGHT, 2)):
        count = len(HARMS) if FULL else 2 if kind in WEIGHTY[:2] else 1
        chosen += [(kind, harm) for harm in chance.sample(HARMS, count)]
    return chosen


@pytest.mark.parametrize(("kind", "harm"), _cases(), ids=lambda value: value)
def test_a_harmed_file(template: Box, tmp_path: Path, rng: random.Random, kind: str, harm: str) -> None:
    box = template.copy(tmp_path / "copy")
    if not _harm(_files(box)[kind], harm, rng):
        return
    person = box.unprivileged() if harm == "unreadable" else box
    asked = person("search", "alpha", "--mode", "lexical", "--json")
    answer = asked.json
    assert asked.code == (1 if "error" in answer else 3 if answer.get("unreadable") else 0), asked
    assert "Traceback" not in asked.err
    told = bool(asked.err) or "error" in answer or bool(answer.get("degraded"))
    whole = {hit["vault"] for hit in answer.get("hits", ())} == {"workspace", "notebook"}
    truth_gone = kind == "notebook.db" and harm == "gone"
    assert told or whole or truth_gone, answer
    fixed = person("doctor", "--fix", "--json")
    assert fixed.code in (0, 3) and fixed.json["errors"] == 0, fixed
    lost = fixed.json["lost"]
    assert (fixed.code == 3) == bool(lost)
    if (kind, harm) in (("vault.db", "gone"), ("workspaces", "gone"), ("workspaces", "folder")):
        assert person("index").code == 0
    again = person("search", "alpha", "--in", "workspace", "--json").json
    assert again["hits"] and again["pending"] == 0 and not again["degraded"], again
    if kind != "notebook.db":
        assert box.records() == RECORDS
    elif harm not in ("gone", "folder") and not lost:
        assert len(box.records()) == len(RECORDS)
        print(f"{len(box.records().items() - RECORDS.items())} records changed by one bit")
    elif harm not in ("gone", "folder"):
        print(f"{len(RECORDS) - len(box.records())} of {len(RECORDS)} records lost: {lost}")
        assert list(box.home.path.glob("notebook.db.damaged-*"))
