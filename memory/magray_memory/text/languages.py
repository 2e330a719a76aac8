"""Language detection: by a file's name, then by its first lines where the name does not settle it.

Dozens of languages have no grammar here; they still have a name, for filters and for showing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.text import language_table

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its id, "code" or "doc", its other names, and what its files are called."""

    id: str
    kind: str
    names: tuple[str, ...]
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    interpreters: tuple[str, ...]


def _read(table: str, kind: str) -> list[Language]:
    rows = (line.split("|") for line in table.strip().splitlines())
    languages: list[Language] = []
    for row in rows:
        names, extensions, filenames, interpreters = (tuple(field.split()) for field in row[1:])
        languages.append(Language(row[0].strip(), kind, names, extensions, filenames, interpreters))
    return languages


LANGUAGES: tuple[Language, ...] = (*_read(language_table.CODE, "code"), *_read(language_table.DOC, "doc"))

_KINDS = {language.id: language.kind for language in LANGUAGES}
_FILENAMES: dict[str, str] = {}
_EXTENSIONS: dict[str, str] = {}
_INTERPRETERS: dict[str, str] = {}
_NAMES: dict[str, str] = {language.id: language.id for language in LANGUAGES}
for _language in LANGUAGES:
    for _name in _language.filenames:
        _FILENAMES.setdefault(_name.lower(), _language.id)
    for _name in _language.extensions:
        _EXTENSIONS.setdefault(_name, _language.id)
    for _name in _language.interpreters:
        _INTERPRETERS.setdefault(_name, _language.id)
    for _name in _language.names:
        _NAMES.setdefault(_name, _language.id)

_TEMPLATE_SUFFIX = re.compile(
    r"(?:\.(?:erb|j2|jinja2?|in|tmpl|tpl|template|dist|sample|example|orig|bak|epp|mako)|-tpl)$"
)
_SHEBANG = re.compile(r"#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(\S+)|#![ \t]*(\S+)")
_MODELINE = re.compile(
    r"-\*-(?:.*?\bmode:)?[ \t]*([\w+#-]+)[ \t]*(?:;.*?)?-\*-"
    r"|\b(?:vim?|ex):[ \t]*(?:set?[ \t]+)?(?:[^\n]*?[ \t:])?(?:ft|filetype|syntax|syn)=([\w+#-]+)"
)
_RST = re.compile(
    r"^\.\. [\w-]+::|^\.\. _[^:\n]+:|^([=\-~^\"'`#*+])\1{3,}[ \t]*$\n(?:^.+$\n^\1{4,}|\n)|:[a-z]+:`",
    re.MULTILINE,
)
_CPP = re.compile(
    r"^\s*(?:class\s+\w+[^;]*$|class\s+\w+.*[{:]|namespace\b|template\s*<|using\s|public:|private:|protected:|enum\s+(?:class|struct)\b|#\s*include\s*<\w+>)"
    r"|\bstd::|\boperator\s*[^\w\s]|\bconstexpr\b|\bvirtual\b|\bnullptr\b",
    re.MULTILINE,
)
_CPP_ALONE = re.compile(r"\bnoexcept\b|\btypename\b|\b(?:static|const|dynamic|reinterpret)_cast<")
"""What a header of C has only for C++ that includes it."""
_OBJC = re.compile(
    r"^\s*(?:@(?:interface|implementation|protocol|class|import|property|end)\b|#import\b)", re.MULTILINE
)


def _detect_h(head: str) -> str:
    if _OBJC.search(head):
        return "objective-c"
    cpp = _CPP.search(head) or ("__cplusplus" not in head and _CPP_ALONE.search(head))
    return "cpp" if cpp else "c"


def _detect_m(head: str) -> str:
    if _OBJC.search(head) or re.search(r"^\s*(?:#include|//|/\*|[-+]\s*\()", head, re.MULTILINE):
        return "objective-c"
    if re.search(r"\(\*|\w\[[^\]]*_\]|:=", head) and not re.search(
        r"^\s*(?:%|function\b|end\b)", head, re.MULTILINE
    ):
        return "mathematica"
    return "matlab" if re.search(r"^\s*(?:%|function\b|end\b|\w+\s*=)", head, re.MULTILINE) else "objective-c"


def _detect_pl(head: str) -> str:
    perl = re.search(r"^\s*(?:use\s+\w|my\s|sub\s+\w|package\s|our\s)|[$@%]\w+\s*=", head, re.MULTILINE)
    return (
        "prolog"
        if not perl and re.search(r"^:-|^[a-z]\w*\(.*\)\s*(?::-|\.\s*$)", head, re.MULTILINE)
        else "perl"
    )


def _detect_txt(head: str) -> str:
    marks = _RST.findall(head)
    return (
        "restructuredtext" if len(marks) > 1 or re.search(r"^\.\. [\w-]+::", head, re.MULTILINE) else "text"
    )


