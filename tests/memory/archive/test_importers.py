"""What each tool exports becomes records, once, and what is no record is counted."""

from __future__ import annotations

import codecs
import json
import os
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from magray_samples import (
    BASIC_MEMORY,
    RUST,
    VAULT,
    chatgpt,
    claude,
    claude_projects,
    mcp_memory,
    mem0,
    write_folder,
    write_tar,
    write_zip,
)
from obsidian_vault import canvases, make_vault

from magray_memory.archive.importer_table import IMPORTERS, importer_for
from magray_memory.archive.source import Source
from magray_memory.errors import ArchiveError, UsageError
from magray_memory.values import Draft, RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.memory import Memory
    from magray_memory.values import Record

    from .conftest import Homes

NOTES = 120
"""Of the vault that is made by chance."""


def sources() -> dict[str, tuple[str, Callable[[Path], Path], int]]:
    """A source by a name: its importer, what makes it, and how many records it has."""

    def data(name: str, value: Any) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = folder / name
            path.write_text(
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8"
            )
            return path

        return make

    chats = json.dumps(chatgpt())
    lines = "".join(json.dumps(row) + "\n" for row in RUST)
    layers = {
        "metadata.json": json.dumps({"version": 1, "total_records": 2, "layers": []}),
        "interact_records.json": "",
        "insights_records.json": json.dumps(RUST[:1]),
        "assets_records.json": json.dumps(RUST[1]) + "\n",
    }
    return {
        "chatgpt": ("chatgpt", data("conversations.json", chatgpt()), 1),
        "chatgpt.zip": (
            "chatgpt",
            lambda at: write_zip(
                at / "export.zip",
                {
                    "conversations.json": chats,
                    "user.json": "{}",
                    "chat.html": "<html>",
                    "file-1.png": b"\x89PNG",
                },
            ),
            1,
        ),
        "claude": ("claude", data("conversations.json", claude()), 2),
        "claude.zip": (
            "claude",
            lambda at: write_zip(
                at / "data.zip",
                {
                    "conversations.json": json.dumps(claude()),
                    "projects.json": json.dumps(claude_projects()),
                    "users.json": "[]",
                },
            ),
            4,
        ),
        "mem0": ("mem0", data("memories.json", mem0()), 2),
        "mem0 list": ("mem0", data("memories.json", mem0()["results"]), 2),
        "mem0 memories": (
            "mem0",
            data("m.json", {"user": {}, "memories": [{"id": "1", "content": "likes coffee"}]}),
            1,
        ),
        "mcp-memory graph": (
            "mcp-memory",
            data(
                "graph.json",
                json.dumps(
                    {"entities": [{"name": "A", "entityType": "x", "observations": ["o"]}], "relations": []},
                    indent=2,
                ),
            ),
            1,
        ),
        "jsonl array": ("jsonl", data("texts.json", [{"text": "one"}, {"text": "two"}]), 2),
        "mcp-memory": ("mcp-memory", data("memory.jsonl", mcp_memory()), 3),
        "basic-memory": ("basic-memory", lambda at: write_folder(at / "basic", BASIC_MEMORY), 2),
        "obsidian": ("obsidian", lambda at: write_folder(at / "Vault", VAULT), 4),
        "markdown": ("markdown", lambda at: write_folder(at / "notes", {"a.md": "# A\n", "b.md": "b"}), 2),
        "markdown.zip": (
            "markdown",
            lambda at: write_zip(at / "n.zip", {"n/a.md": "# A\n", "n/b.md": "b"}),
            2,
        ),
        "one note": ("markdown", data("a.md", "# A\n\ntext"), 1),
        "jsonl": ("jsonl", data("texts.jsonl", '{"text":"one"}\n{"text":"two"}\n'), 2),
        "rust": ("magray-rust", data("magray_memory.jsonl", lines), 2),
        "rust.tar.gz": ("magray-rust", lambda at: write_tar(at / "backup.tar.gz", layers), 2),
    }


SOURCES = sources()


def records(memory: Memory) -> list[Record]:
    return sorted(memory.records.list(RecordFilter(), 1000).records, key=lambda one: one.stored.id)


