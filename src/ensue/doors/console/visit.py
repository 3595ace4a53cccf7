"""A visit: what a view is asked with, and what it may ask the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request

from ensue.app.claims import Sealed
from ensue.app.platform import Platform
from ensue.catalog import KINDS
from ensue.doors.console.access import Session
from ensue.doors.console.forms import fields_of
from ensue.doors.console.masking import masked, masked_fault
from ensue.words.errors import Forbidden, InvalidInput, InvalidValue
from ensue.words.kinds import Operation
from ensue.words.names import Ref
from ensue.words.shapes import to_plain
from ensue.words.values import Json

TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name

T = TypeVar("T")

# The handle of a resource of any kind.
Handle: TypeAlias = Any


class Visit:
    """A request to a view.

    Attributes:
        platform: what runs.
        path: the parameters of the address, by name.
        session: who asks.
        masked: whether what users put in is hidden.
        can_write: whether they may change anything.
        here: the address, with its query, below ``/console``.
        asks: whether the server demands a key.
        block: which block of its template is asked for alone; None for the whole page.
        origin: where the server is, as whoever asks knows it: ``http://127.0.0.1:8080``.
        address: gives the address of a resource's page.
    """

    def __init__(  # noqa: PLR0913 - each is a part of who asks what
        self,
        platform: Platform,
        request: Request,
        path: Mapping[str, str],
        session: Session,
        *,
        can_write: bool,
        hides: bool,
        asks: bool = False,
        address: Callable[[Ref], str],
    ) -> None:
        self.platform = platform
        self.path = path
        self.session = session
        self.can_write = can_write
        self.masked = hides
        self.asks = asks
        self.block = request.headers.get("hx-target")
        self.origin = str(request.base_url).rstrip("/")
        self.address = address
        self._request = request
        self._fields: dict[str, str] | None = None
        self._acts = False
        query = request.url.query
        self.here = request.url.path.removeprefix("/console").removesuffix(".json")
        self.here += f"?{query}" if query else ""

    def query(self, kind: type[T]) -> T:
        """The query, as a Struct says it: typed and bounded.

        Raises:
            InvalidValue: it does not fit.
        """
        given = dict(parse_qsl(self._request.url.query, keep_blank_values=False))
        return _converted(given, kind, "query")

    def address_with(self, **fields: object) -> str:
        """The present address with some fields of its query changed; None takes one out."""
        given: dict[str, object] = dict(parse_qsl(self._request.url.query))
        given |= fields
        kept = {name: str(each) for name, each in given.items() if each not in {None, ""}}
        path = self.here.partition("?")[0]
        return f"/console{path}?{urlencode(kept)}" if kept else f"/console{path}"

    async def form(self, kind: type[T]) -> T:
        """The form's fields, as a Struct says them; empty fields are left out.

        Raises:
            InvalidValue: they do not fit.
            TooLarge: there is more than it takes.
        """
        fields = {name: text for name, text in (await self.fields()).items() if text}
        fields.pop(TOKEN_FIELD, None)
        return _converted(fields, kind, "form")

    async def fields(self) -> dict[str, str]:
        """The form's fields as they came; of a repeated one the values, joined by commas.

        Raises:
            TooLarge: there is more than it takes.
            InvalidValue: it is no form.
        """
        if self._fields is None:
            self._fields = await fields_of(self._request)
        return self._fields

    def resource(self, kind: str, name: str | None = None, app: str | None = None) -> Handle:
        """A resource: by the address's ``{app}`` and ``{name}`` if it is not named.

        Raises:
            NotFound: there is none.
        """
        place = app if name is not None else self.path.get("app")
        return self.platform.resource(kind, name or self.path["name"], place)

    async def operate(
        self,
        resource: Handle,
        operation: str,
        given: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - what operations answer is JSON of their own
        """Do one of the catalog's operations; returns its answer as plain JSON.

        Args:
            resource: to what.
            operation: its name.
            given: its parameters, by name.

        Raises:
            InvalidInput: there is no such operation, or what writes was asked for by a page.
            Forbidden: nothing may be changed here.
            EnsueError: whatever the operation raises.
        """
        kind = KINDS[resource.ref.kind]
        found = next((each for each in kind.operations if each.name == operation), None)
        if found is None:
            raise InvalidInput(f"there is no operation {operation} of {kind.plural}")
        self._check(found)
        parameters = _converted(dict(given or {}), found.parameters, "form", strict=True)

        async def run() -> object:
            return await found.run(resource, parameters)

        if not found.writes:
            return plain(await run())
        answers: list[Any] = []

        async def sealed() -> Sealed:
            answers.append(plain(await run()))
            return Sealed(200, b"")

        await self.platform.perform(f"console {found.name} {kind.name}", sealed)
        return answers[0]

    def _check(self, operation: Operation) -> None:
        if operation.reveals:
            raise Forbidden("expected an operation that shows no secret")
        if operation.writes:
            self.check_write()

    def check_write(self) -> None:
        """Check that this visit may change something.

        Raises:
            Forbidden: nothing may be changed here.
            InvalidInput: it is a page, which changes nothing.
        """
        if not self.can_write:
            raise Forbidden(
                "expected a console that may change something",
                hint="It runs read-only, or your token is for reading.",
            )
        if not self._acts:
            raise InvalidInput("expected an action, got a page, which changes nothing")

    def act(self) -> None:
        """Say that this visit is an action's."""
        self._acts = True

    def payload(self, value: Json) -> Json:
        """What users put in, as it may be shown."""
        return masked(value) if self.masked else value

    def fault(self, text: str) -> str:
        """An error's text, as it may be shown."""
        return masked_fault(text) if self.masked else text


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """An answer of ours as plain JSON."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=to_plain)


def _converted(given: dict[str, Any], kind: type[T], place: str, *, strict: bool = False) -> T:
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as fault:
        told = str(fault)
        what, _, at = told.partition(" - at `$")
        where = f"{place}{at.rstrip('`')}" if at else place
        raise InvalidValue(what[:1].lower() + what[1:], at=where) from None
