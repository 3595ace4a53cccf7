"""A bus with targets that refuse for a time, and what each of them notes of what it gets."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple, TypedDict

from ensue import InputTransformer, RuleTarget
from tests.simulation.part import Part
from tests.simulation.world import ALWAYS

BUS = "wire"
PLAIN, TYPED, CALLED, FAR, POSITIONED = (
    f"{BUS}-{name}" for name in ("plain", "typed", "called", "far", "positioned")
)
LETTERS = f"{BUS}-letters"  # the dead-letter queue of one rule
EXPRESSED = {"event": "$", "number": "$.detail.number", "type": "$.detail.type"}
GROUP = "$.detail.g"


class Delivered(NamedTuple):
    """A delivery: to whom, of which event, and in which replay, ``""`` for none."""

    target: str
    token: str
    replay: str


class Numbered(TypedDict):
    """What the typed queue takes."""

    event: dict[str, object]
    number: int


class Wiring(Part):
    """The bus, its rules and archives, their targets, and a consumer that follows it.

    One target is a queue with little room, one a queue of a type that not every event fits, one a
    function, and one another bus with a function of its own.
    """

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.sent = world.app.table("wire_sent", key="token")
        self.got = world.app.table("wire_got", key="what")
        self.turns = world.app.table("wire_turns", key="line")
        self.tries: Counter[Delivered] = Counter()
        self.published = 0
        self.out_of_turn: set[str] = set()
        world.routes[BUS] = []
        self._declare()

    # What is declared

    def _declare(self):
        app, rng = self.world.app, self.rng
        self.bus = app.bus(BUS, keep=rng.choice([None, "2m"]))
        self.kept = {}
        if rng.random() < 0.7:
            self.kept["long"] = rng.choice([["a"], None]), rng.choice(["1h", None])
        if rng.random() < 0.3:
            self.kept["short"] = ["b"], "10m"
        for name, (types, keep) in self.kept.items():
            self.bus.archive(name, types and {"detail-type": types}, keep=keep)
        self._declare_targets()
        self.rules = {}
        letters = app.queue(LETTERS) if rng.random() < 0.5 else None
        for target in (PLAIN, TYPED, CALLED, FAR):
            self._declare_rule(target, letters)
        self.positioned = rng.random() < 0.6
        if self.positioned:
            self._declare_positioned()

    def _declare_targets(self):
        world, rng = self.world, self.rng
        app = world.app
        told = {"deduplicate": "content"} if rng.random() < 0.3 else {}
        if rng.random() < 0.8:
            told["depth_max"] = rng.randint(1, 3)
        self.plain = app.queue(PLAIN, max_receives=rng.randint(1, 3), **told)
        self.plain.consumer(**self._policy())(self._handler(PLAIN, lambda message: message.body))
        self.typed = app.queue(TYPED, of=Numbered, max_receives=rng.randint(1, 3))
        self.typed.consumer(**self._policy())(
            self._handler(TYPED, lambda message: message.body["event"])
        )
        self.called = app.function(name=CALLED, retries=rng.randint(0, 2), **self._policy())(
            self._handler(CALLED, lambda body: body)
        )
        self.far = app.bus("wire-beyond")
        called = app.function(name=FAR, retries=rng.randint(0, 2), **self._policy())(
            self._handler(FAR, lambda body: body["detail"]["event"])
        )
        self.far.rule("all", {"source": ["sim"]}, to=called, group="$.detail.event.detail.g")
        world.pausable |= {PLAIN: self.plain, TYPED: self.typed, CALLED: self.called, FAR: called}
        self.targets = {PLAIN: self.plain, TYPED: self.typed, CALLED: self.called, FAR: self.far}

    def _declare_rule(self, target, letters):
        rng, told = self.rng, {}
        if rng.random() < 0.8:
            told["group"] = GROUP
            told["on_failure"] = rng.choice(["hold", "hold", "hold", "park"])
        if rng.random() < 0.5:
            told["retries"] = rng.choice([0, 1, 5])
        if rng.random() < 0.3:
            told["max_age"] = rng.choice(["1m", "10m"])
        if letters is not None and rng.random() < 0.5:
            told["dead_letters"] = letters
        if target == TYPED:
            told["input"] = InputTransformer(EXPRESSED, {"event": "<event>", "number": "<number>"})
        if target == FAR:
            told["input"] = InputTransformer(
                EXPRESSED, {"detail-type": "<type>", "detail": {"event": "<event>"}}
            )
        if told.get("on_failure") == "park" or "group" not in told:
            self.out_of_turn.add(target)
        self.rules[target] = types = rng.choice([["a"], ["b"], ["a", "b"]])
        self.bus.rule(
            target,
            {"detail-type": types},
            to=RuleTarget(self.targets[target], **told),
            enabled=rng.random() < 0.9,
        )

    def _declare_positioned(self):
        rng, told = self.rng, {}
        if rng.random() < 0.6:
            told["group"] = GROUP
        else:
            self.out_of_turn.add(POSITIONED)
        start = rng.choice(["horizon", "latest"])
        handler = self._handler(POSITIONED, lambda event: event)
        self.world.app.on_event(
            self.bus,
            {"detail-type": ["a"], "replay-name": [{"exists": False}, {"exists": True}]},
            start=start,
            name=POSITIONED,
            retries=rng.randint(0, 2),
            **told,
            **self._policy(),
        )(handler)
        self.world.pausable[POSITIONED] = self.world.app.function_named(POSITIONED)

    def _policy(self):
        rng = self.rng
        return {
            "retry_base": rng.choice(["10ms", "1s"]),
            "retry_cap": "5s",
            "batch": rng.choice([1, 2, 100]),
        }

    def _handler(self, target, event_of):
        def handler(given, tx):
            event = event_of(given)
            if not isinstance(event, dict):
                event = {"detail": event.detail, "replay-name": event.replay}
            body, replay = event["detail"], event.get("replay-name") or ""
            delivered = Delivered(target, body["t"], replay)
            self.world.handles(target)
            self.tries[delivered] += 1
            if self.tries[delivered] <= body["fails"]:
                raise RuntimeError(f"{delivered} stumbles")
            self._note(delivered, body, tx)

        handler.__name__ = target.replace("-", "_")
        return handler

    def _note(self, delivered, body, tx):
        what = json.dumps(delivered)
        before = tx.get(self.got, what)
        times = 1 if before is None else before["times"] + 1
        tx.put(self.got, {"what": what, "times": times})
        line = json.dumps([delivered.target, body["g"], delivered.replay])
        found = tx.get(self.turns, line) or {"line": line, "last": 0, "wrong": []}
        if body["n"] <= found["last"]:
            found["wrong"] = [*found["wrong"], [found["last"], body["n"], body["t"]]]
        tx.put(self.turns, {**found, "last": body["n"]})

    def _detail(self):
        rng = self.rng
        self.published += 1
        return {
            "t": f"w{self.published}",
            "g": rng.choice("gh"),
            "fails": rng.choice([0, 0, 0, 0, 1, 2, ALWAYS]),
            "number": rng.choice([1, 1, 1, 1, "one"]),
            "type": rng.choice(["told", "told", "told", "told", 1]),
        }
