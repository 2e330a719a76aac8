"""Fetches files of a model from a hub like Hugging Face: what is here is kept, what it states is checked.

The client library comes with `tokenizers`. It is imported by a pull and by nothing else, with its telemetry,
its progress bars and its remembered tokens off. A file that was fetched by half is gone on with, and no file
is under its name before its checksum was right.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import re
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
"""How long the hub may keep silent; a file that stalls is asked for again five times."""
CHUNK_BYTES = 1 << 20
"""What is on its way when a connection breaks is lost: the client's own pieces are ten times as large."""
RECORD = "hub.json"
"""What the hub stated at the first pull, beside the files: path → checksum, size, commit."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_READ = 1 << 20
_NETWORK = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "socket", "ssl", "anyio"}
"""Libraries that the client talks through, by its version: their errors mean that the network failed."""
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
            url = client.hub.hf_hub_url(
                self.name, path, revision=self.revision, endpoint=self.access.endpoint
            )
            found = client.files.get_hf_file_metadata(
                url, token=self.access.token or False, timeout=TIMEOUT_SECONDS
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

        `on_bytes` hears how many bytes of it are here, as they come. Raises ModelError, and Interrupted once
        `should_stop` is true; what was fetched by then is kept.
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
        with self._asking(path) as client, part.open("ab") as file:
            here = file.tell()
            if here > stated.bytes:
                file.truncate(0)
                here = 0
            on_bytes(here)
            url = client.hub.hf_hub_url(
                self.name, path, revision=self.revision, endpoint=self.access.endpoint
            )
            headers = client.utils.build_hf_headers(token=self.access.token or False)
            # What is counted and written is the file itself, so that a part can be gone on with.
            headers["Accept-Encoding"] = "identity"
            client.files.http_get(
                url,
                cast(BinaryIO, _Counted(file, on_bytes, should_stop)),
                resume_size=here,
                headers=headers,
                expected_size=stated.bytes,
            )

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
                told = self._explained(client, what, error)
                if told is None:
                    raise
                raise told from error

    def _explained(self, client: _Client, what: str, error: Exception) -> ModelError | None:
        endpoint, kept = self.access.endpoint, "what was fetched is kept"
        if isinstance(error, client.errors.OfflineModeIsEnabled):
            return ModelError(what, "HF_HUB_OFFLINE forbids the network", "unset HF_HUB_OFFLINE")
        response = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        if isinstance(error, client.errors.GatedRepoError) or status == 403:
            return ModelError(
                what, "the hub gives it to known people only", "set HF_TOKEN to a token of yours"
            )
        if isinstance(error, client.errors.RepositoryNotFoundError) or status == 401:
            return ModelError(what, f"{endpoint} has no such repository, or wants a token", "HF_TOKEN=…")
        if status == 404:
            return ModelError(what, f"{endpoint} has no such file at revision {self.revision[:12]} (404)")
        if status == 429:
            seconds = str(response.headers.get("Retry-After", "")) if response is not None else ""
            when = f"in {seconds} s" if seconds.isdecimal() else "later"
            return ModelError(what, f"the hub wants fewer requests (429); {kept}", f"the same again {when}")
        if status is not None:
            return ModelError(what, f"the hub has a fault ({status}); {kept}", "the same again later")
        if isinstance(error, OSError) and error.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EACCES,
            errno.EROFS,
        ):
            return ModelError(what, f"it cannot be written: {error.strerror}")
        if isinstance(error, OSError) and "Consistency check" in str(error):
            return ModelError(
                what, f"the hub sent another number of bytes than it stated; {kept}", "the same again"
            )
        module = type(error).__module__.partition(".")[0]
        if module in _NETWORK or isinstance(error, OSError):
            first = str(error).strip().partition("\n")[0] or type(error).__name__
            return ModelError(
                what,
                f"{endpoint} cannot be reached: {first}; {kept}",
                "the same again when online, or magray config set hub.endpoint MIRROR",
            )
        return None


@dataclass(frozen=True, slots=True)
class _Client:
    hub: Any
    files: Any
    utils: Any
    errors: Any


def _client() -> _Client:
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when the library is imported
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        hub = importlib.import_module("huggingface_hub")
        names = ("file_download", "utils", "errors", "constants", "utils.logging")
        files, utils, errors, constants, logging = (
            importlib.import_module(f"huggingface_hub.{name}") for name in names
        )
    except ImportError as error:
        raise ModelError(
            "nothing was pulled", f"huggingface_hub cannot be loaded ({error})", "pip install huggingface_hub"
        ) from error
    vars(constants)["HF_HUB_DISABLE_TELEMETRY"] = True  # a program that uses us may have imported it before
    vars(constants)["DOWNLOAD_CHUNK_SIZE"] = CHUNK_BYTES
    logging.set_verbosity_error()
    return _Client(hub, files, utils, errors)


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
    _forget_connections()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        _forget_connections()


def _forget_connections() -> None:
    # The client reads the proxies when it makes its session.
    utils = importlib.import_module("huggingface_hub.utils")
    close = getattr(utils, "close_session", None) or getattr(utils, "reset_sessions", None)
    if close is not None:
        close()


class _Counted:
    """A file that tells how much of it is there, and stops the download when it is told to."""

    def __init__(
        self, file: BinaryIO, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._should_stop = should_stop

    def write(self, data: bytes) -> int:
        if self._should_stop():
            raise Interrupted("the pull was stopped", "what was fetched is kept", "the same command again")
        written = self._file.write(data)
        self._on_bytes(self._file.tell())
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


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
            "what came is not what the hub states (checksum); it was thrown away",
            "the same again; should it stay so, do not trust this mirror or proxy",
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
