"""What the tests of integrations share: an app with one of each, and a way to run a single task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ensue import ApiKey, App, Secret
from ensue.app.transaction import Tx
from ensue.engine.database import StoreUrl
from ensue.integrations import AwsIntegrations
from ensue.languages.states.errors import StateError
from ensue.languages.states.resource_names import parse_resource
from ensue.resources.workflow import Inside, TaskCall
from ensue.testing.outside import mounts_of
from ensue.words.names import Ref
from tests.conftest import Stage

ARN = "arn:aws:states:::"


class CardDeclined(Exception):
    """What the app's functions raise."""


class World:
    """An app with one resource of each kind, on an open store."""

    def __init__(self, stage: Stage, app: App) -> None:
        self.requests: list[httpx.Request] = []
        self.refuses = False
        self.answers: Callable[[httpx.Request], Any] | None = None
        self.stage = stage
        self.app = app
        self.integrations = AwsIntegrations(app.home)

    def do(self, resource: str, arguments: Any, **call: Any) -> Any:
        """Run one task, in a transaction of its own where it is inside."""
        text = resource if resource.startswith("arn:") else ARN + resource
        found = self.integrations.find(parse_resource(text), arguments)
        made = task_call(**call)
        if isinstance(found, Inside):
            return self.stage.do(lambda tx: found.perform(tx, arguments, made))
        return self.stage.wait(found.act(arguments, made))

    def fault(self, resource: str, arguments: Any, **call: Any) -> StateError:
        """The error with which one task fails."""
        with pytest.raises(StateError) as caught:
            self.do(resource, arguments, **call)
        return caught.value

    def is_inside(self, resource: str, arguments: Any = None) -> bool:
        """Whether a task is done within the transaction of its transition."""
        text = resource if resource.startswith("arn:") else ARN + resource
        return isinstance(self.integrations.find(parse_resource(text), arguments), Inside)

    def item(self, table: str, key: object) -> Any:
        """An item of one of the app's tables."""
        return self.stage.wait(self.app.resources[Ref("shop", "table", table)].get(key))  # type: ignore[attr-defined]

    def messages(self, queue: str) -> list[Any]:
        """What is in one of the app's queues."""
        return list(self.stage.wait(self.app.resources[Ref("shop", "queue", queue)].peek()))  # type: ignore[attr-defined]


def task_call(**given: Any) -> TaskCall:
    return TaskCall(
        **{
            "workflow": Ref("shop", "workflow", "checkout"),
            "execution": "e",
            "execution_arn": "arn:aws:states:us-east-1:000000000000:execution:checkout:one",
            "execution_name": "one",
            "state": "Charge",
            "key": "key-1",
        }
        | given
    )


@pytest.fixture
def world(store: StoreUrl, run_on: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("BANK_KEY", "s3cret-key")
    app = App("shop")
    app.table("orders", key=("customer", "id"), indexes={"by-status": ("status", "id")})
    app.table("stock", key="model")
    app.queue("payments")
    app.queue("few", depth_max=1)
    events = app.bus("events")
    seen = app.queue("seen")
    events.rule("all", {"source": [{"exists": True}]}, to=seen)
    topic = app.topic("low-stock")
    alerts = app.queue("alerts")
    topic.subscribe(alerts)
    app.bucket("documents")
    app.bucket("kept", versions=True)
    app.schedules()
    app.vault("keys")

    @app.function
    def reserve(order: Any, tx: Tx) -> Any:
        tx.put(app.resources[Ref("shop", "table", "stock")], {"model": "LX", "quantity": 1})  # type: ignore[arg-type]
        if order.get("declined"):
            raise CardDeclined("no money")
        return {"reserved": order}

    @app.function
    async def charge(order: Any) -> Any:
        if order.get("declined"):
            raise CardDeclined("no money")
        return {"charged": order}

    app.destination(
        "bank", url="https://bank.example/pay", connection=ApiKey(Secret.env("BANK_KEY"))
    )

    def bank(request: httpx.Request) -> httpx.Response:
        if world.refuses:
            raise httpx.ConnectError("nobody listens")
        world.requests.append(request)
        status = int(request.url.params.get("status", "200"))
        if world.answers is not None:
            return httpx.Response(status, json=world.answers(request))
        return httpx.Response(status, json={"paid": True, "key": request.headers.get("x-api-key")})

    app.outside = mounts_of({"https://bank.example": bank}, [])
    world = World(run_on(store, app), app)
    return world
