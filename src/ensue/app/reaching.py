"""What an app reaches outside, as declared: its destinations, and the workers of activities."""

from __future__ import annotations

from typing import Unpack

from ensue.app.alarmed import Alarmed
from ensue.engine.transaction import Transaction
from ensue.resources import destination as destination_kind
from ensue.resources import workflow as workflow_kind
from ensue.resources.activity import Activity
from ensue.resources.destination import Destination, DestinationOptions
from ensue.resources.queue import Queue
from ensue.words.names import check_name


class Reaching(Alarmed):
    """What an app declares what it reaches outside with."""

    def destination(
        self, name: str, *, url: str, **options: Unpack[DestinationOptions]
    ) -> Destination:
        """Declare a destination: an HTTP endpoint outside, as a target and to be called.

        What is delivered to it is sent at least once, with an ``Idempotency-Key`` that is the same
        at every try, and a ``traceparent``.

        Args:
            name: its name.
            url: where it is, such as ``https://bank.example/customers/{id}``. Whom it may name is
                up to who declares it: addresses of this machine and its network too.
            options: ``method``: of the request (POST). ``connection``: how it is told who calls:
                `ApiKey`, `Basic` or `OAuthClientCredentials`. ``sign``: signs each request, so that
                its receiver verifies it by the same declaration: `StandardWebhooks`, `Hmac` or
                `Stripe`. ``path``, ``query``, ``headers``:
                values by name, each a text or a path into the body such as ``$.detail.id``; a
                header may be a `Secret`. ``format``: ``json``, or for events ``cloudevents`` or
                ``cloudevents-binary``. ``rate``: how many calls begin, such as ``"10/s"``.
                ``concurrency``: how many run at once (10). ``timeout``: how long one may take
                (30 s). ``retries``: how often a delivery is tried again (185), and ``max_age``:
                for how long (24 h), before it is dead-lettered. ``retry_base``, ``retry_cap``: a
                retry waits a random time up to the first, doubled each time, at most the second.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: a rate or a duration is written wrong.
            InvalidDeclaration: the name is taken, or it cannot be called so; says why.
            InvalidExpression: a path into the body is none; says where.
        """
        checked = check_name(name, "destination")
        made = Destination(self.home, checked, outlets=self.outlets, url=url, **options)
        self._add(made)
        letters = name + destination_kind.DEAD_LETTERS
        self._add(Queue(self.home, letters, is_dead_letters=True))
        return made

    def activity(self, name: str) -> Activity:
        """Declare an activity: tasks of workflows that workers outside poll for.

        A state names it as ``ensue:activity:NAME``; workers take its tasks with `Activity.take`, or
        over HTTP.

        Args:
            name: its name.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidDeclaration: the name is taken.
        """
        return self._add(Activity(self.home, check_name(name, "activity"), TaskAnswers()))


class TaskAnswers:
    """Tells the workflows what becomes of their activities' tasks."""

    def started(self, tx: Transaction, token: str, worker: str | None, /) -> None:
        """A worker has taken the task."""
        workflow_kind.tell_started(tx, token, worker)

    def succeeded(self, tx: Transaction, token: str, output: object, /) -> None:
        """The task is done."""
        workflow_kind.send_task_success(tx, token, output)

    def failed(self, tx: Transaction, token: str, error: str | None, cause: str | None, /) -> None:
        """The task could not be done."""
        workflow_kind.send_task_failure(tx, token, error, cause)

    def beat(self, tx: Transaction, token: str, /) -> None:
        """The worker is still at it."""
        workflow_kind.send_task_heartbeat(tx, token)
