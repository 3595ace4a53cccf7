"""HTTP: requests of a task's own, under the connection of one of our destinations.

``Authentication.ConnectionArn`` names the destination: its connection shows who calls, and a
request goes to where it is only. What comes back is kept in the history; secrets in it are hidden.

Source: Step Functions developer guide, "Call HTTPS APIs in Step Functions workflows".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ensue.integrations.faults import Wording
from ensue.integrations.names import Resources, last_part
from ensue.integrations.parameters import ANY, OBJECT, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.languages.states.errors import RUNTIME, TIMEOUT, StateError
from ensue.languages.states.resource_names import REQUEST_RESPONSE
from ensue.resources.destination import Destination, Exchanged, Mask
from ensue.resources.vault import SEALED, Vault
from ensue.words import values
from ensue.words.errors import (
    MissingSecret,
    NotPermitted,
    TimedOut,
    TooLarge,
    Unfit,
    Unreachable,
)
from ensue.words.values import Json

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
STATUS_ERROR: Final = "States.Http.StatusCode."
SOCKET: Final = "States.Http.Socket"
NO_CONNECTION: Final = "Events.ConnectionResource.ResourceNotFound"
ACCESS_DENIED: Final = "Events.ConnectionResource.AccessDenied"
FORM: Final = "application/x-www-form-urlencoded"
_ERRORS_FROM: Final = 400

_CONNECTION = re.compile(r":connection/([^/]+)(?:/[^/]+)?\Z")
_FORBIDDEN: Final = re.compile(
    r"(?:a-im|accept-charset|accept-datetime|accept-encoding|authorization|cache-control"
    r"|connection|content-encoding|content-md5|date|expect|forwarded|from|host|http2-settings"
    r"|if-.*|max-forwards|origin|pragma|proxy-.*|range|referer|server|te|trailer"
    r"|transfer-encoding|upgrade|via|warning|x-forwarded-.*|x-amz-.*|x-amzn-.*)\Z",
    re.IGNORECASE,
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*\Z")
_INVOKE: Final = Parameters(
    required={"ApiEndpoint": TEXT, "Method": TEXT},
    optional={
        "Authentication": OBJECT,
        "InvocationConfig": OBJECT,
        "Headers": OBJECT,
        "QueryParameters": OBJECT,
        "RequestBody": ANY,
        "Transform": OBJECT,
    },
)


async def invoke(asked: Asked) -> dict[str, Json]:
    """Send a request, and answer with its response.

    Raises:
        StateError: States.Http.StatusCode.NNN for a status of 400 or more; States.Http.Socket where
            no answer comes; States.Timeout; Events.ConnectionResource.* for the connection.
    """
    given = asked.arguments
    destination = _destination(asked.resources, given)
    method = str(given["Method"]).upper()
    if method not in METHODS:
        raise _wrong(f"The value for the field 'Method' must be one of {', '.join(METHODS)}")
    given, mask = _opened(asked)
    content, content_type = _body(given)
    headers = {"Idempotency-Key": asked.call.key}
    if content_type is not None:
        headers["Content-Type"] = content_type
    for name, text in _headers(given.get("Headers")):
        headers = {other: has for other, has in headers.items() if other.lower() != name.lower()}
        headers[name] = text
    try:
        answer = await destination.exchange(method, _url(given), headers=headers, content=content)
    except NotPermitted as fault:
        raise StateError(ACCESS_DENIED, str(fault)) from None
    except Unreachable as fault:
        late = isinstance(fault, TimedOut)
        raise StateError(TIMEOUT if late else SOCKET, str(fault)) from None
    except TooLarge as fault:
        raise StateError("States.DataLimitExceeded", str(fault)) from None
    if answer.status >= _ERRORS_FROM:
        raise StateError(f"{STATUS_ERROR}{answer.status}", mask.hide(answer.body))
    hidden = tuple((name, mask.hide(text)) for name, text in answer.headers)
    return _answered(replace(answer, headers=hidden, body=mask.hide(answer.body)))


def _opened(asked: Asked) -> tuple[dict[str, Json], Mask]:
    """The arguments with the secrets that are sealed in headers and body, and what hides these.

    Neither the address nor its query: both stand in the logs of everybody on the way.
    """
    vault = next((each for each in asked.resources.all("vault") if isinstance(each, Vault)), None)
    if vault is None:
        return asked.arguments, Mask([])
    opened: list[str] = []

    def text(found: str) -> str:
        return vault.open_texts(asked.call.workflow, found, opened) if SEALED in found else found

    given = dict(asked.arguments)
    try:
        for name in ("Headers", "RequestBody"):
            if name in given:
                given[name] = _texts(given[name], text)
    except (MissingSecret, Unfit) as fault:
        raise _wrong(f"A sealed secret cannot be opened: {fault.message}") from None
    return given, Mask(opened)


def _texts(value: Json, change: Callable[[str], str]) -> Json:
    """A value with each text in it changed; names of members stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_texts(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _texts(each, change) for name, each in value.items()}
    return value


