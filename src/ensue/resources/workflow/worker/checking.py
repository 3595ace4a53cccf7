"""What the tasks of a machine call is looked up when the workflow is declared."""

from __future__ import annotations

from ensue.languages.states.program import Machine, Task
from ensue.languages.states.resource_names import REQUEST_RESPONSE
from ensue.resources.workflow.worker.setting import Setting
from ensue.words.errors import EnsueError, InvalidDeclaration


def check_machine(setting: Setting, machine: Machine) -> None:
    """Check that all that the tasks of a machine call is there, as far as they say what that is.

    Raises:
        InvalidDeclaration: something is not, or cannot be called so; says in which state.
    """
    for pointer, scope in machine.scopes.items():
        for name, state in scope.states.items():
            if isinstance(state, Task):
                _check(setting, state, f"{setting.model.ref}{pointer}/States/{name}")


def _check(setting: Setting, state: Task, at: str) -> None:
    resource = state.resource
    if setting.model.is_express and (resource.mode != REQUEST_RESPONSE or resource.wants_token):
        raise InvalidDeclaration(
            f"expected a standard workflow for {resource.text}",
            at=at,
            hint="An express execution waits for no token, no worker and no other execution.",
        )
    try:
        setting.integrations.find(resource, None)
    except EnsueError as fault:
        raise InvalidDeclaration(fault.message, at=at, hint=fault.hint) from fault
    faults = [
        f"{said}, at {place}"
        for place, said in setting.integrations.faults(resource, state.definition)
    ]
    if faults:
        raise InvalidDeclaration("; ".join(faults), at=at)
