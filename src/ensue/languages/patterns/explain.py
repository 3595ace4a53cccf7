"""Program and event to the reasons why it did not match."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ensue.languages.patterns.choices import is_consistent
from ensue.languages.patterns.fields import Found, collect
from ensue.languages.patterns.numbers import SpelledNumber
from ensue.languages.patterns.program import (
    Alternative,
    AnythingBut,
    Exact,
    Exists,
    Field,
    IgnoreCase,
    Network,
    Number,
    Prefix,
    Program,
    Range,
    Suffix,
    Test,
    Wildcard,
)
from ensue.languages.patterns.run import CompiledField, candidate_of, tree_of

MAX_SHOWN_VALUES = 10


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One reason why an event did not match: a field, what was expected of it, and what it had."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}"


def explain_program(program: Program, event: Mapping[str, object]) -> list[Mismatch]:
    """The reasons why an event does not match, without stopping at the first; none where it does.

    Of a pattern with ``$or``, the reasons are those of the alternatives that came nearest.
    """
    reasons = [_mismatches(alternative, event) for alternative in program.alternatives]
    fewest = min(map(len, reasons))
    return list(dict.fromkeys(each for some in reasons if len(some) == fewest for each in some))


def _mismatches(alternative: Alternative, event: Mapping[str, object]) -> list[Mismatch]:
    fields = [CompiledField(field, slot) for slot, field in enumerate(alternative.fields)]
    found = collect(tree_of(fields).root, event)
    candidates = [candidate_of(field, found) for field in fields]
    if is_consistent(candidates):
        return []
    failed = [
        Mismatch(field.path, describe(field), _values(found, slot))
        for slot, field in enumerate(alternative.fields)
        if not is_consistent([candidates[slot]])
    ]
    return failed or _inconsistent(alternative.fields, found)


def _inconsistent(fields: Sequence[Field], found: Found) -> list[Mismatch]:
    """Each field fits somewhere, but no choice of array elements satisfies all of them."""
    return [
        Mismatch(
            field.path,
            f"{describe(field)}, in the same array elements as the other fields",
            _values(found, slot),
        )
        for slot, field in enumerate(fields)
        if any(chosen for _, chosen in found.get(slot, []))
    ]


def _values(found: Found, slot: int) -> str:
    values = [_shown(value) for value, _ in found.get(slot, [])]
    if not values:
        return "no value"
    more = len(values) - MAX_SHOWN_VALUES
    return ", ".join(values[:MAX_SHOWN_VALUES]) + (f" and {more} more" if more > 0 else "")


def describe(field: Field) -> str:
    """What a field expects, in words."""
    return " or ".join(_described(test) for test in field.tests)


def _described(test: Test) -> str:
    match test:
        case Exact(value):
            return _shown(value)
        case Number(value, spelling):
            return spelling or _shown(value)
        case Range(text=text):
            return f"a number {text}"
        case Exists(present):
            return "any value" if present else "no value"
        case AnythingBut(tests):
            return f"anything but {' or '.join(_described(excluded) for excluded in tests)}"
        case _:
            return _described_string(test)


def _described_string(test: Prefix | Suffix | IgnoreCase | Wildcard | Network) -> str:
    case = " in any case" if isinstance(test, IgnoreCase) or _ignores_case(test) else ""
    kind = {
        Prefix: "a string starting with ",
        Suffix: "a string ending with ",
        IgnoreCase: "",
        Wildcard: "a string like ",
        Network: "an address in " if isinstance(test, Network) and test.host_bits else "",
    }[type(test)]
    return f"{kind}{_shown(test.text)}{case}"


def _ignores_case(test: object) -> bool:
    return isinstance(test, Prefix | Suffix) and test.ignore_case


def _shown(value: object) -> str:
    if isinstance(value, SpelledNumber):
        return value.text
    return json.dumps(value, ensure_ascii=False, default=repr)