def files_of(folder: Path) -> dict[str, bytes]:
    """What the files below a folder hold, by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def texts(memory: Memory) -> dict[str | None, str]:
    return {record.stored.title: record.stored.text for record in records(memory)}


@pytest.mark.parametrize("name", SOURCES)
def test_auto_takes_a_source_for_what_it_is_and_a_repeat_takes_nothing(
    memory: Memory, tmp_path: Path, name: str
) -> None:
    importer, make, count = SOURCES[name]
    path = make(tmp_path)
    dry = memory.exchange.import_(path, dry_run=True)
    report = memory.exchange.import_(path)
    assert (report.importer, report.created, report.skipped) == (importer, count, [])
    assert (dry.created, dry.duplicates) == (count, 0)
    assert len(records(memory)) == count
    again = memory.exchange.import_(path, tags=["again"])
    assert (again.created, again.updated, again.unchanged) == (0, 0, count)
    assert again.left_out == report.left_out


def test_every_importer_has_a_source_here() -> None:
    assert {importer for importer, _, _ in SOURCES.values()} | {"json"} == set(IMPORTERS)


def test_the_documentation_says_of_every_importer_what_tells_its_sources() -> None:
    page = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text("utf-8")
    table = page.partition("| told by |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == list(IMPORTERS)


def test_a_conversation_of_chatgpt_is_what_the_person_saw_last_then_the_other_branches(
    memory: Memory, tmp_path: Path
) -> None:
    report = memory.exchange.import_(SOURCES["chatgpt"][1](tmp_path))
    assert report.left_out == {"empty": 1}
    (record,) = records(memory)
    stored = record.stored
    assert (stored.title, stored.kind, stored.layer) == ("Retrying payments", "conversation", "assets")
    assert stored.tags == ("chatgpt",)
    assert stored.created_at == 1_700_000_000.25
    assert stored.text == (
        "## You\n\nHow do I retry a payment?\n\n[attachment: log.txt]\n\n"
        "## ChatGPT\n\nUse a queue.\n\n"
        "## You\n\n[image]\n\nWhat is on this picture?\n\n"
        "## ChatGPT\n\n### Plan\n\nCanvas text here.\n\n"
        "## ChatGPT\n\nA cat. Это кот.\n\n"
        "## ChatGPT (another branch)\n\nThe first answer, made again.\n"
    )


def test_a_conversation_that_goes_on_updates_its_record_unless_it_was_edited_here(
    memory: Memory, tmp_path: Path
) -> None:
    path = SOURCES["chatgpt"][1](tmp_path)
    memory.exchange.import_(path)
    longer = chatgpt()
    mapping = longer[0]["mapping"]
    mapping["q3"] = json.loads(json.dumps(mapping["a3"]))
    mapping["q3"].update(id="q3", parent="a3")
    mapping["q3"]["message"]["content"]["parts"] = ["And a dog?"]
    mapping["a3"]["children"] = ["q3"]
    longer[0]["current_node"] = "q3"
    path.write_text(json.dumps(longer), "utf-8")
    assert memory.exchange.import_(path).updated == 1
    assert "And a dog?" in memory.records.get("n1").stored.text
    memory.records.edit("n1", text="my own summary")
    mapping["q3"]["message"]["content"]["parts"] = ["And two dogs?"]
    path.write_text(json.dumps(longer), "utf-8")
    report = memory.exchange.import_(path)
    assert [(conflict.record, conflict.copy) for conflict in report.conflicts] == [("n1", "n2")]
    assert memory.records.get("n1").stored.text == "my own summary"
    assert memory.records.get("n2").stored.tags == ("chatgpt", "conflict")
    assert memory.exchange.import_(path).unchanged == 1


def test_a_tree_with_a_circle_or_without_a_current_message_is_read(memory: Memory, tmp_path: Path) -> None:
    broken = chatgpt()
    broken[0]["mapping"]["root"]["parent"] = "a3"
    broken[0]["current_node"] = "nowhere"
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([*broken, {"title": 3, "mapping": {"x": None}}, 7]), "utf-8")
    report = memory.exchange.import_(path)
    assert report.created == 1
    assert report.all_skipped == 1
    assert "A cat" in records(memory)[0].stored.text


def test_a_conversation_that_is_longer_than_a_record_becomes_several(memory: Memory, tmp_path: Path) -> None:
    long = claude()[:1]
    message = long[0]["chat_messages"][1]
    message["content"] = [{"type": "text", "text": "word " * 300_000}]
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(long), "utf-8")
    report = memory.exchange.import_(path)
    assert report.created == 3
    found = [record.stored for record in records(memory)]
    assert [record.title for record in found] == [f"Deploy plan ({number} of 3)" for number in (1, 2, 3)]
    assert sum(record.text.count("word") for record in found) == 300_000
    assert memory.exchange.import_(path).unchanged == 3


def test_claude_gives_texts_attached_texts_and_projects(memory: Memory, tmp_path: Path) -> None:
    memory.exchange.import_(SOURCES["claude.zip"][1](tmp_path))
    found = texts(memory)
    assert found["Deploy plan"] == (
        "## You\n\nWhen do we deploy?\n\n### plan.txt\n\n```\nfreeze on friday\n```\n\n"
        "[attachment: photo.png]\n\n"
        "## Claude\n\nOn Thursday at noon.\n"
    )
    assert found["Привет, мир"] == "## You\n\nПривет, мир\n"
    assert found["Shop"] == "The web shop\n\nAnswer in short sentences."
    assert found["api.md"] == "# API\n\nGET /orders"
    assert {record.stored.project for record in records(memory)} == {None, "Shop"}


MEMORIES = {
    "conversations_memory": "**Work**\n\nAnna leads the shop's team.",
    "project_memories": {"p-1": "Orders are paged.", "p-9": "Привет", "p-0": " "},
    "account_uuid": "a-1",
}


@pytest.mark.parametrize(
    "files",
    [
        {"projects.json": json.dumps(claude_projects()), "memories.json": json.dumps([MEMORIES])},
        {"projects/p-1.json": json.dumps(claude_projects()[0]), "memories/a-1.json": json.dumps(MEMORIES)},
    ],
)
def test_what_claude_has_remembered_comes_with_the_names_of_its_projects(
    memory: Memory, tmp_path: Path, files: dict[str, str]
) -> None:
    files = {"conversations.json": json.dumps(claude()), "users.json": "[{}]", **files}
    path = write_zip(tmp_path / "claude.zip", files)
    report = memory.exchange.import_(path)
    assert (report.importer, report.skipped) == ("claude", [])
    found = texts(memory)
    assert found["Claude's memory"] == MEMORIES["conversations_memory"]
    assert (found["Claude's memory of Shop"], found["Claude's memory of a project"]) == (
        "Orders are paged.",
        "Привет",
    )
    assert found["api.md"] == "# API\n\nGET /orders"
    assert memory.exchange.import_(path).unchanged == report.created
    alone = write_folder(tmp_path / "alone", {"m.json": json.dumps(MEMORIES)}) / "m.json"
    again = memory.exchange.import_(alone)
    assert (again.importer, again.created, again.skipped) == ("claude", 0, [])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "key"),
    [("templates.json", "folder"), ("plugins/templater-obsidian/data.json", "templates_folder")],
)
def test_templates_of_a_vault_are_no_notes(
    memory: Memory, tmp_path: Path, packed: bool, name: str, key: str
) -> None:
    files = {
        f".obsidian/{name}": json.dumps({key: "Meta/Templates"}),
        ".obsidian/app.json": "{}",
        "Meta/Templates/Daily.md": "# {{title}}\n",
        "Meta/Templates/In/Weekly.md": "<% tp.date.now() %>",
        "Meta/Templates of mine.md": "a note",
        "Meta/About.md": "another",
    }
    if packed:
        path = write_zip(tmp_path / "v.zip", {f"Vault/{path}": text for path, text in files.items()})
    else:
        path = write_folder(tmp_path / "Vault", files)
    report = memory.exchange.import_(path, dry_run=True)
    assert (report.importer, report.created, report.left_out) == ("obsidian", 2, {"template": 2})


def test_a_vault_whose_settings_are_damaged_has_no_templates(memory: Memory, tmp_path: Path) -> None:
    files = {".obsidian/templates.json": "{", "Templates/a.md": "a", "b.md": "b"}
    assert memory.exchange.import_(write_folder(tmp_path / "Vault", files)).created == 2


def test_memories_of_mem0_are_facts_with_tags_of_what_they_are_filed_under(
    memory: Memory, tmp_path: Path
) -> None:
    report = memory.exchange.import_(SOURCES["mem0"][1](tmp_path))
    assert report.left_out == {"empty": 1}
    first = records(memory)[0].stored
    assert (first.kind, first.text) == ("fact", "Dev works as a senior engineer")
    assert first.tags == ("type/professional", "user/dev", "work-life")
    assert first.created_at == 1_738_432_800.0


def test_an_entity_is_a_record_whose_relations_are_links(memory: Memory, tmp_path: Path) -> None:
    memory.exchange.import_(SOURCES["mcp-memory"][1](tmp_path))
    found = texts(memory)
    assert found["John_Smith"] == "- Speaks fluent Spanish\n- Prefers tea\n- works_at [[Acme]]"
    assert (found["Acme"], found["Ghost"]) == ("Acme", "- haunts [[Acme]]")
    details = memory.records.show("n2")
    assert [other.stored.title for other in details.linked_from] == ["John_Smith", "Ghost"]
    assert details.record.stored.kind == "organization"


def test_notes_of_basic_memory_keep_text_kind_tags_and_links(memory: Memory, tmp_path: Path) -> None:
    folder = SOURCES["basic-memory"][1](tmp_path)
    memory.exchange.import_(folder)
    grinding, brewing = records(memory)
    assert brewing.stored.text == BASIC_MEMORY["coffee/brewing.md"]
    assert (brewing.stored.title, brewing.stored.kind) == ("Coffee Brewing", "guide")
    assert brewing.stored.tags == ("brewing", "coffee")
    assert memory.records.named("Grinding") is not None
    assert [one.id for one in memory.records.show(grinding.id).linked_from] == [brewing.id]
    (folder / "coffee" / "brewing.md").rename(folder / "moved.md")  # the permalink is its name
    assert memory.exchange.import_(folder).unchanged == 2


def test_a_vault_gives_its_notes_and_canvases_and_counts_the_rest(memory: Memory, tmp_path: Path) -> None:
    folder = SOURCES["obsidian"][1](tmp_path)
    report = memory.exchange.import_(folder)
    assert report.left_out == {"attachment": 1, "empty": 1}
    found = texts(memory)
    assert set(found) == {"2026-03-03", "Анна", "Plan", "Board"}
    assert found["Plan"] == VAULT["Plan.md"]
    assert found["Board"] == (
        "Ship the retry queue\n\n[[Plan]]\n\n<https://example.org>\n\n## Later\n\n"
        "- Ship the retry queue → [[Plan]]: see"
    )
    anna = memory.records.named("Анна")
    assert anna is not None
    assert anna.stored.tags == ("person",)
    (folder / "Plan.md").write_text("# The plan\n\nchanged", "utf-8")
    assert memory.exchange.import_(folder).updated == 1
    (folder / "Plan.md").unlink()
    again = memory.exchange.import_(folder)
    assert (again.unchanged, len(records(memory))) == (3, 4)


def test_two_vaults_with_notes_of_one_name_do_not_meet(memory: Memory, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_folder(tmp_path / name, {"Index.md": f"the index of {name}", "same.md": "the same"})
    assert memory.exchange.import_(tmp_path / "one").created == 2
    report = memory.exchange.import_(tmp_path / "two")
    assert (report.created, report.updated, report.duplicates) == (1, 0, 1)


def test_lines_have_the_fields_of_a_batch_and_times_of_every_kind(memory: Memory, tmp_path: Path) -> None:
    rows = [
        {"text": "one", "key": "k", "title": "T", "tags": ["A b", "c/d"], "kind": "Decision",
         "layer": "insights", "project": "shop", "session": "s", "importance": 0.7, "pin": True,
         "created_at": "2025-01-01T00:00:00Z"},
        {"content": "two", "timestamp": 1_735_689_600_000, "tags": "x, y"},
        {"note": "three", "date": "2025-01-01"},
        {"title": "no text"},
        {"text": " "},
    ]  # fmt: skip
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n[1]\nnot json\n\n", "utf-8")
    report = memory.exchange.import_(path)
    assert (report.created, report.left_out) == (3, {"empty": 1})
    assert [item.path for item in report.skipped] == ["lines.jsonl:4", "lines.jsonl:6", "lines.jsonl:7"]
    one, two, _ = (record.stored for record in records(memory))
    assert (one.key, one.title, one.tags, one.kind) == ("k", "T", ("a-b", "c/d"), "decision")
    assert (one.layer, one.project, one.session, one.importance, one.pinned) == (
        "insights", "shop", "s", 0.7, True,
    )  # fmt: skip
    assert one.created_at == two.created_at == 1_735_689_600.0
    assert (two.layer, two.tags) == ("assets", ("x", "y"))


def test_records_of_the_earlier_magray_keep_layer_time_uses_and_identity(
    memory: Memory, tmp_path: Path
) -> None:
    memory.exchange.import_(SOURCES["rust"][1](tmp_path))
    first, second = (record.stored for record in records(memory))
    assert (first.layer, first.kind, first.tags, first.project) == (
        "insights",
        "general",
        ("net-work",),
        "shop",
    )
    assert (first.access_count, first.importance) == (3, 0.5)
    assert (second.layer, second.project, second.session, second.importance) == ("assets", None, "s1", 0.9)
    assert memory.exchange.import_(SOURCES["rust.tar.gz"][1](tmp_path)).unchanged == 2


def test_what_is_taken_gets_the_tag_the_layer_and_the_project_that_were_asked_for(
    memory: Memory, tmp_path: Path
) -> None:
    path = SOURCES["mem0"][1](tmp_path)
    memory.exchange.import_(path, tags=["Chats"], layer="insights", project="life")
    stored = records(memory)[1].stored
    assert (stored.tags, stored.layer, stored.project) == (("chats",), "insights", "life")


def test_a_text_that_is_a_record_already_makes_no_second_one(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="Arjun prefers morning meetings"))
    report = memory.exchange.import_(SOURCES["mem0"][1](tmp_path))
    assert (report.created, report.duplicates) == (1, 1)
    memory.records.edit("n1", text="Arjun prefers the evening")
    assert memory.exchange.import_(SOURCES["mem0"][1](tmp_path)).created == 0


def test_what_was_forgotten_stays_forgotten(memory: Memory, tmp_path: Path) -> None:
    memory.exchange.import_(SOURCES["mem0"][1](tmp_path))
    memory.records.forget(["n1"])
    report = memory.exchange.import_(SOURCES["mem0"][1](tmp_path))
    assert (report.unchanged, report.left_out) == (1, {"empty": 1, "in the trash": 1})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["chatgpt", "mem0", "mcp-memory", "jsonl", "rust", "one note"])
def test_texts_are_read_in_every_unicode_encoding_and_with_either_line_end(
    memory: Memory, tmp_path: Path, encoding: str, name: str
) -> None:
    path = SOURCES[name][1](tmp_path)
    text = path.read_text("utf-8").replace("\n", "\r\n")
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    path.write_bytes(mark + text.encode(encoding))
    report = memory.exchange.import_(path)
    assert (report.importer, report.created, report.skipped) == (SOURCES[name][0], SOURCES[name][2], [])


def test_bytes_that_are_no_text_are_reported_by_file(memory: Memory, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "notes", {"good.md": "fine"})
    (folder / "latin.md").write_bytes("Größe und Maß, über alle Straßen hinweg\n".encode("latin-1") * 3)
    (folder / "binary.md").write_bytes(bytes(range(256)) * 20)
    report = memory.exchange.import_(folder)
    assert report.created == 2
    assert [item.path for item in report.skipped] == ["binary.md"]
    path = tmp_path / "l.jsonl"
    path.write_bytes('{"text":"Öl für müde Räder"}\n'.encode() + b'{"text":"caf\xe9"}\n{"text":"fine"}\n')
    report = memory.exchange.import_(path)
    assert [item.path for item in report.skipped] == ["l.jsonl"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a file that cannot be read")
def test_a_note_that_cannot_be_read_costs_itself(memory: Memory, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "notes", {"a.md": "one", "b.md": "two"})
    (folder / "a.md").chmod(0)
    report = memory.exchange.import_(folder)
    assert (report.created, [item.path for item in report.skipped]) == (1, ["a.md"])


def test_links_are_not_followed(memory: Memory, tmp_path: Path) -> None:
    outside = write_folder(tmp_path / "outside", {"secret.md": "not yours"})
    folder = write_folder(tmp_path / "notes", {"a.md": "one"})
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "down").symlink_to(outside)
    assert memory.exchange.import_(folder).created == 1


def test_archives_that_are_no_sound_export_are_refused_with_a_sentence(
    memory: Memory, tmp_path: Path
) -> None:
    bomb = write_zip(tmp_path / "bomb.zip", {"conversations.json": b"[" + b" " * (80 << 20) + b"]"})
    with pytest.raises(ArchiveError, match="far too much"):
        memory.exchange.import_(bomb)
    sound = SOURCES["chatgpt.zip"][1](tmp_path)
    data = bytearray(sound.read_bytes())
    with zipfile.ZipFile(sound) as archive:
        at = archive.getinfo("conversations.json").header_offset + 60
    for place in range(at, at + 200):
        data[place] ^= 0x55
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(data)
    with pytest.raises((ArchiveError, UsageError)):
        memory.exchange.import_(damaged, format="chatgpt")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(sound.read_bytes()[:200])
    with pytest.raises(ArchiveError, match="damaged"):
        memory.exchange.import_(cut)
    tar = SOURCES["rust.tar.gz"][1](tmp_path)
    tar.write_bytes(tar.read_bytes()[:-40])
    with pytest.raises(ArchiveError):
        memory.exchange.import_(tar)
    assert len(records(memory)) <= 2


def test_members_that_lead_out_of_an_archive_are_left_alone(memory: Memory, tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "n.zip", {"../up.md": "up", "/root.md": "root", "a/.hidden.md": "h", "good.md": "good"}
    )
    assert memory.exchange.import_(path).created == 1


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({**BASIC_MEMORY, ".obsidian/app.json": "{}"}, {"basic-memory", "obsidian"}),
        ({**VAULT, "conversations.json": json.dumps(claude())}, {"obsidian", "claude"}),
    ],
)
def test_where_two_formats_fit_the_person_is_asked(
    memory: Memory, tmp_path: Path, files: dict[str, str], names: set[str]
) -> None:
    folder = write_folder(tmp_path / "both", files)
    with pytest.raises(UsageError) as caught:
        memory.exchange.import_(folder)
    assert all(f"--from {name}" in caught.value.hint for name in names)
    for name in names:
        assert memory.exchange.import_(folder, format=name, dry_run=True).created > 0


@pytest.mark.parametrize("text", ["", "plain text\n", "{", "[]", "7", '{"a":1}', "\x00\x01", "[{}]"])
def test_what_is_of_no_known_format_is_said(memory: Memory, tmp_path: Path, text: str) -> None:
    path = tmp_path / "thing"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match="no known format"):
        memory.exchange.import_(path)
    assert importer_for(Source(path, "thing"), "jsonl") == "jsonl"


@pytest.mark.parametrize("importer", IMPORTERS)
@pytest.mark.parametrize("name", ["chatgpt", "mem0", "jsonl", "obsidian", "chatgpt.zip", "rust.tar.gz"])
def test_a_source_that_is_read_as_another_format_fails_in_sentences(
    memory: Memory, tmp_path: Path, importer: str, name: str
) -> None:
    if SOURCES[name][0] == importer:
        return
    try:
        report = memory.exchange.import_(SOURCES[name][1](tmp_path), format=importer)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert all("\n" not in item.reason for item in report.skipped)


@pytest.mark.parametrize("name", ["mem0.json", "lines.jsonl", "basic"])
def test_what_a_tool_calls_the_same_twice_is_kept_twice_and_once(
    memory: Memory, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "basic":
        for number in (1, 2):
            note = f"---\npermalink: main/a\n---\nThe note of file {number}.\n"
            write_folder(path, {f"{number}/a.md": note})
    else:
        items = [{"id": "7", "memory": f"text {number}"} for number in (1, 2)]
        data = json.dumps(items) if name == "mem0.json" else "\n".join(map(json.dumps, items))
        path.write_text(data, "utf-8")
    assert memory.exchange.import_(path).created == 2
    again = memory.exchange.import_(path)
    assert (again.unchanged, again.taken) == (2, 0)
    assert len(records(memory)) == 2


def test_relations_of_mem0_are_counted(memory: Memory, tmp_path: Path) -> None:
    relation = {"source": "alex", "relationship": "likes", "target": "pizza"}
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"results": [{"id": "1", "memory": "likes pizza"}], "relations": [relation]}))
    report = memory.exchange.import_(path)
    assert (report.created, report.left_out) == (1, {"relation of the graph": 1})


def test_an_entity_that_is_told_in_parts_has_everything_once(memory: Memory, tmp_path: Path) -> None:
    relation = {"type": "relation", "from": "A", "to": "B", "relationType": "knows"}
    parts = [
        relation,
        {"type": "entity", "name": "A", "entityType": "person", "observations": ["x", "x"]},
        {"type": "entity", "name": "A", "observations": ["x", {"content": "y"}]},
        {"type": "entity", "name": "B", "entityType": "org", "observations": "one text"},
        relation,
    ]
    path = tmp_path / "memory.jsonl"
    path.write_text("\n".join(map(json.dumps, parts)))
    memory.exchange.import_(path)
    assert texts(memory) == {"A": "- x\n- y\n- knows [[B]]", "B": "- one text"}
    assert memory.records.show("n1").record.stored.kind == "person"


def test_artifacts_of_claude_are_part_of_the_conversation(memory: Memory, tmp_path: Path) -> None:
    plan = {"command": "create", "title": "Plan", "type": "text/markdown", "content": "# Steps\n\none"}
    code = {"command": "create", "title": "run", "language": "python", "content": "print(1)"}
    fenced = {"command": "create", "title": "doc", "language": "rst", "content": "````\n```\n````"}
    blocks = [
        {"type": "thinking", "thinking": "hidden"},
        {"type": "tool_use", "name": "artifacts", "input": plan},
        {"type": "tool_use", "name": "artifacts", "input": code},
        {"type": "tool_use", "name": "artifacts", "input": fenced},
        {"type": "tool_use", "name": "web_search", "input": {"query": "hidden"}},
        {"type": "text", "text": "Done."},
    ]
    said = {"sender": "assistant", "text": "", "content": blocks}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([{"uuid": "u", "name": "N", "chat_messages": [said]}]))
    memory.exchange.import_(path)
    assert texts(memory)["N"] == (
        "## Claude\n\n### Plan\n\n# Steps\n\none\n\n### run\n\n```python\nprint(1)\n```\n\n"
        "### doc\n\n`````rst\n````\n```\n````\n`````\n\nDone.\n"
    )


def test_a_daily_note_is_of_its_day(memory: Memory, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vault", {".obsidian/app.json": "{}", "2024-03-05.md": "Daily."})
    memory.exchange.import_(folder)
    (record,) = records(memory)
    assert datetime.fromtimestamp(record.stored.created_at).date().isoformat() == "2024-03-05"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp1252", "shift_jis"])
def test_json_in_another_encoding_is_read(memory: Memory, tmp_path: Path, encoding: str) -> None:
    words = {
        "cp1252": "Größe und Maß, über alle Straßen hinweg",
        "shift_jis": "これは古い文字コードの文章です。",
    }
    text = words.get(encoding, "Привет, это запись в старой кодировке")
    path = tmp_path / "l.jsonl"
    path.write_bytes(json.dumps({"text": text}, ensure_ascii=False).encode(encoding) + b"\n" * 2)
    report = memory.exchange.import_(path)
    assert (report.created, report.skipped) == (1, [])
    assert [record.stored.text for record in records(memory)] == [text]


def test_a_vault_of_many_kinds_of_notes_goes_in_out_and_in_again_as_it_is(
    homes: Homes, tmp_path: Path
) -> None:
    made = make_vault(tmp_path / "Vault", NOTES)
    count = NOTES + canvases(NOTES)
    first, second, third = (homes(name) for name in ("first", "second", "third"))
    assert first.exchange.import_(tmp_path / "Vault", dry_run=True).created == count
    report = first.exchange.import_(tmp_path / "Vault")
    assert (report.importer, report.created, report.skipped) == ("obsidian", count, [])
    assert first.exchange.import_(tmp_path / "Vault").unchanged == count
    assert set(made.values()) <= {record.stored.text for record in records(first)}
    first.exchange.export(tmp_path / "1.json")
    first.exchange.export(tmp_path / "notes", format="markdown")
    assert len(files_of(tmp_path / "notes")) == count
    assert first.exchange.import_(tmp_path / "notes").unchanged == count
    second.exchange.import_(tmp_path / "1.json")
    second.exchange.export(tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert second.exchange.import_(tmp_path / "Vault").unchanged == count
    third.exchange.import_(tmp_path / "notes")
    third.exchange.export(tmp_path / "again", format="markdown")
    assert files_of(tmp_path / "again") == files_of(tmp_path / "notes")
    assert third.exchange.import_(tmp_path / "Vault").duplicates == count
