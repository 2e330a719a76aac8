"""What every chunker of text keeps, whatever the text."""

from collections.abc import Callable, Sequence

import pytest

from magray_memory.text.chunk_types import MAX_CHARS, Chunk

Lossless = Callable[[str, Sequence[Chunk]], None]


@pytest.fixture(scope="session")
def lossless() -> Lossless:
    """Checks that chunks are in order, within the cap, exactly their lines, and leave no line out.

    Of a line that is too long for one chunk, blanks and embedded data may be missing.
    """

    def check(text: str, chunks: Sequence[Chunk]) -> None:
        rows = text.split("\n")
        seen: set[int] = set()
        last, place = 0, 0  # in a line cut into pieces: its number, and where the next piece may begin
        for chunk in chunks:
            assert last <= chunk.start_line <= chunk.end_line <= len(rows)
            assert len(chunk.text) <= MAX_CHARS
            whole = "\n".join(rows[chunk.start_line - 1 : chunk.end_line])
            if chunk.text != whole:
                assert chunk.start_line == chunk.end_line and len(whole) > MAX_CHARS, chunk
                place = place if last == chunk.start_line else 0
                found = whole.index(chunk.text, place)
                left_out = whole[place:found]
                assert (
                    not left_out or left_out.isspace() or (left_out.isascii() and " " not in left_out.strip())
                )
                place = found + len(chunk.text)
            last = chunk.start_line
            seen.update(range(chunk.start_line, chunk.end_line + 1))
        if text.strip():
            assert seen >= set(range(1, len(rows) + (rows[-1] != "")))
        else:
            assert not chunks

    return check
