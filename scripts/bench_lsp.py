"""Prints what the language server costs an editor: start, searches, pings while it indexes, edits, memory,
the end.

    python scripts/bench_lsp.py WORKSPACE [--home DIR] [--kills N]

Works on a copy of nothing: the workspace is only read, except for one file that is made and removed again.
Give a home to keep the index between runs; without one everything is thrown away. State the load of the
machine beside the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

QUERIES = (
    "where is the csrf token checked",
    "QuerySet.filter",
    "how are migrations ordered",
    "кэширование ответа",
    "send an email with an attachment",
    "parse multipart form data",
    "retry a failed database connection",
    "translate a string lazily",
)
BARE = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer
server = LanguageServer("bare", "1")
@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(params): return None
server.start_io()
"""


class Server:
    """One server process; `ask` waits for its answer."""

    def __init__(self, command: list[str], home: Path) -> None:
        environ = {**os.environ, "MAGRAY_HOME": str(home)}
        pipes: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
        }
        self.process = subprocess.Popen(command, env=environ, **pipes)
        self.answers: dict[int, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            length = int(line.split(b":")[1])
            while stream.readline() not in (b"\r\n", b""):
                pass
            message = json.loads(stream.read(length))
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            with self.arrived:
                if "method" in message:
                    self.heard.append(message)
                else:
                    self.answers[message["id"]] = message
                self.arrived.notify_all()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def ask(self, method: str, params: Any = None, seconds: float = 600) -> tuple[Any, float]:
        """(answer, seconds it took)."""
        with self.arrived:
            self.number += 1
            number = self.number
        start = time.perf_counter()
        self.send({"id": number, "method": method, "params": params})
        with self.arrived:
            assert self.arrived.wait_for(lambda: number in self.answers, seconds), method
            answer = self.answers.pop(number)
        return answer.get("result", answer.get("error")), time.perf_counter() - start

    def wait_for(self, state: str, seconds: float = 1200) -> None:
        def there() -> bool:
            return any(m["method"] == "magray/status" and m["params"]["state"] == state for m in self.heard)

        with self.arrived:
            assert self.arrived.wait_for(there, seconds), state

    def initialize(self, *folders: Path) -> float:
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": {"workspace": {"workspaceFolders": True}, "experimental": {"magrayStatus": True}},
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
        }
        seconds = self.ask("initialize", params)[1]
        self.send({"method": "initialized", "params": {}})
        return seconds

    def memory_mb(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def spread(seconds: list[float]) -> str:
    """p50, p95 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    p50, p95, p99 = (1000 * cuts[at] for at in (49, 94, 98))
    return f"p50 {p50:.1f}  p95 {p95:.1f}  p99 {p99:.1f} ms (n={len(seconds)})"


def start_up(ours: list[str], home: Path) -> None:
    """Whole process to the answer of initialize, against a server of pygls that does nothing; by turns."""
    taken: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(7):
        for name, command in (("bare", [sys.executable, "-c", BARE]), ("ours", ours)):
            start = time.perf_counter()
            server = Server(command, home)
            server.initialize()
            taken[name].append(time.perf_counter() - start)
            server.process.kill()
            server.process.wait()
    bare, mine = (statistics.median(taken[name]) for name in ("bare", "ours"))
    print(
        f"initialize answered: {mine * 1000:.0f} ms; bare pygls {bare * 1000:.0f} ms; ratio {mine / bare:.2f}"
    )


def under_load(server: Server, seconds: float, home: Path) -> None:
    """Searches and pings beside each other for a while. What a server of pygls that does nothing takes for a
    ping at the same time is what the machine is busy with.
    """
    searches: list[float] = []
    pings: dict[str, list[float]] = {"ping": [], "bare": []}
    bare = Server([sys.executable, "-c", BARE], home)
    bare.initialize()
    end = time.perf_counter() + seconds

    def ping(name: str, whom: Server) -> None:
        while time.perf_counter() < end:
            pings[name].append(whom.ask("magray/ping")[1])
            time.sleep(0.01)

    pinging = [threading.Thread(target=ping, args=pair) for pair in (("ping", server), ("bare", bare))]
    for thread in pinging:
        thread.start()
    while time.perf_counter() < end:
        query = QUERIES[len(searches) % len(QUERIES)]
        searches.append(server.ask("magray/search", {"query": query})[1])
        time.sleep(0.02)
    for thread in pinging:
        thread.join()
    bare.process.kill()
    print(f"  search  {spread(searches)}")
    print(f"  ping    {spread(pings['ping'])}; bare pygls meanwhile {spread(pings['bare'])}")


def edits(server: Server, root: Path) -> None:
    """From a change in an open buffer to its hits, and from a file that another program wrote."""
    words: list[float] = []
    meanings: list[float] = []
    files = sorted(root.glob("**/*.py"), key=lambda path: path.stat().st_size)
    file = files[len(files) * 3 // 4]
    document = {"uri": file.as_uri(), "version": 1}
    text = file.read_text(encoding="utf-8")
    server.send(
        {
            "method": "textDocument/didOpen",
            "params": {"textDocument": {**document, "languageId": "python", "text": text}},
        }
    )
    time.sleep(0.5)
    for number in range(15):
        name = "zq" + "bcdfghjklmnpqrstvwxyz"[number] * 3 + "ux"  # one word that nothing else begins with
        change = {
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
            "text": f"# {name}\n",
        }
        start = time.perf_counter()
        server.send(
            {
                "method": "textDocument/didChange",
                "params": {"textDocument": {**document, "version": number + 2}, "contentChanges": [change]},
            }
        )
        words.append(found(server, name, start, "pending", "fresh"))
        meanings.append(found(server, name, start, "fresh"))
        time.sleep(0.3)
    server.send({"method": "textDocument/didClose", "params": {"textDocument": document}})
    print(
        f"edit to found, {file.stat().st_size // 1000} kB buffer:\n"
        f"  words   {spread(words)}\n  meaning {spread(meanings)}"
    )
    other = root / "magray_bench_file.py"
    try:
        start = time.perf_counter()
        other.write_text("def zqsaved(): ...\n")
        change = {"uri": other.as_uri(), "type": 1}
        server.send({"method": "workspace/didChangeWatchedFiles", "params": {"changes": [change]}})
        print(
            "saved by another program to found: "
            f"{found(server, 'zqsaved', start, 'pending', 'fresh') * 1000:.0f} ms"
        )
    finally:
        other.unlink()


def found(server: Server, word: str, start: float, *freshness: str) -> float:
    while True:
        answer, _ = server.ask("magray/search", {"query": word, "k": 1, "mode": "lexical"})
        hit = answer["hits"][0] if answer["hits"] else None
        if hit is not None and word in hit["snippet"] and hit["freshness"] in freshness:
            return time.perf_counter() - start
        assert time.perf_counter() - start < 30, word
        time.sleep(0.005)


def family(pid: int) -> list[int]:
    """The living processes below one."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            below.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, rest = [], [pid]
    while rest:
        rest += (more := below.get(rest.pop(), []))
        found += more
    return found


def kills(ours: list[str], workspace: Path, runs: int) -> None:
    """Ends servers that index, in three ways, and counts who outlives them by more than a second."""
    orphans, slowest = 0, 0.0
    for number in range(runs):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            server = Server(ours, Path(folder))
            server.initialize(workspace)
            server.wait_for("indexing")
            time.sleep(0.1 + 0.05 * (number % 20))
            below = family(server.process.pid)
            start = time.perf_counter()
            if number % 3 == 0:
                server.process.kill()
            elif number % 3 == 1:
                server.send({"method": "exit"})
            else:
                assert server.process.stdin is not None
                server.process.stdin.close()
            server.process.wait(10)
            slowest = max(slowest, time.perf_counter() - start)
            time.sleep(max(0.0, 1.0 - (time.perf_counter() - start)))
            orphans += sum(1 for pid in below if Path(f"/proc/{pid}").exists() and not _zombie(pid))
    print(f"{runs} ends under load: slowest exit {slowest * 1000:.0f} ms, orphans after 1 s: {orphans}")


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--kills", type=int, default=15)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed magray is compiled, so these have to be
    workspace = options.workspace.resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = options.home or Path(folder)
        ours = [sys.executable, "-m", "magray_server.lsp.main", "--stdio"]
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        start_up(ours, home)
        server = Server(ours, home)
        server.initialize(workspace)
        server.wait_for("ready")
        server.process.kill()
        server = Server(ours, home)
        start = time.perf_counter()
        server.initialize(workspace)
        first = time.perf_counter()
        while server.ask("magray/search", {"query": QUERIES[0]})[0]["mode"] != "hybrid":
            time.sleep(0.02)
        print(
            f"ready to search by meaning: {(time.perf_counter() - first) * 1000:.0f} ms after initialized",
            end="",
        )
        print(f", {(time.perf_counter() - start) * 1000:.0f} ms after the process began")
        server.wait_for("ready")
        print("idle")
        under_load(server, 6, home)
        edits(server, workspace)
        health = server.ask("magray/health")[0]
        passages = sum(vault["passages"] for vault in health["vaults"])
        print(f"memory of the server: {server.memory_mb():.0f} MB at {passages:,} passages")
        server.process.kill()
        print("while everything is indexed and embedded for the first time, beside it")
        server = Server(ours, Path(folder) / "fresh")
        server.initialize(workspace)
        server.wait_for("indexing")
        time.sleep(2)
        under_load(server, 10, home)
        start = time.perf_counter()
        server.send({"method": "exit"})
        server.process.wait()
        print(f"exit under load: {(time.perf_counter() - start) * 1000:.0f} ms")
        kills(ours, workspace, options.kills)


if __name__ == "__main__":
    main()
    os._exit(0)
