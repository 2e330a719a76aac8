"""Pulling models from a hub on loopback, well-behaved and not."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import huggingface_hub
import pytest
from hub_server import COMMIT, Hub
from tiny_model import make_model

from magray_memory.errors import Interrupted, ModelError
from magray_memory.models import hub as client
from magray_memory.models import store
from magray_memory.models.catalog import Artifact, Entry
from magray_memory.models.hub import RECORD, Access
from magray_memory.models.model import load_model, resolve_model
from magray_memory.progress import Progress, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = Entry(
    "tiny",
    "random weights",
    dim=32,
    window=128,
    pooling="mean",
    languages=("en",),
    licence="MIT",
    speed="fast",
    megabytes={"cpu": 1},
    repository="somebody/tiny",
    revision=COMMIT,
    artifacts={"cpu": Artifact("onnx/model.onnx"), "cuda": Artifact("onnx/model_fp16.onnx")},
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    folder = make_model(tmp_path / "published")
    graph = (folder / "model.onnx").read_bytes()
    return {
        "tokenizer.json": (folder / "tokenizer.json").read_bytes(),
        "onnx/model.onnx": graph,
        "onnx/model_fp16.onnx": graph + b"\0" * 8,
    }


@pytest.fixture
def hub(files: dict[str, bytes]) -> Iterator[Hub]:
    server = Hub(files)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CHUNK_BYTES", 1 << 14)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


def test_a_model_is_pulled_verified_and_used(hub: Hub, home: Path, files: dict[str, bytes]) -> None:
    told: list[tuple[int, int]] = []
    store.pull(
        ENTRY, home, Access(hub.endpoint), progress=Progress(lambda at: told.append((at.done, at.total or 0)))
    )
    model = resolve_model("tiny", home)
    assert model.files["cpu"].sha256 == hashlib.sha256(files["onnx/model.onnx"]).hexdigest()
    assert told[-1][0] == told[-1][1] == len(files["onnx/model.onnx"]) + len(files["tokenizer.json"])
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert store.verify(model) is None
    store.smoke_test_and_record(model, home)
    assert store.verify(resolve_model("tiny", home)) == pytest.approx(1, abs=1e-3)


def test_nobody_is_told_more_than_which_file_is_wanted(hub: Hub, home: Path) -> None:
    store.pull(ENTRY, home, Access(hub.endpoint))
    for _, path, headers in hub.requests:
        assert re.match(r"/somebody/tiny/resolve/", path)
        agent = headers.get("user-agent", headers.get("User-Agent", ""))
        assert "agent/" not in agent
        assert not {"authorization", "Authorization"} & headers.keys()


def test_a_token_is_sent_only_when_it_is_set(hub: Hub, home: Path) -> None:
    store.pull(ENTRY, home, Access(hub.endpoint, token="hf_secret"))
    heads = [h for method, _, h in hub.requests if method == "HEAD"]
    assert all("Bearer hf_secret" in h.values() for h in heads)
    environ = {"HF_TOKEN": "hf_secret"}
    assert Access.of("https://mirror.example", "", environ).token == ""
    assert Access.of("", "", environ).token == "hf_secret"
    assert Access.of("", "", {**environ, "HF_ENDPOINT": "https://mine/"}) == Access(
        "https://mine", "", "hf_secret"
    )


def test_a_pull_that_was_stopped_half_way_goes_on_from_there(
    hub: Hub, home: Path, files: dict[str, bytes]
) -> None:
    size = len(files["onnx/model.onnx"])
    stopped: list[bool] = []

    def on_report(report: Report) -> None:
        stopped[:] = [True] if report.done >= (report.total or 0) - size // 2 else []

    with pytest.raises(Interrupted, match="saved"):
        store.pull(ENTRY, home, Access(hub.endpoint), progress=Progress(on_report, lambda: bool(stopped)))
    assert not (home / "tiny" / "model.toml").exists()
    (part,) = (home / "tiny").glob("*.part")
    here = part.stat().st_size
    assert size // 2 <= here < size
    model = store.pull(ENTRY, home, Access(hub.endpoint))
    assert hub.ranges == [f"bytes={here}-"]
    assert not list((home / "tiny").glob("*.part"))
    model.verify()


def test_half_a_file_is_asked_for_the_other_half(hub: Hub, home: Path, files: dict[str, bytes]) -> None:
    half = len(files["onnx/model.onnx"]) // 2
    hub.cut = half
    store.pull(ENTRY, home, Access(hub.endpoint)).verify()
    assert len(hub.ranges) == 1
    assert 0 < int(hub.ranges[0].removeprefix("bytes=").removesuffix("-")) <= half


def test_another_file_than_the_hub_states_is_thrown_away(
    hub: Hub, home: Path, files: dict[str, bytes]
) -> None:
    hub.files = {**files}
    hub.lie = files["onnx/model.onnx"][:-1] + b"!"
    hub.files["tokenizer.json"] = hub.lie
    with pytest.raises(ModelError, match=r"model\.onnx.*checksum"):
        store.pull(ENTRY, home, Access(hub.endpoint))
    assert not list((home / "tiny").glob("model.onnx*"))
    assert not (home / "tiny" / "model.toml").exists()


def test_a_checksum_that_changed_since_the_first_pull_is_refused(hub: Hub, home: Path) -> None:
    store.pull(ENTRY, home, Access(hub.endpoint))
    hub.files = {**hub.files, "onnx/model.onnx": hub.files["onnx/model.onnx"] + b"\0"}
    with pytest.raises(ModelError, match="another checksum than at the first pull"):
        store.pull(ENTRY, home, Access(hub.endpoint))
    load_model(home / "tiny").verify()


def test_a_hub_that_states_no_checksum_is_believed_once(hub: Hub, home: Path, tmp_path: Path) -> None:
    hub.etag = "W-whatever"
    store.pull(ENTRY, home, Access(hub.endpoint)).verify()
    facts = json.loads((home / "tiny" / RECORD).read_text("utf-8"))
    assert facts["files"]["onnx/model.onnx"]["etag"] == "W-whatever"


def test_pulling_again_fetches_nothing_and_a_gpu_only_its_file(hub: Hub, home: Path) -> None:
    store.pull(ENTRY, home, Access(hub.endpoint))
    hub.requests.clear()
    store.pull(ENTRY, home, Access(hub.endpoint))
    assert {method for method, *_ in hub.requests} == {"HEAD"}
    model = store.pull(ENTRY, home, Access(hub.endpoint), devices=("cuda",))
    assert [path for method, path, _ in hub.requests if method == "GET"] == [
        f"/somebody/tiny/resolve/{COMMIT}/onnx/model_fp16.onnx"
    ]
    assert {"cpu", "cuda", "tokenizer"} == model.files.keys()
    assert {"cpu", "cuda", "tokenizer"} == store.pull(ENTRY, home, Access(hub.endpoint)).files.keys()


def test_a_damaged_file_is_fetched_again(hub: Hub, home: Path, files: dict[str, bytes]) -> None:
    model = store.pull(ENTRY, home, Access(hub.endpoint))
    path = model.path("cpu")
    path.write_bytes(b"\0" * len(files["onnx/model.onnx"]))
    with pytest.raises(ModelError, match="checksum"):
        model.verify()
    store.pull(ENTRY, home, Access(hub.endpoint)).verify()


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (404, {}, "no such file"),
        (401, {}, "no such repository, or requires a token"),
        (403, {}, "requires a login"),
        (429, {"Retry-After": "7"}, r"rate of requests.*in 7 s"),
        (503, {}, r"fault \(503\)"),
    ],
)
def test_a_refusal_is_one_plain_sentence(
    hub: Hub, home: Path, status: int, headers: dict[str, str], told: str
) -> None:
    hub.status, hub.headers = status, headers
    with pytest.raises(ModelError, match=told) as error:
        store.pull(ENTRY, home, Access(hub.endpoint))
    assert "\n" not in str(error.value)
    assert not (home / "tiny").exists()


def test_no_network_is_told_with_the_address(home: Path) -> None:
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        store.pull(ENTRY, home, Access("http://127.0.0.1:9"))


def test_a_hub_that_never_answers_is_given_up(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.3)
    hub.silent = True
    with pytest.raises(ModelError, match="cannot be reached"):
        store.pull(ENTRY, home, Access(hub.endpoint))


def test_a_proxy_of_the_settings_is_used_and_forgotten(hub: Hub, home: Path) -> None:
    with pytest.raises(ModelError, match="cannot be reached"):
        store.pull(ENTRY, home, Access("http://hub.invalid", proxy="http://127.0.0.1:9"))
    proxied = Hub({})
    try:
        with pytest.raises(ModelError, match="no such file"):
            store.pull(ENTRY, home, Access("http://hub.invalid", proxy=proxied.endpoint))
        assert proxied.requests[0][1].startswith("http://hub.invalid/")
    finally:
        proxied.stop()
    assert "HTTP_PROXY" not in os.environ
    store.pull(ENTRY, home, Access(hub.endpoint))


def test_a_hub_that_sends_more_than_it_stated_is_told(hub: Hub, home: Path, files: dict[str, bytes]) -> None:
    hub.lie = files["onnx/model.onnx"] + b"more"
    hub.files = {**files, "tokenizer.json": hub.lie}
    with pytest.raises(ModelError, match="another number of bytes"):
        store.pull(ENTRY, home, Access(hub.endpoint))
    assert not (home / "tiny" / "model.onnx").exists()


def test_a_hub_that_knows_no_ranges_sends_the_whole_file_again(
    hub: Hub, home: Path, files: dict[str, bytes]
) -> None:
    hub.cut = len(files["onnx/model.onnx"]) // 2
    hub.ignores_ranges = True
    store.pull(ENTRY, home, Access(hub.endpoint)).verify()
    assert len(hub.ranges) == 1


def test_a_download_that_never_gets_on_is_given_up(
    hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_PAUSE", 0)
    hub.drop = True
    with pytest.raises(ModelError, match="cannot be reached"):
        store.pull(ENTRY, home, Access(hub.endpoint))
    assert len([path for method, path, _ in hub.requests if method == "GET"]) == client.RETRIES + 1


def test_the_client_library_is_used_by_its_public_names_alone() -> None:
    source = ast.parse(Path(client.__file__).read_text("utf-8"))
    modules = {"hub": huggingface_hub, "utils": huggingface_hub.utils, "errors": huggingface_hub.errors}
    used = {
        (node.value.attr if isinstance(node.value, ast.Attribute) else ast.unparse(node.value), node.attr)
        for node in ast.walk(source)
        if isinstance(node, ast.Attribute)
    }
    names = {(module, name) for module, name in used if module in modules}
    assert len(names) > 8
    for module, name in names:
        assert not name.startswith("_")
        assert hasattr(modules[module], name), f"huggingface_hub has no {module}.{name} any more"
    assert not [name for name in re.findall(r"huggingface_hub[.\w]*", ast.unparse(source)) if "._" in name]


def test_a_page_that_is_no_hub_is_told(hub: Hub, home: Path) -> None:
    hub.headers = {}
    hub.etag = '"'
    with pytest.raises(ModelError):
        store.pull(ENTRY, home, Access(hub.endpoint))
