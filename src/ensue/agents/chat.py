"""The real client: a server that speaks the Chat Completions API, as a destination of the app."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol, Unpack

import msgspec

from ensue.agents.messages import ChatMessage, ModelReply
from ensue.agents.tools import Tool
from ensue.agents.wire import read_reply, request_of
from ensue.engine.secrets import Secret
from ensue.resources.destination import ApiKey, Destination, DestinationOptions
from ensue.words.errors import InvalidDeclaration, TooLarge
from ensue.words.values import Json
from ensue.words.wiring import Uses

BASE_URL = "https://api.openai.com/v1"
URL_VARIABLE, KEY_VARIABLE, MODEL_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"
TIMEOUT = "2m"
REQUEST_BYTES_MAX = 4_194_304


class Declares(Protocol):
    """An app, as far as a model needs one."""

    def destination(
        self, name: str, *, url: str, **options: Unpack[DestinationOptions]
    ) -> Destination:
        """Declare a destination."""


class ChatModel(Uses):
    """A language model behind a server that speaks the Chat Completions API.

    The server is a destination: time-out, rate, concurrency and secret are the destination's, and
    so is what each status means.

    Args:
        destination: the server's ``/chat/completions``.
        model: which of its models.
        options: further members of each request, such as ``temperature=0``.

    Raises:
        InvalidDeclaration: the model has no name.
    """

    def __init__(self, destination: Destination, model: str, **options: Json) -> None:
        if not model:
            raise InvalidDeclaration(
                "expected the name of a model", at=str(destination.ref), hint="Such as gpt-5-mini."
            )
        self.model = model
        self._destination = destination
        self._options = options

    @property
    def uses(self) -> tuple[object, ...]:
        """The server, for the map of what runs."""
        return (self._destination,)

    @classmethod
    def from_environment(
        cls,
        app: Declares,
        name: str = "model",
        *,
        environment: Mapping[str, str] = os.environ,
        **options: Json,
    ) -> ChatModel | None:
        """The model that the environment names, as OpenAI's own clients have it; None for none.

        ``OPENAI_MODEL``, without which there is none; ``OPENAI_BASE_URL``, by default
        https://api.openai.com/v1; and the secret ``OPENAI_API_KEY``, which a server of one's own
        may not need. A key alone chooses no model: it may be there for something else.

        Args:
            app: declares the destination.
            name: of the destination.
            environment: where to look.
            options: further members of each request.

        Raises:
            InvalidDeclaration: it names a model and no server, or the URL is none.
        """
        model = environment.get(MODEL_VARIABLE, "")
        if not model:
            return None
        has_key = bool(environment.get(KEY_VARIABLE))
        url = environment.get(URL_VARIABLE) or (BASE_URL if has_key else "")
        if not url:
            raise InvalidDeclaration(
                f"expected a key in {KEY_VARIABLE}, or a server in {URL_VARIABLE}, for {model}",
                at=MODEL_VARIABLE,
            )
        destination = app.destination(
            name,
            url=f"{url.rstrip('/')}/chat/completions",
            connection=bearer(Secret.env(KEY_VARIABLE)) if has_key else None,
            timeout=TIMEOUT,
        )
        return cls(destination, model, **options)

    async def complete(
        self, messages: Sequence[ChatMessage], *, tools: Sequence[Tool] = ()
    ) -> ModelReply:
        """Ask the server, once.

        Raises:
            Unreachable: no answer in time, or 408, 429 or 5xx, perhaps with when to come back.
            Rejected: any other status, or an answer that makes no sense.
            TooLarge: the conversation is larger than 4 MiB, or the answer than 1 MiB.
            LimitExceeded: the destination's rate does not allow the call in time.
        """
        body = request_of(self.model, messages, tools) | self._options
        size = len(msgspec.json.encode(body))
        if size > REQUEST_BYTES_MAX:
            raise TooLarge(
                f"expected a conversation of at most {REQUEST_BYTES_MAX} bytes, got {size}",
                at=str(self._destination.ref),
            )
        return read_reply(await self._destination.call(body), str(self._destination.ref))


def bearer(key: Secret) -> ApiKey:
    """How such servers are told who calls."""
    return ApiKey(key, header="Authorization", prefix="Bearer ")
