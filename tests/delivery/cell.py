"""A cell of the matrix: an app with one source, one target, and the way between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ensue import App, EnsueError
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.queue import Queue
from ensue.testing.steps import Held, Steps
from tests.conftest import Stage
from tests.delivery.pieces import Arrival, Piece
from tests.delivery.sources import Source
from tests.delivery.targets import Target

WEEK_MS = 604_800_000


class Cell:
    """A running app in which a source delivers to a target.

    Args:
        source: the source, declared in the app.
        target: the target, declared in the app.
        app: the app.
        stage: the app as it runs.
    """

    def __init__(self, source: Source, target: Target, app: App, stage: Stage) -> None:
        self.source, self.target, self.stage = source, target, stage
        self._steps = Steps(stage.platform, stage.clock, Held())
        self._queues = [each for each in app.resources.values() if isinstance(each, Queue)]

    def tells(self, piece: Piece) -> str | None:
        """Let a piece happen; the error of whoever causes it, None for none."""
        try:
            self.source.emit(piece)
        except EnsueError as fault:
            return fault.code
        return None

    def drain(self) -> None:
        """Let time pass until nothing waits for it."""
        self.stage.wait(self._steps.drain(self.stage.clock.now_ms() + WEEK_MS))

    def arrived(self) -> list[Arrival]:
        """What has arrived at the target."""
        return self.target.arrived()

    def dead(self) -> dict[str, list[str]]:
        """The reasons of what is in dead-letter queues, by their names, where there is any."""
        found = {
            each.ref.name: [_reason(letter) for letter in self.stage.wait(each.peek(100))]
            for each in self._queues
            if each.model.dead_letters is None or each is self.source.own
        }
        return {name: reasons for name, reasons in found.items() if reasons}

    def redrive(self) -> None:
        """Let everything that is dead be tried again, and what ensues at once."""
        for each in self._queues:
            if each.ref.name in self.dead():
                self.stage.wait(each.redrive())
        self.stage.settle()


@contextmanager
def running_cell(
    source: Source, target: Target, folder: Path, template: str | None, *, own: bool = False
) -> Iterator[Cell]:
    """A cell that runs in memory, under a held clock.

    Args:
        source: a new source.
        target: a new target.
        folder: where a database of the user's own may be.
        template: what the target is to get; None for what the source gives as it is.
        own: whether what is not taken is to go to a queue that is named.
    """
    app = App("shop")
    source.folder, source.own = folder, app.queue("own") if own else None
    target.declare(app)
    source.declare(app, target.resource, template)
    stage = Stage(StoreUrl(MEMORY), app)
    source.stage = target.stage = stage
    try:
        yield Cell(source, target, app, stage)
    finally:
        stage.close()


def _reason(letter: Any) -> str:
    return str(letter.attributes["dead_letter"]["reason"])
