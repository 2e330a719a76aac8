"""Text decoding: from the bytes of a file to its text, or a reason why it has none."""

from __future__ import annotations

import codecs
import re

_BOMS = (  # longest first: the UTF-16 mark begins the UTF-32 one
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PRINTED = bytes(set(range(256)) - (set(range(32)) - set(b"\t\n\r\f\x08\x1b")) - {127})
_CYRILLIC_ENCODINGS = ("cp1251", "koi8-r", "cp866")
_RUSSIAN_WORD = re.compile(r"[А-ЯЁ]?[а-яё]+")
_RUSSIAN_COMMON = re.compile("[оеаинтсрвл]")
_SAMPLE = 1 << 16

MAX_CONTROL = 0.02
"""Share of control characters above which bytes are not text."""
MAX_BROKEN = 0.05
"""Share of a UTF-8 text's non-ASCII characters that may be broken before it is taken for something else."""
MAX_HIGH = 0.3
"""Share of bytes over 127 up to which bytes of no known encoding pass as Western European text."""


class Undecodable(ValueError):  # noqa: N818
    """The bytes are not text; `reason` says why in a few words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def decode(data: bytes) -> str:
    """The text of a file's bytes, without a byte order mark.

    UTF-8 first, UTF-16 and UTF-32 by their mark; what is neither is Russian in one of the older encodings if
    it reads like Russian, else Western European if it looks like text at all. Raises Undecodable.
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
            if "\0" in text:
                raise Undecodable("binary (NUL characters)")
            return text
    if b"\0" in data:
        raise Undecodable("binary (NUL bytes)")
    sample = data[:_SAMPLE]
    if len(sample.translate(None, _PRINTED)) > MAX_CONTROL * len(sample):
        raise Undecodable("binary (control characters)")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _decode_other(data)


def _decode_other(data: bytes) -> str:
    text = data.decode(errors="replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    if broken <= MAX_BROKEN * sound:
        return text
    sample = data[:_SAMPLE]
    high = len(sample) - len(sample.decode("ascii", "ignore"))
    if not high:  # the first odd byte stands far behind: judge the part around it
        sample = bytes(byte for byte in data if byte > 127)[:_SAMPLE]
        high = len(sample)
        if high <= MAX_BROKEN * len(data):
            return text if high < 10 else data.decode("latin-1")
    encoding = max(_CYRILLIC_ENCODINGS, key=lambda name: _russian(sample, name))
    if _russian(sample, encoding) > 0.5:
        return data.decode(encoding, errors="replace")
    if high > MAX_HIGH * len(sample) or len(re.findall(rb"[\x80-\x9f]", sample)) > MAX_BROKEN * len(sample):
        raise Undecodable("not UTF-8, and no encoding that is known here")
    return data.decode("cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin-1", errors="replace")


def _russian(sample: bytes, encoding: str) -> float:
    """Share of the bytes over 127 that make Russian words: three letters or more, mostly common ones."""
    high = len(sample) - len(sample.decode("ascii", "ignore"))
    words = [word for word in _RUSSIAN_WORD.findall(sample.decode(encoding, "replace")) if len(word) > 2]
    letters = "".join(words)
    if not letters or len(_RUSSIAN_COMMON.findall(letters)) < 0.45 * len(letters):
        return 0.0
    return len(letters) / high
