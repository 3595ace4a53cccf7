"""Terms that a piece of work brings along: how long it is tried, and where it ends.

They travel among its attributes, so that they are kept with it, into its dead letter and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ensue.engine import work
from ensue.engine.handlers import Policy
from ensue.engine.sockets import Delivery, Terms
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json

TERMS = "terms"
RETRIES_SPENT = "MaximumRetryAttempts"  # what EventBridge says when the retries are used up
AGE_SPENT = "MaximumEventAgeInSeconds"  # and when the event is too old for another


class NextTry(NamedTuple):
    """What becomes of a failed piece of work.

    Attributes:
        delay_ms: after what time it is tried again; None for never.
        spent: which bound forbids it; None where no retry would mend it.
    """

    delay_ms: int | None
    spent: str | None = None


def as_attribute(terms: Terms) -> dict[str, Json]:
    """Terms as they are kept among the attributes of work."""
    dead_letters = terms.dead_letters
    return {
        "retries": terms.retries,
        "max_age_ms": terms.max_age_ms,
        "dead_letters": None if dead_letters is None else list(dead_letters),
    }


def attributes_with_terms(delivery: Delivery) -> str | None:
    """The attributes of a delivery, and its terms, as those of a piece of work are kept."""
    if delivery.terms is None:
        return values.encode(delivery.attributes) if delivery.attributes else None
    return values.encode({**delivery.attributes, TERMS: as_attribute(delivery.terms)})


def terms_of(piece: Work) -> Terms | None:
    """The terms that a piece of work brings along; None for none."""
    if piece.attributes is None or TERMS not in piece.attributes:
        return None
    said = work.attributes_of(piece).get(TERMS)
    if not isinstance(said, Mapping):
        return None
    retries, age_ms, letters = said.get("retries"), said.get("max_age_ms"), said.get("dead_letters")
    if not isinstance(retries, int) or not isinstance(age_ms, int):
        return None
    known = isinstance(letters, list) and len(letters) == 3
    dead_letters = Ref(*map(str, letters)) if isinstance(letters, list) and known else None
    return Terms(retries, age_ms, dead_letters)


def next_try(
    tx: Transaction, piece: Work, terms: Terms | None, policy: Policy, *, is_final: bool
) -> NextTry:
    """What becomes of a piece of work that failed.

    Args:
        tx: the transaction.
        piece: the work; its receives count the one that failed.
        terms: its own; None for those of the policy.
        policy: how the work of its queue is retried.
        is_final: whether no retry will mend it.
    """
    if is_final:
        return NextTry(None)
    failed = piece.receives - piece.crashes
    if terms is None:
        if failed >= policy.max_receives:
            return NextTry(None, RETRIES_SPENT)
        return NextTry(policy.backoff_ms(piece.receives, tx.facts.ids.source))
    if failed > terms.retries:
        return NextTry(None, RETRIES_SPENT)
    left_ms = begun_ms(tx, piece.id) + terms.max_age_ms - tx.now_ms
    if left_ms <= 0:
        return NextTry(None, AGE_SPENT)
    # The last try is at the end of its time.
    return NextTry(min(left_ms, policy.backoff_ms(piece.receives, tx.facts.ids.source)))


def with_attributes(piece: Work, more: Mapping[str, Json]) -> Work:
    """A piece of work with more attributes, and without those of them that are null."""
    had = {name: value for name, value in work.attributes_of(piece).items() if name not in more}
    said = {name: value for name, value in more.items() if value is not None}
    return piece._replace(attributes=values.encode({**had, **said}))


def begun_ms(tx: Transaction, work_id: int) -> int:
    """When a piece of work was first to be taken, since it was sent or last redriven."""
    found = tx.row("SELECT after_ms FROM ensue_work WHERE id = ?", (work_id,))
    return found[0] if found and isinstance(found[0], int) else tx.now_ms
