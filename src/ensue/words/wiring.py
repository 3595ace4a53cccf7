"""What flows between resources because an app declares it, and which functions they have run.

Each kind tells it of its own resources; `ensue.observe.architecture` puts it together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ensue.words.names import Ref
from ensue.words.values import Json

Flows: TypeAlias = Literal[
    "calls",
    "changes",
    "dead letters",
    "events",
    "executions",
    "letters",
    "messages",
    "names",
    "objects",
    "reads",
    "records",
    "schemas",
    "secrets",
    "timer",
    "usage",
    "watches",
]

# What goes to a resource of a kind, and what comes of it where it is followed.
INTO: Mapping[str, Flows] = {
    "activity": "calls",
    "bucket": "objects",
    "bus": "events",
    "destination": "messages",
    "function": "calls",
    "mail": "letters",
    "meter": "usage",
    "queue": "messages",
    "schedule": "timer",
    "schemas": "schemas",
    "stream": "records",
    "table": "changes",
    "topic": "messages",
    "vault": "secrets",
    "workflow": "executions",
}
OUT_OF: Mapping[str, Flows] = {**INTO, "adopted": "changes", "pipe": "events"}


def into(kind: str) -> Flows:
    """What goes to a resource of a kind."""
    return INTO.get(kind, "calls")


def out_of(kind: str) -> Flows:
    """What comes of a resource of a kind."""
    return OUT_OF.get(kind, "calls")


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one thing to another.

    Attributes:
        source: where it comes from.
        target: where it goes to.
        flows: what goes there.
        label: what it is called: of a rule, a schedule, a state.
        said: what is declared of it, such as the pattern.
    """

    source: Ref
    target: Ref
    flows: Flows
    label: str = ""
    said: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Something within a resource that is shown by itself, such as a rule of a bus.

    Attributes:
        ref: what it is called: its kind is no kind of resource.
        said: what is declared of it.
    """

    ref: Ref
    said: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Code:
    """A function of the application's that runs for a resource.

    Attributes:
        ref: the resource, or the part of it, that it runs for.
        function: the function.
    """

    ref: Ref
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a resource is tied to.

    Attributes:
        links: its ways from and to others.
        parts: what is shown of it by itself.
        code: what it has run.
        told: what of its declaration is told by all this, and not again.
    """

    links: tuple[Link, ...] = ()
    parts: tuple[Part, ...] = ()
    code: tuple[Code, ...] = ()
    told: tuple[str, ...] = ()


class Uses:
    """Something of ours that code names in the place of what it makes use of, such as an agent."""

    @property
    def uses(self) -> tuple[object, ...]:
        """The functions and resources that it makes use of."""
        return ()
