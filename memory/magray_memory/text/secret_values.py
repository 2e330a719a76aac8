"""Secret values: passwords, keys and tokens that are known by the name they are given to.

`password = "…"`, `"api_key": "…"`, `DB_PASS=…`, `<password>…</password>`, `machine … password …`. A value
counts only if it can be one: no placeholder, template, call, label or type. In source code a value is quoted,
so that a name that is given to another name never counts.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from magray_memory.ignore.placeholder import PLACEHOLDER
from magray_memory.text.secret_tokens import Span

if TYPE_CHECKING:
    from collections.abc import Iterator


class Style(Enum):
    """How values are written in a text."""

    CODE = "code"
    """Source code: a value is quoted."""
    DATA = "data"
    """Settings, commands, what a person says: a value may stand without quotes."""
    PROSE = "prose"
    """A document: what it quotes is code, too."""


_MOST_NAME = 60
_PASSWORD = re.compile(
    r"""(?:[\w$-]*?(?:password|passwd|passwort|passphrase|passcode|passkey|passe|pwd)
        |(?:[\w$-]*[_$-]|db|smtp|imap|mail|ftp|user|admin|root|my|sudo|login|auth|http|proxy|rpc|ssh|key|store|\b)
            pass)
    (?:[_-]?(?:\d{1,2}|prod|production|dev|stage|staging|test|main|root|admin|user|db|value|new|old|current))?""",
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN = re.compile(
    r"""[\w$-]*?(?:secret(?:[_-]?(?:key|access[_-]?key|token|string|base|key[_-]?base))?
      | (?:x-)?api[_-]?(?:key|token|secret) | token | credentials? | bearer | authorization | passphrase
      | (?:app|access|private|auth|account|sign(?:ing|ature)?|encrypt(?:ion)?|decryption|master|shared|service
          |client|bot|licen[cs]e|storage|webhook|deploy|admin|subscription|consumer|hmac|jwt|cookie|session
          |host|server|integration|ingest|write|read|live|prod|rest|registry)[_-]?(?:access|api|secret)?[_-]?key
      | (?:aws|gcp|google|azure|github|gitlab|slack|stripe|openai|anthropic|mistral|cohere|gemini|huggingface
          |npm|pypi|twilio|sendgrid|telegram|discord|mailgun|mailchimp|datadog|dd|heroku|shopify|square|jira
          |atlassian|yandex|yc|vk|sentry|cloudflare|cf|digitalocean|do|algolia|firebase|mapbox|maps|newrelic)
        [_-](?:[a-z]+[_-])?key
      | (?:^|[_-])auth)
    (?:[_-]?(?:base64|b64|value|prod|production|dev|staging|test|live|\d{1,2}))?""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_SECRET_NAME = re.compile(
    r"""(?:forgot(?:ten)?|reset|invalid|wrong|incorrect|bad|missing|confirm|repeat|enter|change|show|hide|toggle
      |require[ds]?|no|has|is|use|uses|with|without|hash(?:ed)?|encrypted|encoded|public|pub|csrf|next|page
      |continuation|cancell?ation|cursor)[_-]?(?=[a-z]).*""",
    re.VERBOSE | re.IGNORECASE,
)
_ISSUERS = (
    *("aws", "azure", "google", "github", "gitlab", "slack", "stripe", "openai", "anthropic", "npm", "pypi"),
    *("twilio", "sendgrid", "telegram", "discord", "mailgun", "mailchimp", "datadog", "heroku", "shopify"),
    *("square", "atlassian", "yandex", "sentry", "cloudflare", "digitalocean", "docker"),
)

