"""Secret candidates: what must stand in a text that holds a secret. Nothing is compiled here."""

from __future__ import annotations

LONG = 20
"""Characters of a long word: the shortest known token."""
MASK = bytes(120 if chr(at).isascii() and (chr(at).isalnum() or chr(at) in "_-") else 32 for at in range(256))
RUN = b"x" * LONG
NAMES = (b"pass", b"secret", b"pwd")
MORE_NAMES = (b"api", b"token", b"_auth", b"psk")
"""Looked for where texts are not source code: there the values of these are short, too."""
FOREIGN_WORDS = (
    *("арол", "АРОЛ", "фраз", "Фраз", "ин-код", "ин код", "инкод", "ПИН", "огин", "езервн", "окен", "екрет"),
    *("ОКЕН", "ЕКРЕТ", "ЛЮЧ", "ФРАЗ", "ИН-КОД", "ИН КОД"),
    *("люч", "密码", "密碼", "口令", "パスワード", "비밀번호", "hasł", "contraseña"),
)
"""Parts of words for passwords, keys and tokens in other languages."""
MASKED_WORDS = (b"ontrase", b"has?")
"""The same of words that stand among others in small letters, with `?` for what is not ASCII."""
OPTIONS = (b" -p", b" -P ", b" -a ", b" -w ", b" -k ", b" -U ")
"""Options by which some commands are given a password."""
_WORDS = (*NAMES, *MORE_NAMES, b"curl ", b"identified", b":5432:", b":*:", b" -p", b"basic ")
_OTHER_SIGNS = (
    *(b"net use", b"lftp", b"/rp ", b"/p:", b"snmp", b"keyvault", b"asplaintext", b"networkcredential"),
    *(b"sqlplus", b"oracle:thin:", b"masterauth", b"sudo ", b"stdin", b"cryptsetup", b"kinit"),
    *(b"pin code", b"pin-code", b"pin:", b"pin =", b"cvv", b"cvc", b"totp", b"otp:", b"2fa", b"mfa"),
    *(
        b"authenticator",
        b"mnemonic",
        b"phrase",
        b"seed words",
        b"ry code",
        b"up code",
        b"creds",
        b"credential",
    ),
    *(b"login:", b"wifi", b"wi-fi", b"cookie", b"key-data", b"privatekey", b"presharedkey"),
)
_CAPITALS = (b"PIN", b"PUK")


def may_hold_secret(text: str) -> bool:
    """Whether it is worth looking closer."""
    plain = text.encode("ascii", "replace")
    small = plain.lower()
    return (
        any(word in small for word in _WORDS)
        or any(sign in small for sign in _OTHER_SIGNS)
        or any(sign in plain for sign in _CAPITALS)
        or RUN in plain.translate(MASK)
        or (b"@" in plain and b"//" in plain)
        or (
            b"?" in plain
            and (any(word in small for word in MASKED_WORDS) or any(word in text for word in FOREIGN_WORDS))
        )
    )
