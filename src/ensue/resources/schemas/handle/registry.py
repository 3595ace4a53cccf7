"""What an application holds of a schema registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.languages.schemas import COMPATIBILITIES
from ensue.resources.schemas import schema as tables
from ensue.resources.schemas import store
from ensue.resources.schemas.handle.checking import Checks
from ensue.resources.schemas.handle.looking import Looking
from ensue.resources.schemas.model import (
    DECLARED,
    REGISTERED,
    SchemasModel,
    Upcast,
    Version,
    check_subject,
    subject_of,
)
from ensue.resources.schemas.rules.typed import schema_of
from ensue.resources.schemas.rules.validating import check_library, checked
from ensue.resources.schemas.worker import Discoverer
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidInput, NotFound
from ensue.words.names import Ref
from ensue.words.shapes import TypeForm
from ensue.words.values import Json

U = TypeVar("U", bound=Upcast)


class Schemas(Looking, Pausable):
    """Schemas of events: versions that were declared, registered or discovered.

    Args:
        home: the app.
        name: its name.
        compatibility: what a new version that somebody says must not break.

    Raises:
        InvalidDeclaration: there is no such rule of compatibility.
        MissingExtra: `jsonschema-rs` is not installed.
    """

    def __init__(self, home: Home, name: str, *, compatibility: str = "backward") -> None:
        ref = Ref(home.app, "schemas", name)
        if compatibility not in COMPATIBILITIES:
            raise InvalidDeclaration(
                f"expected a compatibility of {', '.join(COMPATIBILITIES)}, got {compatibility!r}",
                at=str(ref),
            )
        check_library(str(ref))
        self.model = SchemasModel(ref, compatibility, home.app)
        self.checks = Checks(self.model)
        self._home = home
        self._typed: dict[str, Mapping[str, Any]] = {}
        self._followed: list[Ref] = []
        self._discoverers: list[Discoverer] = []

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def declare(self, detail_type: str, kind: TypeForm, *, source: str | None = None) -> None:
        """Say of which type the details of events are; the schema is registered at the start.

        Args:
            detail_type: of which events.
            kind: a dataclass, Body, TypedDict or pydantic model.
            source: whose events; the app's by default.

        Raises:
            InvalidValue: a word is missing or too long.
            InvalidDeclaration: it is declared already, has no fields, or JSON cannot hold it.
        """
        subject = check_subject(subject_of(source or self.model.source, detail_type))
        if subject in self._typed:
            raise InvalidDeclaration(f"expected one type of {subject}", at=str(self.ref))
        self._typed[subject] = schema_of(kind, f"{self.ref}/{subject}")

    def upcast(
        self, detail_type: str, *, from_version: int, source: str | None = None
    ) -> Callable[[U], U]:
        """Declare what makes the next version of a detail: ``def f(detail) -> detail``.

        It is applied where events are replayed, and to handlers that ask for it.

        Args:
            detail_type: of which events.
            from_version: the version that it takes.
            source: whose events; the app's by default.

        Raises:
            InvalidDeclaration: there is one already, or no such version can be.
        """
        subject = check_subject(subject_of(source or self.model.source, detail_type))

        def add(function: U) -> U:
            self.checks.add_upcaster(subject, from_version, function)
            return function

        return add

    async def register(self, subject: str, schema: Mapping[str, Any]) -> Version:
        """Register a version of a subject; one that is there already is returned as it is.

        Args:
            subject: ``<source>@<detail-type>``.
            schema: JSON Schema 2020-12 of the detail.

        Raises:
            InvalidValue: it is no subject or no schema; says where.
            Conflict: it breaks what the registry promises; says where.
            LimitExceeded: there are too many versions or subjects.
        """
        check_subject(subject)
        tree = checked(schema)
        made = await self._home.engine.transact(
            lambda tx: store.add(tx, self.model, subject, schema, tree, origin=REGISTERED)
        )
        self._read(self.checks.learn)
        return made

    async def delete(self, subject: str, version: int) -> None:
        """Delete a version; its number is not given again.

        Raises:
            NotFound: there is none.
        """
        await self._home.engine.transact(lambda tx: store.delete(tx, self.model, subject, version))
        self._read(self.checks.learn)

    async def status(self) -> dict[str, Json]:
        """How many subjects and versions there are, and how far behind discovery is."""
        subjects, versions = self._read(lambda tx: store.count(tx, self.model))
        behind: dict[str, Json] = {each.bus.name: each.behind() for each in self._discoverers}
        return {
            "subjects": subjects,
            "versions": versions,
            **({"unread": behind} if behind else {}),
            **({"warned": self.checks.warned} if self.checks.warned else {}),
            **self.paused(),
        }

    def follow(self, bus: Ref) -> None:
        """Discover the schemas of a bus's events."""
        self._followed.append(bus)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "compatibility": self.model.compatibility,
            "declares": [*sorted(self._typed)],
            "upcasts": self.checks.upcasts(),
            "discovers": [*(bus.name for bus in self._followed)],
        }

    def check(self, known: set[Ref]) -> None:
        """Check that the buses that it follows exist.

        Raises:
            NotFound: one does not.
        """
        for bus in self._followed:
            if bus not in known:
                raise NotFound(f"{self.ref} follows no {bus}")

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the table, and register what is declared.

        Raises:
            Conflict: a declared type breaks what the registry promises; says where.
        """
        engine.declare(tx, self.ref, values.encode(self.declared()), sql_table=self.model.table)
        tables.create(tx, self.model)
        engine.directory.add(self.ref)
        for subject, schema in self._typed.items():
            store.add(tx, self.model, subject, schema, checked(schema), origin=DECLARED)
        self.checks.learn(tx)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Let discovery begin where it has to, and say which rules are in doubt."""
        for bus in self._followed:
            source = engine.directory.source(bus)
            if store.position(tx, self.model, source.number) is None:
                store.move(tx, self.model, bus, 0)
        for finding in self._doubts(tx):
            tx.facts.notices.note(tx.now_ms, finding)

    def workers(self, engine: Engine) -> list[Worker]:
        """Discovery, one worker for each bus."""
        self._discoverers = [Discoverer(engine, self.model, bus) for bus in self._followed]
        return list(self._discoverers)

    def _check_pausable(self) -> None:
        if not self._followed:
            raise InvalidInput(f"{self.ref} discovers nothing: there is nothing to pause")
