from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidValue


@pytest.mark.parametrize("action", [True, False])
@pytest.mark.parametrize("on_failure", ["hold", "park"])
def test_a_message_that_fails_holds_back_its_group_or_goes_aside(store, run_on, action, on_failure):
    app = App("wims")
    queue, seen, groups = app.queue("jobs"), [], set()

    def handle(message):
        groups.add(message.group)
        if message.body == 1 and message.receives < 3:
            raise ValueError
        seen.append(message.body)

    if action:

        @queue.consumer(on_failure=on_failure)
        async def work(message):
            handle(message)

    else:

        @queue.consumer(on_failure=on_failure)
        def work(message, tx):
            handle(message)

    stage = run_on(store, app)
    for body in (1, 2, 3):
        stage.wait(queue.send(body, group="a"))
    stage.advance(600_000)
    assert seen == {"hold": [1, 2, 3], "park": [2, 3, 1]}[on_failure]
    assert groups == {"a"}
    assert stage.engine.facts.depths.committed(stage.engine.number(queue.ref))[:3] == (0, 0, 0)


def test_a_parked_message_that_is_dead_and_redriven_is_tried_alone(store, run_on):
    app = App("wims")
    queue, seen, fails = app.queue("jobs", max_receives=2), [], [True]

    @queue.consumer(on_failure="park")
    def work(message, tx):
        if message.body == 1 and fails:
            raise ValueError
        seen.append((message.body, message.group))

    stage = run_on(store, app)
    stage.wait(queue.send_batch([{"body": body, "group": "a"} for body in (1, 2)]))
    stage.advance(600_000)
    [letter] = stage.wait(queue.dead_letters.peek())
    assert (letter.body, letter.group) == (1, "a")
    fails.clear()
    stage.wait(queue.dead_letters.redrive())
    stage.settle()
    assert seen == [(2, "a"), (1, "a")]


def test_what_becomes_of_failures_is_one_of_two():
    with pytest.raises(InvalidValue, match="hold or park"):
        App("wims").queue("jobs").consumer(on_failure="forget")
