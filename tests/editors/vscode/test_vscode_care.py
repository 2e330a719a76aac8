"""What a person does with records besides remembering them: pins, tags, conflicts, marks, transfer."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from .conftest import magray, searched, server_processes

if TYPE_CHECKING:
    from workbench import Editor, Window

    from .conftest import Place


@pytest.fixture(scope="module", autouse=True)
def records(place: Place) -> None:
    """Three records, one of them about lines of a file."""
    lines = ["--source", "pluggy/_tracing.py:20-25", "--layer", "assets", "--tag", "tracing"]
    magray(place, "remember", "Tracing is off by default.", "--title", "Tracing", *lines)
    magray(place, "remember", "Deploy on Tuesdays.", "--title", "Deploy", "--tag", "ops", "--project", "site")
    magray(place, "remember", "Порт сервера 8080.", "--title", "Порты", "--tag", "ops", "--layer", "insights")


def test_views_say_what_they_are_for_before_the_first_use(window: Window) -> None:
    window.command("View: Show magray")
    for view, sentence, button in (
        ("Results", "keep the results here", "Search Memory"),
        ("Memory", "What you ask to be kept", "Remember Selection"),
        ("Related", "Places like the one at the cursor", "Find Similar"),
    ):
        welcome = window.pane(view).locator(".welcome-view")
        window.wait_for(
            lambda welcome=welcome, text=sentence: text in welcome.inner_text(), f"what {view} is"
        )
        assert welcome.locator("a.monaco-button").first.inner_text() == button
    window.picture("welcome")
    window.pane("Related").locator("a.monaco-button").click()
    window.wait_for(lambda: any("Open a file first" in text for text in window.messages()), "what is missing")
    window.clear_messages()


def test_the_walkthrough_has_four_steps_whose_buttons_work(window: Window) -> None:
    window.command("Welcome: Open Walkthrough")
    window.type("magray")
    window.choose("Get started with magray")
    steps = window.page.locator(".getting-started-step .step-title")
    window.wait_for(lambda: steps.count() == 4, "the steps")
    assert [text.strip() for text in steps.all_inner_texts()] == [
        "Get the server",
        "Index your folders",
        "Ask a question",
        "Remember and recall",
    ]
    window.picture("walkthrough")
    steps.nth(1).click()
    window.page.locator(".getting-started-step.expanded a.monaco-button").first.click()
    window.wait_for(lambda: "ready" in window.status, "the index")
    window.wait_for(
        lambda: window.page.locator(
            ".getting-started-step .complete.codicon-getting-started-step-checked"
        ).count(),
        "a step that is done",
    )
    window.command("View: Close All Editors")


def test_records_are_grouped_by_layer_tag_and_project(window: Window) -> None:
    window.command("View: Show magray")
    window.wait_for(lambda: any("Tracing" in row for row in window.tree("Memory")), "the records")
    for command, groups in (
        ("Group by Tag", ["#ops", "#tracing"]),
        ("Group by Project", ["shop", "site"]),
        ("Group by Layer", ["assets", "insights", "interact"]),
    ):
        window.command(f"magray: {command}")
        window.wait_for(
            lambda groups=groups: (
                [group for group in groups if any(row.startswith(group) for row in window.tree("Memory"))]
                == groups
            ),
            f"the groups of {command}",
        )
    window.picture("memory-groups")


def test_a_record_is_pinned_and_its_tags_are_edited(window: Window, place: Place) -> None:
    row = window.tree_row("Memory", "Deploy")
    row.hover()
    row.locator("[aria-label='Pin Record']").click()
    window.wait_for(lambda: magray(place, "show", "n2")["pinned"], "the pin")
    window.wait_for(
        lambda: window.tree_row("Memory", "Deploy").locator("[aria-label='Unpin Record']").count() == 1,
        "the pin in the view",
    )
    assert ", pinned" in (window.tree_row("Memory", "Deploy").get_attribute("aria-label") or "")
    window.tree_row("Memory", "Deploy").click()
    window.wait_for(lambda: window.active_tab.startswith("n2.md"), "the record")
    window.command("magray: Edit Tags")
    window.wait_for(lambda: window.input.input_value() == "ops", "the tags of now")
    window.type("ops, выпуск")
    window.page.keyboard.press("Enter")
    window.wait_for(lambda: sorted(magray(place, "show", "n2")["tags"]) == ["ops", "выпуск"], "the tags")


def test_an_edit_that_would_overwrite_another_one_is_refused_and_loses_nothing(
    window: Window, place: Place
) -> None:
    window.page.locator(".editor-group-container.active .view-line").first.click()
    window.page.keyboard.press("Control+End")
    window.insert(" Mine.")
    magray(place, "edit", "n2", "--text", "Deploy on Wednesdays.")
    window.page.wait_for_timeout(500)
    window.page.keyboard.press("Control+S")
    window.wait_for(lambda: any("n2.md" in text for text in window.messages()), "that it was not saved")
    window.picture("conflict")
    assert magray(place, "show", "n2")["text"] == "Deploy on Wednesdays."
    assert "Mine." in window.text
    window.press("Overwrite")
    window.wait_for(lambda: "Mine." in magray(place, "show", "n2")["text"], "that mine was meant")
    window.wait_for(lambda: not window.page.locator(".tab.active.dirty").count(), "nothing to save")

    # Another text of the same length is no conflict for the editor, and is one for the notebook.
    window.insert(" Twice")
    text = magray(place, "show", "n2")["text"]
    magray(place, "edit", "n2", "--text", text.replace("Mine", "Ours"))
    window.page.keyboard.press("Control+S")
    window.wait_for(lambda: any("n2" in message for message in window.messages()), "that it was not saved")
    assert "Ours" in magray(place, "show", "n2")["text"]
    assert "Twice" in window.text
    window.clear_messages()
    window.command("File: Revert File")
    window.wait_for(lambda: "Ours" in window.text, "the text of the other program")


def test_marks_in_the_gutter_tell_what_was_remembered_and_what_changed_since(
    window: Window, place: Place
) -> None:
    window.open_file("_tracing.py:20")
    window.wait_for(lambda: window.page.locator(".cgmr").count() > 0, "the mark")
    window.command("Show or Focus Hover")
    hover = window.page.locator(".monaco-hover:visible")
    window.wait_for(lambda: "Remembered: n1" in hover.first.inner_text(), "what the mark says")
    window.picture("mark-hover")
    window.page.keyboard.press("Escape")
    file = place.workspace / "pluggy" / "_tracing.py"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:20], "        # another body\n", *lines[23:]]), encoding="utf-8")
    window.wait_for(lambda: "another body" in window.text, "the new text")
    window.page.keyboard.press("Control+Home")
    window.page.keyboard.press("End")
    window.page.keyboard.type(" ")
    window.page.keyboard.press("Control+S")
    window.open_file("_tracing.py:20")
    window.command("Show or Focus Hover")
    window.wait_for(lambda: "changed since (n1)" in hover.first.inner_text(), "that the lines changed")
    window.picture("mark-changed")
    window.page.keyboard.press("Escape")


def test_what_is_alike_is_found_and_related_places_can_be_pinned(window: Window) -> None:
    window.open_file("_manager.py:100")
    window.command("magray: Find Similar")
    window.wait_for(lambda: window.tree("Related"), "similar places")
    window.wait_for(lambda: "_manager.py:100" in window.pane_title("Related"), "what they are like")
    window.pane("Related").hover()
    window.pane("Related").locator("[aria-label='Pin Related Places']").first.click()
    window.wait_for(
        lambda: window.pane("Related").locator("[aria-label='Follow the Cursor']").count(), "the pin"
    )
    pinned = window.tree("Related")
    window.open_file("iniconfig/_parse.py:60")
    window.page.wait_for_timeout(1_500)
    assert window.tree("Related") == pinned
    window.picture("related-pinned")
    window.pane("Related").hover()
    window.pane("Related").locator("[aria-label='Follow the Cursor']").first.click()
    window.wait_for(lambda: "_parse.py:60" in window.pane_title("Related"), "following again")


def test_a_result_opens_beside_what_is_there(window: Window) -> None:
    searched(window, "HookCaller", "HookCaller")
    window.rows.first.hover()
    window.rows.first.locator("[aria-label='Open to the side']").click()
    window.wait_for(lambda: window.page.locator(".editor-group-container").count() == 2, "two groups")
    assert window.active_tab == "_caller.py"
    window.command("View: Join All Editor Groups")


def test_more_filters_are_chosen_in_a_list_and_taken_back(window: Window) -> None:
    searched(window, "ops сервер deploy tracing")
    widget = window.page.locator(".quick-input-widget")
    for choice, value in (("Layer", "insights"), ("No filters", "")):
        window.button("More filters")
        window.wait_for(lambda: window.rows.filter(has_text="Changed since").count() == 1, "the filters")
        window.choose(choice)
        if value:
            window.wait_for(lambda: window.rows.count() == 3, "the layers")
            window.choose(value)
            window.wait_for(lambda: "1 Selected" in widget.inner_text(), "the chosen layer")
            window.page.keyboard.press("Enter")
            window.wait_for(lambda: "insights" in window.list_title, "the filter in the title")
            window.wait_for(
                lambda: window.rows.count() and "Порты" in window.row_texts()[0], "that layer alone"
            )
    window.wait_for(lambda: "insights" not in window.list_title, "no filter")
    window.close_lists()


def test_records_are_exported_and_imported(window: Window, place: Place) -> None:
    folder = place.workspace.parent / "notes out"
    folder.mkdir()
    window.command("magray: Export Records")
    window.choose("Markdown")
    choose_path(window, f"{folder}/")
    window.wait_for(lambda: any("Exported to" in text for text in window.messages()), "the export")
    texts = [file.read_text("utf-8") for file in folder.rglob("*.md")]
    assert any("Порт сервера 8080." in text for text in texts)
    window.clear_messages()

    file = place.workspace.parent / "records.json"
    window.command("magray: Export Records")
    window.choose("JSON")
    choose_path(window, str(file))
    window.wait_for(lambda: any("Exported to" in text for text in window.messages()), "the second export")
    assert json.loads(file.read_text("utf-8"))
    window.clear_messages()

    magray(place, "forget", "n3", "--purge")
    window.command("magray: Import Records")
    choose_path(window, str(file))
    text = window.wait_for(lambda: window.frame_text("magray: what was imported"), "the report")
    window.picture("imported")
    assert "{" not in text
    titles = [record["title"] for record in magray(place, "list")["records"]]
    assert sorted(titles) == ["Deploy", "Tracing", "Порты"]
    window.command("View: Close All Editors")


def test_the_trash_is_a_list_from_which_records_are_taken_back(window: Window, place: Place) -> None:
    magray(place, "forget", "n1")
    window.wait_for(lambda: not any("Tracing" in row for row in window.tree("Memory")), "the view without it")
    window.command("magray: Restore from Trash")
    window.wait_for(lambda: window.rows.count() == 1, "the trash")
    window.rows.first.click()
    window.wait_for(lambda: "1 Selected" in window.page.locator(".quick-input-widget").inner_text(), "it")
    window.page.keyboard.press("Enter")
    window.wait_for(lambda: any("Tracing" in row for row in window.tree("Memory")), "the record back")


def test_figures_of_use_and_the_log_are_there_to_read(window: Window) -> None:
    window.command("magray: Show Statistics")
    text = window.wait_for(lambda: window.frame_text("magray: use"), "the figures")
    window.picture("statistics")
    assert "{" not in text and "by layer" in text
    window.command("magray: Show Log")
    window.wait_for(lambda: "magray-lsp" in window.output, "the log")
    window.command("View: Toggle Panel Visibility")
    window.command("magray: Index Open Folders")
    window.wait_for(lambda: "Indexed:" in window.page.locator(".statusbar").inner_text(), "what was indexed")


def test_a_workspace_that_vanishes_is_told_and_the_editor_goes_on(
    window: Window, editor: Editor, place: Place
) -> None:
    away = place.workspace.with_name("away")
    shutil.move(place.workspace, away)
    window.command("magray: Search Memory")
    window.type("HookCaller")
    window.page.wait_for_timeout(1_000)
    window.close_lists()
    assert len(server_processes(editor)) == 1
    searched(window, "Порты", "Порты", command="Recall")
    window.close_lists()
    shutil.move(away, place.workspace)
    searched(window, "HookCaller", "HookCaller")
    window.close_lists()


def choose_path(window: Window, path: str) -> None:
    """Name a file or folder in the editor's own dialog."""
    window.wait_for(lambda: window.input.input_value().startswith("/"), "the dialog")

    def entered() -> bool:
        window.type(path)
        window.page.wait_for_timeout(500)
        return window.input.input_value().startswith(path)  # while it loads, it fills in a path of its own

    window.wait_for(entered, "the path in the dialog")
    window.page.keyboard.press("Enter")
    window.page.wait_for_timeout(300)
    if window.page.locator(".quick-input-widget").is_visible():
        window.page.keyboard.press("Enter")
