"""A target with the terms of its deliveries, as apps declare it for a rule or a pipe."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import get_args

from ensue.engine.handlers import OnFailure
from ensue.engine.home import Resource
from ensue.engine.sockets import Terms
from ensue.words.errors import InvalidDeclaration
from ensue.words.units import duration_ms

RETRIES_DEFAULT = 185
RETRIES_MAX = 185
AGE_MS_DEFAULT = 86_400_000
AGE_MS_MIN = 60_000
AGE_MS_MAX = 86_400_000


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """A target, what it gets, and what becomes of what it does not take.

    Attributes:
        target: who gets it.
        input: what it gets instead of the event as it is; None for that.
        group: the path in the event of what its order is kept by, such as ``$.detail.orderId``;
            None for none.
        retries: how often a delivery that was not taken is tried again: 0 to 185.
        max_age: it is not tried again when it is older than this: ``"1m"`` to ``"24h"``, or
            seconds.
        dead_letters: the queue that it goes to then; None for the one of the rule's bus.
        on_failure: ``hold``: a delivery that was not taken holds back the later ones of its group.
            ``park``: it goes aside, and they go on.

    Raises:
        InvalidDeclaration: a bound is out of range, or ``on_failure`` is none of these.
        InvalidValue: the age is no duration.
    """

    target: Resource
    _: KW_ONLY
    input: object = None
    group: str | None = None
    retries: int = RETRIES_DEFAULT
    max_age: str | float = "24h"
    dead_letters: Resource | None = None
    on_failure: OnFailure = "hold"

    def __post_init__(self) -> None:
        """Check the bounds."""
        at = str(self.target.ref)
        if type(self.retries) is not int or not 0 <= self.retries <= RETRIES_MAX:
            raise InvalidDeclaration(
                f"expected retries from 0 to {RETRIES_MAX}, got {self.retries!r}", at=at
            )
        if not AGE_MS_MIN <= duration_ms(self.max_age) <= AGE_MS_MAX:
            raise InvalidDeclaration(
                f"expected a max_age from 1 minute to 24 hours, got {self.max_age!r}", at=at
            )
        if self.on_failure not in get_args(OnFailure):
            raise InvalidDeclaration(
                f"expected on_failure to be hold or park, got {self.on_failure!r}", at=at
            )

    @property
    def terms(self) -> Terms:
        """How long its deliveries are tried."""
        dead_letters = None if self.dead_letters is None else self.dead_letters.ref
        return Terms(self.retries, duration_ms(self.max_age), dead_letters)

    @property
    def own_terms(self) -> Terms | None:
        """The same, where it declares other terms than the usual ones."""
        terms = self.terms
        return None if terms == Terms(RETRIES_DEFAULT, AGE_MS_DEFAULT) else terms
