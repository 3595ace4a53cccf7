"""A fault: what is likely wrong, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.words.findings import ERROR, WARNING, Finding
from ensue.words.names import Ref
from ensue.words.values import Json

# How likely each is the cause, and not a symptom: the first of these is told first. What runs out
# stops everything; what fails stops what is behind it; what somebody stopped, somebody knows of.
ORDER = (
    "near.disk",
    "store.ahead",
    "outside.refuses",
    "breaker.open",
    "handler.fails",
    "overdue.work",
    "paused",
    "dead.letters",
    "held.key",
    "backlog.grows",
    "alarm.raised",
    "missed.firings",
    "paused.replay",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is likely wrong.

    Attributes:
        rule: what it is, the same in every version: ``handler.fails``.
        severity: ``error``: something does not work. ``warning``: it will not, or waits for
            somebody.
        where: the resource, or the file.
        what: what is wrong, one sentence without its final full stop; nothing in it comes from what
            users put in.
        hint: what to do about it, one sentence.
        command: what to type, or none.
        error: the error behind it, as it was recorded; it may hold what users put in.
        ref: the resource that it is about.
        since_ms: since when.
        count: how many messages, letters or records it is about.
        id: the record id of one of them, to ask `why`.
    """

    rule: str
    severity: str
    where: str
    what: str
    hint: str
    command: str | None = None
    error: str | None = None
    ref: Ref | None = None
    since_ms: int | None = None
    count: int | None = None
    id: str | None = None

    @property
    def rank(self) -> tuple[int, int, str]:
        """Where it stands among others: the likeliest cause first, then what most waits for."""
        place = ORDER.index(self.rule) if self.rule in ORDER else len(ORDER)
        return place, -(self.count or 0), self.where

    @classmethod
    def of(cls, found: Finding, ref: Ref | None, command: str | None) -> Fault:
        """A warning as a fault."""
        severity = ERROR if found.rule in {"near.disk", "overdue.work"} else found.severity
        return cls(
            found.rule, severity, found.where, found.what, found.hint, command=command, ref=ref
        )

    def as_dict(self) -> dict[str, Json]:
        """The fault for a wire."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "where": self.where,
            "what": self.what,
            "hint": self.hint,
            "command": self.command,
            "error": self.error,
            "app": self.ref.app if self.ref else None,
            "kind": self.ref.kind if self.ref else None,
            "name": self.ref.name if self.ref else None,
            "since_ms": self.since_ms,
            "count": self.count,
            "id": self.id,
        }


def warning(rule: str, ref: Ref, what: str, hint: str) -> Fault:
    """A fault that does not stop anything yet."""
    return Fault(rule, WARNING, str(ref), what, hint, ref=ref)
