"""What two editors do all day, with the capabilities that they really announce, on real files with the real
model. One server a profile; the raw client of the other modules looks at the bytes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PLACE = Path(tempfile.gettempdir()) / f"magray-editors-{os.getpid()}"
ROOT = PLACE / "проект с пробелом"
SECONDS = 60.0
FILES = {
    "src/payment.py": (
        "class PaymentGateway:\n"
        '    """Talks to the bank."""\n\n'
        "    def retry_failed_payment(self, payment):\n"
        '        """Try a declined payment again with exponential back-off."""\n'
        "        return self.charge(payment) or self.later(payment)\n"
    ),
    "src/storage.py": (
        'def open_database(path):\n    """Open the SQLite file, creating it when it is missing."""\n'
        "    return sqlite3.connect(path)\n"
    ),
    "src/shop.py": "from payment import PaymentGateway\n\ngateway = PaymentGateway()\n",
    "notes/Deploy.md": "---\ntags: ops\n---\n# Deploy\n\nShip on Tuesday, not on Friday. See [[Подписи]].\n",
    "notes/Подписи.md": "# Подписи\n\nПодпись письма проверяется открытым ключом отправителя.\n",
}

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.name == "nt", reason="the folder's name is spelled as on POSIX"),
]


@pytest_lsp.fixture(
    scope="module",
    params=["neovim", "visual_studio_code"],
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", "magray_server.lsp.main", "--stdio"],
        server_env={
            **os.environ,
            "MAGRAY_HOME": str(PLACE / "home"),
            "MAGRAY_EMBEDDING__PROBE_SECONDS": "120",
        },
    ),
)
async def client(lsp_client: LanguageClient, request: pytest.FixtureRequest):
    for name, text in FILES.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")
    lsp_client.feature(types.WORKSPACE_CODE_LENS_REFRESH)(lambda *_: None)  # both editors answer it
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            workspace_folders=[types.WorkspaceFolder(ROOT.as_uri(), ROOT.name)],
            process_id=os.getpid(),
        )
    )
    await until(
        lambda: search(lsp_client, "how is a mail's signature verified"),
        lambda answer: answer["mode"] == "hybrid" and answer["pending"] == 0 and answer["hits"],
    )
    yield
    await lsp_client.shutdown_session()
    shutil.rmtree(PLACE, ignore_errors=True)


async def until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], Any]) -> Any:
    """The first answer that is good."""
    async with asyncio.timeout(SECONDS):
        while not good(answer := await ask()):
            await asyncio.sleep(0.05)
        return answer


async def search(client: LanguageClient, query: str, **options: Any) -> dict[str, Any]:
    arguments = [{"query": query, **options}]
    params = types.ExecuteCommandParams("magray.server.search", arguments)
    return plain(await client.workspace_execute_command_async(params))


def plain(value: Any) -> Any:
    """What pygls made objects of, as JSON again."""
    if hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def opened(client: LanguageClient, name: str) -> str:
    uri = (ROOT / name).as_uri()
    text = (ROOT / name).read_text(encoding="utf-8")
    item = types.TextDocumentItem(uri, types.LanguageKind.Python, 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return uri


def closed(client: LanguageClient, uri: str) -> None:
    document = types.TextDocumentIdentifier(uri)
    client.text_document_did_close(types.DidCloseTextDocumentParams(document))


async def test_a_question_leads_to_the_place(client: LanguageClient) -> None:
    answer = await search(client, "what happens when a card is declined", k=2)
    hit = answer["hits"][0]
    assert hit["path"] == "src/payment.py"
    assert hit["location"]["uri"] == (ROOT / "src/payment.py").as_uri()
    assert hit["location"]["range"]["start"] == {"line": hit["snippet_line"] - 1, "character": 0}


async def test_symbols_lead_to_their_names(client: LanguageClient) -> None:
    found = await client.workspace_symbol_async(types.WorkspaceSymbolParams("retry_failed"))
    assert found is not None
    (symbol,) = found
    assert (symbol.name, symbol.container_name) == ("retry_failed_payment", "PaymentGateway")
    assert symbol.kind is types.SymbolKind.Method
    if not isinstance(symbol.location, types.Location):
        assert isinstance(symbol, types.WorkspaceSymbol)
        symbol = await client.workspace_symbol_resolve_async(symbol)
    assert isinstance(symbol.location, types.Location)
    assert symbol.location.range.start == types.Position(3, 8)


async def test_a_card_shows_what_is_known_of_a_name(client: LanguageClient) -> None:
    uri = opened(client, "src/shop.py")
    at = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(2, 14))
    card = await client.text_document_hover_async(at)
    closed(client, uri)
    assert card is not None and isinstance(card.contents, types.MarkupContent)
    text = card.contents.value
    assert card.contents.kind is types.MarkupKind.Markdown
    assert f"]({(ROOT / 'src/payment.py').as_uri()}#L1)" in text
    assert "`src/payment.py:1`" in text
    assert "```python\n" in text and text.count("```") % 2 == 0


async def test_links_between_notes_are_followed_and_shown(client: LanguageClient) -> None:
    uri = opened(client, "notes/Deploy.md")
    document = types.TextDocumentIdentifier(uri)
    place = types.Position(5, 40)
    links = await client.text_document_document_link_async(types.DocumentLinkParams(document))
    assert links is not None and [link.target for link in links] == [(ROOT / "notes/Подписи.md").as_uri()]
    target = await client.text_document_definition_async(types.DefinitionParams(document, place))
    assert isinstance(target, types.Location) and target.uri == links[0].target
    card = await client.text_document_hover_async(types.HoverParams(document, place))
    closed(client, uri)
    assert card is not None and isinstance(card.contents, types.MarkupContent)
    assert "открытым ключом" in card.contents.value
    assert "# Подписи" not in card.contents.value, "the name stands in the card's first line already"


async def test_a_selection_leads_to_code_like_it(client: LanguageClient) -> None:
    uri = opened(client, "src/payment.py")
    span = types.Range(types.Position(3, 0), types.Position(5, 0))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), span, types.CodeActionContext([]))
    actions = await client.text_document_code_action_async(params)
    closed(client, uri)
    assert actions is not None
    assert [action.title for action in actions] == [
        "Find similar code (magray)",
        "Remember selection (magray)",
    ]
    run = types.ExecuteCommandParams("magray.server.related", [{"uri": uri, "line": 4}])
    answer = plain(await client.workspace_execute_command_async(run))
    assert answer["hits"] and answer["hits"][0]["path"] != "src/payment.py"


async def test_what_is_typed_is_found_before_it_is_saved(client: LanguageClient) -> None:
    uri = opened(client, "src/storage.py")
    start = types.Position(0, 0)
    change = types.TextDocumentContentChangePartial(
        types.Range(start, start), "def quokka_smile(): ...\n\n\n"
    )
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [change])
    )
    answer = await until(
        lambda: search(client, "quokka_smile", mode="lexical"),
        lambda answer: answer["hits"] and answer["hits"][0]["freshness"] == "fresh",
    )
    hit = answer["hits"][0]
    assert (hit["path"], hit["start_line"]) == ("src/storage.py", 1)
    closed(client, uri)
    await until(lambda: search(client, "quokka_smile", mode="lexical"), lambda answer: not answer["hits"])


async def test_a_file_that_another_program_saves_is_found(client: LanguageClient) -> None:
    file = ROOT / "src/bandicoot.py"
    file.write_text("def bandicoot_pouch(): ...\n")
    await until(lambda: search(client, "bandicoot_pouch", mode="lexical"), lambda answer: answer["hits"])
    file.unlink()
    await until(lambda: search(client, "bandicoot_pouch", mode="lexical"), lambda answer: not answer["hits"])


async def test_settings_that_the_editor_keeps_are_asked_for_again(client: LanguageClient) -> None:
    client.set_configuration({"magray": {"search": {"k": 1}}})
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await until(lambda: search(client, "payment database deploy"), lambda answer: len(answer["hits"]) == 1)
    client.set_configuration({"magray": {"search": {"k": "many"}}})
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await until(lambda: search(client, "payment database deploy"), lambda answer: len(answer["hits"]) > 1)
    assert [m.message for m in client.messages if "search.k" in m.message]
