"""The words of vaults: secrets, their versions, and which of these is in force.

    (nothing) ──put──▶ kept ──delete with a window──▶ going ──its time is over──▶ (nothing)
                        │  ◀──────── restore ──────────┘
                        └── delete at once ──▶ (nothing)

A secret has versions, numbered from 1. Two of them have a *stage*: ``current``, the one that is
given to who names none, and ``previous``, the one that was current before. Of the others the newest
are kept, as many as the vault keeps; then they are pruned.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NoReturn, TypeAlias

from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidName, InvalidValue, TooLarge
from ensue.words.names import Ref, sql_name
from ensue.words.values import Json, shown

SECRET_BYTES_MAX = 65_536
SECRET_NAME_LENGTH_MAX = 256
DESCRIPTION_LENGTH_MAX = 2_048
VERSIONS_KEPT_MIN = 2
VERSIONS_KEPT_MAX = 100
VERSIONS_KEPT = 10
RECOVERY = "7d"
RECOVERY_MS_MAX = 31_536_000_000
SECRETS_MAX = 100_000
PAGE_MAX = 1_000
REKEY_CHUNK = 100

Stage: TypeAlias = Literal["current", "previous"]
Which: TypeAlias = int | Stage

CURRENT: Final[Stage] = "current"
PREVIOUS: Final[Stage] = "previous"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_+=.@-]*\Z")


@dataclass(frozen=True)
class VaultModel:
    """A vault as declared.

    Attributes:
        ref: what it is called.
        keep: how many versions of a secret are kept.
        recovery_ms: for how long a secret that was deleted can be restored.
    """

    ref: Ref
    keep: int = VERSIONS_KEPT
    recovery_ms: int = 0

    def __post_init__(self) -> None:
        if not VERSIONS_KEPT_MIN <= self.keep <= VERSIONS_KEPT_MAX:
            raise InvalidDeclaration(
                f"expected to keep {VERSIONS_KEPT_MIN} to {VERSIONS_KEPT_MAX} versions,"
                f" got {self.keep}",
                at=str(self.ref),
            )
        check_recovery(self.recovery_ms)

    @cached_property
    def table(self) -> str:
        """The SQL table of the secrets."""
        return sql_name(self.ref.app, self.ref.name)

    @cached_property
    def versions(self) -> str:
        """The SQL table of their versions."""
        return f"{self.table}__versions"


class SecretValue:
    """What a secret is. Its form as text hides it; only ``text`` and ``bytes`` show it.

    Args:
        content: its bytes.
        name: of which secret.
        version: of which version.
        is_text: whether it was put as text.

    Attributes:
        name: of which secret.
        version: of which version.
        is_text: whether it was put as text.
    """

    __slots__ = ("_content", "is_text", "name", "version")

    def __init__(self, content: bytes, *, name: str, version: int, is_text: bool) -> None:
        self._content = content
        self.name = name
        self.version = version
        self.is_text = is_text

    @property
    def bytes(self) -> bytes:
        """The secret as bytes; a text in UTF-8."""
        return self._content

    @property
    def text(self) -> str:
        """The secret as text.

        Raises:
            InvalidInput: it was put as bytes, which are no UTF-8.
        """
        try:
            return self._content.decode()
        except UnicodeDecodeError:
            raise InvalidInput(
                f"expected the secret {self.name} to be text, got bytes that are no UTF-8"
            ) from None

    def __repr__(self) -> str:
        return f"SecretValue({self.name!r}, version={self.version})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretValue):
            return NotImplemented
        return hmac.compare_digest(self._content, other.bytes)

    __hash__ = None  # type: ignore[assignment]  # a hash would tell of the secret

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere; say .text or .bytes where it is meant")


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """A version of a secret, without what it is.

    Attributes:
        version: its number, from 1.
        stage: ``current`` or ``previous``; None for neither.
        at_ms: when it was put.
        key_id: the id of the master key that it is sealed under.
    """

    version: int
    stage: Stage | None
    at_ms: int
    key_id: str


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """What is known of a secret, without what it is.

    Attributes:
        name: its name.
        description: what it is for.
        current: the version that is given to who names none.
        previous: the one that was current before; None for none.
        versions: how many are kept.
        made_ms: when it was put first.
        changed_ms: when it was changed last.
        gone_ms: when it will be gone, where it was deleted; None for one that was not.
    """

    name: str
    description: str
    current: int
    previous: int | None
    versions: int
    made_ms: int
    changed_ms: int
    gone_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a rekeying did.

    Attributes:
        key_id: the key that all is sealed under that could be opened.
        versions: how many versions were sealed anew.
        left: how many could not be opened, by the id of the key that is wanted.
    """

    key_id: str
    versions: int
    left: dict[str, int] = field(default_factory=dict)


def revealed(value: SecretValue) -> dict[str, Json]:
    """What a secret is, for who asked to be shown it: as text, or as base64 of bytes."""
    said: dict[str, Json] = {"name": value.name, "version": value.version}
    if value.is_text:
        return said | {"value": value.text}
    return said | {"base64": b64encode(value.bytes).decode()}


def check_secret_name(name: str) -> str:
    """Return the name of a secret.

    Raises:
        InvalidName: it is none.
    """
    if len(name) <= SECRET_NAME_LENGTH_MAX and _NAME.match(name):
        return name
    raise InvalidName(
        f"expected the name of a secret, got {shown(name)}",
        at="$.name",
        hint=f"Use letters, digits and / _ + = . @ -, beginning with a letter or digit, at most"
        f" {SECRET_NAME_LENGTH_MAX} characters, such as bank/api-key.",
    )


def content_of(value: str | bytes) -> bytes:
    """The bytes of a value that is to be kept.

    Raises:
        InvalidValue: it is empty, or neither text nor bytes; it is not shown.
        TooLarge: it is larger than 64 KiB.
    """
    if not isinstance(value, str | bytes):
        raise InvalidValue(f"expected a text or bytes, got {type(value).__name__}", at="$.value")
    try:
        content = value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise InvalidValue("expected Unicode text, got half of a character", at="$.value") from None
    if not content:
        raise InvalidValue("expected a secret, got nothing", at="$.value")
    if len(content) > SECRET_BYTES_MAX:
        raise TooLarge(
            f"expected at most {SECRET_BYTES_MAX} bytes, got {len(content)}", at="$.value"
        )
    return content


def check_description(text: str) -> str:
    """Return a description.

    Raises:
        InvalidValue: it is longer than it may be.
    """
    if len(text) <= DESCRIPTION_LENGTH_MAX:
        return text
    raise InvalidValue(
        f"expected at most {DESCRIPTION_LENGTH_MAX} characters, got {len(text)}", at="$.description"
    )


def check_recovery(recovery_ms: int) -> int:
    """Return for how long a secret that was deleted can be restored, in ms.

    Raises:
        InvalidValue: it is longer than a year.
    """
    if 0 <= recovery_ms <= RECOVERY_MS_MAX:
        return recovery_ms
    raise InvalidValue(
        f"expected a recovery of 0 to {RECOVERY_MS_MAX} ms, got {recovery_ms}", at="$.recovery"
    )
