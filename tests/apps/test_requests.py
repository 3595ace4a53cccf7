"""Requests that Schemathesis makes up from the description of each app.

Whatever is sent, no answer is a 5xx; each status, header and body is one that the description
names; what the description allows is taken, what it forbids is refused, and so is who does not show
who he is. What comes to mind is sent to the process that serves all apps, `--examples` says how
much of it. Where it is much, the bounds of every parameter are sent before, and then what follows:
from what one route answers to the next route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import engine
from schemathesis.core.transport import Response
from schemathesis.engine import events
from schemathesis.generation.case import Case

from tests.apps.conftest import Together
from tests.apps.found import FOLDERS, app_of
from tests.apps.signing import AsCaller, shown_by

SEED = 6
MANY = 20
HOUSE = "/_ensue"
MISBEHAVING = "/downstream"  # who sends there lets a mock fail, and be slow

# A description cannot say that a request is right only after another one.
BEYOND_DESCRIPTIONS = (
    b"of an earlier page",  # where a list goes on
    b"an integer of 64 bits",  # within a value of any form
    b"levels of nesting",
    b"text or bytes for",  # the data of an event, by the media type that it names
    b"data or data_base64",
    b"which is no character",
    b"Missing required fields",  # by the action that the body names
    b"Unknown action",
    b"of different names",
    b"a weight above 0",
    b"a boolean, an integer or text",  # an extension of an event, written as 12.0
    b"GB for",  # by the processors beside it
)
# What makes an app slow, or fail as it is told, comes when all else has been sent.
LAST = {"relay": "/downstream"}
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]


def _config(examples: int) -> schemathesis.Config:
    phase = {"enabled": examples >= MANY}
    return schemathesis.Config.from_dict({
        "seed": SEED,
        "continue-on-failure": True,
        "request-timeout": 10,
        "suppress-health-check": ["all"],
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        "phases": {"coverage": phase, "stateful": phase},
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
    })


def _described(url: str, *, of_house: bool) -> dict[str, Any]:
    """The description of an app without the routes of the house, or of these alone.

    ``default`` is left out: every status must be named.
    """
    described: dict[str, Any] = httpx.get(f"{url}/openapi.json").json()
    described["paths"] = {
        path: methods
        for path, methods in described["paths"].items()
        if path.startswith(HOUSE) is of_house and path != MISBEHAVING
    }
    for methods in described["paths"].values():
        for operation in methods.values():
            del operation["responses"]["default"]
    return described


def _is_beyond(failure: Any, case: Case, response: Response) -> bool:
    """Whether a description has no words for why an answer is right."""
    if failure.title == "Schema-valid request rejected":
        has_any_body = case.media_type == "*/*" or "*/*" in str(case.operation.definition.raw)
        return has_any_body or any(each in response.content for each in BEYOND_DESCRIPTIONS)
    # A cookie that is no good is as if it were not there: other pages set it, perhaps long ago.
    return "in cookie" in failure.message


def _wrong(schema: schemathesis.BaseSchema) -> Iterator[tuple[str, str]]:
    """What went wrong, and what sends it again."""
    tested = set()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield f"{getattr(event, 'label', '')}: {getattr(event, 'value', event)}", ""
        if isinstance(event, events.ScenarioFinished):
            tested.add(event.recorder.label)
            for case, checks in event.recorder.checks.items():
                for each in checks:
                    if each.failure_info is not None:
                        failure = each.failure_info.failure
                        response = event.recorder.find_response(case_id=case)
                        said = b"" if response is None else response.content[:300]
                        sample = each.failure_info.code_sample
                        yield f"{failure.operation}: {failure.message}", f"{said!r}\n{sample}"
    for result in schema.get_all_operations():
        assert result.ok().label in tested


@pytest.mark.parametrize("folder", FOLDERS)
def test_whatever_is_sent_an_app_answers_as_it_describes(
    together: Together, folder: str, request: pytest.FixtureRequest
) -> None:
    url = together.url_of(folder)
    described = _described(url, of_house=False)
    caller = AsCaller(app_of(folder), shown_by(folder, url))
    paths = described.pop("paths")
    last = LAST.get(folder)
    found: dict[str, str] = {}
    for some in (
        {path for path in paths if path != last},
        {path for path in paths if path == last},
    ):
        if not some:
            continue
        config = _config(request.config.getoption("--examples"))
        part = {**described, "paths": {path: paths[path] for path in sorted(some)}}
        schema = schemathesis.openapi.from_dict(part, config=config)
        schema.config.update(base_url=url)
        schema.auth.set_from_requests(caller)

        @schema.hook
        def filter_failure(context: Any, failure: Any, case: Case, response: Response) -> bool:
            return not _is_beyond(failure, case, response)

        found |= dict(_wrong(schema))

    assert not found, "\n\n".join(f"{what}\n{how}" for what, how in found.items())
