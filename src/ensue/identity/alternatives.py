"""Several schemes side by side: a request that is signed by one of them is verified."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.secrets import unless_it_may_come
from ensue.identity.model import (
    Client,
    Headers,
    Proof,
    Verifier,
    found_for,
    refused,
    statuses_of,
)
from ensue.words.errors import InvalidDeclaration, NotVerified
from ensue.words.values import Json

ALTERNATIVES_MAX = 8


class AnyOf:
    """Requests that are signed by one of several schemes, such as an old one beside a new one.

    Args:
        verifiers: in the order in which they are tried.

    Raises:
        InvalidDeclaration: there is none, or there are too many.
    """

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        if not 1 <= len(verifiers) <= ALTERNATIVES_MAX:
            raise InvalidDeclaration(
                f"expected 1 to {ALTERNATIVES_MAX} verifiers, got {len(verifiers)}"
            )
        self.verifiers = tuple(verifiers)

    @property
    def scheme(self) -> str:
        """What it is called."""
        return " or ".join(each.scheme for each in self.verifiers)

    @property
    def refuses_replays(self) -> bool:
        """Whether one of them refuses copies."""
        return any(each.refuses_replays for each in self.verifiers)

    def check(self) -> None:
        """Check that each can verify.

        Raises:
            EnsueError: as `Verifier.check`.
        """
        for each in self.verifiers:
            with unless_it_may_come():
                each.check()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request by the first scheme that it is signed by.

        Raises:
            NotVerified: it is signed by none; the reasons of all are for the log.
        """
        reasons = []
        is_bare = True
        for each in self.verifiers:
            try:
                return each.verify(headers, body, now_ms)
            except NotVerified as fault:
                reasons.append(f"{each.scheme}: {fault.reason}")
                is_bare = is_bare and fault.missing
        raise refused("; ".join(reasons), missing=is_bare)

    async def find(self, headers: Headers, now_ms: int, client: Client) -> Verifier:
        """The same for one request, each having found what it needs.

        Raises:
            Unreachable: what one of them needs is outside, and could not be reached.
        """
        return AnyOf([await found_for(each, headers, now_ms, client) for each in self.verifiers])

    @property
    def statuses(self) -> dict[int, str]:
        """The statuses with which its refusals are answered."""
        return {
            status: told for each in self.verifiers for status, told in statuses_of(each).items()
        }

    def described(self) -> dict[str, dict[str, Json]]:
        """The schemes of all, as OpenAPI describes them."""
        return {name: each for one in self.verifiers for name, each in one.described().items()}
