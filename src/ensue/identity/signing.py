"""Keys that sign tokens: made, kept as text, and what they sign (RFC 7515, RFC 7519).

The id of a key is its thumbprint (RFC 7638): the same for the same key wherever it is read, and no
two keys have one. A key signs by one algorithm only, and its public form says which.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ensue.engine.clock import HeldClock
from ensue.engine.runtime import current
from ensue.identity.algorithms import Algorithm, check_algorithms, check_size
from ensue.identity.model import needs_jose
from ensue.words.errors import InvalidValue

KEY_MAKERS_MAX = 1

T = TypeVar("T")

# A key of 4,096 bits takes a core for seconds: one at a time, whoever else asks waits.
_makers = ThreadPoolExecutor(KEY_MAKERS_MAX, thread_name_prefix="ensue-keys")


class SigningKey:
    """A private key and the algorithm that it signs by; needs ``ensue[jose]``.

    Make one with `SigningKey.generate`, or load one that was kept with `SigningKey.load`.

    Attributes:
        algorithm: by which it signs.
        bits: its size.
        kid: its id, the thumbprint of its public part.
    """

    __slots__ = ("_key", "_pem", "_public", "algorithm", "bits", "kid")

    def __init__(self, pem: str, algorithm: Algorithm) -> None:
        check_algorithms(algorithm, "SigningKey")
        with needs_jose("SigningKey"):
            from ensue.identity.jose import facts_of, loaded, public_part  # noqa: PLC0415 - an extra
        self._pem = pem
        self._key = loaded(pem, algorithm)
        self._public = public_part(self._key)
        self.algorithm: Algorithm = algorithm
        self.bits, self.kid = facts_of(self._key)

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, {self.bits} bits, kid={self.kid!r})"

    @classmethod
    def generate(cls, algorithm: Algorithm = "ES256", bits: int | None = None) -> SigningKey:
        """Make a new key. For RSA that takes from a tenth of a second to some seconds.

        Args:
            algorithm: by which it will sign.
            bits: its size, for RSA 2,048 (the default), 3,072 or 4,096.

        Raises:
            InvalidDeclaration: there is no such algorithm or size.
            MissingExtra: ``ensue[jose]`` is not installed.
        """
        size = check_size(algorithm, bits, "SigningKey")
        with needs_jose("SigningKey"):
            from ensue.identity.jose import generated  # noqa: PLC0415 - an extra
        return cls(generated(algorithm, size), algorithm)

    @classmethod
    async def generate_aside(
        cls, algorithm: Algorithm = "ES256", bits: int | None = None
    ) -> SigningKey:
        """Make a new key in a thread, one after the other: nothing else is held up by it."""
        return await _aside(_makers, lambda: cls.generate(algorithm, bits))

    @classmethod
    def load(cls, pem: str, algorithm: Algorithm) -> SigningKey:
        """A key that was kept.

        Args:
            pem: what `pem` was. It is trusted: whether its numbers fit is not checked again.
            algorithm: by which it signs.

        Raises:
            InvalidValue: it is no private key of the algorithm.
            MissingExtra: ``ensue[jose]`` is not installed.
        """
        return cls(pem, algorithm)

    @property
    def pem(self) -> str:
        """The private key as text, PKCS #8 in PEM: a secret, for a vault."""
        return self._pem

    @property
    def public(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 7517), with nothing private in it."""
        return {**self._public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        type: str = "JWT",  # noqa: A002 - the word for it
    ) -> str:
        """Sign a token. With an RSA key of 4,096 bits that takes some milliseconds.

        Args:
            claims: what it says, a JSON object; times in it are seconds since 1970.
            type: what its header says as ``typ``, such as ``at+jwt``.

        Returns:
            The token in compact form. Its header has ``alg``, ``kid`` and ``typ``.

        Raises:
            InvalidValue: the claims are no JSON object.
        """
        from ensue.identity.jose import signed  # noqa: PLC0415 - an extra

        header = {"alg": self.algorithm, "kid": self.kid, "typ": type}
        try:
            return signed(header, claims, self._key, self.algorithm)
        except TypeError as fault:
            raise InvalidValue(f"expected claims of JSON: {fault}", at="$") from None

    async def sign_aside(
        self,
        claims: Mapping[str, Any],
        *,
        type: str = "JWT",  # noqa: A002 - the word for it
    ) -> str:
        """Sign a token, with an RSA key in a thread: nothing else is held up by it; see `sign`."""
        if self.algorithm in {"ES256", "EdDSA"}:
            return self.sign(claims, type=type)
        return await _aside(None, lambda: self.sign(claims, type=type))


async def _aside(threads: ThreadPoolExecutor | None, run: Callable[[], T]) -> T:
    """What a function returns that was run in a thread; under a held clock it is run here.

    There time would go on meanwhile, and each run of a test would be another.
    """
    if isinstance(current().clock, HeldClock):
        return run()
    return await asyncio.get_running_loop().run_in_executor(threads, run)
