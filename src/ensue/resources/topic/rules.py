"""Which subscriptions a message matches, and why the others do not. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ensue.languages.patterns import Matcher, compile_pattern
from ensue.resources.topic.model import SUBSCRIPTIONS_MAX, Match, Subscription
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidPattern
from ensue.words.values import Json, shown


class Subscriptions:
    """The subscriptions of a topic, their filters compiled into one matcher for each side."""

    def __init__(self) -> None:
        self._all: dict[str, Subscription] = {}
        self._unfiltered: set[str] = set()
        self._matchers: dict[str, Matcher[str]] = {}

    def add(self, subscription: Subscription) -> None:
        """Add a subscription.

        Raises:
            InvalidDeclaration: its target is subscribed already, its filter is about something
                else than attributes or body, or there are too many.
            InvalidPattern: its filter does not compile.
        """
        name = subscription.name
        if name in self._all:
            raise InvalidDeclaration(
                f"expected one subscription of {name}",
                hint="A filter may offer alternatives: several values, or $or.",
            )
        if len(self._all) >= SUBSCRIPTIONS_MAX:
            raise InvalidDeclaration(f"expected at most {SUBSCRIPTIONS_MAX} subscriptions")
        if subscription.filter_on not in {"attributes", "body"}:
            raise InvalidDeclaration(
                f"expected filter_on to be attributes or body, got {subscription.filter_on!r}",
                at=name,
            )
        if subscription.filter is None:
            self._unfiltered.add(name)
        else:
            matcher = self._matchers.setdefault(subscription.filter_on, Matcher())
            try:
                matcher.add(name, compile_pattern(subscription.filter))
            except InvalidPattern as fault:
                raise InvalidPattern(
                    f"subscription of {name}: {fault.message}", at=fault.at, hint=fault.hint
                ) from None
        self._all[name] = subscription

    def all(self) -> list[Subscription]:
        """The subscriptions in the order of their declaration."""
        return list(self._all.values())

    @property
    def look_at_bodies(self) -> bool:
        """Whether a filter is about bodies."""
        return "body" in self._matchers

    def matching(self, body: object, attributes: Mapping[str, Json]) -> list[Subscription]:
        """The subscriptions that a message matches, in the order of their declaration."""
        if not self._matchers:
            return self.all()
        names = set(self._unfiltered)
        if "attributes" in self._matchers:
            names.update(self._matchers["attributes"].match(attributes))
        if "body" in self._matchers and isinstance(body, Mapping):
            names.update(self._matchers["body"].match(body))
        return [each for name, each in self._all.items() if name in names]

    def explain(self, body: Json, attributes: Mapping[str, Json]) -> list[Match]:
        """For each subscription whether it matches a message, and if not, which fields failed."""
        said: list[Match] = []
        for each in self._all.values():
            reasons = _reasons(each, body, attributes)
            said.append(Match(each.name, matched=not reasons, reasons=reasons))
        return said


def _reasons(subscription: Subscription, body: Json, attributes: Mapping[str, Json]) -> list[str]:
    if subscription.filter is None:
        return []
    looked_at = attributes if subscription.filter_on == "attributes" else body
    if not isinstance(looked_at, Mapping):
        return [f"$: expected an object to filter on, found {shown(body)}"]
    return [
        f"{fault.path}: expected {fault.expected}, found {fault.found}"
        for fault in compile_pattern(subscription.filter).explain(looked_at)
    ]


def wanting(pattern: Mapping[str, Json]) -> Callable[[dict[str, Json]], bool]:
    """Whether a message, with all that it is shown with, matches a pattern.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
    """
    compiled = compile_pattern(pattern)
    return lambda message: compiled.matches(values.as_plain(message))
