"""What queues decide without a store: how one is declared, receipts, and what a redrive changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ensue.engine.dead_letters import Letter
from ensue.engine.parking import group_of
from ensue.engine.turns import FAIR, PRIORITY, PRIORITY_MAX, TENANT_LENGTH_MAX
from ensue.languages.expressions import Update, check_placeholders, compile_update
from ensue.languages.patterns import Pattern, compile_pattern
from ensue.resources.queue.model import (
    DELAY_MS_MAX,
    GROUP_LENGTH_MAX,
    LETTER_IDS_MAX,
    MAX_RECEIVES_DEFAULT,
    RETENTION_MS_MIN,
    QueueModel,
    QueueOptions,
    RedriveOptions,
)
from ensue.words import values
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
)
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.units import duration_ms
from ensue.words.values import Json

SAMPLES = 5


def declare(
    ref: Ref, dead_letters: Ref | None, options: QueueOptions, shape: Shape[Any] | None = None
) -> QueueModel:
    """The queue that was declared.

    Raises:
        InvalidDeclaration: a bound is out of range, or it has both priorities and is fair.
        InvalidValue: the retention is no duration.
    """
    at = str(ref)
    if options.get("priorities") and options.get("fair"):
        raise InvalidDeclaration(
            "expected a queue that is fair or has priorities, got both",
            at=at,
            hint="Send what is urgent to a queue of its own.",
        )
    deduplicate = options.get("deduplicate")
    if deduplicate not in {None, "content"}:
        raise InvalidDeclaration(
            f'expected deduplicate to be "content", got {deduplicate!r}', at=at
        )
    for name, limit in (
        ("in_flight_max", options.get("in_flight_max")),
        ("depth_max", options.get("depth_max")),
    ):
        if limit is not None and limit < 1:
            raise InvalidDeclaration(f"expected {name} of 1 or more, got {limit}", at=at)
    retention = options.get("retention")
    retention_ms = None if retention is None else duration_ms(retention)
    if retention_ms is not None and retention_ms < RETENTION_MS_MIN:
        raise InvalidDeclaration(
            f"expected a retention of {RETENTION_MS_MIN} ms or more, got {retention_ms}", at=at
        )
    fair = FAIR if options.get("fair") else None
    return QueueModel(
        ref=ref,
        max_receives=options.get("max_receives", MAX_RECEIVES_DEFAULT),
        dead_letters=dead_letters,
        order=PRIORITY if options.get("priorities") else fair,
        deduplicate=deduplicate is not None,
        retention_ms=retention_ms,
        in_flight_max=options.get("in_flight_max"),
        depth_max=options.get("depth_max"),
        was=options.get("was"),
        shape=shape,
    )


def check_delay(delay_ms: int) -> None:
    """Check how long nobody is to receive a message.

    Raises:
        InvalidValue: it is out of range.
    """
    if not 0 <= delay_ms <= DELAY_MS_MAX:
        raise InvalidValue(f"expected a delay from 0 to {DELAY_MS_MAX} ms, got {delay_ms}")


def check_name(found: object, what: str, length_max: int = GROUP_LENGTH_MAX) -> None:
    """Check a group, a tenant, a deduplication id or the like; None is none.

    Raises:
        InvalidValue: it is no text, empty, too long, or holds what UTF-8 cannot.
    """
    values.check_name(found, what, length_max, f"$.{what.replace(' ', '_')}")


def check_turn(queue: QueueModel, priority: object, tenant: object) -> None:
    """Check that a queue has the order that a message asks for.

    Raises:
        InvalidValue: the priority or the tenant is out of range.
        InvalidInput: the queue has no priorities, or is not fair.
    """
    if not isinstance(priority, int) or not 0 <= priority <= PRIORITY_MAX:
        raise InvalidValue(
            f"expected a priority from 0 to {PRIORITY_MAX}, got {values.shown(priority)}",
            at="$.priority",
        )
    check_name(tenant, "tenant", TENANT_LENGTH_MAX)
    if priority and queue.order != PRIORITY:
        raise InvalidInput(
            f"{queue.ref} has no priorities", at="$.priority", hint="Declare priorities=True."
        )
    if tenant is not None and queue.order != FAIR:
        raise InvalidInput(f"{queue.ref} is not fair", at="$.tenant", hint="Declare fair=True.")


class Receipt(NamedTuple):
    """Which receive of which message.

    Attributes:
        message_id: the message.
        receives: which receive, counted from 1.
        taken_ms: when it was.
    """

    message_id: str
    receives: int
    taken_ms: int

    def __str__(self) -> str:
        return f"{self.message_id}.{self.receives}.{self.taken_ms}"


def receipt(handle: object) -> Receipt:
    """The receive that a handle names.

    Raises:
        InvalidValue: it is no handle.
    """
    parts = handle.split(".") if isinstance(handle, str) else []
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():
        return Receipt(parts[0], int(parts[1][:18]), int(parts[2][:18]))
    raise InvalidValue(
        f"expected a handle as a receive gave it, got {values.shown(handle)}", at="$.handle"
    )


def check_chosen(cause: str | None, ids: Sequence[str] | None) -> None:
    """Check how dead letters are chosen: by their cause, or one by one.

    Raises:
        InvalidInput: by both.
        LimitExceeded: there are more than 1,000 ids.
    """
    if cause is not None and ids is not None:
        raise InvalidInput("expected ids or a cause, got both", at="$.cause")
    if ids is not None and len(ids) > LETTER_IDS_MAX:
        raise LimitExceeded(
            f"expected at most {LETTER_IDS_MAX} ids, got {len(ids)}",
            at="$.ids",
            hint="Choose them by their cause or by a pattern.",
        )


@dataclass(frozen=True)
class Plan:
    """Which dead letters a redrive moves, and what it changes.

    Attributes:
        cause: the fingerprint of their cause; None for any.
        ids: the letters themselves; None for any.
        pattern: an event pattern on ``body``, ``attributes``, ``reason``, ``receives``, ``group``.
        body: what replaces each body; None to keep them.
        edit: an update expression on each body.
        values: the values of its ``:names``.
        rate: letters a second; None for all at once.
        limit: how many it moves at most; None for all.
    """

    cause: str | None = None
    ids: list[str] | None = None
    pattern: dict[str, Json] | None = None
    body: Json = None
    edit: str | None = None
    values: dict[str, Json] = field(default_factory=dict)
    rate: float | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        check_chosen(self.cause, self.ids)
        if self.edit is not None and self.body is not None:
            raise InvalidInput("expected a body or an edit, got both", at="$.edit")
        if self.edit is None and self.values:
            raise InvalidInput("expected values for an edit, got no edit", at="$.values")
        if self.pattern is not None:
            compile_pattern(self.pattern)
        if self.edit is not None:
            update = _update(self.edit)
            check_placeholders(update, values=self.values)
            missing = sorted(set(update.values_used) - set(self.values))
            if missing:
                raise InvalidExpression(
                    f"expected a value for :{missing[0]}, got none", at="$.values"
                )

    def text(self) -> str:
        """The plan as JSON text."""
        return values.encode({name: getattr(self, name) for name in self.__dataclass_fields__})


def plan_of(
    options: RedriveOptions, *, rate: float | None = None, limit: int | None = None
) -> Plan:
    """The plan that was asked for.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the edit does not compile, or its values are not those it names.
        InvalidInput: a body and an edit, values without an edit, or ids and a cause.
        LimitExceeded: there are more than 1,000 ids.
    """
    return Plan(
        cause=options.get("cause"),
        ids=options.get("ids"),
        pattern=options.get("pattern"),
        body=options.get("body"),
        edit=options.get("edit"),
        values=dict(options.get("values") or {}),
        rate=rate,
        limit=limit,
    )


def plan_from(text: str) -> Plan:
    """The plan that was stored."""
    found = values.decode(text)
    return Plan(**found) if isinstance(found, dict) else Plan()  # type: ignore[arg-type] # ours


class Redriver:
    """Decides of each dead letter whether a plan moves it, and with which body."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._pattern: Pattern | None = (
            None if plan.pattern is None else compile_pattern(plan.pattern)
        )
        self._update: Update | None = None if plan.edit is None else _update(plan.edit)

    def wants(self, letter: Letter) -> bool:
        """Whether the pattern matches a letter."""
        if self._pattern is None:
            return True
        return self._pattern.matches(shape(letter))

    def body(self, letter: Letter) -> str | None:
        """The body with which a letter is moved; None for the one it has.

        Raises:
            InvalidInput: the edit cannot be made of it.
            TooLarge: it would be larger than 1 MiB.
        """
        if self._plan.body is not None:
            return values.encode(self._plan.body)
        if self._update is None:
            return None
        before = values.decode(letter.piece.body)
        if not isinstance(before, dict):
            raise InvalidExpression(f"expected an object to edit, got {values.shown(before)}")
        return values.encode(self._update.apply(values.Item(before), self._plan.values))


def shape(letter: Letter) -> Mapping[str, Json]:
    """A dead letter as patterns see it."""
    return {
        "body": values.decode(letter.piece.body),
        "attributes": letter.attributes,
        "reason": letter.reason,
        "receives": letter.receives,
        "group": group_of(letter.piece),
    }


def _update(edit: str) -> Update:
    return compile_update(edit)