_FORMS = r"""([\w$-]{0,60}+)(?:\\?["'`])?[\])]?(?:[\s,]{0,24}(?:[=:?+>"'`\\]|value\b)|</key)"""
_GIVEN = re.compile(_FORMS, re.IGNORECASE)
_GIVEN_OR_SAID = re.compile(
    _FORMS + r"""|([\w$-]{0,60}+)["'`]?[ ](?:is|was|ist|est|es|[—–-])[ ]"""
    r"""|([\w$-]{0,60}+)[ \t]{1,8}[^\s]{3,200}+[ \t]*(?:["'\\\n|;&-]|\Z"""
    r"""|account\b|machine\b|(?:https?|ftp):)""",
    re.IGNORECASE,
)
"""What follows a name that is given a value."""
_ASSIGN = re.compile(
    r"""(?:\\?["'`])?[\])]?[ \t]{0,24}
    (?::[ \t]?[A-Za-z_&][\w.'\[\]|]{0,40}[?!]?[ \t]{0,4}=(?![=>~])
      | => | := | \?= | \+= | =(?![=~>]) | :(?![:=]))[ \t]{0,24}""",
    re.VERBOSE,
)
_SIBLING = re.compile(
    r"""(?:\\?["'])?[ \t]{0,8},?\s{1,80}(?:\\?["'])?value(?:\\?["'])?[ \t]{0,8}[:=][ \t]{0,8}""",
    re.VERBOSE | re.IGNORECASE,
)
_ARGUMENT = re.compile(r"""\\?["'][ \t]{0,4},[ \t]{0,24}(?=\\?["'`])""")
_ELEMENT = re.compile(r"(?:\s[^<>\n]{0,200})?>\s{0,80}")
_PLIST = re.compile(r"</key>\s{0,80}<string>", re.IGNORECASE)
_SPACE = re.compile(r"[ \t]{1,8}")
_SAID = re.compile(r"""(?:\\?["'`])?[ \t]{1,4}(?:is|was|ist|est|es|—|–|-)[ \t]{1,4}""")
_BLOCK = re.compile(r"(?:[|>][-+]?[ \t]{0,8})?\r?\n[ \t]{1,80}")
_NETRC = re.compile(r"\b(?:login|machine|user|username)[ \t]+\S+[ \t]*$", re.IGNORECASE)
_OPTION = re.compile(r"(?:^|[\s\"'`])--?\Z")

_QUOTED = re.compile(
    r"""[rbfuRBFU@$]{0,2}(?:\\"((?:[^"\\\n]|\\(?!")){0,600}+)\\" | \\'((?:[^'\\\n]|\\(?!')){0,600}+)\\'
      | "{3}((?:[^"\\\n]|\\.){1,600}+)"{3}
      | "((?:[^"\\\n]|\\.){0,600}+)" | '((?:[^'\\\n]|\\.){0,600}+)' | `((?:[^`\\\n]|\\.){0,600}+)`)""",
    re.VERBOSE,
)
_BARE = re.compile(r"""[^\s"'`<>;&‹\[({][^\s"'`<>;&]{0,600}""")
_LINE_VALUE = re.compile(r"""([^\s"'`‹\[({<]\S{0,600})[ \t]*(?:[ \t]\#[^\n]*)?\r?(?=\n|\Z)""")
_LINE_WORDS = re.compile(r"(\w{2,30}(?:[ ]\w{1,30}){3,11})[ \t]*\r?(?=\n|\Z)")
_INNER = re.compile(r"[^<>\n]{1,600}")
_END = re.compile(r"[ \t]*(?:\r?\n|\Z|[,;)\]}\"'`&<|#]|account\b|machine\b|\\[nrt])")
_LINE_START = re.compile(
    r"[ \t]*(?:[-*+>][ \t]+)?(?:(?://|#|;|--|/?\*)[ \t]*)?(?:(?:export|set|ENV|ARG)[ \t]+)?[\w$.-]*"
)
_COMMENT = re.compile(r"[ \t]*(?://|#|;|--|/?\*|<!--|%)")

