"""Skipped files: the closed list of faults for which a file that should be indexed is not."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class SkipReason(StrEnum):
    """What is wrong with a file or folder; the values are stored."""

    UNREADABLE = "unreadable"
    """The system refused: that may change without a trace, so it is tried again in every run."""
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    UNPARSABLE = "unparsable"
    PARSE_TIMEOUT = "parse_timeout"
    PARSER_CRASH = "parser_crash"
    INVALID_NAME = "invalid_name"
    UNSEEN = "unseen"
    FOLDER_UNREADABLE = "folder_unreadable"
    TOO_DEEP = "too_deep"
    RULES_UNKNOWN = "rules_unknown"
    """An ignore file cannot be used, so nothing below its folder is indexed."""


PASSING = (SkipReason.PARSE_TIMEOUT, SkipReason.PARSER_CRASH)
"""What may be the machine's fault rather than the file's."""

_SENTENCES = {
    SkipReason.UNREADABLE: "it cannot be read: {}",
    SkipReason.TOO_LARGE: "it has {}",
    SkipReason.UNDECODABLE: "it cannot be decoded: {}",
    SkipReason.UNPARSABLE: "it cannot be parsed: {}",
    SkipReason.PARSE_TIMEOUT: "it took longer than {} s to parse",
    SkipReason.PARSER_CRASH: "the parser crashed on it",
    SkipReason.INVALID_NAME: "its name is not valid Unicode",
    SkipReason.UNSEEN: "it cannot be looked at: {}",
    SkipReason.FOLDER_UNREADABLE: "the folder cannot be read: {}",
    SkipReason.RULES_UNKNOWN: "nothing in it is indexed, for what may be indexed is not known: {}",
    SkipReason.TOO_DEEP: "it lies more than {} folders deep",
}


class Skip(NamedTuple):
    """Why a file was skipped; `detail` is what the reason leaves open: an error, a size, a limit."""

    reason: SkipReason
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The reason for a person, in lower case and without a full stop."""
        return _SENTENCES[self.reason].format(self.detail)
