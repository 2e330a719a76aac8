"""Other readings: the texts that a file's bytes may be, or may have been, besides the one that is read.

Bytes before Unicode are read in the likeliest encoding, which may err. Where the hash of a text is known, no
guess is needed: one of these has it, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.text.decode import Undecodable, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCODINGS = (
    *(
        "cp1252",
        "cp1251",
        "koi8-u",
        "cp866",
        "iso8859-5",
        "mac-cyrillic",
        "cp1250",
        "iso8859-2",
        "iso8859-15",
    ),
    *("cp1254", "cp1257", "cp1253", "iso8859-7", "cp1255", "cp1256", "cp437", "cp850", "mac-roman"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_MOST_BYTES = 262_144


def other_readings(data: bytes, text: str) -> Iterator[str]:
    """Each text, other than `text`, that these bytes are in a known encoding, then those that `text` would
    have been taken for in one.
    """
    if len(data) > _MOST_BYTES or data.isascii():
        return
    known = {text}
    for encoding in _ENCODINGS if not _is_utf_8(data) else ():
        try:
            found = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if found not in known:
            known.add(found)
            yield found
    for encoding in _ENCODINGS:
        try:
            found = decode(text.encode(encoding))
        except (UnicodeEncodeError, Undecodable):
            continue
        if found not in known:
            known.add(found)
            yield found


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
