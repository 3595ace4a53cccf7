"""``/_ensue/map``: what runs, and what ran."""

from __future__ import annotations

from ensue import App
from ensue.testing import running


def shop(max_receives: int) -> App:
    app = App("shop")
    payments = app.queue("payments", max_receives=max_receives)

    @app.post("/payments")
    def pay(tx) -> None:
        tx.send(payments, 1)

    return app


def test_what_runs_is_answered_as_a_graph():
    with running(shop(3)) as t:
        found = t.get("/_ensue/map").body

    assert found["apps"] == ["shop"]
    assert found["edges"][-1] == {
        "source": "shop/route/POST /payments",
        "target": "shop/queue/payments",
        "flows": "messages",
        "how": "code",
        "label": "send",
    }


def test_the_versions_and_what_differs_between_two_are_answered(tmp_path):
    url = f"sqlite:///{tmp_path}/ensue.db"
    for bound in (10, 5):
        with running(shop(bound), store=url) as t:
            t.wait(t._platform.map.keep())
            versions = t.get("/_ensue/map/versions").body
            found = t.get("/_ensue/map/diff", **{"from": 1, "to": 2})

    assert [each["number"] for each in versions] == [2, 1]
    assert versions[0]["changed"] == ["queue payments: max_receives 10 -> 5"]
    assert found.body["from"] == 1
    assert found.body["changes"] == [
        {
            "fate": "changed",
            "of": "node",
            "id": "shop/queue/payments",
            "fields": [{"name": "max_receives", "before": 10, "after": 5}],
            "words": "queue payments: max_receives 10 -> 5",
        }
    ]


def test_a_version_that_is_not_there_and_numbers_that_are_none_are_refused():
    with running(shop(3)) as t:
        assert t.get("/_ensue/map/diff", **{"from": 1, "to": 2}).status == 404
        assert t.get("/_ensue/map/diff", **{"from": 0, "to": 2}).status == 400
        assert t.get("/_ensue/map/diff").status == 400
        assert t.get("/_ensue/map", app="shop").status == 400
