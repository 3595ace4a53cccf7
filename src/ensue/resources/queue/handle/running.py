"""Runs what the application declared for a queue's messages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ensue.engine.handlers import is_action
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work, record_id
from ensue.resources.queue import store
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue


class Runs:
    """The application's function, as the engine runs it.

    Args:
        function: the application's.
        make_tx: makes what it gets as ``tx``.
    """

    def __init__(self, function: Callable[..., Any], make_tx: Callable[[Transaction], Any]) -> None:
        self._function = function
        self._make_tx = make_tx

    def transact(self, tx: Transaction, piece: Work) -> object:
        """Handle a message."""
        return self._function(store.message(piece, record_id(tx, piece.id)), self._make_tx(tx))

    async def act(self, piece: Work, message_id: str) -> object:
        """Handle a message, outside."""
        return await self._function(store.message(piece, message_id))

    def transact_batch(self, tx: Transaction, pieces: list[Work]) -> object:
        """Handle messages as one."""
        messages = [store.message(piece, record_id(tx, piece.id)) for piece in pieces]
        return self._function(messages, self._make_tx(tx))

    async def act_batch(self, pieces: list[Work], ids: list[str]) -> Mapping[int, str]:
        """Handle messages, outside; answers which failed, and why."""
        messages = [store.message(*each) for each in zip(pieces, ids, strict=True)]
        failed: Collection[str] | None = await self._function(messages)
        if failed is None:
            return {}
        if isinstance(failed, str) or not set(failed) <= set(ids):
            raise InvalidValue(
                "expected the ids of those messages of the batch that failed, or None, got"
                f" {values.shown(failed)}"
            )
        reason = "the consumer named it among those that failed"
        return {
            piece.id: reason
            for piece, message_id in zip(pieces, ids, strict=True)
            if message_id in set(failed)
        }


class Tells:
    """Tells the application in the transaction in which something becomes of a message.

    Args:
        function: a ``def f(message, tx)``, or ``def f(message, reason, tx)``.
        make_tx: makes what it gets as ``tx``.

    Raises:
        InvalidDeclaration: it is an ``async def``, or takes other arguments.
    """

    def __init__(self, function: Callable[..., Any], make_tx: Callable[[Transaction], Any]) -> None:
        name = str(getattr(function, "__name__", "handler"))
        if inspect.iscoroutinefunction(function):
            raise InvalidDeclaration(
                f"expected def {name}(message, tx), got an async def",
                hint="Let it send a message to a queue whose consumer talks to the world.",
            )
        self._wants_reason = _takes(function, 3)
        if not self._wants_reason:
            is_action(function, at=name, takes="message")
        self._function = function
        self._make_tx = make_tx

    def tell(self, tx: Transaction, piece: Work, reason: str) -> object:
        """Tell of a message, and why."""
        message = store.message(piece, record_id(tx, piece.id))
        said = (message, reason) if self._wants_reason else (message,)
        return self._function(*said, self._make_tx(tx))


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    return True
