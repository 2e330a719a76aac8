"""Redaction by changed rules: which files must be read again, so that no other is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.storage.redactions import RULES, redacted_documents, stored_texts
from magray_memory.text.redaction import redact, rules_version

if TYPE_CHECKING:
    from magray_memory.config import RedactionSettings
    from magray_memory.storage.vault import Vault


def redacted_otherwise(vault: Vault, settings: RedactionSettings) -> frozenset[str]:
    """The files that the rules of now may redact otherwise than those by which the vault was made: those out
    of which something was taken, and those that hold what would be taken now.
    """
    if vault.meta(RULES) == rules_version(settings):
        return frozenset()
    found: set[str] = set()
    with vault.read() as connection:
        before = redacted_documents(connection)
        for document, path, language, text in stored_texts(connection):
            if path is None or path in found:
                continue
            if document in before or redact(text, settings, language=language or "").counts:
                found.add(path)
    return frozenset(found)
