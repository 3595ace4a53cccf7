"""What the tasks of random machines call, and what is seen of it afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from ensue import App
from ensue.app.integrity import check
from ensue.languages.states.execute import VirtualFacts, execute, made_up
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.signals import Failed, Succeeded
from ensue.resources.workflow.rules import cause_of
from ensue.words.errors import NotFound
from tests.executions.machines import INSIDE, OUTSIDE

EVENT_ID = re.compile("event id #[0-9]+")
KEY_MAX = 1_000  # of a table's key, which a task's count is
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
GIVEN_NAME = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHILD = '"child"'
RACES = {"ParallelStateFailed", "MapStateFailed", "MapRunFailed"}
EVENTS_MAX = 25_000
LEFT = ("ensue_branches", "ensue_task_tokens", "ensue_work WHERE state < 2")
ANSWER = {"a": 1, "list": [1, 2, 3]}
BROKEN = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Boom", "Cause": "it is"}}}


class Boom(Exception):
    """What a task fails with."""


def answered(name, body):
    """What a task answers that is called so."""
    if name == "boom" or (name == "waver" and body["try"] < 1):
        raise Boom(name)
    return {"number": 3, "listing": [1, 2], "waver": "at last"}.get(name, ANSWER)


def shown(what, body):
    """A task as it is counted."""
    seen = {name: value for name, value in body.items() if name != "token"}
    text = unnamed([what, seen])
    if len(text) <= KEY_MAX:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return unnamed([what, seen | {"given": digest}])


def unnamed(value):
    """A value as text, without the names that executions are given, and without times.

    A process that starts again does so a moment later.
    """
    text = json.dumps(value, sort_keys=True)
    return TIME.sub("...", GIVEN_NAME.sub("...", text))


@dataclass(frozen=True)
class Seen:
    """What is promised of an execution.

    Attributes:
        ended: its status, output, error and cause, as JSON.
        events: the kinds of its events.
        effects: what was done inside, how often.
        asked: what was asked outside.
        within: what children of all executions did inside.
    """

    ended: str
    events: list[str]
    effects: dict[str, int]
    asked: frozenset[str]
    within: dict[str, int]

    @property
    def own(self):
        """What is the execution's alone.

        Which of those outside answers first is chance, and whether before its request was answered.
        """
        events = sorted(each for each in self.events if each != "TaskSubmitted")
        return EVENT_ID.sub("...", self.ended), events, self.effects, self.asked

    @property
    def races(self):
        """Whether a branch failed while others were under way: how far they came is chance."""
        return any(each.endswith("Aborted") or each in RACES for each in self.events)

    def check_once(self):
        """Nothing inside was done more often than the history tells; a map run has others."""
        told = Counter(self.events)
        if not told["MapRunStarted"]:
            assert sum(self.effects.values()) <= told["TaskSucceeded"] + told["TaskSubmitted"]


class World:
    """An app with workflows, a child of them, and what their tasks call.

    Attributes:
        app: the app.
        flows: the workflows.
        calls: what was called outside, how often.
    """

    def __init__(self, machines, child):
        self.calls = Counter()
        self.app = app = App("shop")
        self.effects = app.table("effects", key="id")
        self.data = app.bucket("data")
        self._inside()
        self._outside()
        self._asking()
        app.workflow("broken", definition=BROKEN)
        app.workflow("child", definition=child)
        self.flows = [
            app.workflow(f"flow-{number}", definition=machine)
            for number, machine in enumerate(machines)
        ]

    def note(self, what, body, tx):
        """The effect of a task inside: counted."""
        key = shown(what, body)
        row = tx.get(self.effects, key) or {"id": key, "times": 0}
        tx.put(self.effects, row | {"times": row["times"] + 1})

    def _inside(self):
        def declare(name):
            def inside(body, tx):
                self.note(name, body, tx)
                return answered(name, body)

            self.app.function(name=name)(inside)

        for name in INSIDE:
            declare(name)

    def _outside(self):
        def declare(name):
            async def outside(body):
                self.calls[shown(name, body)] += 1
                return answered(name.removeprefix("far-"), body)

            self.app.function(name=name)(outside)

        for name in OUTSIDE:
            declare(name)

    def _asking(self):
        app = self.app

        def give_back(body, tx):
            """Give a token back, as its task has asked."""
            with suppress(NotFound):
                for _ in range(2 if body["answer"] == "twice" else 1):
                    if body["answer"] == "failure":
                        tx.send_task_failure(body["token"], "Boom", "no")
                    elif body["answer"] != "silence":
                        tx.send_task_success(body["token"], ANSWER)

        answer = app.function(name="answer")(give_back)

        @app.function
        def ask(body, tx):
            """Hand a token on."""
            self.note("ask", body, tx)
            tx.send(answer, body)

        @app.function(name="far-ask")
        async def far_ask(body):
            """Hand a token on from outside; or give it back before the request is answered."""
            self.calls[shown("ask", body)] += 1
            if body["answer"] == "twice":
                await app.run(lambda tx: give_back(body, tx))
            else:
                await app.run(lambda tx: tx.send(answer, body))

    def seen(self, t):
        """What is promised of each execution that has ended, once the store is found whole."""
        engine = t._platform.engine
        if t.deaths:
            assert check(engine) == []
        for table in LEFT:
            left = engine.read(lambda tx, table=table: tx.rows(f"SELECT * FROM {table}"))
            assert left == [], f"something is left in {table}"
        rows = engine.read(lambda tx: tx.rows("SELECT item FROM shop_effects"))
        items = [json.loads(str(item)) for (item,) in rows]
        effects = {item["id"]: item["times"] for item in items}
        return [self._seen_of(t, flow, effects) for flow in self.flows]

    def _seen_of(self, t, flow, effects):
        found = t.wait(flow.describe("one"))
        assert not found.is_running, "it ends"
        events = t.wait(flow.history("one", limit=EVENTS_MAX)).events
        assert [each["id"] for each in events] == [*range(1, len(events) + 1)], "a history is whole"
        own = json.dumps(flow.ref.name)
        return Seen(
            unnamed([found.status, found.output, found.error, found.cause]),
            [each["type"] for each in events],
            {key: times for key, times in effects.items() if own in key},
            frozenset(key for key in self.calls if own in key),
            {key: times for key, times in effects.items() if CHILD in key},
        )


def imagined(name, machine, given):
    """The same execution in memory, by the language alone, where all its tasks are inside."""
    effects = Counter()

    def perform(task):
        called = task.resource.text.rpartition(":")[2]
        try:
            answer = answered(called, task.arguments)
        except Boom as fault:
            return Failed(*cause_of(fault))
        effects[shown(called, task.arguments)] += 1
        return Succeeded(answer)

    facts = VirtualFacts()
    told = dataclasses.replace(made_up(facts), machine_name=name)
    found = execute(compile_machine(machine), given, perform, facts=facts, execution=told)
    return (
        unnamed([found.status, found.output, found.error, found.cause]),
        [each.type for each in found.events],
        dict(effects),
    )
