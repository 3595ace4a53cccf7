"""Which rules an event matches, and why the others do not. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ensue.languages.patterns import Matcher, compile_pattern
from ensue.resources.bus.model import RULES_MAX, Match, Rule
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidPattern
from ensue.words.values import Json


class RuleSet:
    """The rules of a bus, compiled into one matcher.

    Args:
        rules: by name.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: dict[str, Rule] = {}
        self._matcher: Matcher[str] = Matcher()
        self._disabled: frozenset[str] = frozenset()
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """Add a rule.

        Raises:
            InvalidDeclaration: there is a rule of this name already, or there are too many.
            InvalidPattern: its pattern does not compile.
        """
        if rule.name in self._rules:
            raise InvalidDeclaration(f"there are two rules called {rule.name}")
        if len(self._rules) >= RULES_MAX:
            raise InvalidDeclaration(f"expected at most {RULES_MAX} rules")
        try:
            self._matcher.add(rule.name, compile_pattern(rule.pattern))
        except InvalidPattern as fault:
            raise InvalidPattern(
                f"rule {rule.name}: {fault.message}", at=fault.at, hint=fault.hint
            ) from None
        self._rules[rule.name] = rule
        if not rule.enabled:
            self.switch(rule.name, enabled=False)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self._rules)

    def all(self) -> list[Rule]:
        """The rules in the order of their declaration."""
        return list(self._rules.values())

    def find(self, name: str) -> Rule | None:
        """A rule by its name; None when there is none."""
        return self._rules.get(name)

    def is_enabled(self, name: str) -> bool:
        """Whether a rule delivers."""
        return name not in self._disabled

    def switch(self, name: str, *, enabled: bool) -> None:
        """Let a rule deliver, or not."""
        self._disabled = self._disabled - {name} if enabled else self._disabled | {name}

    def matching(self, event: Mapping[str, Json]) -> list[Rule]:
        """The enabled rules that match an event, in the order of their declaration."""
        rules, disabled = self._rules, self._disabled
        if not disabled:
            return [rules[name] for name in self._matcher.match(event)]
        return [rules[name] for name in self._matcher.match(event) if name not in disabled]

    def matching_all(self, event: Mapping[str, Json]) -> list[Rule]:
        """The rules that match an event, also those that are disabled."""
        return [self._rules[name] for name in self._matcher.match(event)]

    def maybe_matching(self, event: Mapping[str, Json]) -> list[Rule]:
        """The enabled rules that may match an event of which nobody knows the detail."""
        rules = self._rules.values()
        return [
            rule for rule in rules if self.is_enabled(rule.name) and may_match(rule.pattern, event)
        ]

    def explain(self, event: Mapping[str, Json]) -> list[Match]:
        """For each rule whether it matches an event, and if not, which fields failed."""
        said: list[Match] = []
        for rule in self._rules.values():
            faults = compile_pattern(rule.pattern).explain(event)
            reasons = [
                f"{fault.path}: expected {fault.expected}, found {fault.found}" for fault in faults
            ]
            if not self.is_enabled(rule.name):
                reasons.insert(0, "the rule is disabled")
            said.append(Match(rule.name, matched=not reasons, reasons=reasons))
        return said


def may_match(pattern: Mapping[str, Json], event: Mapping[str, Json]) -> bool:
    """Whether an event of which nobody knows the detail may match a pattern, by all else."""
    asked = {name: said for name, said in pattern.items() if name not in {"detail", "$or"}}
    return not asked or compile_pattern(asked).matches(event)


def wanting(pattern: Mapping[str, Json]) -> Callable[[dict[str, Json]], bool]:
    """Whether an event matches a pattern.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
    """
    compiled = compile_pattern(pattern)
    return lambda event: compiled.matches(values.as_plain(event))
