"""What an application holds of an activity."""

from __future__ import annotations

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Patience, Worker
from ensue.resources.activity import store
from ensue.resources.activity.model import (
    WAIT_MS_MAX,
    WORKER_LENGTH_MAX,
    ActivityModel,
    ActivityTask,
    ActivityWaiting,
    Answers,
)
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref
from ensue.words.units import duration_ms
from ensue.words.values import Json


class Activity:
    """Tasks of workflows that workers outside poll for.

    Args:
        home: the app.
        name: its name.
        answers: tells the workflows what becomes of their tasks.
    """

    def __init__(self, home: Home, name: str, answers: Answers) -> None:
        self.model = ActivityModel(Ref(home.app, "activity", name))
        self._home = home
        self._answers = answers

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def take(
        self, *, worker: str | None = None, wait: str | float = 0
    ) -> ActivityTask | None:
        """Take the task that has waited longest; None when there is none in time.

        Nobody else gets it. A worker that is lost with it is noticed by the heartbeat and the
        time-out of its state.

        Args:
            worker: what the worker calls itself, for the history: 1 to 80 characters.
            wait: when there is none, how long to wait for one, up to 60 seconds.

        Raises:
            InvalidValue: the name or the time is out of range.
        """
        values.check_name(worker, "worker", WORKER_LENGTH_MAX, "$.worker")
        wait_ms = duration_ms(wait)
        if wait_ms > WAIT_MS_MAX:
            raise InvalidValue(
                f"expected a wait of at most {WAIT_MS_MAX} ms, got {wait_ms}", at="$.wait"
            )
        engine = self._home.engine
        number = engine.number(self.ref)
        woken = engine.listen(number)
        patience = Patience(engine.clock, wait_ms, woken)
        try:
            while True:
                woken.clear()
                found = await engine.transact(
                    lambda tx: store.take(tx, self.model, worker, self._answers)
                )
                if found.task is not None:
                    return found.task
                if found.is_over:
                    if patience.is_over:
                        return None
                    await woken.wait()
        finally:
            patience.cancel()
            engine.unlisten(number, woken)

    async def succeed(self, token: str, output: object = None) -> None:
        """Say that a task is done. The token is used up.

        Args:
            token: that of the task.
            output: the result of the task, a JSON value of at most 256 KiB.

        Raises:
            NotFound: no task waits for this token: it has ended, or its time is over.
            InvalidValue: the output is no JSON value.
            TooLarge: the output is larger than 256 KiB.
        """
        await self._home.engine.transact(lambda tx: self._answers.succeeded(tx, token, output))

    async def fail(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Say that a task could not be done. The token is used up.

        Args:
            token: that of the task.
            error: the name of the error, by which retriers and catchers choose.
            cause: what happened, for people.

        Raises:
            NotFound: no task waits for this token.
            InvalidValue: the error or the cause is no text, or too long.
        """
        await self._home.engine.transact(lambda tx: self._answers.failed(tx, token, error, cause))

    async def heartbeat(self, token: str) -> None:
        """Say that one is still at a task: its silence begins anew.

        Raises:
            NotFound: no task waits for this token: there is no use in going on with it.
        """
        await self._home.engine.transact(lambda tx: self._answers.beat(tx, token))

    async def peek(self, limit: int = 10) -> list[ActivityWaiting]:
        """The tasks that nobody has taken yet, longest waiting first, at most 1,000."""
        return self._home.engine.read(lambda tx: store.peek(tx, self.model, limit))

    async def depth(self) -> dict[str, Json]:
        """How many tasks wait for a worker."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {}

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the activity in the store and the directory; it has no socket."""
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """Its workers are outside."""
        del engine
        return []
