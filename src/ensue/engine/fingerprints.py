"""What failures have in common: the kind of error, and what it says without what differs each time.

`KeyError: 'order-17'` and `KeyError: 'order-18'` are one failure, and so are two refusals of one
address with other request ids. Words stay, also quoted ones such as a field's name, and so do the
statuses of HTTP: 404 is another failure than 503. This is a judgement, not a proof: what it brings
together or keeps apart wrongly costs nobody a message.
"""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import NamedTuple

ERROR_NAME_LENGTH_MAX = 100
MESSAGE_LENGTH_MAX = 300
FINGERPRINT_LENGTH = 12
# A message is looked at up to here: what differs only behind that is the same.
LOOKED_AT_LENGTH_MAX = 1_000

_NAMED = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*)|)\Z", re.DOTALL)
_PHRASES = "|".join(f"{each.value} {each.phrase}".replace(" ", r"\ ") for each in HTTPStatus)
_VARYING = re.compile(
    r"""
    # What HTTP or a system call answered is a part of the cause.
    (?P<kept> \b(?:HTTP(?:/[\d.]+|\ Error)?|status|code|answered|Errno)\ \d{1,3}\b
        | \b[1-5]\d\d(?:(?:\ (?:Client|Server)\ Error)|(?=,\ message=)) | \b(?:PHRASES)\b )
    | (?P<dropped> (?<=://)[^/\s?'"@]*@ | (?<=[\w/])\?[^\s'"]+ )
    | (?P<address> \b[\w.+-]+@[\w-]+(?:\.[\w-]+)+ | \b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b )
    | (?P<time> \b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)? )
    | (?P<number> (?<![\w.-])[+-]?\d+(?:[.,]\d+)*(?![\w-]) )
    | (?P<id> (?<![\w-])[\w-]*\d[\w-]* )
    """.replace("PHRASES", _PHRASES),
    re.VERBOSE,
)  # fmt: skip
_STANDS_FOR = {name: f"{{{name}}}" for name in ("address", "time", "number", "id")}
# A quoted word is a name; a quoted sentence is what somebody typed.
_QUOTED = re.compile(r"(?<!\w)(['\"])([^'\"\n]*\s[^'\"\n]*)\1(?!\w)")
_SPACE = re.compile(r"\s+")
_TIE = "\0"  # holds the words of what is kept together, where they are quoted


class Fingerprint(NamedTuple):
    """What failures of one cause have in common.

    Attributes:
        text: a short text that stands for it, the same wherever it fails so.
        error: the kind of error, such as ``KeyError``; empty where the reason names none.
        message: what it says, with ``{id}``, ``{number}`` and the like where failures differ.
    """

    text: str
    error: str
    message: str


def fingerprint(home: int, reason: str) -> Fingerprint:
    """The fingerprint of a failure.

    Args:
        home: the number of what it failed in.
        reason: why, as it was recorded.
    """
    reason = reason[:LOOKED_AT_LENGTH_MAX]
    named = _NAMED.match(reason)
    error, said = ("", reason) if named is None else (named[1], named[2] or "")
    error = error[:ERROR_NAME_LENGTH_MAX]
    message = _without_what_varies(said)
    digest = hashlib.sha256(f"{home}\n{error}\n{message}".encode()).hexdigest()
    return Fingerprint(digest[:FINGERPRINT_LENGTH], error, message)


def _without_what_varies(said: str) -> str:
    text = _QUOTED.sub(r"\1{text}\1", _VARYING.sub(_common, said.replace(_TIE, " ")))
    return _SPACE.sub(" ", text.replace(_TIE, " ")).strip()[:MESSAGE_LENGTH_MAX]


def _common(found: re.Match[str]) -> str:
    if found.lastgroup == "kept":
        return found[0].replace(" ", _TIE)
    return _STANDS_FOR.get(found.lastgroup or "", "")
