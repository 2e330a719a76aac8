"""Corpus of the static table: texts of public packages as passages of the product's own chunker.

`texts(archive, name)` gives what `scripts/build_static.py` embeds: passages of code in its recipe, prose
without markup, messages of catalogues in both languages, first sentences of docstrings, and headings. Each
archive gives at most a few hundred of each, drawn by the hash of the text, so that the same archives give the
same texts in the same order.
"""

from __future__ import annotations

import ast
import gettext
import gzip
import hashlib
import html
import io
import random
import re
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.ignore.minified import is_minified
from magray_memory.models.recipe import passage_text
from magray_memory.text.chunk import chunk
from magray_memory.text.languages import detect, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = {"code": 420, "prose": 900, "message": 700, "question": 150}
"""Texts of one archive, by kind."""
CUTS = (160, 240, 320, 400)
"""A text is cut at one of these lengths: short texts say more of each piece for the time that they take."""
_MOST_BYTES = 200_000
_LEAST_CHARACTERS = 40
_PER_FILE = 12
_SKIPPED_FOLDERS = {"node_modules", "vendor", "third_party", "dist", "min", "locale", "bundle", "umd", "cjs",
                    "__pycache__", "testdata", "fixtures", "_vendor", "lib/esm", "es"}  # fmt: skip
_PROSE_SUFFIXES = {"html", "htm", "xhtml", "xml", "page"}
_TAG = re.compile(r"<(script|style|head)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:p|div|li|h[1-6]|td|th|dd|dt|pre|br|para|title|item)\b[^>]*>", re.IGNORECASE)
_ROFF = re.compile(r"^['.][^\n]*$|\\f[A-Z]|\\m?\[[^\]]*\]|\\[&/,|^~]|\\\(..|\\-", re.MULTILINE)
_MARKS = re.compile(r"%[-\w().]*[sdifuxg]|\\n|&\w+;|<[^>]+>|[_&](?=\w)")


class Text(NamedTuple):
    """A text to embed: its kind (`code`, `prose`, `message`, `question`), language, and itself."""

    kind: str
    language: str
    text: str


def texts(archive: Path) -> list[Text]:
    """The texts of one archive, without doubles, at most MOST of each kind, in an order of their own."""
    found: dict[str, Text] = {}
    with tempfile.TemporaryDirectory() as folder:
        _unpack(archive, Path(folder))
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                for text in _of_file(path, path.relative_to(folder).as_posix()):
                    found.setdefault(text.text, text)
    ordered = sorted(found.values(), key=lambda text: hashlib.blake2b(text.text.encode()).digest())
    left = dict(MOST)
    kept: list[Text] = []
    for text in ordered:
        if left[text.kind] > 0:
            left[text.kind] -= 1
            kept.append(text)
    return kept


def _unpack(archive: Path, folder: Path) -> None:
    name = archive.name
    if name.endswith(".deb"):
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    elif name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
    else:
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")


def _of_file(path: Path, name: str) -> Iterator[Text]:
    suffix = _suffix(name)
    if suffix in ("po", "mo"):
        if re.search(r"(?:^|[/_.-])ru(?:[/_.-]|$)", name):
            yield from _messages(path, suffix)
        return
    data = b"" if path.stat().st_size > 20 * _MOST_BYTES else path.read_bytes()
    if suffix == "gz" and len(data) < _MOST_BYTES:
        data, name = gzip.decompress(data), name.removesuffix(".gz")
    if not _fits(name, data):
        return
    text = data.decode("utf-8", "replace")
    if "\ufffd" in text[:4096]:
        text = data.decode("koi8-r" if "ru" in name else "latin-1")
    language = "ru" if _russian(text) else "en"
    if "/man/" in f"/{name}":
        yield from _prose(_ROFF.sub("", text), language)
    elif "fortunes" in name:
        for saying in text.split("\n%\n"):
            yield from _prose(saying, language)
    elif _suffix(name) in _PROSE_SUFFIXES and _of_prose(name):
        plain = html.unescape(_TAG.sub(" ", _BLOCK.sub("\n\n", text)))
        yield from _prose(plain, language)
        yield from (Text("question", language, head) for head in _headings(text))
    else:
        yield from _passages(name, text)


