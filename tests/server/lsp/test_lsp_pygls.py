"""What the server uses of pygls beyond its documented interface is still there, as it was at first.

The server takes messages in its own way, for which it overrides and calls private methods of pygls. That is
why pygls is pinned below its next minor version: an upgrade begins here.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING

import pytest
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from magray_server.lsp.protocol import MagrayProtocol
from magray_server.lsp.server import MagrayServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTRIBUTES = {
    "_converter",
    "_ctx_msg_id",
    "_request_futures",
    "_result_types",
    "_server",
    "_shutdown",
    "fm",
    "msg_id",
    "trace",
}
METHODS = {
    "_check_handler_result": ["self", "future"],
    "_execute_handler": ["self", "msg_id", "handler", "callback", "args", "kwargs"],
    "_get_handler": ["self", "feature_name"],
    "_handle_notification": ["self", "method_name", "params"],
    "_send_data": ["self", "data"],
    "_send_handler_result": ["self", "future", "msg_id"],
    "get_message_type": ["self", "method"],
    "notify": ["self", "method", "params"],
}
"""Parameters of the methods that are called or overridden."""


def pygls_classes(cls: type) -> list[type]:
    return [each for each in cls.__mro__ if each.__module__.startswith("pygls.")]


def assigned(cls: type) -> Iterator[str]:
    """Attributes that a class gives its instances, or has."""
    yield from vars(cls)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls)))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def used(cls: type) -> set[str]:
    """Names that begin with one underscore, which a class uses of itself or overrides."""
    source = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    names = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)} | vars(cls).keys()
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


@pytest.mark.parametrize(
    ("ours", "theirs"), [(MagrayProtocol, ATTRIBUTES | METHODS.keys()), (MagrayServer, set[str]())]
)
def test_no_other_private_name_of_pygls_is_used(ours: type, theirs: set[str]) -> None:
    known = {name for cls in pygls_classes(ours) for name in assigned(cls)}
    assert used(ours) & known == {name for name in theirs if name.startswith("_")}


def test_pygls_still_has_the_attributes() -> None:
    known = {name for cls in pygls_classes(LanguageServerProtocol) for name in assigned(cls)}
    assert known >= ATTRIBUTES


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_pygls_still_takes_what_it_is_given(name: str) -> None:
    method = getattr(LanguageServerProtocol, name)
    assert list(inspect.signature(method).parameters) == METHODS[name]


def test_every_handler_of_pygls_that_is_replaced_is_still_there() -> None:
    replaced = [name for name in vars(MagrayProtocol) if name.startswith("lsp_")]
    assert len(replaced) > 5
    assert not [name for name in replaced if not hasattr(LanguageServerProtocol, name)]


def test_the_server_is_made_as_pygls_says() -> None:
    taken = {name for cls in pygls_classes(LanguageServer) for name in inspect.signature(cls).parameters}
    assert taken >= {"name", "version", "text_document_sync_kind", "protocol_cls", "converter_factory"}
