"""Error tree: every exception that the engine raises on purpose.

    MagrayError
    ├── UsageError               the caller asked for something that makes no sense (exit 2)
    │   ├── ConfigError          a setting has a wrong name, type or value
    │   ├── QueryError           a filter or an option of a search cannot be understood
    │   ├── RecordError          a record cannot have such a text, tag, kind, layer or source
    │   └── WorkspaceError       a folder that is not there, not allowed, or not inside its root
    │       └── NotIndexed       a file that the index does not have
    ├── RecordNotFound           no record has this id
    ├── RecordChanged            a record is not what the writer had read
    ├── StorageError             a database could not be read or written
    │   ├── VaultDamaged         SQLite says that a vault is not a sound database
    │   ├── RowsDamaged          single rows are not what was stored; the next run reads their files again
    │   ├── SchemaMismatch       a vault lacks a table or column: an earlier version's, or damaged
    │   ├── VaultTooNew          a later version of magray wrote this vault
    │   ├── VaultLocked          another process is indexing this workspace
    │   └── HomeError            MAGRAY_HOME cannot be created, read or written
    ├── IndexDamaged             a vector snapshot fails its checksum or does not fit its vault
    │   └── LexicalDamaged       the lexical index of a vault is damaged; its next writer makes it again
    ├── ArchiveError             a backup cannot be made, read or restored
    │   ├── ArchiveDamaged       an archive is cut, altered, or none of magray's
    │   └── PassphraseError      an encrypted archive, and no passphrase that opens it
    ├── EmbeddingUnavailable     no model can run here; search goes on lexically
    │   └── ModelError           a model folder is incomplete, damaged or does not fit
    └── Interrupted              the person or the host program asked to stop

Each carries one sentence in three parts: what, why, and what to try.
"""

from __future__ import annotations


class MagrayError(Exception):
    """An error with a stable code, a plain sentence and, where there is one, a remedy.

    `str(error)` is "WHAT: WHY (try: …)". `code` is for programs and never changes once published.
    """

    code = "error"

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        self.what = what
        self.why = why
        self.hint = hint
        super().__init__(self.message + (f" (try: {hint})" if hint else ""))

    @property
    def message(self) -> str:
        """What and why, without the remedy."""
        return f"{self.what}: {self.why}" if self.why else self.what


class UsageError(MagrayError):
    """The caller asked for something that makes no sense: exit code 2."""

    code = "usage"


class ConfigError(UsageError):
    """A setting has a wrong name, type or value."""

    code = "config"


class QueryError(UsageError):
    """A filter or an option of a search cannot be understood."""

    code = "query"


class RecordError(UsageError):
    """A record cannot have such a text, tag, kind, layer or source."""

    code = "record"


class WorkspaceError(UsageError):
    """A folder is not there, not allowed, or not inside its root."""

    code = "workspace"


class NotIndexed(WorkspaceError):
    """The index does not have this file."""

    code = "not_indexed"


class RecordNotFound(MagrayError):
    """No record has this id."""

    code = "record_not_found"


class RecordChanged(MagrayError):
    """`version`: that of the record as it is now."""

    code = "record_changed"

    def __init__(self, what: str, why: str = "", hint: str = "", version: str = "") -> None:
        super().__init__(what, why, hint)
        self.version = version


class StorageError(MagrayError):
    """A database could not be read or written."""

    code = "storage"


class VaultDamaged(StorageError):
    """SQLite says that a vault is not a sound database."""

    code = "vault_damaged"


class RowsDamaged(StorageError):
    """Single rows are not what was stored; the next run reads their files again."""

    code = "rows_damaged"


class SchemaMismatch(StorageError):
    """A vault lacks a table or column: an earlier version's, or damaged."""

    code = "schema_mismatch"


class VaultTooNew(StorageError):
    """A later version of magray wrote this vault."""

    code = "vault_too_new"


class VaultLocked(StorageError):
    """Another process is indexing this workspace."""

    code = "vault_locked"


class HomeError(StorageError):
    """MAGRAY_HOME cannot be created, read or written."""

    code = "home"


class IndexDamaged(MagrayError):
    """A vector snapshot fails its checksum or does not fit its vault."""

    code = "index_damaged"


class LexicalDamaged(IndexDamaged):
    """The lexical index of a vault is damaged; its next writer makes it again."""

    code = "lexical_damaged"


class ArchiveError(MagrayError):
    """A backup cannot be made, read or restored."""

    code = "archive"


class ArchiveDamaged(ArchiveError):
    """An archive is cut, altered, or none of magray's."""

    code = "archive_damaged"


class PassphraseError(ArchiveError):
    """An archive is encrypted, and no passphrase was given that opens it."""

    code = "passphrase"


class EmbeddingUnavailable(MagrayError):
    """No model can run here; search goes on by words."""

    code = "embedding_unavailable"


class ModelError(EmbeddingUnavailable):
    """A model folder is incomplete, damaged or does not fit."""

    code = "model"


class Interrupted(MagrayError):
    """The person or the host program asked to stop."""

    code = "interrupted"