_TEMPLATE = re.compile(
    r"\{[\w.]*\}|\$\{|\{\{|<[\w $%-]+>|%\(?\w*\)?[sdrv]\b|\$\(|\$\w+\$?\Z|#\{|\{%|__\w+__|‹redacted"
)
_CODE_LIKE = re.compile(
    r"[\w.]+(?:\(|\[[\"'\w])|[A-Z]+(?:_[A-Z]+)+\d?\Z|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z|.*(?:=>|\|\||&&|::|\(\?[=!:<])",
    re.DOTALL,
)
_PATH = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?|file|ftp)://[^\s@]*|\.{0,2}/[\w./-]*|~/.*|[A-Za-z_.-]+(?:/[A-Za-z_.-]+)+",
    re.DOTALL,
)
_TYPE = re.compile(
    r"""(?:str(?:ing)?|text|varchar|char|bytes?|bool(?:ean)?|int(?:eger)?|any|object|optional|option|required
      |hash|list|array|dict|map|null(?:able)?|void|self|this|params?|props|args?|input|field|email|login|name
      |number|float|date|uuid|url|path|file|secure\w*|sensitive|masked|hidden|plain(?:text)?|auto|default|prompt
      |ask|random|generated?|empty|missing|invalid|incorrect|wrong|unknown|unset|none|n/a)[!?;,]?""",
    re.VERBOSE | re.IGNORECASE,
)
_WEAK = re.compile(
    r"""(?:my|your|the|some|a|new|old|bad|wrong|super|very|top|not|so|this|is|insecure|unsafe|invalid|incorrect
      |test\w{0,4}|foo|bar|baz|qux|spam|eggs|dummy|fake|mock|example|sample|demo|default|placeholder|change|me
      |pass|passw(?:or[dt]|d)?|passphrase|pwd|pw|secret|sekrit|s3cr3t|user|username|admin|root|guest|token|api|key|value
      |string|abc(?:d(?:e(?:f(?:g)?)?)?)?|xyz|qwerty|letmein|hello|world|data|client|server|here|goes|for|and|or
      |django|insecure|auth|access|random|x{2,}|[-_. !?/:@\d])+""",
    re.VERBOSE | re.IGNORECASE,
)
_OF_SENTENCES = """
a an and any are as at be been before by can cannot case character characters check confirm contain
contains correctly create current default do does doesn don else email empty enter example expired
field for forgot from generate given has have here hide i if in incorrect input invalid is it its
key least length login long match matches minimum missing must my new no not of old on only or our
password passwords passphrase please prompt protected repeat required requires reset same secret see
set should show sign some strength strong submit that the their them this to token too type update
use used user username using valid value was weak were what when where which will with without wrong
you your без был быть в ваш введите ведь для его если есть забыли и из или как на не неверный новый
об от по повторите пароль с слишком старый только укажите что это
"""
_SENTENCE = frozenset(_OF_SENTENCES.split())
"""Words of labels, messages and sentences about passwords, not of passwords of several words."""
_SYMBOLS = frozenset("!@#$%^&*?~+=")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_.~%:$!@#^&*?-]{8,}")
_LEAST_OPAQUE = 16
_MOST_PASSWORD = 256
_MOST_BEFORE = 512
"""Characters of a value before a long word in it; a longer one is data, and would be walked for each word."""
_LEAST_NUMBER = 6
"""Digits of a password of digits alone."""
_CHANGE = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]")
_CHANGES = 0.2
"""Share of characters that differ in class from the one before from which on nobody chose them for a meaning:
.45 in random letters and digits, .15 in names such as `userAccessToken2`.
"""
_SCHEMES = ("Bearer", "bearer", "Basic", "basic", "Token", "token", "Bot", "OAuth", "ApiKey")
_QUOTES = "\"'`\\ \t"


def value_of_name(text: str, at: int, style: Style) -> Span | None:
    """The secret that is given to the name in which the word at `at` (`pass`, `secret`, `pwd`) stands."""
    given = (_GIVEN if style is Style.CODE else _GIVEN_OR_SAID).match(text, at)
    if given is None:
        return None
    start, end = _name_start(text, at), given.end(given.lastindex or 1)
    name = text[start:end]
    password = _PASSWORD.fullmatch(name) is not None
    if (not password and not _TOKEN.fullmatch(name)) or _NO_SECRET_NAME.fullmatch(name):
        return None
    for value, sure in _values(text, start, end, name, style):
        judged = _judge(text, value, name, password, style, sure)
        if judged is not None:
            return judged
    return None


