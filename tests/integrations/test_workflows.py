"""Whole executions whose tasks call services, as definitions for Step Functions are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ensue import App
from ensue.engine.database import StoreUrl
from ensue.words.errors import InvalidDeclaration, NotFound
from tests.conftest import Stage

ARN = "arn:aws:states:::"


class Shop:
    """An app with some resources and workflows, and what became of executions."""

    def __init__(self, store: StoreUrl, run_on: Callable[..., Stage]) -> None:
        self.app = App("shop")
        self.stock = self.app.table("stock", key="model", seed=[{"model": "LX", "quantity": 10}])
        self.payments = self.app.queue("payments")
        self._open = lambda: run_on(store, self.app)

    def declare(self, name: str, states: Any, **more: Any) -> Any:
        first = next(iter(states))
        definition = {"StartAt": first, "States": states, **more.pop("top", {})}
        return self.app.workflow(name, definition=definition, **more)

    def open(self) -> None:
        self.stage = self._open()

    def run(self, flow: Any, given: Any = None, *, name: str = "one") -> Any:
        self.stage.wait(flow.start(given or {}, name=name))
        self.stage.settle()
        return self.stage.wait(flow.describe(name))

    def events(self, flow: Any, name: str = "one") -> list[str]:
        page = self.stage.wait(flow.history(name, limit=1_000))
        return [str(each["type"]) for each in page.events]

    def quantity(self) -> Any:
        return self.stage.wait(self.stock.get("LX"))["quantity"]

    def sent(self) -> list[Any]:
        return [each.body for each in self.stage.wait(self.payments.peek())]


@pytest.fixture
def shop(store: StoreUrl, run_on: Callable[..., Stage]) -> Iterator[Shop]:
    return Shop(store, run_on)


def take(quantity: Any, **more: Any) -> Any:
    return {
        "Type": "Task",
        "Resource": f"{ARN}dynamodb:updateItem",
        "Parameters": {
            "TableName": "stock",
            "Key": {"model": {"S": "LX"}},
            "UpdateExpression": "SET quantity = quantity - :q",
            "ConditionExpression": "quantity >= :q",
            "ExpressionAttributeValues": {":q": {"N.$": quantity}},
        },
        "ResultPath": None,
        **more,
    }


def pay(**more: Any) -> Any:
    return {
        "Type": "Task",
        "Resource": f"{ARN}sqs:sendMessage",
        "Parameters": {"QueueUrl": "https://sqs/1/payments", "MessageBody.$": "$"},
        "ResultPath": None,
        **more,
    }


def test_wi_11_the_order_flow_adjusts_the_stock_and_enqueues_the_payment(shop: Shop) -> None:
    flow = shop.declare(
        "orders",
        {
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    {
                        "StartAt": "AdjustInventory",
                        "States": {
                            "AdjustInventory": take("States.Format('{}', $.quantity)", End=True)
                        },
                    },
                    {"StartAt": "EnqueuePayment", "States": {"EnqueuePayment": pay(End=True)}},
                ],
                "End": True,
            }
        },
    )
    shop.open()

    ended = shop.run(flow, {"quantity": 7})

    assert ended.status == "SUCCEEDED"
    assert (shop.quantity(), shop.sent()) == (3, [{"quantity": 7}])
    assert shop.events(flow).count("TaskSucceeded") == 2


def test_what_a_task_did_stays_when_the_next_one_fails(shop: Shop) -> None:
    flow = shop.declare(
        "orders",
        {
            "Take": take("States.Format('{}', $.quantity)", Next="Again"),
            "Again": take("States.Format('{}', $.quantity)", End=True),
        },
    )
    shop.open()

    ended = shop.run(flow, {"quantity": 7})

    assert (ended.status, ended.error) == ("FAILED", "DynamoDB.ConditionalCheckFailedException")
    assert shop.quantity() == 3


def test_an_error_of_a_service_is_caught_by_its_name(shop: Shop) -> None:
    flow = shop.declare(
        "orders",
        {
            "Take": take(
                "States.Format('{}', $.quantity)",
                Catch=[
                    {
                        "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"],
                        "ResultPath": "$.error",
                        "Next": "Short",
                    }
                ],
                End=True,
            ),
            "Short": {"Type": "Pass", "OutputPath": "$.error.Error", "End": True},
        },
    )
    shop.open()

    ended = shop.run(flow, {"quantity": 11})

    assert ended.output == "DynamoDB.ConditionalCheckFailedException"
    assert shop.quantity() == 10


def test_a_message_with_a_token_is_sent_and_its_answer_ends_the_task(shop: Shop) -> None:
    flow = shop.declare(
        "approval",
        {
            "Ask": {
                "Type": "Task",
                "Resource": f"{ARN}sqs:sendMessage.waitForTaskToken",
                "Parameters": {
                    "QueueUrl": "payments",
                    "MessageBody": {"TaskToken.$": "$$.Task.Token", "Message": "ok?"},
                },
                "End": True,
            }
        },
    )
    answer = shop.declare(
        "answer",
        {
            "Answer": {
                "Type": "Task",
                "Resource": f"{ARN}aws-sdk:sfn:sendTaskSuccess",
                "Parameters": {"TaskToken.$": "$.token", "Output": {"approved": True}},
                "End": True,
            }
        },
    )
    shop.open()

    assert shop.run(flow).status == "RUNNING"
    [message] = shop.sent()
    told = shop.run(answer, {"token": message["TaskToken"]})
    late = shop.run(answer, {"token": message["TaskToken"]}, name="late")

    ended = shop.stage.wait(flow.describe("one"))
    assert (ended.status, ended.output) == ("SUCCEEDED", {"approved": True})
    assert told.output == {}
    assert late.error == "Sfn.InvalidTokenException"
    assert late.cause.startswith("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400,")
    assert shop.events(flow)[1:6] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


@pytest.mark.parametrize(("mode", "output"), [(".sync", '{"n":1}'), (".sync:2", {"n": 1})])
def test_an_execution_waits_for_the_one_that_it_starts(shop: Shop, mode: str, output: Any) -> None:
    shop.declare("child", {"Pass": {"Type": "Pass", "End": True}})
    flow = shop.declare(
        "parent",
        {
            "Child": {
                "Type": "Task",
                "Resource": f"{ARN}states:startExecution{mode}",
                "Parameters": {
                    "StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:child",
                    "Name": "c1",
                    "Input": {"n": 1},
                },
                "End": True,
            }
        },
    )
    shop.open()

    ended = shop.run(flow)

    assert (ended.status, ended.error) == ("SUCCEEDED", None)
    assert ended.output["Output"] == output
    assert (ended.output["Name"], ended.output["Status"]) == ("c1", "SUCCEEDED")
    assert ended.output["ExecutionArn"].endswith(":execution:child:c1")
    assert "TaskSubmitted" in shop.events(flow)


def test_a_child_that_fails_fails_the_task_that_waits_for_it(shop: Shop) -> None:
    shop.declare("child", {"No": {"Type": "Fail", "Error": "Broken"}})
    flow = shop.declare(
        "parent",
        {
            "Child": {
                "Type": "Task",
                "Resource": f"{ARN}states:startExecution.sync",
                "Parameters": {"StateMachineArn.$": "$.arn"},
                "End": True,
            }
        },
    )
    shop.open()

    ended = shop.run(flow, {"arn": "arn:aws:states:us-east-1:1:stateMachine:child"})

    assert ended.error == "States.TaskFailed"
    assert '"Status":"FAILED"' in ended.cause


def start(action: str, **more: Any) -> Any:
    return {
        "Run": {
            "Type": "Task",
            "Resource": f"{ARN}{action}",
            "Parameters": {"StateMachineArn.$": "$.arn", **more},
            "End": True,
        }
    }


def test_a_name_that_stands_for_another_input_is_refused(shop: Shop) -> None:
    shop.declare("child", {"Pass": {"Type": "Pass", "End": True}})
    flow = shop.declare("parent", start("states:startExecution", **{"Name": "c1", "Input.$": "$"}))
    shop.open()
    arn = "arn:aws:states:us-east-1:1:stateMachine:child"

    first = shop.run(flow, {"arn": arn, "n": 1})
    other = shop.run(flow, {"arn": arn, "n": 2}, name="two")
    none = shop.run(flow, {"arn": f"{arn}x"}, name="three")

    assert first.output["ExecutionArn"].endswith(":execution:child:c1")
    assert isinstance(first.output["StartDate"], int)
    assert other.error == "StepFunctions.ExecutionAlreadyExistsException"
    assert none.error == "StepFunctions.StateMachineDoesNotExistException"
    assert none.cause.startswith(f"State Machine Does Not Exist: '{arn}x' (Service:")


def test_an_express_execution_is_run_and_its_failure_is_an_answer(shop: Shop) -> None:
    shop.declare("quick", {"No": {"Type": "Fail", "Error": "Broken"}}, type="EXPRESS")
    shop.declare("slow", {"Pass": {"Type": "Pass", "End": True}})
    flow = shop.declare("parent", start("aws-sdk:sfn:startSyncExecution", Input={"n": 1}))
    shop.open()
    arn = "arn:aws:states:us-east-1:1:stateMachine:"

    ended = shop.run(flow, {"arn": f"{arn}quick"})
    wrong = shop.run(flow, {"arn": f"{arn}slow"}, name="two")

    assert (ended.output["Status"], ended.output["Error"]) == ("FAILED", "Broken")
    assert ended.output["Input"] == '{"n":1}'
    assert wrong.error == "Sfn.StateMachineTypeNotSupportedException"


def test_an_execution_is_described_and_stopped_by_another(shop: Shop) -> None:
    waiting = shop.declare("waiting", {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})
    execution = {"ExecutionArn.$": "$.arn"}
    flow = shop.declare(
        "parent",
        {
            "Look": {
                "Type": "Task",
                "Resource": f"{ARN}aws-sdk:sfn:describeExecution",
                "Parameters": execution,
                "ResultPath": "$.seen",
                "Next": "Stop",
            },
            "Stop": {
                "Type": "Task",
                "Resource": f"{ARN}aws-sdk:sfn:stopExecution",
                "Parameters": execution | {"Error": "Enough", "Cause": "no more"},
                "ResultPath": "$.stopped",
                "End": True,
            },
        },
    )
    shop.open()
    shop.run(waiting, name="w")
    arn = shop.stage.wait(waiting.describe("w")).arn

    ended = shop.run(flow, {"arn": arn})
    none = shop.run(flow, {"arn": f"{arn}x"}, name="two")

    assert (ended.output["seen"]["Status"], ended.output["seen"]["Name"]) == ("RUNNING", "w")
    assert ended.output["seen"]["RedriveStatus"] == "NOT_REDRIVABLE"
    stopped = shop.stage.wait(waiting.describe("w"))
    assert (stopped.status, stopped.error, stopped.cause) == ("ABORTED", "Enough", "no more")
    assert none.error == "Sfn.ExecutionDoesNotExistException"


@pytest.mark.parametrize(
    ("resource", "parameters", "said"),
    [
        ("dynamodb:putItems", {}, "Did you mean putItem?"),
        ("sqs:sendMessage", {"QueueUrl": "payment", "MessageBody": "x"}, "did you mean payments?"),
        ("sqs:sendMessage", {"QueueUrl": "payments"}, "'MessageBody' is required"),
        ("dynamodb:getItem", {"TableName": "stok", "Key.$": "$"}, "did you mean stock?"),
    ],
)
def test_what_a_task_cannot_call_is_an_error_when_the_app_opens(
    shop: Shop, resource: str, parameters: Any, said: str
) -> None:
    shop.declare(
        "orders",
        {
            "Do": {
                "Type": "Task",
                "Resource": f"{ARN}{resource}",
                "Parameters": parameters,
                "End": True,
            }
        },
    )

    with pytest.raises((InvalidDeclaration, NotFound)) as caught:
        shop.open()

    assert said in str(caught.value)
    assert "States/Do" in str(caught.value)
