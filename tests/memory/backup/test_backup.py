"""Backup: what is in it, what it is checked for, and what it never touches."""

from __future__ import annotations

import sqlite3
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from magray_memory.archive import container, encryption
from magray_memory.archive.passphrase import Passphrases
from magray_memory.errors import ArchiveError, Interrupted, MagrayError, PassphraseError, VaultDamaged
from magray_memory.memory import Memory
from magray_memory.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path, table: str) -> set[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        return set(connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall())


def test_a_backup_has_every_record_with_tags_links_and_history(memory: Memory, tmp_path: Path) -> None:
    memory.home.config.write_text("[search]\nk = 7\n")
    made = memory.archive.backup()
    assert made.manifest.counts["records"] == 19
    assert made.manifest.counts["trashed"] == 1
    with zipfile.ZipFile(made.backup.path) as archive:
        assert archive.namelist() == ["manifest.json", "notebook.db", "config.toml"]
        archive.extract("notebook.db", tmp_path)
        assert archive.read("config.toml") == b"[search]\nk = 7\n"
    for table in ("document", "revision", "tag", "document_tag", "link", "access"):
        assert rows(tmp_path / "notebook.db", table) == rows(memory.home.notebook, table), table
    assert rows(tmp_path / "notebook.db", "passage") == set()


def test_backups_are_private_and_sort_by_time(memory: Memory) -> None:
    paths = [memory.archive.backup().backup.path for _ in range(3)]
    assert [backup.path for backup in memory.archive.list()] == paths
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE(memory.archive.folder.stat().st_mode) == 0o700


def test_nothing_but_backups_is_left(memory: Memory) -> None:
    memory.archive.backup()
    assert not [path for path in memory.home.path.rglob("*") if "draft" in path.name]


def test_without_records_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing to back up"):
        Memory.open(home=tmp_path / "home", outside=True).archive.backup()
    assert not (tmp_path / "home" / "backups").exists()


def test_a_damaged_notebook_is_not_backed_up_and_older_backups_stay(memory: Memory) -> None:
    before = memory.archive.backup().backup
    with sqlite3.connect(memory.home.notebook) as connection:
        connection.execute("UPDATE document SET text = 'something else' WHERE id = 5")
    with pytest.raises(VaultDamaged, match="was not backed up"):
        memory.archive.backup()
    assert [backup.path for backup in memory.archive.list()] == [before.path]


def test_a_damaged_page_of_words_does_not_stop_a_backup(memory: Memory) -> None:
    with sqlite3.connect(memory.home.notebook) as connection:
        connection.execute("DELETE FROM passage_fts_data WHERE id > 10")
    assert memory.archive.backup().manifest.counts["records"] == 19


def test_it_can_be_interrupted_and_leaves_nothing(memory: Memory) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 4

    with pytest.raises(Interrupted):
        memory.archive.backup(progress=Progress(should_stop=stop))
    assert memory.archive.list() == []
    assert not [path for path in memory.home.path.rglob("*") if "draft" in path.name]


def test_output_is_a_file_or_a_folder_and_replaces_nothing_but_a_backup(
    memory: Memory, tmp_path: Path
) -> None:
    folder = tmp_path / "usb"
    folder.mkdir()
    assert memory.archive.backup(folder).backup.path.parent == folder
    file = tmp_path / "mine.zip"
    assert memory.archive.backup(file).backup.path == file
    assert memory.archive.backup(file).backup.path == file
    stranger = tmp_path / "thesis.zip"
    stranger.write_text("a year of work")
    with pytest.raises(ArchiveError, match="not replaced"):
        memory.archive.backup(stranger)
    assert stranger.read_text() == "a year of work"


def test_an_encrypted_backup_shows_nothing(memory: Memory, tmp_path: Path) -> None:
    made = memory.archive.backup(encrypt=True, passphrases=Passphrases(variable="pass"))
    data = made.backup.path.read_bytes()
    assert encryption.is_encrypted(made.backup.path)
    assert not [word for word in (b"notebook", b"manifest", b"records", b"note 1") if word in data]
    plain = tmp_path / "plain.zip"
    encryption.decrypt(made.backup.path, plain, "pass", "it")
    with container.opened(plain, "it") as archive:
        assert archive.manifest == made.manifest
    with pytest.raises(PassphraseError):
        encryption.decrypt(made.backup.path, tmp_path / "other", "Pass", "it")


def test_every_byte_of_an_archive_counts(memory: Memory, tmp_path: Path) -> None:
    data = memory.archive.backup().backup.path.read_bytes()
    broken = tmp_path / "broken.zip"
    for place in range(0, len(data), 37):
        broken.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with pytest.raises(MagrayError), container.opened(broken, "it"):
            pass
        broken.write_bytes(data[:place])
        with pytest.raises(MagrayError), container.opened(broken, "it"):
            pass


@pytest.mark.parametrize(
    "size", [0, 1, encryption.CHUNK - 1, encryption.CHUNK, encryption.CHUNK + 1, 200_000]
)
def test_chunks_of_any_length_come_back(tmp_path: Path, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    with (tmp_path / "sealed").open("wb") as out:
        sink = encryption.EncryptingSink(out, "pass")
        sink.write(data[: size // 2])
        sink.write(data[size // 2 :])
        sink.finish()
    encryption.decrypt(tmp_path / "sealed", tmp_path / "plain", "pass", "it")
    assert (tmp_path / "plain").read_bytes() == data


def test_chunks_cannot_be_cut_off_swapped_or_repeated(tmp_path: Path) -> None:
    with (tmp_path / "sealed").open("wb") as out:
        sink = encryption.EncryptingSink(out, "pass")
        sink.write(bytes(3 * encryption.CHUNK))
        sink.finish()
    whole = (tmp_path / "sealed").read_bytes()
    step = encryption.CHUNK + 16
    head, chunks = whole[:43], [whole[43 + at : 43 + at + step] for at in range(0, len(whole) - 43, step)]
    assert len(chunks) == 3
    for wrong in (
        chunks[:2],
        chunks[:1],
        [chunks[1], chunks[0], chunks[2]],
        [*chunks, chunks[2]],
        chunks[1:],
    ):
        (tmp_path / "sealed").write_bytes(head + b"".join(wrong))
        with pytest.raises(MagrayError):
            encryption.decrypt(tmp_path / "sealed", tmp_path / "plain", "pass", "it")
        (tmp_path / "plain").unlink(missing_ok=True)


def test_a_disk_that_is_not_mounted_is_no_place_for_a_backup(memory: Memory, tmp_path: Path) -> None:
    for place in (tmp_path / "usb" / "mine.zip", tmp_path / "usb" / "folder"):
        with pytest.raises(ArchiveError, match="there is no folder"):
            memory.archive.backup(place)
    assert not (tmp_path / "usb").exists()
    assert memory.archive.backup(tmp_path / "named otherwise").backup.path.is_file()