def connection_name(address: str) -> str:
    """The name of a connection: what stands behind ``connection/`` in its ARN, or the last part."""
    found = _CONNECTION.search(address)
    return found[1] if found else last_part(address)


def _destination(resources: Resources, given: Mapping[str, Json]) -> Destination:
    said = given.get("Authentication") or given.get("InvocationConfig")
    address = said.get("ConnectionArn") if isinstance(said, dict) else None
    if not isinstance(address, str):
        raise _wrong("The field 'Authentication.ConnectionArn' is required but was missing")
    found = resources.find("destination", connection_name(address))
    if not isinstance(found, Destination):
        raise StateError(NO_CONNECTION, f"Connection '{address}' does not exist.")
    return found


def _url(given: Mapping[str, Json]) -> str:
    url = str(given["ApiEndpoint"])
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise _wrong("The value for the field 'ApiEndpoint' must be a valid HTTPS URL")
    asked = given.get("QueryParameters")
    if not asked:
        return url
    if not isinstance(asked, dict):
        raise _wrong("The value for the field 'QueryParameters' must be a JSON object")
    query = urlencode(
        [
            (name, _text(each))
            for name, value in asked.items()
            for each in (value if isinstance(value, list) else [value])
        ],
        quote_via=quote,
    )
    return f"{url}{'&' if parts.query else '?'}{query}"


def _headers(given: Json) -> Iterator[tuple[str, str]]:
    for name, value in given.items() if isinstance(given, dict) else ():
        if _FORBIDDEN.match(name):
            raise _wrong(f"The header '{name}' is not allowed in an HTTP Task")
        text = _text(value)
        if not _HEADER_NAME.match(name) or not _HEADER_TEXT.match(text):
            raise _wrong(f"The header '{name}' is not a valid header")
        yield name, text


def _body(given: Mapping[str, Json]) -> tuple[bytes | None, str | None]:
    """The body, and its media type."""
    body = given.get("RequestBody")
    if body is None:
        return None, None
    transform = given.get("Transform")
    encoding = transform.get("RequestBodyEncoding") if isinstance(transform, dict) else None
    headers = given.get("Headers")
    named = headers.items() if isinstance(headers, dict) else ()
    says_form = any(
        name.lower() == "content-type" and str(value).startswith(FORM) for name, value in named
    )
    if encoding == "URL_ENCODED" or (encoding is None and says_form):
        options = transform.get("RequestEncodingOptions") if isinstance(transform, dict) else None
        form = options.get("ArrayFormat") if isinstance(options, dict) else None
        if not isinstance(body, dict):
            raise _wrong("The value for the field 'RequestBody' must be a JSON object")
        pairs = [pair for name, value in body.items() for pair in _flat(name, value, str(form))]
        return urlencode(pairs, quote_via=quote).encode(), FORM
    if isinstance(body, str):
        return body.encode(), "text/plain"
    return values.encode(body).encode(), "application/json"


def _flat(name: str, value: Json, form: str) -> Iterator[tuple[str, str]]:
    """A value of a body as pairs of a form."""
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from _flat(f"{name}[{inner}]", each, form)
    elif isinstance(value, list):
        yield from _flat_list(name, value, form)
    else:
        yield name, _text(value)


def _flat_list(name: str, value: list[Json], form: str) -> Iterator[tuple[str, str]]:
    match form:
        case "COMMAS":
            yield name, ",".join(_text(each) for each in value)
        case "REPEAT":
            for each in value:
                yield from _flat(name, each, form)
        case "BRACKETS":
            for each in value:
                yield from _flat(f"{name}[]", each, form)
        case "NONE":
            yield name, values.encode(value)
        case _:
            for place, each in enumerate(value):
                yield from _flat(f"{name}[{place}]", each, form)


def _answered(answer: Exchanged) -> dict[str, Json]:
    headers: dict[str, Json] = {}
    for name, value in answer.headers:
        there = headers.setdefault(name, [])
        if isinstance(there, list):
            there.append(value)
    kind = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
    return {
        "Headers": headers,
        "ResponseBody": _as_json(answer.body) if "json" in kind else answer.body,
        "StatusCode": answer.status,
        "StatusText": answer.phrase,
    }


def _as_json(text: str) -> Json:
    try:
        found: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return found


def _text(value: Json) -> str:
    return value if isinstance(value, str) else values.encode(value)


def _wrong(message: str) -> StateError:
    return StateError(RUNTIME, f"The Parameters could not be used to start the Task: [{message}]")


SERVICES: Final = (
    Service(
        "http",
        "destination",
        {"invoke": Action("invoke", _INVOKE, outside=invoke)},
        Wording("States.Http", "HTTP", "Socket"),
        lacking="private APIs; an address is one where the destination is",
        modes=(REQUEST_RESPONSE,),
    ),
)
