"""The ways out: a folder, or a mail server."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ensue.resources.mail.model import Letter
from ensue.words.errors import InvalidValue, Unreachable

SMTP_TIMEOUT_S = 20


def written(letter: Letter) -> EmailMessage:
    """A letter as RFC 5322 has it. Its Message-ID is the same at every try."""
    message = EmailMessage()
    message["From"] = letter.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Message-ID"] = f"<{letter.id}@ensue.invalid>"
    message.set_content(letter.text)
    return message


class Outbox:
    """A folder: each letter is a file, named by its id, so that a second try changes nothing.

    Args:
        folder: is made with the first letter.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, letter: Letter) -> None:
        """Write the letter.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{letter.id}.draft"
        with draft.open("wb") as file:
            file.write(bytes(written(letter)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / f"{letter.id}.eml")


class Drawer:
    """Keeps letters in memory: for stores in memory and tests."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        """Keep the letter, once."""
        if all(kept.id != letter.id for kept in self.letters):
            self.letters.append(letter)


class Smtp:
    """A mail server.

    Args:
        url: ``smtp://user:password@host:587`` (with STARTTLS where the server offers it) or
            ``smtps://host:465``; user and password may be left out.

    Raises:
        InvalidValue: the URL is no such thing.
    """

    def __init__(self, url: str) -> None:
        said = "expected a mail server such as smtp://user:password@host:587"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise InvalidValue(f"{said}: {fault}") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise InvalidValue(said)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the server.

        Raises:
            Unreachable: the server cannot be reached or refuses the letter.
        """
        try:
            await aiosmtplib.send(
                written(letter),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=SMTP_TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError) as fault:
            said = " ".join(str(fault).split()) or type(fault).__name__
            raise Unreachable(
                f"the mail server did not take the letter: {said}", at=f"{self._host}:{self._port}"
            ) from None
