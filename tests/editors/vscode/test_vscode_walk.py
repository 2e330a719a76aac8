"""A person's day with the extension, in order, in one window of a real editor."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from workbench import NOTIFICATION

from .conftest import magray, searched, server_processes

if TYPE_CHECKING:
    from workbench import Browser, Editor, Window

    from .conftest import Place


def test_the_server_starts_with_the_first_use_and_gets_ready(window: Window) -> None:
    assert window.status == ""  # a folder without an index: nothing was started
    window.command("magray: Search Memory")
    window.wait_for(lambda: "ready" in window.status, "ready")
    window.close_lists()
    window.picture("ready")


def test_a_question_leads_to_the_lines_that_answer_it(window: Window) -> None:
    rows = searched(window, "HookCaller", "HookCaller")
    assert "pluggy/_caller.py:" in rows[0]
    line = int(rows[0].partition("_caller.py:")[2].split()[0])
    window.wait_for(lambda: window.active_tab == "_caller.py", "the preview")
    window.picture("search")
    window.accept(lambda: window.position == (line, 1), "the cursor at the hit")
    window.wait_for(lambda: "class HookCaller" in window.text, "its text")


def test_the_list_keeps_the_ranking_of_the_server(window: Window, place: Place) -> None:
    question = "register a plugin"
    ranked = [hit["path"] for hit in magray(place, "search", question)["hits"]]
    searched(window, question)
    window.wait_for(
        lambda: [row for row in window.row_texts() if ranked[0] in row][:1] == window.row_texts()[:1],
        "the first",
    )
    shown = [next((path for path in ranked if path in row), None) for row in window.row_texts()[:5]]
    assert shown == ranked[: len(shown)]
    window.close_lists()


def test_moving_through_the_list_shows_each_place_and_leaving_it_goes_back(window: Window) -> None:
    window.open_file("iniconfig/__init__.py")
    searched(window, "varnames of a function", "varnames")
    window.wait_for(lambda: window.active_tab == "_decorators.py", "the preview")
    window.close_lists()
    window.wait_for(lambda: window.active_tab == "__init__.py", "the file that was open")


def test_a_question_in_russian_finds_the_note_and_code_in_english(window: Window) -> None:
    searched(window, "в каком порядке вызываются реализации хука", "docs/plugins.md")
    window.wait_for(lambda: any(".py:" in row for row in window.row_texts()), "code, by meaning")
    window.picture("russian")
    window.close_lists()


def test_filters_are_buttons(window: Window) -> None:
    searched(window, "хук plugin hook")
    titlebar = window.page.locator(".quick-input-widget .quick-input-titlebar")
    for shown, then in (("code and text", "code"), ("code", "text"), ("text", "code and text")):
        window.button(
            f"What: {shown}",
            titlebar.locator(f"[aria-label='What: {then}']").count,
            f"the filter {then}",
        )
        if then == "code":
            window.wait_for(lambda: "code" in window.list_title, "the filter in the title")
            window.wait_for(lambda: all("docs/" not in row for row in window.row_texts()), "code alone")
    window.close_lists()


def test_a_result_says_why_it_is_there_and_can_be_kept(window: Window) -> None:
    searched(window, "HookCaller", "HookCaller")
    window.row_button(
        "Why this result",
        lambda: any("the words fit" in row for row in window.row_texts()),
        "the explanation",
    )
    window.picture("why-this-result")
    window.page.keyboard.press("Escape")
    window.wait_for(lambda: window.rows.count() and "_caller.py" in window.row_texts()[0], "the list again")
    window.button("Keep the results", lambda: window.tree("Results"), "the results in the side bar")
    window.wait_for(lambda: "HookCaller" in window.tree("Results")[0], "the first of them")
    window.picture("kept")


def test_a_selection_is_remembered_with_where_it_stands(window: Window, place: Place) -> None:
    window.select_lines("_tracing.py", 20, 25)
    window.command("magray: Remember Selection")
    window.answer("How failures are described", lambda: "Tags" in window.list_text, "tags")
    window.answer("ops #tracing", lambda: any("for good" in row for row in window.row_texts()), "layers")
    window.choose("for good", lambda: not window.listing, "the end of the questions")
    window.told("Remembered as n1")
    (record,) = magray(place, "list")["records"]
    assert (record["title"], record["layer"]) == ("How failures are described", "assets")
    assert sorted(record["tags"]) == ["ops", "tracing"]
    assert record["source"]["path"] == "pluggy/_tracing.py"
    assert (record["source"]["start_line"], record["source"]["end_line"]) == (20, 25)
    window.wait_for(lambda: window.page.locator(".cgmr").count() > 0, "the mark in the gutter")
    window.picture("remembered")
    window.clear_messages()


def test_what_was_remembered_is_recalled_and_edited_as_a_document(window: Window, place: Place) -> None:
    searched(window, "failures described", "How failures are described", command="Recall")
    window.picture("recall")
    window.accept(lambda: window.active_tab.startswith("n1.md") and "exc_info" in window.text, "the record")
    window.to_the_end()
    window.insert("Edited in the editor.")
    window.save(lambda: not window.dirty, "the end of saving")
    assert "Edited in the editor." in magray(place, "show", "n1")["text"]
    window.picture("record")


def test_an_edit_that_another_program_makes_is_shown_and_kept_in_the_history(
    window: Window, place: Place
) -> None:
    magray(place, "edit", "n1", "--text", "Said by the shell.")
    window.wait_for(lambda: "Said by the shell." in window.text, "the shell's text in the editor")
    window.command("magray: Show History")
    window.wait_for(lambda: window.rows.count() == 2, "two former states")
    window.picture("history")
    window.accept(lambda: "How failures are described (" in window.active_tab, "the comparison")
    window.picture("comparison")


def test_related_places_follow_the_cursor_unless_they_are_pinned(window: Window) -> None:
    window.command("View: Show magray")
    window.open_file("_manager.py:100")
    window.wait_for(lambda: window.tree("Related"), "related places")
    first = window.tree("Related")
    window.open_file("iniconfig/_parse.py:60")
    window.wait_for(lambda: window.tree("Related") and window.tree("Related") != first, "other places")
    window.picture("related")


def test_what_was_forgotten_comes_back(window: Window, place: Place) -> None:
    window.wait_for(
        lambda: any("How failures" in row for row in window.tree("Memory")), "the record in the view"
    )
    window.press_in(
        window.tree_row("Memory", "How failures"),
        "Forget",
        lambda: magray(place, "list")["records"] == [],
        "an empty notebook",
    )
    window.wait_for(
        lambda: not any("How failures" in row for row in window.tree("Memory")), "the view without it"
    )
    window.press("Undo")
    window.wait_for(lambda: len(magray(place, "list")["records"]) == 1, "the record back")
    window.wait_for(lambda: any("How failures" in row for row in window.tree("Memory")), "the view with it")
    window.picture("memory")


def test_a_file_that_is_not_here_has_a_reason(window: Window) -> None:
    window.command("View: Show Explorer")
    row = window.page.locator(".explorer-folders-view .monaco-list-row").filter(has_text="debug.log")
    window.until(lambda: row.click(timeout=5_000), lambda: window.active_tab == "debug.log", "the file")
    window.command("magray: Why Is This File Not Here")
    assert ".gitignore" in window.told("debug.log is left out")
    window.press("Open the rule", lambda: window.active_tab.startswith(".gitignore"), "the rule")
    window.wait_for(lambda: window.position == (2, 1), "its line")
    window.clear_messages()


def test_what_no_index_can_have_is_told_in_one_sentence(window: Window, place: Place) -> None:
    def why(sentence: str) -> None:
        window.command("magray: Why Is This File Not Here")
        window.told(sentence)
        icon = window.page.locator(f"{NOTIFICATION} .notification-list-item-icon").first
        assert "codicon-info" in (icon.get_attribute("class") or "")  # an answer, no failure
        window.clear_messages()

    window.command("File: New Untitled Text File")
    window.wait_for(lambda: window.active_tab.startswith("Untitled-1"), "the document")
    why("Untitled-1 has no file yet: save it first.")
    file = place.workspace / "late.md"
    file.write_text("Never read.\n", encoding="utf-8")
    window.open_file("late.md")
    file.unlink()
    why("late.md ")  # that it is gone, or once the index has seen that, that there is none
    outside = place.workspace.parent / "outside.txt"
    outside.write_text("Elsewhere.\n", encoding="utf-8")
    window.command("File: Open File")
    window.wait_for(lambda: window.input.input_value().startswith("/"), "the dialog")
    window.answer(str(outside), lambda: window.active_tab == "outside.txt", "the file")
    why("outside.txt lies outside of the folders that are open.")
    window.command("View: Close All Editors")


def test_coverage_counts_what_is_there_and_what_is_left_out(window: Window) -> None:
    window.command("magray: Focus on Coverage View")
    for start, part in (("shop", " of "), ("left out", "")):
        window.wait_for(
            lambda start=start, part=part: any(
                row.startswith(start) and part in row for row in window.tree("Coverage")
            ),
            f"a row of {start}",
        )
    window.picture("coverage")


def test_the_report_of_health_is_a_page(window: Window) -> None:
    text = window.open_health("Search by meaning")
    window.picture("health")
    assert "Everything works" in text and "{" not in text
    assert "cpu" in text


def test_records_are_backed_up(window: Window, place: Place) -> None:
    window.command("magray: Back Up Records")
    window.told("Backed up to")
    assert len(magray(place, "backup", "list")["backups"]) == 1
    window.clear_messages()


def test_restoring_shows_what_would_change_and_asks(window: Window, place: Place) -> None:
    (record,) = magray(place, "list")["records"]

    def choose_backup() -> None:
        window.command("magray: Restore from Backup")
        window.wait_for(lambda: window.rows.count() == 2, "the backup and another file")
        window.rows.first.click(timeout=5_000)  # the palette that closes may take the list with it

    window.until(choose_backup, lambda: window.rows.filter(has_text="Replace").count() == 1, "how to restore")
    window.choose("Replace", lambda: "Replace all records" in window.dialog, "the question")
    window.wait_for(lambda: window.frame_text("dry run"), "the page of what would change")
    window.picture("restore")
    window.decide("Cancel")
    assert magray(place, "list")["records"] == [record]


def test_another_window_on_the_same_folder_shares_what_is_known(
    window: Window, editor: Editor, browser: Browser, place: Place
) -> None:
    other = browser.open(editor.address(place.workspace))
    searched(other, "HookCaller", "HookCaller")
    other.close_lists()
    other.command("View: Show magray")
    magray(place, "remember", "Seen by both.", "--title", "Both")
    for each in (window, other):
        each.command("View: Show magray")
        each.wait_for(lambda each=each: any("Both" in row for row in each.tree("Memory")), "the record")
    other.command("magray: Index Open Folders")
    other.told("Another window or program indexes this folder")
    other.page.context.close()


def test_a_server_that_is_killed_is_started_again(window: Window, editor: Editor) -> None:
    killed = server_processes(editor)
    assert killed
    for process in killed:
        os.kill(process.pid, signal.SIGKILL)
    window.wait_for(
        lambda: [process for process in server_processes(editor) if process not in killed], "another server"
    )
    window.wait_for(lambda: "ready" in window.status, "ready again")
    searched(window, "HookCaller", "HookCaller")
    window.close_lists()
