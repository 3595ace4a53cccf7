"""The master keys of a store: 32 bytes each, under which secrets are sealed; they are never in it.

A key is found in the first of these places that has one, and what is sealed is sealed under it:

1. ``ENSUE_SECRETS_KEY``: base64 of 32 bytes;
2. ``ENSUE_SECRETS_KEY_FILE``: a file with such a line, which nobody but its owner can read;
3. the file ``<store>-key`` beside a store on a file, which is made when it is needed first.

A file may have further lines, and ``ENSUE_SECRETS_KEY_PREVIOUS`` may name further keys, divided by
white space: what was sealed under them can still be opened. A file is read again when it changes.

A key is known by its *id*, 16 hexadecimal digits that are derived from it and tell nothing of it
(HKDF-Expand, RFC 5869, with a label of its own). A store in memory has a key of its own, which is
gone with it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ensue.engine.database import StoreUrl
from ensue.engine.ids import fresh_bytes
from ensue.words.errors import Conflict, MissingKey, StoreUnusable

KEY_VARIABLE = "ENSUE_SECRETS_KEY"
FILE_VARIABLE = "ENSUE_SECRETS_KEY_FILE"
PREVIOUS_VARIABLE = "ENSUE_SECRETS_KEY_PREVIOUS"
KEY_BYTES = 32
KEYS_MAX = 16
KEY_FILE_BYTES_MAX = 4_096

_ID_LABEL = b"ensue secrets key id"
_ID_BYTES = 8
_READABLE_BY_OTHERS = 0o077

log = logging.getLogger("ensue.engine")


class MasterKey:
    """A key under which secrets are sealed.

    Args:
        key: 32 bytes.

    Attributes:
        id: what it is known by; tells nothing of it.
    """

    __slots__ = ("_key", "id")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.id = self.derived(_ID_LABEL)[:_ID_BYTES].hex()

    def derived(self, label: bytes) -> bytes:
        """The key for one purpose, 32 bytes: HKDF-Expand with SHA-256, one block."""
        return hmac.digest(self._key, label + b"\x01", "sha256")

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a master key is not written anywhere")


@dataclass
class _Found:
    """What the places had: the key to seal under, those that open, and what was wrong."""

    sealing: MasterKey | None = None
    opening: dict[str, MasterKey] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


class Keyring:
    """The master keys of one store.

    Args:
        beside: the key file beside the store; None where it is not on a file.
        environ: the variables of the environment.
    """

    def __init__(self, beside: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._beside = beside
        self._environ = environ
        self._own: MasterKey | None = None
        self._files: dict[Path, tuple[tuple[int, int, int], list[MasterKey]]] = {}
        self._named: dict[str, tuple[str, list[MasterKey]]] = {}

    def to_seal(self) -> MasterKey:
        """The key under which secrets are sealed now.

        Raises:
            MissingKey: there is none, or it is not written as it must be; says where.
        """
        found = self._found()
        if found.sealing is None:
            raise _missing(None, found)
        return found.sealing

    def to_open(self, key_id: str) -> MasterKey:
        """The key of an id.

        Raises:
            MissingKey: it is not here; names the id.
        """
        found = self._found()
        key = found.opening.get(key_id)
        if key is None:
            raise _missing(key_id, found)
        return key

    def make(self) -> None:
        """Make the key file beside the store, where no place names a key.

        Raises:
            StoreUnusable: it cannot be written.
        """
        if self._is_named() or self._beside is None or self._beside.exists():
            return
        made = add_key(self._beside)
        log.warning(
            "a key for secrets, %s, was made in %s: keep a copy of it apart from the store's",
            made.id,
            self._beside,
        )

    def _is_named(self) -> bool:
        return bool(self._environ.get(KEY_VARIABLE) or self._environ.get(FILE_VARIABLE))

    def _found(self) -> _Found:
        found = _Found()
        environ = self._environ
        if environ.get(KEY_VARIABLE):
            self._note(found, KEY_VARIABLE, environ[KEY_VARIABLE], seals=True)
        elif environ.get(FILE_VARIABLE):
            self._note_file(found, Path(environ[FILE_VARIABLE]), seals=True)
        if self._beside is not None:
            if self._beside.exists():
                self._note_file(found, self._beside, seals=not self._is_named())
        elif not self._is_named():
            self._own = self._own or MasterKey(fresh_bytes(KEY_BYTES))
            _take(found, [self._own], seals=True)
        if environ.get(PREVIOUS_VARIABLE):
            self._note(found, PREVIOUS_VARIABLE, environ[PREVIOUS_VARIABLE], seals=False)
        return found

    def _note(self, found: _Found, place: str, text: str, *, seals: bool) -> None:
        try:
            known = self._named.get(place)
            if known is None or known[0] != text:
                known = self._named[place] = text, _parsed(text, place)
            _take(found, known[1], seals=seals)
        except MissingKey as fault:
            found.troubles.append(fault.message)

    def _note_file(self, found: _Found, file: Path, *, seals: bool) -> None:
        try:
            _take(found, self._read(file), seals=seals)
        except MissingKey as fault:
            found.troubles.append(fault.message)

    def _read(self, file: Path) -> list[MasterKey]:
        """The keys of a file, which is read again when it has changed."""
        try:
            with file.open("rb") as opened:
                status = os.fstat(opened.fileno())
                stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
                _check_private(status.st_mode, file)
                known = self._files.get(file)
                if known is not None and known[0] == stamp:
                    return known[1]
                text = opened.read(KEY_FILE_BYTES_MAX + 1)
        except OSError as fault:
            raise MissingKey(f"{file} cannot be read: {fault.strerror}") from None
        if len(text) > KEY_FILE_BYTES_MAX:
            raise MissingKey(f"{file} is larger than {KEY_FILE_BYTES_MAX} bytes")
        keys = _parsed(text.decode("ascii", "replace"), str(file))
        self._files[file] = (stamp, keys)
        return keys


def keyring_of(url: StoreUrl) -> Keyring:
    """The keys of a store."""
    return Keyring(None if url.on_loop else key_file_of(Path(url.path)))


def key_file_of(store: Path) -> Path:
    """The key file beside a store's file."""
    return store.with_name(f"{store.name}-key")


