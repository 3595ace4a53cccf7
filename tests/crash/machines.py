"""A story of one execution that goes through every kind of state, and of one that it waits for."""

from __future__ import annotations

ITEMS = ("one", "two", "three")
STEPS = ("inside", "left", "right", *ITEMS, "asked", "child", "caught", "again", "last")


def task(who, token, **more):
    """A task that calls a function of the world, which notes its effect."""
    return {
        "Type": "Task",
        "Resource": f"ensue:function:{who}",
        "Parameters": {"t": token, "n": 0},
        "ResultPath": None,
        **more,
    }


def scope(*states):
    """States, each followed by the next; the last one ends."""
    names = [f"S{number}" for number in range(len(states))]
    after = [{"Next": name} for name in names[1:]] + [{"End": True}]
    joined = {name: each | to for name, each, to in zip(names, states, after, strict=True)}
    return {"StartAt": names[0], "States": joined}


def wait(seconds):
    return {"Type": "Wait", "Seconds": seconds}


RETRY = [{"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 1, "MaxAttempts": 9}]
CATCH = [{"ErrorEquals": ["RuntimeError"], "ResultPath": None, "Next": "Caught"}]

OUTER = {
    "StartAt": "Begin",
    "TimeoutSeconds": 3_600,
    "States": {
        "Begin": {"Type": "Pass", "Result": 1, "ResultPath": "$.n", "Next": "Inside"},
        "Inside": task("inside", "inside", Next="Choose"),
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Wait"}],
            "Default": "Never",
        },
        "Never": {"Type": "Fail", "Error": "Never"},
        "Wait": {**wait(2), "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                scope(task("inside", "left"), wait(1)),
                scope(wait(1), task("outside", "right", Retry=RETRY)),
            ],
            "ResultPath": None,
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 2,
            "ItemSelector": {"t.$": "$$.Map.Item.Value"},
            "ItemProcessor": scope(
                {"Type": "Task", "Resource": "ensue:function:inside", "ResultPath": None}, wait(1)
            ),
            "ResultPath": None,
            "Next": "Ask",
        },
        "Ask": {
            "Type": "Task",
            "Resource": "ensue:function:asked.waitForTaskToken",
            "Parameters": {"t": "asked", "token.$": "$$.Task.Token"},
            "TimeoutSeconds": 600,
            "ResultPath": None,
            "Next": "Child",
        },
        "Child": {
            "Type": "Task",
            "Resource": "ensue:workflow:flow-inner.sync",
            "ResultPath": None,
            "Next": "Refused",
        },
        "Refused": task("refused", "refused", Catch=CATCH, End=True),
        "Caught": task("inside", "caught", Next="Again"),
        "Again": {
            **task("stumbles", "again", Retry=RETRY, Next="Last"),
            "Parameters": {"t": "again", "fails": 2},
        },
        "Last": task("inside", "last", Next="Done"),
        "Done": {"Type": "Succeed"},
    },
}
INNER = scope(wait(1), task("inside", "child"))


def machine(world):
    """A workflow of every kind of state; each of its tasks notes its effect."""
    for who, is_action in (("inside", False), ("stumbles", False), ("outside", True)):
        handler = world._handler(world.consumer(who, None, action=is_action, chain=()), dict)
        _enter(world, who, handler)
    asked = world._handler(world.consumer("asked", None, action=False, chain=()), dict)

    def ask(body, tx):
        """Who is asked answers within the transaction that asks."""
        asked(body, tx)
        tx.send(answers, {"token": body["token"]})

    answers = world.app.queue("flow-answers")

    @answers.consumer()
    def answer(message, tx):
        tx.send_task_success(message.body["token"], "yes")

    def refuse(body, tx):
        """What a task did that raises is undone."""
        world.note(world.consumers["inside"], {"t": "refused"}, tx)
        raise RuntimeError(f"refuses {body['t']}")

    _enter(world, "asked", ask)
    world.app.function(name="refused")(refuse)
    world.app.workflow("flow-inner", definition=INNER)
    world.flow = world.app.workflow("flow", definition=OUTER)


def _enter(world, who, handler):
    """Declare a function that tasks call: it leaves no work behind."""
    world.consumers[who].home = world.app.function(name=who)(handler)
    world.routes[f"flow/{who}"] = [who]
    world.piped.add(f"flow/{who}")


WHO = {"right": "outside", "asked": "asked", "again": "stumbles"}


def tell_machine(t):
    """Start it once, whatever fails, and let a minute pass."""

    def run(tx):
        mine = t.world.app.home.make_tx(tx)
        if mine.get(t.world.accepted, "last") is not None:
            return  # the answer to the first time was lost
        for step in STEPS:
            mine.put(t.world.accepted, {"token": step, "to": f"flow/{WHO.get(step, 'inside')}"})
        mine.start(t.world.flow, {"items": [*ITEMS]}, name="one")

    t.ledger.note(t._until_known(run), set(STEPS))
    t.settle()
    t.wait(60_000)
