"""`magray/search` and `magray/related`: the shell's queries and answers, for editors."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.errors import invalid
from magray_server.lsp.locations import answer_as_json
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from magray_server.lsp.folders import Folder
    from magray_server.lsp.server import MagrayServer
    from magray_server.lsp.workers import Stop

Json = dict[str, Any]


class Searching:
    """Each request is one piece of work in a thread; cancelling it ends the work at its next step."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server

    async def search(self, given: Any) -> Json:
        """Ranked hits. With a `partialResultToken` the hits by words are sent ahead of the whole answer."""
        from magray_server.lsp.params import Partial, read, read_options
        from magray_server.operations.search import Search

        wanted, token = read_options(Search, given), read(Partial, given).token
        loop = asyncio.get_running_loop()

        def work(stop: Stop) -> Json:
            session = self._server.engine.session()
            query = wanted.as_query(session.settings.search.k)
            if token is not None and query.mode == "hybrid":
                by_words = session.search.query(
                    wanted.as_query(session.settings.search.k, mode="lexical"), stop
                )
                early = answer_as_json(self._server, by_words)
                stop.check()
                loop.call_soon_threadsafe(self._send_partial, token, early)
            answer = session.search.query(query, stop)
            stop.check()
            return answer_as_json(self._server, answer)

        return await self._server.workers.run(work)

    async def related(self, given: Any) -> Json:
        """Passages like the place that is named."""
        from magray_server.lsp.params import Target, read, read_options
        from magray_server.operations.related import Related

        target = read(Target, given)
        path = self.file(target.uri, target.path, target.workspace)
        wanted = read_options(Related, given, path=str(path))

        def work(stop: Stop) -> Json:
            session = self._server.engine.session()
            k = session.settings.search.k if wanted.k is None else wanted.k
            answer = session.search.related(path, wanted.line, k, stop)
            stop.check()
            return answer_as_json(self._server, answer)

        return await self._server.workers.run(work)

    def file(self, uri: str | None, path: str | None, workspace: str | None) -> Path:
        """The file that a request names. Raises InvalidParams."""
        if uri is not None:
            found = to_path(uri)
            if found is None:
                raise invalid("The document is not a file.")
            return found
        if not path or "\0" in path:
            raise invalid("The request must name a uri or a path.")
        if Path(path).is_absolute():
            return Path(path)
        return self.folder(workspace).path / path

    def folder(self, workspace: str | None) -> Folder:
        """The open folder that a request names, by URI or path; the first without a name. Raises
        InvalidParams.
        """
        folders = self._server.folders
        if workspace is None:
            if not folders.all:
                raise invalid("No folder is open.")
            return folders.all[0]
        path = to_path(workspace) if "://" in workspace else Path(workspace)
        for folder in folders.all:
            if path in (folder.path, folder.root):
                return folder
        raise invalid("The workspace is none of the open folders.")

    def _send_partial(self, token: int | str, value: Json) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))
