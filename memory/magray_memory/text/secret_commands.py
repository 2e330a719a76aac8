"""Secret commands: passwords that a command is given by an option of its own, or by its place.

`mysql -pSECRET`, `sshpass -p SECRET`, `docker login -u bob -p SECRET`, `curl -u user:SECRET`. An option says
so little that the program decides: `-p` is a port, a path or a project of most others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = r"""(?:"(?P<double>[^"\n]{3,200})"|'(?P<single>[^'\n]{3,200})'|(?P<bare>[^\s"'`|;<>()]{3,200}))"""
_LINE = 2_000
"""Characters before an option in which its program is looked for."""


def _option(programs: str, option: str) -> re.Pattern[str]:
    """A program at the beginning of a command, and the option at its end."""
    return re.compile(
        rf"(?:^|[\s|;&(`'\"$/])(?:{programs})(?:\.exe)?(?=\s)[^|;\n]{{0,{_LINE}}}\s(?:{option})\Z",
        re.IGNORECASE,
    )


_ATTACHED = (
    r"(?:mysql|mariadb)[\w-]{0,20}|mycli|xtrabackup|innobackupex|mydumper|sshpass|7z[ar]?|7zz|rar|unrar"
)
_USERS = r"(?:login|--?u(?:ser(?:name)?)?[ =])"
_CLIENTS = r"docker|podman|nerdctl|helm|buildah|skopeo|crane|oras|regctl|az|oc|cf|argocd|vault"
_APART = rf"sshpass|(?:{_CLIENTS})\s[^|;\n]{{0,200}}{_USERS}|mongo(?:sh|dump|restore|export|import)?|ipmitool"
_OPTIONS: dict[str, tuple[re.Pattern[str], ...]] = {
    "-p": (_option(_APART, r"-p"),),
    "-P": (_option(r"zip|unzip|sqlcmd|bcp|tsql|isql|ipmitool|curlftpfs", r"-P"),),
    "-a": (_option(r"redis-cli|keydb-cli|valkey-cli", r"-a"), _option(r"https?|xh", r"-a|--auth")),
    "-w": (_option(r"ldap(?:search|add|modify|delete|passwd|whoami|compare)", r"-w"),),
    "-k": (_option(r"openssl\s+(?:enc|aes)[\w-]*", r"-k"),),
    "-U": (_option(r"smbclient|rpcclient|net|mount\.cifs", r"-U"),),
}
_HOLD_USER = ("-U", "-a")
"""Options whose value may be of a user and a password: `bob%SECRET`, `bob:SECRET`."""
_MARK = re.compile(r"(?<=\s)(?P<option>-[pPawkU])(?P<gap>[ =]{0,3})" + _WORD)
_JOINED = re.compile(
    rf"(?:^|[\s|;&(`'\"$/])(?:{_ATTACHED})(?:\.exe)?(?=\s)[^|;\n]{{0,{_LINE}}}\s-(?:h?p)\Z", re.IGNORECASE
)
_PORT = re.compile(r"\d{1,5}|[\w.-]*/.*|[\w-]+:[\w:/.-]*")


def in_commands(text: str) -> Iterator[tuple[int, int]]:
    """Where the passwords of the commands in a text stand."""
    for found in _MARK.finditer(text):
        option, at = found["option"], found.start()
        line = text[max(text.rfind("\n", max(0, at - _LINE), at) + 1, at - _LINE) : at]
        if not line.strip():
            continue
        quoted = found["bare"] is None
        start, end = found.span(
            "bare" if not quoted else "double" if found["double"] is not None else "single"
        )
        given = text[start:end]
        if not found["gap"]:
            if option == "-p" and _JOINED.search(f"{line}-p"):
                yield start, end
            continue
        if not any(known.search(f"{line}{option}") for known in _OPTIONS[option]):
            continue
        if option in _HOLD_USER and (parts := re.match(r"[^:%\s]{1,80}[:%](?=.)", given)):
            start += parts.end()
        elif option == "-U" or (option == "-a" and "redis" not in line and "-cli" not in line):
            continue
        if quoted or not _PORT.fullmatch(text[start:end]) or option == "-w":
            yield start, end
