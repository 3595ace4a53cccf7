"""Who got what was said, and who did not: the words.

got           it matched, and what it delivered is told
not matched   a field of the pattern failed
disabled      a rule that matches, and does not deliver now
paused        who follows the log takes nothing now, and has not come so far
waiting       who follows the log has not come so far
later         it was declared, changed or switched on only after that
nothing kept  it matched, and nothing of what came of it is stored any more, or ever was
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ensue.languages.patterns import Mismatch
from ensue.words.names import Ref

Outcome = Literal["got", "not matched", "disabled", "paused", "waiting", "later", "nothing kept"]
By = Literal["rule", "archive", "subscription", "function", "pipe", "group"]


@dataclass(frozen=True, slots=True)
class Got:
    """What came of something at one who got it.

    Attributes:
        id: of the message, run, event or record.
        kind: what it is, in a word, as `Node.kind`.
        name: of whose it is.
        state: how it went, or goes; None where there is nothing to say.
        attempts: how many tries failed.
        error: why the last try failed; None where none has.
        ref: the resource that it is of; None for none.
    """

    id: str
    kind: str
    name: str
    state: str | None = None
    attempts: int = 0
    error: str | None = None
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One who wants some of what is said, and whether it got this.

    Attributes:
        by: what it is.
        name: what it is called.
        ref: where it is declared: the bus of a rule, the topic of a subscription, the function or
            the pipe.
        outcome: whether it got this, and if not, why.
        why: the same as a sentence.
        to: to whom it delivers.
        mismatches: each field that failed: where, what was expected, what was found.
        got: what came of it.
        since_ms: since when it is as it is, in ms since 1970; None for as long as anybody knows.
    """

    by: By
    name: str
    ref: Ref
    outcome: Outcome
    why: str = ""
    to: list[Ref] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Who got an event, a change, a record or a message of a topic, and who did not.

    Attributes:
        id: its id.
        kind: what it is: ``event``, ``change``, ``record``, ``published``, ``object``, ``status``.
        name: of the bus, table, stream, topic, bucket or workflow.
        ref: the same.
        at_ms: when it was, in ms since 1970; None when nobody knows.
        receivers: who wants some of what is said there; those who got this come first.
        more: how many did not match beside those that are told.
    """

    id: str
    kind: str
    name: str
    ref: Ref
    at_ms: int | None
    receivers: list[Receiver]
    more: int = 0
