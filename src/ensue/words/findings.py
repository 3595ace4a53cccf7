"""What is wrong with a store, as those who check it say it."""

from __future__ import annotations

from dataclasses import dataclass

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        rule: the rule that is broken, the same in every version: ``work.held``.
        where: the SQL table and row, the resource, or the file.
        what: what is wrong, one sentence without its final full stop.
        hint: what to do about it, one sentence.
        severity: ``error``: a promise does not hold. ``warning``: it holds, but something is odd.
    """

    rule: str
    where: str
    what: str
    hint: str
    severity: str = ERROR

    def __str__(self) -> str:
        return f"{self.severity}: {self.what}, at {self.where} ({self.rule}). {self.hint}"

    def as_dict(self) -> dict[str, str]:
        """The finding for a wire."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "where": self.where,
            "what": self.what,
            "hint": self.hint,
        }
