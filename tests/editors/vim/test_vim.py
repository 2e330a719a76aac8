"""The recipe for Vim with ALE, as the page gives it, in a real Vim against the real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "editors" / "vim.md").read_text(encoding="utf-8")
VIM = shutil.which("vim")
ALE = Path("/usr/share/vim-ale/plugin/ale.vim")
SECONDS = 200
WALK = r"""
function! Until(what, Test) abort
  for _ in range(900)
    if a:Test() | return | endif
    sleep 100m
  endfor
  call writefile(['never: ' . a:what, execute('messages')], 'failed')
  cquit
endfunction
function! Preview() abort
  for l:window in range(1, winnr('$'))
    if getwinvar(l:window, '&previewwindow')
      return getbufline(winbufnr(l:window), 1, '$')
    endif
  endfor
  return []
endfunction
let s:round = 0
function! Answered(command, pattern) abort
  if s:round % 20 == 0
    execute a:command
  endif
  let s:round += 1
  return match(Preview(), a:pattern) >= 0
endfunction
function! Ask(command, pattern, file) abort
  let s:round = 0
  call Until(a:command, {-> Answered(a:command, a:pattern)})
  call writefile(Preview(), a:file)
  pclose
endfunction
edit ports.md
call Ask('ALESymbolSearch ?on which day do we ship', 'deploy', 'hits')
call search('deploy')
ALEGoToDefinition
call Until('the definition', {-> expand('%:t') ==# 'deploy.md'})
call Ask('ALEFindReferences', 'ports', 'references')
qall!
"""


@pytest.mark.skipif(
    (VIM is None or not ALE.is_file()) and not os.environ.get("MAGRAY_REQUIRE_EDITORS"),
    reason="no Vim with ALE was found",
)
def test_ale_searches_by_meaning_follows_links_and_shows_backlinks(tmp_path: Path) -> None:
    assert VIM is not None and ALE.is_file(), "no Vim with ALE was found (try: apt-get install vim vim-ale)"
    notes = tmp_path / "notes"
    (notes / ".git").mkdir(parents=True)
    (notes / "ports.md").write_text("# Ports\n\nIt listens on 8080. See [[deploy]].\n", encoding="utf-8")
    (notes / "deploy.md").write_text("# Deploy\n\nWe ship on Tuesday, never on Friday.\n", encoding="utf-8")
    (recipe,) = re.findall(r"```vim\n(.*?)```", PAGE.split("\n## ")[1], re.DOTALL)
    (tmp_path / "vimrc").write_text(
        f"set nocompatible hidden\nfiletype plugin on\n{recipe}", encoding="utf-8"
    )
    (tmp_path / "walk.vim").write_text(WALK, encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "MAGRAY_HOME": str(tmp_path / "home"),
        "MAGRAY_EMBEDDING__PROBE_SECONDS": "120",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [VIM, "-N", "-n", "-i", "NONE", "--not-a-term", "-u", str(tmp_path / "vimrc")]
    done = subprocess.run(
        [*command, "-S", str(tmp_path / "walk.vim")],
        cwd=notes,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    failed = notes / "failed"
    assert not failed.exists(), failed.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    first = (notes / "hits").read_text(encoding="utf-8").splitlines()[0]
    assert "deploy.md" in first
    assert "ports.md" in (notes / "references").read_text(encoding="utf-8")
