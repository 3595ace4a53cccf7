"""Limits of routes: how many requests each caller may make, and who that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ensue.app.signed import SignedRequest
from ensue.engine.runtime import Runtime
from ensue.resilience import Admission, Limit, SlidingWindow
from ensue.words.errors import InvalidDeclaration

CALLER, REMOTE, PATH, CLAIMS = "caller", "remote", "path.", "claims."


@dataclass(frozen=True)
class RateLimit:
    """How many requests of a route each caller may make, and who that is.

    Routes that name one `SlidingWindow` or `TokenBucket` share it: what a caller asks of one of
    them counts for all. Requests that say nothing of who it is count as those of one caller.

    Attributes:
        quota: such as ``"100/60s"``, for a sliding window; or a limit that was made before.
        by: who it is: ``caller``: who the request was verified to be from, by its ``sub``, the
            ``hash`` of its key, its provider, or its scheme; ``claims.NAME``: what is claimed so;
            ``path.NAME``: a parameter of the path; ``remote``: the address that it came from, of
            IPv6 its network of 64 bits; behind a proxy see ``ensue run --proxy``.
            By default the caller of a route that verifies, else the address.
        amount: ``claims.NAME``: where it is claimed how many this caller may make, of a sliding
            window; None, or where nothing is claimed: as many as every other.
    """

    quota: str | Limit
    by: str | None = None
    amount: str | None = None


class Limiting:
    """The limit of a route.

    Args:
        given: the limit.
        in_path: the names of the path's parameters.
        verifies: whether the route verifies who calls.
        at: the route, for errors.

    Raises:
        InvalidDeclaration: nobody can be told apart so.
        InvalidValue: the quota is written wrong.
    """

    def __init__(
        self, given: str | Limit | RateLimit, in_path: Sequence[str], at: str, *, verifies: bool
    ) -> None:
        said = given if isinstance(given, RateLimit) else RateLimit(given)
        self.by = said.by or (CALLER if verifies else REMOTE)
        self.limit = SlidingWindow(said.quota) if isinstance(said.quota, str) else said.quota
        self._amount = said.amount
        claimed = [each for each in (self.by, said.amount) if each and each.startswith(CLAIMS)]
        if (claimed or self.by == CALLER) and not verifies:
            raise InvalidDeclaration(
                "expected verify= on a route whose limit is by who calls",
                at=at,
                hint="Or limit by remote, or by a parameter of the path.",
            )
        is_in_path = self.by.startswith(PATH) and self.by.removeprefix(PATH) in in_path
        if not (is_in_path or self.by in {CALLER, REMOTE} or self.by.startswith(CLAIMS)):
            raise InvalidDeclaration(
                "expected a limit by caller, remote, claims.NAME or a parameter of the path,"
                f" path.NAME, got {self.by}",
                at=at,
            )
        if said.amount is not None and not (
            said.amount.startswith(CLAIMS) and isinstance(self.limit, SlidingWindow)
        ):
            raise InvalidDeclaration(
                "expected claims.NAME for the amount of a sliding window", at=at
            )

    def admit(
        self,
        runtime: Runtime,
        signed: SignedRequest | None,
        path: Mapping[str, str],
        remote: str,
    ) -> Admission:
        """Count a request, if there is room.

        Args:
            runtime: who runs the route.
            signed: the verified request, of a route that verifies.
            path: the parameters of the path.
            remote: the address that it came from.
        """
        amount = None if self._amount is None else _claimed(signed, self._amount)
        return self.limit.admit_in(
            runtime,
            self._key(signed, path, remote),
            amount if isinstance(amount, int) and not isinstance(amount, bool) else None,
        )

    def _key(self, signed: SignedRequest | None, path: Mapping[str, str], remote: str) -> str:
        if self.by == REMOTE:
            return remote
        if self.by.startswith(PATH):
            return path[self.by.removeprefix(PATH)]
        if self.by == CALLER:
            return "" if signed is None else _caller(signed)
        found = _claimed(signed, self.by)
        return "" if found is None else str(found)


def _caller(signed: SignedRequest) -> str:
    claims = signed.claims
    return str(claims.get("sub") or claims.get("hash") or signed.provider or signed.scheme)


def _claimed(signed: SignedRequest | None, place: str) -> Any:  # noqa: ANN401 - any JSON value
    """What is claimed at a place such as ``claims.account.id``; None for nothing."""
    claims: Any = {} if signed is None else signed.claims
    return reduce(
        lambda found, name: found.get(name) if isinstance(found, Mapping) else None,
        place.removeprefix(CLAIMS).split("."),
        claims,
    )
