"""Secrets by the API of Secrets Manager: sealed where a history would show them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ensue.words.names import Ref
from tests.integrations.conftest import World
from tests.integrations.test_http import ASKED

PLAIN = "correct-horse-battery-staple"
GET = "aws-sdk:secretsmanager:getSecretValue"


def test_the_secrets_of_destinations_are_listed_by_name(world: World) -> None:
    keys = world.app.resources["shop", "vault", "keys"]
    world.stage.wait(keys.put("bank/token", PLAIN))

    answer = world.do("aws-sdk:secretsmanager:listSecrets", {})

    assert answer == {"SecretList": [{"Name": "BANK_KEY"}, {"Name": "bank/token"}]}
    assert PLAIN not in str(answer)
    assert "s3cret-key" not in str(answer)


@pytest.fixture
def keys(world: World) -> Any:
    keys = world.app.resources["shop", "vault", "keys"]
    world.stage.wait(keys.put("bank/token", "before"))
    world.stage.wait(keys.put("bank/token", PLAIN))
    return keys


@pytest.mark.parametrize(
    "address",
    [
        "bank/token",
        "keys/bank/token",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:bank/token-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys/bank/token",
    ],
)
def test_a_secret_is_given_sealed_for_the_workflow_that_asks(
    world: World, keys: Any, address: str
) -> None:
    answer = world.do(GET, {"SecretId": address})

    assert answer["Name"] == "bank/token"
    assert (answer["VersionId"], answer["VersionStages"]) == ("2", ["AWSCURRENT"])
    assert answer["SecretString"].startswith("{{sealed:")
    assert PLAIN not in str(answer)
    assert world.is_inside(GET, {"SecretId": address})


def test_a_sealed_secret_is_opened_in_headers_and_body_when_it_is_sent_and_hidden_in_the_answer(
    world: World, keys: Any
) -> None:
    sealed = world.do(GET, {"SecretId": "bank/token"})["SecretString"]
    world.answers = lambda request: {"echo": request.content.decode(), "ok": True}

    answer = world.do(
        "http:invoke",
        ASKED
        | {
            "Headers": {"X-Token": f"Bearer {sealed}"},
            "QueryParameters": {"q": sealed},
            "RequestBody": {"login": {"password": [sealed]}},
        },
    )

    [request] = world.requests
    assert request.headers["x-token"] == f"Bearer {PLAIN}"
    assert json.loads(request.content) == {"login": {"password": [PLAIN]}}
    assert PLAIN not in str(request.url)
    assert PLAIN not in str(answer)
    assert "***" in str(answer["ResponseBody"])


def test_a_sealed_secret_of_another_workflow_or_one_that_was_changed_is_not_opened(
    world: World, keys: Any
) -> None:
    sealed = world.do(GET, {"SecretId": "bank/token"})["SecretString"]
    other = Ref("shop", "workflow", "refund")
    changed = sealed[:-4] + ("AA}}" if sealed[-4:-2] != "AA" else "BB}}")

    for text, call in ((sealed, {"workflow": other}), (changed, {})):
        fault = world.fault("http:invoke", ASKED | {"RequestBody": text}, **call)
        assert fault.error == "States.Runtime"
        assert "sealed secret cannot be opened" in str(fault)
    assert world.requests == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"SecretId": "none"}, "ResourceNotFoundException"),
        ({"SecretId": "bank/token", "VersionId": "9"}, "ResourceNotFoundException"),
        ({"SecretId": "bank/token", "VersionId": "x"}, "InvalidParameterException"),
        ({"SecretId": "bank/token", "VersionStage": "MINE"}, "ResourceNotFoundException"),
        ({"SecretId": "raw"}, "InvalidRequestException"),
        ({"SecretId": "gone"}, "InvalidRequestException"),
    ],
)
def test_what_cannot_be_given_is_told_as_secrets_manager_tells_it(
    world: World, keys: Any, given: Any, error: str
) -> None:
    world.stage.wait(keys.put("raw", b"\xff"))
    world.stage.wait(keys.put("gone", PLAIN))
    world.stage.wait(keys.delete("gone"))

    assert world.fault(GET, given).error == f"SecretsManager.{error}"


def test_versions_are_asked_for_by_number_or_stage(world: World, keys: Any) -> None:
    by_stage = world.do(GET, {"SecretId": "bank/token", "VersionStage": "AWSPREVIOUS"})
    by_number = world.do(GET, {"SecretId": "bank/token", "VersionId": "1"})

    assert (by_stage["VersionId"], by_number["VersionId"]) == ("1", "1")
    assert by_stage["VersionStages"] == ["AWSPREVIOUS"]


def test_the_vaults_of_other_apps_are_not_there_for_a_workflow(world: World, keys: Any) -> None:
    fault = world.fault(
        GET, {"SecretId": "bank/token"}, workflow=Ref("other", "workflow", "checkout")
    )

    assert fault.error == "SecretsManager.ResourceNotFoundException"
