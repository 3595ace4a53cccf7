"""The tree of what ensued, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that failed.

    Attributes:
        attempt: 1 for the first.
        at_ms: when, in ms since 1970.
        error: why.
    """

    attempt: int
    at_ms: int
    error: str


@dataclass(slots=True)
class Node:
    """Something that happened, and what it caused.

    Attributes:
        id: its record id.
        kind: ``request``, ``run``, ``change``, ``event``, ``record``, ``published`` or ``message``.
        name: of the route, handler, table, bus, stream, topic or queue.
        at_ms: when, in ms since 1970; None when nobody knows.
        state: of a message: ``waiting``, ``in flight``, ``done``, ``dead``; of a run: ``ok``.
        note: what it says, short.
        attempts: of a message: the tries that failed.
        waited_ms: of a message: from when it was sent to when it was last taken, or to now.
        worked_ms: of a message: from when it was last taken to when it was done.
        children: what it caused, in order.
    """

    id: str
    kind: str
    name: str
    at_ms: int | None
    state: str | None = None
    note: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    waited_ms: int | None = None
    worked_ms: int | None = None
    children: list[Node] = field(default_factory=list)
