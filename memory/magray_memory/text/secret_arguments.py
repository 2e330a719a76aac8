"""Secret arguments: passwords that a command is given by its place in the line, or through a pipe.

`net use X: \\\\server\\share SECRET`, `htpasswd -b FILE bob SECRET`, `echo SECRET | sudo -S …`,
`ConvertTo-SecureString "SECRET" -AsPlainText`. A command is looked for only where its name stands.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_WORD = (
    r"""(?:"(?P<double>[^"\n]{3,200})"|'(?P<single>[^'\n]{3,200})'"""
    r"""|(?P<bare>[^\s"'`|;<>()/*-][^\s"'`|;<>()]{2,200}))"""
)
_REST = r"[^|;\n]{0,400}?"
_PRINT = (
    r"\b(?:echo|printf|print|write-output)\s+(?:-\w{1,3}\s+)*(?:[\"'][^\"'\n]{0,8}%s[^\"'\n]{0,8}[\"']\s+)?"
)
_READERS = (
    r"sudo\b[^|\n]{0,80}?\s-\w*S\b|\S{0,40}\b\w[^|\n]{0,200}?\s--(?:password-|pass-|token-)?stdin\b"
    r"|[^|\n]{0,200}?\s--with-token\b|(?:sudo\s+)?(?:cryptsetup|kinit|passwd|smbpasswd|su|gpg|openssl)\b"
)
_READS = (
    b"sudo ",
    b"stdin",
    b"--with-token",
    b"cryptsetup",
    b"kinit",
    b"passwd",
    b"| su",
    b"gpg",
    b"openssl",
)
_COMMANDS: tuple[tuple[bytes, str], ...] = (
    (b"net use", rf"\bnet(?:\.exe)?\s+use\s+(?:[\w*]:?\s+)?\\\\\S+\s+(?:/user:\S+\s+)?{_WORD}"),
    (b"net user", rf"\bnet(?:\.exe)?\s+user\s+[^\s/]\S*\s+{_WORD}"),
    (b"htpasswd", rf"\bhtpasswd(?:\s+-\w+)*?\s+-\w*b\w*(?:\s+-\w+)*\s+(?:[^\s-]\S*\s+){{1,2}}{_WORD}"),
    (b"wpa_passphrase ", rf"\bwpa_passphrase\s+(?:\"[^\"\n]+\"|'[^'\n]+'|\S+)\s+{_WORD}"),
    (b"nmcli", rf"\bnmcli\b{_REST}\spassword\s+{_WORD}"),
    (b"lftp", rf"\blftp\b{_REST}\s-u\s*[^\s,]+,{_WORD}"),
    (b"/rp ", rf"\bschtasks(?:\.exe)?\b{_REST}\s/rp\s+{_WORD}"),
    (b"/p:", rf"\b\w*(?:freerdp|rdp)\w*\b{_REST}\s/p:{_WORD}"),
    (b" -p", rf"\b(?:psexec\w*|rdesktop|winrs|evil-winrm|netexec|nxc)(?:\.exe)?\b{_REST}\s-p[:\s]\s*{_WORD}"),
    (b" -pw ", rf"\b(?:plink|pscp|psftp|putty)(?:\.exe)?\b{_REST}\s-pw\s+{_WORD}"),
    (b"snmp", rf"\bsnmp\w+\b{_REST}\s-c\s+{_WORD}"),
    (b"snmp", rf"\bsnmp\w+\b{_REST}\s-A\s+{_WORD}"),
    (b"snmp", rf"\bsnmp\w+\b{_REST}\s-X\s+{_WORD}"),
    (b"curl ", rf"\bcurl\b{_REST}\s(?:-U|--proxy-user)[ =]{{0,3}}[\"']?[^\s:\"']{{1,100}}:{_WORD}"),
    (b"az ", rf"\baz\s+keyvault\s+secret\s+set\b{_REST}\s--value[ =]{_WORD}"),
    (b"--secret-string", rf"\s--secret-string[ =]{_WORD}"),
    (b"--from-literal", rf"\bsecret\b{_REST}\s--from-literal[ =][\"']?[\w.-]+={_WORD}"),
    (b"aws configure", rf"\bset\s+\S*(?:secret|token)\S*\s+{_WORD}"),
    (b"setx ", rf"\bsetx(?:\.exe)?\s+\S*(?:pass|pwd|secret|token|key)\w*\s+{_WORD}"),
    (b"asplaintext", rf"\bConvertTo-SecureString\b{_REST}(?:\s-String)?\s{_WORD}"),
    (b"networkcredential", r"\bNetworkCredential\s*\([^,()\n]{1,80},\s*\"(?P<double>[^\"\n]{3,200})\""),
    (b"sqlplus", r"\bsqlplus\s+(?:-\w+\s+)*[\w$#]+/(?P<bare>[^\s@\"'/]{3,200})"),
    (b"oracle:thin:", r"oracle:thin:[\w$#]{1,40}/(?P<bare>[^\s@\"'/]{3,200})@"),
    (b"requirepass", rf"\brequirepass\s+{_WORD}"),
    (b"masterauth", rf"\bmasterauth\s+{_WORD}"),
    (b"enable ", rf"(?m:^)\s*enable\s+(?:secret|password)\s+(?:\d\s+)?{_WORD}\s*(?m:$)"),
    (
        b"username ",
        rf"(?m:^)\s*username\s+\S+\s+(?:privilege\s+\d+\s+)?(?:password|secret)\s+(?:\d\s+)?{_WORD}",
    ),
    (b"password", r"(?:\bWITH\s+PASSWORD|=\s*PASSWORD)\s*[=(]\s*N?'(?P<single>[^'\n]{3,200})'"),
    (
        b"chpasswd",
        rf"{_PRINT}[\"']?[\w.-]{{1,40}}:(?P<bare>[^\s\"'|]{{3,200}})[\"']?\s*\|\s*(?:sudo\s+)?chpasswd\b",
    ),
    *((sign, rf"{_PRINT}{_WORD}\s*\|\s*(?:{_READERS})") for sign in _READS),
    (b"<<<", rf"\b(?:{_READERS})[^|\n<]{{0,200}}<<<\s*{_WORD}"),
)
_BY_SIGN: dict[bytes, tuple[int, ...]] = {
    sign: tuple(number for number, (own, _) in enumerate(_COMMANDS) if own == sign)
    for sign in dict.fromkeys(sign for sign, _ in _COMMANDS)
}
_BY_SIGN_IN_CODE = {sign: _BY_SIGN[sign] for sign in (b"networkcredential",)}
"""What is quoted in source code, too."""
SIGNS = tuple(_BY_SIGN)
_WITH_OPTIONS = frozenset(
    (
        *(b"htpasswd", b"lftp", b" -p", b" -pw ", b"snmp", b"curl ", b"az "),
        *(b"--secret-string", b"--from-literal"),
    )
)
"""What is looked for only in a text with an option; what reads a password, only in one with a pipe."""
_LINE = 2_000
"""Characters of a line before and behind a sign that are looked at."""
_OPTION = re.compile(r"-(?:AsPlainText|Force|Key|SecureKey|String)\b", re.IGNORECASE)
_NO_VALUE = re.compile(r"[$%{-]")


