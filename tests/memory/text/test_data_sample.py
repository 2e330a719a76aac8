"""Rows of data, logs and encoded bytes: a fine sample, then large passages that tile the rest."""

from __future__ import annotations

import base64
import json
import random

import pytest

from magray_memory.text.chunk import chunk
from magray_memory.text.data_sample import ROWS_CHARS, SAMPLE

ROW = '{"event": "payment", "order": %d, "note": "the order was paid by card and shipped"}'
ENCODED = base64.b64encode(random.Random(1).randbytes(150_000)).decode()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("export.jsonl", "\n".join(ROW % n for n in range(3_000)) + "\n"),
        ("src/cities.json", "[\n" + ",\n".join(ROW % n for n in range(3_000)) + "\n]\n"),
        ("nested.json", json.dumps([{"id": n, "at": [n, -n]} for n in range(2_000)], indent=2)),
        ("export.csv", "id,name,city\n" + "".join(f"{n},somebody,somewhere\n" for n in range(9_000))),
        ("export.tsv", "".join(f"{n}\tsomebody\tsomewhere\n" for n in range(9_000))),
        ("app.log", "".join(f"2026-01-01 10:00 INFO request {n} was served\n\n" for n in range(5_000))),
        ("app.log.3", "".join(f"2026-01-01 10:00 INFO request {n} was served\n" for n in range(5_000))),
        ("key.txt", ENCODED),
        ("bytes.py", f'DATA = "{ENCODED}"\n'),
    ],
)
def test_data_is_few_passages_that_hold_all_of_it(path: str, text: str) -> None:
    chunks = chunk(path, text).chunks
    assert len(chunks) <= SAMPLE + len(text) // (ROWS_CHARS // 2) + 1
    words = [part.text for part in chunks]
    assert max(map(len, words)) <= ROWS_CHARS
    assert "".join(words[0].split()) in "".join(text.split())
    if "\n" in text[:1_000]:
        assert "".join("".join(words).split()) == "".join(text.split())
    starts = [part.start_line for part in chunks]
    assert starts == sorted(starts)
    lines = text.split("\n")
    for part in chunks:
        if part.end_line > part.start_line:
            assert part.text == "\n".join(lines[part.start_line - 1 : part.end_line])


def test_code_and_prose_are_cut_as_ever() -> None:
    code = "".join(f"def name_{n}(value):\n    return value + {n}\n\n\n" for n in range(2_000))
    prose = "\n\n".join(f"Paragraph {n} tells at some length of something that matters." for n in range(900))
    settings = json.dumps({f"name{n}": {"on": True, "why": "it matters"} for n in range(2_000)}, indent=1)
    for path, text in (("a.py", code), ("a.md", prose), ("a.txt", prose), ("a.json", settings)):
        chunks = chunk(path, text).chunks
        assert len(chunks) > 20
        assert max(len(part.text) for part in chunks) < 5_000
