"""Secrets by the API of Secrets Manager: their names, and nothing else."""

from __future__ import annotations

import pytest

from ensue.languages.states.resource_names import parse_resource
from ensue.words.errors import NotFound
from tests.integrations.conftest import World


def test_the_secrets_of_destinations_are_listed_by_name(world: World) -> None:
    answer = world.do("aws-sdk:secretsmanager:listSecrets", {})

    assert answer == {"SecretList": [{"Name": "BANK_KEY"}]}
    assert "s3cret-key" not in str(answer)


def test_what_a_secret_is_cannot_be_asked(world: World) -> None:
    with pytest.raises(NotFound, match="getSecretValue"):
        world.integrations.find(
            parse_resource("arn:aws:states:::aws-sdk:secretsmanager:getSecretValue")
        )
