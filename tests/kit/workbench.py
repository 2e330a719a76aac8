"""A real VS Code: code-server in a process of its own, its window in a Chromium without a screen."""

from __future__ import annotations

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

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Locator, Page

SECONDS = float(os.environ.get("MAGRAY_TEST_SECONDS") or 60)
"""Nothing takes this long; what waits longer has failed. A machine that is busy with more may need more."""
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

    def address(self, target: Path) -> str:
        """The address of a window on a folder, or on a `.code-workspace` file."""
        kind = "workspace" if target.is_file() else "folder"
        return f"http://127.0.0.1:{self.port}/?{kind}={target}"

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

    # Commands and lists

    def command(self, title: str) -> None:
        """Run a command by its title in the palette, once its extension is there."""

        def ran() -> bool:
            self.close_lists()
            self.page.keyboard.press("F1")
            try:
                self.input.wait_for(state="visible", timeout=5_000)
            except PlaywrightError:  # a page of an extension may hold the keys
                self.page.locator(".part.statusbar").click(position={"x": 640, "y": 11})
                return False
            if not self.input.input_value().startswith(">"):
                return False  # not the palette yet
            self.type(f">{title}")
            self.page.wait_for_timeout(300)
            self.rows.filter(has_text=title).first.click(timeout=2_000)
            self.page.mouse.move(640, 790)  # what it rests upon shows a hint, which covers buttons
            return True

        def left() -> bool:
            return not self.input.is_visible() or self.input.input_value() != f">{title}"

        self.wait_for(ran, f"the command {title}")
        self.wait_for(left, "the end of the palette")

    def close_lists(self) -> None:
        """Close whatever list or input is open."""
        widget = self.page.locator(".quick-input-widget")
        for _ in range(4):
            if not widget.is_visible():
                return
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(100)

    def type(self, text: str) -> None:
        """Fill the input that is open."""
        expect(self.input).to_be_visible(timeout=SECONDS * 1000)
        self.input.fill(text)

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
        return self.page.locator(".quick-input-title").inner_text()

    def button(self, tooltip: str) -> None:
        """Press a button of the open list."""
        self.page.locator(
            f".quick-input-widget .quick-input-titlebar [aria-label^='{tooltip}']"
        ).first.click()

    def choose(self, text: str) -> None:
        """Choose the row that has this text."""
        self.rows.filter(has_text=text).first.click()

    # The window

    def wait_for(self, test: Callable[[], Any], what: str = "") -> Any:
        """Wait until a test holds; returns what it gives."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                found = test()
            except Exception as error:
                if "Timeout" not in type(error).__name__ and "Error" not in type(error).__name__:
                    raise
                found = None
            if found:
                return found
            self.page.wait_for_timeout(100)
        self.picture(f"failed-{re.sub(r'[^a-z]+', '-', what.lower()) or 'wait'}")
        raise AssertionError(f"{what} did not come; the window says {self.messages()}, {self.status}")

    @property
    def status(self) -> str:
        """The extension's item in the status bar: its text and what it says when pointed at."""
        item = self.page.locator(".statusbar-item[id*='magray']")
        if not item.count():
            return ""
        return f"{item.first.inner_text().strip()} | {item.first.get_attribute('aria-label')}"

    def messages(self) -> list[str]:
        """The notifications that are shown."""
        return [
            " ".join(text.split())
            for text in self.page.locator(
                ".notification-toast .notification-list-item-message"
            ).all_inner_texts()
        ]

    def press(self, label: str) -> None:
        """Press a button of a notification."""
        button = self.page.locator(".notification-toast a.monaco-button").filter(has_text=label).first
        expect(button).to_be_visible(timeout=SECONDS * 1000)
        button.click()

    def clear_messages(self) -> None:
        """Remove all notifications."""
        self.command("Notifications: Clear All Notifications")

    def open_file(self, name: str) -> None:
        """Open a file by its name, as with Ctrl+P; `name:12` at a line."""
        self.close_lists()
        self.page.keyboard.press("Control+P")
        box = self.input
        expect(box).to_be_visible(timeout=SECONDS * 1000)
        box.fill(name)
        bare = name.partition(":")[0].rpartition("/")[2]
        row = self.rows.filter(has_text=bare).first
        expect(row).to_be_visible(timeout=SECONDS * 1000)
        self.page.wait_for_timeout(200)
        self.page.keyboard.press("Enter")
        self.wait_for(lambda: self.active_tab.startswith(bare), f"the tab of {bare}")
        line = name.partition(":")[2]
        if line:
            self.wait_for(lambda: self.position[0] == int(line), f"the line {line}")

    def select_down(self, last: int) -> None:
        """Select from the start of the cursor's line up to the start of another line, key by key."""

        def at(line: int, column: int | None = None) -> bool:
            return self.position[0] == line and column in (None, self.position[1])

        first = self.position[0]

        def begun() -> bool:
            self.page.keyboard.press("Home")  # to the text, or from there to the line's start
            self.page.wait_for_timeout(100)
            return at(first, 1)

        self.wait_for(begun, f"the start of the line {first}")
        for line in range(first + 1, last + 1):
            self.page.keyboard.press("Shift+ArrowDown")
            self.wait_for(lambda line=line: at(line), f"the selection up to the line {line}")

    def insert(self, text: str) -> None:
        """Type at the cursor, and wait until the editor shows it."""
        self.page.keyboard.type(text)
        self.wait_for(lambda: text in self.text, f"what was typed: {text}")

    @property
    def active_tab(self) -> str:
        return (
            self.page.locator(".tab.active").first.inner_text().strip()
            if self.page.locator(".tab.active").count()
            else ""
        )

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the cursor, as the status bar says."""
        text = self.page.locator(".statusbar-item[id='status.editor.selection']").inner_text()
        match = re.search(r"Ln (\d+), Col (\d+)", text)
        assert match, text
        return int(match[1]), int(match[2])

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
        return self.pane(view).locator(".pane-header").inner_text()

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
