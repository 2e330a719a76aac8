"""Secret content: whether a file with a doubtful name holds a key, a password or a token.

Known shapes of tokens and private keys, URLs with a password, and values that are given to names such as
`password` or `client_secret`. Placeholders, templates and texts that merely speak of passwords are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore.placeholder import PLACEHOLDER
from magray_memory.ignore.secret_names import Doubt, has_secret
from magray_memory.ignore.secret_names import doubt as doubt_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHAPES = re.compile(
    r"""(?P<private_key>-----BEGIN\ (?:[A-Z0-9]+\ )*PRIVATE\ KEY|PuTTY-User-Key-File-\d)
    | (?P<pgp_data>-----BEGIN\ PGP\ )
    | (?P<encrypted_vault>\A\s*\$ANSIBLE_VAULT;)
    | (?P<cookies>^\#\ (?:Netscape\ )?HTTP\ Cookie\ File
        |^[^\s\#]+\t(?:TRUE|FALSE)\t/[^\t\n]*\t(?:TRUE|FALSE)\t\d+\t)
    | (?P<access_token>(?<![A-Za-z0-9_-])(?:A(?:KI|SI)A[0-9A-Z]{16}|gh[opsur]_[A-Za-z0-9]{30,}
        |github_pat_\w{22,}|gl(?:pat|dt|rt)-[\w-]{20,}|xox[abeprs]-[\w-]{10,}|[sr]k_(?:live|test)_\w{16,}|sk-[\w-]{20,}
        |AIza[\w-]{35}|ya29\.[\w-]{20,}|1//0[\w-]{20,}|npm_\w{36}|pypi-AgE[\w-]{20,}|dckr_pat_[\w-]{20,}
        |SG\.[\w-]{16,}\.[\w-]{16,}|hf_\w{30,}|dapi[0-9a-f]{32}|hvs\.[\w-]{20,}|dop_v1_[0-9a-f]{40,}
        |EAAC[A-Za-z0-9]{30,}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}))
    | (?P<url_with_a_password>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@"'<>]{0,80}
        :(?![\s$%{<]|(?:password|passwd|pass|pwd|secret|xxx+|\*+)@)[^\s/@"'<>]{3,120}@[\w.\[-])""",
    re.VERBOSE | re.MULTILINE,
)
_PAIR = re.compile(
    r"""\b(?:key|name)[ ]?=[ ]?["'](?P<attribute>[\w:.\- ]{1,80}+)["']\s{1,8}+
        value[ ]?=[ ]?["'](?P<given>[^"'\n]*+)["']
    | (?<![\w.-])(?P<key>[A-Za-z_$][\w.-]*+)["'\])]*+[ \t]*+(?:=>|:=|[:=](?![:=])|,(?=[ \t]*["']))[ \t]*+
        (?P<value>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'
            |[^\s"',;<>\[\]{}\#][^\s,;<>&]*+(?:[ \t]++[^\s\#=:,;<>"'{}\[\]|&()]{2,}+(?=[ \t\r]|$))?
            |\{\{[^\n]*|\$\{[^\n]*|<[%$\w][^\n]*)
    | <key>(?P<plist>[^<>]++)</key>\s*+<string>(?P<text>[^<>]*+)</string>
    | <(?P<tag>[\w:.-]++)(?:\s[^<>]*+)?>(?P<inner>[^<>\n]++)</
    | (?:^|[ \t])(?P<word>password|passwd)[ \t]{1,8}+(?P<bare>[^\s=:,.;]++)(?=[ \t]*$|[ \t]+account\b)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_FIELDS = (("key", "value"), ("tag", "inner"), ("attribute", "given"), ("plist", "text"), ("word", "bare"))

_ALWAYS = re.compile(
    r""".*(?:password|passwd|passphrase|pwd|secret|api_?key|(?:private|account|access|secret|shared|master)key
        |(?:encryption|signing|machine|validation|decryption)key|secretkeybase|clientkeydata|connectionstring
        |keypass|storepass|(?:access|auth|oauth|refresh|api|bot|bearer|session)token|credentials?|mnemonic|seedphrase)
    | (?:db|smtp|imap|mail|ftp|user|admin|root)?pass""",
    re.VERBOSE,
)
"""Names, in lower case and without punctuation, whose values are secrets whatever they look like."""
_OPAQUE_KEYS = re.compile(r".*token|auth|authorization|.*authkey|key|.*accesskeyid|sessionid|bearer")
"""Names whose values are secrets if they look like one."""
_HARMLESS_KEYS = frozenset(
    (
        *("apiversion", "kind", "name", "namespace", "type", "version", "description", "title", "schema"),
        *("label", "labels", "app", "engine", "driver", "host", "port", "region", "id", "user", "username"),
        *("login", "email", "url", "uri", "path", "file", "comment", "environment", "encoding", "charset"),
    )
)
_PLAIN = re.compile(
    r"https?://\S*|\.{0,2}/[\w./-]*|[\w.-]+/[\w./-]+|[A-Za-z_][\w.:-]*\(.*|v?\d+(?:\.\d+)*\w{0,4}", re.DOTALL
)
"""Addresses, paths, calls and versions."""
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.:][A-Za-z0-9]+)*")
_DIGITS = 0.15
"""Share of digits from which on words that are joined are no name."""
_HARMLESS = re.compile(r"https?://[^\s@]*|v?\d+(?:\.\d+)*|\.{0,2}/[\w./-]*", re.DOTALL)
_BASE64_LINES = re.compile(r"\s*(?:[A-Za-z0-9+/=_-]{16,}\s*)+")
_LONE = re.compile(r"(?=\S*\d)[\w+/=.~!@#%^&*-]{8,}")
_MOST = 262_144
"""Characters of a file that are looked at: files of secrets are small."""
_TEXTS = 0.3
"""Share of values with several words from which on a file is a catalogue of texts and labels."""
_LEAST_TEXTS = 3
_LABEL = re.compile(r"[A-Z][A-Za-z]*(?:-[A-Za-z]+)*[?!:.…]?")
_LEAST_LABELS = 5
_LABELS = 0.8
"""Share of texts and capitalized words from which on a file is a catalogue, too."""
_SERVER_KEYS = frozenset(
    ("host", "hostname", "port", "server", "db", "database", "endpoint", "url", "uri", "region")
)
_WORD_SPACE = re.compile(r"(?<=[^\W\d_])[,.;:]? (?=[^\W\d_])")
_PROSE = 0.05
"""Spaces between words for each character from which on a text is prose."""
_PROSE_WORDS = 60


class _Pair(NamedTuple):
    line: int
    key: str
    value: str
    quoted: bool


def holds_secret(path: str, text: str) -> bool:
    """Whether a file is a secret, by its name or, where the name is doubtful, by its text."""
    if has_secret(path):
        return True
    doubtful = doubt_of(path)
    return doubtful is not None and secret_in(text, doubtful) is not None


def secret_in(text: str, doubt: Doubt) -> str | None:
    """What secret a text shows, in a few words with its line; None where it shows none, by the doubt of its
    name.
    """
    text = text[:_MOST]
    shape = _SHAPES.search(text)
    if shape is not None:
        what = str(shape.lastgroup).replace("_", " ")
        article = "" if what in ("cookies", "pgp data") else "an " if what[0] in "ae" else "a "
        what = what.replace("pgp", "PGP").replace("url", "URL")
        return f"{article}{what} in line {text.count(chr(10), 0, shape.start()) + 1}"
    code = doubt is Doubt.UNLIKELY
    pairs = [pair for pair in _pairs(text) if pair.quoted or not code]
    pairs += [
        inner._replace(line=pair.line) for pair in pairs if "=" in pair.value for inner in _pairs(pair.value)
    ]
    prose = len(_WORD_SPACE.findall(text)) > max(_PROSE * len(text), _PROSE_WORDS)
    catalogue = prose or _is_catalogue(pairs, labels=doubt is Doubt.POSSIBLE)
    for pair in pairs:
        if _is_secret(pair, texts=catalogue or code):
            return f"a value of {pair.key[:60]!r} in line {pair.line}"
    bare = text.strip()
    if _BASE64_LINES.fullmatch(bare) or _LONE.fullmatch(bare):
        return "nothing but a key or token"
    if doubt is not Doubt.LIKELY or prose or not bare:
        return None
    if not pairs:
        return "no structure in which it could be told from a secret"
    open_ = next((pair for pair in pairs if not catalogue and not _is_harmless(pair)), None)
    return None if open_ is None else f"a value of {open_.key[:60]!r} in line {open_.line}"


def _pairs(text: str) -> Iterator[_Pair]:
    line, before = 1, 0
    for match in _PAIR.finditer(text):
        line, before = line + text.count("\n", before, match.start()), match.start()
        for key, value in _FIELDS:
            if match[key] is not None:
                given = match[value].rstrip("\\ \t\r")
                yield _Pair(line, match[key], given.strip("\"'"), key != "key" or given[:1] in "\"'")
                break


def _is_secret(pair: _Pair, *, texts: bool) -> bool:
    """Whether the value is a secret; among `texts` only what looks like one is."""
    key, value = _normal(pair.key), pair.value.strip()
    always = _ALWAYS.fullmatch(key) is not None
    if not (always or _OPAQUE_KEYS.fullmatch(key)) or PLACEHOLDER.fullmatch(value) or _normal(value) == key:
        return False
    if always and not texts and " " not in value and len(value) >= 3:
        return not value.startswith(("http://", "https://", "/", "./"))
    return _is_opaque(value)


def _is_catalogue(pairs: list[_Pair], *, labels: bool) -> bool:
    """Whether the values are texts for people: several words, or, with `labels`, words in other letters than
    ASCII, or nearly all of them capitalized words where no server is described.
    """
    texts = sum(" " in pair.value.strip() for pair in pairs)
    if texts >= _LEAST_TEXTS and texts >= _TEXTS * len(pairs):
        return True
    if not labels or any(
        _ALWAYS.fullmatch(_normal(pair.key)) and not _is_label(pair.value) for pair in pairs
    ):
        return False
    texts += sum(_is_foreign_word(pair.value) for pair in pairs)
    if texts >= _LEAST_TEXTS and texts >= _TEXTS * len(pairs):
        return True
    shown = sum(_is_label(pair.value) for pair in pairs)
    server = any(_normal(pair.key) in _SERVER_KEYS for pair in pairs)
    return not server and shown >= _LEAST_LABELS and shown >= _LABELS * len(pairs)


def _is_label(value: str) -> bool:
    return " " in value.strip() or _is_foreign_word(value) or _LABEL.fullmatch(value) is not None


def _is_foreign_word(value: str) -> bool:
    return value.isalpha() and not value.isascii()


def _is_opaque(value: str) -> bool:
    """Whether no person chose this text for its meaning."""
    if len(value) < 8 or " " in value or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if _PLAIN.fullmatch(value):
        return False
    return not _WORDS.fullmatch(value) or (
        len(value) >= 16 and sum(map(str.isdigit, value)) >= _DIGITS * len(value)
    )


def _is_harmless(pair: _Pair) -> bool:
    value = pair.value.strip()
    if PLACEHOLDER.fullmatch(value) or _HARMLESS.fullmatch(value):
        return True
    return _normal(pair.key) in _HARMLESS_KEYS and not _is_opaque(value)


def _normal(text: str) -> str:
    return "".join(character for character in text.rpartition(".")[2].lower() if character.isalnum())
