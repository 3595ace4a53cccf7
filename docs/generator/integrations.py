"""What tasks of workflows may call by the names that AWS has for it."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

from collections.abc import Iterable

from ensue.integrations import SERVICES, Action, Service
from generator.markdown import code, table

MODES = {
    "request-response": "",
    "sync": ".sync",
    "sync:2": ".sync:2",
    "wait-for-task-token": ".waitForTaskToken",
}


def integrations_page() -> str:
    """Every service, its actions, their parameters, and what is not there."""
    return "\n\n".join([
        "# Integrations",
        (
            "A task of a workflow calls a service by the name that AWS has for it, `arn:aws:states:::SERVICE:ACTION`, and"
            " a resource of ours answers, with the request, the response and the error names of the API. So a"
            " definition written for Step Functions runs unchanged. What is not here is an error when the workflow"
            " is declared; what only the input of an execution tells is `States.Runtime` then."
        ),
        (
            "**inside**: within the transaction of the task's transition, exactly once; what fails leaves nothing."
            " **outside**: in the world, at least once, under an `Idempotency-Key` that is the same at each try."
        ),
        (
            "A resource is known by the last part of its ARN or URL. Letters and digits decide, whatever their case and"
            " what joins them: `CustomerPaymentSession` and `orders.fifo` are the resources `customer-payment-session`"
            " and `orders`. Of several apps in one process the workflow's own comes first; `app/name` names another's."
        ),
        "## Services",
        table(
            ("service", "speaks for", "modes", "errors", "what it lacks"),
            [_service(each) for each in SERVICES.values()],
        ),
        (
            "A mode is what stands behind the action: `.waitForTaskToken` waits for who has the token, `.sync` for the end"
            " of what was started, its output as text, `.sync:2` with its output as JSON."
        ),
        (
            "`arn:aws:lambda:REGION:ACCOUNT:function:NAME` calls a function, and the task's result is its answer;"
            " `arn:aws:states:REGION:ACCOUNT:activity:NAME` is an"
            " [activity](../../src/ensue/resources/activity/README.md)."
        ),
        "## Actions",
        *(
            part
            for service in SERVICES.values()
            for part in (f"### {service.name}", _actions(service))
        ),
        (
            "What is *taken without effect* has none to have: there is no capacity to report, and no owner to check."
            " What is *refused* is refused at the declaration, with what to do instead."
        ),
    ])


def _service(service: Service) -> tuple[str, ...]:
    modes = [MODES[mode] or "none" for mode in service.modes]
    return (
        code(service.name),
        service.kind,
        ", ".join(code(mode) if mode != "none" else mode for mode in modes),
        code(f"{service.wording.prefix}.*"),
        service.lacking,
    )


def _actions(service: Service) -> str:
    return table(
        ("action", "runs", "required", "optional", "taken without effect", "refused"),
        [_action(each) for each in service.actions.values()],
    )


def _action(action: Action) -> tuple[str, ...]:
    where = "inside" if action.outside is None else "outside"
    if action.inside is not None and action.outside is not None:
        where = "inside a `def`, outside an `async def`"
    parameters = action.parameters
    return (
        code(action.name),
        where,
        _names(parameters.required),
        _names(parameters.optional),
        _names(sorted(parameters.passed_over)),
        _names(parameters.lacking),
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)
