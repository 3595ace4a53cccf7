"""Routes for everybody, also where the platform demands a key: what is public by its nature."""

from __future__ import annotations

from ensue.identity.model import Headers, Proof
from ensue.words.values import Json


class Anyone:
    """Takes every request, and shows nothing of who sent it.

    A route that verifies needs no key (`ensue run --key`); this is for those that are public, such
    as the keys by which others verify tokens.
    """

    scheme = "anyone"
    refuses_replays = False

    def __repr__(self) -> str:
        return "Anyone()"

    def check(self) -> None:
        """Nothing can be missing."""

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Take a request."""
        del headers, body, now_ms
        return Proof(self.scheme)

    @property
    def statuses(self) -> dict[int, str]:
        """The statuses with which its refusals are answered: there are none."""
        return {}

    def described(self) -> dict[str, dict[str, Json]]:
        """Nothing: OpenAPI says of such a route that it needs no security."""
        return {}
