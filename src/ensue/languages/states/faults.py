"""What is wrong in a definition, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ensue.words.findings import ERROR


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a definition.

    Attributes:
        path: where: a JSON pointer such as ``/States/Charge/Next``.
        message: what is wrong, without its final full stop.
        hint: what to do about it, one sentence.
        severity: ``error``: it cannot run. ``warning``: it can, but something is odd.
    """

    path: str
    message: str
    hint: str
    severity: str = ERROR

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}, at {self.path or '/'}. {self.hint}"

    def as_dict(self) -> dict[str, str]:
        """The fault for a wire."""
        return {
            "path": self.path,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
        }


def meant(name: str, names: Iterable[str]) -> str | None:
    """What to do about a name that there is not: the one that is most like it; None for none."""
    found = get_close_matches(name, sorted(names), 1)
    return f"Is it {found[0]}?" if found else None


def step(pointer: str, key: str | int) -> str:
    """The JSON pointer one step below another."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def in_order(faults: list[Fault], definition: Mapping[str, object]) -> list[Fault]:
    """The faults in the order of the definition; of several at one place the first.

    An error stands before a warning. Where an expression is wrong at an offset of its text, the
    message tells that.
    """
    if not faults:
        return []
    places = _places(definition)
    found: dict[str, Fault] = {}
    for fault in sorted(faults, key=lambda each: each.severity != ERROR):
        path, _, offset = fault.path.partition(", offset ")
        if offset:
            message = f"{fault.message}, at offset {offset}"
            fault = replace(fault, path=path, message=message)  # noqa: PLW2901 - it is the same
        found.setdefault(fault.path, fault)
    return sorted(found.values(), key=lambda each: _place(each.path, places))


def _places(definition: Mapping[str, object]) -> dict[str, int]:
    """The number of each place, by its pointer."""
    places: dict[str, int] = {}
    left: list[tuple[str, object]] = [("", definition)]
    while left:
        pointer, value = left.pop()
        places[pointer] = len(places)
        if isinstance(value, Mapping):
            left.extend((step(pointer, key), each) for key, each in list(value.items())[::-1])
        elif isinstance(value, list):
            last = len(value) - 1
            left.extend((step(pointer, last - i), each) for i, each in enumerate(reversed(value)))
    return places


def _place(pointer: str, places: Mapping[str, int]) -> tuple[int, str]:
    """Where a pointer comes; one to what is not written comes where its object does."""
    known = pointer
    while known not in places and known:
        known = known.rpartition("/")[0]
    return places[known], pointer
