"""Where faults are noted, and the checks of single values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ensue.languages.states.faults import Fault, meant, step
from ensue.words.findings import ERROR, WARNING
from ensue.words.values import shown


@dataclass(slots=True)
class Notes:
    """The faults that are found.

    Attributes:
        faults: the faults, in the order in which they are found.
    """

    faults: list[Fault] = field(default_factory=list)

    def error(self, at: str, message: str, hint: str) -> None:
        """Note that a definition cannot run."""
        self.faults.append(Fault(at, message, hint, ERROR))

    def warning(self, at: str, message: str, hint: str) -> None:
        """Note that something is odd."""
        self.faults.append(Fault(at, message, hint, WARNING))

    def known(self, written: Mapping[str, Any], fields: Collection[str], at: str) -> None:
        """Note fields that do nothing."""
        for name in written:
            if name not in fields:
                hint = meant(name, fields) or "Remove the field."
                self.warning(step(at, name), f"there is no field {shown(name)} here", hint)

    def one_of(
        self, written: Mapping[str, Any], name: str, values: Collection[str], at: str
    ) -> None:
        """Note a text that is none of those that it may be."""
        if name in written and written[name] not in values:
            self.error(
                step(at, name),
                f"expected {' or '.join(values)}, got {shown(written[name])}",
                "Mend the field.",
            )

    def once(self, written: Mapping[str, Any], names: Collection[str], at: str) -> None:
        """Note fields of which only one may stand."""
        found = [name for name in names if name in written]
        if len(found) > 1:
            self.error(
                step(at, found[1]),
                f"expected one of {' and '.join(found)}, got both",
                "Remove one of them.",
            )

    def number(
        self, written: Mapping[str, Any], name: str, least: float, most: float, at: str
    ) -> None:
        """Note a number beyond its bounds; what is no number is read elsewhere."""
        value = written.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        if not least <= value <= most:
            self.error(
                step(at, name),
                f"expected a number from {least} to {most}, got {shown(value)}",
                "Mend the number.",
            )