_XML_HEAD = re.compile(r"\s*<(?:\?xml|!DOCTYPE)")

AMBIGUOUS: dict[str, Callable[[str], str]] = {
    "h": _detect_h,
    "m": _detect_m,
    "pl": _detect_pl,
    "txt": _detect_txt,
    "ts": lambda head: "xml" if _XML_HEAD.match(head) else "typescript",
    "inc": lambda head: (
        "php"
        if "<?" in head
        else _detect_h(head)
        if re.search(r"^\s*#\s*\w|[;{]\s*$", head, re.MULTILINE)
        else "assembly"
    ),
    "v": lambda head: (
        "coq"
        if re.search(r"^(?:Require|Theorem|Lemma|Definition|Inductive)\b", head, re.MULTILINE)
        else "v"
        if re.search(r"^(?:fn|pub fn|struct)\b", head, re.MULTILINE)
        else "verilog"
    ),
    "fs": lambda head: (
        "forth"
        if re.search(r"^: \S", head, re.MULTILINE)
        else "glsl"
        if "gl_" in head or "#version" in head
        else "fsharp"
    ),
    "cls": lambda head: (
        "latex"
        if "\\" in head
        else "vb"
        if re.search(r"^(?:VERSION|Attribute|Option)\b", head, re.MULTILINE)
        else "apex"
    ),
    "d": lambda head: "makefile" if re.match(r"\S+\.o\s*:", head) else "d",
    "pp": lambda head: (
        "pascal"
        if re.search(r"^(?:unit|program|uses|interface)\b", head, re.MULTILINE | re.IGNORECASE)
        else "puppet"
    ),
    "t": lambda head: "perl",
    "tpl": lambda head: (
        "php" if "<?php" in head else "html" if re.search(r"</?\w+>|\{[%{]", head) else "text"
    ),
    "cgi": lambda head: "perl",
    "sc": lambda head: "scala",
    "bb": lambda head: "clojure" if head.lstrip().startswith(("(", ";", "#!")) else "bitbake",
    "asc": lambda head: "asciidoc" if re.search(r"^=+ \S", head, re.MULTILINE) else "text",
    "properties": lambda head: "ini",
    "el": lambda head: "emacs-lisp",
}
"""Extensions that say too little, each with what the first lines are asked."""


def detect(path: str, head: str = "") -> str:
    """The id of the language of a file, "text" when nothing tells.

    `path` may be a bare name, absolute or relative, with either slash; `head` is the beginning of the text
    (a few thousand characters are enough) and may be left out.
    """
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    for _ in range(3):
        found = _by_name(name, head)
        if found:
            return found
        shorter = _TEMPLATE_SUFFIX.sub("", name)
        if shorter == name:
            break
        name = shorter
    return _by_head(head) or "text"


def _by_name(name: str, head: str) -> str | None:
    if name in _FILENAMES:
        return (_shebang(head) if "." not in name else None) or _FILENAMES[name]
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return "dockerfile" if name.startswith(("dockerfile", "containerfile")) else None
    if extension in AMBIGUOUS:
        return (_modeline(head) if extension != "txt" else None) or AMBIGUOUS[extension](head)
    if extension in _EXTENSIONS and not extension.isdigit():
        return _EXTENSIONS[extension]
    if extension in _EXTENSIONS and re.search(r"^\.(?:TH|Dd)\b", head, re.MULTILINE):
        return _EXTENSIONS[extension]
    return (
        _FILENAMES.get(stem) if stem in {"dockerfile", "makefile", "jenkinsfile", "containerfile"} else None
    )


def _modeline(head: str) -> str | None:
    match = _MODELINE.search("\n".join(head.split("\n", 6)[:6]))
    return canonical(match[1] or match[2]) if match else None


def _shebang(head: str) -> str | None:
    match = _SHEBANG.match(head)
    if match is None:
        return None
    command = (match[1] or match[2]).rpartition("/")[2]
    return _INTERPRETERS.get(command) or _INTERPRETERS.get(command.rstrip("0123456789.-"))


def _by_head(head: str) -> str | None:
    """For files whose name says nothing: the interpreter, the editor's modeline, the first characters."""
    found = _shebang(head) or _modeline(head)
    if found:
        return found
    start = head[:512].lstrip().lower()
    if start.startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith("<?php"):
        return "php"
    if start.startswith("<?xml"):
        return "xml"
    return None


def kind_of(language: str) -> str:
    """Whether a language holds "code" (also markup and data) or "doc", text that people read."""
    return _KINDS.get(language, "code")


def canonical(name: str) -> str | None:
    """The language that a person means by a name or an extension ("py", "C++", ".rs"); None when unknown."""
    name = name.strip().lower()
    return _NAMES.get(name) or _EXTENSIONS.get(name.removeprefix(".")) or _INTERPRETERS.get(name)
