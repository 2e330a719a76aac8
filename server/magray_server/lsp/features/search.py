"""`magray/search` and `magray/recall`: the shell's queries and answers, for editors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types

from magray_server.lsp.features.feature import Feature
from magray_server.lsp.locations import Texts, answer_as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.session import Session
    from magray_memory.values import SearchAnswer, SearchQuery
    from magray_server.lsp.workers import Stop
    from magray_server.operations.search import Search

    Ask = Callable[[Session, SearchQuery, Stop], SearchAnswer]

Json = dict[str, Any]


class SearchRequests(Feature):
    """Each request is one piece of work in a thread; cancelling it ends the work at its next step."""

    async def search(self, given: Any) -> Json:
        """Ranked hits. With a `partialResultToken` the hits by words are sent ahead of the whole answer."""
        from magray_server.lsp.params import read_options
        from magray_server.operations.search import Search

        wanted = read_options(Search, given)

        def ask(session: Session, query: SearchQuery, stop: Stop) -> SearchAnswer:
            return session.search.query(query, stop)

        return await self._answer("search", given, wanted, ask)

    async def recall(self, given: Any) -> Json:
        """What was remembered, in the same shape."""
        from magray_server.lsp.params import read_options
        from magray_server.operations.recall import Recall, answer

        wanted = read_options(Recall, given)

        def ask(session: Session, query: SearchQuery, stop: Stop) -> SearchAnswer:
            return answer(session, wanted, query, stop)

        return await self._answer("recall", given, wanted, ask)

    async def _answer(self, what: Literal["search", "recall"], given: Any, wanted: Search, ask: Ask) -> Json:
        from magray_server.lsp.params import Partial, read

        token = read(Partial, given).token
        loop = asyncio.get_running_loop()

        def work(stop: Stop) -> Json:
            session = self._session.get()
            query = wanted.as_query(session.settings.search.k)
            if token is not None and query.mode == "hybrid":
                by_words = ask(session, wanted.as_query(session.settings.search.k, mode="lexical"), stop)
                early = answer_as_json(by_words, self._texts())
                stop.check()
                loop.call_soon_threadsafe(self._send_partial, token, early)
            answer = ask(session, query, stop)
            stop.check()
            session.usage.note(what, answer)
            return answer_as_json(answer, self._texts())

        return await self._workers.run(work)

    def _texts(self) -> Texts:
        return Texts(self._client, self._folders, self._buffers)

    def _send_partial(self, token: int | str, value: Json) -> None:
        self._client.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))
