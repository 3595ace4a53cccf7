"""``/_ensue/traffic``."""

from __future__ import annotations

from ensue import App


def test_what_goes_through_each_resource_route_and_rule_is_shown(run_app):
    app = App("shop")
    jobs, events = app.queue("jobs"), app.bus("events")
    events.rule("pack", {"detail-type": ["Placed"]}, to=jobs)

    @app.post("/orders")
    def place(tx) -> None:  # type: ignore[no-untyped-def]
        tx.publish(events, "Placed", {})

    t = run_app(app)
    t.post("/orders")
    t.post("/orders")

    shown = {
        (each["kind"], each["name"]): each["flow"]
        for each in t.get("/_ensue/traffic", window=60_000).body
    }
    assert shown["route", "POST /orders"]["total_in"] == 2
    assert shown["rule", "events/pack"]["total_in"] == 2
    assert shown["queue", "jobs"]["depth"] == 2
    assert shown["bus", "events"]["in_per_s"] == 2


def test_a_window_is_at_most_an_hour(run_app):
    assert run_app(App("shop")).get("/_ensue/traffic", window=3_600_001).status == 400
