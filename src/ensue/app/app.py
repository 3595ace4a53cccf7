"""The app, as declared: its resources, handlers and routes. It does nothing until it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from ensue.app.outlets import ACTIONS
from ensue.app.routing import Routing
from ensue.app.transaction import ReadTx, Tx
from ensue.engine import idempotency
from ensue.engine.call_keys import next_key
from ensue.engine.transaction import Transaction, acting

T = TypeVar("T")


class App(Routing):
    """An application: tables, queues, buses, functions, mail and routes under one name.

    Its resources are declared by the methods of `Resources`, its handlers by those of `Handlers`
    and `Following`, its routes by those of `Routing`.

    Args:
        name: lower-case words joined by ``-``; it is part of the names of the SQL tables.

    Raises:
        InvalidName: the name breaks the naming rule.
    """

    async def run(
        self,
        function: Callable[..., T],
        *arguments: Any,  # noqa: ANN401 - whatever the function takes
        token: str | None = None,
    ) -> T:
        """Run a function in a transaction of its own: ``function(*arguments, tx)``.

        Args:
            function: a plain function whose last argument is the transaction.
            arguments: its other arguments.
            token: an idempotency token, 1 to 255 characters: whoever runs the same function with
                the same arguments under it again, within a day, gets the first answer, and nothing
                is done. Arguments and answer must be values then, and the answer comes as one: a
                tuple as a list. A run that raises has freed its token.

        Returns:
            What it returns, once that is durable.

        Raises:
            StoreClosed: the app is not running.
            TokenReused: the token stands for another function, or other arguments.
            InvalidValue: with a token: an argument or the answer is no value.
            Exception: whatever the function raises; then nothing that it did has happened.
        """

        def transact(tx: Transaction) -> T:
            return function(*arguments, Tx(tx))

        if token is None:
            return await self.home.engine.transact(transact)
        scope = f"{self.name} run"
        fingerprint = idempotency.fingerprint(function, arguments)
        return await self.home.engine.transact(
            lambda tx: idempotency.once(tx, scope, token, fingerprint, lambda: transact(tx))
        )

    async def read(
        self,
        function: Callable[..., T],
        *arguments: Any,  # noqa: ANN401 - whatever the function takes
    ) -> T:
        """Run a function on a snapshot of what is committed: ``function(*arguments, tx)``.

        All that it reads is of one moment. It waits for nobody, and writes nothing. What takes
        long is begun again in a thread, so that everything else goes on meanwhile.

        Args:
            function: a plain function whose last argument is a `ReadTx`; it may run twice.
            arguments: its other arguments.

        Raises:
            StoreClosed: the app is not running.
            Exception: whatever the function raises.
        """
        return await self.home.engine.reads.look(
            lambda tx: function(*arguments, ReadTx(tx)), known_as=function
        )

    async def send_task_success(self, token: str, output: object = None) -> None:
        """End the task of a workflow that waits for a token; see `Tx.send_task_success`."""
        await self.run(lambda tx: tx.send_task_success(token, output))

    async def send_task_failure(
        self, token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        """Let the task of a workflow that waits for a token fail; see `Tx.send_task_failure`."""
        await self.run(lambda tx: tx.send_task_failure(token, error, cause))

    async def send_task_heartbeat(self, token: str) -> None:
        """Say that one is still at a task of a workflow; see `Tx.send_task_heartbeat`."""
        await self.run(lambda tx: tx.send_task_heartbeat(token))

    def idempotency_key(self) -> str | None:
        """A key for something that an action does outside by other means than `http`.

        It is one of those that `http` gives its calls: the same at every try of the action's work,
        and of a request that was sent with an ``Idempotency-Key``; another at each call of this.

        Returns:
            The key; None for a request that came without one: it is new at every try.
        """
        return next_key(acting.get(), self.home.engine.records)

    def address_of(self, name: str) -> str | None:
        """The base URL of an app that is served by the same `ensue run`; None where none is.

        So apps that are run together find each other, whatever their ports are.

        Args:
            name: the name of the app.
        """
        return self.home.settings.addresses.get(name)

    @property
    def http(self) -> httpx.AsyncClient:
        """A client for calls to the outside from actions.

        What an action sends carries ``Idempotency-Key``, the same at every retry of its work (its
        second call the key with ``-2``, and so on), and a W3C ``traceparent``, unless the call
        names its own. On a branch every call is refused, unless it was told to act.
        """
        return self.outlets.client(ACTIONS)

    async def close_http(self) -> None:
        """Close the connections to the outside."""
        await self.outlets.close()

    @property
    def outside(self) -> Mapping[str, httpx.AsyncBaseTransport]:
        """What answers instead of the network, by URL pattern: for tests."""
        return self.outlets.outside

    @outside.setter
    def outside(self, given: Mapping[str, httpx.AsyncBaseTransport]) -> None:
        self.outlets.outside = given
