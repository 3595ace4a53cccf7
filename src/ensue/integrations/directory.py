"""What the tasks of workflows find by the names that AWS has for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.integrations import (
    dynamodb,
    events,
    http,
    lambdas,
    s3,
    scheduler,
    secrets,
    sns,
    sqs,
    states,
)
from ensue.integrations.faults import Fault
from ensue.integrations.names import Resources, last_part, nearest
from ensue.integrations.parameters import Parameters, Written, written_in
from ensue.integrations.service import Action, Asked, Service
from ensue.integrations.service import Inside as ToPerform
from ensue.integrations.service import Outside as ToAct
from ensue.languages.states.resource_names import (
    REQUEST_RESPONSE,
    SYNC,
    SYNC_2,
    WAIT_FOR_TASK_TOKEN,
    TaskResource,
)
from ensue.resources import activity as activity_kind
from ensue.resources.activity import Activity
from ensue.resources.workflow import Inside, Integration, Outside, TaskCall
from ensue.words.errors import NotFound
from ensue.words.names import Ref
from ensue.words.values import Json

SERVICES: Final[Mapping[str, Service]] = {
    service.name: service
    for module in (dynamodb, sqs, sns, events, lambdas, states, s3, http, scheduler, secrets)
    for service in module.SERVICES
}


# Where the other services name their resource.
_ADDRESSES: Final = ("TableName", "EventBusName", "StateMachineArn", "ApiEndpoint")

Perform: TypeAlias = Callable[[Transaction, Json, TaskCall], Json]
Act: TypeAlias = Callable[[Json, TaskCall], Awaitable[Json]]

_SUFFIXES: Final = {
    REQUEST_RESPONSE: "",
    SYNC: ".sync",
    SYNC_2: ".sync:2",
    WAIT_FOR_TASK_TOKEN: ".waitForTaskToken",
}


class AwsIntegrations:
    """Finds what a task calls among the resources that run.

    Args:
        home: the app whose workflow calls.
    """

    def __init__(self, home: Home) -> None:
        self._resources = Resources(home)
        self._home = home

    def find(self, resource: TaskResource, arguments: Json = None) -> Integration:
        """What a task calls.

        Args:
            resource: what the task names.
            arguments: what it is called with; None when the workflow is declared.

        Raises:
            NotFound: there is no such service, action or mode; says what there is.
        """
        if resource.is_function:
            return self._function(resource)
        if resource.is_activity:
            return self._activity(resource)
        service, action = action_of(resource)
        inside, outside = action.inside, action.outside
        if outside is not None and (inside is None or self._is_outside(action, arguments)):
            return Outside(self._acting(service, action.parameters, outside))
        if inside is None:
            raise NotFound(f"there is no {resource.text}")
        return Inside(self._performing(service, action.parameters, inside))

    def faults(
        self, resource: TaskResource, definition: Mapping[str, Json]
    ) -> Iterator[tuple[str, str]]:
        """What is wrong with a task as far as its definition tells.

        Args:
            resource: what the task names.
            definition: the task's state, as it is written.

        Yields:
            The place in the state, such as ``Parameters/QueueUrl``, and what is wrong there.
        """
        written = written_in(definition)
        if resource.is_function or resource.is_activity or written is None:
            return
        for name, said in self._faults(resource, written):
            yield f"{written.field}/{name}", said

    def named(self, resource: TaskResource, definition: Mapping[str, Json]) -> Ref | None:
        """The resource that a task reaches; None where its definition does not tell.

        Args:
            resource: what the task names.
            definition: the task's state, as it is written.
        """
        if resource.is_function or resource.is_activity:
            kind = "function" if resource.is_function else "activity"
            found = self._resources.find(kind, resource.action)
            return None if found is None else found.ref
        service, written = SERVICES.get(resource.service), written_in(definition)
        address = None if service is None or written is None else _address(service, written)
        if service is None or address is None:
            return None
        found = self._resources.find(service.kind, name_in(service, address))
        return None if found is None else found.ref

    def _faults(self, resource: TaskResource, written: Written) -> Iterator[tuple[str, str]]:
        service, action = action_of(resource)
        given = written.given
        yield from action.parameters.faults(given, computed=written.computed)
        name = given.get(service.addressed or "")
        if isinstance(name, str):
            said = self._missing(service, name)
            if said is not None:
                yield service.addressed or "", said

    def _missing(self, service: Service, name: str) -> str | None:
        """What to say of a name that stands for no resource; None when it stands for one."""
        if self._resources.find(service.kind, name_in(service, name)) is not None:
            return None
        like = self._resources.nearest(service.kind, name_in(service, name))
        hint = "" if like is None else f"; did you mean {like}?"
        return f"there is no {service.kind} {name}{hint}"

    def _is_outside(self, action: Action, arguments: Json) -> bool:
        tells = action.is_outside
        if tells is None or not isinstance(arguments, dict):
            return False
        return tells(self._resources, arguments)

    def _performing(self, service: Service, parameters: Parameters, inside: ToPerform) -> Perform:
        resources = self._resources

        def perform(tx: Transaction, arguments: Json, call: TaskCall) -> Json:
            asked = Asked(resources, parameters.check(arguments), call, tx.now_ms)
            try:
                return _finished(service, inside(tx, asked), asked)
            except Fault as fault:
                raise service.wording.said(fault, asked.request_id) from None

        return perform

    def _acting(self, service: Service, parameters: Parameters, outside: ToAct) -> Act:
        resources, home = self._resources, self._home

        async def act(arguments: Json, call: TaskCall) -> Json:
            asked = Asked(resources, parameters.check(arguments), call, home.engine.clock.now_ms())
            try:
                return _finished(service, await outside(asked), asked)
            except Fault as fault:
                raise service.wording.said(fault, asked.request_id) from None

        return act

    def _activity(self, resource: TaskResource) -> Integration:
        """An activity: the task waits for one of its workers, under its token."""
        found = self._resources.find("activity", resource.action)
        if not isinstance(found, Activity):
            like = self._resources.nearest("activity", resource.action)
            hint = None if like is None else f"Did you mean {like}?"
            raise NotFound(f"there is no activity {resource.action}", hint=hint)
        model = found.model

        def perform(tx: Transaction, arguments: Json, call: TaskCall) -> Json:
            activity_kind.schedule(tx, model, call.token or "", arguments)
            return None

        return Inside(perform)

    def _function(self, resource: TaskResource) -> Integration:
        """A function that is named by its own ARN: its answer is the task's, as it is."""
        try:
            function = lambdas.function_of(self._resources, resource.action)
        except Fault as fault:
            like = self._resources.nearest("function", resource.action)
            hint = None if like is None else f"Did you mean {like}?"
            raise NotFound(f"there is no function {resource.action}", hint=hint) from fault

        def perform(tx: Transaction, arguments: Json, call: TaskCall) -> Json:
            del call
            return lambdas.call_inside(tx, function, arguments)

        async def act(arguments: Json, call: TaskCall) -> Json:
            del call
            return await lambdas.call_outside(function, arguments)

        return Outside(act) if function.is_action else Inside(perform)


