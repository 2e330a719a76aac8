"""URIs of records: `magray:/records/n17.md`, a document whose text is the record's."""

from __future__ import annotations

import re

SCHEME = "magray"
_URI = re.compile(r"magray:/{1,3}records/(n\d{1,18})\.md", re.IGNORECASE)


def to_uri(id_: str) -> str:
    """The URI of a record's id."""
    return f"{SCHEME}:/records/{id_}.md"


def to_id(uri: str) -> str | None:
    """The id of the record that a URI means, None for any other URI."""
    match = _URI.fullmatch(uri)
    return match[1].lower() if match else None