def in_arguments(
    text: str, small: bytes, signs: Container[bytes], *, code: bool
) -> Iterator[tuple[int, int]]:
    """Where the passwords stand; `small`: the text in small letters, one byte a character; `signs` in it."""
    options, pipes = b" -" in small, b"|" in small
    for sign, numbers in (_BY_SIGN_IN_CODE if code else _BY_SIGN).items():
        if sign not in signs or (sign in _WITH_OPTIONS and not options) or (sign in _READS and not pipes):
            continue
        at = small.find(sign)
        while at >= 0:
            begin = max(small.rfind(b"\n", max(0, at - _LINE), at) + 1, at - _LINE)
            end = small.find(b"\n", at, at + _LINE)
            end = min(len(text), at + _LINE) if end < 0 else end
            for number in numbers:
                yield from _in_line(text, begin, end, number, code=code)
            at = small.find(sign, end)


def _in_line(text: str, begin: int, end: int, number: int, *, code: bool) -> Iterator[tuple[int, int]]:
    for found in _compiled(number).finditer(text, begin, end):
        group = next(name for name, value in found.groupdict().items() if value is not None)
        if group == "bare" and (code or _NO_VALUE.match(found[group])):
            continue
        if not _OPTION.fullmatch(found[group]):
            yield found.span(group)


@cache
def _compiled(number: int) -> re.Pattern[str]:
    return re.compile(_COMMANDS[number][1], re.IGNORECASE)  # most commands are never looked for
