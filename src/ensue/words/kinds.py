"""What a kind of resource is to those who list, describe and operate resources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ensue.words.findings import Finding
from ensue.words.values import Json
from ensue.words.wiring import Wiring


@dataclass(frozen=True)
class Operation:
    """Something that can be done to a resource from outside: a route and a command come from it.

    Attributes:
        name: one verb.
        summary: what it does, one sentence.
        parameters: a `msgspec.Struct` type: the arguments, typed and bounded.
        run: does it, given the resource's handle and the arguments.
        writes: whether it may change something.
        private: whether a secret is in its parameters or its answer: it is asked for by POST only,
            takes no idempotency key, under which both would be kept, and is not recorded.
        reveals: whether its answer shows a secret: only a server that demands a key gives it.
        group: the command below which it is, where that is not the one of its kind.
    """

    name: str
    summary: str
    parameters: type[Any]
    run: Callable[[Any, Any], Awaitable[object]]
    writes: bool
    private: bool = False
    reveals: bool = False
    group: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: its name, in places and addresses.
        plural: what many are called, and their place in addresses.
        summary: what it is, one sentence.
        aws: what AWS calls it; empty where it has no such thing.
        operations: what can be done to one.
        status: how one is doing: figures by name.
        audit: what is wrong with one in a store, given a transaction and the resource as the store
            knows it; None where the engine's own rules say it all.
        noun: what one is called in sentences, where its name is not the word.
        group: the command below which its operations are; None where each is a command of its own.
        wiring: what one is tied to, as it is declared; None where others alone name it.
    """

    name: str
    plural: str
    summary: str
    aws: str
    operations: tuple[Operation, ...]
    status: Callable[[Any], Awaitable[dict[str, Json]]]
    audit: Callable[[Any, Any], Iterable[Finding]] | None = None
    noun: str | None = None
    group: str | None = None
    wiring: Callable[[Any], Wiring] | None = None

    @property
    def called(self) -> str:
        """What one is called in sentences."""
        return self.noun or self.name


def with_article(noun: str) -> str:
    """A noun behind its indefinite article: ``an adopted table``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
