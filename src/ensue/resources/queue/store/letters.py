"""Dead letters, looked at and deleted, within a transaction."""

from __future__ import annotations

from ensue.engine import backlog, causes, dead_letters, work
from ensue.engine.causes import TOP, Cause
from ensue.engine.dead_letters import BEGINNING, Seen
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.parking import group_of
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.queue.model import (
    CAUSES_MAX,
    DELETE_CHUNK,
    LETTERS_MAX,
    CausePage,
    DeadCause,
    DeadLetter,
    LetterPage,
    QueueModel,
)
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, NotFound


def check(tx: Transaction, queue: QueueModel) -> None:
    """Check that a queue is a dead-letter queue: of its own kind, or because others name it.

    Raises:
        InvalidInput: it is none.
    """
    if queue.dead_letters is not None and not tx.facts.directory.gets_letters(queue.ref):
        raise InvalidInput(
            f"expected a dead-letter queue, got {queue.ref}",
            hint=f"Its dead letters are in {queue.dead_letters.name}.",
        )


def check_cause(tx: Transaction, queue: QueueModel, fingerprint: str | None) -> None:
    """Check that letters of a cause are there, where one is named.

    Raises:
        NotFound: there are none.
    """
    if fingerprint is not None:
        _cause(tx, queue, fingerprint)


def _cause(tx: Transaction, queue: QueueModel, fingerprint: str) -> Cause:
    found = causes.find(tx, tx.number(queue.ref), fingerprint)
    if found is None:
        raise NotFound(
            f"{queue.ref.name} has no dead letters of cause {fingerprint}",
            at="$.cause",
            hint=f"`ensue dlq {queue.ref.name}` lists its causes.",
        )
    return found


def of_queue(tx: Transaction, queue: QueueModel, limit: int, after: str | None) -> CausePage:
    """The causes of a dead-letter queue, that of most letters first.

    Raises:
        InvalidInput: it is none.
        InvalidValue: ``after`` is no end of a page.
    """
    check(tx, queue)
    limit = max(1, min(limit, CAUSES_MAX))
    return page(tx, causes.of_queue(tx, tx.number(queue.ref), limit, cursor(after)), limit)


def of_all(tx: Transaction, limit: int, after: str | None) -> CausePage:
    """The causes of all dead-letter queues, that of most letters first.

    Raises:
        InvalidValue: ``after`` is no end of a page.
    """
    limit = max(1, min(limit, CAUSES_MAX))
    return page(tx, causes.of_all(tx, limit, cursor(after)), limit)


def page(tx: Transaction, found: list[Cause], limit: int) -> CausePage:
    """Causes as applications see them."""
    refs = {number: ref for ref, number in tx.facts.numbers.items()}
    shown: list[DeadCause] = []
    for each in found:
        span, queue, home = causes.span(tx, each.number), refs.get(each.queue), refs.get(each.home)
        if span is None or queue is None:
            continue
        shown.append(
            DeadCause(
                cause=each.fingerprint,
                app=queue.app,
                queue=queue.name,
                died_in="" if home is None else f"{home.kind}/{home.name}",
                error=each.error,
                message=each.message,
                letters=each.letters,
                first_ms=span.first_ms,
                last_ms=span.last_ms,
                example=work.record_id(tx, span.newest),
            )
        )
    last = found[-1] if len(found) == limit else None
    return CausePage(shown, None if last is None else f"{last.letters}.{last.number}")


def letters(
    tx: Transaction, queue: QueueModel, fingerprint: str | None, limit: int, after: str | None
) -> LetterPage:
    """Dead letters, the last to die first: those of one cause, or all that is in the queue.

    Raises:
        InvalidInput: it is no dead-letter queue.
        NotFound: there are none of that cause.
        InvalidValue: ``after`` is no end of a page.
    """
    check(tx, queue)
    limit, before = max(1, min(limit, LETTERS_MAX)), cursor(after)
    if fingerprint is None:
        found = dead_letters.newest(tx, tx.number(queue.ref), before, limit)
    else:
        cause = _cause(tx, queue, fingerprint)
        found = dead_letters.newest_of_cause(tx, cause.number, before, limit)
    refs = {number: f"{ref.kind}/{ref.name}" for ref, number in tx.facts.numbers.items()}
    last = found[-1] if len(found) == limit else None
    return LetterPage(
        [_letter(tx, each, refs) for each in found],
        None if last is None else f"{last.at[0]}.{last.at[1]}",
    )


def _letter(tx: Transaction, seen: Seen, refs: dict[int, str]) -> DeadLetter:
    piece = seen.piece
    letter, cause = dead_letters.letter_of(piece), causes.of_letter(tx, piece.id)
    return DeadLetter(
        id=work.record_id(tx, piece.id),
        cause=None if cause is None else cause.fingerprint,
        died_in=None if letter is None else refs.get(letter.home, ""),
        reason=None if letter is None else letter.reason,
        receives=piece.receives if letter is None else letter.receives,
        died_ms=None if letter is None else letter.at_ms,
        sent_ms=piece.sent_ms,
        group=group_of(piece),
        body=values.decode(piece.body),
        attributes=work.attributes_of(piece) if letter is None else letter.attributes,
        is_taken=piece.state == work.LEASED,
    )


def delete_of_cause(tx: Transaction, queue: QueueModel, fingerprint: str, until_ms: int) -> int:
    """Delete a chunk of what nobody has of a cause, and died until then; returns how much."""
    cause = causes.find(tx, tx.number(queue.ref), fingerprint)
    if cause is None:
        return 0
    found = dead_letters.look_at_cause(tx, cause.number, BEGINNING, until_ms, DELETE_CHUNK)
    return _delete(tx, queue, [each.piece for each in found])


def delete_named(tx: Transaction, queue: QueueModel, ids: list[str]) -> int:
    """Delete letters that nobody has; returns how many there were."""
    number = tx.number(queue.ref)
    found = [named(tx, number, each) for each in dict.fromkeys(ids)]
    return _delete(tx, queue, [each for each in found if each is not None])


def _delete(tx: Transaction, queue: QueueModel, pieces: list[Work]) -> int:
    backlog.forget(tx, tx.number(queue.ref), pieces)
    work.release_groups(tx, pieces)
    return len(pieces)


def named(tx: Transaction, queue: int, record_id: str) -> Work | None:
    """A letter of a dead-letter queue that nobody has, by its id; None where there is none."""
    place = tx.facts.records.place(record_id)
    if place is None or place.number != WORK_NUMBER:
        return None
    return dead_letters.named(tx, queue, place.sequence)


def cursor(after: str | None) -> tuple[int, int]:
    """Where a page begins, from the end of the page before.

    Raises:
        InvalidValue: it is none.
    """
    if after is None:
        return TOP
    first, dot, second = after.partition(".")
    if dot and all(
        each.isdecimal() and each.isascii() and len(each) < 20 for each in (first, second)
    ):
        return min(int(first), TOP[0]), min(int(second), TOP[1])
    raise InvalidValue(
        f"expected the `next` of the page before, got {values.shown(after)}", at="$.after"
    )
