"""The words of mail: letters, and how they leave the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from types import MappingProxyType
from typing import Protocol

from ensue.words.errors import InvalidValue
from ensue.words.names import Ref
from ensue.words.values import Json, encode, shown

SUBJECT_LENGTH_MAX = 250
TEXT_BYTES_MAX = 262_144
DEAD_LETTERS = "-dlq"
SUBJECT, TEXT = "Subject", "Text"
_NONE: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True)
class MailModel:
    """Mail as declared.

    Attributes:
        ref: what it is called.
        dead_letters: the queue for what could not be sent.
        sender: the address letters come from.
        to: the address letters go to that name none; None when each must name one.
    """

    ref: Ref
    dead_letters: Ref
    sender: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail.

    Attributes:
        id: the same at every try, so that a mail server can drop a second one.
        sender: the address it comes from.
        to: the address it goes to.
        subject: one line.
        text: plain text.
    """

    id: str
    sender: str
    to: str
    subject: str
    text: str


class Transport(Protocol):
    """A way out of the house."""

    async def send(self, letter: Letter) -> None:
        """Send a letter, or raise."""


def check_address(value: object, at: str) -> str:
    """Return a mail address.

    Raises:
        InvalidValue: it is none.
    """
    if isinstance(value, str) and value.isprintable() and len(value) <= 320:
        try:
            parsed = Address(addr_spec=value)
        except (ValueError, IndexError, AttributeError, MessageError):
            parsed = None
        if parsed is not None and parsed.username and parsed.domain:
            return value
    raise InvalidValue(f"expected a mail address, got {shown(value)}", at=at)


def letter_of(
    mail: MailModel, body: Json, letter_id: str, attributes: Mapping[str, Json] = _NONE
) -> Letter:
    """The letter that a body asks for.

    A body with ``subject`` and ``text``, and perhaps ``to``, is a letter. Anything else, such as an
    event, is written out as JSON under its detail-type; a text is written as it is. What came with
    the attribute ``Subject``, as a topic's message may, has that as its subject; what came with
    ``Text`` besides has that as its text.

    Raises:
        InvalidValue: there is no address to send to, or a part is no text.
    """
    said: Mapping[str, Json] = body if isinstance(body, dict) else {}
    to = said.get("to", mail.to)
    if "subject" in said and "text" in said:
        subject, text = said["subject"], said["text"]
    else:
        subject = attributes.get(SUBJECT) or said.get("detail-type", mail.ref.name)
        text = attributes.get(TEXT) or (body if isinstance(body, str) else encode(body))
    if not isinstance(subject, str) or not isinstance(text, str):
        raise InvalidValue("expected subject and text to be text", at="$.subject")
    one_line = " ".join(subject.split())[:SUBJECT_LENGTH_MAX]
    if len(text) > TEXT_BYTES_MAX:
        raise InvalidValue(f"expected at most {TEXT_BYTES_MAX} characters of text", at="$.text")
    return Letter(letter_id, mail.sender, check_address(to, "$.to"), one_line, text)
