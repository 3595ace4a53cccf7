"""The fields of a state, read one by one; every fault is noted, and reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from ensue.languages.states.faults import Fault, step
from ensue.languages.states.paths import Path, compile_path
from ensue.languages.states.payloads import Payload, compile_expression, compile_payload
from ensue.languages.states.program import DISCARD, JSONATA, Amount, Discard, Language, Words
from ensue.languages.states.queries import Query, compile_query
from ensue.words.errors import InvalidExpression, InvalidInput
from ensue.words.values import shown

T = TypeVar("T")

# What to do about a field that must be there.
_NEEDED: Final = {
    "StartAt": "Name the first of States.",
    "Next": "Name the state to go to.",
    "ItemProcessor": "Write the states that each item goes through, with their StartAt.",
}


@dataclass(slots=True)
class Fields:
    """The fields of an object in a definition.

    Attributes:
        written: the object.
        at: where it is: a JSON pointer.
        language: how its fields are written.
        faults: where what is wrong is noted.
    """

    written: Mapping[str, Any]
    at: str
    language: Language
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_jsonata(self) -> bool:
        """Whether its fields are written in JSONata."""
        return self.language == JSONATA

    def fault(self, name: str, message: str, hint: str) -> None:
        """Note what is wrong with a field."""
        self.faults.append(Fault(step(self.at, name) if name else self.at, message, hint))

    def below(self, name: str, position: int, written: object) -> Fields | None:
        """The fields of an object in a list; None, and a fault, when it is none."""
        at = step(step(self.at, name), position)
        if isinstance(written, Mapping):
            return Fields(written, at, self.language, self.faults)
        hint = "Write an object."
        self.faults.append(Fault(at, f"expected an object, got {shown(written)}", hint))
        return None

    def inner(self, name: str) -> Fields:
        """The fields of an object within; of an empty one, with a fault, when there is none."""
        written = self.written.get(name)
        if not isinstance(written, Mapping):
            self._unfit(name, "an object", _NEEDED.get(name, "Write an object."))
            written = {"StartAt": "", "States": {"": {"Type": "Succeed"}}}
        return Fields(written, step(self.at, name), self.language, self.faults)

    def listed(self, name: str, *, required: bool = False) -> list[Fields]:
        """The objects of a list."""
        if name not in self.written and not required:
            return []
        written = self.written.get(name)
        if not isinstance(written, list) or (required and not written):
            self._unfit(name, "a list of objects", "Write a list.")
            return []
        found = [self.below(name, position, each) for position, each in enumerate(written)]
        return [each for each in found if each is not None]

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A text as it is written; None when there is none."""
        written = self.written.get(name)
        if isinstance(written, str) or (written is None and not required):
            return written
        self._unfit(name, "a text", _NEEDED.get(name, f"Write {name} as a text."))
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts that is not empty."""
        written = self.written.get(name)
        if isinstance(written, list) and written and all(isinstance(it, str) for it in written):
            return tuple(written)
        self._unfit(name, "a list of texts", "Name at least one.")
        return ()

    def _unfit(self, name: str, expected: str, hint: str) -> None:
        if name in self.written:
            self.fault(name, f"expected {expected}, got {shown(self.written[name])}", hint)
        else:
            self.fault(name, f"{name} is missing: expected {expected}", hint)

    def number(self, name: str, default: T, *, least: float = 0, whole: bool = True) -> Any | T:  # noqa: ANN401 - an int or a float
        """A number as it is written, or the default."""
        written = self.written.get(name, default)
        if written is default:
            return default
        fits = not isinstance(written, bool) and isinstance(written, int if whole else (int, float))
        if fits and written >= least:
            return written
        kind = "whole number" if whole else "number"
        self.fault(
            name, f"expected a {kind} of at least {least}, got {shown(written)}", "Mend the number."
        )
        return default

    def compiled(self, name: str, compiler: Callable[..., T]) -> T | None:
        """A field that is compiled; None when there is none or it is wrong."""
        if name not in self.written:
            return None
        at = step(self.at, name)
        try:
            return compiler(self.written[name], at=at)
        except InvalidInput as fault:
            self.refused(fault, at, f"Mend {name}.")
            return None

    def refused(self, fault: InvalidInput, at: str, hint: str) -> None:
        """Note what a compiler refuses, at its place or, where it names none, at the field's."""
        place = fault.at if fault.at and fault.at.startswith(at) else at
        self.faults.append(Fault(place, fault.message, fault.hint or hint))

    def _all_compiled(self, name: str, compiler: Callable[..., T]) -> T | None:
        """A field of many expressions: all that are wrong are noted."""
        more: list[InvalidExpression] = []
        found = self.compiled(name, partial(compiler, faults=more))
        for fault in more:
            self.refused(fault, step(self.at, name), f"Mend {name}.")
        return found

    def path(self, name: str) -> Path | None:
        """A path."""
        return self.compiled(name, compile_path)

    def path_or_null(self, name: str) -> Path | Discard | None:
        """A path; DISCARD when it is written as null."""
        if name in self.written and self.written[name] is None:
            return DISCARD
        return self.path(name)

    def payload(self, name: str) -> Payload | None:
        """A payload template."""
        return self._all_compiled(name, compile_payload)

    def query(self, name: str) -> Query | None:
        """A value with JSONata in it."""
        return self._all_compiled(name, compile_query)

    def template(self, name: str) -> Payload | Query | None:
        """A payload template or a value with JSONata in it, as the language says."""
        return self.query(name) if self.is_jsonata else self.payload(name)

    def amount(self, name: str, *, whole: bool = True) -> Amount | None:
        """A number, a path to one (``NamePath``), or JSONata for one."""
        written = self.written.get(name)
        if self.is_jsonata and isinstance(written, str):
            return self.query(name)
        if f"{name}Path" in self.written and not self.is_jsonata:
            return self.path(f"{name}Path")
        found: Amount | None = self.number(name, None, whole=whole)
        return found

    def words(self, name: str) -> Words | None:
        """A text, an expression for one (``NamePath``), or JSONata for one."""
        written = self.written.get(name)
        if self.is_jsonata and isinstance(written, str):
            found = self.query(name)
            return written if found is not None and found.constant else found
        if f"{name}Path" in self.written and not self.is_jsonata:
            return self.compiled(f"{name}Path", compile_expression)
        return self.text(name)
