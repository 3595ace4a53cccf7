"""The parameters of actions: which there are, of what types, and what is said of others.

What Step Functions says of parameters that an action cannot take is said here, at the declaration
of what is written there as it is, and at run time of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ensue.integrations.names import nearest
from ensue.languages.states.errors import RUNTIME, StateError
from ensue.words import values
from ensue.words.values import Json

_LONG = 1_000


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _is_any(value: Json) -> bool:
    del value
    return True


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a parameter.

    Attributes:
        said: what it is called.
        fits: whether a value is of it.
    """

    said: str
    fits: Callable[[Json], bool]


TEXT: Final = Type("STRING", _is_text)
NUMBER: Final = Type("NUMBER", _is_number)
FLAG: Final = Type("BOOLEAN", _is_flag)
OBJECT: Final = Type("JSON object", _is_object)
LIST: Final = Type("JSON array", _is_list)
ANY: Final = Type("JSON value", _is_any)


@dataclass(frozen=True, slots=True)
class Written:
    """The parameters of a task, as far as its definition says what they are.

    Attributes:
        field: where they are written: ``Parameters`` or ``Arguments``.
        given: those that are written there as they are.
        computed: the names of those that are known at run time only.
    """

    field: str
    given: Mapping[str, Json]
    computed: frozenset[str]


def written_in(definition: Mapping[str, Json]) -> Written | None:
    """The parameters that a state is written with; None where only its input tells them."""
    for name in ("Parameters", "Arguments"):
        written = definition.get(name)
        if isinstance(written, dict):
            computed = {
                key.removesuffix(".$")
                for key, value in written.items()
                if key.endswith(".$") or _is_query(value)
            }
            given = {key: value for key, value in written.items() if not key.endswith(".$")}
            return Written(
                name,
                {key: value for key, value in given.items() if key not in computed},
                frozenset(computed),
            )
    return None


def _is_query(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("{%") and value.rstrip().endswith("%}")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an action takes.

    Attributes:
        required: the types of those that must be there.
        optional: the types of those that may.
        passed_over: those of AWS's that say nothing to us, such as ``ReturnConsumedCapacity``.
        lacking: those of AWS's that would say something, and that we do not have, with why.
    """

    required: Mapping[str, Type] = field(default_factory=dict)
    optional: Mapping[str, Type] = field(default_factory=dict)
    passed_over: frozenset[str] = frozenset()
    lacking: Mapping[str, str] = field(default_factory=dict)

    def faults(
        self, given: Mapping[str, Json], *, computed: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, str]]:
        """What is wrong with parameters: the name of each that is, and what.

        Args:
            given: the parameters that are known.
            computed: the names of those that are known at run time only.
        """
        for name in self.required:
            if name not in given and name not in computed:
                yield name, f"The field '{name}' is required but was missing"
        for name in (*given, *sorted(computed)):
            said = self._unknown(name)
            if said is not None:
                yield name, said
        for name, value in given.items():
            wanted = self.required.get(name) or self.optional.get(name)
            if wanted is not None and value is not None and not wanted.fits(value):
                yield name, f"The value for the field '{name}' must be a {wanted.said}"

    def check(self, given: Json, what: str = "Parameters") -> dict[str, Json]:
        """The parameters of a task that is about to run, without those that are null.

        Raises:
            StateError: States.Runtime, as Step Functions says it: the action cannot take them.
        """
        if not isinstance(given, dict):
            raise StateError(
                RUNTIME, f"The {what} of the Task must be a JSON object, got {values.shown(given)}"
            )
        found = [said for _, said in self.faults(given)]
        if found:
            shown = values.shown(given, _LONG)
            raise StateError(
                RUNTIME,
                f"The {what} '{shown}' could not be used to start the Task: [{', '.join(found)}]",
            )
        return {name: value for name, value in given.items() if value is not None}

    def _unknown(self, name: str) -> str | None:
        if name in self.required or name in self.optional or name in self.passed_over:
            return None
        if name in self.lacking:
            return f"The field '{name}' is not supported: {self.lacking[name]}"
        like = nearest(name, [*self.required, *self.optional])
        hint = "" if like is None else f". Did you mean '{like}'?"
        return f"The field '{name}' is not supported by Step Functions{hint}"
