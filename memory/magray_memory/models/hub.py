"""Model hub: downloads of a model's files from Hugging Face or a mirror, resumed and verified.

huggingface_hub is imported by a pull and by nothing else, with its telemetry and its stored tokens off, and
used by its public names alone. A broken download is resumed, and no file is under its name before its
checksum was right.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import re
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from magray_memory import atomic_file
from magray_memory.errors import Interrupted, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

DEFAULT_ENDPOINT = "https://huggingface.co"
TIMEOUT_SECONDS = 10.0
"""How long the hub may be silent before a request counts as failed."""
CHUNK_BYTES = 1 << 20
"""Bytes written at once; what is on its way when a connection breaks is lost."""
RETRIES = 5
"""How often a download that breaks off is resumed without a new byte, `RETRY_PAUSE` seconds apart."""
RETRY_PAUSE = 1.0
RECORD = "hub.json"
"""What the hub stated at the first pull, beside the files: path → checksum, size, commit."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_READ = 1 << 20
_NETWORK = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "socket", "ssl", "anyio"}
"""Libraries that the client talks through, by its version: their errors mean that the network failed."""
_USER_AGENT = "magray"
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a hub. Comes from the person's settings and environment, never from a workspace.

    `proxy` empty: what the environment says. `token` empty: none is sent.
    """

    endpoint: str = DEFAULT_ENDPOINT
    proxy: str = ""
    token: str = ""

    @classmethod
    def of(cls, endpoint: str, proxy: str, environ: Mapping[str, str]) -> Access:
        """The settings first, then HF_ENDPOINT; HF_TOKEN goes to nobody but the hub it is for."""
        chosen = (endpoint or environ.get("HF_ENDPOINT", "") or DEFAULT_ENDPOINT).rstrip("/")
        named = environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT
        return cls(chosen, proxy, environ.get("HF_TOKEN", "") if chosen == named else "")


@dataclass(frozen=True, slots=True)
class Stated:
    """What the hub says of a file: `etag` is its sha256, its git hash, or a word without meaning to us."""

    etag: str
    bytes: int
    commit: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here and is what the hub stated."""

    path: Path
    sha256: str
    bytes: int


