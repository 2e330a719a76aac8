"""The recipes for Emacs, as the page gives them, in a real Emacs against the real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from seeds import know_machine

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "editors" / "emacs.md").read_text(encoding="utf-8")
EMACS = shutil.which("emacs")
SECONDS = 200

pytestmark = pytest.mark.skipif(
    EMACS is None and not os.environ.get("MAGRAY_REQUIRE_EDITORS"), reason="no Emacs was found"
)


def recipe(title: str) -> str:
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```elisp\n(.*?)```", section, re.DOTALL))


def has(library: str) -> bool:
    assert EMACS is not None, "no Emacs was found (try: apt-get install emacs-nox elpa-eglot elpa-lsp-mode)"
    form = f'(kill-emacs (if (locate-library "{library}") 0 1))'
    return subprocess.run([EMACS, "--batch", "--eval", form], timeout=60).returncode == 0


def run(tmp_path: Path, library: str, title: str, walk: str) -> str:
    """Runs the page's recipe and a walk in the notes; returns what it printed."""
    if not has(library):
        if os.environ.get("MAGRAY_REQUIRE_EDITORS"):
            pytest.fail(f"{library} was not found (try: apt-get install elpa-{library})")
        pytest.skip(f"Emacs has no {library}")
    assert EMACS is not None
    notes = tmp_path / "notes"
    (notes / ".git").mkdir(parents=True)
    (notes / "ports.md").write_text(
        "# Ports\n\nThe server listens on 8080. See [[deploy]].\n", encoding="utf-8"
    )
    (notes / "deploy.md").write_text("# Deploy\n\nWe ship on Tuesday, never on Friday.\n", encoding="utf-8")
    script = tmp_path / "walk.el"
    script.write_text(f"{KIT}\n{recipe(title)}\n{walk}", encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "MAGRAY_HOME": str(know_machine(tmp_path / "home")),
        "MAGRAY_EMBEDDING__PROBE_SECONDS": "120",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [EMACS, "--batch", "--load", str(script)]
    done = subprocess.run(
        command, cwd=notes, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


KIT = """
(setq make-backup-files nil)
(require 'markdown-mode nil t)
(defun until (what condition)
  (with-timeout (90 (error "%s did not happen" what))
    (let (found)
      (while (not (setq found (funcall condition)))
        (accept-process-output nil 0.1))
      found)))
"""


def test_eglot_searches_recalls_and_follows_links(tmp_path: Path) -> None:
    walk = """
(find-file "ports.md")
(markdown-mode)
(apply #'eglot (eglot--guess-contact))
(until "a connection" #'eglot-current-server)
(defvar asked nil)
(defun xref-show-xrefs (fetcher _) (setq asked (funcall fetcher)))
(until "hits" (lambda () (magray-search "on which day do we ship") asked))
(princ (format "found %s\\n" (xref-location-group (xref-item-location (car asked)))))
(magray-search "on which day do we ship tag:nowhere")
(princ (format "lacks %s\\n" (magray--lacks (jsonrpc-request (magray--server) :magray/search
                                             (list :query "on which day do we ship tag:nowhere")))))
(until "a name" (lambda () (xref-backend-apropos 'eglot "?on which day do we ship")))
(goto-char (point-min))
(search-forward "[[dep")
(defvar place (car (xref-backend-definitions 'eglot "deploy")))
(princ (format "link %s\\n" (xref-location-group (xref-item-location place))))
(magray-remember "Tuesdays are for shipping.")
(magray-recall "Tuesdays are for shipping")
(princ (with-current-buffer "*magray*" (buffer-string)))
(eglot-shutdown (eglot-current-server))
"""
    printed = run(tmp_path, "eglot", "eglot", walk)
    assert re.search(r"found .*deploy\.md", printed), printed
    assert "lacks tag nowhere: no document has this tag" in printed, printed
    assert re.search(r"link .*deploy\.md", printed), printed
    assert "Tuesdays are for shipping." in printed, printed


def test_lsp_mode_takes_it_as_an_add_on(tmp_path: Path) -> None:
    walk = """
(setq lsp-auto-guess-root t lsp-enable-file-watchers nil lsp-warn-no-matched-clients nil
      lsp-enable-suggest-server-download nil lsp-session-file (expand-file-name "session"))
(find-file "ports.md")
(markdown-mode)
(lsp-workspace-folders-add default-directory)
(lsp)
(until "a workspace" (lambda () (seq-find (lambda (one) (eq (lsp--workspace-status one) 'initialized))
                                           (lsp-workspaces))))
(defun hits ()
  (with-lsp-workspace (car (lsp-workspaces))
    (append (gethash "hits" (lsp-request "magray/search" '(:query "on which day do we ship"))) nil)))
(until "hits" #'hits)
(princ (format "found %s\\n" (gethash "path" (car (hits)))))
(setq lsp-restart 'ignore)
(lsp-workspace-shutdown (car (lsp-workspaces)))
"""
    assert "found deploy.md" in run(tmp_path, "lsp-mode", "lsp-mode", walk)
