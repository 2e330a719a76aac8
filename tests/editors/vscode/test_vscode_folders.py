"""Workspaces that are not as expected: strange names, links, no folder, one file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import magray, searched

if TYPE_CHECKING:
    from pathlib import Path

    from workbench import Browser, Editor

    from .conftest import Place

LEDGER = '''"""Books of the shop."""


def balance_of_account(entries):
    """Add up what was paid into an account."""
    return sum(entries)
'''


def make_folder(folder: Path) -> Path:
    """A workspace with a module, a note in Russian, and a file that a rule leaves out."""
    folder.mkdir(parents=True)
    (folder / "ledger #1 50%.py").write_text(LEDGER, encoding="utf-8")
    note = "# Возвраты\n\nДеньги возвращаются покупателю на третий день.\n"
    (folder / "возврат денег.md").write_text(note, encoding="utf-8")
    (folder / ".magrayignore").write_text("день*\n", encoding="utf-8")
    (folder / "день 2.txt").write_text("nothing\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["склад кофе", "shop #1 100% a&b=c+d [x]", "%20 %23 ~", "link"])
def test_a_folder_of_any_name_leads_to_its_files(
    editor: Editor, browser: Browser, place: Place, name: str
) -> None:
    folder = place.workspace.parent / "strange" / name
    if name == "link":
        folder.symlink_to(make_folder(folder.with_name("true")), target_is_directory=True)
    else:
        make_folder(folder)
    window = browser.open(editor.address(folder))
    searched(window, "balance_of_account", "ledger #1 50%.py")
    window.accept(lambda: window.position == (4, 1), "the function")
    assert window.active_tab == "ledger #1 50%.py"
    searched(window, "когда возвращаются деньги покупателю", "возврат денег.md")
    window.accept(lambda: window.active_tab == "возврат денег.md", "the note")
    window.open_file("день 2.txt")
    window.command("magray: Why Is This File Not Here?")
    window.told("день*")
    window.clear_messages()
    window.picture(f"folder-{'link' if name == 'link' else 'strange'}")
    window.page.context.close()


def test_without_a_folder_memory_is_there_all_the_same(
    editor: Editor, browser: Browser, place: Place
) -> None:
    magray(place, "remember", "Гарантия на кофемолки два года.", "--title", "Гарантия")
    window = browser.open(editor.address(None))
    searched(window, "сколько лет гарантия на кофемолки", "Гарантия", command="Recall")
    window.close_lists()
    searched(window, "гарантия кофемолки", "Гарантия")
    window.close_lists()
    window.picture("no-folder")
    window.page.context.close()


def test_a_file_without_a_folder_says_what_is_missing(editor: Editor, browser: Browser, place: Place) -> None:
    folder = make_folder(place.workspace.parent / "lonely")
    window = browser.open(editor.address_of_file(folder / "ledger #1 50%.py"))
    window.wait_for(lambda: window.active_tab == "ledger #1 50%.py", "the file")
    window.command("magray: Why Is This File Not Here?")
    window.told("No folder is open (try: open a folder")
    window.picture("one-file")
    window.page.context.close()
