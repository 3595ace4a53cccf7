"""The words of functions: what one handles, and where that comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ensue.engine.handlers import Policy
from ensue.engine.lanes import LATEST, Start
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.words.names import Ref
from ensue.words.values import Json

DEAD_LETTERS = "-dlq"


@dataclass(frozen=True)
class FunctionModel:
    """A function as declared.

    Attributes:
        ref: what it is called.
        dead_letters: the queue for what it could not handle.
        policy: how its work is taken and retried.
        was: the name that it had before; None for none.
    """

    ref: Ref
    dead_letters: Ref
    policy: Policy
    was: str | None = None


@dataclass(frozen=True)
class Feed:
    """A log that a function follows.

    Attributes:
        source: the resource whose log it is.
        wants: whether a record concerns the function.
        present: a record as the function's argument.
        as_work: a record as the body of a piece of work.
        said: what is followed, for people.
        takes: what the function's first argument is called in words.
        start: where a new function begins.
        in_batches: whether the function takes several records at once.
        snapshot: whether a new function gets what is there first; ``start`` is the latest then.
        key: what the order of a record is kept by; None for the record's own key.
    """

    source: Ref
    wants: Callable[[Record], bool]
    present: Callable[[Transaction, Record], Any]
    as_work: Callable[[Transaction, Record], str]
    said: dict[str, Json]
    takes: str = "change"
    start: Start = LATEST
    in_batches: bool = False
    snapshot: bool = False
    key: Callable[[Record], str | None] | None = None
