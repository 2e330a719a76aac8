"""How the extension looks and what it is called: languages, themes, keys, and names for a screen reader."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from .conftest import EXTENSION, magray, make_editor, searched

if TYPE_CHECKING:
    from pathlib import Path

    from workbench import Browser, Window

    from .conftest import Place

MANIFEST = json.loads((EXTENSION / "package.json").read_text("utf-8"))
RUSSIAN = json.loads((EXTENSION / "package.nls.ru.json").read_text("utf-8"))
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module", autouse=True)
def record(place: Place) -> None:
    """A record about lines of a file."""
    source = ["--source", "pluggy/_tracing.py:20-25", "--title", "Tracing"]
    magray(place, "remember", "Tracing is off by default.", *source)


def choose_theme(window: Window, name: str, kind: str) -> None:
    """Have the editor look like that."""

    def ask() -> None:
        window.command("Preferences: Color Theme")
        window.wait_for(window.row_texts, "the themes")  # what is typed before they are there finds none
        window.type(name)

    window.until(ask, lambda: window.row_texts()[0].startswith(name), "the theme")
    window.accept(lambda: not window.listing, "the end of the list")
    window.wait_for(window.page.locator(f".monaco-workbench.{kind}").count, f"a window that is {kind}")


@pytest.mark.parametrize(("theme", "kind"), [("Light Modern", "light"), ("Dark Modern", "dark")])
def test_icons_fit_the_theme(window: Window, theme: str, kind: str) -> None:
    choose_theme(window, theme, {"light": "vs", "dark": "vs-dark"}[kind])
    window.command("View: Show magray")
    searched(window, "tracing")
    window.picture(f"theme-{kind}-search")
    window.close_lists()
    window.open_file("_tracing.py:20")
    mark = window.page.locator(".cgmr").first
    window.wait_for(lambda: f"media/{kind}/memory.svg" in mark.evaluate(BACKGROUND), f"the {kind} mark")
    window.picture(f"theme-{kind}")


BACKGROUND = "mark => decodeURIComponent(getComputedStyle(mark).backgroundImage)"


def test_a_contrast_theme_has_pages_too(window: Window) -> None:
    choose_theme(window, "Dark High Contrast", "hc-black")
    window.command("magray: Show Health")
    window.wait_for(lambda: window.frame_text("Search by meaning"), "the report")
    window.picture("theme-contrast")
    window.command("View: Close All Editors")


def test_everything_that_can_be_pressed_has_a_name(window: Window) -> None:
    window.command("View: Show magray")
    searched(window, "tracing")
    window.wait_for(lambda: any("Tracing" in row for row in window.tree("Memory")), "the record")
    window.rows.first.hover()
    window.wait_for(lambda: window.page.evaluate(UNNAMED) == [], "a name for each button")
    labels = "rows => rows.map(row => row.getAttribute('aria-label'))"
    window.wait_for(lambda: all(len(row) > 10 for row in window.rows.evaluate_all(labels)), "names of rows")
    window.close_lists()
    memory = window.tree_row("Memory", "Tracing")
    window.wait_for(lambda: (memory.get_attribute("aria-label") or "").startswith("Tracing"), "its name")
    # Its label says the state in words, not by an icon.
    window.wait_for(lambda: "magray: ready" in window.status, "the state")


UNNAMED = """() => [...document.querySelectorAll(
    '.part.sidebar .pane .action-label, .quick-input-widget .action-label, .part.sidebar .monaco-list-row')]
  .filter(each => each.offsetParent !== null && !each.closest('[aria-label]') && !each.innerText.trim())
  .map(each => each.outerHTML)"""


def test_keys_collide_with_none_of_the_editor(window: Window) -> None:
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.command("Preferences: Open Default Keyboard Shortcuts (JSON)")
    window.wait_for(lambda: '"key"' in window.text, "the keys of the editor")

    def copy_all() -> None:
        window.page.locator(".editor-group-container.active .view-line").first.click(timeout=5_000)
        window.page.keyboard.press("Control+A")
        window.wait_for(lambda: "selected)" in window.status_bar, "the selection")
        window.page.keyboard.press("Control+C")

    def copied() -> str:
        text = window.page.evaluate("navigator.clipboard.readText()")
        return text if '"key"' in text else ""

    window.until(copy_all, copied, "their text")
    text = copied()
    keys = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    defaults = [each for each in json.loads(keys) if not each["command"].startswith("magray.")]
    assert len(defaults) > 500
    collisions = [
        (ours["key"], other["command"], other.get("when"))
        for ours in MANIFEST["contributes"]["keybindings"]
        for other in defaults
        if ours["key"] == other["key"] and not excludes(ours.get("when", ""), other.get("when", ""))
    ]
    assert collisions == []
    chords = {ours["key"].partition(" ")[0] for ours in MANIFEST["contributes"]["keybindings"]}
    assert [other for other in defaults if other["key"] in chords] == []
    window.command("View: Close All Editors")


def excludes(ours: str, other: str) -> bool:
    """Whether our condition says that the other one does not hold."""
    return any(f"!{part}" in ours.split(" && ") for part in other.split(" && "))


def test_the_package_holds_what_is_listed_and_nothing_else(vsix: Path) -> None:
    listed = (EXTENSION / "package-files.txt").read_text("utf-8").split()
    renamed = {"LICENSE": "LICENSE.txt", "README.md": "readme.md"}
    with zipfile.ZipFile(vsix) as archive:
        held = [
            name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")
        ]
    assert sorted(held) == sorted(renamed.get(name, name) for name in listed)
    assert vsix.stat().st_size < 500_000


def test_in_russian_all_that_it_says_is_russian(
    code_server: Path, vsix: Path, browser: Browser, place: Place
) -> None:
    folder = place.workspace.parent / "ru"
    folder.mkdir()
    editor = make_editor(code_server, [vsix], folder, place.environment, language="ru")
    try:
        window = browser.open(editor.address(place.workspace))
        searched(window, "HookCaller", "HookCaller", command="Искать в памяти")
        window.wait_for(lambda: window.list_title.startswith("Поиск в памяти"), "the title")
        buttons = window.page.locator(".quick-input-titlebar .action-label").evaluate_all(
            "all => all.map(each => each.getAttribute('aria-label'))"
        )
        assert buttons and all(CYRILLIC.search(button) for button in buttons)
        window.row_button(
            "Почему этот результат",
            lambda: any("подходят слова" in row for row in window.row_texts()),
            "the steps",
        )
        window.picture("russian-interface")
        window.close_lists()
        window.wait_for(lambda: "готов" in window.status, "the state")
        window.command("View: Show magray")
        for view in ("Результаты", "Память", "Похожее", "Охват"):
            window.wait_for(lambda view=view: window.pane(view).count() == 1, view)
        page = window.open_health("Поиск по смыслу")
        assert "Устройство" in page and "object Object" not in page
        assert RUSSIAN["command.backup"] in page  # what to do about there being no backup
        window.picture("russian-health")
        window.open_list("F1", ">")
        for name in ("recall", "backup", "why"):
            title = f"magray: {RUSSIAN[f'command.{name}']}"
            window.type(f">{title}")
            window.wait_for(lambda title=title: title in window.row_texts()[0], title)
        window.close_lists()
        window.page.context.close()
    finally:
        editor.stop()
