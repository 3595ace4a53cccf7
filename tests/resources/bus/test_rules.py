from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.targets import RuleTarget
from ensue.words.errors import InvalidDeclaration, InvalidExpression, NotFound

PLACED = {"detail-type": ["OrderPlaced"]}


def make(*, enabled: bool = True, **options):
    app = App("wims")
    bus, queue = app.bus("events"), app.queue("payments")
    bus.rule("placed", PLACED, to=queue, enabled=enabled, **options)
    return app, bus, queue


def waiting(stage, queue):
    return stage.wait(queue.depth())["waiting"]


def test_a_rule_that_is_declared_disabled_delivers_nothing_until_it_is_enabled(store, run_on):
    app, bus, queue = make(enabled=False)
    stage = run_on(store, app)
    stage.wait(bus.publish("OrderPlaced", {}))
    assert waiting(stage, queue) == 0
    stage.wait(bus.enable("placed"))
    stage.wait(bus.publish("OrderPlaced", {}))
    assert waiting(stage, queue) == 1
    assert bus.described()["placed"].get("enabled") is None


def test_a_rule_that_was_switched_stays_so_after_a_restart(file_store, run_on):
    app, bus, queue = make()
    stage = run_on(file_store, app)
    stage.wait(bus.disable("placed"))
    stage.close()
    for given in (app, make()[0]):
        stage = run_on(file_store, given)
        bus, queue = (
            given.resources["wims", *each] for each in (("bus", "events"), ("queue", "payments"))
        )
        stage.wait(bus.publish("OrderPlaced", {}))
        assert waiting(stage, queue) == 0
        assert bus.described()["placed"]["enabled"] is False
        stage.close()


def test_a_declaration_that_changes_ends_what_was_switched(file_store, run_on):
    app, bus, _ = make()
    stage = run_on(file_store, app)
    stage.wait(bus.disable("placed"))
    stage.close()
    app, bus, _ = make(enabled=False)
    run_on(file_store, app).close()
    app, bus, _ = make()
    stage = run_on(file_store, app)
    assert bus.rules.is_enabled("placed")
    assert stage.rows("SELECT count(*) FROM wims_events_rules") == [(0,)]


def test_a_rule_that_is_not_there_cannot_be_switched(store, run_on):
    app, bus, _ = make()
    stage = run_on(store, app)
    with pytest.raises(NotFound, match="no rule other of bus events"):
        stage.wait(bus.disable("other"))


def test_a_rule_on_a_schedule_publishes_an_event_for_itself_at_each_firing(store, run_on):
    app = App("wims")
    bus, queue, other = app.bus("events"), app.queue("payments"), app.queue("other")
    bus.rule("nightly", schedule="rate(5 minutes)", to=queue)
    bus.rule("hourly", schedule="rate(1 hour)", to=other)
    stage = run_on(store, app)
    stage.advance(11 * 60_000)
    messages = stage.wait(queue.peek())
    assert [message.body["detail-type"] for message in messages] == ["Scheduled Event"] * 3
    first = messages[0].body
    assert (first["source"], first["detail"]) == ("ensue.schedule", {})
    assert first["resources"] == ["arn:aws:events:local:000000000000:rule/events/nightly"]
    assert len(stage.wait(other.peek())) == 1
    assert bus.described()["nightly"] == {
        "schedule": "rate(5 minutes)",
        "targets": ["queue payments"],
    }


def test_a_rule_has_either_a_pattern_or_a_schedule(store, run_on):
    app = App("wims")
    bus, queue = app.bus("events"), app.queue("payments")
    for wrong in ({}, {"pattern": PLACED, "schedule": "rate(1 hour)"}):
        with pytest.raises(InvalidDeclaration, match="a pattern or a schedule for rule r"):
            bus.rule("r", to=queue, **wrong)
    with pytest.raises(InvalidExpression):
        bus.rule("r", schedule="rate(often)", to=queue)


def test_explain_names_disabled_rules_and_what_became_of_each_delivery(store, run_on):
    app, bus, queue = make()
    full, letters = app.queue("full", depth_max=1), app.mail("letters")
    bus.rule("off", PLACED, to=queue, enabled=False)
    bus.rule("more", PLACED, to=[full, letters])
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    event_id, other_id = stage.wait(
        bus.publish_batch([{"detail_type": each, "detail": {}} for each in ("OrderPlaced", "A")])
    )
    placed, off, more = stage.wait(bus.explain(event_id))
    assert [(each.target, each.state) for each in placed.deliveries] == [
        ("queue payments", "waiting")
    ]
    assert (off.matched, off.reasons, off.deliveries) == (False, ["the rule is disabled"], [])
    tried = {each.target: (each.state, each.attempts) for each in more.deliveries}
    assert tried == {"queue full": ("waiting", 1), "mail letters": ("dead", 1)}
    assert all("refused" in each.error or "most" in each.error for each in more.deliveries)
    assert not any(each.matched for each in stage.wait(bus.explain(other_id)))
    stage.wait(full.purge())
    stage.advance(60_000)
    _, _, more = stage.wait(bus.explain(event_id))
    states = [(each.target, each.state) for each in more.deliveries]
    assert ("queue full", "done") in states


def test_a_declaration_shows_rules_targets_inputs_and_terms(store, run_on):
    app, bus, _ = make(group="$.detail.order")
    target = RuleTarget(app.queue("q"), retries=3, dead_letters=app.queue("own"))
    bus.rule("more", PLACED, to=target)
    stage = run_on(store, app)
    assert bus.declared()["rules"] == {
        "placed": {
            "pattern": PLACED,
            "targets": [{"to": "queue payments", "group": "$.detail.order", "on_failure": "hold"}],
        },
        "more": {
            "pattern": PLACED,
            "targets": [
                {"to": "queue q", "retries": 3, "max_age_ms": 86_400_000, "dead_letters": "own"}
            ],
        },
    }
    assert stage.wait(bus.depth()) == {"events": 0, "undelivered": 0}
