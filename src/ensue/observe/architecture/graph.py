"""The architecture of what runs: its parts, and what flows between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from ensue.words.names import Ref
from ensue.words.values import Json

How: TypeAlias = Literal["declared", "code", "seen"]


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of what runs.

    Attributes:
        app: the app that it is of.
        kind: the kind of a resource; or ``route``; ``handler``, a function that takes a queue's
            messages; ``rule``, of a bus; ``http``, calls to the outside by the app's own client;
            ``app``, another app that is called over HTTP.
        name: its name, one of its kind in its app.
        address: where it is, for what has an address: a route's URL, where a destination sends to.
        said: what is declared of it.
    """

    app: str
    kind: str
    name: str
    address: str = ""
    said: dict[str, Any] = {}

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return Ref(self.app, self.kind, self.name)

    @property
    def id(self) -> str:
        """The same as a text: ``orders/queue/payments``."""
        return id_of(self.ref)

    @property
    def title(self) -> str:
        """What it is called within its app: of a rule or a handler its own name alone."""
        own = self.kind in {"rule", "handler"}
        return self.name.rpartition("/")[2] if own else self.name


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """What flows from one part to another.

    Attributes:
        source: the id of where it comes from.
        target: the id of where it goes to.
        flows: what flows: ``changes``, ``events``, ``messages``, ``calls``, ``timer`` and so on;
            ``reads`` for what only looks, ``names`` for code that names it and does not say why.
        how: whether it is ``declared``, named in the ``code`` of the application, or neither and
            ``seen`` to have happened.
        label: what it is called: a rule, a schedule, a state, the methods that the code calls.
        said: what is declared of it, such as a pattern.
    """

    source: str
    target: str
    flows: str
    how: How = "declared"
    label: str = ""
    said: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """What tells it from others: its ends, what flows, and the name of what is declared."""
        label = self.label if self.how == "declared" else ""
        return f"{self.source} > {self.target} {self.flows} {label}".strip()


class Architecture(msgspec.Struct, frozen=True):
    """What runs, as it is declared and as its code names it.

    Attributes:
        apps: the names of the apps, in their order.
        nodes: the parts, by app in the order of declaration.
        edges: what flows between them.
    """

    apps: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, id_: str) -> Node | None:
        """A part by its id."""
        return next((each for each in self.nodes if each.id == id_), None)

    def of(self, app: str) -> Iterator[Node]:
        """The parts of an app."""
        return (each for each in self.nodes if each.app == app)

    @property
    def hash(self) -> str:
        """What tells it from another: the same for the same declaration, whenever it was made."""
        return hashlib.sha256(encode(self)).hexdigest()[:16]


def id_of(ref: Ref) -> str:
    """What a part is called, as a text."""
    return "/".join(ref)


def encode(found: Architecture) -> bytes:
    """An architecture as JSON, the same for the same one."""
    return msgspec.json.encode(found, order="deterministic")


def decode(text: bytes) -> Architecture:
    """An architecture from its JSON.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return msgspec.json.decode(text, type=Architecture)


def plain(said: Mapping[str, Json]) -> dict[str, Any]:
    """A declaration as JSON has it: what is in it keeps no more type than that."""
    found: dict[str, Any] = msgspec.to_builtins(dict(said))
    return found
