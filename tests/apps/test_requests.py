"""Requests that Schemathesis makes up from the description of each app.

Whatever is sent, no answer is a 5xx; each status, header and body is one that the description
names; what the description allows is taken, what it forbids is refused, and so is who does not show
who he is. The first phase sends the bounds of every parameter, the second what comes to mind, the
third goes from what one route answers to the next route.

It is sent to the process that serves all apps; `--examples` says how much.
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
from tests.apps.signing import AsCaller

SEED = 6
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
)
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]


def _config(examples: int, *, is_house: bool) -> schemathesis.Config:
    phase = {"enabled": not is_house}
    return schemathesis.Config.from_dict({
        "seed": SEED,
        "continue-on-failure": True,
        "request-timeout": 10,
        "suppress-health-check": ["all"],
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        "phases": {"stateful": phase},
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
    config = _config(request.config.getoption("--examples"), is_house=False)
    schema = schemathesis.openapi.from_dict(_described(url, of_house=False), config=config)
    schema.config.update(base_url=url)
    schema.auth.set_from_requests(AsCaller(app_of(folder)))

    @schema.hook
    def filter_failure(context: Any, failure: Any, case: Case, response: Response) -> bool:
        told = failure.title != "Schema-valid request rejected"
        return told or not any(each in response.content for each in BEYOND_DESCRIPTIONS)

    found = dict(_wrong(schema))

    assert not found, "\n\n".join(f"{what}\n{how}" for what, how in found.items())