class Repository:
    """One repository at one revision. `folder` takes the files, under the last part of their path."""

    def __init__(self, access: Access, name: str, revision: str, folder: Path) -> None:
        self.access = access
        self.name = name
        self.revision = revision
        self.folder = folder
        self._record = _read_record(folder, name, revision)

    def state(self, path: str) -> Stated:
        """What the hub says of a file now. Raises ModelError, also when it said something else before."""
        with self._asking(path) as client:
            found = client.hub.get_hf_file_metadata(
                self._url(client, path),
                token=self.access.token or False,
                timeout=TIMEOUT_SECONDS,
                headers={"user-agent": _USER_AGENT},
            )
        if not found.etag or not found.size or not found.commit_hash:
            raise ModelError(
                f"{self.name}/{path}",
                f"{self.access.endpoint} answers, but not as a hub does",
                "magray config get hub.endpoint",
            )
        stated = Stated(str(found.etag), int(found.size), str(found.commit_hash))
        before = self._record.get(path)
        if before is not None and before.etag != stated.etag:
            raise ModelError(
                f"{self.name}/{path}",
                "the hub states another checksum than at the first pull"
                f" ({stated.etag[:12]}, was {before.etag[:12]})",
                f"remove {self.folder / RECORD} if the change is meant",
            )
        return stated

    def fetch(
        self,
        path: str,
        stated: Stated,
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> Fetched:
        """The file, from what is here of it and the rest from the hub.

        `on_bytes` is called with the number of bytes that are here, as they come. Raises ModelError, and
        Interrupted once `should_stop` is true; what was fetched by then stays.
        """
        target = self.folder / path.rpartition("/")[2]
        if target.is_file() and target.stat().st_size == stated.bytes:
            try:
                done = _checked(target, stated, target.name)
            except ModelError:
                target.unlink()
            else:
                on_bytes(stated.bytes)
                return self._remember(path, stated, done)
        part = target.with_name(f"{target.name}.{hashlib.sha256(stated.etag.encode()).hexdigest()[:8]}.part")
        self._download(path, stated, part, on_bytes, should_stop)
        try:
            done = _checked(part, stated, target.name)
        except ModelError:
            part.unlink(missing_ok=True)
            raise
        part.replace(target)
        return self._remember(path, stated, Fetched(target, done.sha256, done.bytes))

    def _download(
        self,
        path: str,
        stated: Stated,
        part: Path,
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        atomic_file.make_file(part)
        with self._asking(path) as client, part.open("ab") as file:
            if file.tell() > stated.bytes:
                file.truncate(0)
            on_bytes(file.tell())
            retries = RETRIES
            while file.tell() != stated.bytes:
                before = file.tell()
                try:
                    self._stream(client, path, stated, file, on_bytes, should_stop)
                except Exception as error:
                    retries = RETRIES if file.tell() > before else retries - 1
                    if not _is_network_failure(error) or retries < 0:
                        raise
                    time.sleep(RETRY_PAUSE)

    def _stream(
        self,
        client: _Client,
        path: str,
        stated: Stated,
        file: BinaryIO,
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Append the rest of a file to what is here of it, in one request."""
        # What is counted and written is the file itself, so that a part can be resumed.
        wanted = {"user-agent": _USER_AGENT, "Accept-Encoding": "identity"}
        if file.tell():
            wanted["Range"] = f"bytes={file.tell()}-"
        headers = client.utils.build_hf_headers(token=self.access.token or False, headers=wanted)
        with client.utils.http_stream_backoff(
            "GET",
            self._url(client, path),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            retry_on_exceptions=(),
            retry_on_status_codes=(408, 429),
        ) as response:
            client.utils.hf_raise_for_status(response)
            if response.status_code != 206:  # the whole file, whatever was asked for
                file.truncate(0)
            for block in response.iter_bytes(chunk_size=CHUNK_BYTES):
                if should_stop():
                    raise Interrupted(
                        "the pull was stopped", "the partial download is saved", "run the same command again"
                    )
                file.write(block)
                on_bytes(file.tell())
                if file.tell() > stated.bytes:
                    break
        if file.tell() != stated.bytes:
            raise ModelError(
                f"{self.name}/{path}",
                "the hub sent another number of bytes than it stated; the partial download is saved",
                "run it again",
            )

    def _url(self, client: _Client, path: str) -> str:
        endpoint = self.access.endpoint
        return str(client.hub.hf_hub_url(self.name, path, revision=self.revision, endpoint=endpoint))

    def _remember(self, path: str, stated: Stated, done: Fetched) -> Fetched:
        self._record[path] = stated
        entries = {name: asdict(entry) for name, entry in sorted(self._record.items())}
        facts = {"repository": self.name, "revision": self.revision, "files": entries}
        atomic_file.write_text(self.folder / RECORD, json.dumps(facts, indent=1) + "\n")
        return done

    @contextmanager
    def _asking(self, path: str) -> Generator[_Client]:
        """The client library, with whatever it raises turned into one sentence."""
        what = f"{self.name}/{path}"
        client = _client()
        with _proxy(self.access.proxy):
            try:
                yield client
            except (ModelError, Interrupted):
                raise
            except Exception as error:
                explained = self._explained(client, what, error)
                if explained is None:
                    raise
                raise explained from error

    def _explained(self, client: _Client, what: str, error: Exception) -> ModelError | None:
        endpoint, kept = self.access.endpoint, "the partial download is saved"
        if isinstance(error, client.errors.OfflineModeIsEnabled):
            return ModelError(what, "HF_HUB_OFFLINE forbids the network", "unset HF_HUB_OFFLINE")
        response = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        if isinstance(error, client.errors.GatedRepoError) or status == 403:
            return ModelError(what, "the hub requires a login for it", "set HF_TOKEN to your token")
        if isinstance(error, client.errors.RepositoryNotFoundError) or status == 401:
            return ModelError(what, f"{endpoint} has no such repository, or requires a token", "HF_TOKEN=…")
        if status == 404:
            return ModelError(what, f"{endpoint} has no such file at revision {self.revision[:12]} (404)")
        if status == 429:
            seconds = str(response.headers.get("Retry-After", "")) if response is not None else ""
            when = f"in {seconds} s" if seconds.isdecimal() else "later"
            return ModelError(
                what, f"the hub limits the rate of requests (429); {kept}", f"run it again {when}"
            )
        if status is not None:
            return ModelError(what, f"the hub has a fault ({status}); {kept}", "run it again later")
        if isinstance(error, OSError) and error.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EACCES,
            errno.EROFS,
        ):
            return ModelError(what, f"it cannot be written: {error.strerror}")
        if _is_network_failure(error) or isinstance(error, OSError):
            first = str(error).strip().partition("\n")[0] or type(error).__name__
            return ModelError(
                what,
                f"{endpoint} cannot be reached: {first}; {kept}",
                "run it again when online, or magray config set hub.endpoint MIRROR",
            )
        return None


def _is_network_failure(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in _NETWORK


@dataclass(frozen=True, slots=True)
class _Client:
    hub: Any
    utils: Any
    errors: Any


def _client() -> _Client:
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when the library is imported
    try:
        names = ("huggingface_hub", "huggingface_hub.utils", "huggingface_hub.errors")
        client = _Client(*map(importlib.import_module, names))
        client.hub.logging.set_verbosity_error()
    except ImportError as error:
        raise ModelError(
            "nothing was pulled", f"huggingface_hub cannot be loaded ({error})", "pip install huggingface_hub"
        ) from error
    return client


@contextmanager
def _proxy(address: str) -> Generator[None]:
    """The proxy of the settings in place of the environment's, for as long as a request takes."""
    if not address:
        yield
        return
    before = {name: os.environ.get(name) for name in (*_PROXIES, "NO_PROXY", "no_proxy")}
    for name in before:
        os.environ.pop(name, None)
    os.environ.update(HTTPS_PROXY=address, HTTP_PROXY=address)
    hub = importlib.import_module("huggingface_hub")
    hub.close_session()  # the client reads the proxies when it makes its session
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        hub.close_session()


def _checked(path: Path, stated: Stated, name: str) -> Fetched:
    """The file's own checksum, once it is known to be what the hub stated. Raises ModelError.

    `name`: what the file is called, whatever it is called on its way.
    """
    ours, git = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    size = path.stat().st_size
    git.update(f"blob {size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(_READ):
            ours.update(block)
            git.update(block)
    digest, etag = ours.hexdigest(), stated.etag.lower()
    # Large files are named by their sha256, small ones by their git hash; a mirror may use words of its own.
    wrong = (_SHA256.fullmatch(etag) and digest != etag) or (
        _SHA1.fullmatch(etag) and git.hexdigest() != etag
    )
    if wrong or size != stated.bytes:
        raise ModelError(
            name,
            "the checksum is not the one that the hub states; the download was deleted",
            "run it again; if it fails again, do not trust this mirror or proxy",
        )
    return Fetched(path, digest, size)


def _read_record(folder: Path, name: str, revision: str) -> dict[str, Stated]:
    """What the hub stated before about this revision; nothing where nothing can be read."""
    try:
        facts: Any = json.loads((folder / RECORD).read_text("utf-8"))
        if (facts["repository"], facts["revision"]) != (name, revision):
            return {}
        entries = cast(dict[str, dict[str, Any]], facts["files"])
        return {
            path: Stated(str(entry["etag"]), int(entry["bytes"]), str(entry["commit"]))
            for path, entry in entries.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
