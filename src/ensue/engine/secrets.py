"""Secrets: where one is kept is declared, what it is is read when it is needed.

A declaration names the place, an environment variable or a file; the text is never part of it, of
its form as text, or of an error. A file is read again when it has changed, so a secret is rotated
by writing another one into its file, while the app runs.

A demo secret is the exception: it is in the source, so that an app can be tried with nothing set.
It opens to whoever has read the source, is told of in the log, and stands for nothing where others
can come (`DEMO_VARIABLE`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from ensue.words.errors import InvalidDeclaration, MissingSecret

SECRET_BYTES_MAX = 65_536
DEMO_VARIABLE = "ENSUE_DEMO"

READ_MAX = 1_000
MASKED_LENGTH_MIN = 6
MASK = "***"

_Stamp: TypeAlias = tuple[int, int, int]

log = logging.getLogger("ensue.engine")
_read: dict[str, None] = {}


def note_read(text: str) -> str:
    """Note that a secret was read in this process, so that no log tells it; returns it.

    One that is too short to be told from other words is not noted.
    """
    if len(text) >= MASKED_LENGTH_MIN:
        _read[text] = None
        if len(_read) > READ_MAX:
            _read.pop(next(iter(_read)), None)
    return text


def without_secrets(text: str) -> str:
    """A text without the secrets that were read in this process."""
    for each in list(_read):
        if each in text:
            text = text.replace(each, MASK)
    return text


def refuse_demos() -> None:
    """Let no demo secret stand in this process, nor in those it starts, unless it is ``on``."""
    os.environ.setdefault(DEMO_VARIABLE, "off")


@contextmanager
def unless_it_may_come() -> Iterator[None]:
    """Let pass that a secret is missing, where it may be put while the app runs."""
    try:
        yield
    except MissingSecret as fault:
        if not fault.may_come:
            raise


class Secret:
    """A place where a secret is kept. Make one by `Secret.env`, `Secret.file` or `Vault.secret`."""

    __slots__ = ("_demo", "_is_told", "_kind", "_place", "_stamp", "_text")

    def __init__(
        self, kind: Literal["env", "file", "vault"], place: str, *, demo: str | None = None
    ) -> None:
        if not place or not isinstance(place, str):
            raise InvalidDeclaration(f"expected the name of a place, got {place!r}", at="secret")
        self._kind = kind
        self._place = place
        self._demo = demo
        self._stamp: _Stamp | None = None
        self._text: str | None = None
        self._is_told = False

    @classmethod
    def env(cls, name: str, *, demo: str | None = None) -> Secret:
        """The secret in an environment variable.

        Args:
            name: of the variable, such as ``STRIPE_SECRET``.
            demo: what stands for it where the variable is not set, so that the app can be tried.
                Everybody who reads the source knows it: the log says that it is used. With a key,
                on a host that other machines can reach, or with ``ENSUE_DEMO=off`` it is not.

        Raises:
            InvalidDeclaration: the name is none, or the stand-in is empty.
        """
        if demo is not None and not demo.strip():
            raise InvalidDeclaration("expected a demo secret, got an empty one", at=name)
        return cls("env", name, demo=demo)

    @classmethod
    def file(cls, path: str | Path) -> Secret:
        """The secret in a file of UTF-8 text, which is read again when it changes.

        Args:
            path: of the file, such as ``/run/secrets/stripe``.

        Raises:
            InvalidDeclaration: the path is none.
        """
        return cls("file", str(path))

    @property
    def place(self) -> str:
        """Where it is kept: the name of the variable, or the path of the file."""
        return self._place

    def __repr__(self) -> str:
        return f"Secret.{self._kind}({self._place!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def read(self) -> str:
        """The secret as it is now, without white space around it.

        A file that was readable and is not any more is told of in the log; what it said stays good.

        Raises:
            MissingSecret: it is not there, empty, too large, or no UTF-8; names the place.
        """
        if self._kind == "env":
            return self._from_environment()
        try:
            text = self._from_file()
        except OSError as fault:
            return self._kept(self._missing(fault.strerror or "it cannot be read"))
        except MissingSecret as fault:
            return self._kept(fault)
        self._is_told = False
        return text

    def _from_environment(self) -> str:
        found = os.environ.get(self._place)
        if found is not None or self._demo is None:
            return self._checked(found)
        if os.environ.get(DEMO_VARIABLE) == "off":
            raise self._missing("it is not set, and its demo secret is known to everybody")
        if not self._is_told:
            self._is_told = True
            log.warning(
                "%s is not set: the demo secret is used, which everybody knows", self._place
            )
        return self._demo.strip()

    def _kept(self, trouble: MissingSecret) -> str:
        """What the file said before; the log is told once, not with each request."""
        if self._text is None:
            raise trouble
        if not self._is_told:
            self._is_told = True
            log.warning("%s; what it said before stays", trouble.message)
        return self._text

    def _from_file(self) -> str:
        found = Path(self._place).stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._text is None or stamp != self._stamp:
            if found.st_size > SECRET_BYTES_MAX:
                raise self._missing(f"it is larger than {SECRET_BYTES_MAX} bytes")
            self._text = self._checked(self._decoded(Path(self._place).read_bytes()))
            self._stamp = stamp
        return self._text

    def _decoded(self, found: bytes) -> str:
        try:
            return found.decode()
        except UnicodeDecodeError:
            raise self._missing("it is no UTF-8 text") from None

    def _checked(self, text: str | None) -> str:
        stripped = (text or "").strip()
        if not stripped:
            raise self._missing("it is not set" if text is None else "it is empty")
        return note_read(stripped)

    def _missing(self, reason: str) -> MissingSecret:
        if self._kind == "env":
            hint = f"Set the environment variable {self._place}."
        else:
            hint = f"Put the secret into {self._place}, where this user can read it."
        return MissingSecret(f"expected a secret in {self!r}: {reason}", hint=hint)
