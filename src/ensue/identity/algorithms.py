"""The algorithms of tokens: those with a public key that everybody's libraries know (RFC 7518)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from ensue.words.errors import InvalidDeclaration

Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]

ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)
RSA_SIZES: Final = (2_048, 3_072, 4_096)
SIZES: Final[Mapping[str, tuple[int, ...]]] = {
    "RS256": RSA_SIZES,
    "PS256": RSA_SIZES,
    "ES256": (256,),
    "EdDSA": (256,),
}
"""The sizes of key in bits that are made for each algorithm, the default first."""


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies tokens, as the library has it, and the one algorithm that it is for."""

    key: Any
    algorithm: str


def check_algorithms(given: object, at: str) -> tuple[Algorithm, ...]:
    """The algorithms of a declaration: one or several.

    Raises:
        InvalidDeclaration: it names none, or one that is not known.
    """
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, list | tuple):
        names = ()
    found = tuple(each for each in ALGORITHMS if each in names)
    if not found or len(found) != len(set(names)):
        known = ", ".join(ALGORITHMS)
        raise InvalidDeclaration(f"expected some of {known}, got {given!r}", at=at)
    # In the order given: the first that fits is that of a key which says nothing itself.
    return tuple(sorted(found, key=names.index))


def check_size(algorithm: str, bits: int | None, at: str) -> int:
    """The size of key for an algorithm, in bits; by default its first.

    Raises:
        InvalidDeclaration: the algorithm is not known, or has no keys of this size.
    """
    check_algorithms(algorithm, at)
    sizes = SIZES[algorithm]
    if bits is None:
        return sizes[0]
    if bits not in sizes:
        known = ", ".join(map(str, sizes))
        raise InvalidDeclaration(
            f"expected a key of {known} bits for {algorithm}, got {bits!r}", at=at
        )
    return bits
