"""Each bound of data and handlers holds: what is at it is taken, one more is a named error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ensue import (
    App,
    InvalidDeclaration,
    InvalidName,
    InvalidValue,
    LimitExceeded,
    TooLarge,
)
from ensue.engine import writer
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.handlers import (
    BATCH_MAX,
    CONCURRENCY_MAX,
    MAX_RECEIVES_MAX,
    TIMEOUT_MS_MAX,
)
from ensue.engine.ids import NUMBER_MAX
from ensue.resources.bus.model import EVENT_BYTES_MAX, TARGETS_MAX
from ensue.resources.bus.model import NAME_LENGTH_MAX as WORD_LENGTH_MAX
from ensue.resources.mail.model import TEXT_BYTES_MAX
from ensue.resources.queue.model import DELAY_MS_MAX, GROUP_LENGTH_MAX
from ensue.resources.table.model import ITEM_BYTES_MAX, PAGE_MAX
from ensue.words.names import NAME_LENGTH_MAX
from ensue.words.units import (
    DURATION_MS_MAX,
    RATE_PER_SECOND_MAX,
    RATE_PER_SECOND_MIN,
    duration_ms,
    rate_per_second,
)
from ensue.words.values import VALUE_BYTES_MAX, VALUE_DEPTH_MAX, encode


class House(NamedTuple):
    """An app that runs, and its resources."""

    stage: Any
    table: Any
    queue: Any
    bus: Any
    mail: Any


@pytest.fixture
def house(run_on) -> House:
    app = App("wims")
    parts = (
        app.table("things", key="id"),
        app.queue("jobs"),
        app.bus("events"),
        app.mail("letters", to="a@example.org"),
    )
    return House(run_on(StoreUrl(MEMORY), app), *parts)


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def item_of(size: int) -> dict[str, object]:
    return {"id": "a", "text": "x" * (size - len(encode({"id": "a", "text": ""})))}


def event_of(size: int) -> dict[str, object]:
    """A detail with which the whole event has this size, as EventBridge counts."""
    around = len("Opened") + len("wims") + len(encode({"text": ""}))
    return {"text": "x" * (size - around)}


def consumer(**policy: object) -> None:
    app = App("wims")
    app.queue("jobs").consumer(**policy)(lambda message, tx: None)


def rule_with(targets: int) -> None:
    app = App("wims")
    queues = [app.queue(f"q{number}") for number in range(targets)]
    app.bus("events").rule("all", {"detail-type": ["A"]}, to=queues)


class Case(NamedTuple):
    """What is done with a size, the largest size that is taken, and the error for one more."""

    do: Callable[[House, int], object]
    most: int
    error: type[Exception]


CASES: dict[str, Case] = {
    "words:VALUE_BYTES_MAX": Case(lambda _, n: encode("x" * (n - 2)), VALUE_BYTES_MAX, TooLarge),
    "words:VALUE_DEPTH_MAX": Case(lambda _, n: encode(nested(n)), VALUE_DEPTH_MAX, InvalidValue),
    "words:NAME_LENGTH_MAX": Case(
        lambda _, n: App("wims").queue("q" * (n - 4)), NAME_LENGTH_MAX + 4, InvalidName
    ),
    "words:DURATION_MS_MAX": Case(
        lambda _, n: duration_ms(f"{n}ms"), DURATION_MS_MAX, InvalidValue
    ),
    "words:RATE_PER_SECOND_MAX": Case(
        lambda _, n: rate_per_second(f"{n}/s"), int(RATE_PER_SECOND_MAX), InvalidValue
    ),
    "resources.table:ITEM_BYTES_MAX": Case(
        lambda h, n: h.stage.wait(h.table.put(item_of(n))), ITEM_BYTES_MAX, TooLarge
    ),
    "resources.table:PAGE_MAX": Case(
        lambda h, n: h.stage.wait(h.table.query("a", limit=n)), PAGE_MAX, InvalidValue
    ),
    "message": Case(
        lambda h, n: h.stage.wait(h.queue.send("x" * (n - 2))), VALUE_BYTES_MAX, TooLarge
    ),
    "resources.queue:DELAY_MS_MAX": Case(
        lambda h, n: h.stage.wait(h.queue.send(1, delay=f"{n}ms")), DELAY_MS_MAX, InvalidValue
    ),
    "resources.queue:GROUP_LENGTH_MAX": Case(
        lambda h, n: h.stage.wait(h.queue.send(1, group="g" * n)), GROUP_LENGTH_MAX, InvalidValue
    ),
    "resources.bus:EVENT_BYTES_MAX": Case(
        lambda h, n: h.stage.wait(h.bus.publish("Opened", event_of(n))), EVENT_BYTES_MAX, TooLarge
    ),
    "resources.bus:NAME_LENGTH_MAX": Case(
        lambda h, n: h.stage.wait(h.bus.publish("x" * n, {})), WORD_LENGTH_MAX, InvalidValue
    ),
    "resources.bus:TARGETS_MAX": Case(lambda _, n: rule_with(n), TARGETS_MAX, InvalidDeclaration),
    "resources.mail:TEXT_BYTES_MAX": Case(
        lambda h, n: h.stage.wait(h.mail.send(subject="s", text="x" * n)),
        TEXT_BYTES_MAX,
        InvalidValue,
    ),
    "engine:MAX_RECEIVES_MAX": Case(
        lambda _, n: App("wims").queue("jobs", max_receives=n), MAX_RECEIVES_MAX, InvalidDeclaration
    ),
    "engine:TIMEOUT_MS_MAX": Case(
        lambda _, n: consumer(timeout=f"{n}ms"), TIMEOUT_MS_MAX, InvalidDeclaration
    ),
    "engine:CONCURRENCY_MAX": Case(
        lambda _, n: consumer(concurrency=n), CONCURRENCY_MAX, InvalidDeclaration
    ),
    "engine:BATCH_MAX": Case(lambda _, n: consumer(batch=n), BATCH_MAX, InvalidDeclaration),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_at_a_bound_is_taken_and_one_more_is_a_named_error(name, house):
    do, most, error = CASES[name]

    do(house, most)
    with pytest.raises(error) as caught:
        do(house, most + 1)

    assert type(caught.value) is error
    assert "expected" in str(caught.value)


def test_a_rate_below_the_least_is_a_named_error():
    assert rate_per_second("0.001/d") >= RATE_PER_SECOND_MIN
    with pytest.raises(InvalidValue):
        rate_per_second("0.0001/d")


def test_a_store_takes_as_many_resources_as_it_can_number(run_on, house):
    def fill(tx):
        tx.execute(
            "INSERT INTO ensue_resources (number, app, kind, name, declared)"
            " VALUES (?, 'other', 'queue', 'last', '{}')",
            (NUMBER_MAX - 1,),
        )

    house.stage.do(fill)
    engine = house.stage.engine
    ref = house.queue.ref
    assert house.stage.do(lambda tx: engine.declare(tx, ref._replace(name="a"), "{}")) == NUMBER_MAX

    with pytest.raises(LimitExceeded, match="resources in a store"):
        house.stage.do(lambda tx: engine.declare(tx, ref._replace(name="b"), "{}"))


def test_as_many_transactions_wait_as_may_and_one_more_is_a_named_error(house, monkeypatch):
    monkeypatch.setattr(writer, "WAITING_JOBS_NEAR", 4)
    monkeypatch.setattr(writer, "WAITING_JOBS_MAX", 5)
    assert house.stage.do_together(*[lambda tx: 1] * 5) == [1] * 5

    with pytest.raises(LimitExceeded, match="waiting transactions"):
        house.stage.do_together(*[lambda tx: 1] * 6)
