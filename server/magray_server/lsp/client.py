"""Client: the editor at the other end of the connection, what it can do and what is sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp import positions
from magray_server.lsp.hints import in_editor

if TYPE_CHECKING:
    from collections.abc import Container
    from concurrent.futures import Future

    from pygls.protocol import LanguageServerProtocol


class Client:
    """On the event loop only. Nothing is sent before initialize is answered."""

    def __init__(self, protocol: LanguageServerProtocol) -> None:
        self._protocol = protocol
        self._warnings: set[str] = set()
        self.encoding = positions.UTF16
        """The position encoding that both sides use."""
        self.wants_status = False
        """Whether it asked for `magray/status`."""
        self.wants_record_changes = False
        """Whether it asked for `magray/recordsChanged`."""

    def initialized(self, params: types.InitializeParams, *, asked: Container[str]) -> None:
        """Take what initialize says of the client; `asked`: the notifications that its options ask for."""
        self.encoding = positions.negotiated(params.capabilities)
        self.wants_status = "status" in asked or bool(self.experimental("magrayStatus"))
        self.wants_record_changes = "recordsChanged" in asked or bool(
            self.experimental("magrayRecordsChanged")
        )

    def experimental(self, name: str) -> Any:
        """A capability that is not the protocol's; None where the client names none."""
        found: Any = self.capabilities.experimental
        if isinstance(found, dict):
            return found.get(name)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return getattr(found, name, None)

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """What initialize named."""
        return self._protocol.client_capabilities

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._protocol.notify(method, params)

    def request(self, method: str, params: Any) -> Future[Any]:
        """Send a request; its result or error comes with the future."""
        return self._protocol.send_request(method, params)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def register(self, identifier: str, method: str, options: Any) -> None:
        """Register for a method that the client allows to be registered dynamically."""
        registration = types.Registration(id=identifier, method=method, register_options=options)
        params = types.RegistrationParams(registrations=[registration])
        self.request(types.CLIENT_REGISTER_CAPABILITY, params)

    @property
    def shows_documents(self) -> bool:
        """Whether it opens a document at a place when it is asked to."""
        window = self.capabilities.window
        return bool(window and window.show_document and window.show_document.support)

    @property
    def opens_records(self) -> bool:
        """Whether it can open a `magray:` URI: it asks the server for such a text, or says that it reads and
        writes records itself.
        """
        workspace = self.capabilities.workspace
        content = workspace.text_document_content if workspace is not None else None
        return bool(content and content.dynamic_registration) or bool(self.experimental("magrayRecords"))

    @property
    def changes_documents(self) -> bool:
        """Whether it takes edits document by document. Files are created and renamed among such edits alone;
        so a client that says it does that takes them, also where it does not say so.
        """
        support = self._workspace_edit
        return bool(support and (support.document_changes or support.resource_operations))

    def changes_files(self, kind: types.ResourceOperationKind) -> bool:
        """Whether it creates, renames or deletes files as part of an edit."""
        support = self._workspace_edit
        return bool(support and kind in (support.resource_operations or ()))

    @property
    def _workspace_edit(self) -> types.WorkspaceEditClientCapabilities | None:
        workspace = self.capabilities.workspace
        return workspace.workspace_edit if workspace else None

    def has_command(self, name: str) -> bool:
        """Whether it handles a command of its own, by what it says in `experimental.commands.commands`."""
        own = self.experimental("commands")
        names: Any = own.get("commands") if isinstance(own, dict) else getattr(own, "commands", None)  # pyright: ignore
        return isinstance(names, list) and name in names

    def inform(self, sentence: str) -> None:
        """Show a sentence to the person."""
        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(types.MessageType.Info, sentence))

    def warn(self, sentence: str) -> None:
        """Show a warning to the person, each sentence once."""
        sentence = in_editor(sentence)
        if sentence not in self._warnings:
            self._warnings.add(sentence)
            params = types.ShowMessageParams(types.MessageType.Warning, sentence)
            self.notify(types.WINDOW_SHOW_MESSAGE, params)
