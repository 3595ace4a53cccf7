"""Versions of a workflow, and aliases: what is published, and how starts are divided."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.home import Home
from ensue.resources.workflow.model import WorkflowAlias, WorkflowModel, WorkflowVersion
from ensue.resources.workflow.store import versions
from ensue.resources.workflow.worker import Setting
from ensue.words import values

DESCRIPTION_LENGTH_MAX = 256


class Versioned:
    """Versions and aliases; mixed into the handle.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs."""
        raise NotImplementedError

    async def publish(self, description: str | None = None) -> WorkflowVersion:
        """Publish the definition that the app declares now, under the next number.

        Args:
            description: what it is for, at most 256 characters.

        Returns:
            The version; the newest again where that is the same.

        Raises:
            InvalidValue: the description is too long.
            LimitExceeded: there are 1,000 versions.
        """
        said = description or None
        values.check_name(said, "description", DESCRIPTION_LENGTH_MAX, "$.description")
        definition = self.setting.definition
        return await self._home.engine.transact(
            lambda tx: versions.publish(tx, self.model, definition, description)
        )

    async def versions(self) -> tuple[WorkflowVersion, ...]:
        """Its versions, the newest first."""
        return self._home.engine.read(lambda tx: tuple(versions.versions(tx, self.model)))

    async def unpublish(self, version: int) -> None:
        """Take a version back. What was started with it keeps to it; its number is not used again.

        Raises:
            NotFound: there is no such version.
            Conflict: an alias names it.
        """
        await self._home.engine.transact(lambda tx: versions.take_back(tx, self.model, version))

    async def alias(self, name: str, routes: int | Mapping[int, int]) -> WorkflowAlias:
        """Let a name stand for a version, or divide the starts between two.

        Args:
            name: the alias, not digits only.
            routes: a version; or one or two, with how much of the starts each gets, in percent.

        Raises:
            InvalidName: it cannot be called so.
            InvalidValue: there are not one or two versions, or not 100 percent together.
            NotFound: there is no such version.
            LimitExceeded: there are 100 aliases.
        """
        shares = {routes: 100} if isinstance(routes, int) else routes
        return await self._home.engine.transact(
            lambda tx: versions.set_alias(tx, self.model, name, shares)
        )

    async def aliases(self) -> tuple[WorkflowAlias, ...]:
        """Its aliases, by name."""
        return self._home.engine.read(lambda tx: tuple(versions.aliases(tx, self.model)))

    async def unalias(self, name: str) -> None:
        """Forget an alias.

        Raises:
            NotFound: there is no such alias.
        """
        await self._home.engine.transact(lambda tx: versions.remove_alias(tx, self.model, name))