def _fits(name: str, data: bytes) -> bool:
    """Whether a file is text that somebody wrote, and no longer than is read."""
    if not data or b"\0" in data[:4096] or is_minified(name, data):
        return False
    prose = _of_prose(name)
    if _SKIPPED_FOLDERS & set(name.lower().split("/")[:-1]) and not prose:
        return False
    return len(data) <= _MOST_BYTES or (prose and "." not in name.rpartition("/")[2])


def _of_prose(name: str) -> bool:
    return "doc" in name or "help" in name or "fortunes" in name


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _passages(name: str, text: str) -> Iterator[Text]:
    language = detect(name, text[:4096])
    chunked = chunk(name, text, language=language)
    kind = kind_of(language)
    if language in ("text", "json", "xml", "yaml", "csv", "svg") and kind == "code":
        return
    drawn = random.Random(name)
    pieces = list(chunked.chunks)
    for piece in drawn.sample(pieces, min(len(pieces), _PER_FILE)):
        made = passage_text(piece.symbol, chunked.title, piece.text, kind)
        if len(made) >= _LEAST_CHARACTERS:
            yield Text("code" if kind == "code" else "prose", language, cut(made))
    if language == "python":
        yield from (Text("question", "en", said) for said in _docstrings(text))


def _docstrings(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            said = (ast.get_docstring(node) or "").partition("\n\n")[0]
            first = " ".join(said.split()).partition(". ")[0]
            if 25 <= len(first) <= 160:
                yield first


def _headings(text: str) -> Iterator[str]:
    for found in re.finditer(r"<(h[1-4]|title)\b[^>]*>(.*?)</\1>", text, re.DOTALL | re.IGNORECASE):
        said = " ".join(html.unescape(_TAG.sub(" ", found[2])).split())
        if 20 <= len(said) <= 160:
            yield said


def _prose(text: str, language: str) -> Iterator[Text]:
    """Paragraphs, short neighbours joined."""
    waiting = ""
    for paragraph in re.split(r"\n\s*\n", text):
        waiting = f"{waiting} {' '.join(paragraph.split())}".strip()
        if len(waiting) >= 2 * _LEAST_CHARACTERS:
            yield Text("prose", language, cut(waiting))
            waiting = ""


def _messages(path: Path, suffix: str) -> Iterator[Text]:
    for source, translated in _catalogue(path, suffix):
        for language, said in (("en", source), ("ru", translated)):
            plain = " ".join(_MARKS.sub("", said).split())
            if len(plain) >= _LEAST_CHARACTERS:
                yield Text("message", language, cut(plain))


def _catalogue(path: Path, suffix: str) -> list[tuple[str, str]]:
    if suffix == "mo":
        try:
            with path.open("rb") as file:
                translations: Any = gettext.GNUTranslations(file)
                known: dict[object, object] = translations._catalog
        except (OSError, UnicodeDecodeError, ValueError, AssertionError):
            return []
        return [
            (key, value) for key, value in known.items() if isinstance(key, str) and isinstance(value, str)
        ]
    pairs: list[tuple[str, str]] = []
    text = path.read_text("utf-8", "replace")
    for block in text.split("\n\n"):
        found = re.search(r'^msgid ((?:".*"\n?)+)msgstr ((?:".*"\n?)+)', block, re.MULTILINE)
        if found and "#, fuzzy" not in block:
            pairs.append((_unquoted(found[1]), _unquoted(found[2])))
    return pairs


def _unquoted(text: str) -> str:
    joined = "".join(line.strip()[1:-1] for line in io.StringIO(text) if line.strip())
    return joined.replace('\\"', '"').replace("\\n", " ")


def cut(text: str) -> str:
    """The beginning of a text, at the end of a word; how long depends on the text alone."""
    size = CUTS[hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=1).digest()[0] % len(CUTS)]
    return text if len(text) <= size else text[:size].rpartition(" ")[0] or text[:size]


def _russian(text: str) -> bool:
    letters = sum("а" <= char <= "я" for char in text[:4000])
    return letters > 0.2 * min(len(text), 4000)
