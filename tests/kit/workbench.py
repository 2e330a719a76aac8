"""A real VS Code: code-server in a process of its own, its window in a Chromium without a screen."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Locator, Page

SECONDS = float(os.environ.get("MAGRAY_TEST_SECONDS") or 60)
"""Nothing takes this long; what waits longer has failed. A machine that is busy with more may need more."""
AGAIN = 10.0
"""Seconds after which what had no effect is done again."""
NOTIFICATION = ":is(.notification-toast, .notifications-center.visible)"
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.enableExperiments": False,
    "extensions.ignoreRecommendations": True,
    "extensions.autoCheckUpdates": False,
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "chat.commandCenter.enabled": False,
    "window.commandCenter": False,
    "editor.minimap.enabled": False,
    "explorer.autoReveal": False,
    "files.hotExit": "off",
    "files.autoSave": "off",
    "update.mode": "none",
}


def find_code_server() -> Path | None:
    """The folder of code-server: MAGRAY_CODE_SERVER, else what `scripts/install_code_server` has left."""
    named = os.environ.get("MAGRAY_CODE_SERVER")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "magray"
    found = sorted(cache.glob("code-server-*/.complete"))
    return found[-1].parent / "node_modules" / "code-server" if found else None


def find_chromium() -> str | None:
    """Chromium's program: MAGRAY_CHROMIUM, else on PATH."""
    return os.environ.get("MAGRAY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


class Editor:
    """One installation of the editor with the extension, its settings and its windows."""

    def __init__(self, code_server: Path, place: Path, environment: Mapping[str, str]) -> None:
        """`place`: a new folder for all that it writes."""
        self._entry = code_server / "out" / "node" / "entry.js"
        self.place = place
        self._environment = {**os.environ, **environment, "EXTENSIONS_GALLERY": "{}"}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def _folders(self) -> list[str]:
        return [
            "--user-data-dir",
            str(self.place / "data"),
            "--extensions-dir",
            str(self.place / "extensions"),
        ]

    def install(self, *packages: Path) -> None:
        """Install packages of extensions, as a person does."""
        named = [part for package in packages for part in ("--install-extension", str(package))]
        command = ["node", str(self._entry), *self._folders, *named]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=120)
        assert done.stdout.count("successfully installed") == len(packages), done.stdout + done.stderr

    def settings(self, **changes: Any) -> None:
        """Write the person's settings, names with `__` for dots."""
        named = {name.replace("__", "."): value for name, value in changes.items()}
        # code-server takes settings of a machine's scope from a file of their own.
        machine = {name: value for name, value in named.items() if name in MACHINE}
        for folder, values in (("User", {**SETTINGS, **named}), ("Machine", machine)):
            file = self.place / "data" / folder / "settings.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")

    def speak(self, language: str) -> None:
        """Add a language pack that has no texts, so that only extensions speak the language."""
        texts = self.place / "texts.json"
        texts.write_text('{"contents": {}}', encoding="utf-8")
        named = {"extensionIdentifier": {"id": f"tests.language-pack-{language}"}, "version": "1.0.0"}
        translations = {"vscode": str(texts)}
        pack = {"hash": "0", "label": language, "extensions": [named], "translations": translations}
        file = self.place / "data" / "languagepacks.json"
        file.write_text(json.dumps({language: pack}), encoding="utf-8")

    def start(self, *arguments: str) -> None:
        """Start the process and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [
            *("node", str(self._entry), *self._folders, "--auth", "none"),
            *("--bind-addr", f"127.0.0.1:{self.port}", "--disable-telemetry", "--disable-update-check"),
            *("--disable-getting-started-override", *arguments),
        ]
        self.place.mkdir(parents=True, exist_ok=True)
        with (self.place / "code-server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self._wait()

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the process with all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def address(self, target: Path | None) -> str:
        """The address of a window on a folder, on a `.code-workspace` file, or on none."""
        base = f"http://127.0.0.1:{self.port}/"
        if target is None:
            return f"{base}?ew=true"
        kind = "workspace" if target.is_file() else "folder"
        return f"{base}?{kind}={quote(str(target))}"

    def address_of_file(self, file: Path) -> str:
        """The address of a window without a folder that opens one file."""
        uri = f"vscode-remote://127.0.0.1:{self.port}{quote(str(file))}"
        return f"{self.address(None)}&payload={quote(json.dumps([['openFile', uri]]))}"

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError((self.place / "code-server.log").read_text("utf-8", "replace"))


MACHINE = {"magray.serverPath", "magray.home", "magray.notes.folders", "magray.embedding.device"}


class Window:
    """One window of the editor, used as a person uses it: keys, lists, messages."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures

    def wait_ready(self) -> None:
        """Wait for the workbench."""
        self.page.wait_for_selector(".monaco-workbench .statusbar-item", timeout=SECONDS * 1000)

    # Waiting, and doing until it is seen

    def wait_for(self, test: Callable[[], Any], what: str = "") -> Any:
        """Wait until a test holds; returns what it gives."""
        found = self._seen(test, SECONDS)
        if found:
            return found
        self.picture(f"failed-{re.sub(r'[^a-z]+', '-', what.lower()) or 'wait'}")
        raise AssertionError(f"{what} did not come; the window says {self.messages()}, {self.status}")

    def until(self, act: Callable[[], Any], effect: Callable[[], Any], what: str) -> Any:
        """Act, and act again while the effect is not seen; returns what `effect` gives.

        A window that is busy loses keys, and clicks on rows that it draws again. `act` may fail, is called
        at least once, and must do no harm twice.
        """
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                act()
            except (PlaywrightError, AssertionError):  # what it acts upon is not there, or goes away
                self.page.wait_for_timeout(100)
            found = self._seen(effect, AGAIN)
            if found:
                return found
        return self.wait_for(effect, what)

    def _seen(self, test: Callable[[], Any], seconds: float) -> Any:
        end = time.monotonic() + seconds
        while True:
            try:
                found = test()
            except Exception as error:
                if "Timeout" not in type(error).__name__ and "Error" not in type(error).__name__:
                    raise
                found = None
            if found or time.monotonic() > end:
                return found
            self.page.wait_for_timeout(100)

    # Commands and lists

    def open_list(self, key: str, start: str) -> None:
        """Open one of the editor's lists by its key; `start`: what its input has then."""

        def open_it() -> None:
            self.close_lists()
            self.page.keyboard.press(key)
            try:
                self.input.wait_for(state="visible", timeout=5_000)
            except PlaywrightError:  # a page of an extension may hold the keys
                self.page.locator(".part.statusbar").click(position={"x": 640, "y": 11})

        self.until(open_it, lambda: self.input.input_value() == start, f"the list of {key}")

    def command(self, title: str) -> None:
        """Run a command by its title in the palette, once its extension is there."""
        row = self.rows.filter(has_text=title).first

        def settled() -> bool:
            before = self.row_texts()
            self.page.wait_for_timeout(100)
            return any(title in text for text in before) and before == self.row_texts()

        def left() -> bool:
            return not self.input.is_visible() or self.input.input_value() != f">{title}"

        def ran() -> bool:
            self.open_list("F1", ">")
            # A window that still opens its files takes the keys back, and the list is gone.
            if not self._seen(lambda: self._filled(f">{title}"), 5) or not self._seen(settled, 2):
                return False  # or the extension is not there yet
            row.click(timeout=2_000)
            return self._seen(left, AGAIN)

        self.wait_for(ran, f"the command {title}")
        self.page.mouse.move(640, 790)  # what it rests upon shows a hint, which covers buttons

    def close_lists(self) -> None:
        """Close whatever list or input is open."""
        widget = self.page.locator(".quick-input-widget")
        end = time.monotonic() + SECONDS
        while widget.is_visible() and time.monotonic() < end:
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(100)

    def type(self, text: str) -> None:
        """Fill the input that is open; one that has just come may still be given a text of its own."""
        self.wait_for(lambda: self._filled(text), f"the text {text}")

    def _filled(self, text: str) -> bool:
        self.input.fill(text, timeout=5_000)
        self.page.wait_for_timeout(50)
        return self.input.input_value(timeout=5_000) == text

    def answer(self, text: str, effect: Callable[[], Any], what: str) -> Any:
        """Fill the input that is open, and accept it."""
        self.type(text)
        return self.accept(effect, what)

    def accept(self, effect: Callable[[], Any], what: str) -> Any:
        """Accept what the open list or input has."""
        return self.until(lambda: self.input.press("Enter", timeout=2_000), effect, what)

    @property
    def listing(self) -> bool:
        """Whether a list or input is open."""
        return self.page.locator(".quick-input-widget").is_visible()

    @property
    def list_text(self) -> str:
        """All that the open list or input says."""
        return " ".join(self.page.locator(".quick-input-widget").all_inner_texts())

    @property
    def input(self) -> Locator:
        """The text field of the list or input that is open."""
        return self.page.locator(".quick-input-widget input[type='text']:visible").first

    @property
    def rows(self) -> Locator:
        """The rows of the list that is open."""
        return self.page.locator(".quick-input-list .monaco-list-row")

    def row_texts(self) -> list[str]:
        """What the rows say, icons left out."""
        return [" ".join(text.split()) for text in self.rows.all_inner_texts()]

    @property
    def list_title(self) -> str:
        return " ".join(self.page.locator(".quick-input-title").all_inner_texts())

    def button(self, tooltip: str, effect: Callable[[], Any], what: str) -> Any:
        """Press a button of the open list."""
        button = self.page.locator(
            f".quick-input-widget .quick-input-titlebar [aria-label^='{tooltip}']"
        ).first
        return self.until(lambda: button.click(timeout=5_000), effect, what)

    def row_button(self, label: str, effect: Callable[[], Any], what: str) -> Any:
        """Press a button of the list's first row, which shows it while it is pointed at."""
        return self.press_in(self.rows.first, label, effect, what)

    def press_in(self, row: Locator, label: str, effect: Callable[[], Any], what: str) -> Any:
        """Press a button of a row or of a view, which shows it while it is pointed at."""

        def press() -> None:
            row.hover(timeout=5_000)
            row.locator(f"[aria-label='{label}']").first.click(timeout=5_000)

        return self.until(press, effect, what)

    def choose(self, text: str, effect: Callable[[], Any], what: str) -> Any:
        """Choose the row that has this text."""
        row = self.rows.filter(has_text=text).first
        return self.until(lambda: row.click(timeout=5_000), effect, what)

    # The window

    @property
    def status(self) -> str:
        """The extension's item in the status bar: its text and what it says when pointed at."""
        items = self.page.locator(".statusbar-item[id*='magray']").evaluate_all(
            "items => items.map(item => `${item.innerText.trim()} | ${item.getAttribute('aria-label')}`)"
        )
        return items[0] if items else ""

    @property
    def status_bar(self) -> str:
        """All that the status bar says."""
        return " ".join(self.page.locator(".statusbar").all_inner_texts())

    def open_health(self, sign: str) -> str:
        """Click the item in the status bar; returns the text of the report, which has the sign."""
        item = self.page.locator(".statusbar-item[id*='magray']").first
        return self.until(
            lambda: item.click(timeout=5_000), lambda: self.frame_text(sign), "the report of health"
        )

    def messages(self) -> list[str]:
        """The notifications that are shown."""
        return [
            " ".join(text.split())
            for text in self.page.locator(f"{NOTIFICATION} .notification-list-item-message").all_inner_texts()
        ]

    def message_buttons(self) -> list[str]:
        """The buttons of the notifications that are shown."""
        return self.page.locator(f"{NOTIFICATION} a.monaco-button").all_inner_texts()

    def told(self, text: str) -> str:
        """Wait for a notification that has the text; returns all of it."""
        return self.wait_for(
            lambda: next((each for each in self.messages() if text in each), None), f"a message: {text}"
        )

    def all_messages(self) -> list[str]:
        """The notifications, those included whose time on the screen is over."""
        self._show_messages()
        return self.messages()

    def press(self, label: str, effect: Callable[[], Any] | None = None, what: str = "") -> None:
        """Press a button of a notification, also of one whose time on the screen is over."""
        button = self.page.locator(f"{NOTIFICATION} a.monaco-button").filter(has_text=label).first

        def press() -> None:
            if not self._seen(button.is_visible, 5):
                self._show_messages()
            button.click(timeout=5_000)

        self.until(press, effect or (lambda: not button.is_visible()), what or f"the end of {label}")

    @property
    def dialog(self) -> str:
        """What the dialog says that is open."""
        return " ".join(self.page.locator(".monaco-dialog-box").all_inner_texts())

    def decide(self, label: str) -> None:
        """Press a button of the dialog that is open."""
        button = self.page.locator(".monaco-dialog-box a.monaco-button").filter(has_text=label).first
        self.until(lambda: button.click(timeout=5_000), lambda: not self.dialog, "the end of the dialog")

    def _show_messages(self) -> None:
        center = self.page.locator(".notifications-center.visible")
        if not center.is_visible():
            self.command("Notifications: Show Notifications")

    def clear_messages(self) -> None:
        """Remove all notifications."""
        self.command("Notifications: Clear All Notifications")
        self.wait_for(lambda: not self.messages(), "no message")

    def open_file(self, name: str) -> None:
        """Open a file by its name, as with Ctrl+P; `name:12` at a line."""
        path, _, line = name.partition(":")
        bare = path.rpartition("/")[2]

        def open_it() -> None:
            self.open_list("Control+P", "")
            self.type(name)
            self._seen(lambda: bare in self.row_texts()[0], 5)
            self.page.wait_for_timeout(200)
            self.input.press("Enter", timeout=2_000)

        def there() -> bool:
            at = not line or self.position[0] == int(line)
            return at and self.active_tab.startswith(bare) and not self.listing

        self.until(open_it, there, f"{bare} at its line")

    def keys(self, *keys: str, effect: Callable[[], Any], what: str) -> Any:
        """Press keys in the editor, with nothing in front of it."""

        def press() -> None:
            self.close_lists()
            for key in keys:
                self.page.keyboard.press(key)

        return self.until(press, effect, what)

    def select_lines(self, name: str, first: int, last: int) -> None:
        """Select whole lines of a file, key by key."""

        def select() -> None:
            self.open_file(f"{name}:{first}")
            # To the text, or from there to the line's start.
            self.keys("Home", effect=lambda: self.position == (first, 1), what="the start of the line")
            for line in range(first + 1, last + 2):
                self.page.keyboard.press("Shift+ArrowDown")
                self.wait_for(lambda line=line: self.position[0] == line, f"the selection up to {line}")

        self.until(select, lambda: "selected)" in self.status_bar, "the selection")

    def to_the_end(self) -> None:
        """Set the cursor to the end of the text, which is on the screen."""
        lines = self.page.locator(".editor-group-container.active .view-line")

        def at_end() -> bool:
            last = self.text.rpartition("\n")[2]
            return self.position == (self.line_numbers[-1], len(last) + 1)

        def go() -> None:
            lines.first.click(timeout=5_000)
            self.page.keyboard.press("Control+End")

        self.until(go, at_end, "the end of the text")

    def insert(self, text: str) -> None:
        """Type at the cursor, all at once, and wait until the editor shows it."""
        self.until(
            lambda: self.page.keyboard.insert_text(text), lambda: text in self.text, f"what was typed: {text}"
        )

    def save(self, effect: Callable[[], Any], what: str) -> Any:
        """Save the text in the editor."""
        return self.keys("Control+S", effect=effect, what=what)

    @property
    def active_tab(self) -> str:
        """The name on the tab in front."""
        return next(iter(self.page.locator(".tab.active").all_inner_texts()), "").strip()

    @property
    def dirty(self) -> bool:
        """Whether the text in front is not saved."""
        return self.page.locator(".tab.active.dirty").count() > 0

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the cursor, as the status bar says; zeros while it says none."""
        texts = self.page.locator(".statusbar-item[id='status.editor.selection']").all_inner_texts()
        match = re.search(r"Ln (\d+), Col (\d+)", " ".join(texts))
        return (int(match[1]), int(match[2])) if match else (0, 0)

    @property
    def line_numbers(self) -> list[int]:
        """The numbers of the lines that are on the screen."""
        numbers = self.page.locator(".editor-group-container.active .line-numbers").all_inner_texts()
        return sorted(int(number) for number in numbers if number.strip().isdigit())

    @property
    def text(self) -> str:
        """The lines of the editor that are on the screen."""
        lines = self.page.locator(".editor-group-container.active .view-line")
        placed = lines.evaluate_all(
            "lines => lines.map(line => [parseFloat(line.style.top), line.textContent])"
            ".sort((a, b) => a[0] - b[0]).map(line => line[1])"
        )
        return "\n".join(line.replace("\xa0", " ") for line in placed)

    def pane(self, view: str) -> Locator:
        """A view in the side bar."""
        return self.page.locator(f".pane:has(.pane-header[aria-label^='{view}'])")

    def pane_title(self, view: str) -> str:
        """What stands above a view."""
        return " ".join(self.pane(view).locator(".pane-header").all_inner_texts())

    def view_message(self, view: str) -> str:
        """What a view says above its rows."""
        return " ".join(self.pane(view).locator(".message").all_inner_texts())

    def tree(self, view: str) -> list[str]:
        """The rows of a view in the side bar."""
        rows = self.pane(view).locator(".monaco-list-row")
        return [" ".join(text.split()) for text in rows.all_inner_texts()]

    def tree_row(self, view: str, text: str) -> Locator:
        """A row of a view in the side bar."""
        return self.pane(view).locator(".monaco-list-row").filter(has_text=text).first

    @property
    def output(self) -> str:
        """The lines of the panel's output that are on the screen."""
        return "\n".join(self.page.locator(".panel .view-line").all_inner_texts()).replace("\xa0", " ")

    def frame_text(self, needle: str) -> str:
        """The text of the page of ours that has the needle; empty while there is none."""
        for frame in self.page.frames:
            try:
                text = frame.locator("body").inner_text(timeout=1000)
            except Exception:
                continue  # a frame that is just being made
            if frame is not self.page.main_frame and needle in text:
                return text
        return ""

    def picture(self, name: str) -> Path:
        """A picture of the window, for people."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        file = self._pictures / f"{name}.png"
        with contextlib.suppress(PlaywrightError):  # a machine that is busy may not be done in time
            self.page.screenshot(path=str(file))
        return file


class Browser:
    """A Chromium without a screen."""

    def __init__(self, program: str, pictures: Path) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        self._pictures = pictures

    def open(self, address: str, width: int = 1280, height: int = 800) -> Window:
        """A window at an address, in a session of its own."""
        page = self._browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.goto(address)
        window = Window(page, self._pictures)
        window.wait_ready()
        return window

    def close(self) -> None:
        """End it."""
        self._browser.close()
        self._playwright.stop()
