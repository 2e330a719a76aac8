"""Encryption of an archive: scrypt for the key, AES-256-GCM for chunks in an authenticated order.

The construction is STREAM: the nonce of a chunk holds its number and whether it is the last one, and each is
bound to the header, so that chunks cannot be changed, swapped, repeated, left out or added. What can be read
without the passphrase is the version of the format and the parameters of scrypt.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from typing import TYPE_CHECKING, Any, BinaryIO

from magray_memory.errors import ArchiveDamaged, ArchiveError, PassphraseError
from magray_memory.progress import SILENT

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.progress import Progress

MAGIC = b"magray-encrypted"
VERSION = 1
CHUNK = 1 << 16
_HEADER = struct.Struct(">16sBBBB16s7s")
"""Magic, version, scrypt's log2 n, r and p, salt, the first bytes of each nonce."""
_LOG_N, _R, _P = 16, 8, 1
"""64 MB and a fifth of a second for each try of a passphrase."""
_MOST_LOG_N = 20
_TAG = 16
_MOST_CHUNKS = 1 << 32


def is_encrypted(path: Path) -> bool:
    """Whether a file begins like an encrypted archive. Raises OSError, ArchiveError for a device or a pipe,
    which may never give a byte.
    """
    if not path.is_file() and path.exists():
        raise ArchiveError(f"{path} is no backup", "it is no regular file")
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def require_library() -> None:
    """Raises ArchiveError where the library that encrypts is not installed."""
    _aes_gcm()


class EncryptingSink:
    """A stream that encrypts what is written to it; `finish` writes the last chunk."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        self._out = out
        salt, self._prefix = os.urandom(16), os.urandom(7)
        self._header = _HEADER.pack(MAGIC, VERSION, _LOG_N, _R, _P, salt, self._prefix)
        self._cipher = _aes_gcm()(_key(passphrase, salt, _LOG_N, _R, _P))
        self._buffer = bytearray()
        self._number = 0
        out.write(self._header)

    def write(self, data: bytes) -> int:
        """Encrypt whole chunks of what is there; returns how many bytes were taken."""
        self._buffer += data
        while len(self._buffer) > CHUNK:  # the last chunk, full or not, is written by `finish`
            self._write_chunk(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Flush the stream below; an unfinished chunk waits for `finish`."""
        self._out.flush()

    def finish(self) -> None:
        """Write what is left, as the end."""
        self._write_chunk(bytes(self._buffer), last=True)

    def _write_chunk(self, data: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._out.write(self._cipher.encrypt(nonce, data, self._header))
        self._number += 1


def decrypt(path: Path, target: Path, passphrase: str, name: str, progress: Progress = SILENT) -> None:
    """Write the archive that an encrypted file holds to a new file; what is refused leaves none.

    Raises PassphraseError, ArchiveDamaged, ArchiveError, OSError.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        cipher, prefix = _cipher_of(header, passphrase, name)
        size, done = path.stat().st_size, len(header)
        from magray_memory import atomic_file

        with atomic_file.create(target) as out:
            number = 0
            chunk = file.read(CHUNK + _TAG)
            while True:
                following = file.read(CHUNK + _TAG)
                out.write(_decrypted(cipher, prefix, header, number, chunk, name, last=not following))
                done += len(chunk)
                progress.report("decrypting", done, size, "bytes")
                progress.check()
                number += 1
                if not following:
                    return
                chunk = following


def _decrypted(
    cipher: Any, prefix: bytes, header: bytes, number: int, chunk: bytes, name: str, *, last: bool
) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(_nonce(prefix, number, last=last), chunk, header)
    except (InvalidTag, ValueError) as error:
        if number == 0:
            why = "the passphrase is another one, or the file is cut short or altered"
            raise PassphraseError(
                f"{name} cannot be decrypted", why, "the passphrase it was made with"
            ) from error
        raise ArchiveDamaged(
            f"{name} cannot be used", "it is cut short or altered", "another backup"
        ) from error


def _cipher_of(header: bytes, passphrase: str, name: str) -> tuple[Any, bytes]:
    if len(header) < _HEADER.size:
        raise ArchiveDamaged(f"{name} cannot be used", "it is cut short", "another backup")
    _, version, log_n, r, p, salt, prefix = _HEADER.unpack(header)
    if version > VERSION:
        raise ArchiveError(f"{name} was made by a later version of magray", "", "upgrade magray")
    # What stands in a stranger's file is not to take all memory.
    if version < 1 or not 1 <= log_n <= _MOST_LOG_N or r != _R or p != _P:
        raise ArchiveDamaged(f"{name} cannot be used", "its header is altered", "another backup")
    return _aes_gcm()(_key(passphrase, salt, log_n, r, p)), prefix


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= _MOST_CHUNKS:
        raise ArchiveError("the backup is too large to be encrypted", "256 TB are the most")
    return prefix + struct.pack(">IB", number, last)


def _key(passphrase: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    return Scrypt(salt=salt, length=32, n=1 << log_n, r=r, p=p).derive(secret)


def _aes_gcm() -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise ArchiveError(
            "encrypted backups need the library cryptography",
            "it is not installed",
            'pip install "magray[encrypt]"',
        ) from error
    return AESGCM
