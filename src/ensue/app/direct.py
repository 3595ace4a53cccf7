"""Routes without a handler: what each does to a resource, in one transaction, and what it answers.

Those that only read are in `answering`.

A direct route is a route like any other, whose function is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Unpack, cast

from ensue.app.answering import GONE, Answering, as_key, there
from ensue.app.mapping import Given
from ensue.app.planning import DirectOptions, Plan
from ensue.app.routes import make_route
from ensue.app.transaction import Tx
from ensue.languages.expressions import compile_condition, compile_update
from ensue.languages.templates import Template
from ensue.resources.bus import Bus
from ensue.resources.destination import Destination
from ensue.resources.function import Function
from ensue.resources.mail import Mail
from ensue.resources.queue import Queue
from ensue.resources.stream import Stream
from ensue.resources.table import Table
from ensue.resources.topic import Topic
from ensue.words.errors import ConditionFailed, InvalidDeclaration, InvalidValue
from ensue.words.shapes import as_plain
from ensue.words.values import Json, shown

F = TypeVar("F", bound=Callable[..., object])

WHOLE_BODY = "{body}"
HELD = {409: "the condition does not hold"}


class Declaring(Answering):
    """A route that is being declared: by a function below it, or by what it does to a resource."""

    def __call__(self, function: F) -> F:
        """Declare the function that answers; see `App.route`."""
        self._add(make_route(self._method, self._path, function, **self._options))
        return function

    def put(
        self,
        table: Table[Any],
        item: object = WHOLE_BODY,
        *,
        where: str | None = None,
        values: Mapping[str, object] | None = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Store an item whole and answer with it; 409 where the condition does not hold.

        Args:
            table: where to store it.
            item: a template of it.
            where: a condition expression on the item that is there.
            values: templates of the condition's ``:names``.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
            InvalidExpression: the condition does not compile.
        """
        inputs = self._writing(options, table, Table)
        whole = inputs.template(item)
        named = self._values(inputs, values, _used(where))

        def run(tx: Tx, given: Given) -> Json:
            found = _object(whole, given)
            if not tx.put(table, found, where=where, expect=None, **_rendered(named, given)):
                raise _refused(where, table)
            return cast(Json, table.model.fitted(found))

        statuses = {} if where is None else HELD
        self._declare(inputs, options, Plan("put an item into", table.ref, run, statuses))

    def update(
        self,
        table: Table[Any],
        key: object,
        expression: str,
        *,
        where: str | None = None,
        values: Mapping[str, object] | None = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Change an item and answer with it; 404 where there is none, 409 as `put`.

        Args:
            table: where it is.
            key: a template of its key.
            expression: such as ``SET quantity = quantity - :n``.
            where: a condition expression on the item.
            values: templates of the ``:names``.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
            InvalidExpression: an expression does not compile.
        """
        inputs = self._writing(options, table, Table)
        place = inputs.template(key)
        named = self._values(inputs, values, _used(where), compile_update(expression).values_used)

        def run(tx: Tx, given: Given) -> Json:
            sought = place.render(given)
            there(tx.get(table, as_key(sought)), sought, table)
            found = tx.update(
                table,
                as_key(sought),
                expression,
                where=where,
                expect=None,
                **_rendered(named, given),
            )
            if found is None:
                raise _refused(where, table)
            return as_plain(found)

        statuses = GONE if where is None else GONE | HELD
        self._declare(inputs, options, Plan("update an item of", table.ref, run, statuses))

    def delete(
        self,
        table: Table[Any],
        key: object,
        *,
        where: str | None = None,
        values: Mapping[str, object] | None = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Remove an item and answer 204; 404 where there is none, 409 as `put`.

        Args:
            table: where it is.
            key: a template of its key.
            where: a condition expression on the item.
            values: templates of the ``:names``.
            options: see `DirectOptions`; ``{result}`` is the item that was removed.

        Raises:
            InvalidDeclaration: it cannot run; says why.
            InvalidExpression: the condition does not compile.
        """
        inputs = self._writing(options, table, Table)
        place = inputs.template(key)
        named = self._values(inputs, values, _used(where))

        def run(tx: Tx, given: Given) -> Json:
            sought = place.render(given)
            gone = there(tx.get(table, as_key(sought)), sought, table)
            if (
                tx.delete(
                    table, as_key(sought), where=where, expect=None, **_rendered(named, given)
                )
                is None
            ):
                raise _refused(where, table)
            return as_plain(gone)

        statuses = GONE if where is None else GONE | HELD
        plan = Plan("delete an item of", table.ref, run, statuses, status=204, answer=None)
        self._declare(inputs, options, plan)

    def send(
        self,
        target: Queue[Any] | Function | Mail | Destination,
        message: object = WHOLE_BODY,
        *,
        delay: str | float = 0,
        group: object = None,
        attributes: object = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Send a message to a queue, work to a function, a letter to mail, a body to a destination.

        Answers 202 and its ``id``.

        Args:
            target: who gets it.
            message: a template of what is sent.
            delay: how long nobody receives it.
            group: for a queue: a template of its message group.
            attributes: for a queue: a template of what travels beside the body.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        inputs = self._writing(options, target, Queue, Function, Mail, Destination)
        said = inputs.template(message)
        more = {"group": inputs.template(group), "attributes": inputs.template(attributes)}
        if not isinstance(target, Queue) and (group is not None or attributes is not None):
            raise InvalidDeclaration("expected a queue for a group or attributes", at=self._name)

        def run(tx: Tx, given: Given) -> Json:
            extra: dict[str, Any] = _rendered(more, given)
            return {"id": tx.send(target, said.render(given), delay=delay, **extra)}

        self._declare(inputs, options, Plan("send to", target.ref, run, {}, status=202))

    def append(
        self,
        stream: Stream[Any],
        data: object = WHOLE_BODY,
        *,
        key: object = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Append a record to a stream; answers 202 and its ``id``.

        Args:
            stream: which stream.
            data: a template of what the record says.
            key: a template of its partition key: a text.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        inputs = self._writing(options, stream, Stream)
        said, of = inputs.template(data), inputs.template(key)

        def run(tx: Tx, given: Given) -> Json:
            # Whatever is no partition key is refused with its place.
            group = cast("str | None", of.render(given))
            return {"id": tx.append(stream, said.render(given), key=group)}

        self._declare(inputs, options, Plan("append to", stream.ref, run, {}, status=202))

    def publish(
        self,
        to: Bus | Topic,
        said: object = WHOLE_BODY,
        *,
        detail_type: str | None = None,
        attributes: object = None,
        **options: Unpack[DirectOptions],
    ) -> None:
        """Publish an event on a bus, or a message to a topic; answers 202 and its ``id``.

        Args:
            to: the bus or topic.
            said: a template of the event's detail, or of the message.
            detail_type: for a bus: what the event says, such as ``OrderPlaced``; a template.
            attributes: for a topic: a template of what travels beside the message.
            options: see `DirectOptions`.

        Raises:
            InvalidDeclaration: it cannot run; says why.
        """
        inputs = self._writing(options, to, Bus, Topic)
        if isinstance(to, Bus) == (detail_type is None) or (
            isinstance(to, Bus) and attributes is not None
        ):
            raise InvalidDeclaration(
                "expected a detail_type for a bus, and perhaps attributes for a topic",
                at=self._name,
            )
        detail, kind = inputs.template(said), inputs.template(detail_type)
        beside = inputs.template(attributes)

        def run(tx: Tx, given: Given) -> Json:
            if isinstance(to, Topic):
                extra: Any = beside.render(given)
                return {"id": tx.publish(to, detail.render(given), attributes=extra)}
            return {"id": tx.publish(to, str(kind.render(given)), _object(detail, given))}

        self._declare(inputs, options, Plan("publish to", to.ref, run, {}, status=202))


def _used(where: str | None) -> frozenset[str]:
    """The ``:names`` of a condition."""
    return frozenset() if where is None else compile_condition(where).values_used


def _refused(where: str | None, table: Table[Any]) -> ConditionFailed:
    return ConditionFailed(f"expected an item with {where}", at=str(table.ref))


def _object(template: Template, given: Given) -> dict[str, Json]:
    found = template.render(given)
    if not isinstance(found, dict):
        raise InvalidValue(f"expected an object, got {shown(found)}", at="$")
    return found


def _rendered(templates: Mapping[str, Template], given: Given) -> dict[str, Json]:
    return {name: each.render(given) for name, each in templates.items()}
