"""The resources of an app, as declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from typing_extensions import TypeVar

from ensue.app.outlets import Outlets
from ensue.app.transaction import Tx
from ensue.engine.handlers import Policy
from ensue.engine.home import Home, Resource
from ensue.languages.schemas import Compatibility
from ensue.resources import bus as bus_kind
from ensue.resources import mail as mail_kind
from ensue.resources import schedule as schedule_kind
from ensue.resources.adopted import Adopted
from ensue.resources.bucket import Bucket, BucketModel
from ensue.resources.bus import Bus
from ensue.resources.mail import Mail
from ensue.resources.queue import Queue, QueueOptions
from ensue.resources.schedule import Schedules
from ensue.resources.schemas import Schemas
from ensue.resources.stream import Stream
from ensue.resources.table import IndexOption, Table
from ensue.resources.topic import Topic
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, check_name
from ensue.words.units import duration_ms, size_bytes
from ensue.words.values import Item, Json

R = TypeVar("R", bound=Resource)
T = TypeVar("T", default=Any)
ItemT = TypeVar("ItemT", default=Item)
Validate = Literal["off", "warn", "enforce"]


class Resources:
    """What an app declares its resources with.

    Attributes:
        name: the app's name.
        home: where the handles find the engine.
        outlets: the HTTP clients with which it reaches the outside.
        resources: what was declared, in that order.
    """

    def __init__(self, name: str) -> None:
        self.name = check_name(name, "app")
        self.home = Home(self.name, Tx)
        self.outlets = Outlets(self.home)
        self.resources: dict[Ref, Resource] = {}
        self._lent: set[Ref] = set()

    def table(
        self,
        name: str,
        *,
        key: str | tuple[str, ...],
        indexes: Mapping[str, IndexOption] | None = None,
        ttl: str | None = None,
        keep_changes: str | float | None = None,
        seed: Sequence[Mapping[str, object]] = (),
        of: type[ItemT] | None = None,
    ) -> Table[ItemT]:
        """Declare a table: items by key, with every change captured.

        Args:
            name: its name.
            key: the attribute that identifies an item, or two: partition key and sort key.
            indexes: secondary indexes by name: a partition attribute, or two with a sort attribute,
                or an `Index`.
            ttl: the attribute that says when an item ends, in seconds since 1970. It is removed
                then, and seen no more.
            keep_changes: how long its changes are kept, such as ``"7d"``, for reads as of an
                earlier time, with an index for those of one item. By default a day, without.
            seed: items that are there when the table is made for the first time.
            of: the type of its items: a dataclass, Body, TypedDict or pydantic model. What does not
                fit is refused when it is written; what is read is of the type.

        Raises:
            InvalidName: a name breaks the naming rule.
            InvalidDeclaration: the name is taken, or a key, an index or ``ttl`` has no such shape.
            InvalidValue: ``keep_changes`` is no duration.
        """
        return self._add(
            Table(
                self.home,
                check_name(name, "table"),
                key=key,
                indexes=indexes,
                ttl=ttl,
                keep_changes=keep_changes,
                seed=seed,
                of=of,
            )
        )

    def adopt(
        self,
        name: str,
        *,
        url: str,
        table: str,
        key: str | tuple[str, ...] | None = None,
        columns: Sequence[str] | None = None,
        start: Literal["now", "snapshot"] = "now",
    ) -> Adopted:
        """Adopt a table of a SQLite or PostgreSQL database of your own, to follow its changes.

        Triggers in that database capture every change of the table, whoever makes it.

        Args:
            name: what it is called here.
            url: the database: ``sqlite:////srv/shop.db``, ``postgresql://user@host/shop``.
            table: its name there, perhaps with its schema: ``public.customers``.
            key: the columns that identify a row; its primary key by default.
            columns: the columns that are captured; all by default.
            start: ``now``; or ``snapshot``: the rows that are there come first, as inserts.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: the URL is none.
            InvalidDeclaration: the name is taken, or a table or column has no name.
        """
        adopted = Adopted(
            self.home,
            check_name(name, "adopted table"),
            url=url,
            table=table,
            key=(key,) if isinstance(key, str) else key,
            columns=None if columns is None else tuple(columns),
            start=start,
        )
        return self._add(adopted)

    def queue(
        self, name: str, *, of: type[T] | None = None, **options: Unpack[QueueOptions]
    ) -> Queue[T]:
        """Declare a queue and its dead-letter queue, ``<name>-dlq``.

        Args:
            name: its name.
            of: the type of its messages' bodies: a dataclass, Body, TypedDict or pydantic model.
                What does not fit is refused when it is sent.
            options: ``max_receives``: after so many receives without success a message is
                dead-lettered (10). ``priorities``: messages may be sent with a priority from 0 to
                9. ``fair``: messages may be sent with a tenant, and the tenants take turns.
                ``deduplicate="content"``: a message whose body was sent in the last five minutes is
                taken as sent. ``retention``: what has waited longer, such as ``"4d"``, is
                dead-lettered. ``in_flight_max``: how many messages may be received by hand and
                not settled at once. ``depth_max``: how many unsettled messages it takes; more are
                refused. ``dead_letter_retention``: how long its dead letters are kept, such as
                ``"14d"``; for ever by default. ``was``: the name that it had when the store was
                last opened; what is in it stays in it.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken, a bound is out of range, or it is to be fair and
                have priorities; or JSON cannot hold the type.
            InvalidValue: the retention is no duration.
        """
        queue: Queue[T] = Queue(self.home, check_name(name, "queue"), of=of, **options)
        Policy(max_receives=queue.model.max_receives).check(str(queue.ref))
        self._add(queue)
        if queue.dead_letters is not None:
            self._add(queue.dead_letters)
        return queue

    def schemas(self, name: str, *, compatibility: Compatibility = "backward") -> Schemas:
        """Declare a schema registry: what the details of events look like, version by version.

        Args:
            name: its name.
            compatibility: what a new version that is declared or registered must not break:
                ``none``, ``backward``, ``forward`` or ``full``, each also ``-transitive``.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken, or there is no such rule of compatibility.
            MissingExtra: `jsonschema-rs` is not installed: ``ensue[schemas]``.
        """
        name = check_name(name, "schema registry")
        return self._add(Schemas(self.home, name, compatibility=compatibility))

    def bus(
        self,
        name: str,
        *,
        source: str | None = None,
        keep: str | float | None = None,
        schemas: Schemas | None = None,
        discover: bool = False,
        validate: Validate = "off",
    ) -> Bus:
        """Declare a bus: events in a log, delivered by rules.

        What a rule's target does not take in the end goes to its dead-letter queue, ``<name>-dlq``.

        Args:
            name: its name.
            source: the source of events that name none; the app's name by default.
            keep: how long its events can be looked at, such as ``"30d"``; as long as `ensue run
                --keep` says by default.
            schemas: a registry for the schemas of its events.
            discover: whether a changed shape of its events is a new version there.
            validate: what happens to an event that does not fit its schema: nothing (``off``), it
                is noted (``warn``), or it is refused (``enforce``).

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: the time is written wrong.
            InvalidDeclaration: the name is taken, or it is to discover or to validate without a
                registry.
        """
        keep_ms = None if keep is None else duration_ms(keep)

        def at(own: str, expression: str, event: Json) -> None:
            self.schedules().declare(own, expression, to=bus, body=event, options={})

        bus = Bus(
            self.home,
            check_name(name, "bus"),
            source=source,
            keep_ms=keep_ms,
            schedule=at,
            schemas=_schemas_of(name, schemas, validate, discover=discover),
        )
        self._add(bus)
        if schemas is not None and discover:
            schemas.follow(bus.ref)
        letters = Queue(self.home, bus.model.dead_letters.name, is_dead_letters=True)
        # A queue or function of the bus's name shares its dead-letter queue with it.
        if not _is_dead_letters(self.resources.get(letters.ref)):
            self._add(letters)
            self._lent.add(letters.ref)
        return bus

    def topic(self, name: str) -> Topic:
        """Declare a topic: each message goes to every subscriber that wants it.

        Args:
            name: its name.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken.
        """
        return self._add(Topic(self.home, check_name(name, "topic")))

    def schedules(self, name: str = schedule_kind.GROUP_DEFAULT) -> Schedules:
        """A group of schedules, for those that are made while the app runs.

        Schedules that the app declares are in the group ``schedules``. A group is declared when it
        is asked for first, with a queue for what its targets refuse for good, ``<name>-dlq``.

        Args:
            name: its name.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: there is another queue of the name of its dead-letter queue.
        """
        found = self.resources.get(Ref(self.name, "schedule", name))
        if isinstance(found, Schedules):
            return found
        group = self._add(Schedules(self.home, check_name(name, "group of schedules")))
        self._add(Queue(self.home, name + schedule_kind.DEAD_LETTERS, is_dead_letters=True))
        return group

    def stream(
        self,
        name: str,
        *,
        shards: int = 1,
        retention: str | float = "24h",
        retention_bytes: str | int | None = None,
        of: type[T] | None = None,
    ) -> Stream[T]:
        """Declare a stream: records in shards, kept for a time and read by many.

        Args:
            name: its name.
            shards: how many shards it is made with; later `Stream.split` and `Stream.merge` change
                that.
            retention: how long records are kept, such as ``"24h"``, or seconds.
            retention_bytes: how many bytes of records are kept, such as ``"1GB"``; None for any.
            of: the type of its records' data: a dataclass, Body, TypedDict or pydantic model. What
                does not fit is refused when it is appended.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: the retention is written wrong.
            InvalidDeclaration: the name is taken, a number is out of range, or JSON cannot hold the
                type.
        """
        return self._add(
            Stream(
                self.home,
                check_name(name, "stream"),
                shards=shards,
                retention=retention,
                retention_bytes=retention_bytes,
                of=of,
            )
        )

    def bucket(
        self,
        name: str,
        *,
        versions: bool = False,
        noncurrent_for: str | float | None = None,
        noncurrent_max: int | None = None,
        expire_after: str | float | None = None,
        size_max: str | int = "5GiB",
    ) -> Bucket:
        """Declare a bucket: objects, each a file with what is known of it in the store.

        Args:
            name: its name.
            versions: whether what is overwritten or deleted stays as a version.
            noncurrent_for: how long such a version stays, such as ``"30d"``; None for any time.
            noncurrent_max: how many of them stay for each key; None for any.
            expire_after: after how long an object is removed, such as ``"1d"``; None for never.
            size_max: how large an object may be, such as ``"100MB"``.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: a time or a size is written wrong.
            InvalidDeclaration: the name is taken, a number is out of range, or there are no
                versions to keep.
        """
        ref = Ref(self.name, "bucket", check_name(name, "bucket"))
        model = BucketModel(
            ref,
            versions=versions,
            noncurrent_ms=None if noncurrent_for is None else duration_ms(noncurrent_for),
            noncurrent_max=noncurrent_max,
            expire_ms=None if expire_after is None else duration_ms(expire_after),
            size_max=size_bytes(size_max),
        )
        return self._add(Bucket(self.home, model))

    def mail(self, name: str, *, to: str | None = None, sender: str | None = None) -> Mail:
        """Declare mail: letters for a mail server, or for the outbox folder.

        Args:
            name: its name.
            to: the address of letters that name none.
            sender: the address letters come from.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: an address is none.
            InvalidDeclaration: the name is taken.
        """
        options = {} if sender is None else {"sender": sender}
        mail = self._add(Mail(self.home, check_name(name, "mail"), to=to, **options))
        self._add(Queue(self.home, name + mail_kind.DEAD_LETTERS, is_dead_letters=True))
        return mail

    def _add(self, resource: R) -> R:
        is_lent = resource.ref in self._lent and _is_dead_letters(resource)
        self._lent.discard(resource.ref)
        if resource.ref in self.resources and not is_lent:
            raise InvalidDeclaration(
                f"there are two resources called {resource.ref}",
                hint="Rename one; most kinds make a dead-letter queue <name>-dlq.",
            )
        self.resources[resource.ref] = resource
        return resource


def _schemas_of(
    name: str, schemas: Schemas | None, validate: str, *, discover: bool
) -> bus_kind.Schemas | None:
    """What a registry does for a bus; None without one.

    Raises:
        InvalidDeclaration: there is no such way to validate, or no registry to do it by.
    """
    if validate not in {"off", "warn", "enforce"}:
        raise InvalidDeclaration(
            f"expected validate to be off, warn or enforce, got {validate!r}", at=f"bus {name}"
        )
    if schemas is None:
        if discover or validate != "off":
            raise InvalidDeclaration(
                "expected a registry to discover or to validate by", at=f"bus {name}"
            )
        return None
    guards = {"off": None, "warn": schemas.checks.warn, "enforce": schemas.checks.enforce}
    said: dict[str, Json] = {"validate": validate, "discover": discover}
    return bus_kind.Schemas(schemas.ref.name, said, schemas.checks.upcasted, guards[validate])


def _is_dead_letters(resource: Resource | None) -> bool:
    return isinstance(resource, Queue) and resource.model.dead_letters is None
