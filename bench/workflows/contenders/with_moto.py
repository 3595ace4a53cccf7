"""moto's Step Functions, run in the process: three tasks that put an item. Nothing is kept."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import boto3
from moto import mock_aws
from report import report

ROLE = "arn:aws:iam::123456789012:role/bench"


def task(to: str | None) -> dict[str, object]:
    """A task that puts an item into DynamoDB."""
    item = {"id": {"S.$": "$.id"}}
    then: dict[str, object] = {"End": True} if to is None else {"Next": to}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": "effects", "Item": item},
        "ResultPath": None,
        **then,
    }


def main(count: int) -> None:
    """One execution after the other, from its start to its end."""
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="effects",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    states = boto3.client("stepfunctions", region_name="us-east-1")
    machine = {"StartAt": "A", "States": {"A": task("B"), "B": task("C"), "C": task(None)}}
    made = states.create_state_machine(name="bench", definition=json.dumps(machine), roleArn=ROLE)
    took = []
    for number in range(count):
        begun = time.perf_counter()
        name = f"e{number}"
        arn = states.start_execution(
            stateMachineArn=made["stateMachineArn"], name=name, input=json.dumps({"id": name})
        )["executionArn"]
        while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(0.0005)
        took.append(time.perf_counter() - begun)
    report(f"moto {version('moto')}", "nothing is kept", took)


with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    main(int(sys.argv[2]))
