"""Text decoding: from the bytes of a file to its text, or a reason why it has none."""

from __future__ import annotations

import codecs

_BOMS = (  # longest first: the UTF-16 mark begins the UTF-32 one
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PRINTED = bytes(set(range(256)) - (set(range(32)) - set(b"\t\n\r\f\x08\x1b")) - {127})
_SAMPLE = 1 << 16
_GIT_LOOKS_AT = 8000
_AROUND = 4096
"""Bytes on each side of the first NUL that have to be text: a program behind its script is none."""
_LEAST_UTF_16 = 8
"""Bytes: in fewer, a NUL says nothing of an encoding."""

MAX_CONTROL = 0.02
"""Share of control characters above which bytes are not text."""
MAX_NUL = 0.001
"""Share of NULs up to which a text has some by mistake, or in its literals."""
MAX_BROKEN = 0.05
"""Share of a UTF-8 text's non-ASCII characters that may be broken before it is taken for something else."""
MAX_HIGH = 0.4
"""Share of bytes over 127 up to which the ASCII of a text in no known encoding is worth reading."""


class Undecodable(ValueError):  # noqa: N818
    """The bytes are not text, or in no known encoding; `reason` says why in a few words."""

    def __init__(self, reason: str, *, binary: bool = False) -> None:
        """`binary`: there is no doubt that it is no text."""
        self.reason = reason
        self.binary = binary
        super().__init__(reason)


def decode(data: bytes) -> str:
    """The text of a file's bytes, without a byte order mark.

    UTF-8 first, UTF-16 and UTF-32 by their mark, UTF-16 by its look; what is none of them is read in the
    likeliest of the encodings before Unicode. A text in no known encoding keeps its ASCII, and U+FFFD stands
    for the rest. Raises Undecodable.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                if encoding == "utf-8":
                    data = data[len(mark) :]
                    break
                raise Undecodable(f"binary, or damaged {encoding[:6].upper()}") from None
            return _without_few_nuls(text) if "\0" in text else text
    if b"\0" in data:
        return _decode_with_nuls(data)
    sample = data[:_SAMPLE]
    if len(sample.translate(None, _PRINTED)) > MAX_CONTROL * len(sample):
        raise Undecodable("binary (control characters)", binary=True)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _decode_other(data)


def _decode_with_nuls(data: bytes) -> str:
    """UTF-16 without a mark, or a text with a few NULs that become spaces: none of them at its head, where
    git looks for them.
    """
    encoding = unmarked_utf_16(data)
    text = "\0" if encoding is None else data.decode(encoding, "replace")
    if "\0" not in text:
        return text
    first = data.find(0)
    around = data[max(0, first - _AROUND) : first + _AROUND].replace(b"\0", b"")
    packed = len(around.translate(None, _PRINTED)) > MAX_CONTROL * len(around)
    if packed or first < _GIT_LOOKS_AT or data.count(0) > MAX_NUL * len(data):
        raise Undecodable("binary (NUL bytes)", binary=True)
    return decode(data.replace(b"\0", b" "))


def _without_few_nuls(text: str) -> str:
    """A text with a mark of its encoding, by the same measure."""
    if text.find("\0") < _GIT_LOOKS_AT or text.count("\0") > MAX_NUL * len(text):
        raise Undecodable("binary (NUL characters)")
    return text.replace("\0", " ")


def unmarked_utf_16(data: bytes) -> str | None:
    """The encoding of UTF-16 text without a byte order mark; None for other bytes, which need not be text.

    Every second byte of spaces, line ends and ASCII is NUL, and what the pairs make are characters. Pairs
    of other texts make Chinese ones: what is UTF-8 but for its NULs is none of them.
    """
    if len(data) % 2 or len(data) < _LEAST_UTF_16:
        return None
    sample = data[:_SAMPLE]
    other = _is_utf_8_with_nul(sample)
    for encoding, low, high in (
        ("utf-16-le", sample[::2], sample[1::2]),
        ("utf-16-be", sample[1::2], sample[::2]),
    ):
        if b"\0" not in high or low.count(0) > MAX_CONTROL * len(low):
            continue
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        shown = sum(char.isprintable() or char in "\t\n\r\f\u3000\xa0" for char in text)
        spaced = text.isascii() or (not other and any(char.isspace() for char in text))
        if spaced and shown >= (1 - MAX_CONTROL) * len(text):
            return encoding
    return None


def _is_utf_8_with_nul(sample: bytes) -> bool:
    plain = sample.replace(b"\0", b"")
    if plain.translate(None, _PRINTED):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(plain)  # its end may be cut
    except UnicodeDecodeError:
        return False
    return True


def _decode_other(data: bytes) -> str:
    from magray_memory.text.encoding_guess import MAX_COST, guess

    text = data.decode(errors="replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    if broken <= MAX_BROKEN * sound:
        return text
    if broken <= sound:
        return _decode_mixed(data)
    encoding, cost = guess(data)
    if cost <= MAX_COST:
        return data.decode(encoding, "replace")
    high = len(data) - len(data.decode("ascii", "ignore"))
    if high > MAX_HIGH * len(data):
        raise Undecodable("not UTF-8, and no encoding that is known here")
    return text


_TELLING = 4
"""Bytes that are not UTF-8 from which on they may be letters of another encoding, and no damage."""


def other_encoding(data: bytes) -> str | None:
    """The likeliest encoding of bytes that are not UTF-8; None where most of them are, or are no text."""
    from magray_memory.text.encoding_guess import MAX_COST, guess

    text = data.decode(errors="replace")
    broken = text.count("\ufffd")
    if broken < _TELLING or broken <= len(text) - len(text.encode("ascii", "ignore")) - broken:
        return None
    encoding, cost = guess(data)
    return encoding if cost <= MAX_COST else None


def _decode_mixed(data: bytes) -> str:
    """A text whose lines are in UTF-8 but for some, which are in another encoding."""
    from magray_memory.text.encoding_guess import MAX_COST, guess

    lines = data.splitlines(keepends=True)
    other = [line for line in lines if not _is_utf_8(line)]
    encoding, cost = guess(b"".join(other))
    if cost > MAX_COST:
        return data.decode(errors="replace")
    return "".join(line.decode("utf-8" if _is_utf_8(line) else encoding, "replace") for line in lines)


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
