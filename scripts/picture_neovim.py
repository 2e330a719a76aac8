#!/usr/bin/env python
"""Pictures of the client for Neovim, from a real session: Neovim in tmux, its screen drawn by Chromium.

    scripts/picture_neovim.py FOLDER FILE LINES TITLE [--to editors/neovim/pictures] [--question …]

A copy of FOLDER is indexed into a home of its own. Needs tmux, chromium and scripts/install_editors.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
NEOVIM = ROOT / ".venv" / "editors" / "bin" / "nvim"
COLUMNS, ROWS = 104, 24
FRONT, BACK = "#e0e2ea", "#14161b"
"""The colours of Neovim's own scheme, for cells that name none."""
BASIC = ("#07080d", "#ffc0b9", "#b3f6c0", "#fce094", "#a6dbff", "#ffcaff", "#8cf8f7", "#eef1f8")
STYLE = f"""
body {{ margin: 0; background: {BACK} }}
pre {{ display: inline-block; margin: 0; padding: 8px 12px; color: {FRONT}; background: {BACK};
       font: 13px/17px "DejaVu Sans Mono", monospace }}
"""
_ESCAPE = re.compile(r"\x1b\[([\d;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|[\x0e\x0f]")


class Screen:
    """A Neovim in a terminal of `COLUMNS` by `ROWS` cells."""

    def __init__(self, folder: Path, file: str, person: Path, home: Path) -> None:
        self._socket = f"magray-picture-{os.getpid()}"
        settings = person / "init.lua"
        server = Path(sys.executable).with_name("magray-lsp")
        settings.write_text(
            f"vim.opt.runtimepath:append({str(ROOT / 'editors' / 'neovim')!r})\n"
            f"vim.g.magray = {{ cmd = {{ {str(server)!r}, '--stdio' }}, citations = true }}\n"
            "vim.o.termguicolors, vim.o.background, vim.o.number = true, 'dark', true\n"
            "vim.o.statusline = \" %t %m%=%{v:lua.require'magray'.statusline()} %l:%c \"\n"
            "vim.o.shortmess = vim.o.shortmess .. 'I'\n"
            "vim.lsp.enable('magray')\n",
            encoding="utf-8",
        )
        environment = {"HOME": str(person), "MAGRAY_HOME": str(home), "COLORTERM": "truecolor"}
        sizes = ["-x", str(COLUMNS), "-y", str(ROWS)]
        command = [str(NEOVIM), "--clean", "-n", "-u", str(settings), file]
        given = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        self._tmux("-f", os.devnull, "new-session", "-d", *sizes, "-c", str(folder), *given, *command)
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("set-option", "-g", "escape-time", "0")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-L", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str, seconds: float = 1.0) -> None:
        """Press named keys, as `Escape`."""
        self._tmux("send-keys", *keys)
        time.sleep(seconds)

    def type(self, text: str, seconds: float = 1.0) -> None:
        """Type a text, a letter at a time."""
        for letter in text:
            self._tmux("send-keys", "-l", letter)
            time.sleep(0.03)
        time.sleep(seconds)

    def run(self, command: str, seconds: float = 1.5) -> None:
        """Type a command line and enter it."""
        self.type(f":{command}", 0.1)
        self.press("Enter", seconds=seconds)

    def wait(self, text: str, seconds: float = 120) -> None:
        """Until a text stands on the screen."""
        end = time.monotonic() + seconds
        while text not in self._tmux("capture-pane", "-p"):
            if time.monotonic() > end:
                raise SystemExit(f"{text!r} did not appear:\n{self._tmux('capture-pane', '-p')}")
            time.sleep(0.2)

    def page(self) -> str:
        """The screen as HTML."""
        rows = self._tmux("capture-pane", "-p", "-e", "-N").rstrip("\n").split("\n")
        return f"<style>{STYLE}</style><pre>{drawn(rows)}</pre>"

    def close(self) -> None:
        """End the editor with its terminal."""
        self._tmux("kill-server")


def drawn(rows: list[str]) -> str:
    """Rows with escape sequences as HTML; a style goes on until the next sequence."""
    parts: list[str] = []
    style = Style()
    for row in rows:
        begin = 0
        for match in _ESCAPE.finditer(row):
            parts.append(style.around(row[begin : match.start()]))
            begin = match.end()
            if match[1] is not None:
                style.take(match[1])
        parts.append(style.around(row[begin:]) + "\n")
    return "".join(parts)


