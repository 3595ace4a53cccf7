"""A stream as it is declared, made and delivered to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.sockets import Delivery, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.stream.model import SHARDS_MAX, StreamModel
from ensue.resources.stream.store import records
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.units import duration_ms, size_bytes
from ensue.words.values import Json


class DeclaredStream:
    """What the platform knows of a stream.

    Args:
        home: the app.
        name: its name.
        shards: how many shards it is made with; later `split` and `merge` change that.
        retention: how long records are kept, such as ``"24h"``, or seconds.
        retention_bytes: how many bytes of records are kept, such as ``"1GB"``; None for any.
        of: the type of its records' data; None for any JSON value.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        shards: int = 1,
        retention: str | float = "24h",
        retention_bytes: str | int | None = None,
        of: type[Any] | None = None,
    ) -> None:
        ref = Ref(home.app, "stream", name)
        keep_ms = duration_ms(retention)
        keep_bytes = None if retention_bytes is None else size_bytes(retention_bytes)
        if not 1 <= shards <= SHARDS_MAX:
            raise InvalidDeclaration(
                f"expected 1 to {SHARDS_MAX} shards, got {shards}", at=str(ref)
            )
        if keep_ms == 0 or keep_bytes == 0:
            raise InvalidDeclaration("expected a retention above zero", at=str(ref))
        shape: Shape[Any] | None = None if of is None else Shape(of, str(ref))
        self.model = StreamModel(ref, shards, keep_ms, keep_bytes, shape)
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "shards": self.model.shards,
            "retention_ms": self.model.keep_ms,
            "retention_bytes": self.model.keep_bytes,
        }

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the log and its shards, and enter the stream with its sockets."""
        model = self.model
        number = engine.declare(
            tx, self.ref, values.encode(self.declared()), sql_table=model.records
        )
        engine.add_log(tx, number, model.records, sharded=True)
        records.make(tx, number, model)
        source = Source(
            number,
            model.records,
            sharded=True,
            keep_ms=model.keep_ms,
            keep_bytes=model.keep_bytes,
        )
        # A type of the application's may raise what it likes.
        engine.directory.add(self.ref, source=source, target=self, is_sure=model.shape is None)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs nobody else's socket."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """Its readers are the workers of others; the keeper forgets its old records."""
        del engine
        return []

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket).

        The group of a delivery is the record's partition key.
        """
        return records.deliver(tx, self.model, deliveries)
