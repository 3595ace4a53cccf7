"""The machines of a workflow, compiled once for each definition."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine
from ensue.resources.workflow import store

KEPT_MAX = 100


class Machines:
    """The machines of a workflow: that of its definition, and those that older executions keep to.

    At most a hundred are kept compiled.
    """

    def __init__(self) -> None:
        self._machines: dict[int, Machine] = {}

    def add(self, definition: int, machine: Machine) -> None:
        """Keep the machine of a definition that was compiled already."""
        self._machines[definition] = machine

    def present(self, definition: int) -> Machine:
        """The machine of a definition that was added.

        Raises:
            KeyError: it was not.
        """
        return self._machines[definition]

    def of(self, tx: Transaction, definition: int) -> Machine:
        """The machine of a definition.

        Raises:
            NotFound: there is no such definition.
            InvalidDefinition: this version does not understand it any more.
        """
        found = self._machines.get(definition)
        if found is None:
            found = compile_machine(store.definition_text(tx, definition))
            while len(self._machines) >= KEPT_MAX:
                # The first is that of the workflow's own definition.
                del self._machines[list(self._machines)[1]]
            self._machines[definition] = found
        return found
