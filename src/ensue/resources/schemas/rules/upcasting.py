"""Old events as the newest version has them, by the functions that an app declares.

An event does not say which version it has: it is the newest that it fits. From there on each
version's upcaster makes the next one of it; a version without one is passed as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ensue.resources.schemas.model import Upcast
from ensue.resources.schemas.rules.validating import Fault, Validator
from ensue.words.errors import Unfit
from ensue.words.values import Json


class Step(NamedTuple):
    """A version that events may have."""

    version: int
    validator: Validator


def upcast(
    detail: Mapping[str, Json],
    steps: Sequence[Step],
    upcasters: Mapping[int, Upcast],
    subject: str,
) -> dict[str, Json]:
    """A detail as the newest version has it.

    Args:
        detail: as it was published.
        steps: the versions that count, oldest first.
        upcasters: by the version from which they lead to the next.
        subject: for the error.

    Raises:
        Unfit: it fits no version, an upcaster raised, or what came of it does not fit.
    """
    made = dict(detail)
    if not steps:
        return made
    fitting = [place for place, each in enumerate(steps) if each.validator.takes(made)]
    if not fitting:
        raise _unfit(subject, steps[-1].version, steps[-1].validator.faults(made), "no version of")
    for place in range(fitting[-1], len(steps) - 1):
        made = _one(made, steps[place].version, upcasters, subject)
    faults = steps[-1].validator.faults(made)
    if faults:
        raise _unfit(subject, steps[-1].version, faults, f"version {steps[-1].version} of")
    return made


def _one(
    made: dict[str, Json], version: int, upcasters: Mapping[int, Upcast], subject: str
) -> dict[str, Json]:
    function = upcasters.get(version)
    if function is None:
        return made
    try:
        answer: Any = function(made)
    except Exception as fault:
        raise Unfit(
            f"the upcaster of {subject} from version {version} raised"
            f" {type(fault).__name__}: {fault}",
            at="$.detail",
        ) from fault
    if not isinstance(answer, Mapping):
        raise Unfit(
            f"expected an object from the upcaster of {subject} from version {version},"
            f" got {type(answer).__name__}",
            at="$.detail",
        )
    return dict(answer)


def _unfit(subject: str, version: int, faults: list[Fault], what: str) -> Unfit:
    said = "; ".join(map(str, faults))
    return Unfit(
        f"expected an event of {what} {subject}; of version {version} it fails at {said}",
        at=faults[0].at if faults else "$.detail",
    )
