"""Secrets Manager: the secrets of vaults by the API of it, and the names of those of destinations.

What a state gets stands in its history, so it gets no secret as it is: ``SecretString`` is a text
that is sealed for its workflow. An ``http:invoke`` of the same workflow opens it as it sends it, in
headers and in the body; anywhere else it stays what it is.

Source: Secrets Manager API reference, GetSecretValue, ListSecrets.
"""

from __future__ import annotations

import re
from typing import Final

from ensue.engine.transaction import Transaction
from ensue.integrations.faults import Fault, Wording
from ensue.integrations.names import ACCOUNT, REGION, Resources
from ensue.integrations.parameters import TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources.destination import Destination
from ensue.resources.vault import Vault, Which, get, info, infos
from ensue.words.errors import MissingKey, NotFound, Unfit
from ensue.words.names import Ref
from ensue.words.values import Json

STAGES: Final[dict[str, Which]] = {"AWSCURRENT": "current", "AWSPREVIOUS": "previous"}
LISTED_MAX: Final = 100

_WHOLE: Final = "the list is short: it is given whole"
_LIST: Final = Parameters(
    lacking=dict.fromkeys(("Filters", "MaxResults", "NextToken", "SortOrder"), _WHOLE)
)
_GET: Final = Parameters(
    required={"SecretId": TEXT}, optional={"VersionId": TEXT, "VersionStage": TEXT}
)
_ARN: Final = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:")
_SUFFIX: Final = re.compile(r"-[A-Za-z0-9]{6}\Z")
_NONE_FOUND: Final = "Secrets Manager can't find the specified secret."


def get_secret_value(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """A secret, sealed for the use of the workflow that asks.

    Raises:
        Fault: ResourceNotFoundException, InvalidRequestException for one that was deleted or is no
            text, InvalidParameterException, DecryptionFailure.
    """
    given, user = asked.arguments, asked.call.workflow
    which = _which(given)
    vault, name = _meant(tx, asked, str(given["SecretId"]))
    try:
        value = get(tx, vault.model, name, which)
        if not value.is_text:
            raise Fault("InvalidRequestException", "The secret is binary: it fits into no text.")
        sealed = vault.seal_text(tx, user, name, value.version)
        known = info(tx, vault.model, name)
    except NotFound as fault:
        if fault.hint is not None:
            said = "You can't perform this operation on the secret because it was marked for"
            raise Fault("InvalidRequestException", f"{said} deletion.") from None
        raise Fault("ResourceNotFoundException", _NONE_FOUND) from None
    except (MissingKey, Unfit) as fault:
        raise Fault("DecryptionFailure", f"Secrets Manager can't decrypt it: {fault}") from None
    stages: list[Json] = [
        stage
        for stage, version in (("AWSCURRENT", known.current), ("AWSPREVIOUS", known.previous))
        if version == value.version
    ]
    return {
        "ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{vault.ref.name}/{name}",
        "Name": name,
        "VersionId": str(value.version),
        "VersionStages": stages,
        "SecretString": sealed,
    }


def list_secrets(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The names of the secrets of the app's vaults, and of those that destinations show."""
    kept = {
        each.name
        for vault in _vaults(asked.resources, asked.call.workflow)
        for each in infos(tx, vault.model, prefix="", after=None, limit=LISTED_MAX)
    }
    shown = {
        secret.place
        for destination in asked.resources.all("destination")
        if isinstance(destination, Destination)
        for secret in destination.model.secrets()
    }
    return {"SecretList": [{"Name": name} for name in sorted(kept | shown)]}


def _which(given: dict[str, Json]) -> Which | None:
    stage, version = given.get("VersionStage"), given.get("VersionId")
    if stage is not None and stage not in STAGES:
        raise Fault("ResourceNotFoundException", _NONE_FOUND)
    if version is None:
        return None if stage is None else STAGES[str(stage)]
    if not str(version).isdecimal():
        raise Fault("InvalidParameterException", "Invalid VersionId: expected a number.")
    return int(str(version))


def _meant(tx: Transaction, asked: Asked, address: str) -> tuple[Vault, str]:
    """The vault and the secret that a name, ``vault/name`` or an ARN stands for."""
    vaults = _vaults(asked.resources, asked.call.workflow)
    plain = _ARN.sub("", address)
    names = dict.fromkeys([plain, _SUFFIX.sub("", plain) if plain != address else plain])
    for name in names:
        for vault in vaults:
            inner = name.removeprefix(f"{vault.ref.name}/")
            for each in dict.fromkeys([name, inner]):
                if _is_there(tx, vault, each):
                    return vault, each
    raise Fault("ResourceNotFoundException", _NONE_FOUND)


def _is_there(tx: Transaction, vault: Vault, name: str) -> bool:
    try:
        info(tx, vault.model, name)
    except NotFound:
        return False
    return True


def _vaults(resources: Resources, workflow: Ref) -> list[Vault]:
    """The vaults of the workflow's own app: those of others are not for it."""
    found = resources.all("vault")
    return [each for each in found if isinstance(each, Vault) and each.ref.app == workflow.app]


SERVICES: Final = (
    Service(
        "aws-sdk:secretsmanager",
        "vault",
        {
            "getSecretValue": Action("getSecretValue", _GET, get_secret_value),
            "listSecrets": Action("listSecrets", _LIST, list_secrets),
        },
        Wording("SecretsManager", "SecretsManager", "SecretsManagerException"),
        lacking="a secret as it is: it is sealed for the workflow, and opened by `http:invoke`",
    ),
)
