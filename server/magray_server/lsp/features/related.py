"""`magray/related`: passages like the one at a line of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_server.lsp.features.feature import Feature
from magray_server.lsp.locations import Texts, answer_as_json

if TYPE_CHECKING:
    from magray_server.lsp.workers import Stop

Json = dict[str, Any]


class RelatedRequests(Feature):
    """Each request is one piece of work in a thread; cancelling it ends the work at its next step."""

    async def related(self, given: Any) -> Json:
        """Passages like the one that is named."""
        from magray_server.lsp.params import Target, read, read_options
        from magray_server.operations.related import Related

        target = read(Target, given)
        path = self._folders.file(target.uri, target.path, target.workspace)
        wanted = read_options(Related, given, path=str(path))

        def work(stop: Stop) -> Json:
            session = self._session.get()
            k = session.settings.search.k if wanted.k is None else wanted.k
            answer = session.search.related(path, wanted.line, k, stop)
            stop.check()
            return answer_as_json(answer, Texts(self._client, self._folders, self._buffers))

        return await self._workers.run(work)
