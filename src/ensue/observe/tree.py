"""The tree of what ensued, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from ensue.words.names import Ref


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that failed.

    Attributes:
        attempt: 1 for the first.
        at_ms: when it ended, in ms since 1970.
        error: why.
        begun_ms: when it began; None where nobody noted it.
    """

    attempt: int
    at_ms: int
    error: str
    begun_ms: int | None = None


@dataclass(slots=True)
class Node:
    """Something that happened, and what it caused.

    Attributes:
        id: its record id.
        kind: what it is, in a word. Where it begins: ``request``, ``statement``, ``worker``,
            ``firing``, ``start``. What was done: ``run``. What was said: ``change``, ``event``,
            ``record``, ``published``, ``object``, ``status``, ``metered``. What was to be done:
            ``message``, ``mail``, ``call``, ``delivery``, ``execution``, ``task``, ``timer``,
            ``timeout``, ``answer``, ``step``, ``stop``, ``map run``, ``map data``.
        name: of the route, handler, table, bus, stream, topic or queue.
        at_ms: when, in ms since 1970; None when nobody knows.
        state: of a message: ``waiting``, ``in flight``, ``done``, ``dead``; of a run: ``ok``; of an
            execution its status: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT``,
            ``ABORTED``.
        note: what it says, short.
        attempts: of a message: the tries that failed; the last of them, where there are many.
        waited_ms: of a message: from when it was sent to when it was last taken, or to now.
        worked_ms: of a message: from when it was last taken to when it was done; of an execution:
            from its start to its end, or to now.
        ref: the resource that it is of; None for none.
        cause: of the first of a tree that is not the beginning: the id of what caused it, which is
            kept no more, or is further up than is shown.
        is_sought: whether it is what was asked for.
        more: the id of the child behind which there are more of them; empty where none of them
            is shown; None where all are.
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
    ref: Ref | None = None
    cause: str | None = None
    is_sought: bool = False
    more: str | None = None
    children: list[Node] = field(default_factory=list)
