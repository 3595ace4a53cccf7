"""Who is told of a change of state, in the transaction that changes it.

What a target refuses is kept as work of the alarm, tried again, and ends in the app's queue for
what alarms could not deliver. Later changes wait behind it at that target, so that nobody hears of
the end of an alarm before its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ensue.engine import work
from ensue.engine.ids import Place
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.resources.alarm.model import OK, AlarmModel, State, StateChange
from ensue.resources.alarm.rules.wording import letter_of
from ensue.words import values
from ensue.words.errors import InvalidInput, StoreError
from ensue.words.names import Ref
from ensue.words.values import Json


def recipients(
    tx: Transaction, alarm: AlarmModel, state: State, *, is_first: bool
) -> tuple[Ref, ...]:
    """Who is told that an alarm is in a state from now on.

    Nobody while it is paused, and nobody of a new one that finds all well.
    """
    is_paused = tx.number(alarm.ref) in tx.facts.paused
    if is_paused or state not in alarm.on or (is_first and state == OK):
        return ()
    return alarm.to


def tell(
    tx: Transaction,
    alarm: AlarmModel,
    change: StateChange,
    event: dict[str, Json],
    to: Sequence[Ref],
) -> None:
    """Deliver a change of state; what is refused is kept as work."""
    number = tx.number(alarm.ref)
    attributes: dict[str, Json] = {"alarm": alarm.ref.name, "state": change.state}
    delivery = Delivery(
        values.encode(event),
        group=f"alarm/{alarm.ref.name}",
        attributes=attributes | letter_of(alarm, change),
        deduplication_id=change.id,
    )
    origin = Origin(alarm.ref.name, Place(number, change.sequence))
    for target in to:
        if not _waits(tx, number, target):
            try:
                tx.nested(origin, lambda target=target: _deliver(tx, delivery, target))  # type: ignore[misc]
            except StoreError:
                raise
            except Exception:  # noqa: BLE001, S110 - whatever it was: the next try records it
                pass
            else:
                continue
        tx.nested(origin, lambda target=target: _keep(tx, number, delivery, target))  # type: ignore[misc]


def redeliver(tx: Transaction, piece: Work) -> None:
    """Deliver again what was refused, and kept as work.

    Raises:
        EnsueError: it is refused again.
    """
    said = cast("dict[str, Json]", values.decode(piece.body))
    app, kind, name = cast("list[str]", said["target"])
    delivery = Delivery(
        values.encode(said["body"]),
        group=cast("str", said["group"]),
        attributes=cast("dict[str, Json]", said["attributes"]),
        deduplication_id=cast("str", said["id"]),
    )
    _deliver(tx, delivery, Ref(app, kind, name))


def _deliver(tx: Transaction, delivery: Delivery, target: Ref) -> None:
    for answer in tx.facts.directory.target(target).deliver(tx, [delivery]):
        if isinstance(answer, Refusal):
            raise InvalidInput(f"{target} refused to be told: {answer.message}")


def _waits(tx: Transaction, number: int, target: Ref) -> bool:
    """Whether an earlier change has not been told to a target yet."""
    if not tx.facts.depths.live(number).unsettled:
        return False
    return work.first_of_group(tx, number, _line(target)) is not None


def _keep(tx: Transaction, number: int, delivery: Delivery, target: Ref) -> None:
    said = values.encode({
        "id": delivery.deduplication_id,
        "target": list(target),
        "group": delivery.group,
        "attributes": dict(delivery.attributes),
    })
    work.add(tx, number, f'{said[:-1]},"body":{delivery.body}}}', group=_line(target))


def _line(target: Ref) -> str:
    return "/".join(target)
