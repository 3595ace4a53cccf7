"""Every fault of a definition at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from ensue.languages.states.faults import Fault, in_order, step
from ensue.languages.states.parse import read_machine
from ensue.words.findings import ERROR, WARNING
from ensue.words.values import Json, shown

__all__ = ["Fault", "check"]


def check(definition: str | bytes | Mapping[str, Json]) -> list[Fault]:
    """Every fault of a definition, in the order in which it is written; [] for none.

    A definition whose faults are all warnings compiles, and one with an error does not; but for a
    state that a text has twice, which JSON lets pass.

    Args:
        definition: a state machine, as JSON text or as an object.

    Raises:
        MissingExtra: it has JSONata, and jsonatapy is not installed.
    """
    _, faults = read_machine(definition)
    if not isinstance(definition, str | bytes):
        return faults
    try:
        written = json.loads(definition, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        return faults
    if not isinstance(written, _Object):
        return faults
    return in_order(faults + list(_twice(written, "")), written)


class _Object(dict[str, object]):
    """An object of JSON that knows which of its keys stood there twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else Counter[str]()
        self.twice = [key for key, count in counts.items() if count > 1]


def _twice(value: object, at: str) -> Iterator[Fault]:
    if isinstance(value, _Object):
        for key in value.twice:
            state = at.rpartition("/")[2] == "States"
            yield Fault(
                step(at, key),
                f"{shown(key)} is written twice, and the last counts",
                "Rename one of the states." if state else "Remove one of them.",
                ERROR if state else WARNING,
            )
        for key, each in value.items():
            yield from _twice(each, step(at, key))
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from _twice(each, step(at, i))
