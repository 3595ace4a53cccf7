"""What an application holds of mail."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.consumers import ActionConsumer
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.home import Home, Settings
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work, attributes_of
from ensue.engine.workers import Worker
from ensue.resources.mail import store
from ensue.resources.mail.model import (
    DEAD_LETTERS,
    MailModel,
    Transport,
    check_address,
    letter_of,
)
from ensue.resources.mail.transport import Drawer, Outbox, Smtp
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring

SENDER = "no-reply@ensue.invalid"


class Mail(Pausable):
    """Letters, sent by a mail server, or put into an outbox folder when none is configured.

    Args:
        home: the app.
        name: its name.
        to: the address of letters that name none.
        sender: the address letters come from.
    """

    def __init__(
        self, home: Home, name: str, *, to: str | None = None, sender: str = SENDER
    ) -> None:
        ref = Ref(home.app, "mail", name)
        self.model = MailModel(
            ref=ref,
            dead_letters=Ref(home.app, "queue", name + DEAD_LETTERS),
            sender=check_address(sender, f"{ref}/sender"),
            to=None if to is None else check_address(to, f"{ref}/to"),
        )
        self.drawer = Drawer()
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def send(self, *, subject: str, text: str, to: str | None = None) -> str:
        """Take a letter in a transaction of its own; returns its id once it is durable.

        Raises:
            InvalidValue: there is no address, or a part is no text.
        """
        body: dict[str, Json] = {"subject": subject, "text": text}
        if to is not None:
            body["to"] = to
        return await self._home.engine.transact(lambda tx: store.send(tx, self.model, body))

    async def depth(self) -> dict[str, Json]:
        """How many letters are to be sent."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {"to": self.model.to, "sender": self.model.sender}

    def wiring(self) -> Wiring:
        """Where its dead letters go."""
        return Wiring((Link(self.ref, self.model.dead_letters, "dead letters"),))

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the mail, with its Target."""
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, target=self, is_sure=True)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What sends the letters."""
        transport = self._transport(self._home.settings)

        async def act(piece: Work, letter_id: str) -> None:
            attributes = attributes_of(piece)
            letter = letter_of(self.model, values.decode(piece.body), letter_id, attributes)
            await transport.send(letter)

        handler = WorkHandler(
            ref=self.ref,
            dead_letters=self.model.dead_letters,
            actor=self.ref.name,
            policy=Policy(),
            act=act,
            stays_inside=self._home.settings.smtp is None,
            takes_terms=True,
        )
        return [ActionConsumer(engine, handler)]

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, deliveries)

    def _transport(self, settings: Settings) -> Transport:
        if settings.smtp is not None:
            return Smtp(settings.smtp)
        if settings.data is not None:
            return Outbox(settings.data / "outbox")
        self.drawer.letters.clear()
        return self.drawer
