"""Measures what a person waits for in the editors' clients, in the real editors, on an indexed folder.

    python scripts/bench_editors.py FOLDER HOME [--rounds N]

HOME is one in which FOLDER was indexed (`magray --home HOME --workspace FOLDER index`); a copy of it is used.
Prints the milliseconds from a key press to the first results in VS Code and in Neovim, those from the last
key of a typed question to its own results, the activation of the extension, and the size of its package.
Needs `scripts/install_code_server`, `scripts/install_editors` and chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kit"))

from workbench import Browser, Editor, find_chromium, find_code_server  # noqa: E402

if TYPE_CHECKING:
    from workbench import Window

QUESTIONS = (
    "how are database connections reused",
    "where is the session cookie signed",
    "escape html in a template",
    "retry a migration that failed",
    "QuerySet.prefetch_related",
    "validate an uploaded image",
    "translate a url into a view",
    "lock rows for update",
    "middleware for security headers",
    "отправка письма администраторам",
)
KEY_MS = 90
"""Between two keys of somebody who types well."""
WATCH = """() => {
  const texts = () => [...document.querySelectorAll('.quick-input-list .monaco-list-row')]
    .slice(0, 5).map(row => row.innerText).join('\\n');
  const seen = window.magraySeen = {keys: [], lists: [[0, '']]};
  document.addEventListener('input', () => seen.keys.push(performance.now()), true);
  new MutationObserver(() => {
    const text = texts();
    if (text !== seen.lists.at(-1)[1]) seen.lists.push([performance.now(), text]);
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
RESTART = "() => { magraySeen.keys = []; magraySeen.lists = magraySeen.lists.slice(-1); }"


def main() -> None:
    """Run both editors and print a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        shutil.copytree(given.home, home)
        in_vscode(Path(place), given.folder.resolve(), home, given.rounds)
        in_neovim(Path(place), given.folder.resolve(), home, given.rounds * len(QUESTIONS))


def in_vscode(place: Path, folder: Path, home: Path, rounds: int) -> None:
    code_server, chromium = find_code_server(), find_chromium()
    if code_server is None or chromium is None:
        sys.exit("error: code-server and chromium are needed (try: scripts/install_code_server)")
    extension = ROOT / "editors" / "vscode"
    for script in ("build", "package"):
        subprocess.run(
            ["npm", "run", "--silent", script], cwd=extension, check=True, stdout=subprocess.DEVNULL
        )
    vsix = extension / "magray.vsix"
    print(f"package: {vsix.stat().st_size / 1000:.0f} kB")
    (place / "person").mkdir()
    environment = {"HOME": str(place / "person"), "MAGRAY_HOME": str(home)}
    editor = Editor(code_server, place / "editor", environment)
    editor.settings(magray__serverPath=str(Path(sys.executable).with_name("magray-lsp")))
    editor.install(vsix)
    editor.start("--disable-workspace-trust")
    browser = Browser(chromium, place)
    try:
        window = browser.open(editor.address(folder))
        window.wait_for(lambda: "ready" in window.status, "ready")
        print(f"activation: {activation(window)}")
        window.command("magray: Search Memory")
        window.page.evaluate(WATCH)
        answered(window, QUESTIONS[-1])  # the model is loaded with the first question
        first, typed = [], []
        for _ in range(rounds):
            for question in QUESTIONS:
                first.append(answered(window, question))
                typed.append(answered(window, f"{question} again", key_ms=KEY_MS))
        tell("VS Code, key press → first results", first)
        tell("VS Code, last key of a typed question → its results", typed)
    finally:
        browser.close()
        editor.stop()


def answered(window: Window, question: str, key_ms: int = 0) -> float:
    """Milliseconds from the last key to the next list, or to the one that stays for a typed question."""
    page = window.page
    page.wait_for_timeout(600)
    page.evaluate(RESTART)
    if key_ms:
        window.type("")
        page.wait_for_timeout(300)
        page.evaluate(RESTART)
        window.input.press_sequentially(question, delay=key_ms)
    else:
        window.type(question)
    page.wait_for_timeout(1_200)
    seen: dict[str, Any] = page.evaluate("() => magraySeen")
    last = seen["keys"][-1]
    shown = [(at, text) for at, text in seen["lists"] if text]
    if key_ms:
        final = shown[-1][1]
        begin = next(at for at, text in shown if text == final)
        return max(0.0, begin - last)
    return next(at for at, _ in shown[0:] if at > last) - last


def activation(window: Window) -> str:
    """What the editor itself says of the extension's start."""
    window.command("Developer: Show Running Extensions")
    row = window.page.locator(".runtime-extensions-editor .monaco-list-row").filter(has_text="magray").first
    row.wait_for()
    text = " ".join(row.inner_text().split())
    window.command("View: Close All Editors")
    found = re.search(r"Activation:.*?(\d+ms)", text)
    return found[1] if found else text


def in_neovim(place: Path, folder: Path, home: Path, rounds: int) -> None:
    neovim = ROOT / ".venv" / "editors" / "bin" / "nvim"
    tests = ROOT / "tests" / "editors" / "neovim"
    environment = {
        **os.environ,
        "HOME": str(place / "person"),
        "MAGRAY_HOME": str(home),
        "MAGRAY_TEST_SERVER": str(Path(sys.executable).with_name("magray-lsp")),
        "MAGRAY_TEST_PLUGIN": str(ROOT / "editors" / "neovim"),
        "MAGRAY_TEST_KIT": str(tests),
    }
    file = next(path for path in sorted(folder.rglob("*.py")) if path.stat().st_size > 1000)
    command = [str(neovim), "--clean", "--headless", "-n", "-l", str(tests / "live.lua")]
    done = subprocess.run(
        [*command, str(folder), str(file), QUESTIONS[0], str(rounds)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(f"Neovim, key press → {(done.stdout + done.stderr).strip()}")


def tell(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    most = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{what}: median {statistics.median(ordered):.0f} ms, 95 % within {most:.0f} ms, of {len(ordered)}")


if __name__ == "__main__":
    main()