def value_before(text: str, first: int, style: Style) -> Span | None:
    """The secret of which the long word at `first` is a part, if the name before it says that it is one."""
    least = max(0, first - _MOST_BEFORE)
    while first > least and (text[first - 1].isalnum() or text[first - 1] in "+/_.~-"):
        first -= 1
    if (first == least and first) or text.startswith("//", first):
        return None
    name = _name_before(text, first)
    if name is None or not _TOKEN.fullmatch(name) or _NO_SECRET_NAME.fullmatch(name):
        return None
    value = _long_value(text, first, style)
    if value is None:
        return None
    given = text[value[0] : value[1]].rstrip(",.)]}")
    if _harmless(given, name) or not (is_opaque(given) or is_user_info(given)):
        return None
    return Span(value[0], value[0] + len(given), kind_of_name(name))


def _long_value(text: str, first: int, style: Style) -> tuple[int, int] | None:
    """Where the value stands that begins at `first`, after a quote or without."""
    opening = text[first - 1 : first]
    value = _quoted_from(text, first - 1) if opening in ("'", '"', "`") else None
    if value is not None:
        return value
    if style is Style.CODE and not _in_comment(text, first) and opening not in tuple("\"'` :"):
        return None
    bare = _BARE.match(text, first)
    return None if bare is None else bare.span()


def kind_of_name(name: str) -> str:
    """What is shown in the place of a value of this name."""
    lower = name.lower()
    issuer = next((known for known in _ISSUERS if known in lower), None)
    plain = lower.replace("_", "").replace("-", "")
    if plain.endswith(("sharedaccesskey", "accountkey")):
        issuer = issuer or "azure"
    what = "secret"
    for word in ("token", "key", "auth", "bearer"):
        if word in lower:
            what = word if word in ("token", "key") else "token"
            break
    return f"{issuer} {what}" if issuer else what


def is_opaque(value: str) -> bool:
    """Whether no person chose this text for its meaning: letters and digits in no order."""
    if len(value) < _LEAST_OPAQUE or not _OPAQUE.fullmatch(value):
        return False
    head = value[:_MOST_PASSWORD]
    return _changes(head) >= _CHANGES * len(head) and any(map(str.isdigit, head))


def _changes(value: str) -> int:
    """How often a digit stands beside a letter, or a capital after a small one."""
    return len(_CHANGE.findall(value))


def _values(
    text: str, start: int, end: int, name: str, style: Style
) -> Iterator[tuple[tuple[int, int], bool]]:
    """Where the value of a name may stand; each with whether it is surely one, not a part of a sentence."""
    if text[start - 1 : start] in ("<", ":") and (inner := _ELEMENT.match(text, end)):
        value = _INNER.match(text, inner.end())
        if value is not None and text.startswith("</", value.end()):
            yield value.span(), True
        return
    for form in (_ASSIGN, _SIBLING, _PLIST):
        found = form.match(text, end)
        if found is not None:
            yield from _value_at(text, start, found.end(), form is _PLIST, style)
            return
    argument = _ARGUMENT.match(text, end)
    if argument is not None:
        quoted = _quoted_from(text, argument.end())
        if quoted is not None:
            yield quoted, False
        return
    line = text[max(text.rfind("\n", max(0, start - 200), start) + 1, start - 200) : start]
    if name.lower() != "pass":
        yield from _value_behind(text, line, _SPACE.match(text, end), style, said=False)
    if style is not Style.CODE or _COMMENT.match(line):
        yield from _value_behind(text, line, _SAID.match(text, end), style, said=True)


def _value_behind(
    text: str, line: str, space: re.Match[str] | None, style: Style, *, said: bool
) -> Iterator[tuple[tuple[int, int], bool]]:
    """A value that only a space, or a verb (`said`), parts from its name; `line`: what stands before that."""
    if space is None:
        return
    quoted = _quoted_from(text, space.end())
    if quoted is not None:
        yield quoted, False
        return
    bare = _BARE.match(text, space.end())
    if bare is None:
        return
    if said:
        yield bare.span(), False
        return
    netrc = style is not Style.CODE and (_NETRC.search(line) or not line.strip())
    if style is not Style.CODE and _OPTION.search(line):
        yield bare.span(), False
    elif (netrc or _OPTION.search(line)) and _END.match(text, bare.end()):
        yield bare.span(), bool(netrc and line.strip())


