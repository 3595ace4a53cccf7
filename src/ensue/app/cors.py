"""Which pages of other sites may call a route: Cross-Origin Resource Sharing.

The words are those of the Fetch standard (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ensue.words.errors import InvalidDeclaration
from ensue.words.units import duration_ms

Origins = Literal["*"] | Sequence[str]

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?\Z")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


@dataclass(frozen=True)
class Cors:
    """Which pages of other sites may call, and what they may send and see.

    Attributes:
        origins: their sites, such as ``["https://shop.example"]``; ``"*"`` for any.
        headers: headers that they may send, beside ``Content-Type``, ``Idempotency-Key``,
            ``traceparent`` and those that the route's function takes.
        expose: headers of the answer that they may read, beside those of the platform.
        credentials: whether the browser sends its cookies along, and lets them be set.
        keep: for how long a browser remembers all this.

    Raises:
        InvalidDeclaration: an origin or header is none, or any site would get the cookies.
        InvalidValue: ``keep`` is no duration.
    """

    origins: Origins
    headers: Sequence[str] = ()
    expose: Sequence[str] = ()
    credentials: bool = False
    keep: str | float = "10m"

    def __post_init__(self) -> None:
        if isinstance(self.origins, str) and self.origins != "*":
            raise InvalidDeclaration(f'expected "*" or a list of origins, got {self.origins!r}')
        if self.origins == "*" and self.credentials:
            raise InvalidDeclaration(
                "expected the origins that get the cookies, got any",
                hint='Name them, such as ["https://shop.example"].',
            )
        for each in () if self.origins == "*" else self.origins:
            if not _ORIGIN.match(each):
                raise InvalidDeclaration(
                    f"expected an origin such as https://shop.example, got {each!r}",
                    hint="Scheme, host and perhaps port, in lower case; no path, no slash behind.",
                )
        for each in [*self.headers, *self.expose]:
            if not _NAME.match(each):
                raise InvalidDeclaration(f"expected the name of a header, got {each!r}")
        duration_ms(self.keep)

    @property
    def any_site(self) -> bool:
        """Whether every site's pages may call."""
        return self.origins == "*"

    def admits(self, origin: str) -> bool:
        """Whether pages of an origin may call."""
        return self.any_site or origin in self.origins

    @property
    def keep_s(self) -> int:
        """For how long a browser remembers it, in seconds."""
        return duration_ms(self.keep) // 1_000
