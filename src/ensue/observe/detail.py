"""One thing of a tree in full, as it is shown beside the tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from ensue.observe.tree import Attempt
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref
from ensue.words.values import Json

SHOWN_BYTES_MAX = 65_536
BEGINNING_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is stored, or the beginning of one that is too large to be shown.

    Attributes:
        value: what it is; None for one of more than 64 KiB, or that is no JSON.
        size: how many bytes of JSON it has.
        beginning: of one that is not shown, how its text begins.
    """

    value: Json
    size: int
    beginning: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A time in a state of a workflow, or a step of one.

    Attributes:
        name: what it is called.
        kind: its type, such as ``Task``.
        entered_ms: when it was entered.
        exited_ms: when it was left; None while it was not.
        tries: how often its task was begun.
        input: what it was given.
        output: what it gave; None while it has not.
        error: why its last try failed; None where none has.
    """

    name: str
    kind: str
    entered_ms: int
    exited_ms: int | None = None
    tries: int = 0
    input: Shown | None = None
    output: Shown | None = None
    error: str | None = None


@dataclass(slots=True)
class Detail:
    """One thing in full; see `Node` for what it has in common with one.

    Attributes:
        id: its record id.
        kind: what it is, in a word.
        name: what it is called.
        at_ms: when it was.
        state: how it went, or goes.
        ref: the resource that it is of.
        facts: what else is known of it, by name: of a request its method, its path and its status,
            of a message when it is due, of a dead letter why, and so on.
        input: what it was given: the body of a message, what a run handled, what an event says.
        output: what it gave: of an execution or a task, as far as that is stored.
        old: of a change, the item before.
        new: of a change, the item after.
        attributes: what travels beside a body.
        attempts: the tries that failed, all of them.
        waited_ms: from when it was sent to when it was last taken, or to now.
        worked_ms: from when it was last taken to when it was done.
        error: why it failed, or last failed.
        states: of an execution: the states that it was in, the first of them.
    """

    id: str
    kind: str
    name: str
    at_ms: int | None
    state: str | None = None
    ref: Ref | None = None
    facts: dict[str, Json] = field(default_factory=dict)
    input: Shown | None = None
    output: Shown | None = None
    old: Shown | None = None
    new: Shown | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    waited_ms: int | None = None
    worked_ms: int | None = None
    error: str | None = None
    states: list[State] = field(default_factory=list)


def shown(text: str | None) -> Shown | None:
    """A stored JSON text, as it is shown; None for none."""
    if text is None:
        return None
    size = len(text.encode())
    if size > SHOWN_BYTES_MAX:
        return Shown(None, size, text[:BEGINNING_LENGTH])
    try:
        return Shown(values.as_json(values.decode(text)), size)
    except InvalidValue:  # another program has written what is no JSON
        return Shown(None, size, text[:BEGINNING_LENGTH])
