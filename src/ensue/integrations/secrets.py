"""Secrets Manager: the secrets that destinations show, by the API of it; never what they are.

Source: Secrets Manager API reference, ListSecrets.
"""

from __future__ import annotations

from typing import Final

from ensue.engine.transaction import Transaction
from ensue.integrations.faults import Wording
from ensue.integrations.parameters import Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources.destination import Destination
from ensue.words.values import Json

_WHOLE: Final = "the list is short: it is given whole"
_LIST: Final = Parameters(
    lacking=dict.fromkeys(("Filters", "MaxResults", "NextToken", "SortOrder"), _WHOLE)
)


def list_secrets(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The names of the secrets that destinations show."""
    del tx
    places = {
        secret.place
        for destination in asked.resources.all("destination")
        if isinstance(destination, Destination)
        for secret in destination.model.secrets()
    }
    return {"SecretList": [{"Name": place} for place in sorted(places)]}


SERVICES: Final = (
    Service(
        "aws-sdk:secretsmanager",
        "destination",
        {"listSecrets": Action("listSecrets", _LIST, list_secrets)},
        Wording("SecretsManager", "SecretsManager", "SecretsManagerException"),
        lacking="what a secret is: it would be kept in the history; a destination shows it for you",
    ),
)
