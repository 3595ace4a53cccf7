"""What an application holds of a topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ensue.engine import logs, since
from ensue.engine.engine import Engine
from ensue.engine.home import Home, Resource
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.tailing import Tail, tail
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.topic import store
from ensue.resources.topic.model import PAGE_MAX, FilterOn, Match, Subscription, TopicModel
from ensue.resources.topic.rules import Subscriptions, wanting
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring, into


class Topic:
    """A message published here is delivered to every subscriber that wants it.

    Args:
        home: the app.
        name: its name.
    """

    def __init__(self, home: Home, name: str) -> None:
        self.model = TopicModel(Ref(home.app, "topic", name))
        self.subscriptions = Subscriptions()
        self._home = home
        self._topics: list[Topic] = []

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def subscribe(
        self,
        *targets: Resource,
        filter: Mapping[str, Json] | None = None,  # noqa: A002 - the word for it
        filter_on: FilterOn = "attributes",
        raw: bool = True,
    ) -> None:
        """Deliver the messages that match a filter to one or more targets.

        The deliveries commit together with the message, so none is lost and none is made twice.

        Args:
            targets: queues, functions, mail, other topics.
            filter: an event pattern, such as ``{"kind": ["refund"]}``; all messages without one.
            filter_on: what the filter is about: the ``attributes``, or the ``body``.
            raw: whether a target gets the body as it was published; otherwise it gets an object
                with ``id``, ``topic``, ``sent_ms``, ``body``, ``attributes`` and ``group``.

        Raises:
            InvalidPattern: the filter does not compile; says where.
            InvalidDeclaration: a target is subscribed already, or gets its own messages by it, or
                there are too many.
        """
        for target in targets:
            if isinstance(target, Topic) and target.reaches(self):
                raise InvalidDeclaration(
                    f"{self.ref} would get its own messages by {target.ref}",
                    hint="Take one of the subscriptions between them away.",
                )
            self.subscriptions.add(
                Subscription(
                    target.ref, None if filter is None else dict(filter), filter_on, raw=raw
                )
            )
            if isinstance(target, Topic):
                self._topics.append(target)

    def reaches(self, other: Topic) -> bool:
        """Whether what is published here is published there too."""
        return self is other or any(each.reaches(other) for each in self._topics)

    async def publish(
        self,
        body: object,
        *,
        attributes: Mapping[str, Json] | None = None,
        group: str | None = None,
        deduplication_id: str | None = None,
    ) -> str:
        """Publish a message in a transaction of its own; returns its id once it is durable.

        Args:
            body: a JSON value of at most 1 MiB.
            attributes: what travels beside the body, and what filters look at.
            group: messages of one group are handled in order by each subscriber.
            deduplication_id: a subscriber that keeps such ids takes a second message with the same
                one as taken already.

        Raises:
            InvalidValue: the body is no JSON value, or a text is too long.
            InvalidInput: a subscriber refuses the message; then nobody gets it.
            TooLarge: the body is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.publish(
                tx,
                self.model,
                self.subscriptions,
                body,
                attributes=attributes,
                group=group,
                deduplication_id=deduplication_id,
            )
        )

    async def tail(
        self,
        *,
        after: int | None = None,
        limit: int = 10,
        wait_ms: int = 0,
        pattern: Mapping[str, Json] | None = None,
        before: int | None = None,
    ) -> tuple[list[Json], int]:
        """The messages behind a position, or the newest, and the position behind the last of them.

        Args:
            after: a position of an earlier call; None for the newest messages.
            limit: how many at most, up to 1,000.
            wait_ms: when there are none yet, how long to wait for the first.
            pattern: an event pattern on ``body``, ``attributes`` and ``group``: only the messages
                that match it. One call looks at 10,000 messages at most: it may find none, and yet
                come to a later position.
            before: a position, instead of ``after``: the newest messages before it, and the
                position before which the next are; that is 1 at the beginning.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidInput: ``after`` and ``before`` are given.
        """
        reading = Tail(
            self.ref,
            lambda tx, record: store.message_of(tx, self.model, record),
            max(0, min(limit, PAGE_MAX)),
            None if pattern is None else wanting(pattern),
        )
        found, position = await tail(
            self._home.engine, reading, after=after, wait_ms=wait_ms, before=before
        )
        return [*found], position

    async def explain(self, message_id: str) -> list[Match]:
        """For each subscription whether it matched a message, and if not, which fields failed.

        Raises:
            NotFound: the topic keeps no such message.
        """
        return self._home.engine.read(lambda tx: self._explain(tx, message_id))

    def _explain(self, tx: Transaction, message_id: str) -> list[Match]:
        place = tx.facts.records.place(message_id)
        if place is None or place.number != tx.number(self.ref):
            raise NotFound(f"there is no message {message_id} of {self.ref}")
        message = store.message(tx, self.model, place.sequence)
        if message is None:
            raise NotFound(f"{self.ref} does not keep the message {message_id} any more")
        attributes = message.get("attributes")
        return self.subscriptions.explain(
            message.get("body"), attributes if isinstance(attributes, dict) else {}
        )

    async def count(self) -> int:
        """How many messages were ever published."""
        return self._home.engine.read(lambda tx: store.count(tx, self.model))

    def subscribed(self) -> dict[str, Json]:
        """The subscriptions by their targets, for people."""
        return {
            each.name: {
                "filter": None if each.filter is None else dict(each.filter),
                "filter_on": each.filter_on,
                "raw": each.raw,
            }
            for each in self.subscriptions.all()
        }

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {"subscriptions": self.subscribed()}

    def wiring(self) -> Wiring:
        """Who subscribes to it, and to which messages."""
        links = []
        for each in self.subscriptions.all():
            said: dict[str, Json] = {"raw": each.raw}
            if each.filter is not None:
                said |= {"filter": dict(each.filter), "filter_on": each.filter_on}
            links.append(Link(self.ref, each.target, into(each.target.kind), said=said))
        return Wiring(tuple(links), told=("subscriptions",))

    def check(self, known: set[Ref]) -> None:
        """Check that each subscription's target exists.

        Raises:
            NotFound: one does not.
        """
        for each in self.subscriptions.all():
            if each.target not in known:
                raise NotFound(f"a subscription of {self.ref} has no target {each.target}")

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log, and enter the topic with its sockets."""
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=self.model.log
        )
        engine.add_log(tx, number, self.model.log)
        said = {name: values.encode(each) for name, each in self.subscribed().items()}
        since.note(tx, number, logs.last_sequence(tx, self.model.log), said)
        source = Source(number, self.model.log)
        onward = [each.target for each in self.subscriptions.all()]
        engine.directory.add(self.ref, target=self, source=source, onward=onward)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Check that each subscription's target takes deliveries.

        Raises:
            InvalidDeclaration: one does not.
        """
        del tx
        for each in self.subscriptions.all():
            engine.directory.target(each.target)

    def workers(self, engine: Engine) -> list[Worker]:
        """It delivers when it is published to, and does nothing by itself."""
        del engine
        return []

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, self.subscriptions, deliveries)
