"""The limit of a route, as HTTP says it: on every answer how the caller stands, and 429 beyond it.

``X-RateLimit-Limit`` is how many requests the caller may make, ``-Remaining`` how many are left,
``-Reset`` in how many seconds all of them are there again.
"""

from __future__ import annotations

import ipaddress

from starlette.types import Scope

from ensue.app.platform import Platform
from ensue.app.routes import Route
from ensue.app.signed import SignedRequest
from ensue.doors.http.routing import names_in
from ensue.doors.http.wire import SHARED, HeaderList
from ensue.resilience import Admission, exceeded

CUSTOMER_BITS = 64


class Limiter:
    """Lets in the requests of one route for which there is room.

    Args:
        platform: what runs the route.
        route: the route.
    """

    def __init__(self, platform: Platform, route: Route) -> None:
        self._limit = route.limit
        self._runtime = platform.engine.runtime
        self._names = {name: f"p{index}" for index, name in enumerate(names_in(route.path))}

    def admit(self, scope: Scope, signed: SignedRequest | None) -> None:
        """Count a request, and say on its answer how its caller stands.

        Raises:
            RateExceeded: there is no room for it.
        """
        if self._limit is None:
            return
        given = scope["path_params"]
        path = {name: given[place] for name, place in self._names.items()}
        remote = _remote(scope["client"][0]) if scope.get("client") else ""
        admission = self._limit.admit(self._runtime, signed, path, remote)
        scope[SHARED] = [*scope.get(SHARED, ()), *_told(admission)]
        if not admission.allowed:
            raise exceeded(admission)


def _remote(address: str) -> str:
    """Whom an address stands for: of IPv6 its network of 64 bits, of which one customer has all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), CUSTOMER_BITS), strict=False))


def _told(admission: Admission) -> HeaderList:
    return [
        (b"x-ratelimit-limit", b"%d" % admission.limit),
        (b"x-ratelimit-remaining", b"%d" % admission.remaining),
        (b"x-ratelimit-reset", b"%d" % -(-admission.reset_ms // 1_000)),
    ]
