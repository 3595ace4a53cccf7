from __future__ import annotations

import pytest

from ensue.doors.http.statuses import (
    BodyTooLarge,
    CrossSite,
    MethodNotAllowed,
    headers_of,
    status_of,
)
from ensue.words import errors
from ensue.words.errors import EnsueError

EXPECTED = {
    "EnsueError": 500,
    "InvalidInput": 400,
    "InvalidValue": 400,
    "InvalidName": 400,
    "InvalidPattern": 400,
    "InvalidExpression": 400,
    "InvalidDeclaration": 400,
    "InvalidDefinition": 400,
    "NotFound": 404,
    "NotKept": 410,
    "Conflict": 409,
    "ConditionFailed": 409,
    "Unfit": 409,
    "TokenInFlight": 409,
    "TokenReused": 422,
    "LeaseLost": 409,
    "Replayed": 409,
    "LimitExceeded": 429,
    "TooLarge": 413,
    "NotPermitted": 401,
    "NotVerified": 401,
    "Forbidden": 403,
    "StoreError": 503,
    "StoreBusy": 503,
    "StoreUnusable": 503,
    "StoreClosed": 503,
    "MissingExtra": 501,
    "MissingKey": 500,
    "MissingSecret": 500,
    "Rejected": 502,
    "Unreachable": 502,
    "WorkflowChanged": 409,
    "StepFailed": 500,
    "StepTimedOut": 500,
}


def tree(kind: type[EnsueError]) -> list[type[EnsueError]]:
    return [kind, *(each for inner in kind.__subclasses__() for each in tree(inner))]


def made(kind: type[EnsueError]) -> EnsueError:
    if issubclass(kind, errors.InvalidDefinition):
        return kind([("/StartAt", "it is so", "mend it")])
    if issubclass(kind, errors.WorkflowChanged):
        return kind(7, "this", "that")
    return kind("it is so")


OURS = [kind for kind in tree(EnsueError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_each_class_of_error_has_a_status(kind):
    assert status_of(made(kind)) == EXPECTED[kind.__name__]


def test_the_errors_that_only_http_knows_have_a_status():
    assert status_of(BodyTooLarge("too large")) == 413
    assert status_of(CrossSite("of another site")) == 403
    assert status_of(MethodNotAllowed("POST", "GET")) == 405


def test_who_may_try_again_is_told_when():
    assert headers_of(errors.LimitExceeded("busy")) == [(b"retry-after", b"1")]
    assert headers_of(errors.LimitExceeded("b", retry_after_ms=2_001)) == [(b"retry-after", b"3")]
    assert headers_of(errors.LimitExceeded("b", retry_after_ms=-5)) == [(b"retry-after", b"1")]
    assert headers_of(errors.StoreBusy("busy")) == [(b"retry-after", b"1")]
    for kind in (errors.StoreUnusable, errors.InvalidValue, BodyTooLarge):
        assert headers_of(kind("never")) == []
