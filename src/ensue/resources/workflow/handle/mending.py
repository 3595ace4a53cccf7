"""What an application does to executions that went wrong, or should not go on yet."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.home import Home
from ensue.engine.ids import EXECUTION_NUMBER, Place
from ensue.engine.transaction import Origin, Transaction
from ensue.languages.states import resuming
from ensue.languages.states.draw import (
    Graph,
    draw_mermaid,
    draw_svg,
    graph_of_history,
    graph_of_machine,
    with_history,
)
from ensue.languages.states.events import told
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import Execution, WorkflowModel
from ensue.resources.workflow.store import Loaded, histories
from ensue.resources.workflow.worker import MachineRevival, Revival, Setting
from ensue.words.errors import Conflict, InvalidInput, InvalidValue, NotFound


class _Same:
    """That it stays what it was."""

    def __repr__(self) -> str:
        return "SAME"


_SAME = _Same()


class Mending:
    """Redrive, fork, pause and drawing of executions; mixed into the handle.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs."""
        raise NotImplementedError

    async def redrive(self, name: str) -> Execution:
        """Let an execution go on that has failed, timed out or was stopped.

        What has succeeded stays as it is. Each line of control that did not come to its end goes on
        with the state that it was in, from its beginning, with all its retries: in a Parallel or
        an inline Map only the branches and iterations that did not succeed. Its time-out begins
        anew.

        Args:
            name: the execution's name.

        Returns:
            The execution, which runs.

        Raises:
            NotFound: there is no execution of this name.
            Conflict: it runs, or it has succeeded.
            InvalidInput: the workflow is an express one, which keeps nothing to go on with.
        """

        return await self._home.engine.transact(lambda tx: self.redrive_within(tx, name))

    def redrive_within(self, tx: Transaction, name: str) -> Execution:
        """Let an execution go on within a transaction; see `redrive`."""
        number = self._number(tx, name)
        loaded = store.set_going(tx, self.model, number)
        self._revival().redrive(tx, loaded)
        store.go_on(tx, loaded)
        return store.by_number(tx, self.model, number)

    async def fork(
        self,
        name: str,
        at: int | str,
        *,
        input: object = _SAME,  # noqa: A002 - the word for it
        variables: Mapping[str, object] | None = None,
        fork_name: str | None = None,
    ) -> Execution:
        """Start an execution that has the past of another, and goes on from one of its states.

        The other is not touched, whether it runs or not. What had succeeded beside that state stays
        as it was; branches that had not go on with the state that they were in.

        Args:
            name: the other's name.
            at: the id of an event of its history, for the state that its line of control was in; or
                the name of a state, for the last time that it was entered. Of a function: a step.
            input: what that state gets; by default what it got. Of a function: what the function
                gets.
            variables: other values of variables, for its line of control. Of a function: other
                results of steps before, by their names.
            fork_name: what the fork is called; a new name by default.

        Returns:
            The fork, which runs. It keeps to the definition of the other.

        Raises:
            NotFound: there is no such execution, event, or entry of a state.
            Conflict: there is an execution of the fork's name, or the other has not begun.
            InvalidValue: the input or a variable is no JSON value.
            InvalidInput: the workflow is an express one.
        """
        change = _changed(input, variables)
        return await self._home.engine.transact(
            lambda tx: self._forked(tx, name, at, change, fork_name)
        )

    def fork_within(
        self,
        tx: Transaction,
        name: str,
        at: int | str,
        *,
        input: object = _SAME,  # noqa: A002 - the word for it
        variables: Mapping[str, object] | None = None,
        fork_name: str | None = None,
    ) -> Execution:
        """Start a fork within a transaction; see `fork`."""
        return self._forked(tx, name, at, _changed(input, variables), fork_name)

    async def pause_execution(self, name: str) -> bool:
        """Let an execution not go on until `resume_execution`. Tasks that are under way end; what
        they answer, and what is due meanwhile, is kept for it. `stop` still stops it.

        Args:
            name: the execution's name.

        Returns:
            Whether it was not paused before.

        Raises:
            NotFound: there is no execution of this name.
            Conflict: it has ended.
            InvalidInput: the workflow is an express one.
        """
        return await self._home.engine.transact(lambda tx: self.pause_within(tx, name))

    async def resume_execution(self, name: str) -> bool:
        """Let a paused execution go on; returns whether it was paused.

        Args:
            name: the execution's name.

        Raises:
            NotFound: there is no execution of this name.
            InvalidInput: the workflow is an express one.
        """
        return await self._home.engine.transact(lambda tx: self.resume_within(tx, name))

    def pause_within(self, tx: Transaction, name: str) -> bool:
        """Let an execution not go on, from a transaction; see `pause_execution`."""
        return store.pause(tx, self._loaded(tx, self._number(tx, name)))

    def resume_within(self, tx: Transaction, name: str) -> bool:
        """Let a paused execution go on, from a transaction; see `resume_execution`."""
        return store.resume(tx, self._loaded(tx, self._number(tx, name)))

    async def draw(
        self,
        name: str | None = None,
        *,
        format: str = "svg",  # noqa: A002 - as in `ensue states draw`
    ) -> str:
        """A picture of the workflow, or of what became of an execution.

        Args:
            name: the execution's name; None for the workflow itself.
            format: ``svg``, or ``mermaid`` for the text of a flowchart.

        Raises:
            NotFound: there is no execution of this name.
            InvalidValue: there is no such format.
        """
        formats = {"svg": draw_svg, "mermaid": draw_mermaid}
        if format not in formats:
            raise InvalidValue(f"expected svg or mermaid, got {format!r}", at="$.format")
        return formats[format](self._home.engine.read(lambda tx: self._graph(tx, name)))

    def _forked(
        self,
        tx: Transaction,
        name: str,
        at: int | str,
        change: resuming.Changed,
        fork_name: str | None,
    ) -> Execution:
        origin = self._loaded(tx, self._number(tx, name))
        events = histories.all_of(tx, origin.id)
        if not events:
            raise Conflict(f"the execution {name} has not begun", hint="Start another one.")
        revival = self._revival()
        point = revival.point(events, at, change)

        def make() -> Execution:
            loaded = store.fork(tx, self.model, origin, point, fork_name)
            origin_id = store.execution_id(tx, origin.id)
            revival.fork(tx, loaded, events, point, change, origin_id)
            store.go_on(tx, loaded)
            return store.by_number(tx, self.model, loaded.id)

        # So `why` tells that the fork ensued from the other.
        cause = Place(EXECUTION_NUMBER, origin.id)
        return tx.nested(Origin(f"fork of {name}", cause), make)

    def _graph(self, tx: Transaction, name: str | None) -> Graph:
        """The graph of the workflow; or that of an execution, by its own definition."""
        definition, events = self.setting.definition, None
        title = self.model.ref.name
        if name is not None:
            number = store.number_of(tx, self.model, name)
            definition = self._loaded(tx, number).definition
            events = [told(event) for event in histories.all_of(tx, number)]
            title = f"{title} {name}"
        machine = rules.decoded(store.definition_text(tx, definition))
        if isinstance(machine, dict) and "States" in machine:
            graph = graph_of_machine(machine, title)
            return graph if events is None else with_history(graph, events)
        return graph_of_history(events or [], title)

    def _number(self, tx: Transaction, name: str) -> int:
        if self.model.is_express:
            raise InvalidInput(
                f"{self.model.ref} is an express workflow: its executions keep nothing",
                hint="Declare it STANDARD.",
            )
        return store.number_of(tx, self.model, name)

    def _loaded(self, tx: Transaction, number: int) -> Loaded:
        loaded = store.load(tx, number)
        if loaded is None:
            raise NotFound("the execution is not kept any more")
        return loaded

    def _revival(self) -> Revival:
        """What sets its executions going again."""
        return MachineRevival(self.setting)


def _changed(given: object, variables: Mapping[str, object] | None) -> resuming.Changed:
    """What a fork gets instead.

    Raises:
        InvalidValue: it is no JSON.
    """
    has_input = given is not _SAME
    plain = rules.decoded(rules.encoded(given, "input")) if has_input else None
    if variables is None:
        return resuming.Changed(has_input=has_input, input=plain)
    others = {
        name: rules.decoded(rules.encoded(value, "variables")) for name, value in variables.items()
    }
    return resuming.Changed(has_input=has_input, input=plain, variables=others)
