"""The JSON-RPC side of the server: which message goes where, and that every request gets exactly one answer.

pygls' own reading of messages leaves a request whose params do not fit without an answer, is silent after
shutdown, sends tracebacks, and lets an executeCommand run on when it is cancelled; so messages come in here.
"""

# pygls' own methods are generators of handlers to call; its dispatcher takes plain functions just as well.
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import contextvars
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import JsonRPCResponseMessage

from magray_server.lsp import sync_params
from magray_server.lsp.errors import Refused, invalid, response_error
from magray_server.lsp.transport import BadFrame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future

    from magray_server.lsp.server import MagrayServer

log = logging.getLogger(__name__)

Json = dict[str, Any]


class MagrayProtocol(LanguageServerProtocol):
    """One connection with one client."""

    _server: MagrayServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, server: MagrayServer, converter: Any) -> None:
        super().__init__(server, converter)
        self._initialized = False
        self._started: dict[Any, tuple[str, float]] = {}

    @property
    def stopping(self) -> bool:
        """Whether the client has asked for shutdown."""
        return self._shutdown

    def is_answering(self) -> bool:
        """Whether a request of the client waits for its answer."""
        return not self._started.keys().isdisjoint(self._request_futures)

    def receive(self, message: Any) -> None:
        """Take one decoded message. Runs on the event loop; never raises."""
        if isinstance(message, BadFrame):
            self._refuse(None, types.ErrorCodes.ParseError, message.why)
            return
        if not isinstance(message, dict) or cast(Json, message).get("jsonrpc") != "2.0":
            self._refuse(None, types.ErrorCodes.InvalidRequest, "A message is not a JSON-RPC 2.0 object.")
            return
        message = cast(Json, message)
        method = message.get("method")
        if isinstance(method, str):
            self._server.maintenance.busy()
        if not isinstance(method, str):
            self._receive_response(message)
        elif "id" not in message:
            self._receive_notification(method, message)
        elif isinstance(message["id"], str | int) and not isinstance(message["id"], bool):
            self._receive_request(message["id"], method, message)
        else:
            self._refuse(
                None, types.ErrorCodes.InvalidRequest, "The id of a request must be a number or text."
            )

    def _receive_request(self, msg_id: str | int, method: str, message: Json) -> None:
        if self._shutdown:
            self._refuse(msg_id, types.ErrorCodes.InvalidRequest, "The server is shutting down.")
            return
        if method == types.INITIALIZE:
            if self._initialized:
                self._refuse(msg_id, types.ErrorCodes.InvalidRequest, "The server is initialized already.")
                return
        elif not self._initialized:
            self._refuse(
                msg_id, types.ErrorCodes.ServerNotInitialized, "The first request must be initialize."
            )
            return
        if msg_id in self._request_futures:
            self._refuse(msg_id, types.ErrorCodes.InvalidRequest, "A request with this id is still running.")
            return
        try:
            handler = self._get_handler(method)
        except JsonRpcException:
            self._refuse(msg_id, types.ErrorCodes.MethodNotFound, f"There is no method {method[:100]}.")
            return
        self._started[msg_id] = (method, time.monotonic())
        try:
            params = self._decode(method, message)
        except Refused as error:
            self._answer(msg_id, error=response_error(error))
            return
        if method == types.INITIALIZE:
            self._initialized = True
        contextvars.copy_context().run(self._run_request, msg_id, handler, params)

    def _run_request(self, msg_id: str | int, handler: Callable[..., Any], params: Any) -> None:
        self._ctx_msg_id.set(msg_id)
        try:
            self._execute_handler(
                msg_id, handler, partial(self._send_handler_result, msg_id=msg_id), (params,)
            )
        except Exception as error:
            self._request_futures.pop(msg_id, None)
            self._answer(msg_id, error=response_error(error, self._server.folders.roots))

    def _receive_notification(self, method: str, message: Json) -> None:
        if method == types.EXIT:
            self._server.leave_soon(0 if self._shutdown else 1)
            return
        if self._shutdown or not self._initialized:
            return
        if method != types.CANCEL_REQUEST and not self._knows(method):
            return
        if method in sync_params.METHODS:
            message = sync_params.repaired(message)
        try:
            params = self._decode(method, message)
        except Refused as error:
            log.warning("notification %s was ignored: %s", method, error.message)
            uri = sync_params.uri_of(message) if method in sync_params.METHODS else None
            if uri is not None:
                self._server.text_sync.lost(uri)
            return
        contextvars.copy_context().run(self._handle_notification, method, params)

    def _knows(self, method: str) -> bool:
        try:
            self._get_handler(method)
        except JsonRpcException:
            return False
        return True

    def _receive_response(self, message: Json) -> None:
        msg_id = message.get("id")
        if not isinstance(msg_id, str | int) or not ("result" in message or "error" in message):
            if msg_id is not None and "error" not in message:
                self._refuse(
                    None, types.ErrorCodes.InvalidRequest, "A message is neither request nor response."
                )
            return
        self._result_types.pop(msg_id, None)
        future = self._request_futures.pop(msg_id, None)
        if future is None or future.done():
            return
        error = message.get("error")
        if error is None:
            future.set_result(message.get("result"))
        else:
            text = cast(Json, error).get("message") if isinstance(error, dict) else error
            future.set_exception(Refused(str(text)[:500]))

    def _decode(self, method: str, message: Json) -> Any:
        """The params in their type; those of our own methods stay plain. Raises Refused."""
        kind = self.get_message_type(method)
        if kind is None:
            return message.get("params")
        try:
            return self._converter.structure(message, kind).params
        except Exception as error:
            if method == types.INITIALIZE:
                return self._decode_initialize(message)
            raise invalid(f"The params of {method} do not fit: {_misfit(error)}.") from error

    def _decode_initialize(self, message: Json) -> types.InitializeParams:
        """The params of a client whose capabilities are newer than we are: what we do not understand is
        left out.
        """
        params: Any = message.get("params")
        if not isinstance(params, dict):
            raise invalid("The params of initialize must be an object.")
        params = {"processId": None, "rootUri": None, **cast(Json, params)}
        sections = params.get("capabilities")
        params["capabilities"] = {}
        for name, value in cast(Json, sections).items() if isinstance(sections, dict) else ():
            try:
                self._converter.structure({name: value}, types.ClientCapabilities)
            except Exception:
                log.warning("client capabilities %s were not understood", name)
            else:
                params["capabilities"][name] = value
        try:
            return self._converter.structure(params, types.InitializeParams)
        except Exception as error:
            raise invalid(f"The params of initialize do not fit: {_misfit(error)}.") from error

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            error = types.ResponseError(types.LSPErrorCodes.RequestCancelled, "The request was cancelled.")
            self._answer(msg_id, error=error)
        elif (problem := future.exception()) is not None:
            self._answer(msg_id, error=response_error(problem, self._server.folders.roots))
        else:
            self._answer(msg_id, result=future.result())

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (problem := future.exception()) is not None:
            log.error("a notification could not be handled", exc_info=problem)

    def _answer(self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None) -> None:
        if error is not None:
            self._send_data(types.ResponseErrorMessage(id=msg_id, error=error))
        else:
            self._send_data(JsonRPCResponseMessage(id=msg_id, result=result, jsonrpc="2.0"))
        method, start = self._started.pop(msg_id, ("", 0.0))
        if method and self.trace != types.TraceValue.Off:
            outcome = "failed" if error is not None else "answered"
            text = f"{method} {outcome} in {(time.monotonic() - start) * 1000:.1f} ms"
            detail = error.message if error is not None and self.trace == types.TraceValue.Verbose else None
            self.notify(types.LOG_TRACE, types.LogTraceParams(message=text, verbose=detail))

    def _refuse(self, msg_id: str | int | None, code: types.ErrorCodes, sentence: str) -> None:
        error = types.ResponseError(code=int(code), message=sentence)
        self._send_data({"jsonrpc": "2.0", "id": msg_id, "error": {"code": error.code, "message": sentence}})

    # Not a coroutine: the next message may be in the same write, and what it means depends on this one.
    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> None:
        """`shutdown`: cancel every request and stop the background work."""
        self._shutdown = True
        for future in list(self._request_futures.values()):
            future.cancel()
        self._server.stop_background_work()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:
        """`workspace/executeCommand`, with one object at most. Raises Refused."""
        handlers = cast("dict[str, Callable[[Any], Awaitable[Any]]]", self.fm.commands)  # pyright: ignore[reportUnknownMemberType]
        handler = handlers.get(params.command)
        if handler is None:
            raise invalid(f"There is no command {params.command[:100]}.")
        arguments = params.arguments or []
        if len(arguments) > 1:
            raise invalid(f"The command {params.command} takes one object.")
        argument: Any = arguments[0] if arguments else None
        if params.work_done_token is not None and (argument is None or isinstance(argument, dict)):
            argument = {"workDoneToken": params.work_done_token, **cast(Json, argument or {})}
        return await handler(argument)

    # Text is kept in `buffers`, which counts lines as the specification does and stays fast in large files.
    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """`textDocument/didOpen`."""
        self._server.text_sync.opened(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """`textDocument/didChange`."""
        self._server.text_sync.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """`textDocument/didClose`."""
        self._server.text_sync.closed(params)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(
        self, params: types.DidChangeWorkspaceFoldersParams
    ) -> None:
        """`workspace/didChangeWorkspaceFolders`."""
        self._server.change_folders(params.event.added, params.event.removed)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """`window/workDoneProgress/cancel`."""
        self._server.progress_bars.cancelled(params)


def _misfit(error: Exception) -> str:
    """What cattrs found, in a few words: the first of its complaints."""
    try:
        from cattrs import transform_error

        found = transform_error(error)[0]
    except Exception:
        found = str(error)
    return found.split(", type ")[0].strip().rstrip(".")[:200]
