"""Params of text synchronization as clients send them.

What older versions of the protocol allowed, or what says nothing of the text, is put right before it is
decoded: a change that is lost spoils all later ones.
"""

from __future__ import annotations

from typing import Any, cast

from lsprotocol import types

Json = dict[str, Any]

METHODS = frozenset(
    (
        types.TEXT_DOCUMENT_DID_OPEN,
        types.TEXT_DOCUMENT_DID_CHANGE,
        types.TEXT_DOCUMENT_DID_SAVE,
        types.TEXT_DOCUMENT_DID_CLOSE,
    )
)


def repaired(message: Json) -> Json:
    """The message of one of `METHODS` with params that can be decoded, as far as they tell the text."""
    params = message.get("params")
    if not isinstance(params, dict):
        return message
    params = dict(cast(Json, params))
    document = params.get("textDocument")
    if isinstance(document, dict):
        document = params["textDocument"] = dict(cast(Json, document))
        if not _is_int(document.get("version")):
            document["version"] = 0
        if not isinstance(document.get("text", ""), str):
            del document["text"]
        if "text" in document and not isinstance(document.get("languageId"), str):
            document["languageId"] = ""
    if not isinstance(params.get("text"), str):
        params.pop("text", None)
    changes = params.get("contentChanges")
    if isinstance(changes, list):
        params["contentChanges"] = [_change(change) for change in cast("list[Any]", changes)]
    return {**message, "params": params}


def uri_of(message: Json) -> str | None:
    """The URI of the document that a message is about."""
    document: Any = message.get("params")
    for key in ("textDocument", "uri"):
        document = cast(Json, document).get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None


def _change(change: Any) -> Any:
    if not isinstance(change, dict) or not isinstance(cast(Json, change).get("text"), str):
        return {}  # which cannot be decoded; a number would be taken for its digits
    change = {key: value for key, value in cast(Json, change).items() if value is not None}
    change.pop("rangeLength", None)  # says nothing that the range does not say
    return change


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
