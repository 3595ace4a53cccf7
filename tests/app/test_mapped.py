"""What runs is kept in versions: a new one where the declaration differs from the last."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.engine import architectures
from ensue.engine.architectures import MAP_CHANGES_MAX, MAP_VERSIONS_MAX
from ensue.words.errors import NotFound


def shop(max_receives: int = 10, *more: str) -> App:
    app = App("shop")
    app.queue("payments", max_receives=max_receives)
    for name in more:
        app.table(name, key="id")
    return app


def keep(stage):
    return stage.wait(stage.platform.map.keep())


def test_a_start_of_what_is_declared_otherwise_is_a_version_that_says_what_changed(
    file_store, run_on
):
    first = run_on(file_store, shop())
    assert keep(first).changed == []
    first.close()
    again = run_on(file_store, shop())
    assert keep(again) is None
    again.close()
    second = run_on(file_store, shop(5, "orders"))

    made = keep(second)

    assert made.number == 2
    assert made.changed == ["queue payments: max_receives 10 -> 5", "table orders: added"]
    kept = second.platform.map.versions()
    assert [(each.number, len(each.hash)) for each in kept] == [(2, 16), (1, 16)]
    assert kept[0] == made


def test_any_two_versions_that_are_kept_can_be_told_apart(file_store, run_on):
    for app in (shop(), shop(5), shop(5, "orders")):
        stage = run_on(file_store, app)
        keep(stage)
        stage.close()
    stage = run_on(file_store, shop(5, "orders"))

    found = stage.platform.map.difference(1, 3)

    assert [each.words for each in found] == [
        "queue payments: max_receives 10 -> 5",
        "table orders: added",
    ]
    assert [each.fate for each in stage.platform.map.difference(3, 2)] == ["removed"]


def test_what_was_declared_before_again_is_a_version_again(file_store, run_on):
    for at, app in enumerate((shop(), shop(5), shop()), 1):
        stage = run_on(file_store, app)
        assert keep(stage).number == at
        stage.close()


def test_a_version_that_is_not_kept_is_not_found(stage):
    with pytest.raises(NotFound, match="no version 7"):
        stage.platform.map.version(7)


def test_the_newest_versions_are_kept_and_no_more_words_than_the_bound(stage):
    words = [f"table t{at}: added" for at in range(MAP_CHANGES_MAX + 5)]

    for at in range(MAP_VERSIONS_MAX + 3):
        stage.do(lambda tx, at=at: architectures.add(tx, f"{at:016}", b"{}", words))

    kept = stage.platform.map.versions()
    assert [each.number for each in kept] == list(range(MAP_VERSIONS_MAX + 3, 3, -1))
    assert {len(each.changed) for each in kept} == {MAP_CHANGES_MAX}
    assert stage.rows("SELECT count(*) FROM ensue_architectures") == [(MAP_VERSIONS_MAX,)]


def test_nothing_is_read_of_the_code_before_somebody_asks(run_on, file_store, monkeypatch):
    asked = []
    monkeypatch.setattr("ensue.app.mapped.architecture", lambda *given: asked.append(given))

    stage = run_on(file_store, shop())
    stage.settle()

    assert asked == []
