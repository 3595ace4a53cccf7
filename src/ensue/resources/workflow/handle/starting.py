"""How executions of a workflow are started, and how one waits for their end."""

from __future__ import annotations

import asyncio
from functools import partial

from ensue.engine.awaited import sleeping
from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Patience
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    Execution,
    Waiting,
    WorkflowModel,
)
from ensue.resources.workflow.store import Chosen, versions
from ensue.resources.workflow.worker import (
    ExpressWork,
    Setting,
    shown_run,
)
from ensue.words.names import Ref
from ensue.words.units import duration_ms

START_SYNC_MS = 300_000


class Starting:
    """Starting executions; mixed into the handle.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs."""
        raise NotImplementedError

    async def start(
        self,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
        version: int | str | None = None,
    ) -> Execution:
        """Start an execution; returns it once it is durable.

        Args:
            input: what it is started with, a JSON value of at most 256 KiB.
            name: its name, one of the workflow; a new one by default. Who starts one under the
                same name again, with the same input, gets the one that there is. Of an express
                workflow that holds for five minutes.
            version: the number of a version, or an alias; by default the definition that the app
                declares.

        Raises:
            NotFound: there is no such version or alias.
            InvalidName: it cannot be called so.
            InvalidValue: the input is no JSON value.
            TooLarge: the input is larger than 256 KiB.
            Conflict: there is one of this name that was started with another input.
        """
        text = rules.encoded(input, "input")
        return await self._home.engine.transact(
            lambda tx: self._started(tx, text, name, version), repeats=True
        )

    async def start_sync(
        self,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
        version: int | str | None = None,
        timeout: str | float = START_SYNC_MS / 1_000,  # noqa: ASYNC109 - on the engine's clock
    ) -> Execution:
        """Start an execution and wait for its end.

        An execution of an express workflow runs at once, in memory, and leaves no row.

        Args:
            input: as for `start`.
            name: as for `start`; who names one that there is waits for that.
            version: as for `start`.
            timeout: how long to wait at most, such as ``"30s"``, or seconds.

        Returns:
            The execution as it ended; as it is, when it has not ended in time. It goes on then; of
            an express workflow it is TIMED_OUT.

        Raises:
            EnsueError: as for `start`.
            InvalidValue: the timeout is no duration.
        """
        timeout_ms = duration_ms(timeout)
        if self.model.is_express:
            return await self._run_express(rules.encoded(input, "input"), name, version, timeout_ms)
        engine = self._home.engine
        named = rules.name_of(name) or engine.ids.new_id()
        # From before its start, so that there is no need to look before the commit that ends it.
        end = store.end_of(self.setting.queue, named)
        woken = engine.listen(end)
        patience = Patience(engine.clock, timeout_ms, woken)
        try:
            started = await self.start(input, name=named, version=version)
            return await self._ended(started, woken, patience) if started.is_running else started
        finally:
            patience.cancel()
            engine.unlisten(end, woken)

    def start_within(
        self,
        tx: Transaction,
        input: object = None,  # noqa: A002 - the word for it
        *,
        name: str | None = None,
        version: int | str | None = None,
    ) -> Execution:
        """Start an execution within a transaction; see `start`."""
        return self._started(tx, rules.encoded(input, "input"), name, version)

    def start_in(
        self,
        tx: Transaction,
        given: str,
        *,
        name: str | None = None,
        waiting: Waiting | None = None,
        version: int | str | None = None,
    ) -> store.Started:
        """Start an execution within a transaction; see `start`.

        Args:
            tx: the transaction.
            given: its input, as JSON text.
            name: its name.
            waiting: who waits for its end.
            version: the number of a version, or an alias.
        """
        chosen = self._chosen(tx, version)
        return self._start(tx, chosen, given, name=name, waiting=waiting)

    def _chosen(self, tx: Transaction, version: int | str | None) -> Chosen:
        """The definition to start with."""
        if version is None:
            return Chosen(self.setting.definition)
        return store.choose(tx, self.model, version)

    def _start(
        self,
        tx: Transaction,
        chosen: Chosen,
        given: str,
        *,
        name: str | None = None,
        waiting: Waiting | None = None,
    ) -> store.Started:
        if self.model.is_express:
            return store.start_express(tx, self.model, chosen, given, name=name)
        started = store.start(tx, self.model, chosen.definition, given, name=name, waiting=waiting)
        if chosen.version is not None and started.is_new:
            versions.note(tx, started.number, chosen)
        return started

    def _started(
        self, tx: Transaction, given: str, name: str | None, version: int | str | None = None
    ) -> Execution:
        chosen = self._chosen(tx, version)
        started = self._start(tx, chosen, given, name=name)
        if not started.is_new and not self.model.is_express:
            return store.by_number(tx, self.model, started.number)
        return store.shown_new(tx, self.model, chosen, started, given)

    async def _ended(
        self, started: Execution, woken: asyncio.Event, patience: Patience
    ) -> Execution:
        engine = self._home.engine
        number = store.number_in(engine.records, started.id)
        look = partial(store.by_number, workflow=self.model, execution=number)
        with engine.awaited.waiting(), sleeping():
            while True:
                await woken.wait()
                woken.clear()
                found = engine.read(look)
                if not found.is_running or patience.is_over:
                    return found

    async def _run_express(
        self, given: str, name: str | None, version: int | str | None, most_ms: int
    ) -> Execution:
        engine = self._home.engine
        chosen = Chosen(self.setting.definition)
        if version is not None:
            chosen = engine.read(lambda tx: self._chosen(tx, version))
        drawn, now_ms = engine.ids.new_id(), engine.clock.now_ms()
        express = store.Express(rules.name_of(name) or drawn, now_ms, rules.decoded(given), *chosen)
        ran = await ExpressWork(engine, self.setting).run(express, drawn, most_ms)
        return shown_run(self.setting, express, drawn, ran, engine.clock.now_ms())