def _value_at(
    text: str, start: int, at: int, element: bool, style: Style
) -> Iterator[tuple[tuple[int, int], bool]]:
    if element:
        inner = _INNER.match(text, at)
        if inner is not None:
            yield inner.span(), True
        return
    block = _BLOCK.match(text, at) if style is Style.DATA else None
    if block is not None:
        at = block.end()
    quoted = _quoted_from(text, at)
    if quoted is not None:
        yield quoted, True
        return
    if style is Style.CODE and not _in_comment(text, start):
        bare = _BARE.match(text, at)
        if bare is not None and _in_parameters(text, start, at, bare.end()):
            yield bare.span(), False
        return
    line = text[text.rfind("\n", max(0, start - 200), start) + 1 : start]
    begins = _LINE_START.fullmatch(line) is not None
    words = _LINE_WORDS.match(text, at) if begins else None
    if words is not None:
        yield words.span(1), True
    whole = _LINE_VALUE.match(text, at) if begins else None
    if whole is not None:
        yield whole.span(1), True
        return
    bare = _BARE.match(text, at)
    if bare is not None:
        sure = text[bare.end() : bare.end() + 1] in (";", "&", "") or text[at - 1 : at] == "="
        yield bare.span(), sure and _END.match(text, bare.end()) is not None


def _judge(
    text: str, span: tuple[int, int], name: str, password: bool, style: Style, sure: bool
) -> Span | None:
    start, end = span
    given = text[start:end]
    quoted = text[start - 1 : start] in ("'", '"', "`") and start > 0
    if not quoted:
        given = given.rstrip(",)]}.") or given
    stripped = given.strip()
    strict = style is Style.CODE or (style is Style.PROSE and quoted)
    if _harmless(stripped, name):
        return None
    if password:
        vague = strict or not sure or name.lower() in ("pass", "passe")
        several = style is not Style.CODE and sure and _has_several_words(stripped, name, quoted)
        secret = _is_password(stripped, vague, phrase="phrase" in name.lower(), several=several)
    else:
        secret = is_opaque(stripped) or _is_short_secret(stripped, strict or not sure)
    if not secret:
        return None
    return Span(start, start + len(given), "password" if password else kind_of_name(name))


def _harmless(value: str, name: str) -> bool:
    """Whether a value stands for another one, or is known to be none."""
    if len(value) > _MOST_PASSWORD:
        return " " in value or _TEMPLATE.search(value) is not None
    if PLACEHOLDER.fullmatch(value) or _TEMPLATE.search(value) or _CODE_LIKE.match(value):
        return True
    return _letters(value) == _letters(name) or (_PATH.fullmatch(value) is not None)


def is_passphrase(value: str, *, quoted: bool) -> bool:
    """Whether a value of several words is one that words were chosen for, not a sentence or a label."""
    words = value.strip().split()
    if not (3 if quoted else 4) <= len(words) <= 12 or len(value) > _MOST_PASSWORD:
        return False
    plain = all(word.isalnum() and (word.islower() or word.isdigit()) for word in words)
    return plain and _SENTENCE.isdisjoint(words) and len(set(words)) == len(words)


def _has_several_words(value: str, name: str, quoted: bool) -> bool:
    """Whether it is a passphrase; of a variable, also another text of few words with a digit in it."""
    if is_passphrase(value, quoted=quoted):
        return True
    words = value.split()
    variable = quoted and name.isupper() and len(words) <= 6
    return variable and any(map(str.isdigit, value)) and _SENTENCE.isdisjoint(value.lower().split()[2:])


def can_be_given(value: str) -> bool:
    """Whether what a command is given as its password is one, and no name of a place for it."""
    return (
        not _harmless(value, "")
        and not _WEAK.fullmatch(value)
        and not value.startswith(("$", "%", "<", "{", "["))
    )