class Style:
    """Colours and weight of the cells to come."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._colours: dict[str, str | None] = {"38": None, "48": None}
        self._on: set[str] = set()

    def take(self, codes: str) -> None:
        """Follow a sequence of `SGR` codes."""
        given = re.split("[;:]", codes or "0")
        while given:
            code = given.pop(0) or "0"
            if code in self._colours and given[:1] == ["2"]:
                red, green, blue = (int(value) for value in given[1:4])
                self._colours[code] = f"rgb({red},{green},{blue})"
                given = given[4:]
            elif code in self._colours:
                self._colours[code] = BASIC[int(given[1]) % 8]
                given = given[2:]
            else:
                self._take_plain(code)

    def _take_plain(self, code: str) -> None:
        number = int(code)
        if number == 0:
            self._clear()
        elif 30 <= number % 60 <= 37 or 40 <= number % 60 <= 47:
            self._colours["38" if number % 60 < 40 else "48"] = BASIC[number % 10]
        elif code in ("39", "49"):
            self._colours["38" if code == "39" else "48"] = None
        elif code in ("1", "3", "4", "7"):
            self._on.add(code)
        elif number in range(22, 28):
            self._on.discard({22: "1", 23: "3", 24: "4", 27: "7"}.get(number, ""))

    def around(self, text: str) -> str:
        """A text in this style."""
        front, back = self._colours["38"], self._colours["48"]
        if "7" in self._on:
            front, back = back or BACK, front or FRONT
        rules = [f"color:{front}"] if front else []
        rules += [f"background:{back}"] if back else []
        rules += ["font-weight:bold"] if "1" in self._on else []
        rules += ["font-style:italic"] if "3" in self._on else []
        rules += ["text-decoration:underline"] if "4" in self._on else []
        shown = html.escape(text)
        return f'<span style="{";".join(rules)}">{shown}</span>' if rules and text else shown


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", help="a file of the folder")
    parser.add_argument(
        "lines", help="FIRST,LAST of it: they are remembered, and the last but one changes then"
    )
    parser.add_argument("title", help="of what is remembered")
    parser.add_argument("--to", type=Path, default=ROOT / "editors" / "neovim" / "pictures")
    parser.add_argument("--question", default="how are connections reused")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        person, home, folder = Path(place, "person"), Path(place, "home"), Path(place, wanted.folder.name)
        person.mkdir()
        home.mkdir(mode=0o700)
        shutil.copytree(wanted.folder, folder)
        (folder / ".magray.toml").touch()
        magray = [str(Path(sys.executable).with_name("magray")), "--home", str(home), "index"]
        subprocess.run([*magray, "--workspace", str(folder)], check=True, capture_output=True)
        screen = Screen(folder, wanted.file, person, home)
        try:
            screen.wait("magray ✓")
            pages = take(screen, wanted.question, wanted.lines, wanted.title)
        finally:
            screen.close()
    draw(pages, wanted.to)


def take(screen: Screen, question: str, lines: str, title: str) -> dict[str, str]:
    """The screens, by name, as HTML."""
    first, last = (int(number) for number in lines.split(","))
    pages: dict[str, str] = {}
    screen.run("Magray search")
    screen.type(question, 2)
    pages["search"] = screen.page()
    screen.press("Escape")
    screen.run(f"{first},{last}Magray remember {title} #pool layer:insights")
    screen.wait("is remembered")
    screen.type(f"{last - 1}Gcc", 0.2)
    screen.type("pass  # to be written", 0.2)
    screen.press("Escape", seconds=0.2)
    screen.run("silent write")
    screen.wait("changed since")
    screen.wait("magray ✓")
    screen.type(f"{first}Gzt", 0.2)
    screen.run("Magray related", 3)
    screen.run("leftabove 9split", 0.3)
    screen.run("Magray open n1", 2)
    pages["records"] = screen.page()
    return pages


def draw(pages: dict[str, str], folder: Path) -> None:
    """Each page as a PNG in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("MAGRAY_TEST_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 1200, "height": 700})
        for name, page in pages.items():
            view.set_content(page)
            view.locator("pre").screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png", (folder / f"{name}.png").stat().st_size, "bytes")
        browser.close()


if __name__ == "__main__":
    main()
