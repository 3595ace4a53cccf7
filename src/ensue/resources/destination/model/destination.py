"""A destination as declared, what waits for it, and what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict

from ensue.engine.handlers import Policy
from ensue.engine.secrets import Secret
from ensue.engine.sockets import Terms
from ensue.identity import Signer
from ensue.resources.destination.model.connections import Connection
from ensue.words.names import Ref
from ensue.words.values import Json

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Format: TypeAlias = Literal["json", "cloudevents", "cloudevents-binary"]

METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FORMATS: tuple[Format, ...] = ("json", "cloudevents", "cloudevents-binary")
DEAD_LETTERS = "-dlq"
CONCURRENCY = 10
URL_LENGTH_MAX = 8_192
PEEK_MAX = 1_000
TIMEOUT_MS_MAX = 900_000
ANSWER_BYTES_MAX = 1_048_576
EXCERPT_BYTES_MAX = 8_192
REASON_LENGTH_MAX = 500


class DestinationOptions(TypedDict, total=False):
    """How a destination is called; see `App.destination`."""

    method: Method
    connection: Connection | None
    sign: Signer | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str | Secret]
    format: Format
    rate: str | None
    concurrency: int
    timeout: str | float
    retries: int
    max_age: str | float
    retry_base: str | float
    retry_cap: str | float


@dataclass(frozen=True)
class DestinationModel:
    """A destination as declared.

    Attributes:
        ref: what it is called.
        dead_letters: the queue for what it did not take.
        url: where it is; ``{name}`` stands for a path parameter.
        policy: how deliveries to it are taken, bounded and retried.
        timeout_ms: how long one call may take.
        terms: how long a delivery is tried that brings no terms along.
        method: of the request.
        connection: how it is told who calls; None where it asks nobody.
        path: the path parameters, each a text or a path into the body such as ``$.detail.id``.
        query: parameters of the query, likewise.
        headers: headers, likewise, or secrets.
        format: what a body is sent as.
        sign: signs what is sent; None where nobody asks for that.
    """

    ref: Ref
    dead_letters: Ref
    url: str
    policy: Policy
    timeout_ms: int
    terms: Terms
    method: Method = "POST"
    connection: Connection | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    format: Format = "json"
    sign: Signer | None = None

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that calling it needs."""
        shown = () if self.connection is None else self.connection.secrets()
        return (*shown, *(each for each in self.headers.values() if isinstance(each, Secret)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is not made yet.

    Attributes:
        id: the same at every try; what it is called by its idempotency key.
        body: what is delivered.
        group: its group; None for none.
        receives: how often it was tried.
        due_ms: when it is tried next; None while it is, or while it is held behind another.
        sent_ms: when it was sent.
        error: why the last try failed; None when none did.
    """

    id: str
    body: Json
    group: str | None
    receives: int
    due_ms: int | None
    sent_ms: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was answered to a request of one's own, under a destination's connection.

    Attributes:
        status: of HTTP.
        phrase: what the status is called.
        headers: each name with its value, in their order; secrets in them are hidden.
        body: as text; secrets in it are hidden.
    """

    status: int
    phrase: str
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a destination answered, well.

    Attributes:
        status: 200 to 299.
        body: the bytes that came; None where nobody asked for them.
    """

    status: int
    body: bytes | None
