"""Dead letters: what they died of, looked at one by one, deleted."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.resources.queue import rules
from ensue.resources.queue.model import CausePage, LetterPage, QueueModel
from ensue.resources.queue.store import letters
from ensue.words.errors import InvalidInput


class Letters:
    """What can be seen of a dead-letter queue, and what can be taken out of it for good."""

    model: QueueModel
    _home: Home

    async def causes(self, limit: int = 100, *, after: str | None = None) -> CausePage:
        """What the letters died of, and how many of each: that of most letters first.

        Letters are of one cause that died in the same place of the same kind of error, which said
        the same but for ids, numbers and times. They are counted as they come and go.

        Args:
            limit: how many causes at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidInput: this is no dead-letter queue.
            InvalidValue: ``after`` is none.
        """
        return self._home.engine.read(lambda tx: letters.of_queue(tx, self.model, limit, after))

    async def letters(
        self, cause: str | None = None, *, limit: int = 100, after: str | None = None
    ) -> LetterPage:
        """The dead letters, the last to die first.

        Args:
            cause: the fingerprint of a cause: only its letters; None for all that is in the queue.
            limit: how many at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidInput: this is no dead-letter queue.
            NotFound: there are no letters of that cause.
            InvalidValue: ``after`` is none.
        """
        return self._home.engine.read(
            lambda tx: letters.letters(tx, self.model, cause, limit, after)
        )

    async def delete_letters(
        self, ids: Sequence[str] | None = None, *, cause: str | None = None
    ) -> int:
        """Forget dead letters for good, a thousand in a transaction; returns how many.

        What somebody has received by hand stays, and so does what dies meanwhile.

        Args:
            ids: which, 1,000 at most; or
            cause: the fingerprint of their cause.

        Raises:
            InvalidInput: this is no dead-letter queue; or neither ids nor a cause, or both.
            NotFound: there are no letters of that cause.
            LimitExceeded: there are more than 1,000 ids.
        """
        rules.check_chosen(cause, ids)
        engine = self._home.engine
        if cause is None:
            if ids is None:
                raise InvalidInput(
                    "expected ids or a cause, got neither", hint="To delete all letters, purge."
                )
            chosen = list(ids)

            def delete(tx: Transaction) -> int:
                letters.check(tx, self.model)
                return letters.delete_named(tx, self.model, chosen)

            return await engine.transact(delete)
        until_ms = engine.read(lambda tx: self._checked(tx, cause))
        deleted = 0
        while found := await engine.transact(
            lambda tx: letters.delete_of_cause(tx, self.model, cause, until_ms)
        ):
            deleted += found
        return deleted

    def _checked(self, tx: Transaction, cause: str) -> int:
        letters.check(tx, self.model)
        letters.check_cause(tx, self.model, cause)
        return tx.now_ms
