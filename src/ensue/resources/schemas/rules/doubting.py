"""Rules against the schemas of the events that they want."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ensue.languages.patterns import compile_pattern
from ensue.languages.schemas import Doubt, Tree, check_pattern, parse
from ensue.languages.schemas.program import ANYTHING, Field, Node, Object
from ensue.resources.schemas.model import Version
from ensue.words.errors import InvalidPattern
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref

TREES_MAX = 200
_ENVELOPE = ("version", "id", "detail-type", "source", "account", "time", "region", "resources")


def doubts_of(pattern: Mapping[str, Any], found: Sequence[Version]) -> list[Doubt]:
    """What a pattern asks for in vain, of all versions of the subjects whose events it wants.

    Args:
        pattern: a rule's pattern on whole events.
        found: the versions of all subjects.
    """
    trees: dict[str, Tree] = {}
    for each in found:
        if _wants(pattern, each.subject):
            trees[f"{each.subject} version {each.version}"] = _event(parse(each.schema))
            if len(trees) > TREES_MAX:
                return []  # such a rule wants all kinds of events
    return check_pattern(pattern, trees, at="$", matches=_matches)


def _wants(pattern: Mapping[str, Any], subject: str) -> bool:
    """Whether events of a subject can match what a pattern says of source and detail-type."""
    source, _, detail_type = subject.partition("@")
    asked = {name: pattern[name] for name in ("source", "detail-type") if name in pattern}
    return not asked or _matches(asked, {"source": source, "detail-type": detail_type})


def _event(detail: Tree) -> Tree:
    """The tree of a whole event."""
    fields = {name: Field(ANYTHING, required=True) for name in _ENVELOPE}
    root = Node((Object({**fields, "detail": Field(detail.root, required=True)}),))
    return Tree(root, detail.definitions)


def _matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    try:
        return compile_pattern(pattern).matches(event)
    except InvalidPattern:
        return True


def rule_findings(
    registry: Ref,
    found: Sequence[Version],
    buses: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> Iterator[Finding]:
    """What rules ask for in vain, of the versions that a registry has.

    Args:
        registry: which.
        found: all its versions.
        buses: the patterns of the rules of each bus that names it, by their names.
    """
    for bus, rules in buses.items():
        for rule, doubt in (
            (name, each) for name, asked in rules.items() for each in doubts_of(asked, found)
        ):
            yield Finding(
                "schemas.rule",
                f"bus {bus}, rule {rule}",
                f"no event can match it, by the schemas of {registry.name}: {doubt}",
                "Correct the pattern, or register a schema that has it.",
                WARNING,
            )
