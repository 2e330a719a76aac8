"""Secret values: passwords, keys and tokens that are known by the name they are given to.

`password = "…"`, `"api_key": "…"`, `DB_PASS=…`, `<password>…</password>`, `machine … password …`. A value
counts only if it can be one: no placeholder, template, call, label or type. In source code a value is quoted,
so that a name that is given to another name never counts.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from magray_memory.text.secret_judgement import (
    has_several_words,
    is_harmless,
    is_opaque,
    is_password,
    is_short_secret,
    is_user_info,
)
from magray_memory.text.secret_names import NO_SECRET, PASSWORD, TOKEN, kind_of_name, name_before, name_start
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
_TAIL = re.compile(r"""(?:[;&](?![\w.-]{1,40}=)(?=[^\s"'`<>;&]{0,40}[0-9!@#$%^*?~+])[^\s"'`<>;&]{1,100})+""")
"""The rest of a password that has one of the characters in it which part a value from the next name."""
_LINE_VALUE = re.compile(r"""([^\s"'`‹\[({<]\S{0,600})[ \t]*(?:[ \t]\#[^\n]*)?\r?(?=\n|\Z)""")
_LINE_WORDS = re.compile(r"(\w{2,30}(?:[ ]\w{1,30}){3,11})[ \t]*\r?(?=\n|\Z)")
_INNER = re.compile(r"[^<>\n]{1,600}")
_END = re.compile(r"[ \t]*(?:\r?\n|\Z|[,;)\]}\"'`&<|#]|account\b|machine\b|\\[nrt])")
_LINE_START = re.compile(
    r"[ \t]*(?:[-*+>][ \t]+)?(?:(?://|#|;|--|/?\*)[ \t]*)?(?:(?:export|set|ENV|ARG)[ \t]+)?[\w$.-]*"
)
_COMMENT = re.compile(r"[ \t]*(?://|#|;|--|/?\*|<!--|%)")
_MOST_BEFORE = 512
"""Characters of a value before a long word in it; a longer one is data, and would be walked for each word."""


def value_of_name(text: str, at: int, style: Style) -> Span | None:
    """The secret that is given to the name in which the word at `at` (`pass`, `secret`, `pwd`) stands."""
    given = (_GIVEN if style is Style.CODE else _GIVEN_OR_SAID).match(text, at)
    if given is None:
        return None
    start, end = name_start(text, at), given.end(given.lastindex or 1)
    name = text[start:end]
    password = PASSWORD.fullmatch(name) is not None
    if (not password and not TOKEN.fullmatch(name)) or NO_SECRET.fullmatch(name):
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
    name = name_before(text, first)
    if name is None or not TOKEN.fullmatch(name) or NO_SECRET.fullmatch(name):
        return None
    value = _long_value(text, first, style)
    if value is None:
        return None
    given = text[value[0] : value[1]].rstrip(",.)]}")
    if is_harmless(given, name) or not (is_opaque(given) or is_user_info(given)):
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
    if is_harmless(stripped, name):
        return None
    if password:
        vague = strict or not sure or name.lower() in ("pass", "passe")
        several = style is not Style.CODE and sure and has_several_words(stripped, name, quoted)
        secret = is_password(
            stripped, vague, phrase=name.lower().endswith(("phrase", "psk")), several=several
        )
    else:
        secret = is_opaque(stripped) or is_short_secret(stripped, strict or not sure)
    if not secret:
        return None
    end = start + len(given)
    tail = None if quoted or style is Style.CODE else _TAIL.match(text, end)
    end += 0 if tail is None else len(tail[0].rstrip(",)]}."))
    return Span(start, end, "password" if password else kind_of_name(name))


def _quoted_from(text: str, at: int) -> tuple[int, int] | None:
    found = _QUOTED.match(text, at)
    if found is None or found.lastindex is None:
        return None
    return found.span(found.lastindex)


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
