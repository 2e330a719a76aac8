"""Remember selection: keeps the selected lines, or the definition at the cursor, with where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp import record_cards
from magray_server.lsp.commands import OWN_REMEMBER, REMEMBER
from magray_server.lsp.errors import invalid
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.positions import to_index

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.values import ChunkSymbol, Remembered
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.features.feature import Editing
    from magray_server.lsp.outline import Outlines
    from magray_server.lsp.workers import Stop

KIND = "magray.remember"
"""The kind of the action, which an editor may bind a key to."""
MAX_TITLE = 120


class RememberSelection(Feature):
    """Offers the action, and runs its command. What is kept is the text of the editor, saved or not."""

    def __init__(self, editing: Editing, outlines: Outlines, on_change: Callable[[], None]) -> None:
        """`on_change`: a record may be new."""
        super().__init__(editing)
        self._outlines = outlines
        self._on_change = on_change

    async def action(self, buffer: Buffer, span: types.Range) -> types.CodeAction | None:
        """The action for a selection, or for the definition on whose line the cursor stands."""
        if span.start != span.end:
            return self._offered(buffer, "Remember selection", span)
        symbol = await self._defined_at(buffer, span.start.line)
        if symbol is None:
            return None
        last = min(symbol.end_line, len(buffer.lines)) - 1
        whole = types.Range(
            types.Position(symbol.line - 1, 0), types.Position(last, len(buffer.lines[last]) + 1)
        )
        return self._offered(buffer, f"Remember {symbol.name[:MAX_TITLE]}", whole)

    def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its command, which an editor may ask for only once it is chosen."""
        if action.command is None and isinstance(action.data, dict):
            action.command = self._command(action.title, action.data)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return action

    async def remember(self, given: Any) -> dict[str, Any]:
        """Keep the lines; answers as `magray/remember` does. The person is told the id in a message, by the
        editor itself where it has the command of its own.
        """
        import msgspec

        from magray_server.lsp.params import Selection, read

        wanted = read(Selection, given)
        buffer = self._buffers.get(wanted.uri)
        if buffer is None or buffer.path is None or buffer.lost:
            raise invalid("The document is not open, or it is no file.")
        start = types.Position(wanted.range.start.line, wanted.range.start.character)
        end = types.Position(wanted.range.end.line, wanted.range.end.character)
        rows, path, text, revision = list(buffer.lines), buffer.path, buffer.text, buffer.revision
        first, last, excerpt = selected(rows, start, end, buffer.encoding)
        if not excerpt.strip():
            raise invalid("Nothing is selected.")

        def work(_: Stop) -> Remembered:
            from magray_memory.values import Draft, Source, snippet

            place = self._folders.place(path)
            if place is None:
                raise invalid("The file lies in none of the open folders.")
            symbols = self._outlines.symbols(buffer, revision, text)
            lines = first + 1, last + 1
            draft = Draft(
                text=snippet(place[1], excerpt),
                title=wanted.title or title_of(symbols, *lines, excerpt),
                kind="snippet",
                tags=tuple(wanted.tags),
                layer=wanted.layer,
                project=place[0].name,
                source=Source(place[0] / place[1], lines, text),
            )
            return self._session.get().records.remember(draft)

        stored = await self._workers.run(work)
        self._on_change()
        if not self._client.has_command(OWN_REMEMBER):
            self._client.inform(_said(stored))
        return msgspec.to_builtins(stored.as_json())

    async def _defined_at(self, buffer: Buffer, line: int) -> ChunkSymbol | None:
        text, revision = buffer.text, buffer.revision

        def work(_: Stop) -> ChunkSymbol | None:
            for symbol in self._outlines.symbols(buffer, revision, text):
                if symbol.line == line + 1 and symbol.end_line >= symbol.line:
                    return symbol
            return None

        return await self._workers.run(work)

    def _offered(self, buffer: Buffer, title: str, span: types.Range) -> types.CodeAction:
        place = {"line": span.start.line, "character": span.start.character}
        end = {"line": span.end.line, "character": span.end.character}
        data: dict[str, Any] = {"uri": buffer.uri, "range": {"start": place, "end": end}}
        shown = f"{title} (magray)"
        if self._resolves_commands():
            return types.CodeAction(shown, KIND, data=data)
        return types.CodeAction(shown, KIND, command=self._command(shown, data))

    def _command(self, title: str, data: dict[str, Any]) -> types.Command:
        own = self._client.has_command(OWN_REMEMBER)
        return types.Command(title, OWN_REMEMBER if own else REMEMBER, arguments=[data])

    def _resolves_commands(self) -> bool:
        document = self._client.capabilities.text_document
        actions = document.code_action if document else None
        support = actions.resolve_support if actions else None
        return bool(actions and actions.data_support and support and "command" in support.properties)


def selected(
    rows: Sequence[str], start: types.Position, end: types.Position, encoding: str
) -> tuple[int, int, str]:
    """First and last line of a selection (0-based) and its text, without the end of its last line.

    An end at the beginning of a line belongs to the line before it. Indentation before the selection is taken
    along, so that the first line fits the others.
    """
    if (end.line, end.character) < (start.line, start.character):
        start, end = end, start
    first, last = min(start.line, len(rows) - 1), min(end.line, len(rows) - 1)
    column = to_index(rows[last], end.character, encoding)
    if last > first and column == 0:
        last, column = last - 1, len(rows[last - 1])
    begin = to_index(rows[first], start.character, encoding)
    if not rows[first][:begin].strip():
        begin = 0
    if first == last:
        text = rows[first][begin:column]
    else:
        text = "".join((rows[first][begin:], *rows[first + 1 : last], rows[last][:column]))
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return first, last, text


def title_of(symbols: Sequence[ChunkSymbol], first: int, last: int, text: str) -> str:
    """What the lines are called: the definition that begins in them, or the one around them, else the first
    line.
    """
    begun = next((symbol for symbol in symbols if first <= symbol.line <= last), None)
    around = [symbol for symbol in symbols if symbol.line <= first and last <= symbol.end_line]
    symbol = begun or (around[-1] if around else None)
    if symbol is not None:
        name = f"{symbol.container}{symbol.joint}{symbol.name}" if symbol.container else symbol.name
        return name[-MAX_TITLE:]
    line = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return line[:MAX_TITLE]


def _said(stored: Remembered) -> str:
    name = record_cards.name_of(stored.record)
    said = {
        "created": f"Remembered as {stored.record.id}: {name}",
        "duplicate": f"{stored.record.id} has this text already: {name}",
        "restored": f"{stored.record.id} had this text and is out of the trash again: {name}",
    }
    text = said.get(stored.outcome, f"Updated {stored.record.id}: {name}")
    if stored.near:
        from magray_memory.values import record_id

        near = stored.near[0]
        text += f" ({record_id(near.record.id)} says nearly the same)"
    return text
