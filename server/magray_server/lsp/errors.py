"""JSON-RPC errors: a code and one plain sentence, no traceback and no path from
elsewhere.

| code | when |
|---|---|
| -32602 InvalidParams | the request makes no sense: wrong type, missing field, broken filter |
| -32803 RequestFailed | it made sense and could not be done: database locked, disk full, no model |
| -32800 RequestCancelled | the client asked to stop |
| -32603 InternalError | a mistake of ours; the log has the traceback |
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

from lsprotocol.types import ErrorCodes, LSPErrorCodes, ResponseError
from pygls.exceptions import JsonRpcException

from magray_memory.errors import Interrupted, MagrayError, RecordChanged, UsageError
from magray_server.lsp.hints import in_editor
from magray_server.safe_text import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

log = logging.getLogger(__name__)

_PATH = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:[\\/]|/)[^\s:;,'\"()]+")


class Refused(JsonRpcException):
    """A request that cannot be served, with the code and the sentence for the client."""


def invalid(sentence: str) -> Refused:
    """The refusal of params that make no sense (InvalidParams)."""
    return Refused(sentence, ErrorCodes.InvalidParams)


def failed(sentence: str, name: str | None = None) -> Refused:
    """The refusal of a request that cannot be served now (RequestFailed); `name`: its code for programs."""
    return Refused(sentence, LSPErrorCodes.RequestFailed, None if name is None else {"code": name})


def response_error(error: BaseException, roots: Iterable[Path] = ()) -> ResponseError:
    """The error of a response for anything a handler raised."""
    code, message, data = _describe(error)
    return ResponseError(code=int(code), message=hide_paths(without_secrets(message), roots), data=data)


def _describe(error: BaseException) -> tuple[int, str, Any]:
    match error:
        case JsonRpcException():
            return error.code, _sentence(str(error.message)), error.data
        case Interrupted():
            return LSPErrorCodes.RequestCancelled, "The request was cancelled.", None
        case MagrayError():
            code = ErrorCodes.InvalidParams if isinstance(error, UsageError) else LSPErrorCodes.RequestFailed
            hint = in_editor(error.hint)
            tried = f" (try: {hint})" if hint else ""
            data = {"code": error.code, "hint": hint}
            if isinstance(error, RecordChanged):
                data["version"] = error.version
            return code, _sentence(error.message + tried), data
        case _ if isinstance(error, OSError) or _of_sqlite(error):
            log.warning("a request failed", exc_info=error)
            return LSPErrorCodes.RequestFailed, _sentence(f"It failed: {error}"), None
        case MemoryError():
            return LSPErrorCodes.RequestFailed, "There is not enough memory for that.", None
        case _:
            log.error("a request failed with an internal error", exc_info=error)
            return (
                ErrorCodes.InternalError,
                f"magray has an internal error ({type(error).__name__}); its log has the details.",
                None,
            )


def _of_sqlite(error: BaseException) -> bool:
    # Whoever raised it has loaded the module; loading it here would delay the answer to initialize.
    module = sys.modules.get("sqlite3")
    return module is not None and isinstance(error, module.Error)


def _sentence(text: str) -> str:
    text = " ".join(text.split())[:500]
    first = text.partition(" ")[0].rstrip(":,")
    if first.isalpha():  # a file's name stays as it is spelled
        text = text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "!", "?", ")")) else ".")


def hide_paths(text: str, roots: Iterable[Path]) -> str:
    """The text with every absolute path outside the roots cut to its last name."""
    inside = [str(root) for root in roots]

    def shown(match: re.Match[str]) -> str:
        path = match.group()
        if any(path == root or path.startswith((f"{root}/", f"{root}\\")) for root in inside):
            return path
        return re.split(r"[\\/]", path.rstrip("\\/."))[-1] or path

    return _PATH.sub(shown, text)
