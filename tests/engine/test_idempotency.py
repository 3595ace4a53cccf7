from __future__ import annotations

import pytest

from ensue.engine import idempotency
from ensue.engine.idempotency import TOKEN_LENGTH_MAX
from ensue.engine.keeper import CHUNK
from ensue.words.errors import Conflict, InvalidValue, TokenInFlight, TokenReused

HOLD_MS, KEEP_MS = 1_000, 60_000


def begin(stage, name="t", fingerprint="f", scope="app"):
    return stage.do(lambda tx: idempotency.begin(tx, scope, name, fingerprint, hold_ms=HOLD_MS))


def finish(stage, name="t", answer="1", scope="app"):
    stage.do(lambda tx: idempotency.finish(tx, scope, name, answer, keep_ms=KEEP_MS))


def tokens(stage):
    return [token for (token,) in stage.rows("SELECT token FROM ensue_tokens ORDER BY token")]


def test_a_new_token_has_no_answer_and_a_finished_one_gives_the_first(stage):
    assert begin(stage) is None
    finish(stage, answer='{"n":1}')
    assert [begin(stage), begin(stage)] == ['{"n":1}', '{"n":1}']


def test_a_token_that_is_held_is_in_flight_to_others(stage):
    begin(stage)
    with pytest.raises(TokenInFlight) as caught:
        begin(stage)
    assert caught.value.at == "t"


@pytest.mark.parametrize("finished", [True, False])
def test_a_token_stands_for_one_request_only(stage, finished):
    begin(stage)
    if finished:
        finish(stage)
    with pytest.raises(TokenReused):
        begin(stage, fingerprint="g")


def test_a_failed_request_frees_its_token_for_any_other(stage):
    begin(stage)
    stage.do(lambda tx: idempotency.free(tx, "app", "t"))
    assert begin(stage, fingerprint="g") is None


def test_freeing_does_not_forget_an_answer(stage):
    begin(stage)
    finish(stage)
    stage.do(lambda tx: idempotency.free(tx, "app", "t"))
    assert begin(stage) == "1"


def test_a_transaction_that_fails_has_freed_its_token(stage):
    def fail(tx):
        idempotency.begin(tx, "app", "t", "f", hold_ms=HOLD_MS)
        raise ValueError

    stage.do_together(fail)
    assert begin(stage) is None


def test_a_hold_ends_with_its_time(stage):
    begin(stage)
    stage.clock.move_to(stage.clock.now_ms() + HOLD_MS)
    assert begin(stage, fingerprint="g") is None


def test_an_answer_is_kept_for_its_time_and_no_longer(stage):
    begin(stage)
    finish(stage)
    stage.clock.move_to(stage.clock.now_ms() + KEEP_MS - 1)
    assert begin(stage) == "1"
    stage.clock.move_to(stage.clock.now_ms() + 1)
    assert begin(stage, fingerprint="g") is None


def test_tokens_of_two_scopes_are_two_tokens(stage):
    begin(stage)
    assert begin(stage, scope="other", fingerprint="g") is None


def test_an_answer_to_what_is_not_held_is_refused(stage):
    with pytest.raises(Conflict, match="is held"):
        finish(stage)


@pytest.mark.parametrize("token", ["", "x" * (TOKEN_LENGTH_MAX + 1)])
def test_a_token_has_a_bound(stage, token):
    with pytest.raises(InvalidValue, match="1 to 255"):
        begin(stage, token)


def test_after_a_crash_what_was_held_is_free_and_what_was_kept_is_kept(file_stage, run_on, crashed):
    begin(file_stage, "held")
    begin(file_stage, "kept")
    finish(file_stage, "kept")
    again = run_on(crashed(file_stage))
    assert begin(again, "held") is None
    assert begin(again, "kept") == "1"


def test_the_keeper_forgets_tokens_whose_time_is_over(stage):
    for token in ("old", "new"):
        begin(stage, token)
        finish(stage, token)
        stage.clock.move_to(stage.clock.now_ms() + KEEP_MS // 2)
    assert stage.do(lambda tx: idempotency.forget(tx, CHUNK)) == 1
    assert tokens(stage) == ["new"]
    stage.advance(2 * KEEP_MS)
    assert tokens(stage) == []
