"""What can be seen of running apps: why something happened, who got it, and what is where."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ensue.app.app import App
from ensue.engine.engine import Engine
from ensue.engine.ids import Place
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.observe import NODES_MAX, Detail, Looking, Node, beginnings, unfolding, why
from ensue.observe.deliveries import Deliveries, deliveries
from ensue.observe.search import Found, search
from ensue.resources.adopted import Adopted
from ensue.resources.table import Table


class Observing:
    """Looks into the store of running apps; mixed into `Observed`.

    Attributes:
        apps: the apps.
        engine: the store and its workers.
    """

    apps: Sequence[App]
    engine: Engine

    def why(self, sought: str, *, up: bool = False) -> Node:
        """The tree of what an id caused, from the beginning of all that led to it.

        Args:
            sought: the id of a request, event, message or change, or the key of an item.
            up: show only the path from the beginning to what was sought.

        Raises:
            NotFound: nobody knows the id, or it has been forgotten.
        """
        return why(self.engine, sought, up=up, finders=self._finders())

    async def unfold(
        self, sought: str, *, after: str | None = None, limit: int = NODES_MAX
    ) -> Node:
        """The same tree; others have their turn on the event loop while it is looked for.

        Args:
            sought: as for `why`; of a part of a tree the id of the node that it grows from.
            after: the child behind which to go on, as `Node.more` says; None for the whole tree.
            limit: how many nodes are shown at most, but for those on the way to what was sought.

        Raises:
            NotFound: nobody knows the id, or it has been forgotten.
        """
        walk = unfolding(self.engine, sought, after=after, finders=self._finders(), limit=limit)
        while True:
            try:
                next(walk)
            except StopIteration as ended:
                found: Node = ended.value
                return found
            await turn()

    def beginnings(self, limit: int = 20) -> list[Node]:
        """What began lately, newest first: requests, statements, firings of schedules."""
        return beginnings(self.engine, limit)

    def detail(self, sought: str) -> Detail:
        """All that is stored of one thing: what it was given and gave, its attempts, its states.

        Args:
            sought: as for `why`.

        Raises:
            NotFound: nobody knows the id, or it has been forgotten.
        """
        answers = {route.name: route.status for app in self.apps for route in app.routes}
        return Looking(self.engine, self._finders(), answers).at(sought)

    async def deliveries(self, sought: str) -> Deliveries:
        """Who got an event, a change, a record or a message of a topic, and who did not, and why.

        Args:
            sought: its id, or the key of an item, whose newest change is meant.

        Raises:
            NotFound: nobody knows it, or it has been forgotten.
            InvalidInput: it is nothing that is read from a log.
        """
        resources = [each for app in self.apps for each in app.resources.values()]
        return await deliveries(self.engine, resources, sought, self._finders())

    def search(self, text: str) -> list[Found]:
        """What a text may stand for, the likeliest first: an id, a key, a name.

        What no index answers is not looked for; see ``LOOKED_AT`` of `ensue.observe.search`.

        Args:
            text: an id, a W3C trace id, the key of an item, the name of an execution, or a part of
                the name of a resource, rule or route.
        """
        resources = [each for app in self.apps for each in app.resources.values()]
        routes = [(route.name, app.name) for app in self.apps for route in app.routes]
        return search(self.engine, resources, text, routes=routes)

    def _finders(self) -> list[Callable[[Transaction, str], Place | None]]:
        """What turns the key of an item into the place of its newest change."""
        return [
            resource.find
            for app in self.apps
            for resource in app.resources.values()
            if isinstance(resource, Table | Adopted)
        ]
