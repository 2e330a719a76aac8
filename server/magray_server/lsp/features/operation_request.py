"""Operation requests: those that need nothing of the editor's state run their operation as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from magray_memory.values import Home
    from magray_server.lsp.folders import Folder, Folders
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Stop, Workers


class OperationRequests:
    """Each run opens a memory of its own, on the folder that the request names, else the first one."""

    def __init__(
        self, home: Home, folders: Folders, settings: Callable[[], ClientSettings], workers: Workers
    ) -> None:
        self._home = home
        self._folders = folders
        self._settings = settings
        self._workers = workers

    def request(self, name: str) -> Callable[[Any], Awaitable[Any]]:
        """What answers the request of an operation, by its name in the registry."""

        async def answer(given: Any) -> Any:
            from magray_server.lsp import params
            from magray_server.operations.registry import load

            (operation,) = load(name)
            wanted = params.read_options(operation.options, given)
            folder = self._folders.named(params.read(params.Folder, given).workspace)
            wanted, root = self._with_paths(wanted, operation.options, folder), folder.root
            settings = self._settings().engine

            def work(stop: Stop) -> Any:
                import msgspec

                from magray_memory.memory import Memory
                from magray_server.operations.operation import Context, as_json

                with Memory.open(root, home=self._home.path, overrides=settings) as memory:
                    result = operation.run(Context(memory=memory, should_stop=stop), wanted)
                return msgspec.to_builtins(as_json(result))

            return await self._workers.run(work)

        return answer

    def _with_paths(self, wanted: Any, kind: type[Any], folder: Folder) -> Any:
        """The options with absolute paths in them, of URIs or of what is relative to the folder."""
        from magray_server.operations.operation import options_of

        changes: dict[str, Any] = {}
        for option in options_of(kind):
            given = getattr(wanted, option.field)
            if option.spelling.path and given:
                paths = [self._path(part, folder) for part in (given if option.several else (given,))]
                changes[option.field] = tuple(paths) if option.several else paths[0]
        return replace(wanted, **changes)

    def _path(self, text: str, folder: Folder) -> str:
        if "://" in text:
            return str(self._folders.file(text, None, None))
        return str(folder.path / str(self._folders.file(None, text, folder.uri)))