def new_key_text() -> str:
    """A new key, as the environment and the files have it."""
    return base64.b64encode(fresh_bytes(KEY_BYTES)).decode()


def key_id_of(text: str) -> str:
    """The id of a key.

    Raises:
        MissingKey: the text is none.
    """
    return MasterKey(_decoded(text, "the text")).id


def add_key(file: Path) -> MasterKey:
    """Put a new key first into a key file, which is made where it is not there.

    The others stay behind it, so that what was sealed under them can be opened. The file is
    replaced as a whole, on the disk, before this returns.

    Raises:
        MissingKey: the file is there and is no key file.
        Conflict: it has as many keys as it may.
        StoreUnusable: it cannot be written.
    """
    before = ""
    if file.exists():
        ring = Keyring(file, {})
        ring.to_seal()
        before = file.read_text("ascii")
        if len(before.split()) >= KEYS_MAX:
            raise Conflict(
                f"expected at most {KEYS_MAX} keys in {file}",
                hint="Rekey, and take out those that nothing is sealed under.",
            )
    text = new_key_text()
    try:
        _replace(file, f"{text}\n{before}")
    except OSError as fault:
        raise StoreUnusable(f"{file} cannot be written: {fault.strerror}") from None
    return MasterKey(base64.b64decode(text))


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take(found: _Found, keys: list[MasterKey], *, seals: bool) -> None:
    if seals and found.sealing is None:
        found.sealing = keys[0]
    for key in keys:
        found.opening.setdefault(key.id, key)


def _parsed(text: str, place: str) -> list[MasterKey]:
    """The keys that a text names, never shown."""
    words = text.split()
    if not 1 <= len(words) <= KEYS_MAX:
        raise MissingKey(f"expected 1 to {KEYS_MAX} keys in {place}, got {len(words)}")
    return [MasterKey(_decoded(word, place)) for word in words]


def _decoded(word: str, place: str) -> bytes:
    try:
        key = base64.b64decode(word.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        raise MissingKey(f"expected base64 of {KEY_BYTES} bytes in {place}, got none") from None
    if len(key) != KEY_BYTES:
        raise MissingKey(f"expected base64 of {KEY_BYTES} bytes in {place}, got {len(key)} bytes")
    return key


_STANDARD = str.maketrans("-_", "+/")


def _check_private(mode: int, file: Path) -> None:
    if stat.S_IMODE(mode) & _READABLE_BY_OTHERS:
        raise MissingKey(
            f"expected {file} to be open to its owner only, got mode {stat.S_IMODE(mode):04o}"
        )


def _missing(key_id: str | None, found: _Found) -> MissingKey:
    wanted = "a key to seal secrets under" if key_id is None else f"the secrets key {key_id}"
    got = ", ".join(found.opening) or "none"
    troubles = "".join(f"; {each}" for each in found.troubles)
    where = KEY_VARIABLE if key_id is None or not found.opening else PREVIOUS_VARIABLE
    return MissingKey(
        f"expected {wanted}, got {got}{troubles}",
        key_id=key_id,
        hint=f"Set {where}, or {FILE_VARIABLE} to its file.",
    )
