"""What can be done to versions and aliases of a workflow."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.resources.workflow.handle import Workflow
from ensue.resources.workflow.model import WorkflowAlias, WorkflowVersion
from ensue.resources.workflow.operations.shared import Nothing, Text, said
from ensue.words.kinds import Operation

_SAID = said("What the version is for.")
_ROUTES = said('The version, or how much each of two gets: {"1": 90, "2": 10}.')


class Publish(msgspec.Struct, forbid_unknown_fields=True):
    """What to say of the version."""

    description: Annotated[Text | None, _SAID] = None


class OfVersion(msgspec.Struct, forbid_unknown_fields=True):
    """Which version."""

    number: int


class SetAlias(msgspec.Struct, forbid_unknown_fields=True):
    """Which alias, and what for."""

    alias: Text
    routes: Annotated[int | dict[int, int], _ROUTES]


class OfAlias(msgspec.Struct, forbid_unknown_fields=True):
    """Which alias."""

    alias: Text


async def _publish(flow: Workflow, given: Publish) -> WorkflowVersion:
    return await flow.publish(given.description)


async def _versions(flow: Workflow, given: Nothing) -> tuple[WorkflowVersion, ...]:
    del given
    return await flow.versions()


async def _unpublish(flow: Workflow, given: OfVersion) -> None:
    await flow.unpublish(given.number)


async def _alias(flow: Workflow, given: SetAlias) -> WorkflowAlias:
    return await flow.alias(given.alias, given.routes)


async def _aliases(flow: Workflow, given: Nothing) -> tuple[WorkflowAlias, ...]:
    del given
    return await flow.aliases()


async def _unalias(flow: Workflow, given: OfAlias) -> None:
    await flow.unalias(given.alias)


VERSIONS = (
    Operation(
        "publish-version", "Publish the definition as a version.", Publish, _publish, writes=True
    ),
    Operation("versions", "List versions, the newest first.", Nothing, _versions, writes=False),
    Operation("unpublish-version", "Take a version back.", OfVersion, _unpublish, writes=True),
    Operation("alias", "Let a name stand for one version or two.", SetAlias, _alias, writes=True),
    Operation("aliases", "List aliases.", Nothing, _aliases, writes=False),
    Operation("unalias", "Forget an alias.", OfAlias, _unalias, writes=True),
)
