"""What a person does with records besides remembering them: pins, tags, conflicts, marks, transfer."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import magray, searched, server_processes

if TYPE_CHECKING:
    from collections.abc import Callable

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
    find_similar = window.pane("Related").locator("a.monaco-button")
    window.until(
        lambda: find_similar.click(timeout=5_000),
        lambda: any("Open a file first" in text for text in window.messages()),
        "what is missing",
    )
    window.clear_messages()


def test_the_walkthrough_has_four_steps_whose_buttons_work(window: Window) -> None:
    window.command("Welcome: Open Walkthrough")
    window.type("magray")
    steps = window.page.locator(".getting-started-step .step-title")
    window.choose("Get started with magray", lambda: steps.count() == 4, "the steps")
    assert [text.strip() for text in steps.all_inner_texts()] == [
        "Get the server",
        "Index your folders",
        "Ask a question",
        "Remember and recall",
    ]
    window.picture("walkthrough")
    button = window.page.locator(".getting-started-step.expanded a.monaco-button").filter(has_text="Index")
    window.until(lambda: steps.nth(1).click(timeout=5_000), button.is_visible, "the second step")
    window.until(lambda: button.click(timeout=5_000), lambda: "ready" in window.status, "the index")
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
    window.press_in(
        row, "Pin Record", row.locator("[aria-label='Unpin Record']").count, "the pin in the view"
    )
    assert magray(place, "show", "n2")["pinned"]
    window.wait_for(lambda: ", pinned" in (row.get_attribute("aria-label") or ""), "the pin in words")
    window.until(
        lambda: row.click(timeout=5_000), lambda: window.active_tab.startswith("n2.md"), "the record"
    )
    window.command("magray: Edit Tags")
    window.wait_for(lambda: window.input.input_value() == "ops", "the tags of now")
    window.answer("ops, выпуск", lambda: not window.listing, "the end of the question")
    window.wait_for(lambda: sorted(magray(place, "show", "n2")["tags"]) == ["ops", "выпуск"], "the tags")


def test_an_edit_that_would_overwrite_another_one_is_refused_and_loses_nothing(
    window: Window, place: Place
) -> None:
    window.to_the_end()
    window.insert(" Mine.")
    magray(place, "edit", "n2", "--text", "Deploy on Wednesdays.")
    window.save(lambda: any("n2.md" in text for text in window.messages()), "that it was not saved")
    window.picture("conflict")
    assert magray(place, "show", "n2")["text"] == "Deploy on Wednesdays."
    assert "Mine." in window.text
    window.press("Overwrite", lambda: not window.dirty, "nothing to save")
    assert "Mine." in magray(place, "show", "n2")["text"]

    # Another text of the same length is no conflict for the editor, and is one for the notebook.
    window.clear_messages()
    window.to_the_end()
    window.insert(" Twice")
    text = magray(place, "show", "n2")["text"]
    magray(place, "edit", "n2", "--text", text.replace("Mine", "Ours"))
    window.save(lambda: any("n2" in message for message in window.messages()), "that it was not saved")
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
    hover = window.page.locator(".monaco-hover:visible")

    def said(text: str) -> bool:
        return any(text in each for each in hover.all_inner_texts())

    def ask() -> None:
        window.page.keyboard.press("Escape")
        window.command("Show or Focus Hover")

    window.until(ask, lambda: said("Remembered: n1"), "what the mark says")
    window.picture("mark-hover")
    window.page.keyboard.press("Escape")
    file = place.workspace / "pluggy" / "_tracing.py"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:20], "        # another body\n", *lines[23:]]), encoding="utf-8")
    window.wait_for(lambda: "another body" in window.text, "the new text")
    window.open_file("_tracing.py:1")
    window.keys("End", effect=lambda: window.position[1] > 1, what="the end of the line")
    window.insert("Another beginning.")
    window.save(lambda: not window.dirty, "the end of saving")
    window.open_file("_tracing.py:20")
    window.until(ask, lambda: said("changed since (n1)"), "that the lines changed")
    window.picture("mark-changed")
    window.page.keyboard.press("Escape")


def test_what_is_alike_is_found_and_related_places_can_be_pinned(window: Window) -> None:
    window.open_file("_manager.py:100")
    window.command("magray: Find Similar")
    window.wait_for(lambda: window.tree("Related"), "similar places")
    window.wait_for(lambda: "_manager.py:100" in window.pane_title("Related"), "what they are like")
    related = window.pane("Related")
    follow = related.locator("[aria-label='Follow the Cursor']")
    window.press_in(related, "Pin Related Places", follow.count, "the pin")
    pinned = window.tree("Related")
    window.open_file("iniconfig/_parse.py:60")
    window.page.wait_for_timeout(1_500)
    assert window.tree("Related") == pinned
    window.picture("related-pinned")
    window.press_in(
        related,
        "Follow the Cursor",
        lambda: "_parse.py:60" in window.pane_title("Related"),
        "following again",
    )


def test_a_result_opens_beside_what_is_there(window: Window) -> None:
    searched(window, "HookCaller", "HookCaller")
    groups = window.page.locator(".editor-group-container")
    window.row_button("Open to the side", lambda: groups.count() == 2, "two groups")
    active = window.page.locator(".editor-group-container.active .tab.active")
    window.wait_for(lambda: "_caller.py" in " ".join(active.all_inner_texts()), "the place in one of them")
    window.command("View: Join All Editor Groups")
    window.wait_for(lambda: groups.count() == 1, "one group")


def test_more_filters_are_chosen_in_a_list_and_taken_back(window: Window) -> None:
    searched(window, "ops сервер deploy tracing")

    def more(choice: str, effect: Callable[[], Any], what: str) -> None:
        filters = window.rows.filter(has_text="Changed since")
        window.button("More filters", lambda: filters.count() == 1, "the filters")
        window.choose(choice, effect, what)

    more("Layer", lambda: window.rows.count() == 3, "the layers")
    window.choose("insights", lambda: "1 Selected" in window.list_text, "the chosen layer")
    window.accept(lambda: "insights" in window.list_title, "the filter in the title")
    window.wait_for(lambda: window.rows.count() and "Порты" in window.row_texts()[0], "that layer alone")
    more("No filters", lambda: window.list_title and "insights" not in window.list_title, "no filter")
    window.close_lists()


def test_records_are_exported_and_imported(window: Window, place: Place) -> None:
    folder = place.workspace.parent / "notes out"
    folder.mkdir()
    window.command("magray: Export Records")
    window.choose("Markdown", lambda: window.input.input_value().startswith("/"), "the dialog")
    choose_path(window, f"{folder}/")
    window.told("Exported to")
    texts = [file.read_text("utf-8") for file in folder.rglob("*.md")]
    assert any("Порт сервера 8080." in text for text in texts)
    window.clear_messages()

    file = place.workspace.parent / "records.json"
    window.command("magray: Export Records")
    window.choose("JSON", lambda: window.input.input_value().startswith("/"), "the dialog")
    choose_path(window, str(file))
    window.told("Exported to")
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

    # A file whose format is not plain: the person is asked, and may leave it at that.
    plain = place.workspace.parent / "plain.json"
    plain.write_text("{", encoding="utf-8")
    window.command("magray: Import Records")
    choose_path(window, str(plain), leads_on=True)
    window.wait_for(lambda: "basic-memory" in window.list_text, "the formats")
    window.picture("import-as")
    window.close_lists()
    assert window.all_messages() == []


def test_whoever_leaves_a_question_has_changed_nothing(window: Window, place: Place) -> None:
    before = magray(place, "list")["records"]
    dialog = (lambda: window.input.input_value().startswith("/"), "the dialog")
    for command, choice in (
        ("Export Records", ""),
        ("Export Records", "Markdown"),
        ("Export Records", "JSON"),
        ("Import Records", "the dialog"),
        ("Restore from Backup", ""),
    ):
        window.command(f"magray: {command}")
        if choice == "the dialog":
            window.wait_for(*dialog)
        elif choice:
            window.choose(choice, *dialog)
        else:
            window.wait_for(
                lambda: window.rows.count() and "magray:" not in window.row_texts()[0], "the list"
            )
        window.close_lists()
    window.command("magray: Install Server")
    window.wait_for(lambda: "Install the magray server" in window.dialog, "the question")
    window.decide("Cancel")
    assert magray(place, "list")["records"] == before
    assert window.all_messages() == []


def test_the_trash_is_a_list_from_which_records_are_taken_back(window: Window, place: Place) -> None:
    magray(place, "forget", "n1")
    window.wait_for(lambda: not any("Tracing" in row for row in window.tree("Memory")), "the view without it")
    window.command("magray: Restore from Trash")
    window.wait_for(lambda: window.rows.count() == 1, "the trash")
    window.choose("Tracing", lambda: "1 Selected" in window.list_text, "that it is chosen")
    window.accept(lambda: any("Tracing" in row for row in window.tree("Memory")), "the record back")


def test_figures_of_use_and_the_log_are_there_to_read(window: Window) -> None:
    window.command("magray: Show Statistics")
    text = window.wait_for(lambda: window.frame_text("magray: use"), "the figures")
    window.picture("statistics")
    assert "{" not in text and "by layer" in text
    window.command("magray: Show Log")
    window.wait_for(lambda: "magray-lsp" in window.output, "the log")
    window.command("View: Toggle Panel Visibility")
    window.command("magray: Index Open Folders")
    window.wait_for(lambda: "Indexed:" in window.status_bar, "what was indexed")


def test_a_workspace_that_vanishes_is_told_and_the_editor_goes_on(
    window: Window, editor: Editor, place: Place
) -> None:
    away = place.workspace.with_name("away")
    shutil.move(place.workspace, away)
    window.command("magray: Search Memory")
    window.type("HookCaller")
    window.wait_for(window.row_texts, "an answer of some kind")
    window.close_lists()
    assert len(server_processes(editor)) == 1
    searched(window, "Порты", "Порты", command="Recall")
    window.close_lists()
    shutil.move(away, place.workspace)
    searched(window, "HookCaller", "HookCaller")
    window.close_lists()


def test_a_restore_beneath_unsaved_text_loses_neither(window: Window, place: Place) -> None:
    magray(place, "edit", "n2", "--text", "As backed up.")
    magray(place, "backup")
    magray(place, "edit", "n2", "--text", "Of later.")
    window.command("View: Show magray")
    window.until(
        lambda: window.tree_row("Memory", "Deploy").click(timeout=5_000),
        lambda: window.active_tab.startswith("n2.md") and "Of later." in window.text,
        "the record",
    )
    window.to_the_end()
    window.insert(" Unsaved.")
    how = window.rows.filter(has_text="Replace")

    def choose_backup() -> None:
        window.command("magray: Restore from Backup")
        window.wait_for(lambda: "Another file" in window.list_text, "the backups")
        window.rows.first.click(timeout=5_000)

    window.until(choose_backup, lambda: how.count() == 1, "how to restore")
    window.choose("Replace", lambda: "Replace all records" in window.dialog, "the question")
    window.decide("Restore")
    window.wait_for(lambda: magray(place, "show", "n2")["text"] == "As backed up.", "what was backed up")
    window.wait_for(lambda: window.frame_text("what was restored"), "the page of what was restored")
    tab = window.page.locator(".tab").filter(has_text="n2.md").first
    window.until(
        lambda: tab.click(timeout=5_000), lambda: "Of later. Unsaved." in window.text, "the unsaved text"
    )
    window.save(lambda: any("n2" in text for text in window.messages()), "that it was not saved")
    assert magray(place, "show", "n2")["text"] == "As backed up."
    window.clear_messages()
    window.command("File: Revert File")
    window.wait_for(lambda: "As backed up." in window.text and not window.dirty, "the text of the backup")
    window.command("View: Close All Editors")


def choose_path(window: Window, path: str, *, leads_on: bool = False) -> None:
    """Name a file or folder in the editor's own dialog, which `leads_on` to a list."""
    window.wait_for(lambda: window.input.input_value().startswith("/"), "the dialog")

    def entered() -> bool:
        window.type(path)
        window.page.wait_for_timeout(500)
        return window.input.input_value().startswith(path)  # while it loads, it fills in a path of its own

    window.wait_for(entered, "the path in the dialog")
    window.accept(
        lambda: (leads_on and path not in window.input.input_value()) or not window.listing,
        "the end of the dialog",
    )
