"""How who has the token of a task ends it, without the app at hand."""

from __future__ import annotations

from ensue.engine.home import Home
from ensue.resources.workflow import store


class Answering:
    """Ending tasks by their tokens; mixed into the handle. A token is of any workflow."""

    _home: Home

    async def send_task_success(self, token: str, output: object = None) -> None:
        """End the task that waits for a token, with its output. The token is used up.

        Raises:
            NotFound: no task waits for this token.
            InvalidValue: the output is no JSON value.
            TooLarge: the output is larger than 256 KiB.
        """
        await self._home.engine.transact(lambda tx: store.send_task_success(tx, token, output))

    async def send_task_failure(
        self, token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        """Let the task that waits for a token fail. The token is used up.

        Args:
            token: the token.
            error: the name of the error, by which retriers and catchers choose.
            cause: what happened, for people.

        Raises:
            NotFound: no task waits for this token.
            InvalidValue: the error or the cause is no text, or too long.
        """
        await self._home.engine.transact(
            lambda tx: store.send_task_failure(tx, token, error, cause)
        )

    async def send_task_heartbeat(self, token: str) -> None:
        """Say that one is still at the task that waits for a token: its silence begins anew.

        Raises:
            NotFound: no task waits for this token.
        """
        await self._home.engine.transact(lambda tx: store.send_task_heartbeat(tx, token))