def _is_password(value: str, strict: bool, *, phrase: bool, several: bool = False) -> bool:
    """Whether a value can be a password; if `strict`, only what mixes letters with digits or signs.

    `phrase`: its name says that it has words, `several`: they look like those of a passphrase.
    """
    if not (6 if strict else 4) <= len(value) <= _MOST_PASSWORD:
        return False
    if any(map(str.isspace, value)):
        return (phrase and not strict) or several
    digits, letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if not strict and len(value) >= _LEAST_NUMBER and value.isdigit():
        return True
    mixed = letters and (digits or not _SYMBOLS.isdisjoint(value[:-1]))
    if strict or not letters:
        return mixed and not _WEAK.fullmatch(value)
    return mixed or not (
        _TYPE.fullmatch(value) or _WEAK.fullmatch(value) or value.endswith((":", "…", "..."))
    )


def _is_short_secret(value: str, strict: bool) -> bool:
    """Of a `secret`, a value that is too short to be opaque, or has signs in it."""
    if not 8 <= len(value) <= _MOST_PASSWORD or any(map(str.isspace, value)) or _WEAK.fullmatch(value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    return not _SYMBOLS.isdisjoint(value[:-1]) or _changes(value) >= (3 if strict else 2)


def is_user_info(value: str) -> bool:
    """Whether it is `user:password` in base 64, as Docker and HTTP have it."""
    import base64
    import binascii

    try:
        plain = base64.b64decode(value, validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        return False
    user, colon, password = plain.partition(":")
    return plain.isprintable() and bool(user and colon and password)


def _quoted_from(text: str, at: int) -> tuple[int, int] | None:
    found = _QUOTED.match(text, at)
    if found is None or found.lastindex is None:
        return None
    return found.span(found.lastindex)


def _name_before(text: str, first: int) -> str | None:
    """The name that is given the value which begins at `first`."""
    head = text[max(0, first - 160) : first]
    rest = head.rstrip(_QUOTES)
    for scheme in _SCHEMES:
        if rest.endswith(scheme) and len(rest) < len(head):
            rest = rest.removesuffix(scheme).rstrip(_QUOTES)
            break
    if not rest or rest[-1] not in "=:>,":
        return None
    if rest.endswith(">") and not rest.endswith("=>"):
        begin = rest.rfind("<")
        return None if begin < 0 else re.split(r"[\s>]", rest[begin + 1 :], maxsplit=1)[0].rpartition(":")[2]
    plain = rest.rstrip("=:>,?+").rstrip(_QUOTES + "])")
    name = _last_name(plain)
    if name.lower() == "value":
        plain = plain[: len(plain) - len(name)].rstrip(_QUOTES + ",\r\n")
        return _last_name(plain)
    return name or None


def _last_name(text: str) -> str:
    begin = len(text)
    while begin and len(text) - begin < _MOST_NAME and _in_name(text[begin - 1]):
        begin -= 1
    return text[begin:]


def _name_start(text: str, at: int) -> int:
    start = at
    while start and at - start < _MOST_NAME and _in_name(text[start - 1]):
        start -= 1
    while start < at and text[start] in "-$":
        start += 1
    return start


def _in_name(character: str) -> bool:
    return character.isalnum() or character in "_-$"


def _in_parameters(text: str, start: int, at: int, end: int) -> bool:
    """Whether a name and its value stand among others in one text: `"…;Password=…;…"`, `"?token=…&…"`."""
    return (
        text[at - 1 : at] == "="
        and text[start - 1 : start] in (";", "&", "?", '"', "'", "`")
        and text[end : end + 1] in (";", "&", '"', "'", "`")
    )


def _in_comment(text: str, at: int) -> bool:
    begin = text.rfind("\n", max(0, at - 400), at) + 1
    return _COMMENT.match(text, begin, at) is not None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def is_secret_said(value: str, *, password: bool, ends: bool) -> bool:
    """Whether a value that a sentence in another language gives to its word for a password, key or token is
    one; `ends`: nothing comes after it in its line.
    """
    if _harmless(value, ""):
        return False
    return _is_password(value, not ends, phrase=False) if password else is_opaque(value)
