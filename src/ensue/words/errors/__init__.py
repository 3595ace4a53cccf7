"""Every error Ensue raises, as one tree.

    EnsueError
    ├── InvalidInput            what a caller gave is wrong; nothing was changed
    │   ├── InvalidValue        a value does not fit: type, range, size, depth
    │   ├── InvalidName         a resource or attribute name breaks the naming rule
    │   ├── InvalidPattern      an event pattern does not compile
    │   ├── InvalidExpression   an expression, a path or a template does not compile or apply
    │   ├── InvalidDeclaration  an app declares something that cannot run
    │   └── InvalidDefinition   a state machine's definition cannot run; lists all its faults
    ├── NotFound                no such resource, item, message or id
    │   └── NotKept             what was asked for is not kept any more
    ├── Conflict                the state of things forbids it
    │   ├── ConditionFailed     a conditional write found its condition false
    │   ├── Unfit               what is stored does not fit the type that it is read as
    │   │   └── Rejected        a server outside refuses it for good
    │   ├── LeaseLost           a receive's lease has passed, or what it received is settled
    │   ├── TokenReused         an idempotency token stands for another request already
    │   ├── TokenInFlight       the request with this idempotency token is still being done
    │   ├── WorkflowChanged     a workflow's code no longer fits the record of an execution
    │   └── Replayed            a signed request is a copy of one that was taken
    ├── LimitExceeded           a named bound was reached; later there may be room
    │   ├── TooLarge            a value is larger than its bound; it will not fit later either
    │   ├── Overloaded          all workers are busy, and as many wait as may
    │   └── RateExceeded        a caller has had as much as a rate limit lets it
    ├── NotPermitted            a credential is missing or wrong
    │   ├── NotVerified         a request is not signed as it must be
    │   └── Forbidden           a credential is good, but not for this
    ├── StoreError              the store cannot serve
    │   ├── StoreBusy           another process holds the write lock
    │   ├── StoreUnusable       damaged, foreign, newer, read-only, full
    │   └── StoreClosed         the engine has stopped
    ├── StepFailed              a step of a workflow failed for good
    │   └── StepTimedOut        it took too long
    ├── MissingExtra            an optional dependency is not installed
    ├── MissingSecret           a secret that an app names is not where it should be
    │   └── MissingKey          the key that a secret is sealed under is not here
    └── Unreachable             a server or target outside could not be reached
        ├── TimedOut            no answer came in time; it may have been done
        └── CircuitOpen         it failed so often lately that it is not asked for a while

Each error has a stable ``code`` (snake case, for machines), a ``message`` that says what happened
("expected X, got Y"), where (``at``: a JSON path such as ``$.quantity``, a resource, an offset)
and, where there is something to do about it, a ``hint``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.words.errors.limits import LimitExceeded, Overloaded, RateExceeded, TooLarge
from ensue.words.errors.outside import CircuitOpen, TimedOut, Unreachable
from ensue.words.errors.root import EnsueError
from ensue.words.errors.steps import StepFailed, StepTimedOut

__all__ = [
    "CircuitOpen",
    "ConditionFailed",
    "Conflict",
    "EnsueError",
    "InvalidDeclaration",
    "InvalidDefinition",
    "InvalidExpression",
    "InvalidInput",
    "InvalidName",
    "InvalidPattern",
    "InvalidValue",
    "LeaseLost",
    "LimitExceeded",
    "MissingExtra",
    "MissingKey",
    "MissingSecret",
    "NotFound",
    "NotKept",
    "NotPermitted",
    "NotVerified",
    "Overloaded",
    "RateExceeded",
    "Rejected",
    "Replayed",
    "StepFailed",
    "StepTimedOut",
    "StoreBusy",
    "StoreClosed",
    "StoreError",
    "StoreUnusable",
    "TimedOut",
    "TokenInFlight",
    "TokenReused",
    "TooLarge",
    "Unfit",
    "Unreachable",
    "WorkflowChanged",
]


class InvalidInput(EnsueError):
    """What a caller gave is wrong. Nothing was changed."""

    code = "invalid_input"


class InvalidValue(InvalidInput):
    """A value does not fit: its type, range, size or depth."""

    code = "invalid_value"


class InvalidName(InvalidInput):
    """A resource or attribute name breaks the naming rule."""

    code = "invalid_name"


class InvalidPattern(InvalidInput):
    """An event pattern does not compile."""

    code = "invalid_pattern"


class InvalidExpression(InvalidInput):
    """An expression, a path or a template does not compile, or does not apply to the item."""

    code = "invalid_expression"


class InvalidDeclaration(InvalidInput):
    """An app declares something that cannot run."""

    code = "invalid_declaration"


class InvalidDefinition(InvalidInput):
    """A state machine's definition cannot run.

    Args:
        faults: each fault: a JSON pointer, what is wrong there, and what to do.
    """

    code = "invalid_definition"

    def __init__(self, faults: Sequence[tuple[str, str, str]]) -> None:
        count = f"{len(faults)} faults: " if len(faults) > 1 else ""
        told = "; ".join(f"{message}, at {at or 'the top'}" for at, message, _ in faults[:20])
        super().__init__(f"{count}{told}", hint=faults[0][2] if len(faults) == 1 else None)
        self.faults = tuple(faults)


class NotFound(EnsueError):
    """There is no such resource, item, message or id."""

    code = "not_found"


class NotKept(NotFound):
    """What was asked for is not kept any more."""

    code = "not_kept"


class Conflict(EnsueError):
    """The state of things forbids it."""

    code = "conflict"


class ConditionFailed(Conflict):
    """A conditional write found its condition false."""

    code = "condition_failed"


class Unfit(Conflict):
    """What is stored does not fit the type that it is read as: no retry will mend that."""

    code = "unfit"


class Rejected(Unfit):
    """A server outside refuses what it was sent: no retry will mend that."""

    code = "rejected"


class TokenReused(Conflict):
    """An idempotency token stands for another request already."""

    code = "token_reused"


class TokenInFlight(Conflict):
    """The request with this idempotency token is still being done."""

    code = "token_in_flight"


class Replayed(Conflict):
    """A signed request is a copy of one that was taken: it has no effect."""

    code = "replayed"


class LeaseLost(Conflict):
    """The lease of a receive has passed to another, or what it received is settled."""

    code = "lease_lost"


class WorkflowChanged(Conflict):
    """The code of a workflow no longer fits the record of an execution, which is held.

    Args:
        place: where in the record: the id of the event.
        expected: what is recorded there.
        got: what the code did there.
    """

    code = "workflow_changed"

    def __init__(self, place: int, expected: str, got: str) -> None:
        super().__init__(
            f"expected {expected}, got {got}",
            at=f"event {place}",
            hint="Run the code that fits, or keep it as an older version; then it goes on.",
        )
        self.place = place
        self.expected = expected
        self.got = got


class NotPermitted(EnsueError):
    """A credential is missing or wrong."""

    code = "not_permitted"


class NotVerified(NotPermitted):
    """A request is not signed as it must be. What failed is for the log: its sender is not told.

    Args:
        message: what is told.
        at: where.
        hint: what to do about it.
        reason: what failed; never a secret or a signature.
        challenge: the scheme of HTTP authentication that it asks for.
        missing: whether it shows nothing at all that could be verified.
    """

    code = "not_verified"

    def __init__(
        self,
        message: str,
        *,
        at: str | None = None,
        hint: str | None = None,
        reason: str = "",
        challenge: str = "Signature",
        missing: bool = False,
    ) -> None:
        super().__init__(message, at=at, hint=hint)
        self.reason = reason
        self.challenge = challenge
        self.missing = missing


class Forbidden(NotPermitted):
    """A credential is good, but not for this: whoever shows it lacks a role or a scope."""

    code = "forbidden"


class StoreError(EnsueError):
    """The store cannot serve."""

    code = "store_error"


class StoreBusy(StoreError):
    """Another process holds the write lock."""

    code = "store_busy"


class StoreUnusable(StoreError):
    """The store's file is damaged, foreign, of a newer version, read-only, or its disk is full."""

    code = "store_unusable"


class StoreClosed(StoreError):
    """The engine has stopped."""

    code = "store_closed"


class MissingExtra(EnsueError):
    """An optional dependency is not installed."""

    code = "missing_extra"


class MissingSecret(EnsueError):
    """A secret that an app names is not where it should be.

    Args:
        message: what happened; never a secret.
        at: where.
        hint: what to do about it.
        may_come: whether it may be put while the app runs, so that the app starts without it.
    """

    code = "missing_secret"

    def __init__(
        self,
        message: str,
        *,
        at: str | None = None,
        hint: str | None = None,
        may_come: bool = False,
    ) -> None:
        super().__init__(message, at=at, hint=hint)
        self.may_come = may_come


class MissingKey(MissingSecret):
    """The master key that a secret is sealed under, or would be, is not here.

    Args:
        message: what happened; never a key.
        key_id: the id of the key that is wanted; None for any.
        hint: what to do about it.
    """

    code = "missing_key"

    def __init__(self, message: str, *, key_id: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint, may_come=True)
        self.key_id = key_id
