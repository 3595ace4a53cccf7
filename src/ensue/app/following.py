"""The handlers of an app that follow its streams and buckets, as declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, Unpack

from ensue.app.handlers import Handlers
from ensue.app.options import HandlerOptions, Terms, object_feed, record_feed, terms_of
from ensue.engine.typed import with_typed
from ensue.resources import bucket as bucket_kind
from ensue.resources.bucket import Bucket, ObjectChange
from ensue.resources.function import Feed
from ensue.resources.stream import Stream, StreamRecord
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])


class Following(Handlers):
    """What an app declares with what follows its streams and buckets."""

    def on_record(
        self,
        stream: Stream,
        *,
        start: str | int = "latest",
        where: Mapping[str, Json] | str | None = None,
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function that follows a stream's records, each key's in order.

        A record that fails is retried and holds back the later records of its key only. When
        ``record`` is annotated as ``StreamRecord[Click]``, or the stream is of a type, its data is
        of that type; a record that does not fit is dead-lettered at once.

        Args:
            stream: whose records.
            start: where a new function begins: ``"latest"``, ``"horizon"``, a sequence number, or
                a time as ISO 8601.
            where: which records: an event pattern on ``key`` and ``data``, or a condition
                expression on them.
            name: its name; the function's own by default.
            retries: how often it is tried again before a record is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidValue: there is no such place to start at.
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the expression does not compile; says where.
            InvalidDeclaration: the name is taken, or the function takes other arguments than
                (record, tx), or (record) for an ``async def``.
        """
        feed = record_feed(stream, start, where, in_batches=False)
        return self._on_record(stream, feed, name, terms_of(retries, policy))

    def on_records(
        self,
        stream: Stream,
        *,
        start: str | int = "latest",
        where: Mapping[str, Json] | str | None = None,
        name: str | None = None,
        retries: int = 9,
        window: str | float = 0,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a ``def f(records, tx)`` that follows a stream, a batch of a shard at a time.

        A batch that fails is halved until the record that fails is alone: that one is retried, and
        holds back the later records of its key only.

        Args:
            stream: whose records.
            start: as for `on_record`.
            where: as for `on_record`.
            name: its name; the function's own by default.
            retries: how often a record is tried again before it is dead-lettered.
            window: how long a batch that is not full waits for more records, up to 5 minutes,
                counted from the first of them that it wants.
            policy: as for `function`; ``batch`` is how many records it gets at most.

        Raises:
            InvalidDeclaration: the name is taken, or the function is no ``def f(records, tx)``.
            InvalidInput: as for `on_record`.
        """
        feed = record_feed(stream, start, where, in_batches=True)
        return self._on_record(stream, feed, name, terms_of(retries, policy, window))

    def on_object(  # noqa: PLR0913 - each is a part of what is followed
        self,
        bucket: Bucket,
        *,
        kind: str | Sequence[str] | None = None,
        prefix: str = "",
        suffix: str = "",
        where: Mapping[str, Json] | None = None,
        start: str | int = "latest",
        name: str | None = None,
        retries: int = 9,
        **policy: Unpack[HandlerOptions],
    ) -> Callable[[F], F]:
        """Declare a function that follows what happens to a bucket's objects, each key's in order.

        A change that fails is retried and holds back the later changes of its key only.

        Args:
            bucket: whose objects.
            kind: ``insert``, ``update`` or ``remove``, or several; all by default.
            prefix: with what their keys begin.
            suffix: with what their keys end.
            where: which changes: an event pattern on S3's event of each, such as
                ``{"detail": {"object": {"size": [{"numeric": [">", 0]}]}}}``.
            start: where a new function begins: ``"latest"``, ``"horizon"``, a sequence number, or
                a time as ISO 8601.
            name: its name; the function's own by default.
            retries: how often it is tried again before a change is dead-lettered.
            policy: as for `function`.

        Raises:
            InvalidValue: there is no such place to start at.
            InvalidPattern: the pattern does not compile; says where.
            InvalidDeclaration: there is no such kind of change, the name is taken, or the function
                takes other arguments than (change, tx), or (change) for an ``async def``.
        """
        feed = object_feed(bucket, kind, (prefix, suffix), where, start)

        def present(body: Json, work_id: str) -> ObjectChange:
            del work_id
            return bucket_kind.from_work(bucket.ref, body)

        def declare(given: F) -> F:
            self._add_function(given, name, terms_of(retries, policy), present=present, feed=feed)
            return given

        return declare

    def _on_record(
        self, stream: Stream, feed: Feed, name: str | None, terms: Terms
    ) -> Callable[[F], F]:
        def present(body: Json, work_id: str) -> object:
            del work_id
            record = StreamRecord.from_work(body)
            return [record] if feed.in_batches else record

        def declare(given: F) -> F:
            typed = with_typed(given, StreamRecord, "data", of=stream.model.shape)
            self._add_function(typed, name, terms, present=present, feed=feed)
            return given

        return declare
