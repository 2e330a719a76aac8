"""A hub on loopback that speaks what the client library needs, and can be told to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Files by path. `status` answers every request with a code; `cut` ends the first download after so much.

    `silent`: connections are taken and never answered. `lie`: bytes that come in the place of the file's.
    `ignores_ranges`: every download begins at the first byte. `drop`: downloads end before their first byte.
    """

    files: dict[str, bytes]
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    silent: bool = False
    ignores_ranges: bool = False
    drop: bool = False
    lie: bytes | None = None
    etag: str | None = None
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        hub = self
        self.stopping = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        self.requests.append((request.command, request.path, dict(request.headers)))
        if self.silent:
            self.stopping.wait(30)
            request.close_connection = True
            return
        path = request.path.partition("?")[0].partition("/resolve/")[2].partition("/")[2]
        data = self.files.get(path)
        if self.status or data is None:
            self._refuse(request, self.status or 404, body)
            return
        large = path.endswith(".onnx")
        etag = self.etag or (hashlib.sha256(data).hexdigest() if large else git_hash(data))
        start = 0
        asked = request.headers.get("Range")
        if asked and body:
            self.ranges.append(asked)
            start = 0 if self.ignores_ranges else int(asked.removeprefix("bytes=").partition("-")[0])
        sent = data if self.lie is None else self.lie
        request.send_response(206 if start else 200)
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("ETag", f'"{etag}"')
        if large:
            request.send_header("X-Linked-Etag", f'"{etag}"')
            request.send_header("X-Linked-Size", str(len(data)))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(sent) - start))
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        if not body:
            return
        rest = sent[start:]
        if self.drop:
            request.close_connection = True
            return
        if self.cut and large:
            rest, self.cut = rest[: self.cut], 0
            request.close_connection = True
        with contextlib.suppress(ConnectionError):  # whoever asked has gone
            request.wfile.write(rest)

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, body: bool) -> None:
        text = json.dumps({"error": "no"}).encode()
        request.send_response(status)
        if status == 404:
            request.send_header("X-Error-Code", "EntryNotFound")
            request.send_header("X-Repo-Commit", COMMIT)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        if body:
            request.wfile.write(text)


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
