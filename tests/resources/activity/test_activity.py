"""Activities by themselves: who gets which task, and what the workflows are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ensue import App
from ensue.engine.database import StoreUrl
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.resources.activity import Activity, ActivityTask, schedule
from ensue.words.errors import InvalidValue, NotFound
from tests.conftest import Stage


class Told:
    """What a workflow was told, and which of its tasks still wait."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.said: list[tuple[Any, ...]] = []

    def started(self, tx: Transaction, token: str, worker: str | None, /) -> None:
        self._note(token, "started", worker)

    def succeeded(self, tx: Transaction, token: str, output: object, /) -> None:
        self._note(token, "succeeded", output)
        self.waiting.discard(token)

    def failed(self, tx: Transaction, token: str, error: str | None, cause: str | None, /) -> None:
        self._note(token, "failed", error, cause)
        self.waiting.discard(token)

    def beat(self, tx: Transaction, token: str, /) -> None:
        self._note(token, "beat")

    def _note(self, token: str, *said: Any) -> None:
        if token not in self.waiting:
            raise NotFound("no task waits for this token")
        self.said.append((token, *said))


class Desk:
    """An activity on an open store, and its tasks."""

    def __init__(self, stage: Stage, activity: Activity, told: Told) -> None:
        self.stage = stage
        self.activity = activity
        self.told = told

    def schedule(self, *tokens: str) -> None:
        self.told.waiting.update(tokens)
        for token in tokens:
            self.stage.do(lambda tx, token=token: schedule(tx, self.activity.model, token, token))

    def take(self, **options: Any) -> ActivityTask | None:
        found: ActivityTask | None = self.stage.wait(self.activity.take(**options))
        return found


@pytest.fixture
def desk(store: StoreUrl, run_on: Callable[..., Stage]) -> Desk:
    app, told = App("shop"), Told()
    activity = Activity(app.home, "approve", told)
    app.resources[activity.ref] = activity
    return Desk(run_on(store, app), activity, told)


def test_the_task_that_has_waited_longest_is_taken_by_one_worker_only(desk: Desk) -> None:
    desk.schedule("a", "b")

    taken = [desk.take(worker="desk-1"), desk.take(), desk.take()]

    assert taken == [ActivityTask("a", "a"), ActivityTask("b", "b"), None]
    assert desk.told.said == [("a", "started", "desk-1"), ("b", "started", None)]


def test_what_is_over_before_somebody_takes_it_is_passed_over(desk: Desk) -> None:
    desk.schedule("old-1", "old-2", "new")
    desk.told.waiting = {"new"}

    assert desk.take() == ActivityTask("new", "new")
    assert desk.take() is None


def test_more_stale_tasks_than_one_transaction_passes_over_are_all_passed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensue.resources.activity.store.STALE_MAX", 1)
    desk.schedule(*(f"old-{number}" for number in range(50)), "new")
    desk.told.waiting = {"new"}

    assert desk.take() == ActivityTask("new", "new")


def test_a_worker_waits_for_a_task_until_it_comes(desk: Desk) -> None:
    async def poll() -> ActivityTask | None:
        polling = asyncio.ensure_future(desk.activity.take(wait="60s"))
        desk.told.waiting.add("a")
        await desk.stage.engine.transact(lambda tx: schedule(tx, desk.activity.model, "a", 1))
        return await polling

    assert desk.stage.wait(poll()) == ActivityTask("a", 1)


def test_a_worker_that_waits_in_vain_gets_nothing(desk: Desk) -> None:
    async def poll() -> ActivityTask | None:
        polling = asyncio.ensure_future(desk.activity.take(wait="60s"))
        while desk.stage.clock.next_ms() is None:
            await turn()
        desk.stage.clock.move_to(desk.stage.clock.now_ms() + 60_000)
        return await polling

    assert desk.stage.wait(poll()) is None


def test_a_task_is_answered_by_its_token_once(desk: Desk) -> None:
    desk.schedule("a", "b")
    activity, wait = desk.activity, desk.stage.wait

    wait(activity.heartbeat("a"))
    wait(activity.succeed("a", {"approved": True}))
    wait(activity.fail("b", "Refused", "not today"))

    assert desk.told.said == [
        ("a", "beat"),
        ("a", "succeeded", {"approved": True}),
        ("b", "failed", "Refused", "not today"),
    ]
    for late in (activity.succeed("a"), activity.fail("b"), activity.heartbeat("a")):
        with pytest.raises(NotFound):
            wait(late)


def test_what_waits_is_looked_at_without_its_tokens(desk: Desk) -> None:
    desk.schedule("a")

    [waiting] = desk.stage.wait(desk.activity.peek())

    assert (waiting.input, waiting.since_ms) == ("a", desk.stage.clock.now_ms())
    assert not hasattr(waiting, "token")
    assert desk.stage.wait(desk.activity.depth()) == {"waiting": 1}


def test_a_task_that_was_taken_is_not_there_after_a_restart(
    desk: Desk, run_on: Callable[..., Stage]
) -> None:
    desk.schedule("a", "b")
    desk.take()
    if desk.stage.url.path == ":memory:":
        return
    desk.stage.close()

    desk.stage = run_on(desk.stage.url, desk.stage.platform.apps[0])

    assert desk.take() == ActivityTask("b", "b")


@pytest.mark.parametrize("options", [{"worker": ""}, {"worker": "x" * 81}, {"wait": "61s"}])
def test_what_is_out_of_range_is_refused(desk: Desk, options: Any) -> None:
    with pytest.raises(InvalidValue):
        desk.take(**options)
