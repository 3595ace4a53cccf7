"""What a route takes from the headers and cookies of a request, and the cookies that it sets."""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import inspect

from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.shapes.expected import TypeForm, fields_of, kinds_of
from ensue.words.units import duration_ms

COOKIE_BYTES_MAX = 4_096

SameSite = Literal["Lax", "Strict", "None"]

# RFC 9110: a token; RFC 6265: a cookie's octets, without quotes around them.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_OCTETS = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\Z")
_COOKIE_PATH = re.compile(r"/[\x20-\x3a\x3c-\x7e]*\Z")
_ELSEWHERE = {
    "authorization": "Let a verifier check it, with verify=.",
    "cookie": "Take a cookie by its name, with Cookie.",
    "idempotency-key": "Every route that writes takes it already; see idempotency=.",
}
_STRUCTURED = (inspect.CollectionType, inspect.TupleType, inspect.DictType, inspect.AnyType)


@dataclass(frozen=True)
class Header:
    """Says that an argument comes from a header: ``Annotated[str, Header("X-Shop")]``.

    What it holds is neither kept nor logged, nor told in errors.

    Attributes:
        name: the header's, in any case.

    Raises:
        InvalidDeclaration: that is no name, or the header is taken by something else.
    """

    name: str

    def __post_init__(self) -> None:
        _check_name(self.name, "a header")
        if self.name.lower() in _ELSEWHERE:
            raise InvalidDeclaration(
                f"expected another header than {self.name}", hint=_ELSEWHERE[self.name.lower()]
            )


@dataclass(frozen=True)
class Cookie:
    """Says that an argument comes from a cookie: ``Annotated[str | None, Cookie("visitor")]``.

    What it holds is neither kept nor logged, nor told in errors.

    Attributes:
        name: the cookie's.

    Raises:
        InvalidDeclaration: that is no name.
    """

    name: str

    def __post_init__(self) -> None:
        _check_name(self.name, "a cookie")


@dataclass(frozen=True)
class SetCookie:
    """A cookie that an answer sets (RFC 6265): scripts cannot read it unless that is said.

    Where the request came by HTTPS, it is sent back by HTTPS only.

    Attributes:
        name: its name.
        value: ASCII without spaces, quotes, commas, semicolons and backslashes.
        keep: for how long the browser keeps it, such as ``"365d"``; None until it is closed.
        path: the part of the site that gets it.
        same_site: which requests from other sites have it: ``Lax``: only those that follow a link;
            ``Strict``: none; ``None``: all, by HTTPS only.
        http_only: whether it is hidden from scripts.
        secure: whether it is sent back by HTTPS only, however the request came.

    Raises:
        InvalidValue: a part is none that a cookie can have.
    """

    name: str
    value: str
    keep: str | float | None = None
    path: str = "/"
    same_site: SameSite = "Lax"
    http_only: bool = True
    secure: bool = False

    def __post_init__(self) -> None:
        if not _TOKEN.match(self.name):
            raise InvalidValue(f"expected a name of a cookie, got {self.name[:60]!r}")
        if not _OCTETS.match(self.value) or len(self.name) + len(self.value) > COOKIE_BYTES_MAX:
            raise InvalidValue(
                f"expected at most {COOKIE_BYTES_MAX} characters of ASCII without spaces, quotes,"
                " commas, semicolons and backslashes in a cookie",
                at=f"cookies.{self.name}",
            )
        if not _COOKIE_PATH.match(self.path):
            raise InvalidValue(f"expected a path for a cookie, got {self.path[:60]!r}")

    @classmethod
    def gone(cls, name: str, *, path: str = "/") -> SetCookie:
        """What makes the browser forget a cookie."""
        return cls(name, "", keep=0, path=path)

    def header(self) -> str:
        """The value of the header ``Set-Cookie``."""
        parts = [f"{self.name}={self.value}", f"Path={self.path}", f"SameSite={self.same_site}"]
        if self.keep is not None:
            seconds = 0 if self.keep == 0 else duration_ms(self.keep) // 1_000
            parts.append(f"Max-Age={seconds}")
        if self.http_only:
            parts.append("HttpOnly")
        if self.secure or self.same_site == "None":
            parts.append("Secure")
        return "; ".join(parts)


def source_of(kind: TypeForm) -> Header | Cookie | None:
    """The header or cookie that an argument comes from, as its type is annotated; None for none."""
    said = getattr(kind, "__metadata__", ())
    return next((each for each in said if isinstance(each, Header | Cookie)), None)


def carried_type(kind: TypeForm) -> TypeForm:
    """The type of what a header or cookie holds: None is none that could be sent."""
    whole, *said = typing.get_args(kind)
    kinds = tuple(each for each in typing.get_args(whole) if each is not type(None))
    if len(kinds) == len(typing.get_args(whole)):
        return kind
    inner: TypeForm = typing.Union[kinds]  # noqa: UP007 - of as many as there are
    return typing.Annotated[(inner, *said)]


def check_plain(kind: TypeForm, at: str) -> bool:
    """Check that a header can give a type; whether there may be none.

    Raises:
        InvalidDeclaration: a text cannot be of that type.
    """
    kinds = kinds_of(inspect.type_info(kind))
    if any(isinstance(each, _STRUCTURED) or fields_of(each) for each in kinds):
        raise InvalidDeclaration(
            "expected a header or cookie to be a text, a number, or one of some values", at=at
        )
    return any(isinstance(each, inspect.NoneType) for each in kinds)


def _check_name(name: Any, what: str) -> None:  # noqa: ANN401 - a name is often forgotten
    if not isinstance(name, str) or not _TOKEN.match(name):
        raise InvalidDeclaration(f"expected the name of {what}, got {name!r}")
