"""What a handler gets as ``tx``: everything it does commits together, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, Unpack, overload

from ensue.app.executing import ExecutingTx
from ensue.app.reading import ReadTx
from ensue.engine import delays, withdrawals
from ensue.engine.home import Resource
from ensue.engine.sockets import Refusal
from ensue.resources import bucket as bucket_kind
from ensue.resources import bus as bus_kind
from ensue.resources import destination as destination_kind
from ensue.resources import function as function_kind
from ensue.resources import mail as mail_kind
from ensue.resources import queue as queue_kind
from ensue.resources import schedule as schedule_kind
from ensue.resources import stream as stream_kind
from ensue.resources import table as table_kind
from ensue.resources import topic as topic_kind
from ensue.resources.bucket import Bucket, ObjectInfo, PutOptions
from ensue.resources.bus import Bus, Entry
from ensue.resources.destination import Destination
from ensue.resources.function import Function
from ensue.resources.mail import Mail
from ensue.resources.queue import Queue, SendOptions
from ensue.resources.schedule import Schedule, ScheduleOptions, Schedules
from ensue.resources.stream import Stream
from ensue.resources.table import Condition, Table
from ensue.resources.topic import Topic
from ensue.words.errors import InvalidInput
from ensue.words.values import Json

__all__ = ["ReadTx", "Tx"]

WHEN = frozenset({"delay", "due_ms"})

T = TypeVar("T")

KEY_BITS = 128


class Tx(ExecutingTx):
    """A transaction: reads, conditional writes, sends, publishes."""

    __slots__ = ()

    def new_id(self) -> str:
        """A new id: a UUIDv7, unique, sorted by time."""
        return self._inner.facts.ids.new_id()

    def new_key(self, prefix: str = "") -> str:
        """A new secret, such as an API key: 128 random bits as 32 hexadecimal digits.

        Args:
            prefix: what stands before them, so that people and scanners see what it is.
        """
        return f"{prefix}{self._inner.facts.ids.source.getrandbits(KEY_BITS):032x}"

    def put(
        self,
        table: Table[T],
        item: Mapping[str, object] | T,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> bool:
        """Store an item whole; returns whether the condition held.

        Args:
            table: where to store it.
            item: values by attribute, the key's among them, or one of the table's type; at most
                400 KB.
            where: a condition expression on the item that is there.
            expect: the version that the one that is there must have; 0 for none being there.
            given: the values of the condition's ``:names``.

        Raises:
            InvalidValue: it does not fit the table's type, a value cannot be stored, or a key
                attribute is missing.
            InvalidExpression: the condition does not compile or apply.
            TooLarge: the item is larger than 400 KB.
        """
        return table_kind.put(self._inner, table.model, item, Condition(where, expect, given))

    def update(
        self,
        table: Table[T],
        key: object,
        expression: str,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> T | None:
        """Change an item as an update expression says.

        Args:
            table: where it is.
            key: its key.
            expression: such as ``SET quantity = quantity - :n``.
            where: a condition expression on the item.
            expect: the version that the item must have.
            given: the values of the ``:names``.

        Returns:
            The item as it is then; None when there is no such item or the condition is false.

        Raises:
            InvalidExpression: an expression does not compile or apply to the item.
            InvalidInput: the expression changes the key.
        """
        condition = Condition(where, expect, given)
        return table.typed(table_kind.update(self._inner, table.model, key, expression, condition))

    def delete(
        self,
        table: Table[T],
        key: object,
        *,
        where: str | None = None,
        expect: int | None = None,
        **given: object,
    ) -> T | None:
        """Remove an item; returns it, None when there was none or the condition was false.

        Args:
            table: where it is.
            key: its key.
            where: a condition expression on the item.
            expect: the version that the item must have.
            given: the values of the ``:names``.

        Raises:
            InvalidExpression: the condition does not compile or apply to the item.
        """
        return table.typed(
            table_kind.delete(self._inner, table.model, key, Condition(where, expect, given))
        )

    def send(
        self,
        target: Queue[T] | Function | Mail | Destination,
        body: T,
        **options: Unpack[SendOptions],
    ) -> str:
        """Send a message to a queue, work to a function, a letter to mail, a body to a destination.

        Returns its id.

        Args:
            target: who gets it, after this transaction has committed.
            body: a value of at most 1 MiB, of the queue's type where it has one. For mail:
                ``subject``, ``text``, perhaps ``to``.
            options: ``delay``: how long nobody receives it, such as ``"5m"``, or seconds;
                ``due_ms``: the moment instead, in ms since 1970, however far ahead. For a queue
                also ``group``, ``attributes``, ``deduplication_id``, ``priority`` and
                ``tenant``, as for `Queue.send`; for a destination also ``group``.

        Raises:
            InvalidValue: the body is no JSON value, or the delay is out of range.
            InvalidInput: an option for something that does not take it, or nothing can be sent to
                the target.
            TooLarge: the body is larger than 1 MiB.
            LimitExceeded: the queue is as deep as it may be.
        """
        if isinstance(target, Queue):
            return queue_kind.send(self._inner, target.model, body, **options)
        if not isinstance(target, Function | Mail | Destination):
            raise InvalidInput(
                f"expected a queue, a function, mail or a destination, got {target.ref}",
                hint="Publish to a bus or a topic, append to a stream, put into a table.",
            )
        delay_ms = delays.delay_ms(self._inner, options.get("delay", 0), options.get("due_ms"))
        group = options.pop("group", None) if isinstance(target, Destination) else None
        surplus = [
            name for name, value in options.items() if name not in WHEN and value is not None
        ]
        if surplus:
            raise InvalidInput(f"expected a queue for {surplus[0]}, got {target.ref}")
        if isinstance(target, Function):
            return function_kind.invoke(self._inner, target.model, body, delay_ms=delay_ms)
        if isinstance(target, Destination):
            return destination_kind.send(
                self._inner, target.model, target.plan, body, delay_ms=delay_ms, group=group
            )
        return mail_kind.send(self._inner, target.model, body, delay_ms=delay_ms)

    def withdraw(self, target: Queue[Any] | Function | Mail | Destination, sent: str) -> bool:
        """Take back what was sent and waits, such as what is due later and not wanted any more.

        Args:
            target: whom it was sent to.
            sent: its id.

        Returns:
            Whether it waited: what is being handled, is done or is dead stays what it is.
        """
        return withdrawals.take_back(self._inner, self._inner.number(target.ref), sent)

    def is_pending(self, target: Queue[Any] | Function | Mail | Destination, sent: str) -> bool:
        """Whether what was sent is not settled yet: it waits, or is being handled.

        Args:
            target: whom it was sent to.
            sent: its id.
        """
        return withdrawals.is_pending(self._inner, self._inner.number(target.ref), sent)

    @overload
    def publish(
        self,
        to: Bus,
        /,
        detail_type: str,
        detail: Mapping[str, object],
        *,
        source: str | None = None,
        resources: Sequence[str] = (),
        time: str | datetime | None = None,
    ) -> str: ...

    @overload
    def publish(
        self,
        to: Topic,
        /,
        body: object,
        *,
        attributes: Mapping[str, Json] | None = None,
        group: str | None = None,
        deduplication_id: str | None = None,
    ) -> str: ...

    def publish(
        self,
        to: Bus | Topic,
        /,
        *said: Any,
        **options: Any,
    ) -> str:
        """Publish an event on a bus or a message to a topic; returns its id.

        It is delivered to the targets of each matching rule, or to each subscriber that wants it,
        when this transaction commits.

        Args:
            to: the bus or the topic.
            said: for a bus ``detail_type``, such as ``OrderPlaced``, and ``detail``, a JSON object;
                for a topic the ``body``, a JSON value.
            options: for a bus ``source``, who says it, ``resources``, what it is about, and
                ``time``, when it happened; for a topic ``attributes``, ``group`` and
                ``deduplication_id`` as for `Topic.publish`.

        Raises:
            InvalidValue: a part is missing or has the wrong type.
            InvalidInput: a subscriber of a topic refuses it; then nobody gets it. What a target of
                a bus refuses is tried again, and fails nobody.
            TooLarge: it is larger than 1 MiB.
            LimitExceeded: a subscriber of a topic is as deep as it may be; then nobody gets it.
        """
        if isinstance(to, Topic):
            return self._inner.whole(
                lambda: topic_kind.publish(
                    self._inner, to.model, to.subscriptions, *said, **options
                )
            )
        return bus_kind.publish(self._inner, to.model, to.rules, *said, **options)

    def publish_batch(self, bus: Bus, entries: Sequence[Entry]) -> list[str | Refusal]:
        """Publish events in their order; for each its id, or why it was refused.

        Args:
            bus: where.
            entries: objects with ``detail_type``, ``detail`` and what else `Bus.publish` takes,
                1,000 at most.

        Raises:
            LimitExceeded: there are more than 1,000.
        """
        return bus_kind.publish_batch(self._inner, bus.model, bus.rules, entries)

    def schedule(
        self,
        schedules: Schedules,
        name: str,
        expression: str,
        *,
        to: Resource,
        body: object = None,
        **options: Unpack[ScheduleOptions],
    ) -> Schedule:
        """Make a schedule; see `Schedules.create`.

        Args:
            schedules: the group.
            name: its name, one of its group.
            expression: when it is due, such as ``at(2026-12-01T10:00:00)``.
            to: who gets its firings.
            body: what they get, a JSON value.
            options: ``timezone``, ``start``, ``end``, ``window``, ``missed``, ``after``, ``raw``
                and ``group``.

        Raises:
            InvalidExpression: the expression does not compile, or is never due.
            InvalidValue: an option or the body is none.
            Conflict: there is a schedule of this name.
        """
        plan = schedule_kind.plan_of(expression, to, body, options)
        return schedule_kind.create(self._inner, schedules.model, name, plan)

    def unschedule(self, schedules: Schedules, name: str) -> bool:
        """Forget a schedule; returns whether there was one.

        Raises:
            Conflict: the app declares it.
        """
        return schedule_kind.delete(self._inner, schedules.model, name)

    def append(self, stream: Stream[T], data: T, *, key: str | None = None) -> str:
        """Append a record to a stream; returns its id.

        Args:
            stream: where to append.
            data: a JSON value of at most 1 MiB, of the stream's type where it has one.
            key: its partition key, 1 to 256 characters: records of one key keep their order.

        Raises:
            InvalidValue: the data is no JSON value or does not fit the type, or the key is too
                long.
            TooLarge: the data is larger than 1 MiB.
        """
        return stream_kind.append(self._inner, stream.model, data, key)

    def append_batch(
        self, stream: Stream[T], entries: Iterable[tuple[T, str | None]]
    ) -> list[str | Refusal]:
        """Append many records; for each its id, or why it was refused. See `Stream.append_batch`.

        Raises:
            LimitExceeded: there are more than 10,000.
        """
        return stream_kind.append_batch(self._inner, stream.model, entries)

    def put_object(
        self, bucket: Bucket, key: str, body: bytes, **options: Unpack[PutOptions]
    ) -> ObjectInfo:
        """Store an object of at most 1 MiB; returns what is known of it.

        Its file is on the disk before this returns, and is there for others when this transaction
        commits. For larger bodies there is `Bucket.put`.

        Args:
            bucket: where to store it.
            key: 1 to 1,024 bytes of UTF-8, any characters.
            body: the bytes.
            options: ``content_type``, ``metadata`` and ``expect_etag`` as for `Bucket.put`.

        Raises:
            InvalidValue: the key, the media type or the metadata is none.
            ConditionFailed: another object is there than was expected.
            TooLarge: the body is larger than 1 MiB.
            StoreUnusable: the disk is full, say.
        """
        said = bucket_kind.said(**options)
        return bucket_kind.put(self._inner, bucket.model, bucket_kind.check_key(key), body, said)

    def delete_object(self, bucket: Bucket, key: str, *, expect_etag: str | None = None) -> bool:
        """Remove an object; returns whether there was one. See `Bucket.delete`.

        Raises:
            InvalidValue: the key is none.
            ConditionFailed: it has another etag.
        """
        return bucket_kind.delete_in(self._inner, bucket.model, key, expect_etag=expect_etag)