def action_of(resource: TaskResource) -> tuple[Service, Action]:
    """The service and the action that a task names.

    Raises:
        NotFound: there is no such service, action or mode; says what there is.
    """
    service = SERVICES.get(resource.service)
    if service is None:
        raise _unknown("integration", resource.service, SERVICES)
    action = service.actions.get(resource.action)
    if action is None:
        raise _unknown(f"action of {service.name}", resource.action, service.actions)
    if resource.mode not in service.modes:
        suffixes = [_SUFFIXES[mode] or "no suffix" for mode in service.modes]
        raise NotFound(
            f"there is no {service.name}:{action.name}{_SUFFIXES[resource.mode]}",
            at=resource.text,
            hint=f"It has {', '.join(suffixes)}.",
        )
    return service, action


def name_in(service: Service, address: str) -> str:
    """The name of a resource in the parameter by which a service names it."""
    match service.kind:
        case "function":
            return lambdas.function_name(address)
        case "workflow":
            return states.workflow_name(address)
    return last_part(address)


def _address(service: Service, written: Written) -> str | None:
    """The address in a task's parameters, where it stands there as it is."""
    given: Mapping[str, Json] = written.given
    if isinstance(entries := given.get("Entries"), list) and entries:
        given = entries[0] if isinstance(entries[0], dict) else {}
    found = [given.get(each) for each in (service.addressed or "", *_ADDRESSES)]
    return next((each for each in found if isinstance(each, str)), None)


def _unknown(what: str, name: str, others: Iterable[str]) -> NotFound:
    like = nearest(name, others)
    return NotFound(
        f"there is no {what} called {name}",
        hint=f"There are: {', '.join(others)}." if like is None else f"Did you mean {like}?",
    )


def _finished(service: Service, answer: Json, asked: Asked) -> Json:
    """An answer with what Step Functions adds to it."""
    if service.wire is None or not isinstance(answer, dict):
        return answer
    return answer | service.wire.metadata(answer, asked.request_id, asked.now_ms)
