"""Operation requests: those that need nothing of the editor's state run their operation as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from magray_server.lsp import record_uris
from magray_server.lsp.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from magray_memory.progress import Progress
    from magray_memory.values import Home
    from magray_server.lsp.features.long_runs import LongRuns
    from magray_server.lsp.folders import Folder, Folders
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Workers
    from magray_server.operations.operation import Operation


class OperationRequests:
    """Each run opens a memory of its own, on the folder that the request names, else the first one; records
    need none.
    """

    def __init__(
        self,
        home: Home,
        folders: Folders,
        settings: Callable[[], ClientSettings],
        workers: Workers,
        long_runs: LongRuns,
        on_run: Callable[[], None],
    ) -> None:
        """`on_run` is called after each run, in any thread: records may have changed."""
        self._home = home
        self._folders = folders
        self._settings = settings
        self._workers = workers
        self._long_runs = long_runs
        self._on_run = on_run

    def request(self, name: str) -> Callable[[Any], Awaitable[Any]]:
        """What answers the request of an operation, by its name in the registry."""

        async def answer(given: Any) -> Any:
            from magray_memory.progress import Progress
            from magray_server.lsp import params
            from magray_server.operations.registry import load

            operation = _named(load(name), params.read(params.Subcommand, given).command)
            id_ = record_uris.to_id(params.read(params.RecordUri, given).uri or "")
            by_uri = {} if id_ is None else {"id": id_}
            wanted = params.read_options(operation.options, given, **by_uri)
            named = params.read(params.Folder, given).workspace
            folder = None if named is None and not self._folders.all else self._folders.named(named)
            wanted = self._with_paths(wanted, operation.options, folder)
            root = None if folder is None else folder.root
            # Records are embedded by this server, whose model is open.
            settings = {**self._settings().engine, "records.embed_at_once": False}

            def work(progress: Progress) -> Any:
                import msgspec

                from magray_memory.memory import Memory
                from magray_server.operations.operation import Context, as_json

                opened = Memory.open(root, home=self._home.path, overrides=settings, outside=root is None)
                try:
                    with opened as memory:
                        result = operation.run(Context(memory=memory, progress=progress), wanted)
                finally:
                    self._on_run()
                return msgspec.to_builtins(as_json(result))

            if not operation.activity:
                return await self._workers.run(lambda stop: work(Progress(should_stop=stop)))
            token = params.read(params.WorkDone, given).token
            return await self._long_runs.run(f"magray: {operation.activity}", token, work)

        return answer

    def _with_paths(self, wanted: Any, kind: type[Any], folder: Folder | None) -> Any:
        """The options with absolute paths in them, of URIs or of what is relative to the folder."""
        from magray_server.operations.operation import options_of

        changes: dict[str, Any] = {}
        for option in options_of(kind):
            given = getattr(wanted, option.field)
            if option.spelling.path and given:
                paths = [self._path(part, folder) for part in (given if option.several else (given,))]
                changes[option.field] = tuple(paths) if option.several else paths[0]
        return replace(wanted, **changes)

    def _path(self, text: str, folder: Folder | None) -> str:
        if folder is None or "://" in text:
            return str(self._folders.file(None, text, None))
        return str(folder.path / str(self._folders.file(None, text, folder.uri)))


def _named(operations: Sequence[Operation[Any, Any]], command: str | None) -> Operation[Any, Any]:
    """The operation of a group that a request names by the last word of the shell's command; the first one
    without a name.
    """
    names = {operation.name.rpartition(" ")[2]: operation for operation in operations}
    if command is None or len(operations) == 1:
        return operations[0]
    if command not in names:
        raise invalid(f"The command is one of {', '.join(names)}.")
    return names[command]
